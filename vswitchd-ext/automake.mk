# SPDX-License-Identifier: Apache-2.0

# What the daemon hears and says, apart from its main loop, so that a test
# program can have it too.
noinst_LIBRARIES += vswitchd-ext/libiov-inputs.a
vswitchd_ext_libiov_inputs_a_SOURCES = \
	vswitchd-ext/db-fill.c \
	vswitchd-ext/db-internal.h \
	vswitchd-ext/db-publish.c \
	vswitchd-ext/db.c \
	vswitchd-ext/db.h \
	vswitchd-ext/flow-monitor-internal.h \
	vswitchd-ext/flow-monitor-messages.c \
	vswitchd-ext/flow-monitor.c \
	vswitchd-ext/flow-monitor.h \
	vswitchd-ext/flow-update.c \
	vswitchd-ext/flow-update.h \
	vswitchd-ext/port-flags.c \
	vswitchd-ext/port-flags.h \
	vswitchd-ext/privileges.c \
	vswitchd-ext/privileges.def \
	vswitchd-ext/privileges.h \
	vswitchd-ext/published.def \
	vswitchd-ext/status.h \
	vswitchd-ext/switch-mac.c \
	vswitchd-ext/switch-mac.h

sbin_PROGRAMS += vswitchd-ext/ovs-iovd
vswitchd_ext_ovs_iovd_SOURCES = \
	vswitchd-ext/activity.c \
	vswitchd-ext/activity.h \
	vswitchd-ext/aside.c \
	vswitchd-ext/command-explain.c \
	vswitchd-ext/command-show.c \
	vswitchd-ext/command-support.c \
	vswitchd-ext/command-what-if.c \
	vswitchd-ext/command.c \
	vswitchd-ext/command.def \
	vswitchd-ext/command.h \
	vswitchd-ext/deferred.c \
	vswitchd-ext/dispatch.c \
	vswitchd-ext/dispatch.h \
	vswitchd-ext/history.c \
	vswitchd-ext/history.h \
	vswitchd-ext/live.c \
	vswitchd-ext/live.h \
	vswitchd-ext/loop.c \
	vswitchd-ext/loop.h \
	vswitchd-ext/monitors.c \
	vswitchd-ext/monitors.h \
	vswitchd-ext/notes.c \
	vswitchd-ext/notes.h \
	vswitchd-ext/ovs-iovd.c \
	vswitchd-ext/readiness.c \
	vswitchd-ext/readiness.h \
	vswitchd-ext/report.c \
	vswitchd-ext/report.h \
	vswitchd-ext/steer-pf.c \
	vswitchd-ext/steer-pf.h \
	vswitchd-ext/steer.c \
	vswitchd-ext/steer.h \
	vswitchd-ext/timing.c \
	vswitchd-ext/timing.h
vswitchd_ext_ovs_iovd_LDADD = \
	vswitchd-ext/libiov-inputs.a \
	offload/libiov-offload.a \
	policy/libiov-policy.a \
	$(OVS_LIBS) $(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS)

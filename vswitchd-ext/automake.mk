# SPDX-License-Identifier: Apache-2.0

# What the daemon hears and says, apart from its main loop, so that a test
# program can have it too.
noinst_LIBRARIES += vswitchd-ext/libiov-inputs.a
vswitchd_ext_libiov_inputs_a_SOURCES = \
	vswitchd-ext/control/port-mac.c \
	vswitchd-ext/control/port-mac.h \
	vswitchd-ext/control/privileges.c \
	vswitchd-ext/control/privileges.def \
	vswitchd-ext/control/privileges.h \
	vswitchd-ext/ovs/db-fill.c \
	vswitchd-ext/ovs/db-internal.h \
	vswitchd-ext/ovs/db-publish.c \
	vswitchd-ext/ovs/db-statistics.c \
	vswitchd-ext/ovs/db-statistics.h \
	vswitchd-ext/ovs/db-write.c \
	vswitchd-ext/ovs/db-write.h \
	vswitchd-ext/ovs/db.c \
	vswitchd-ext/ovs/db.h \
	vswitchd-ext/ovs/fdb.c \
	vswitchd-ext/ovs/fdb.h \
	vswitchd-ext/ovs/flow-monitor-internal.h \
	vswitchd-ext/ovs/flow-monitor-messages.c \
	vswitchd-ext/ovs/flow-monitor.c \
	vswitchd-ext/ovs/flow-monitor.h \
	vswitchd-ext/ovs/flow-update.c \
	vswitchd-ext/ovs/flow-update.h \
	vswitchd-ext/ovs/port-flags.c \
	vswitchd-ext/ovs/port-flags.h \
	vswitchd-ext/ovs/published.def \
	vswitchd-ext/status.h

sbin_PROGRAMS += vswitchd-ext/ovs-iovd
vswitchd_ext_ovs_iovd_SOURCES = \
	vswitchd-ext/command/async.c \
	vswitchd-ext/command/command-explain.c \
	vswitchd-ext/command/command-flows.c \
	vswitchd-ext/command/command-metrics.c \
	vswitchd-ext/command/command-show.c \
	vswitchd-ext/command/command-support.c \
	vswitchd-ext/command/command-what-if.c \
	vswitchd-ext/command/command.c \
	vswitchd-ext/command/command.def \
	vswitchd-ext/command/command.h \
	vswitchd-ext/command/notes.c \
	vswitchd-ext/command/notes.h \
	vswitchd-ext/command/worker.c \
	vswitchd-ext/control/activity.c \
	vswitchd-ext/control/activity.h \
	vswitchd-ext/control/dispatch.c \
	vswitchd-ext/control/dispatch.h \
	vswitchd-ext/control/event.c \
	vswitchd-ext/control/event.def \
	vswitchd-ext/control/event.h \
	vswitchd-ext/control/history-file.c \
	vswitchd-ext/control/history-file.h \
	vswitchd-ext/control/fence-vlan.c \
	vswitchd-ext/control/fence-vlan.h \
	vswitchd-ext/control/heard.c \
	vswitchd-ext/control/heard.h \
	vswitchd-ext/control/history.c \
	vswitchd-ext/control/holds.c \
	vswitchd-ext/control/holds.h \
	vswitchd-ext/control/history.h \
	vswitchd-ext/control/journald.c \
	vswitchd-ext/control/journald.h \
	vswitchd-ext/control/loop.c \
	vswitchd-ext/control/loop.h \
	vswitchd-ext/control/readiness.c \
	vswitchd-ext/control/readiness.h \
	vswitchd-ext/control/reconcile-pf.c \
	vswitchd-ext/control/reconcile-pf.h \
	vswitchd-ext/control/reconcile.c \
	vswitchd-ext/control/reconcile.h \
	vswitchd-ext/control/report.c \
	vswitchd-ext/control/report.h \
	vswitchd-ext/control/runtime.c \
	vswitchd-ext/control/runtime.h \
	vswitchd-ext/control/software-path.c \
	vswitchd-ext/control/software-path.h \
	vswitchd-ext/control/service.c \
	vswitchd-ext/control/service.h \
	vswitchd-ext/control/tally.c \
	vswitchd-ext/control/tally.h \
	vswitchd-ext/control/timing.c \
	vswitchd-ext/control/timing.h \
	vswitchd-ext/control/wall-time.c \
	vswitchd-ext/control/wall-time.h \
	vswitchd-ext/ovs-iovd.c \
	vswitchd-ext/ovs/monitors.c \
	vswitchd-ext/ovs/monitors.h
vswitchd_ext_ovs_iovd_LDADD = \
	vswitchd-ext/libiov-inputs.a \
	offload/libiov-offload.a \
	policy/libiov-policy.a \
	$(OVS_LIBS) $(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS)

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
	vswitchd-ext/published.def \
	vswitchd-ext/status.h \
	vswitchd-ext/switch-mac.h

# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += policy/libiov-policy.a
policy_libiov_policy_a_SOURCES = \
	policy/check.def \
	policy/flow-table.h \
	policy/key.c \
	policy/key.def \
	policy/key.h \
	policy/nic.c \
	policy/nic.h \
	policy/op.c \
	policy/op.def \
	policy/op.h \
	policy/plan.h \
	policy/port-state.def \
	policy/reach.h \
	policy/reason.c \
	policy/reason.def \
	policy/reason.h \
	policy/snapshot.c \
	policy/snapshot.h \
	policy/verdict.h \
	policy/vf-attr.def

# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += policy/libiov-policy.a
policy_libiov_policy_a_SOURCES = \
	policy/assign.c \
	policy/assign.h \
	policy/check-bridge.c \
	policy/check-nic.c \
	policy/check-port.c \
	policy/check.def \
	policy/check.h \
	policy/failure.c \
	policy/flow-index.c \
	policy/flow-index.h \
	policy/flow-store.c \
	policy/flow-store.h \
	policy/flow-table.c \
	policy/flow-table.h \
	policy/key-parse.c \
	policy/key-parse.h \
	policy/key.c \
	policy/key.def \
	policy/key.h \
	policy/nic-json.c \
	policy/nic.c \
	policy/nic.h \
	policy/op.c \
	policy/op.def \
	policy/op.h \
	policy/plan-pf.c \
	policy/plan.c \
	policy/plan.h \
	policy/port-state.c \
	policy/port-state.def \
	policy/port-state.h \
	policy/reach-action.def \
	policy/reach-acts.c \
	policy/reach-acts.h \
	policy/reach-cube.c \
	policy/reach-cube.h \
	policy/reach-pool.c \
	policy/reach-show.c \
	policy/reach-show.h \
	policy/reach-walk.c \
	policy/reach-walk.h \
	policy/reach.c \
	policy/reach.h \
	policy/reason.c \
	policy/reason.def \
	policy/reason.h \
	policy/snapshot.c \
	policy/snapshot.h \
	policy/verdict.c \
	policy/verdict.h \
	policy/vf-attr.def

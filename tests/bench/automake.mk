# SPDX-License-Identifier: Apache-2.0
#
# "make bench" and "make bench-lab": how fast it is, for people to read.
# Neither is part of "make check", because no number is right or wrong.

EXTRA_PROGRAMS += tests/bench/bench-fence tests/bench/bench-loss
tests_bench_bench_fence_SOURCES = \
	tests/bench/bench-fence.c \
	tests/bench/bench-watch.c \
	tests/bench/bench-watch.h
tests_bench_bench_fence_LDADD = offload/libiov-offload.a \
	policy/libiov-policy.a $(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

tests_bench_bench_loss_SOURCES = tests/bench/bench-loss.c
tests_bench_bench_loss_LDADD = $(OVS_LIBS)

bench_scripts = \
	tests/bench/bench-host.sh \
	tests/bench/bench-in-lab.sh \
	tests/bench/bench-lab.sh \
	tests/bench/bench-loss-in-lab.sh \
	tests/bench/bench-loss.sh \
	tests/bench/bench-ready.sh \
	tests/bench/bench-vm-in-lab.sh \
	tests/bench/common.sh \
	tests/bench/in-lab.sh
EXTRA_DIST += $(bench_scripts)
CLEANFILES += \
	loss.svg \
	tests/bench/bench-fence$(EXEEXT) \
	tests/bench/bench-loss$(EXEEXT)

bench_env = BENCH_BUILD='$(abs_builddir)' BENCH_SOURCE='$(abs_srcdir)' \
	BENCH_OVS_VERSION='$(OVS_VERSION)'

# With many flows.
EXTRA_PROGRAMS += tests/bench/bench-flows tests/bench/bench-switch
tests_bench_bench_flows_SOURCES = \
	tests/bench/bench-flow-set.c \
	tests/bench/bench-flow-set.h \
	tests/bench/bench-flows.c
tests_bench_bench_flows_LDADD = policy/libiov-policy.a $(OVS_LIBS)
tests_bench_bench_switch_SOURCES = \
	tests/bench/bench-flow-set.c \
	tests/bench/bench-flow-set.h \
	tests/bench/bench-switch.c
tests_bench_bench_switch_LDADD = $(OVS_LIBS)
EXTRA_DIST += tests/bench/flows.sh tests/bench/host.sh
CLEANFILES += tests/bench/bench-flows$(EXEEXT) \
	tests/bench/bench-switch$(EXEEXT)

bench: tests/bench/bench-fence$(EXEEXT) tests/bench/bench-flows$(EXEEXT) \
    tests/bench/bench-switch$(EXEEXT) vswitchd-ext/ovs-iovd$(EXEEXT)
	@$(bench_env) bash $(srcdir)/tests/bench/bench-host.sh
	@echo
	@$(bench_env) bash $(srcdir)/tests/bench/bench-ready.sh

# Needs root, like the lab.
bench-lab: tests/bench/bench-fence$(EXEEXT)
	@$(bench_env) bash $(srcdir)/tests/bench/bench-lab.sh

bench-loss: tests/bench/bench-loss$(EXEEXT)
	@$(bench_env) bash $(srcdir)/tests/bench/bench-loss.sh
.PHONY: bench bench-lab bench-loss

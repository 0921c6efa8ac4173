# SPDX-License-Identifier: Apache-2.0
#
# Fuzz targets.  "make check" replays the corpus and tries a few thousand
# variations of it; "make fuzz" lets clang's libFuzzer search:
#
#   make fuzz [FUZZ_SECONDS=60] [FUZZ_TARGETS=what-if]
#
# What it finds belongs into the corpus, as text: fuzz-NAME --hex FILE.
#
# libFuzzer only sees branches of what clang has compiled.  Our files are
# therefore compiled once more, Open vSwitch's library is not.

FUZZ_TARGETS = flow-monitor flow-update journal keys netlink qmp rows tree \
	what-if
FUZZ_SECONDS = 60
FUZZ_CC = clang

check_PROGRAMS += \
	tests/fuzz/fuzz-flow-monitor \
	tests/fuzz/fuzz-flow-update \
	tests/fuzz/fuzz-journal \
	tests/fuzz/fuzz-keys \
	tests/fuzz/fuzz-netlink \
	tests/fuzz/fuzz-qmp \
	tests/fuzz/fuzz-rows \
	tests/fuzz/fuzz-self \
	tests/fuzz/fuzz-tree \
	tests/fuzz/fuzz-what-if
tests_fuzz_fuzz_flow_monitor_SOURCES = \
	tests/fuzz/fuzz-flow-monitor.c \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_flow_monitor_LDADD = vswitchd-ext/libiov-inputs.a \
	policy/libiov-policy.a $(OVS_LIBS)
tests_fuzz_fuzz_flow_update_SOURCES = \
	tests/fuzz/fuzz-flow-update.c \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_flow_update_LDADD = vswitchd-ext/libiov-inputs.a \
	policy/libiov-policy.a $(OVS_LIBS)
fuzz_offload_libs = offload/libiov-offload.a policy/libiov-policy.a \
	$(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)
tests_fuzz_fuzz_journal_SOURCES = \
	tests/fuzz/fuzz-journal.c \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_journal_LDADD = $(fuzz_offload_libs)
tests_fuzz_fuzz_keys_SOURCES = \
	tests/fuzz/fuzz-keys.c \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_keys_LDADD = policy/libiov-policy.a $(OVS_LIBS)
tests_fuzz_fuzz_qmp_SOURCES = \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz-qmp.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_qmp_LDADD = $(fuzz_offload_libs)
tests_fuzz_fuzz_rows_SOURCES = \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz-rows.c \
	tests/fuzz/fuzz.h \
	tests/policy/sample-bridge.c \
	tests/policy/sample-bridge.h
tests_fuzz_fuzz_rows_LDADD = vswitchd-ext/libiov-inputs.a \
	policy/libiov-policy.a $(OVS_LIBS)
tests_fuzz_fuzz_tree_SOURCES = \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz-tree.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_tree_LDADD = $(fuzz_offload_libs)
if HAVE_LIBVIRT
check_PROGRAMS += tests/fuzz/fuzz-libvirt
tests_fuzz_fuzz_libvirt_SOURCES = \
	offload/guest/libvirt-xml.c \
	tests/fuzz/fuzz-libvirt.c \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_libvirt_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_fuzz_fuzz_libvirt_LDADD = $(LIBVIRT_LIBS) $(OVS_LIBS)
endif
tests_fuzz_fuzz_netlink_SOURCES = \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz-netlink.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_netlink_LDADD = offload/libiov-offload.a \
	policy/libiov-policy.a $(MNL_LIBS) $(OVS_LIBS)
tests_fuzz_fuzz_self_SOURCES = \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz-self.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_self_LDADD = $(OVS_LIBS)
tests_fuzz_fuzz_what_if_SOURCES = \
	tests/fuzz/fuzz-main.c \
	tests/fuzz/fuzz-what-if.c \
	tests/fuzz/fuzz.h \
	tests/policy/sample-bridge.c \
	tests/policy/sample-bridge.h
tests_fuzz_fuzz_what_if_LDADD = policy/libiov-policy.a $(OVS_LIBS)

EXTRA_DIST += \
	tests/fuzz/corpus/flow-monitor/dump.hex \
	tests/fuzz/corpus/flow-monitor/dump13.hex \
	tests/fuzz/corpus/flow-monitor/early.hex \
	tests/fuzz/corpus/flow-monitor/empty.hex \
	tests/fuzz/corpus/flow-monitor/lost.hex \
	tests/fuzz/corpus/flow-monitor/pause.hex \
	tests/fuzz/corpus/flow-monitor/refused.hex \
	tests/fuzz/corpus/flow-update/actions.hex \
	tests/fuzz/corpus/flow-update/conjunction.hex \
	tests/fuzz/corpus/flow-update/drop.hex \
	tests/fuzz/corpus/flow-update/goto.hex \
	tests/fuzz/corpus/flow-update/loop.hex \
	tests/fuzz/corpus/flow-update/match.hex \
	tests/fuzz/corpus/flow-update/paused.hex \
	tests/fuzz/corpus/flow-update/tables.hex \
	tests/fuzz/corpus/flow-update/tunnel.hex \
	tests/fuzz/corpus/journal/empty.txt \
	tests/fuzz/corpus/journal/full.txt \
	tests/fuzz/corpus/journal/newer.txt \
	tests/fuzz/corpus/keys/bad.txt \
	tests/fuzz/corpus/keys/bridge.txt \
	tests/fuzz/corpus/keys/interface.txt \
	tests/fuzz/corpus/libvirt/domain.txt \
	tests/fuzz/corpus/libvirt/other.txt \
	tests/fuzz/corpus/qmp/refused.txt \
	tests/fuzz/corpus/qmp/strange.txt \
	tests/fuzz/corpus/qmp/talk.txt \
	tests/fuzz/corpus/rows/bad.txt \
	tests/fuzz/corpus/rows/direct.txt \
	tests/fuzz/corpus/rows/features.txt \
	tests/fuzz/corpus/tree/links.txt \
	tests/fuzz/corpus/tree/nic.txt \
	tests/fuzz/corpus/netlink/devlink.hex \
	tests/fuzz/corpus/netlink/family.hex \
	tests/fuzz/corpus/netlink/link.hex \
	tests/fuzz/corpus/netlink/macs.hex \
	tests/fuzz/corpus/netlink/negative.hex \
	tests/fuzz/corpus/netlink/refusal-capped.hex \
	tests/fuzz/corpus/netlink/refusal.hex \
	tests/fuzz/corpus/what-if/actions.txt \
	tests/fuzz/corpus/what-if/drop.txt \
	tests/fuzz/corpus/what-if/match.txt \
	tests/fuzz/corpus/what-if/modify.txt \
	tests/fuzz/corpus/what-if/nobody.txt \
	tests/fuzz/corpus/what-if/port.txt \
	tests/fuzz/corpus/what-if/settings.txt \
	tests/fuzz/corpus/what-if/several.txt

# Those of offload/ that do not need more libraries than the others do.
fuzz_sources = $(policy_libiov_policy_a_SOURCES) \
	offload/guest/libvirt.c offload/guest/qmp-explain.c \
	offload/guest/qmp-pending.c offload/guest/qmp-read.c \
	offload/guest/qmp-vm.c offload/guest/qmp.c \
	offload/host/host-fact.c offload/host/host-file.c \
	offload/host/host-live.c offload/host/host-nic.c \
	offload/host/host-pci.c offload/host/host-tar.c offload/host/host.c \
	offload/journal-json.c offload/pci/pci.c \
	offload/netlink/devlink.c offload/netlink/genl.c \
	offload/netlink/nl-message.c offload/netlink/rtnl-link.c \
	offload/netlink/rtnl-vf.c offload/netlink/rtnl.c tests/policy/sample-bridge.c \
	vswitchd-ext/ovs/flow-monitor-messages.c vswitchd-ext/ovs/flow-update.c
fuzz_rows_sources = vswitchd-ext/ovs/db-fill.c
fuzz_cflags = -g -O1 -std=gnu11 -fno-strict-aliasing -pthread \
	-fsanitize=fuzzer,address,undefined -fno-sanitize=alignment \
	-fno-sanitize-recover=undefined -DFUZZ_BY_CLANG

fuzz: $(BUILT_SOURCES) $(check_PROGRAMS)
	@set -e; for t in $(FUZZ_TARGETS); do \
	  echo "  FUZZ     $$t for $(FUZZ_SECONDS) s"; \
	  rm -rf tests/fuzz/raw-$$t; $(MKDIR_P) tests/fuzz/raw-$$t; \
	  tests/fuzz/fuzz-$$t --raw=tests/fuzz/raw-$$t \
	    $(srcdir)/tests/fuzz/corpus/$$t/*; \
	  sources=; more=; \
	  test $$t != rows || more="$(fuzz_rows_sources)"; \
	  for s in $(fuzz_sources) $$more tests/fuzz/fuzz-$$t.c; do \
	    case $$s in *.c) sources="$$sources $(srcdir)/$$s" ;; esac; \
	  done; \
	  $(FUZZ_CC) $(fuzz_cflags) $(AM_CPPFLAGS) $$sources \
	    -o tests/fuzz/libfuzzer-$$t $(MNL_LIBS) $(PCI_LIBS) $(OVS_LIBS); \
	  tests/fuzz/libfuzzer-$$t -close_fd_mask=2 -timeout=10 \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
	    -print_final_stats=1 -artifact_prefix=tests/fuzz/found-$$t- \
	    tests/fuzz/raw-$$t > tests/fuzz/$$t.log 2>&1 || \
	    { tail -n 40 tests/fuzz/$$t.log; exit 1; }; \
	  grep -a 'stat::\|DONE' tests/fuzz/$$t.log; \
	done
.PHONY: fuzz

mostlyclean-local: clean-fuzz
clean-fuzz:
	rm -rf tests/fuzz/raw-* tests/fuzz/libfuzzer-* tests/fuzz/*.log
.PHONY: clean-fuzz

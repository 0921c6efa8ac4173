# SPDX-License-Identifier: Apache-2.0
#
# The test suites.  A test file is named here once, the suite includes it.
#
# A suite is made anew whenever this file changes, because it contains the
# list.  A file that uses the macros of another (libvirt-* those of qmp-*)
# stands below it.  Run some tests by "make check TESTSUITEFLAGS='-k KEYWORD
# -j2'".

TESTSUITE_AT = \
	tests/docs.at \
	tests/fuzz.at \
	tests/offload/netlink-golden.at \
	tests/offload/port-filters.at \
	tests/offload/netlink-hostile.at \
	tests/offload/offload-child.at \
	tests/offload/offload-dummy.at \
	tests/offload/offload-flow-table.at \
	tests/offload/offload-journal.at \
	tests/offload/offload-pci.at \
	tests/offload/qmp-daemon.at \
	tests/offload/qmp-guest.at \
	tests/offload/libvirt-domain.at \
	tests/offload/libvirt-guest.at \
	tests/offload/libvirt-xml.at \
	tests/policy/policy-assign.at \
	tests/policy/policy-damping.at \
	tests/policy/policy-loss.at \
	tests/policy/policy-failures.at \
	tests/policy/policy-keys.at \
	tests/policy/policy-nic.at \
	tests/policy/policy-plan.at \
	tests/policy/policy-reasons.at \
	tests/policy/policy-safety.at \
	tests/policy/policy-text.at \
	tests/policy/reach-flows.at \
	tests/policy/reach-effects.at \
	tests/policy/reach-delivered.at \
	tests/policy/reach-harmless.at \
	tests/policy/reach-memory.at \
	tests/policy/reach-tables.at \
	tests/policy/reach-trace.at \
	tests/policy/compile.at \
	tests/policy/compile-random.at \
	tests/policy/ready-host.at \
	tests/policy/ready-nic.at \
	tests/policy/ready-trees.at \
	tests/policy/schema.at \
	tests/policy/verdict-update.at \
	tests/policy/what-if.at \
	tests/packaging.at \
	tests/sandbox.at \
	tests/source.at \
	tests/utilities/iov-lab.at \
	tests/utilities/ovs-iov.at \
	tests/vswitchd-ext/daemon-alone.at \
	tests/vswitchd-ext/daemon-badinput.at \
	tests/vswitchd-ext/daemon-commands.at \
	tests/vswitchd-ext/daemon-drain.at \
	tests/vswitchd-ext/daemon-events.at \
	tests/vswitchd-ext/daemon-flows.at \
	tests/vswitchd-ext/daemon-heard.at \
	tests/vswitchd-ext/daemon-json.at \
	tests/vswitchd-ext/daemon-kill.at \
	tests/vswitchd-ext/daemon-metrics.at \
	tests/vswitchd-ext/daemon-openflow.at \
	tests/vswitchd-ext/daemon-pool.at \
	tests/vswitchd-ext/daemon-privileges.at \
	tests/vswitchd-ext/daemon-reasons-damping.at \
	tests/vswitchd-ext/daemon-reasons-flows.at \
	tests/vswitchd-ext/daemon-reasons-host.at \
	tests/vswitchd-ext/daemon-reasons-nic.at \
	tests/vswitchd-ext/daemon-vfs.at \
	tests/vswitchd-ext/daemon-reasons-switch.at \
	tests/vswitchd-ext/daemon-service.at \
	tests/vswitchd-ext/daemon-stalls.at \
	tests/vswitchd-ext/daemon-support.at \
	tests/vswitchd-ext/daemon-switch-loss.at \
	tests/vswitchd-ext/daemon-what-if.at \
	tests/vswitchd-ext/db-publish.at \
	tests/vswitchd-ext/db-snapshot.at \
	tests/vswitchd-ext/fdb.at \
	tests/vswitchd-ext/flow-monitor-life.at \
	tests/vswitchd-ext/flow-monitor-rare.at \
	tests/vswitchd-ext/flow-monitor-updates.at \
	tests/vswitchd-ext/flow-update.at

LAB_TESTSUITE_AT = \
	tests/lab/badinput.at \
	tests/lab/exit.at \
	tests/lab/filtered.at \
	tests/lab/guest.at \
	tests/lab/howto.at \
	tests/lab/hostile.at \
	tests/lab/isolation.at \
	tests/lab/kill.at \
	tests/lab/libvirt.at \
	tests/lab/moves.at \
	tests/lab/neighbour.at \
	tests/lab/offload.at \
	tests/lab/path.at \
	tests/lab/readiness.at

NIC_TESTSUITE_AT = \
	tests/lab/nic-daemon.at \
	tests/lab/nic-legacy.at \
	tests/lab/nic-life.at \
	tests/lab/nic-switchdev.at

check_PROGRAMS += tests/test-policy
tests_test_policy_SOURCES = \
	tests/policy/test-policy-assign.c \
	tests/policy/test-policy-damping.c \
	tests/policy/test-policy-loss.c \
	tests/policy/test-policy-failures.c \
	tests/policy/test-policy-flow.c \
	tests/policy/test-policy-keys.c \
	tests/policy/test-policy-nic.c \
	tests/policy/test-policy-plan.c \
	tests/policy/test-policy-reasons.c \
	tests/policy/test-policy-safety.c \
	tests/policy/test-policy-schema.c \
	tests/policy/test-policy-text.c \
	tests/policy/test-policy.c \
	tests/policy/test-policy.h
tests_test_policy_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-reach
tests_test_reach_SOURCES = tests/policy/test-reach.c
tests_test_reach_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-compile
tests_test_compile_SOURCES = tests/policy/test-compile.c
tests_test_compile_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-compile-random
tests_test_compile_random_SOURCES = \
	tests/policy/test-compile-random.c \
	tests/policy/test-verdict-packet.c \
	tests/policy/test-verdict-random.c \
	tests/policy/test-verdict-switch.c \
	tests/policy/test-verdict.h
tests_test_compile_random_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-verdict
tests_test_verdict_SOURCES = \
	tests/policy/test-verdict-packet.c \
	tests/policy/test-verdict-random.c \
	tests/policy/test-verdict-switch.c \
	tests/policy/test-verdict.c \
	tests/policy/test-verdict.h
tests_test_verdict_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-flow-view
tests_test_flow_view_SOURCES = tests/policy/test-flow-view.c
tests_test_flow_view_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-verdict-update
tests_test_verdict_update_SOURCES = \
	tests/policy/sample-bridge.c \
	tests/policy/sample-bridge.h \
	tests/policy/test-verdict-random.c \
	tests/policy/test-verdict-update.c \
	tests/policy/test-verdict.h
tests_test_verdict_update_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-overview
tests_test_overview_SOURCES = \
	tests/policy/sample-bridge.c \
	tests/policy/sample-bridge.h \
	tests/policy/test-verdict-random.c \
	tests/policy/test-overview.c \
	tests/policy/test-verdict.h
tests_test_overview_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-what-if
tests_test_what_if_SOURCES = \
	tests/policy/sample-bridge.c \
	tests/policy/sample-bridge.h \
	tests/policy/test-verdict-random.c \
	tests/policy/test-verdict.h \
	tests/policy/test-what-if.c
tests_test_what_if_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-offload
tests_test_offload_SOURCES = \
	tests/offload/test-offload-child.c \
	tests/offload/test-offload-daemon.c \
	tests/offload/test-offload-files.c \
	tests/offload/test-offload-filters.c \
	tests/offload/test-offload-hostile.c \
	tests/offload/test-offload-netlink.c \
	tests/offload/test-offload-rules.c \
	tests/offload/test-offload.c \
	tests/offload/test-offload.h
tests_test_offload_LDADD = offload/libiov-offload.a policy/libiov-policy.a \
	$(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

if HAVE_LIBVIRT
check_PROGRAMS += tests/test-libvirt
tests_test_libvirt_SOURCES = tests/offload/test-libvirt.c offload/guest/libvirt-xml.c
tests_test_libvirt_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_test_libvirt_LDADD = $(LIBVIRT_LIBS) $(OVS_LIBS)
endif

check_PROGRAMS += tests/test-ready
tests_test_ready_SOURCES = tests/policy/test-ready.c
tests_test_ready_LDADD = offload/libiov-offload.a policy/libiov-policy.a \
	$(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

check_PROGRAMS += tests/test-flow-update
tests_test_flow_update_SOURCES = tests/vswitchd-ext/test-flow-update.c
tests_test_flow_update_LDADD = vswitchd-ext/libiov-inputs.a \
	policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-inputs
tests_test_inputs_SOURCES = \
	tests/vswitchd-ext/test-inputs-show.c \
	tests/vswitchd-ext/test-inputs.c \
	tests/vswitchd-ext/test-inputs.h
tests_test_inputs_LDADD = vswitchd-ext/libiov-inputs.a \
	offload/libiov-offload.a policy/libiov-policy.a $(MNL_LIBS) $(OVS_LIBS)

EXTRA_DIST += \
	tests/vswitchd-ext/daemon-kit.at \
	tests/vswitchd-ext/daemon-macros.at \
	tests/offload/fake-qmp.py \
	tests/offload/hostile-qmp.py \
	tests/offload/offload-macros.at \
	tests/vswitchd-ext/fake-switch.py \
	tests/vswitchd-ext/service-manager.py \
	tests/lab/lab-macros.at \
	tests/lab/lab-testsuite.at \
	tests/lab/devlink-say \
	tests/lab/frames \
	tests/lab/nic-flows \
	tests/lab/not-on-model \
	tests/lab/nic-macros.at \
	tests/lab/nic-testsuite.at \
	tests/policy/schema-compare.py \
	tests/policy/ready-macros.at \
	tests/policy/ready-tree.py \
	tests/readme.py \
	tests/policy/ready/bonded.tree \
	tests/policy/ready/no-acs.tree \
	tests/policy/ready/no-intremap.tree \
	tests/policy/ready/no-iommu.tree \
	tests/policy/ready/no-sriov.tree \
	tests/policy/ready/on-root.tree \
	tests/policy/ready/ready.tree \
	tests/policy/ready/switched-off.tree \
	tests/testsuite.at \
	$(TESTSUITE_AT) \
	$(LAB_TESTSUITE_AT) \
	$(NIC_TESTSUITE_AT)

AUTOTEST = $(AUTOM4TE) --language=autotest

tests/package.m4: $(top_srcdir)/configure.ac
	$(AM_V_GEN)$(MKDIR_P) tests && { \
	  echo 'm4_define([AT_PACKAGE_NAME],      [$(PACKAGE_NAME)])'; \
	  echo 'm4_define([AT_PACKAGE_TARNAME],   [$(PACKAGE_TARNAME)])'; \
	  echo 'm4_define([AT_PACKAGE_VERSION],   [$(PACKAGE_VERSION)])'; \
	  echo 'm4_define([AT_PACKAGE_STRING],    [$(PACKAGE_STRING)])'; \
	  echo 'm4_define([AT_PACKAGE_BUGREPORT], [$(PACKAGE_BUGREPORT)])'; \
	} > $@

tests/testsuite-files.at: $(top_srcdir)/tests/automake.mk
	$(AM_V_GEN)$(MKDIR_P) tests && for f in $(TESTSUITE_AT); do \
	  echo "m4_include([$$f])"; done > $@

tests/lab-testsuite-files.at: $(top_srcdir)/tests/automake.mk
	$(AM_V_GEN)$(MKDIR_P) tests && for f in $(LAB_TESTSUITE_AT); do \
	  echo "m4_include([$$f])"; done > $@

tests/nic-testsuite-files.at: $(top_srcdir)/tests/automake.mk
	$(AM_V_GEN)$(MKDIR_P) tests && for f in $(NIC_TESTSUITE_AT); do \
	  echo "m4_include([$$f])"; done > $@

tests/testsuite: tests/package.m4 tests/testsuite-files.at \
    $(top_srcdir)/tests/testsuite.at $(top_srcdir)/tests/vswitchd-ext/daemon-macros.at \
    $(top_srcdir)/tests/offload/offload-macros.at \
    $(top_srcdir)/tests/policy/ready-macros.at \
    $(top_srcdir)/tests/vswitchd-ext/daemon-kit.at tests/howto-prometheus.at \
    $(TESTSUITE_AT)
	$(AM_V_GEN)$(AUTOTEST) -I tests -I . -I '$(top_srcdir)' \
	  -o $@.tmp '$(top_srcdir)/tests/testsuite.at' && mv $@.tmp $@

tests/lab-testsuite: tests/package.m4 tests/lab-testsuite-files.at \
    $(top_srcdir)/tests/lab/lab-testsuite.at $(HOWTO_COMMANDS) \
    $(top_srcdir)/tests/lab/lab-macros.at \
    $(LAB_TESTSUITE_AT)
	$(AM_V_GEN)$(AUTOTEST) -I tests -I . -I '$(top_srcdir)' \
	  -o $@.tmp '$(top_srcdir)/tests/lab/lab-testsuite.at' && mv $@.tmp $@

tests/nic-testsuite: tests/package.m4 tests/nic-testsuite-files.at \
    $(top_srcdir)/tests/lab/nic-testsuite.at \
    $(top_srcdir)/tests/lab/lab-macros.at \
    $(top_srcdir)/tests/lab/nic-macros.at \
    $(NIC_TESTSUITE_AT)
	$(AM_V_GEN)$(AUTOTEST) -I tests -I . -I '$(top_srcdir)' \
	  -o $@.tmp '$(top_srcdir)/tests/lab/nic-testsuite.at' && mv $@.tmp $@

# The commands of the how-tos, a file for each of their sections, and the XML.
HOWTO_COMMANDS = \
	tests/howto-acl-fallback.at \
	tests/howto-libvirt.at \
	tests/howto-prometheus.at \
	tests/howto-qemu.at

$(HOWTO_COMMANDS): $(top_srcdir)/docs/howto-acl-fallback.md \
    $(top_srcdir)/docs/howto-libvirt.md $(top_srcdir)/docs/howto-qemu.md \
    $(top_srcdir)/docs/howto-prometheus.md \
    $(top_srcdir)/tests/automake.mk
	$(AM_V_GEN)$(MKDIR_P) tests && $(AWK) ' \
	  BEGIN { print "AT_DATA([howto-0.sh], [[" } \
	  /^## / { print "]])\nAT_DATA([howto-" ++n ".sh], [[" } \
	  /^```$$/ { command = xml = 0 } \
	  command { print } \
	  xml { text = text $$0 "\n" } \
	  /^```sh$$/ { command = 1 } \
	  /^```xml$$/ { xml = 1 } \
	  END { print "]])\nAT_DATA([howto.xml], [[" text "]])" }' \
	  $(top_srcdir)/docs/`basename $@ .at`.md > $@.tmp && mv $@.tmp $@

check_SCRIPTS = tests/testsuite tests/lab-testsuite tests/nic-testsuite

CLEANFILES += \
	$(HOWTO_COMMANDS) \
	tests/lab-testsuite \
	tests/lab-testsuite-files.at \
	tests/nic-testsuite \
	tests/nic-testsuite-files.at \
	tests/package.m4 \
	tests/testsuite \
	tests/testsuite-files.at

check-local: tests/atlocal
	$(SHELL) tests/testsuite -C tests $(TESTSUITEFLAGS)

# Random flow tables against a real switch, for as long as wanted.
VERDICT_SECONDS = 600
VERDICT_SEED = 1
check-verdict-long: all $(check_PROGRAMS) $(check_SCRIPTS)
	VERDICT_OPTIONS='--seconds=$(VERDICT_SECONDS) --seed=$(VERDICT_SEED)' \
	  $(SHELL) tests/testsuite -C tests -v -k verdict,random
.PHONY: check-verdict-long

# The same for rules that are compiled from them.
COMPILE_SECONDS = 600
COMPILE_SEED = 1
check-compile-long: all $(check_PROGRAMS) $(check_SCRIPTS)
	COMPILE_OPTIONS='--seconds=$(COMPILE_SECONDS) --seed=$(COMPILE_SEED)' \
	  $(SHELL) tests/testsuite -C tests -v -k compile,random
.PHONY: check-compile-long

# "make mutants": what the random tests of the verdict notice; takes hours.
# MUTANTS_OPTIONS='--sample=20 --seconds=60' takes less.
EXTRA_DIST += tests/policy/mutants.py tests/policy/mutants.txt
mutants:
	$(PYTHON) $(srcdir)/tests/policy/mutants.py $(MUTANTS_OPTIONS) \
	  $(abs_srcdir) $(abs_builddir)
.PHONY: mutants

DISTCLEANFILES += tests/atconfig tests/testsuite.log

mostlyclean-local: clean-tests
clean-tests:
	test ! -f tests/testsuite || \
	  $(SHELL) tests/testsuite -C tests --clean
.PHONY: clean-tests

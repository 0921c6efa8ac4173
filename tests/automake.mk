# SPDX-License-Identifier: Apache-2.0
#
# The test suites.  A test file is named here once, the suite includes it.
#
# The subtle thing: a suite is made anew whenever this file changes, because
# it contains the list.  Run some tests by
# "make check TESTSUITEFLAGS='-k KEYWORD -j2'".

TESTSUITE_AT = \
	tests/daemon-badinput.at \
	tests/daemon-commands.at \
	tests/daemon-kill.at \
	tests/daemon-openflow.at \
	tests/daemon-privileges.at \
	tests/daemon-reasons-damping.at \
	tests/daemon-reasons-flows.at \
	tests/daemon-reasons-host.at \
	tests/daemon-reasons-nic.at \
	tests/daemon-reasons-switch.at \
	tests/daemon-support.at \
	tests/daemon-what-if.at \
	tests/db-publish.at \
	tests/db-snapshot.at \
	tests/docs.at \
	tests/flow-monitor-life.at \
	tests/flow-monitor-rare.at \
	tests/flow-monitor-updates.at \
	tests/flow-update.at \
	tests/fuzz.at \
	tests/netlink-golden.at \
	tests/offload-child.at \
	tests/offload-dummy.at \
	tests/offload-journal.at \
	tests/offload-pci.at \
	tests/policy-damping.at \
	tests/policy-failures.at \
	tests/policy-keys.at \
	tests/policy-nic.at \
	tests/policy-plan.at \
	tests/policy-reasons.at \
	tests/policy-safety.at \
	tests/qmp-guest.at \
	tests/qmp-daemon.at \
	tests/libvirt-xml.at \
	tests/libvirt-domain.at \
	tests/libvirt-guest.at \
	tests/reach-flows.at \
	tests/reach-harmless.at \
	tests/reach-memory.at \
	tests/reach-tables.at \
	tests/reach-trace.at \
	tests/ready-host.at \
	tests/ready-nic.at \
	tests/ready-trees.at \
	tests/schema.at \
	tests/source.at \
	tests/switch-mac.at \
	tests/verdict-update.at \
	tests/what-if.at

LAB_TESTSUITE_AT = \
	tests/lab-badinput.at \
	tests/lab-exit.at \
	tests/lab-guest.at \
	tests/lab-howto.at \
	tests/lab-isolation.at \
	tests/lab-kill.at \
	tests/lab-libvirt.at \
	tests/lab-moves.at \
	tests/lab-neighbour.at \
	tests/lab-offload.at \
	tests/lab-path.at \
	tests/lab-readiness.at

check_PROGRAMS += tests/test-policy
tests_test_policy_SOURCES = \
	tests/test-policy-damping.c \
	tests/test-policy-failures.c \
	tests/test-policy-keys.c \
	tests/test-policy-nic.c \
	tests/test-policy-plan.c \
	tests/test-policy-reasons.c \
	tests/test-policy-safety.c \
	tests/test-policy-schema.c \
	tests/test-policy.c \
	tests/test-policy.h
tests_test_policy_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-reach
tests_test_reach_SOURCES = tests/test-reach.c
tests_test_reach_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-verdict
tests_test_verdict_SOURCES = \
	tests/test-verdict-packet.c \
	tests/test-verdict-random.c \
	tests/test-verdict-switch.c \
	tests/test-verdict.c \
	tests/test-verdict.h
tests_test_verdict_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-flow-view
tests_test_flow_view_SOURCES = tests/test-flow-view.c
tests_test_flow_view_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-verdict-update
tests_test_verdict_update_SOURCES = \
	tests/sample-bridge.c \
	tests/sample-bridge.h \
	tests/test-verdict-random.c \
	tests/test-verdict-update.c \
	tests/test-verdict.h
tests_test_verdict_update_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-what-if
tests_test_what_if_SOURCES = \
	tests/sample-bridge.c \
	tests/sample-bridge.h \
	tests/test-verdict-random.c \
	tests/test-verdict.h \
	tests/test-what-if.c
tests_test_what_if_LDADD = policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-offload
tests_test_offload_SOURCES = \
	tests/test-offload-child.c \
	tests/test-offload-daemon.c \
	tests/test-offload-files.c \
	tests/test-offload-netlink.c \
	tests/test-offload.c \
	tests/test-offload.h
tests_test_offload_LDADD = offload/libiov-offload.a policy/libiov-policy.a \
	$(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

if HAVE_LIBVIRT
check_PROGRAMS += tests/test-libvirt
tests_test_libvirt_SOURCES = tests/test-libvirt.c offload/libvirt-xml.c
tests_test_libvirt_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_test_libvirt_LDADD = $(LIBVIRT_LIBS) $(OVS_LIBS)
endif

check_PROGRAMS += tests/test-ready
tests_test_ready_SOURCES = tests/test-ready.c
tests_test_ready_LDADD = offload/libiov-offload.a policy/libiov-policy.a \
	$(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

check_PROGRAMS += tests/test-flow-update
tests_test_flow_update_SOURCES = tests/test-flow-update.c
tests_test_flow_update_LDADD = vswitchd-ext/libiov-inputs.a \
	policy/libiov-policy.a $(OVS_LIBS)

check_PROGRAMS += tests/test-inputs
tests_test_inputs_SOURCES = \
	tests/test-inputs-show.c \
	tests/test-inputs.c \
	tests/test-inputs.h
tests_test_inputs_LDADD = vswitchd-ext/libiov-inputs.a \
	offload/libiov-offload.a policy/libiov-policy.a $(MNL_LIBS) $(OVS_LIBS)

EXTRA_DIST += \
	tests/daemon-kit.at \
	tests/daemon-macros.at \
	tests/fake-qmp.py \
	tests/fake-switch.py \
	tests/lab-macros.at \
	tests/lab-testsuite.at \
	tests/lab/devlink-say \
	tests/lab/frames \
	tests/schema-compare.py \
	tests/ready-macros.at \
	tests/ready-tree.py \
	tests/ready/bonded.tree \
	tests/ready/no-acs.tree \
	tests/ready/no-intremap.tree \
	tests/ready/no-iommu.tree \
	tests/ready/no-sriov.tree \
	tests/ready/on-root.tree \
	tests/ready/ready.tree \
	tests/ready/switched-off.tree \
	tests/testsuite.at \
	$(TESTSUITE_AT) \
	$(LAB_TESTSUITE_AT)

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

tests/testsuite: tests/package.m4 tests/testsuite-files.at \
    $(top_srcdir)/tests/testsuite.at $(top_srcdir)/tests/daemon-macros.at \
    $(top_srcdir)/tests/ready-macros.at \
    $(top_srcdir)/tests/daemon-kit.at \
    $(TESTSUITE_AT)
	$(AM_V_GEN)$(AUTOTEST) -I tests -I . -I '$(top_srcdir)' \
	  -o $@.tmp '$(top_srcdir)/tests/testsuite.at' && mv $@.tmp $@

tests/lab-testsuite: tests/package.m4 tests/lab-testsuite-files.at \
    $(top_srcdir)/tests/lab-testsuite.at $(HOWTO_COMMANDS) \
    $(top_srcdir)/tests/lab-macros.at \
    $(LAB_TESTSUITE_AT)
	$(AM_V_GEN)$(AUTOTEST) -I tests -I . -I '$(top_srcdir)' \
	  -o $@.tmp '$(top_srcdir)/tests/lab-testsuite.at' && mv $@.tmp $@

# The commands of the how-tos, a file for each of their sections, and the XML.
HOWTO_COMMANDS = \
	tests/howto-acl-fallback.at \
	tests/howto-libvirt.at \
	tests/howto-qemu.at

$(HOWTO_COMMANDS): $(top_srcdir)/docs/howto-acl-fallback.md \
    $(top_srcdir)/docs/howto-libvirt.md $(top_srcdir)/docs/howto-qemu.md \
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

check_SCRIPTS = tests/testsuite tests/lab-testsuite

CLEANFILES += \
	$(HOWTO_COMMANDS) \
	tests/lab-testsuite \
	tests/lab-testsuite-files.at \
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

DISTCLEANFILES += tests/atconfig tests/testsuite.log

mostlyclean-local: clean-tests
clean-tests:
	test ! -f tests/testsuite || \
	  $(SHELL) tests/testsuite -C tests --clean
.PHONY: clean-tests

# SPDX-License-Identifier: Apache-2.0
#
# Tools for users and contributors.  The lab runs from the source tree only,
# so nothing of it is installed.

sbin_PROGRAMS += utilities/ovs-iov-check
utilities_ovs_iov_check_SOURCES = utilities/ovs-iov-check.c
utilities_ovs_iov_check_LDADD = offload/libiov-offload.a \
	policy/libiov-policy.a $(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

bin_PROGRAMS += utilities/ovs-iov/ovs-iov
utilities_ovs_iov_ovs_iov_SOURCES = \
	utilities/ovs-iov/client.c \
	utilities/ovs-iov/complete.c \
	utilities/ovs-iov/json.c \
	utilities/ovs-iov/metrics.c \
	utilities/ovs-iov/ovs-iov.c \
	utilities/ovs-iov/ovs-iov.h \
	utilities/ovs-iov/paint.c \
	utilities/ovs-iov/verb.def \
	utilities/ovs-iov/verbs.c
utilities_ovs_iov_ovs_iov_LDADD = policy/libiov-policy.a $(OVS_LIBS)

# Installed by packaging/automake.mk.
EXTRA_DIST += utilities/ovs-iov/completion.bash

# For Prometheus.  The units are installed by packaging/automake.mk.
pkgdata_DATA = \
	utilities/prometheus/ovs-iov.dashboard.json \
	utilities/prometheus/ovs-iov.rules.yml
EXTRA_DIST += \
	utilities/prometheus/ovs-iov-metrics.socket \
	utilities/prometheus/ovs-iov-metrics@.service \
	utilities/prometheus/ovs-iov-textfile.service \
	utilities/prometheus/ovs-iov-textfile.timer \
	utilities/prometheus/ovs-iov.dashboard.json \
	utilities/prometheus/ovs-iov.rules-test.yml \
	utilities/prometheus/ovs-iov.rules.yml

# A first look, without root and without a NIC.
sandbox: all
	$(top_srcdir)/utilities/sandbox $(abs_top_builddir)
.PHONY: sandbox

EXTRA_DIST += \
	utilities/sandbox \
	utilities/iov-lab \
	utilities/lab/build.sh \
	utilities/lab/clean.sh \
	utilities/lab/common.sh \
	utilities/lab/debs.sh \
	utilities/lab/demo.sh \
	utilities/lab/guest/bin/lab-guest \
	utilities/lab/guest/bin/lab-libvirt \
	utilities/lab/guest/bin/lab-libvirt-qemu \
	utilities/lab/guest/bin/lab-ovs \
	utilities/lab/guest/bin/lab-vm \
	utilities/lab/guest/check-host \
	utilities/lab/guest/early-init \
	utilities/lab/guest/init \
	utilities/lab/guest/run-suite \
	utilities/lab/guest/shellrc \
	utilities/lab/image.sh \
	utilities/lab/job.sh \
	utilities/lab/machine.sh \
	utilities/lab/module.sh \
	utilities/lab/nic/Kbuild \
	utilities/lab/nic/nic-act.c \
	utilities/lab/nic/nic-action.c \
	utilities/lab/nic/nic-action.def \
	utilities/lab/nic/nic-compat.h \
	utilities/lab/nic/nic-devlink.c \
	utilities/lab/nic/nic-generation.def \
	utilities/lab/nic/nic-health.c \
	utilities/lab/nic/nic-key.c \
	utilities/lab/nic/nic-key.def \
	utilities/lab/nic/nic-main.c \
	utilities/lab/nic/nic-meter.c \
	utilities/lab/nic/nic-pci.c \
	utilities/lab/nic/nic-port.c \
	utilities/lab/nic/nic-rep.c \
	utilities/lab/nic/nic-rewrite.c \
	utilities/lab/nic/nic-switch.c \
	utilities/lab/nic/nic-table.c \
	utilities/lab/nic/nic-table.h \
	utilities/lab/nic/nic-veb.c \
	utilities/lab/nic/nic-vf.c \
	utilities/lab/nic/nic-wire.c \
	utilities/lab/nic/nic.h \
	utilities/lab/options.sh \
	utilities/lab/packages.sh \
	utilities/lab/deb-root/check \
	utilities/lab/deb-root/start \
	utilities/lab/suites.sh \
	utilities/lab/variants.sh \
	utilities/lab/vm.sh \
	utilities/lab/vm/init

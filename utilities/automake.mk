# SPDX-License-Identifier: Apache-2.0
#
# Tools for users and contributors.  The lab runs from the source tree only,
# so nothing of it is installed.

sbin_PROGRAMS += utilities/ovs-iov-check
utilities_ovs_iov_check_SOURCES = utilities/ovs-iov-check.c
utilities_ovs_iov_check_LDADD = offload/libiov-offload.a \
	policy/libiov-policy.a $(MNL_LIBS) $(PCI_LIBS) $(UDEV_LIBS) $(OVS_LIBS)

# A first look, without root and without a NIC.
sandbox: all
	$(top_srcdir)/utilities/sandbox $(abs_top_builddir)
.PHONY: sandbox

EXTRA_DIST += \
	utilities/sandbox \
	utilities/iov-lab \
	utilities/lab/build.sh \
	utilities/lab/common.sh \
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
	utilities/lab/options.sh \
	utilities/lab/packages.sh \
	utilities/lab/suites.sh \
	utilities/lab/variants.sh \
	utilities/lab/vm.sh \
	utilities/lab/vm/init

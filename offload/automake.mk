# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += offload/libiov-offload.a
offload_libiov_offload_a_SOURCES = \
	offload/child.c \
	offload/child.h \
	offload/die.c \
	offload/die.h \
	offload/dummy-flow/dummy-flow.c \
	offload/dummy-flow/dummy-flow.h \
	offload/dummy-flow/script.c \
	offload/dummy-flow/store.c \
	offload/dummy-flow/table.c \
	offload/dummy/dummy-eswitch.c \
	offload/dummy/dummy-guest.c \
	offload/dummy/dummy-script.c \
	offload/dummy/dummy-script-vf.c \
	offload/dummy/dummy-store.c \
	offload/dummy/dummy.c \
	offload/dummy/dummy.h \
	offload/eswitch.def \
	offload/eswitch.h \
	offload/flow-table.h \
	offload/guest.c \
	offload/guest.h \
	offload/guest/guest-netns.c \
	offload/guest/guest-none.c \
	offload/guest/guest-qmp.c \
	offload/guest/libvirt.c \
	offload/guest/libvirt.h \
	offload/guest/netns-home.c \
	offload/guest/netns-home.h \
	offload/guest/netns-move.h \
	offload/guest/netns-steps.c \
	offload/guest/netns-use.c \
	offload/guest/netns.c \
	offload/guest/netns.h \
	offload/guest/qmp-explain.c \
	offload/guest/qmp-explain.h \
	offload/guest/qmp-move.c \
	offload/guest/qmp-move.h \
	offload/guest/qmp-pending.c \
	offload/guest/qmp-pending.h \
	offload/guest/qmp-read.c \
	offload/guest/qmp-read.h \
	offload/guest/qmp-vm.c \
	offload/guest/qmp-vm.h \
	offload/guest/qmp.c \
	offload/guest/qmp.h \
	offload/host/filters.c \
	offload/host/filters.h \
	offload/host/port-traffic.c \
	offload/host/port-traffic.h \
	offload/host/upcalls.c \
	offload/host/upcalls.h \
	offload/netlink/ovs-datapath.c \
	offload/netlink/ovs-datapath.h \
	offload/host/host-events.c \
	offload/host/host-events.h \
	offload/host/host-fact.c \
	offload/host/host-file.c \
	offload/host/host-file.h \
	offload/host/host-internal.h \
	offload/host/host-live.c \
	offload/host/host-nic.c \
	offload/host/host-pci.c \
	offload/host/host-tar.c \
	offload/host/host.c \
	offload/host/host.h \
	offload/inventory.h \
	offload/journal-json.c \
	offload/journal-json.h \
	offload/journal.c \
	offload/journal.h \
	offload/netlink/devlink.c \
	offload/netlink/devlink.h \
	offload/netlink/genl.c \
	offload/netlink/genl.h \
	offload/netlink/link-stats.c \
	offload/netlink/link-stats.h \
	offload/netlink/nl-message.c \
	offload/netlink/nl-message.h \
	offload/netlink/rtnl-link.c \
	offload/netlink/rtnl-link.h \
	offload/netlink/rtnl-tc.c \
	offload/netlink/rtnl-tc.h \
	offload/netlink/rtnl-vf.c \
	offload/netlink/rtnl-vf.h \
	offload/netlink/rtnl.c \
	offload/netlink/rtnl.h \
	offload/nic/device-events.c \
	offload/nic/host-links.c \
	offload/nic/host-links.h \
	offload/nic/device-events.h \
	offload/nic/nic-inventory.c \
	offload/nic/nic-inventory.h \
	offload/nic/nic-pf.c \
	offload/nic/nic-pf.h \
	offload/pci/pci-command.c \
	offload/pci/pci-hold.c \
	offload/pci/pci-num-vfs.c \
	offload/pci/pci-vectors.c \
	offload/pci/pci.c \
	offload/pci/pci.h \
	offload/pci/vfio.c \
	offload/pci/vfio.h \
	offload/run-file.c \
	offload/run-file.h \
	offload/provider.c \
	offload/provider.h \
	offload/veb/veb.c

# The one program that is linked with libvirt.
if HAVE_LIBVIRT
pkglibexec_PROGRAMS = offload/ovs-iov-libvirt
offload_ovs_iov_libvirt_SOURCES = \
	offload/guest/libvirt-link.c \
	offload/guest/libvirt-link.h \
	offload/guest/libvirt-xml.c \
	offload/guest/libvirt-xml.h \
	offload/guest/ovs-iov-libvirt.c
offload_ovs_iov_libvirt_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
offload_ovs_iov_libvirt_LDADD = $(LIBVIRT_LIBS) $(OVS_LIBS)
endif

# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += offload/libiov-offload.a
offload_libiov_offload_a_SOURCES = \
	offload/child.c \
	offload/child.h \
	offload/device-events.c \
	offload/device-events.h \
	offload/devlink.c \
	offload/devlink.h \
	offload/die.c \
	offload/die.h \
	offload/dummy-guest.c \
	offload/dummy-script.c \
	offload/dummy-store.c \
	offload/dummy.c \
	offload/dummy.h \
	offload/genl.c \
	offload/genl.h \
	offload/guest-netns.c \
	offload/guest-none.c \
	offload/guest-qmp.c \
	offload/guest.c \
	offload/guest.h \
	offload/host-events.c \
	offload/host-events.h \
	offload/host-fact.c \
	offload/host-file.c \
	offload/host-file.h \
	offload/host-internal.h \
	offload/host-live.c \
	offload/host-nic.c \
	offload/host-pci.c \
	offload/host-tar.c \
	offload/host.c \
	offload/host.h \
	offload/journal-json.c \
	offload/journal-json.h \
	offload/journal.c \
	offload/journal.h \
	offload/libvirt.c \
	offload/libvirt.h \
	offload/link-count.c \
	offload/link-count.h \
	offload/netns-move.h \
	offload/netns-rebind.c \
	offload/netns-steps.c \
	offload/netns-use.c \
	offload/netns.c \
	offload/netns.h \
	offload/pci-command.c \
	offload/pci-num-vfs.c \
	offload/pci-vectors.c \
	offload/pci.c \
	offload/pci.h \
	offload/provider.c \
	offload/provider.h \
	offload/qmp-move.c \
	offload/qmp-move.h \
	offload/qmp-vm.c \
	offload/qmp-vm.h \
	offload/qmp.c \
	offload/qmp.h \
	offload/rtnl-link.c \
	offload/rtnl-link.h \
	offload/rtnl-vf.c \
	offload/rtnl-vf.h \
	offload/rtnl.c \
	offload/rtnl.h \
	offload/veb-pf.c \
	offload/veb-pf.h \
	offload/veb.c \
	offload/vfio.c \
	offload/vfio.h

# The one program that is linked with libvirt.
if HAVE_LIBVIRT
pkglibexec_PROGRAMS = offload/ovs-iov-libvirt
offload_ovs_iov_libvirt_SOURCES = \
	offload/libvirt-link.c \
	offload/libvirt-link.h \
	offload/libvirt-xml.c \
	offload/libvirt-xml.h \
	offload/ovs-iov-libvirt.c
offload_ovs_iov_libvirt_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
offload_ovs_iov_libvirt_LDADD = $(LIBVIRT_LIBS) $(OVS_LIBS)
endif

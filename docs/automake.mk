# SPDX-License-Identifier: Apache-2.0
#
# Manual pages are made by docs/gen-man from a hand-written part and from the
# tables that the program itself is made of.
#
# The run directory in them is that of Open vSwitch's libraries as configured
# by our Makefile, not one below our prefix.

noinst_PROGRAMS += docs/gen-man
docs_gen_man_SOURCES = docs/gen-man-json.c docs/gen-man-json.h docs/gen-man-text.c \
	docs/gen-man-text.h docs/gen-man.c

nodist_man_MANS += \
	docs/ovs-iov-check.8 \
	docs/ovs-iov-json.7 \
	docs/ovs-iov-metrics.7 \
	docs/ovs-iov-reasons.7 \
	docs/ovs-iov-schema.7 \
	docs/ovs-iov.8 \
	docs/ovs-iov.conf.5 \
	docs/ovs-iovd.8

EXTRA_DIST += \
	docs/architecture.md \
	docs/architecture.svg \
	docs/benchmarks.md \
	docs/faq.md \
	docs/glossary.md \
	docs/howto-acl-fallback.md \
	docs/howto-libvirt.md \
	docs/howto-prometheus.md \
	docs/howto-qemu.md \
	docs/index.md \
	docs/install.md \
	docs/lab-nic.md \
	docs/limitations.md \
	docs/loss.svg \
	docs/ovs-iov-check.8.in \
	docs/ovs-iov-json.7.in \
	docs/ovs-iov-json.schema.json.in \
	docs/ovs-iov-metrics.7.in \
	docs/ovs-iov-reasons.7.in \
	docs/ovs-iov-schema.7.in \
	docs/ovs-iov.8.in \
	docs/ovs-iov.conf.5.in \
	docs/ovs-iovd.8.in \
	docs/troubleshooting.md

CLEANFILES += \
	docs/ovs-iov-check.8 \
	docs/ovs-iov-json.7 \
	docs/ovs-iov-metrics.7 \
	docs/ovs-iov-reasons.7 \
	docs/ovs-iov-schema.7 \
	docs/ovs-iov.8 \
	docs/ovs-iov.conf.5 \
	docs/ovs-iovd.8

gen_man = docs/gen-man$(EXEEXT) VERSION='$(VERSION)' \
	RUNDIR=/var/run/openvswitch

docs/ovs-iov-check.8: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov-check.8.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov-check.8.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iov-json.7: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov-json.7.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov-json.7.in \
	  > $@.tmp && mv $@.tmp $@

pkgdata_DATA += docs/ovs-iov-json.schema.json
CLEANFILES += docs/ovs-iov-json.schema.json
docs/ovs-iov-json.schema.json: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov-json.schema.json.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov-json.schema.json.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iov-metrics.7: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov-metrics.7.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov-metrics.7.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iov-reasons.7: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov-reasons.7.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov-reasons.7.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iov-schema.7: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov-schema.7.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov-schema.7.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iov.8: docs/gen-man$(EXEEXT) $(top_srcdir)/docs/ovs-iov.8.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov.8.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iov.conf.5: docs/gen-man$(EXEEXT) \
    $(top_srcdir)/docs/ovs-iov.conf.5.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iov.conf.5.in \
	  > $@.tmp && mv $@.tmp $@

docs/ovs-iovd.8: docs/gen-man$(EXEEXT) $(top_srcdir)/docs/ovs-iovd.8.in
	$(AM_V_GEN)$(gen_man) < $(top_srcdir)/docs/ovs-iovd.8.in \
	  > $@.tmp && mv $@.tmp $@

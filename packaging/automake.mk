# SPDX-License-Identifier: Apache-2.0
#
# What an operator expects around a daemon: its service, the user that it runs
# as, logs that are rotated, completion, what goes into a bug report.
#
# Where these files go is said to configure (--with-systemdsystemunitdir=DIR
# and so on); by default it is below the prefix.
#
# Most of them are called what the directory that they go to
# wants, which several of these directories want alike, so they are installed
# by a rule of ours and not as DATA of automake.

noinst_PROGRAMS += packaging/gen-lists
packaging_gen_lists_SOURCES = packaging/gen-lists.c

EXTRA_DIST += \
	packaging/apparmor.in \
	packaging/bugtool.xml \
	packaging/completion.bash.in \
	packaging/libvirt.conf \
	packaging/logrotate.conf \
	packaging/ovs-iovd.default \
	packaging/ovs-iovd.service.in \
	packaging/sysusers.conf \
	packaging/tmpfiles.conf

service_files = \
	packaging/apparmor \
	packaging/completion.bash \
	packaging/ovs-iovd.service
CLEANFILES += $(service_files)
all-local: $(service_files)

# "@RULES@" and "@COMMANDS@", each alone on a line, are whole lists.  Names of
# directories are written such that configure does not take them for its own.
$(service_files): packaging/gen-lists$(EXEEXT) Makefile
	$(AM_V_GEN)list() { packaging/gen-lists$(EXEEXT) $$1; } && \
	list rules > $@.rules && list commands > $@.commands && \
	sed -e "s|@CAPABILITIES@|`list capabilities`|" \
	  -e '/^@RULES@$$/{r $@.rules' -e 'd' -e '}' \
	  -e '/^@COMMANDS@$$/{r $@.commands' -e 'd' -e '}' \
	  -e 's|[@]sbindir@|$(sbindir)|g' \
	  -e 's|[@]pkglibexecdir@|$(pkglibexecdir)|g' \
	  -e 's|[@]defaultsdir@|$(defaultsdir)|g' \
	  $(top_srcdir)/$@.in > $@.tmp && \
	rm $@.rules $@.commands && mv $@.tmp $@
packaging/apparmor: packaging/apparmor.in
packaging/completion.bash: packaging/completion.bash.in
packaging/ovs-iovd.service: packaging/ovs-iovd.service.in

# Each file, and where it goes.  The last one, without which nobody reaches
# libvirt, goes where ovs-iov-libvirt does.
service_map = \
	packaging/ovs-iovd.service:$(systemdsystemunitdir)/ovs-iovd.service \
	$(top_srcdir)/packaging/sysusers.conf:$(sysusersdir)/ovs-iov.conf \
	$(top_srcdir)/packaging/tmpfiles.conf:$(tmpfilesdir)/ovs-iov.conf \
	$(top_srcdir)/packaging/ovs-iovd.default:$(defaultsdir)/ovs-iovd \
	$(top_srcdir)/packaging/logrotate.conf:$(logrotatedir)/ovs-iov \
	packaging/apparmor:$(apparmordir)/ovs-iovd \
	packaging/completion.bash:$(bashcompdir)/ovs-iovd \
	$(top_srcdir)/utilities/ovs-iov/completion.bash:$(bashcompdir)/ovs-iov \
	$(top_srcdir)/utilities/prometheus/ovs-iov-metrics.socket:$(systemdsystemunitdir)/ovs-iov-metrics.socket \
	$(top_srcdir)/utilities/prometheus/ovs-iov-metrics@.service:$(systemdsystemunitdir)/ovs-iov-metrics@.service \
	$(top_srcdir)/utilities/prometheus/ovs-iov-textfile.service:$(systemdsystemunitdir)/ovs-iov-textfile.service \
	$(top_srcdir)/utilities/prometheus/ovs-iov-textfile.timer:$(systemdsystemunitdir)/ovs-iov-textfile.timer \
	$(top_srcdir)/packaging/bugtool.xml:$(bugtooldir)/network-status/ovs-iov.xml
if HAVE_LIBVIRT
service_map += $(top_srcdir)/packaging/libvirt.conf:$(systemdsystemunitdir)/ovs-iovd.service.d/libvirt.conf
endif
# What the programs are made of.
doc_DATA = packaging/ovs-iov.spdx.json
sbom_libraries = libcap-ng=LGPL-2.1-or-later libmnl=LGPL-2.1-or-later \
	libpci=GPL-2.0-or-later libudev=LGPL-2.1-or-later openssl=Apache-2.0
if HAVE_LIBVIRT
sbom_libraries += libvirt=LGPL-2.1-or-later libxml-2.0=MIT
endif
packaging/ovs-iov.spdx.json: packaging/gen-sbom Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && \
	$(PYTHON) $(top_srcdir)/packaging/gen-sbom $(VERSION) \
	  openvswitch=$(OVS_VERSION)=Apache-2.0 \
	  `for one in $(sbom_libraries); do \
	     echo $${one%%=*}=\`$(PKG_CONFIG) --modversion $${one%%=*}\`=$${one#*=}; \
	   done` > $@.tmp && mv $@.tmp $@
CLEANFILES += packaging/ovs-iov.spdx.json
EXTRA_DIST += packaging/gen-sbom

# "rpmbuild -ta" finds it at the top of what "make dist" makes.
EXTRA_DIST += packaging/ovs-iov.spec.in packaging/ovs-iov.spec
CLEANFILES += packaging/ovs-iov.spec
packaging/ovs-iov.spec: packaging/ovs-iov.spec.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging && \
	sed 's|[@]VERSION@|$(VERSION)|g' \
	  $(top_srcdir)/packaging/ovs-iov.spec.in > $@.tmp && mv $@.tmp $@

completed = ovs-appctl ovs-iov-check

install-data-local: $(service_files)
	@for pair in $(service_map); do \
	  from=$${pair%%:*}; to="$(DESTDIR)$${pair#*:}"; \
	  $(MKDIR_P) "$${to%/*}" && echo " $(INSTALL_DATA) $$from $$to" && \
	  $(INSTALL_DATA) "$$from" "$$to" || exit 1; \
	done
	@for name in $(completed); do \
	  rm -f "$(DESTDIR)$(bashcompdir)/$$name" && \
	  $(LN_S) ovs-iovd "$(DESTDIR)$(bashcompdir)/$$name" || exit 1; \
	done

uninstall-local:
	@for pair in $(service_map); do rm -f "$(DESTDIR)$${pair#*:}"; done
	@for name in $(completed); do \
	  rm -f "$(DESTDIR)$(bashcompdir)/$$name"; done

# Debian's packages of the last commit.
EXTRA_DIST += utilities/build-deb
DEB_DIR = deb
deb:
	$(top_srcdir)/utilities/build-deb $(DEB_DIR)
.PHONY: deb

# SPDX-License-Identifier: Apache-2.0
#
# Checks of configure.  A missing package is only noted by its check;
# IOV_REPORT_MISSING stops once for all of them, so that one
# "apt-get install" is enough.

# IOV_CHECK_PKG(PREFIX, PKG-CONFIG-NAME, DEBIAN-PACKAGE)
AC_DEFUN([IOV_CHECK_PKG],
  [PKG_CHECK_MODULES([$1], [$2], [],
     [iov_missing="$iov_missing $3"])])

# libvirt, for guests with iov-guest=libvirt:DOMAIN.  Only ovs-iov-libvirt is
# linked with it.
AC_DEFUN([IOV_CHECK_LIBVIRT],
  [AC_ARG_WITH([libvirt],
     [AS_HELP_STRING([--with-libvirt=yes|no|auto],
        [build ovs-iov-libvirt, by which virtual machines of libvirt get VFs
         (default: auto, if libvirt and libxml2 are there)])],
     [], [with_libvirt=auto])
   AS_CASE([$with_libvirt], [yes|no|auto], [],
     [AC_MSG_ERROR([--with-libvirt=$with_libvirt: yes, no or auto is accepted])])
   HAVE_LIBVIRT=no
   AS_IF([test "x$with_libvirt" != xno],
     [PKG_CHECK_MODULES([LIBVIRT], [libvirt >= 7.1.0 libxml-2.0],
        [HAVE_LIBVIRT=yes],
        [AS_IF([test "x$with_libvirt" = xyes],
           [iov_missing="$iov_missing libvirt-dev libxml2-dev"],
           [AC_MSG_NOTICE([guests of libvirt cannot have VFs without the packages libvirt-dev and libxml2-dev])])])])
   AM_CONDITIONAL([HAVE_LIBVIRT], [test "$HAVE_LIBVIRT" = yes])
   AC_SUBST([HAVE_LIBVIRT])])

# Where the sources of Open vSwitch are and which version they have.
#
# Either a directory, or the tarball of Debian's openvswitch-source up to
# version 3.1; later versions of that package hold the unpacked tree.
AC_DEFUN([IOV_CHECK_OVS],
  [AC_ARG_WITH([ovs-source],
     [AS_HELP_STRING([--with-ovs-source=DIR],
        [Open vSwitch source tree or tarball
         (default: the one of Debian's package openvswitch-source)])])
   AC_ARG_WITH([ovs-build],
     [AS_HELP_STRING([--with-ovs-build=DIR],
        [tree in which these sources have been built already
         (default: the libraries are built by "make")])])
   AC_MSG_CHECKING([for Open vSwitch sources])
   OVS_TARBALL=
   OVS_SRC=
   iov_configure_ac=
   for iov_dir in "$with_ovs_source" /usr/src/openvswitch/openvswitch.tar.gz \
                  /usr/src/openvswitch; do
     if test -z "$iov_dir" || test "x$iov_dir" = xyes; then
       continue
     elif test -f "$iov_dir"; then
       OVS_TARBALL=$iov_dir
       OVS_SRC=`pwd`/ovs/source
       iov_configure_ac=`tar -xzOf "$iov_dir" --wildcards \
           --no-wildcards-match-slash '*/configure.ac' 2>/dev/null`
       break
     elif test -f "$iov_dir/vswitchd/vswitch.ovsschema"; then
       OVS_SRC=`cd "$iov_dir" && pwd`
       iov_configure_ac=`cat "$iov_dir/configure.ac"`
       break
     elif test "x$iov_dir" = "x$with_ovs_source"; then
       AC_MSG_ERROR([--with-ovs-source=$iov_dir: vswitchd/vswitch.ovsschema is
   not there, so these are no Open vSwitch sources.  Name their top directory,
   or the tarball of openvswitch-source.])
     fi
   done
   OVS_VERSION=`printf '%s\n' "$iov_configure_ac" \
       | $SED -n 's/^[[A-Z_]]*(openvswitch, *\([[0-9.]]*\).*/\1/p' | $SED 1q`
   if test -z "$OVS_SRC"; then
     AC_MSG_RESULT([no])
     iov_missing="$iov_missing openvswitch-source"
   else
     AC_MSG_RESULT([${OVS_TARBALL:-$OVS_SRC}, ${OVS_VERSION:-unknown version}])
   fi
   OVS_VERSION_NUM=`printf '%s\n' "${OVS_VERSION:-0.0}" \
       | $SED 's/\./ /g' | while read iov_x iov_y iov_z; do
           expr $iov_x '*' 100 + ${iov_y:-0}; done`
   if test -n "$OVS_SRC" && test "$OVS_VERSION_NUM" -lt 217; then
     AC_MSG_ERROR([Open vSwitch ${OVS_VERSION:-of unknown version} in $OVS_SRC
   is too old; 2.17 or later is needed.])
   fi

   AS_IF([test -n "$with_ovs_build"],
     [AS_IF([test -f "$with_ovs_build/lib/.libs/libopenvswitch.a"], [],
        [AC_MSG_ERROR([--with-ovs-build=$with_ovs_build: there is no lib/.libs/libopenvswitch.a; build the libraries there, or leave the option out])])
      OVS_BUILD=`cd "$with_ovs_build" && pwd`],
     [OVS_BUILD=`pwd`/ovs/build])
   AM_CONDITIONAL([OVS_BUILD_HERE], [test -z "$with_ovs_build"])
   AM_CONDITIONAL([OVS_UNPACK], [test -n "$OVS_TARBALL"])
   AC_SUBST([OVS_TARBALL])
   AC_SUBST([OVS_SRC])
   AC_SUBST([OVS_BUILD])
   AC_SUBST([OVS_VERSION])
   AC_SUBST([OVS_VERSION_NUM])])

AC_DEFUN([IOV_REPORT_MISSING],
  [AS_IF([test -n "$iov_missing"],
     [AC_MSG_ERROR([these packages are missing:$iov_missing
   Install them and run configure again, on Debian by:
      apt-get install$iov_missing])])])

AC_DEFUN([IOV_CHECK_WERROR],
  [AC_ARG_ENABLE([Werror],
     [AS_HELP_STRING([--enable-Werror], [make compiler warnings errors])])
   AS_IF([test "x$enable_Werror" = xyes], [IOV_WERROR=-Werror])
   AC_SUBST([IOV_WERROR])])

AC_DEFUN([IOV_CHECK_SANITIZERS],
  [AC_ARG_ENABLE([sanitizers],
     [AS_HELP_STRING([--enable-sanitizers],
        [build with AddressSanitizer and UndefinedBehaviorSanitizer])])
   AS_IF([test "x$enable_sanitizers" = xyes],
     [IOV_SANITIZE="-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined"])
   AC_SUBST([IOV_SANITIZE])])

# Options of the compiler.  -std=gnu11, because Open vSwitch's headers use
# GNU extensions.
AC_DEFUN([IOV_CFLAGS],
  [IOV_WARNINGS="-Wall -Wextra -Wno-sign-compare -Wformat -Wformat-security -Wswitch-enum -Wunused-parameter -Wbad-function-cast -Wcast-align -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes -Wmissing-field-initializers -Wshadow -Wvla -Wno-missing-field-initializers -Wno-cast-align"
   AC_SUBST([IOV_WARNINGS])])

# IOV_DIR(NAME, DEFAULT, WHAT): --with-NAME=DIR, the directory for WHAT.
AC_DEFUN([IOV_DIR],
  [AC_ARG_WITH([$1],
     [AS_HELP_STRING([--with-$1=DIR], [where $3 go (default: $2)])],
     [AS_CASE([$with_$1], [/*], [],
        [AC_MSG_ERROR([--with-$1=$with_$1: name a directory, from the root])])],
     [with_$1='$2'])
   AC_SUBST([$1], [$with_$1])])

# Where the files of the service go.
AC_DEFUN([IOV_SERVICE_DIRS],
  [IOV_DIR([systemdsystemunitdir], [${prefix}/lib/systemd/system],
     [units of systemd])
   IOV_DIR([sysusersdir], [${prefix}/lib/sysusers.d],
     [the users of services])
   IOV_DIR([tmpfilesdir], [${prefix}/lib/tmpfiles.d],
     [the run directories of services])
   IOV_DIR([defaultsdir], [${sysconfdir}/default],
     [settings of services])
   IOV_DIR([logrotatedir], [${sysconfdir}/logrotate.d],
     [rules of logrotate])
   IOV_DIR([apparmordir], [${sysconfdir}/apparmor.d],
     [profiles of AppArmor])
   IOV_DIR([bashcompdir], [${datadir}/bash-completion/completions],
     [completions of bash])
   IOV_DIR([bugtooldir], [${datadir}/openvswitch/bugtool-plugins],
     [plug-ins of ovs-bugtool])])

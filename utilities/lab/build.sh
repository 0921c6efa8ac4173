# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Builds the product and the test suites, out of tree, in the cache.
#
# Open vSwitch's libraries take most of the time, so they are built once for
# each version of openvswitch-source and serve every clone of this tree.
#
# Everything of the product runs as the owner of the source tree, also under
# sudo: the tree must not fill up with files of root's, and the host suite
# must not get used to being root.

ovs_packed=/usr/src/openvswitch/openvswitch.tar.gz
ovs_unpacked=/usr/src/openvswitch
ovs_configure=(PYTHON3=/usr/bin/python3 --prefix=/usr --localstatedir=/var
    --sysconfdir=/etc --disable-afxdp ac_cv_lib_unbound_ub_ctx_create=no)
product_configure=(PYTHON=/usr/bin/python3 --prefix=/usr
    --localstatedir=/var --sysconfdir=/etc --with-libvirt=yes)

build_lock=''

# Sets ovs_source and ovs_build to trees of Open vSwitch, the latter built.
need_ovs() {
    local version dir
    version=$(dpkg-query -W -f '${Version}' openvswitch-source)
    dir=$cache/ovs/$version-$(key_of "${ovs_configure[@]}" "$(cc --version)")
    ovs_source=$dir/source
    ovs_build=$dir/build
    [[ ! -e $dir/done ]] || return 0
    need_root "fill the cache $cache"
    take_lock ovs exclusive
    if [[ ! -e $dir/done ]]; then
        rm -rf "$dir"
        mkdir -p "$ovs_build"
        step "building Open vSwitch's libraries ($version)" \
            "reinstall openvswitch-source and try again" build_ovs
        touch "$dir/done"
    fi
    drop_lock
}

# Bookworm packs the source tree, trixie has it as it is.  It is not copied:
# what is built here writes nothing into it.
build_ovs() {
    if [[ -e $ovs_packed ]]; then
        mkdir "$ovs_source"
        tar -xzf "$ovs_packed" --no-same-owner --strip-components=1 \
            -C "$ovs_source"
    else
        ln -s "$ovs_unpacked" "$ovs_source"
    fi
    export PYTHONDONTWRITEBYTECODE=1
    cd "$ovs_build" || return
    "$ovs_source/configure" "${ovs_configure[@]}"
    make "-j$cores" include/odp-netlink.h include/odp-netlink-macros.h \
        lib/vswitch-idl.h lib/ovsdb-server-idl.h
    make "-j$cores" lib/libopenvswitch.la
}

# Sets build_dir and dest_dir to the build tree and the installed product, up
# to date with the source.  Holds the lock on them until release_product.
need_product() {
    local key
    key=$(key_of "$top_dir")
    build_dir=$cache/build/$key/obj
    dest_dir=$cache/build/$key/dest
    take_lock "build-$key" exclusive
    build_lock=$lock_fd
    make_build_dir "$cache/build/$key"
    if [[ ! -x $top_dir/configure ||
          $top_dir/configure.ac -nt $top_dir/configure ]]; then
        step "preparing the source tree" "see that $top_dir is complete" \
            as_owner "$top_dir" ./boot.sh
    fi
    if ! configured; then
        step "configuring" "read $build_dir/config.log" configure_product
    fi
    step "building ovs-iov" "mend the source, or read the whole log" \
        as_owner "$build_dir" make "-j$cores"
    step "installing ovs-iov for the lab" "read the whole log" \
        install_product
}

# Lets others build.  QEMU must not inherit the lock, or it would keep it.
release_product() {
    [[ -n $build_lock ]] || return 0
    exec {build_lock}>&-
    build_lock=''
}

make_build_dir() {
    local dir=$1
    [[ ! -w $dir/obj || ! -w $dir/dest ]] || return 0
    mkdir -p "$dir/obj" "$dir/dest" ||
        die "cannot write to the cache $cache" "run it with sudo"
    chown "$(stat -c %u:%g "$top_dir")" "$dir" "$dir/obj" "$dir/dest"
}

# True if the build tree was configured as it would be now.
configured() {
    [[ -e $build_dir/config.status && -e $build_dir/iov-lab.key &&
       $(<"$build_dir/iov-lab.key") = "$(configure_key)" ]]
}

configure_key() {
    key_of "$ovs_source" "$ovs_build" "${product_configure[@]}"
}

configure_product() {
    as_owner "$build_dir" "$top_dir/configure" "${product_configure[@]}" \
        "--with-ovs-source=$ovs_source" "--with-ovs-build=$ovs_build"
    configure_key >"$build_dir/iov-lab.key"
}

# Installs anew, so that what is gone from the source is gone here too.
install_product() {
    rm -rf "$dest_dir"
    mkdir "$dest_dir"
    chown --reference="$build_dir" "$dest_dir"
    as_owner "$build_dir" make install "DESTDIR=$dest_dir"
}

# Makes the lab suite and sets suite_dir to what has to go into the lab.
need_suite() {
    suite_dir=$build_dir/tests
    step "making the lab suite" "read the whole log" \
        as_owner "$build_dir" make tests/lab-testsuite tests/test-offload
}

# Runs a command in DIR as the owner of the source tree.
as_owner() {
    local dir=$1 uid gid name home
    shift
    read -r uid gid < <(stat -c '%u %g' "$top_dir")
    cd "$dir" || return
    if [[ $EUID -ne 0 || $uid -eq 0 ]]; then
        "$@"
        return
    fi
    name=$(id -nu "$uid" 2>/dev/null || echo "$uid")
    home=$(getent passwd "$uid" | cut -d: -f6)
    setpriv "--reuid=$uid" "--regid=$gid" --clear-groups \
        env "USER=$name" "LOGNAME=$name" "HOME=${home:-/}" "$@"
}

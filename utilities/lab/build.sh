# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Builds the product and the test suites in the cache, from a copy of the
# source tree.
#
# The tree itself may have been configured in place, and Automake then refuses
# to build it anywhere else.  The copy holds what git knows and what is not
# ignored, changes that are not committed included, with the times of the
# files, so "make" builds again only what has changed.  A release tarball goes
# the same way: git lists the files of any directory, by the rules of
# .gitignore.
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
    source_dir=$cache/build/$key/source
    make_build_dir "$cache/build/$key"
    copy_source "$cache/build/$key"
    if [[ ! -x $source_dir/configure ||
          $source_dir/configure.ac -nt $source_dir/configure ]]; then
        step "preparing the source tree" "see that $top_dir is complete" \
            as_owner "$source_dir" ./boot.sh
    fi
    if ! configured; then
        step "configuring" "read $build_dir/config.log" configure_product
    fi
    step "building ovs-iov" "mend the source, or read the whole log" \
        build_product
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
    local parts=("$dir/source" "$dir/obj" "$dir/dest")
    if [[ ! -w $dir/source || ! -w $dir/obj || ! -w $dir/dest ]]; then
        mkdir -p "${parts[@]}" ||
            die "cannot write to the cache $cache" "run it with sudo"
        chown "$(stat -c %u:%g "$top_dir")" "$dir" "${parts[@]}"
    fi
    echo "$top_dir" >"$dir/tree"
}

# Prints the names of the files of the source tree, a NUL after each: what git
# knows, new files, and nothing that is ignored.
#
# A tree that is not the top of a repository of its own may still lie inside
# another one, which has no say here.
list_source() {
    local git=(git -c "safe.directory=*" -C "$top_dir") empty=$run_dir/git
    if [[ ! -e $top_dir/.git ]]; then
        git init -q "$empty"
        git+=("--git-dir=$empty/.git" "--work-tree=$top_dir")
    fi
    "${git[@]}" ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' name; do
            [[ ! -e $top_dir/$name ]] || printf '%s\0' "$name"
        done | sort -z -u
}

# Makes DIR/source a copy of the source tree; what is gone there goes here too.
copy_source() {
    local dir=$1
    list_source >"$run_dir/files.new" && [[ -s $run_dir/files.new ]] ||
        die "git cannot list the files of $top_dir" \
            "make 'git -C $top_dir ls-files' work"
    [[ -e $dir/files ]] || : >"$dir/files"
    # This format keeps fractions of a second, which "make" compares too.
    as_owner "$dir" tar --format=posix -C "$top_dir" -c --null \
        --verbatim-files-from -T - <"$run_dir/files.new" | as_owner "$dir/source" tar -x ||
        die "cannot copy $top_dir to $dir/source" "see that $cache has room"
    comm -z -23 "$dir/files" "$run_dir/files.new" |
        (cd "$dir/source" && xargs -0 -r rm -f --)
    cp "$run_dir/files.new" "$dir/files"
}

# The compiler's messages name the files of the copy; a reader wants his own.
build_product() {
    as_owner "$build_dir" make "-j$cores" 2>&1 |
        sed -u "s|$source_dir/|$top_dir/|g; s|\.\./source/|$top_dir/|g"
}

# True if the build tree was configured as it would be now.
configured() {
    [[ -e $build_dir/config.status && -e $build_dir/iov-lab.key &&
       $(<"$build_dir/iov-lab.key") = "$(configure_key)" ]]
}

configure_key() {
    key_of "$ovs_source" "$ovs_build" "${product_configure[@]}" "copied"
}

configure_product() {
    as_owner "$build_dir" ../source/configure "${product_configure[@]}" \
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

# Makes the suites of the lab and sets suite_dir to what has to go into the lab.
need_suite() {
    suite_dir=$build_dir/tests
    step "making the lab suites" "read the whole log" \
        as_owner "$build_dir" make tests/lab-testsuite tests/nic-testsuite \
        tests/test-offload
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

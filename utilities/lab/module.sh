# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The module that makes a NIC with a flow table of the lab's 82576 (nic/,
# docs/lab-nic.md), for "--nic model".  It is built for the kernel of the
# image, in a root of its own with that kernel's headers: those of this
# machine are seldom of the same version, and to install others would change
# this machine.
#
# A mirror keeps the headers of the newest kernels only, so the root is kept,
# by the kernel's version, as long as it is used; and what was built stays in
# it, by what it was built of.

# To be raised when what is made here changes.
builder_version=1

builder_packages=(make)         # The headers depend on the right compiler.

# Sets nic_module to iovnic.ko for the kernel of the image, built now if the
# sources have changed.  need_image comes before.
need_module() {
    local version name dir
    version=$(<"$image_dir/kernel-version")
    name=$version-$(key_of "$builder_version" "${builder_packages[@]}")
    dir=$cache/builder/$name
    nic_module=$run_dir/iovnic.ko
    take_lock "builder-$name" exclusive
    [[ -e $dir/done ]] || make_builder "$dir" "$version"
    touch "$dir/done" 2>/dev/null || :
    build_module "$dir" "$version"
    drop_lock
    remove_old_builders "$name"
}

make_builder() {
    local dir=$1 version=$2
    need_root "make a root with the headers of the lab's kernel"
    rm -rf --one-file-system "$dir"
    mkdir -p "$dir"
    temp_paths+=("$dir")
    step "making a root with the headers of Linux $version" \
        "if the mirror has them no more, 'iov-lab clean --all' and try again" \
        make_builder_root "$dir" "linux-headers-$version"
    touch "$dir/done"
    unset 'temp_paths[-1]'
}

# The sources of packages are those that the image was made from.  Some headers
# bring their kernel along, which needs no initramfs here: INITRD=No.
make_builder_root() {
    local dir=$1 packages=("$2" "${builder_packages[@]}") path options=()
    for path in "${left_out[@]}"; do
        options+=("--dpkgopt=path-exclude=$path/*")
    done
    INITRD=No setpriv --pdeathsig TERM mmdebstrap --variant=minbase \
        --include="$(IFS=,; echo "${packages[*]}")" "${options[@]}" \
        --aptopt='Acquire::Languages "none"' \
        "$suite" "$dir/root" "$image_dir/sources"
}

# Copies to nic_module what was built of these sources, or builds it.
build_module() {
    local dir=$1 version=$2 sources built
    sources=$(cd "$lab_dir/nic" && cat -- *)
    built=$dir/iovnic-$(key_of "$sources").ko
    if [[ ! -e $built ]]; then
        need_root "build the lab's NIC"
        step "building the lab's NIC for Linux $version" \
            "mend utilities/lab/nic, or read the whole log" \
            make_module "$dir" "$version" "$built"
    fi
    touch "$built" 2>/dev/null || :
    cp "$built" "$nic_module" ||
        die "cannot copy $built" "see that $run_dir has room"
}

make_module() {
    local dir=$1 version=$2 built=$3 tree=$1/root/nic
    rm -rf --one-file-system "$tree"
    cp -r "$lab_dir/nic" "$tree"
    chroot "$dir/root" make -C "/lib/modules/$version/build" M=/nic \
        CONFIG_DEBUG_INFO_BTF_MODULES= KCFLAGS=-Werror modules
    strip --strip-debug "$tree/iovnic.ko"
    mv "$tree/iovnic.ko" "$built"
    rm -rf --one-file-system "$tree"
    find "$dir" -maxdepth 1 -name 'iovnic-*.ko' -mtime +7 -delete
}

# Removes what was last used a month ago and what nobody uses now.
remove_old_builders() {
    local stamp dir name
    for stamp in "$cache"/builder/*/done; do
        dir=${stamp%/done}
        name=${dir##*/}
        [[ $name != "$1" && -n $(find "$stamp" -mtime +30) ]] || continue
        flock --nonblock "$cache/lock/builder-$name" \
            rm -rf --one-file-system "$dir" || :
    done
}

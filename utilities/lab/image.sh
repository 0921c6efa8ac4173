# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The disk image, the kernel and the initramfs that the lab boots.  They
# depend on the Debian release and the list of packages, never on the product,
# and are never written to: any number of labs may use one image at once.
#
# The kernel is taken out of its compressed wrapping beforehand, as unpacking
# it takes as long as all the rest of the boot where the processor is emulated.

# To be raised when what is made here changes.
image_version=6

guest_packages=(linux-image-amd64 openvswitch-switch iproute2 tcpdump iperf3
    ethtool socat python3-scapy libmnl0 libcap-ng0 libpci3 libudev1 procps
    kmod iputils-ping iputils-arping jq udev busybox-static pciutils less
    strace psmisc libcap2-bin qemu-system-x86 libvirt-daemon
    libvirt-daemon-driver-qemu libvirt-clients)

# What is needed of neither the kernel nor the packages.
left_out=(/usr/share/man /usr/share/doc /usr/share/locale /usr/share/info)
modules_left_out=(sound drivers/gpu drivers/media drivers/iio drivers/scsi
    drivers/infiniband drivers/staging drivers/comedi drivers/isdn drivers/mtd
    drivers/hwmon drivers/platform drivers/bluetooth drivers/net/wireless)

# Modules of the initramfs, which mounts the disk and nothing else.
early_modules=(virtio_pci virtio_blk crc32c_generic ext4)

# Sets image_dir to a directory with root.img, vmlinux and initrd, made now if
# it is not there.  Holds a shared lock on it for the rest of the program.
need_image() {
    local suite=$1 packages=$2 key
    key=$suite-$(key_of "$image_version" "$(guest_package_list "$packages")")
    image_dir=$cache/image/$key
    if [[ ! -e $image_dir/done ]]; then
        make_image "$suite" "$packages" "$key"
    fi
    take_lock "image-$key" shared
    [[ -e $image_dir/done ]] ||
        die "the lab image $image_dir vanished" "try again"
    touch "$image_dir/done"
    need_initrd
}

# Prints the packages of the lab, comma separated, with the further PACKAGES.
guest_package_list() {
    local words
    read -ra words <<<"${1//,/ }"
    printf '%s\n' "${guest_packages[@]}" "${words[@]}" | sort -u | paste -sd,
}

make_image() {
    local suite=$1 packages=$2 key=$3
    need_root "make the lab image"
    take_lock "image-$key" exclusive
    if [[ ! -e $image_dir/done ]]; then
        rm -rf --one-file-system "$image_dir"
        mkdir -p "$image_dir"
        temp_paths+=("$image_dir")
        step "making the root of the lab (Debian $suite)" \
            "look for packages that $suite does not have, and at the network" \
            make_root "$suite" "$(guest_package_list "$packages")"
        step "taking the kernel of the lab" \
            "see that $cache has 4 GB free" take_kernel
        step "booting the virtual machine of the lab" \
            "see whether QEMU works on this machine" make_vm
        step "making the disk of the lab" \
            "see that $cache has 4 GB free" make_disk
        rm -rf --one-file-system "$image_dir/root"
        touch "$image_dir/done"
        unset 'temp_paths[-1]'
        remove_old_images "$key"
    fi
    drop_lock
}

make_root() {
    local suite=$1 packages=$2 dir options=()
    sources_for "$suite" >"$image_dir/sources"
    [[ -s $image_dir/sources ]] ||
        { echo "apt on this machine knows no Debian mirror"; return 1; }
    for dir in "${left_out[@]}" \
        "${modules_left_out[@]/#//lib/modules/*/kernel/}" \
        "${modules_left_out[@]/#//usr/lib/modules/*/kernel/}"; do
        options+=("--dpkgopt=path-exclude=$dir/*")
    done
    # INITRD=No: the kernel package makes no initramfs of its own.
    INITRD=No setpriv --pdeathsig TERM mmdebstrap --variant=minbase \
        --include="$packages" "${options[@]}" \
        --aptopt='Acquire::Languages "none"' \
        "$suite" "$image_dir/root" "$image_dir/sources"
}

take_kernel() {
    local root=$image_dir/root
    # shellcheck disable=SC2012
    basename "$(ls -d "$root"/lib/modules/*)" >"$image_dir/kernel-version"
    unpack_kernel "$root"/boot/vmlinuz-* "$image_dir/vmlinux"
    collect_early_files
}

make_disk() {
    local root=$image_dir/root
    echo lab >"$root/etc/hostname"
    echo "127.0.0.1 localhost lab" >"$root/etc/hosts"
    : >"$root/etc/resolv.conf"
    mkdir -p "$root/lab"
    mke2fs -q -F -t ext4 -O ^has_journal -d "$root" "$image_dir/root.img" 4G
}

# Writes the kernel inside BZIMAGE to FILE, or BZIMAGE itself if it is wrapped
# in an unknown way: that boots as well, only more slowly.  The offsets are of
# the setup header, Documentation/x86/boot.rst in the kernel.
unpack_kernel() {
    local bzimage=$1 file=$2 sectors offset length
    sectors=$(number_at "$bzimage" 497 1)
    offset=$(((sectors + 1) * 512 + $(number_at "$bzimage" 584 4)))
    length=$(number_at "$bzimage" 588 4)
    tail -c "+$((offset + 1))" "$bzimage" >"$file.packed"
    truncate -s "$length" "$file.packed"
    unpack_any "$file.packed" >"$file" 2>/dev/null || :
    rm "$file.packed"
    [[ $(head -c 4 "$file") = $'\177ELF' ]] || cp "$bzimage" "$file"
}

number_at() {
    od -An "-tu$3" "-j$2" "-N$3" "$1" | tr -d ' '
}

unpack_any() {
    case $(od -An -tx1 -N4 "$1" | tr -d ' ') in
        fd377a58) xz -dc --single-stream "$1" ;;
        1f8b*) gzip -dc "$1" ;;
        28b52ffd) zstd -dc "$1" ;;
        *) cat "$1" ;;
    esac
}

# Keeps what the initramfs is made of, so that it can be made again without
# the root.
collect_early_files() {
    local early=$image_dir/early root=$image_dir/root
    mkdir -p "$early/bin"
    cp "$root/bin/busybox" "$early/bin/"
    collect_modules "$early/modules" "${early_modules[@]}"
}

# Copies MODULEs, and what they depend on, to DIR, with the order in which they
# are to be loaded in DIR/order.
collect_modules() {
    local dir=$1 root=$image_dir/root module file version
    version=$(<"$image_dir/kernel-version")
    mkdir -p "$dir"
    for module in "${@:2}"; do
        modprobe -d "$root" -S "$version" --show-depends "$module"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
        while read -r file; do
            module=${file##*/}
            module=${module%.ko*}
            unpack_any "$file" >"$dir/$module.ko"
            echo "$module.ko" >>"$dir/order"
        done
    [[ -s $dir/order ]]
}

# Sets initrd to the initramfs, made again when its script has changed.
need_initrd() {
    local script=$lab_dir/guest/early-init staging=$run_dir/initrd
    initrd=$image_dir/initrd-$(key_of "$(<"$script")")
    [[ ! -e $initrd ]] || return 0
    cp -r "$image_dir/early" "$staging"
    mkdir -p "$staging"/{proc,sys,dev,root}
    install -m 755 "$script" "$staging/init"
    (cd "$staging" && find . | bin/busybox cpio -o -H newc) \
        >"$run_dir/initrd.cpio" 2>"$log_dir/initrd" ||
        { show_tail "$log_dir/initrd"; die "cannot make the initramfs"; }
    cp "$run_dir/initrd.cpio" "$initrd.$$"
    mv "$initrd.$$" "$initrd"
}

# Removes images that were last used a month ago and that nobody uses now.
remove_old_images() {
    local stamp dir name
    for stamp in "$cache"/image/*/done; do
        dir=${stamp%/done}
        name=${dir##*/}
        [[ $name != "$1" && -n $(find "$stamp" -mtime +30) ]] || continue
        flock --nonblock "$cache/lock/image-$name" \
            rm -rf --one-file-system "$dir" || :
    done
}

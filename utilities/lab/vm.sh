# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A virtual machine for the lab, with the drivers of a VF and of failover.
#
# A machine that is emulated inside an emulated machine takes minutes to boot.
# Therefore it is booted here, once for each image of the lab, and its state is
# stored in the image; the lab goes on from there in a moment.
#
# Whoever goes on must be the same QEMU with the same hardware, so the lab's
# own QEMU boots it, and the options are stored beside the state.  What
# differs, the back end of its network, must not matter: all offloads are off.
# lab-libvirt describes the same hardware to libvirt, which says nothing of the
# slots of root ports, so they have no numbers.  Its clock counts instructions
# (-icount), or it would be so slow in the lab that it could do nothing but
# serve its timer.

vm_modules=(virtio_pci virtio_net net_failover igbvf)
vm_address=10.0.0.5/24
vm_hardware=(-machine q35 -accel tcg -icount shift=4 -cpu qemu64 -m 128
    -nodefaults -display none
    -device pcie-root-port,id=rp1,chassis=1,addr=2
    -device pcie-root-port,id=rp2,chassis=2,addr=3
    -device "virtio-net-pci,id=net0,netdev=net0,mac=52:54:00:00:00:05,\
failover=on,romfile=,addr=4,csum=off,gso=off,guest_csum=off,guest_tso4=off,\
guest_tso6=off,guest_ecn=off,guest_ufo=off,host_tso4=off,host_tso6=off,\
host_ecn=off,host_ufo=off")
vm_append="console=ttyS0 quiet panic=-1 mitigations=off nokaslr audit=0"
vm_append+=" apparmor=0 init_on_alloc=0 nowatchdog cryptomgr.notests"
vm_limit=600                    # Seconds that its boot may take.

# Puts the virtual machine into the root of the lab, in /var/lib/lab-vm.
make_vm() {
    local root=$image_dir/root
    local vm=$root/var/lib/lab-vm
    mkdir -p "$vm/boot"
    printf '%s\n' "${vm_hardware[@]}" >"$vm/hardware"
    cp "$image_dir/vmlinux" "$vm/boot/vmlinux"
    make_vm_initrd "$root" "$vm/boot/root"
    mkfifo "$vm/boot/monitor"
    if ! save_vm "$root" "$vm"; then
        echo "it died; it is booted once more"
        save_vm "$root" "$vm"
    fi
    rm -r "$vm/boot"
}

make_vm_initrd() {
    local root=$1 dir=$2
    mkdir -p "$dir/bin"
    cp "$root/bin/busybox" "$dir/bin/"
    collect_modules "$dir/modules" "${vm_modules[@]}"
    echo "$vm_address" >"$dir/address"
    install -m 755 "$lab_dir/vm/init" "$dir/init"
    (cd "$dir" && find . | bin/busybox cpio -o -H newc) >"$dir.cpio"
}

# Boots it and stores it once it is ready.  It is not stopped before, so that
# whoever goes on from there finds it running.
save_vm() {
    local root=$1 vm=$2 inside=/var/lib/lab-vm monitor
    timeout "$vm_limit" chroot "$root" qemu-system-x86_64 -no-reboot \
        "${vm_hardware[@]}" -netdev hubport,id=net0,hubid=0 \
        -kernel "$inside/boot/vmlinux" -initrd "$inside/boot/root.cpio" \
        -append "$vm_append" -serial "file:$inside/boot/console" \
        -monitor stdio <"$vm/boot/monitor" &
    exec {monitor}>"$vm/boot/monitor"
    until grep -q '^vm: ready' "$vm/boot/console" 2>/dev/null; do
        kill -0 "$!" || { cat "$vm/boot/console"; return 1; }
        sleep 0.5
    done
    printf '%s\n' "migrate \"exec:cat >$inside/state\"" quit >&"$monitor"
    exec {monitor}>&-
    wait "$!"
    [[ -s $vm/state ]]
}

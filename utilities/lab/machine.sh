# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The virtual machine: its hardware, its start, and the way its output and
# its exit status come back.
#
# Standard output and standard error of the job come through one virtio port
# each, into a fifo, so nothing is lost and nothing is mixed; the kernel's
# console goes to a log.  QEMU is killed by the kernel when iov-lab dies, even
# by SIGKILL.

pf_mac=52:54:00:10:00:01
world_mac=52:54:00:10:00:02
boot_limit=300                  # Seconds until the job must have started.

# Sets accel to "kvm" or "tcg".  A device node proves nothing, so a kernel is
# started once; what came out is good until this machine is booted again.
find_accel() {
    local stamp
    accel=tcg
    [[ -r /dev/kvm && -w /dev/kvm ]] || return 0
    stamp=$cache/accel-$(key_of "$(</proc/sys/kernel/random/boot_id)" \
        "$(qemu-system-x86_64 --version)")
    if [[ ! -e $stamp ]]; then
        rm -f "$cache"/accel-*
        say "trying whether this machine can run the lab's kernel under KVM"
        probe_kvm >"$run_dir/accel"
        cp "$run_dir/accel" "$stamp"
    fi
    accel=$(<"$stamp")
}

probe_kvm() {
    local status=0
    "${session[@]}" timeout --kill-after=2 8 \
        qemu-system-x86_64 -machine q35,kernel-irqchip=split -accel kvm \
        -cpu host -m 512 -nodefaults -display none -no-reboot \
        -device isa-debug-exit -kernel "$image_dir/vmlinux" \
        -initrd "$initrd" -append "iov.probe quiet panic=-1" \
        </dev/null >"$log_dir/kvm" 2>&1 &
    live_groups+=("$!")
    wait "$!" || status=$?
    forget_group "$!"
    # The initramfs writes 16, which QEMU turns into 16 * 2 + 1.
    if [[ $status -eq 33 ]]; then echo kvm; else echo tcg; fi
}

# Sets the array 'hardware' to QEMU's options for what the user chose.
choose_hardware() {
    local port=pcie-root-port,id=rp1,chassis=1,slot=1,addr=5 place=bus=rp1
    local cpus=$((cores > 4 ? 4 : cores < 2 ? 2 : cores))
    hardware=(-machine "q35,kernel-irqchip=split" -smp "$cpus" -m "$memory"
        -nodefaults -display none -no-reboot -device isa-debug-exit)
    if [[ $accel = kvm ]]; then
        hardware+=(-accel kvm -cpu host)
    else
        hardware+=(-accel "tcg,thread=multi" -cpu "max,la57=off")
    fi
    [[ $iommu = no ]] ||
        hardware+=(-device "intel-iommu,intremap=$intremap,device-iotlb=on,\
caching-mode=on")
    [[ $acs = yes ]] || port+=,disable-acs=on
    if [[ $slot = root ]]; then
        # Registers of VFs that lie above 4 GB are not seen there.
        place=bus=pcie.0,addr=7
        hardware+=(-global q35-pcihost.pci-hole64-size=0)
    fi
    hardware+=(-device "$port" -netdev "hubport,id=n1,hubid=1"
        -netdev "hubport,id=n2,hubid=1"
        -device "$nic_model,$place,netdev=n1,mac=$pf_mac,romfile="
        -device "e1000e,addr=6,netdev=n2,mac=$world_mac,romfile=")
}

# Sets the array 'channels' to QEMU's options for disks and streams.
choose_channels() {
    local port
    # shellcheck disable=SC2054
    channels=(-drive "file=$image_dir/root.img,if=none,id=root,format=raw,\
snapshot=on,cache=unsafe"
        -device virtio-blk-pci,drive=root,addr=8
        -drive "file=$run_dir/job.tar,if=none,id=job,format=raw,readonly=on"
        -device virtio-blk-pci,drive=job,addr=9
        -device virtio-serial-pci,addr=a
        -chardev "file,id=console,path=$log_dir/console"
        -serial chardev:console)
    for port in out err status files; do
        channels+=(-chardev "file,id=$port,path=$run_dir/$port"
            -device "virtserialport,chardev=$port,name=iov.$port")
    done
    [[ $mode = job ]] || add_terminal
}

# The user's terminal becomes the second serial line; its size goes over a
# port of its own.
add_terminal() {
    mkfifo "$run_dir/size.in" "$run_dir/size.out"
    # shellcheck disable=SC2054
    channels+=(-chardev "stdio,id=tty,mux=on,signal=off" -serial chardev:tty
        -mon chardev=tty -chardev "pipe,id=size,path=$run_dir/size"
        -device virtserialport,chardev=size,name=iov.size)
}

# Prints the arguments of the lab's kernel.
kernel_append() {
    local append="console=ttyS0 quiet loglevel=5 panic=-1 oops=panic"
    append+=" mitigations=off nokaslr audit=0 apparmor=0"
    append+=" rcupdate.rcu_expedited=1"
    # On a busy machine the kernel's check of its timer fails now and then
    # although the timer works, and the kernel panics.
    append+=" no_timer_check"
    [[ $iommu = no ]] || append+=" intel_iommu=on iommu=pt"
    echo "$append${kernel_args:+ $kernel_args}"
}

# Boots the lab with the job in job.tar and sets job_status to its status.
#
# On a busy machine QEMU or the lab's kernel dies at times.  As long as the
# job has not begun, nothing is lost by booting once more.
run_lab() {
    choose_hardware
    choose_channels
    last_log=$log_dir/console
    if ! boot_once; then
        keep_boot first-boot
        say "the lab died before its job began ($(death));" \
            "it is booted once more"
        say "  the console of that boot is $log_dir/first-boot.console"
        boot_once ||
            lab_failed "the lab died before its job began ($(death)), twice" \
                "look at the console above; is the machine very busy?"
    fi
    read_status
}

# Runs the lab to its end.  Returns false if it ended before its job began.
boot_once() {
    : >"$run_dir/status"
    start_relays
    start_qemu "$(kernel_append)"
    await_start
    await_end
    end_relays
    grep -q '^start' "$run_dir/status"
}

# Keeps what is known of a boot, under NAME, before there is another.
keep_boot() {
    local name=$1 log
    keep_logs=yes
    for log in console qemu; do
        [[ ! -e $log_dir/$log ]] || mv "$log_dir/$log" "$log_dir/$name.$log"
    done
}

# Prints how QEMU ended.
death() {
    if ((qemu_status > 128)); then
        echo "QEMU was ended by SIG$(kill -l "$((qemu_status - 128))")"
    else
        echo "QEMU exited with status $qemu_status"
    fi
}

# Passes on what the job prints, in the background.
start_relays() {
    relays=()
    [[ $mode = job ]] || return 0
    rm -f "$run_dir/out" "$run_dir/err"
    mkfifo "$run_dir/out" "$run_dir/err"
    cat <"$run_dir/out" &
    relays+=("$!")
    cat <"$run_dir/err" >&2 &
    relays+=("$!")
}

# Waits for the relays.  One whose fifo QEMU died too early to open still
# waits for a writer, so it gets one for a moment.
end_relays() {
    [[ $mode = job ]] || return 0
    : <>"$run_dir/out" <>"$run_dir/err"
    wait "${relays[@]}" || :
}

start_qemu() {
    local input=/dev/null output=$log_dir/qemu
    if [[ $mode = shell ]]; then
        input=/proc/self/fd/$tty_fd
        output=/dev/stdout
    fi
    "${session[@]}" qemu-system-x86_64 "${hardware[@]}" \
        "${channels[@]}" -kernel "$image_dir/vmlinux" -initrd "$initrd" \
        -append "$1" <"$input" >"$output" 2>"$log_dir/qemu" &
    qemu=$!
    live_groups+=("$qemu")
}

# Waits until the job has started, or QEMU has gone.
await_start() {
    local began=$SECONDS
    until grep -q '^start' "$run_dir/status"; do
        kill -0 "$qemu" 2>/dev/null || return 0
        ((SECONDS - began < boot_limit)) || lab_failed \
            "the lab did not come up within $boot_limit s" \
            "look at the console above; is the machine very busy?"
        [[ ! -t 2 ]] || show_progress "booting the lab ($accel)" \
            "$((SECONDS - began))" "$log_dir/console"
        sleep 0.2
    done
    say "the lab is up after $((SECONDS - began)) s ($accel)"
    sed -n 's/^note /iov-lab: note: /p' "$run_dir/status" >&2
}

# Waits until QEMU has gone, and sets qemu_status.  A job with a time limit is
# ended by the lab itself; only if that does not work is it ended here.
await_end() {
    local began=$SECONDS
    qemu_status=0
    while kill -0 "$qemu" 2>/dev/null; do
        ((time_limit == 0 || SECONDS - began < time_limit + 60)) ||
            lab_failed "the lab hangs: it did not end the job in time" \
                "look at the console above"
        sleep 0.2
    done
    wait "$qemu" || qemu_status=$?
    forget_group "$qemu"
}

read_status() {
    job_status=$(sed -n 's/^exit //p' "$run_dir/status")
    [[ -n $job_status ]] ||
        lab_failed "the lab went down before the end of its job ($(death))" \
            "look for a kernel fault above; try more --memory, or once more"
}

lab_failed() {
    clear_line
    keep_logs=yes
    show_tail "$log_dir/qemu"
    show_tail "$log_dir/console" 30
    die "$1" "$2"
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Builds Debian's packages of the last commit, and tries them in a fresh Debian
# in a directory, with a systemd of its own and nothing of this machine.  The
# NIC exists in memory only: how VFs behave is the lab's to say, here it is
# whether what is installed gets to them.

deb_build_packages=(debhelper dh-apparmor lintian)
deb_root_packages=systemd,systemd-sysv,dbus,openvswitch-switch,iproute2,\
procps,logrotate,libmnl0,libcap-ng0,libpci3,libudev1,libssl3

# What the fresh Debian does without.
deb_masked=(systemd-udevd.service systemd-udevd-control.socket
    systemd-udevd-kernel.socket systemd-udev-trigger.service
    systemd-modules-load.service systemd-remount-fs.service
    console-getty.service getty.target)

choose_packages() {
    product=no
    build_packages+=("${deb_build_packages[@]}")
}

build_debs() {
    DEB_BUILD_OPTIONS="parallel=$cores ${DEB_BUILD_OPTIONS-}" \
        as_owner "$deb_dir" "$top_dir/utilities/build-deb" "$deb_dir"
}

make_deb_root() {
    local unit
    sources_for "$suite" >"$run_dir/deb-sources"
    mmdebstrap --variant=minbase --include="$deb_root_packages" \
        --aptopt='Acquire::Languages "none"' \
        "$suite" "$deb_root" "$run_dir/deb-sources"
    for unit in "${deb_masked[@]}"; do
        ln -sf /dev/null "$deb_root/etc/systemd/system/$unit"
    done
    echo "OVS_CTL_OPTS='--ovs-vswitchd-options=--enable-dummy=override'" \
        >"$deb_root/etc/default/openvswitch-switch"
    cp "$deb_dir"/ovs-iov_*.deb "$lab_dir/deb-root/check" "$deb_root/srv/"
}

# Boots systemd in the root, runs the check beside it, and ends both.
check_in_root() {
    local child systemd='' tries
    "${session[@]}" unshare --mount --pid --fork --kill-child --net --cgroup \
        --ipc --uts "$lab_dir/deb-root/start" "$deb_root" \
        </dev/null >"$log_dir/deb-root" 2>&1 &
    live_groups+=("$!")
    for tries in {1..300}; do
        child=$(pgrep -P "$!") &&
            systemd=$(pgrep -x -P "$child" systemd) &&
            nsenter -t "$systemd" --mount test -S /run/systemd/private && break
        sleep 0.2
    done
    ((tries < 300)) || { cat "$log_dir/deb-root"; return 1; }
    nsenter -t "$systemd" --mount --pid --net --cgroup --ipc --uts \
        /srv/check
}

run_packages() {
    local log=$results_dir/packages.log status=0
    need_root "try packages"
    deb_dir=$cache/build/$(key_of "$top_dir")/deb
    deb_root=$run_dir/deb-root
    mkdir -p "$deb_dir"
    chown "$(stat -c %u:%g "$top_dir")" "$deb_dir"
    step "building Debian's packages" "read the whole log" build_debs
    step "making a fresh Debian $suite" "look at the network" make_deb_root
    check_in_root 2>&1 | tee "$log" || status=$?
    passed=$((passed + $(grep -c '^right:' "$log" || :)))
    failed=$((failed + $(grep -c '^WRONG:' "$log" || :)))
    [[ $status -eq 0 ]] || grep -q '^WRONG:' "$log" || failed=$((failed + 1))
}

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The part of "make bench-lab" that runs in the lab: ovs-iovd with a real
# driver, and the same settings made by hand, one command after another.
#
# The daemon has ended before anything is done by hand, see in-lab.sh.

set -euo pipefail

BENCH_OVS_VERSION=$1
count=$2
idle=$3
mac=52:54:00:00:00:01
results=$(mktemp)
commands=0

cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=in-lab.sh
. ./in-lab.sh

add_port() {
    ip netns add guest
    ip link add vm1 type veth peer name eth0 netns guest
    ip -n guest link set eth0 address "$mac" up
    ip link set vm1 up
    ovs-vsctl add-port br0 vm1 \
        -- set interface vm1 "external_ids:attached-mac=\"$mac\"" \
        other_config:iov-weight=100 other_config:iov-guest=netns:guest
}

start() {
    start_switch
    start_daemon
    add_port
    iov iov/sync
    iov iov/show
    find_vf
}

# cmd COMMAND...: one of those that are counted.
cmd() {
    commands=$((commands + 1))
    "$@" >/dev/null
}

by_hand_attach() {
    cmd ip link set "$PF" vf "$vf" vlan 4094
    cmd ip link set "$PF" vf "$vf" mac "$mac"
    cmd ip link set "$vf_netdev" netns guest
    cmd ip link set "$PF" vf "$vf" vlan 0
    cmd ip -n guest link set "$vf_netdev" up
    cmd bridge fdb del "$mac" dev "$PF" self
    cmd ovs-appctl fdb/add br0 "$PF" 0 "$mac"
    cmd ip link show "$PF"
}

by_hand_fallback() {
    cmd ip link set "$PF" vf "$vf" mac 02:00:00:00:00:fe
    cmd ip link set "$PF" vf "$vf" vlan 4094
    cmd bridge fdb add "$mac" dev "$PF" self permanent
    cmd ovs-appctl fdb/add br0 vm1 0 "$mac"
    cmd ip -n guest link set "$vf_netdev" netns 1
    cmd ip link set "$PF" vf "$vf" mac "$original"
    cmd ip link set "$PF" vf "$vf" vlan 0
}

# How long a command takes that changes nothing.
time_nothing() {
    local start
    start=$(now_usec)
    ip link show lo >/dev/null
    echo "nothing $(($(now_usec) - start))" >>"$results"
}

# time_by_hand NAME: appends the time and the number of commands.
time_by_hand() {
    local start
    commands=0
    start=$(now_usec)
    "by_hand_$1"
    echo "by-hand-$1 $(($(now_usec) - start))" >>"$results"
    echo "by-hand-$1-commands $commands" >>"$results"
}

bench_by_hand() {
    local i
    vf_netdev=$(ls "/sys/class/net/$PF/device/virtfn$vf/net")
    original=$(ip link show "$PF" |
                   sed -n "s|.*vf $vf  *link/ether \([^ ]*\).*|\1|p")
    bridge fdb add "$mac" dev "$PF" self permanent
    for ((i = 0; i < count; i++)); do
        time_by_hand attach
        time_by_hand fallback
        time_nothing
    done
}

report_moves() {
    local move
    times_header 'Moves of one port'
    for move in fallback attach; do
        times_row "$move by ip, bridge, ovs-appctl (reference)" \
            "by-hand-$move" "by-hand-$move" "$results"
        times_row "$move by ovs-iovd, to iov/sync answered" \
            "$move" "by-hand-$move" "$results"
    done
    times_row 'one command that changes nothing (reference)' \
        nothing nothing "$results"
    times_row 'iov/sync with nothing to do' sync nothing "$results"
    for move in fallback attach; do
        count_row "$move by ovs-iovd" "$move" "$results"
        printf '%-44s %9s commands\n' "$move by hand" \
            "$(quantile 50 "by-hand-$move-commands" "$results")"
    done
}

start
environment "$(ethtool -i "$PF" | sed -n '1s/driver: //p') in the lab"
./bench-fence "--count=$count" br0 "$(ovs-vsctl get interface vm1 ofport)" \
    "$mac" "link:$PF:$vf" >"$results"
idle=$(idle_header "$idle"; idle_row 1 "$idle")
stop_daemon
bench_by_hand

echo
report_fence "$results"
echo
report_moves
echo
printf '%s\n' "$idle"

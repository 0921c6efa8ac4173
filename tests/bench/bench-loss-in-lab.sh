#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The part of "make bench-loss" that runs in the lab: counts the packets that
# are lost while a guest changes between VF and software.
#
# A guest has a bond over its port and its VF; 1,000 packets a second go to it
# from outside, and as many the other way at the same time.  The same change
# made by hand, as one would who fails the link of the VF, is the reference.
#
# A packet belongs to the change that was begun last before it was sent, so
# that each change is given time to be over.

set -euo pipefail

count=$1
rate=1000
rest=1.5                        # Seconds after each change.
mac=52:54:00:00:00:01

cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=in-lab.sh
. ./in-lab.sh

start_guest() {
    lab-guest add br0 vm1 "$mac" 10.0.0.1/24
    ip netns exec vm1 cat /sys/class/net/eth0/ifindex >"$out/port-device"
}

# member: the bond's active one.
member() {
    ip netns exec vm1 cat /sys/class/net/bond0/bonding/active_slave
}

# wait_member eth0|other
wait_member() {
    local i
    for ((i = 0; i < 600; i++)); do
        case $1:$(member) in
            eth0:eth0) return ;;
            other:eth0 | *:) ;;
            other:*) return ;;
        esac
        sleep 0.05
    done
    die "the guest's bond did not change to $1"
}

offload() {
    ovs-vsctl set Interface vm1 other_config:iov-weight=100 \
        other_config:iov-guest=netns:vm1
    iov iov/sync
    find_vf
    wait_member other
}

# start_traffic DIRECTION: in, from outside to the guest, or out.
start_traffic() {
    local from=world from_dev=$WORLD to=vm1 to_dev=bond0 to_mac=$mac
    if [[ $1 = out ]]; then
        from=vm1 from_dev=bond0 to=world to_dev=$WORLD
        to_mac=$(ip netns exec world cat "/sys/class/net/$WORLD/address")
    fi
    ip netns exec "$to" ./bench-loss receive "$to_dev" >"$out/$1.heard" &
    receivers+=("$!")
    sleep 1
    ip netns exec "$from" ./bench-loss send "$from_dev" "$to_mac" "$rate" \
        >"$out/$1.sent" &
    senders+=("$!")
    sleep 2
}

stop_traffic() {
    event end
    sleep 1
    kill "${senders[@]}"
    sleep 1
    kill "${receivers[@]}"
    wait "${senders[@]}" "${receivers[@]}"
}

# change KIND eth0|other COMMAND...
change() {
    local kind=$1 to=$2
    event "$kind"
    "${@:3}" >/dev/null
    wait_member "$to"
    sleep "$rest"
    event between
    iov iov/sync
}

# By hand, with the VF left in the guest: its link fails, and its packets are
# sent by the other way as soon as one command after another can do that.
fail_link() {
    ip -n vm1 link set "$vf_netdev" down
    address_to_port "$mac" vm1
}

restore_link() {
    ip -n vm1 link set "$vf_netdev" up
    address_to_vf "$mac"
}

by_hand_attach() {
    local i
    vf_netdev=$(ls "/sys/class/net/$PF/device/virtfn$vf/net")
    ip link set "$PF" vf "$vf" mac "$mac"
    ip link set "$vf_netdev" address "$mac"
    ip link set "$vf_netdev" netns vm1
    for ((i = 0; i < 100; i++)); do
        ip -n vm1 link show "$vf_netdev" | grep -q 'master bond0' && break
        sleep 0.1
    done
    # Nobody else tells the bond to return to it.
    ip -n vm1 link set bond0 type bond primary "$vf_netdev"
    wait_member other
    ovs-appctl fdb/add br0 "$PF" 0 "$mac" >/dev/null
}

bench_by_hand() {
    local i
    for ((i = 0; i < count; i++)); do
        event link-failed
        fail_link
        wait_member eth0
        sleep "$rest"
        event link-restored
        restore_link
        wait_member other
        sleep "$rest"
    done
}

modprobe bonding max_bonds=0
start_switch
start_guest
start_daemon
offload
start_traffic in
start_traffic out
bench_daemon vm1 eth0 other
event between
stop_daemon
by_hand_attach
sleep 2
bench_by_hand
stop_traffic
for direction in in out; do
    losses "$direction" >>"$out/losses"
done
cp /var/log/openvswitch/ovs-iovd.log "$out/"

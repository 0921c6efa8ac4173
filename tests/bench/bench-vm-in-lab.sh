#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The part of "make bench-loss" that runs in the lab with a real guest: a
# virtual machine of QEMU, whose net_failover uses its VF or its virtio-net
# device.
#
# The outside pings it 100 times a second, so that a packet is lost if it or
# its answer is.  Unplugging the VF by QMP alone, and moving the address when
# it is gone, is the reference: what one does without ovs-iovd.
#
# Ping says when it has an answer, and after how long; when those packets were
# sent that are not answered, is taken from their neighbours.

set -euo pipefail

count=$1
rest=4                          # Seconds after each change.
mac=52:54:00:00:00:05
address=10.0.0.5
vm=vm5

cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=in-lab.sh
. ./in-lab.sh

start_guest() {
    ip -n world address add 10.0.0.100/24 dev "$WORLD"
    ip -n world neighbour replace "$address" lladdr "$mac" dev "$WORLD"
    lab-vm start br0 "$vm"
    ip netns exec world ping -q -i 0.2 -c 1 -w 60 "$address" >/dev/null ||
        die "the virtual machine does not answer"
}

offload() {
    ovs-vsctl set Interface "$vm" other_config:iov-weight=100 \
        "other_config:iov-guest=qmp:/run/lab-vm-$vm.qmp"
    wait_state direct
    find_vf
    vf_pci=$(basename "$(readlink "/sys/class/net/$PF/device/virtfn$vf")")
}

wait_state() {
    ovs-vsctl wait-until Interface "$vm" "external_ids:iov-state=$1"
}

# wait_for COMMAND...: for a minute at most.
wait_for() {
    local i
    for ((i = 0; i < 600; i++)); do
        ! "$@" || return 0
        sleep 0.1
    done
    die "this did not come: $*"
}

vf_is_free() {
    [[ $(readlink "/sys/bus/pci/devices/$vf_pci/driver") != */vfio-pci ]]
}

# A driver in the guest has switched on bus mastering.
vf_is_driven() {
    (($(setpci -s "$vf_pci" COMMAND | sed 's/^/0x/') & 4))
}

start_traffic() {
    ip netns exec world ping -D -i 0.01 "$address" >"$out/pings" &
    traffic=$!
    sleep 2
}

stop_traffic() {
    event end
    sleep 2
    kill -INT "$traffic"
    wait "$traffic" || :
    read_pings
}

# Lines for losses.  Numbers of ping have 16 bits.
read_pings() {
    : >"$out/vm.heard"
    awk -v sent="$out/vm.sent" -v heard="$out/vm.heard" '
        match($0, /icmp_seq=[0-9]+/) {
            n = substr($0, RSTART + 9, RLENGTH - 9) + wraps
            if (n < newest - 32768) {
                n += 65536
                wraps += 65536
            } else if (n > newest + 32768) {
                n -= 65536
            }
            match($0, /time=[0-9.]+/)
            at[n] = substr($1, 2) * 1e6 \
                    - substr($0, RSTART + 5, RLENGTH - 5) * 1000
            print n > heard
            first = first ? first : n
            newest = n > newest ? n : newest
        }
        END {
            for (n = first; n <= newest; n++) {
                if (!(n in at)) {
                    for (next_n = n; !(next_n in at); next_n++) {
                    }
                    at[n] = at[n - 1] \
                            + (at[next_n] - at[n - 1]) / (next_n - n + 1)
                }
                printf "%d %.0f\n", n, at[n] > sent
            }
        }' "$out/pings"
}

# change KIND STATE COMMAND...
change() {
    event "$1"
    "${@:3}" >/dev/null
    wait_state "$2"
    [[ $2 != software ]] || wait_for vf_is_free
    sleep "$rest"
    event between
    iov iov/sync
}

# By hand.

# qmp COMMAND ARGUMENTS WORD: until QEMU says something with WORD in it.
qmp() {
    local line
    echo "{\"execute\": \"$1\", \"arguments\": {$2}}" >&"${monitor[1]}"
    while read -r -t 60 -u "${monitor[0]}" line; do
        [[ $line != *$3* ]] || return 0
        [[ $line != *'"error"'* ]] || die "$1: $line"
    done
    die "QEMU does not answer to $1"
}

prepare_by_hand() {
    local device=/sys/bus/pci/devices/$vf_pci
    coproc monitor { socat - "UNIX-CONNECT:/run/lab-vm-$vm.qmp"; }
    qmp qmp_capabilities '' '"return"'
    ip link set "$PF" vf "$vf" mac "$mac"
    echo vfio-pci >"$device/driver_override"
    echo "$vf_pci" >"$device/driver/unbind"
    echo "$vf_pci" >/sys/bus/pci/drivers_probe
    bridge fdb replace "$mac" dev "$PF" self permanent
}

plug() {
    qmp device_add '"driver": "vfio-pci", "id": "iov-net0", "bus": "rp1",
        "failover_pair_id": "net0", "host": "'"$vf_pci"'"' '"return"'
    address_to_vf "$mac"
    wait_for vf_is_driven
}

unplug() {
    qmp device_del '"id": "iov-net0"' '"DEVICE_DELETED"'
    address_to_port "$mac" "$vm"
}

bench_by_hand() {
    local i
    for ((i = 0; i < count; i++)); do
        event qmp-plugged
        plug
        sleep "$rest"
        event qmp-unplugged
        unplug
        sleep "$rest"
        event between
    done
}

start_switch
start_guest
start_daemon
offload
sleep "$rest"
start_traffic
bench_daemon "$vm" software direct
event between
stop_daemon
prepare_by_hand
bench_by_hand
stop_traffic
losses vm >"$out/losses"
cp "/run/lab-vm-$vm.console" /var/log/openvswitch/ovs-iovd.log "$out/"

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
# The subtle thing: ping says when it has an answer, and after how long; when
# those packets were sent that are not answered, is taken from their
# neighbours.

set -euo pipefail

count=$1
rest=4                          # Seconds after each change.
mac=52:54:00:00:00:05
address=10.0.0.5
vm=vm5
export OVS_RUNDIR=/var/run/openvswitch OVS_LOGDIR=/var/log/openvswitch
export OVS_CTL_TIMEOUT=300

cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=common.sh
. ./common.sh
out=/lab/out
mkdir -p "$out"

start_switch() {
    # shellcheck disable=SC2119
    lab-ovs start >/dev/null
    ovs-vsctl add-br br0 -- add-port br0 "$PF" \
        -- set bridge br0 other_config:iov-enabled=true
    ip link set "$PF" up
    ip link set br0 up
    ip -n world address add 10.0.0.100/24 dev "$WORLD"
    ip -n world neighbour replace "$address" lladdr "$mac" dev "$WORLD"
}

start_guest() {
    lab-vm start br0 "$vm"
    ip netns exec world ping -q -i 0.2 -c 1 -w 60 "$address" >/dev/null ||
        die "the virtual machine does not answer"
}

start_daemon() {
    ovs-iovd --detach --no-chdir --pidfile -vconsole:off --log-file
    ovs-vsctl set Interface "$vm" other_config:iov-weight=100 \
        "other_config:iov-guest=qmp:/run/lab-vm-$vm.qmp"
    wait_state direct
    vf=$(iov iov/show | sed -n 's/.*direct on VF \([0-9]*\).*/\1/p')
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

acl() {
    ovs-ofctl add-flow br0 \
        "priority=9,tcp,in_port=$vm,tp_dst=22,actions=drop"
}

bench_daemon() {
    local i
    for ((i = 0; i < count; i++)); do
        event nothing
        sleep "$rest"
        change planned software iov iov/hold "$vm"
        change return direct iov iov/unhold "$vm"
        change protective software acl
        change return direct ovs-ofctl del-flows br0 tcp
    done
}

stop_daemon() {
    event between
    iov exit --cleanup
    while [[ -e $OVS_RUNDIR/ovs-iovd.pid ]]; do
        sleep 0.1
    done
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
    bridge fdb del "$mac" dev "$PF" self
    ovs-appctl fdb/add br0 "$PF" 0 "$mac" >/dev/null
    wait_for vf_is_driven
}

unplug() {
    qmp device_del '"id": "iov-net0"' '"DEVICE_DELETED"'
    bridge fdb add "$mac" dev "$PF" self permanent
    ovs-appctl fdb/add br0 "$vm" 0 "$mac" >/dev/null
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
sleep "$rest"
start_traffic
bench_daemon
stop_daemon
prepare_by_hand
bench_by_hand
stop_traffic
losses vm >"$out/losses"
cp "/run/lab-vm-$vm.console" /var/log/openvswitch/ovs-iovd.log "$out/"

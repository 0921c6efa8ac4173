# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the benchmarks that run in the lab have in common: the switch, the
# daemon, moving an address by hand, and counting lost packets.
#
# ovs-iovd would undo what is done by hand, so that it has to have ended, and
# put everything back, before that.

export OVS_RUNDIR=/var/run/openvswitch OVS_LOGDIR=/var/log/openvswitch
export OVS_CTL_TIMEOUT=120

# shellcheck source-path=SCRIPTDIR source=common.sh
. ./common.sh
out=/lab/out
mkdir -p "$out"

# A bridge with the PF that may use VFs.
start_switch() {
    # shellcheck disable=SC2119
    lab-ovs start >/dev/null
    ovs-vsctl add-br br0 -- add-port br0 "$PF" \
        -- set bridge br0 other_config:iov-enabled=true
    ip link set "$PF" up
    ip link set br0 up
}

start_daemon() {
    ovs-iovd --detach --no-chdir --pidfile -vconsole:off --log-file
}

# find_vf: that of the port, as $vf.
find_vf() {
    vf=$(iov iov/show | sed -n 's/.*direct on VF \([0-9]*\).*/\1/p')
    [[ -n $vf ]] || die "the port did not become direct"
}

stop_daemon() {
    iov exit --cleanup
    while [[ -e $OVS_RUNDIR/ovs-iovd.pid ]]; do
        sleep 0.1
    done
}

# By hand, what is for address $1 goes to the port $2, or to the VF.
address_to_port() {
    bridge fdb add "$1" dev "$PF" self permanent
    ovs-appctl fdb/add br0 "$2" 0 "$1" >/dev/null
}

address_to_vf() {
    bridge fdb del "$1" dev "$PF" self
    ovs-appctl fdb/add br0 "$PF" 0 "$1" >/dev/null
}

# acl PORT: an access list that costs the port its VF.
acl() {
    ovs-ofctl add-flow br0 "priority=9,tcp,in_port=$1,tp_dst=22,actions=drop"
}

# bench_daemon PORT SOFTWARE VF: every kind of move of PORT, $count times, by
# change KIND WHERE COMMAND..., which waits until it is at SOFTWARE or VF.
bench_daemon() {
    local i
    for ((i = 0; i < count; i++)); do
        event nothing
        sleep "$rest"
        change planned "$2" iov iov/hold "$1"
        change return "$3" iov iov/unhold "$1"
        change protective "$2" acl "$1"
        change return "$3" ovs-ofctl del-flows br0 tcp
    done
}

# event KIND: what begins now; for losses.
event() {
    echo "$1 $(now_usec)" >>"$out/events"
}

# losses DIRECTION: for each change, packets lost, the longest time from one
# that arrived to the next one that did, and packets that arrived twice.  From
# $out/events and the lines "NUMBER TIME" of $out/DIRECTION.sent and .heard.
losses() {
    awk -v direction="$1" '
        FILENAME ~ /events$/ { kind[++n] = $1; at[n] = $2; next }
        FILENAME ~ /heard$/ { heard[$1]++; next }
        {
            while (e < n && $2 >= at[e + 1]) {
                flush()
                e++
                lost = gap = twice = 0
                last = $2
            }
            if (!($1 in heard)) {
                lost++
            } else {
                if ($1 > number + 1 && $2 - last > gap) {
                    gap = $2 - last
                }
                last = $2
                number = $1
                twice += heard[$1] > 1
            }
        }
        function flush() {
            if (e && kind[e] != "between" && kind[e] != "end") {
                print direction "-" kind[e], lost, gap, twice
            }
        }
        END { flush() }' \
        "$out/events" "$out/$1.heard" "$out/$1.sent"
}

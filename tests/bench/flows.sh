# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What many flows cost: how it grows without a switch, and a million of them
# in a real ovs-vswitchd, beside programs that do nothing but read them.
#
# There are no VFs to be given, so that the verdicts of all ports are made and
# nothing moves; "moves" measures that.

# shellcheck disable=SC2154  # "dir", "count", "n_flows": of who sources this.
flow_ports=256

bench_growth() {
    echo 'Flow table and verdicts without a switch, CPU times.  judge: first'
    echo 'verdicts of all ports; one, p99: a flow that concerns one port comes'
    echo 'or goes; looked: ports then examined; all: a flow that concerns all;'
    echo 'below: the same, but ports have flows of higher priority;'
    echo 'step: the longest piece of work.'
    bench-flows grow 1000,10000,100000,1000000 1,16,256,4096
}

# reader MODE: reads the flows three times; the median of CPU time.
reader() {
    for _ in 1 2 3; do
        bench-switch "$1" br0
    done | sort -n -k6 | sed -n 2p
}

# field NAME LINE: what follows NAME.
field() {
    sed -n "s/.*$1 \([0-9]*\).*/\1/p" <<<"$2"
}

resident_kib() {
    sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

# "poll interval" lines of ovs-vswitchd so far.
n_held() {
    grep -c 'Unreasonably long' "$OVS_RUNDIR/ovs-vswitchd.log" || :
}

# sync_row WHO WALL CPU REFERENCE KIB HELD: times in us.
sync_row() {
    printf '%-34s %9s %9s %7s %8s %8s\n' "$1" "$(ms "$2")" "$(ms "$3")" \
        "$(ratio "$3" "$4")" "$(($5 * 1024 / n_flows))" "$6"
}

# The daemon's own row, for which it is to have no flows yet.
daemon_row() {
    local pid wall cpu kib held
    pid=$(<"$OVS_RUNDIR/ovs-iovd.pid")
    kib=$(resident_kib "$pid")
    held=$(n_held)
    cpu=$(cpu_usec "$pid")
    wall=$(now_usec)
    iov iov/timing >/dev/null
    ovs-vsctl set bridge br0 other_config:iov-enabled=true
    iov iov/sync
    wall=$(($(now_usec) - wall))
    cpu=$(($(cpu_usec "$pid") - cpu))
    sync_row "ovs-iovd, with $flow_ports verdicts" "$wall" "$cpu" "$1" \
        "$(($(resident_kib "$pid") - kib))" $(($(n_held) - held))
}

timing() {
    echo
    echo "$1"
    iov iov/timing
}

bench_initial() {
    local count store held count_held
    held=$(n_held)
    count=$(reader count)
    count_held=$(($(n_held) - held))
    store=$(reader store)
    printf '%-34s %9s %9s %7s %8s %8s\n' "Reading $n_flows flows" 'time ms' \
        'CPU ms' ratio 'B/flow' 'held'
    sync_row 'reader that counts' "$(field wall-us "$count")" \
        "$(field cpu-us "$count")" "$(field cpu-us "$store")" 0 \
        $((count_held / 3))
    sync_row 'reader that keeps them (ref)' "$(field wall-us "$store")" \
        "$(field cpu-us "$store")" "$(field cpu-us "$store")" \
        "$(field kib "$store")" $((($(n_held) - held - count_held) / 3))
    daemon_row "$(field cpu-us "$store")"
    echo 'held: how often ovs-vswitchd said that it was held up for a second.'
    timing 'Meanwhile in ovs-iovd:'
}

bench_one() {
    local i
    for ((i = 1; i <= count; i++)); do
        ovs-ofctl add-flow br0 "table=3,in_port=vm$i,tcp,tp_dst=22,actions=drop"
        ovs-ofctl --strict del-flows br0 \
            "table=3,in_port=vm$i,tcp,tp_dst=22"
    done
    iov iov/sync
    timing "A flow that concerns one of $flow_ports ports comes or goes:"
}

# all_row PRIORITY TEXT
all_row() {
    local i
    for ((i = 1; i <= 5; i++)); do
        ovs-ofctl add-flow br0 \
            "table=3,priority=$1,udp,tp_dst=$i,actions=drop"
        iov iov/sync
    done
    timing "A flow that concerns all $flow_ports ports comes, $2:"
    for ((i = 1; i <= 5; i++)); do
        ovs-ofctl --strict del-flows br0 \
            "table=3,priority=$1,udp,tp_dst=$i"
    done
    iov iov/sync
    iov iov/timing >/dev/null
}

bench_all() {
    all_row 5000 'above all others'
    all_row 9 'below those of the ports'
}

# With fewer flows, because ovs-vswitchd does not change 10000 a second in
# tables of a million.
bench_stream() {
    local daemon_pid switch_pid daemon switch changes lag wall
    start_flows stream 10000
    ovs-vsctl set bridge br0 other_config:iov-enabled=true
    iov iov/sync
    iov iov/timing >/dev/null
    daemon_pid=$(<"$OVS_RUNDIR/ovs-iovd.pid")
    switch_pid=$(<"$OVS_RUNDIR/ovs-vswitchd.pid")
    daemon=$(cpu_usec "$daemon_pid")
    switch=$(cpu_usec "$switch_pid")
    changes=$(bench-switch change br0 10000 10 $flow_ports)
    lag=$(now_usec)
    iov iov/sync
    lag=$(($(now_usec) - lag))
    wall=$(field wall-us "$changes")
    daemon=$(($(cpu_usec "$daemon_pid") - daemon))
    switch=$(($(cpu_usec "$switch_pid") - switch))
    timing "$(field changes "$changes") changes, 10000 a second if possible:"
    printf 'took %s ms; CPU ms: ovs-iovd %s, ovs-vswitchd %s; ratio %s\n' \
        "$(ms "$wall")" "$(ms $daemon)" "$(ms $switch)" \
        "$(ratio $daemon $switch)"
    printf 'up to date %s ms after the last one\n' "$(ms $lag)"
    stop
}

# start_flows NAME N: a switch with N flows.
start_flows() {
    start "$1"
    add_ports $flow_ports 0
    bench-flows text "$2" $flow_ports >"$dir/flows.txt"
    ovs-ofctl -vconsole:off -OOpenFlow14 --bundle add-flows br0 \
        "$dir/flows.txt"
}

bench_flows() {
    start_flows flows "$n_flows"
    bench_initial
    bench_one
    bench_all
    stop
}

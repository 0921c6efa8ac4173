#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# "make bench": ovs-iovd with its dummy NICs, beside a real ovsdb-server and
# ovs-vswitchd of its own.  Neither root nor hardware is needed.
#
# BENCH_PARTS says what to measure: "moves", "sizes", "growth", "flows" or
# "stream", or several of them.  BENCH_COUNT is how often a flow comes and
# goes, BENCH_PORTS the numbers of ports to try, BENCH_IDLE the seconds of
# doing nothing, BENCH_FLOWS how many flows "flows" has.
#
# No number makes this fail.  It fails if something does not work, such as a
# port that does not become direct.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$BENCH_SOURCE/tests/bench/common.sh"

count=${BENCH_COUNT:-50}
idle=${BENCH_IDLE:-10}
read -r -a sizes <<<"${BENCH_PORTS:-1 64 256}"
n_flows=${BENCH_FLOWS:-1000000}
read -r -a parts <<<"${BENCH_PARTS:-moves sizes growth flows stream}"

PATH=$BENCH_BUILD/vswitchd-ext:$BENCH_BUILD/tests/bench:$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
results=$dir/results
export PATH
mkdir "$results"

# shellcheck source-path=SCRIPTDIR source=host.sh
. "$BENCH_SOURCE/tests/bench/host.sh"
# shellcheck source-path=SCRIPTDIR source=flows.sh
. "$BENCH_SOURCE/tests/bench/flows.sh"

trap 'stop; rm -rf "$dir"' EXIT

bench_moves() {
    local out=$results/moves
    start moves
    add_ports 1
    enable 1
    bench-fence --count="$count" br0 \
        "$(ovs-vsctl get interface vm1 ofport)" "$(mac_of 1)" \
        dummy:pf0:0 >"$out"
    stop
    report_fence "$out"
    echo
    times_header 'Moves of one port'
    times_row 'iov/sync with nothing to do (reference)' sync sync "$out"
    times_row 'fallback: flow-mod to iov/sync answered' fallback sync "$out"
    times_row 'attach: flow deleted to iov/sync answered' attach sync "$out"
    count_row 'fallback' fallback "$out"
    count_row 'attach' attach "$out"
}

# attach_row N: of N ports that may all have a VF at once.
attach_row() {
    local daemon_pid switch_pid wall daemon switch ops
    daemon_pid=$(<"$OVS_RUNDIR/ovs-iovd.pid")
    switch_pid=$(<"$OVS_RUNDIR/ovs-vswitchd.pid")
    ops=$(iov coverage/read-counter iov_op)
    daemon=$(cpu_usec "$daemon_pid")
    switch=$(cpu_usec "$switch_pid")
    wall=$(now_usec)
    enable "$1"
    wall=$(($(now_usec) - wall))
    daemon=$(($(cpu_usec "$daemon_pid") - daemon))
    switch=$(($(cpu_usec "$switch_pid") - switch))
    ops=$(($(iov coverage/read-counter iov_op) - ops))
    printf '%-7s %9s %9s %14s %9s %18s %7s\n' "$1" "$ops" "$(ms "$wall")" \
        "$(ms "$daemon")" "$(ms $((daemon / $1)))" "$(ms "$switch")" \
        "$(ratio "$daemon" "$switch")"
}

# flow_row N: a flow that concerns no port, while N are direct.
flow_row() {
    local daemon_pid switch_pid daemon switch i
    daemon_pid=$(<"$OVS_RUNDIR/ovs-iovd.pid")
    switch_pid=$(<"$OVS_RUNDIR/ovs-vswitchd.pid")
    daemon=$(cpu_usec "$daemon_pid")
    switch=$(cpu_usec "$switch_pid")
    for ((i = 1; i <= count; i++)); do
        ovs-ofctl add-flow br0 "table=7,priority=$i,actions=drop"
        iov iov/sync
    done
    daemon=$((($(cpu_usec "$daemon_pid") - daemon) / count))
    switch=$((($(cpu_usec "$switch_pid") - switch) / count))
    printf '%-7s %14s %18s %7s\n' "$1" "$(ms "$daemon")" "$(ms "$switch")" \
        "$(ratio "$daemon" "$switch")"
}

bench_sizes() {
    local n
    for n in "${sizes[@]}"; do
        start "ports-$n"
        add_ports "$n"
        attach_row "$n" >>"$results/attach"
        flow_row "$n" >>"$results/flow"
        need_direct "$n"
        idle_row "$n" "$idle" >>"$results/idle"
        stop
    done
    echo 'Attach all ports at once: ms, CPU times in ms'
    printf '%-7s %9s %9s %14s %9s %18s %7s\n' ports operations time \
        ovs-iovd 'per port' 'ovs-vswitchd (ref)' ratio
    cat "$results/attach"
    echo
    echo 'One flow elsewhere, and iov/sync: CPU time in ms'
    printf '%-7s %14s %18s %7s\n' ports ovs-iovd 'ovs-vswitchd (ref)' ratio
    cat "$results/flow"
    echo
    idle_header "$idle"
    cat "$results/idle"
}

environment 'dummy NIC'
for part in "${parts[@]}"; do
    echo
    case $part in
        moves | sizes | growth | flows | stream) "bench_$part" ;;
        *) die "BENCH_PARTS: there is no part \"$part\"" ;;
    esac
done

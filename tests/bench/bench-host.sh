#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# "make bench": ovs-iovd with its dummy NICs, beside a real ovsdb-server and
# ovs-vswitchd of its own.  Neither root nor hardware is needed.
#
# BENCH_COUNT is how often a flow comes and goes, BENCH_PORTS the numbers of
# ports to try, BENCH_IDLE the seconds of doing nothing.
#
# The subtle thing: no number makes this fail.  It fails if something does not
# work, such as a port that does not become direct.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$BENCH_SOURCE/tests/bench/common.sh"

count=${BENCH_COUNT:-50}
idle=${BENCH_IDLE:-10}
read -r -a sizes <<<"${BENCH_PORTS:-1 64 256}"
daemons=(ovs-iovd ovs-vswitchd ovsdb-server)

PATH=$BENCH_BUILD/vswitchd-ext:$BENCH_BUILD/tests/bench:$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
results=$dir/results
export PATH
mkdir "$results"

# A process whose parent has not yet asked how it ended does nothing any more.
runs() {
    grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null
}

stop() {
    local daemon pid
    for daemon in "${daemons[@]}"; do
        [[ -s ${OVS_RUNDIR-}/$daemon.pid ]] || continue
        pid=$(<"$OVS_RUNDIR/$daemon.pid")
        ovs-appctl -t "$daemon" exit >/dev/null 2>&1 || kill -9 "$pid"
        while runs "$pid"; do
            sleep 0.05
        done
    done
}
trap 'stop; rm -rf "$dir"' EXIT

# start NAME: everything anew, in a directory of its own.
start() {
    export OVS_RUNDIR=$dir/$1
    export OVS_LOGDIR=$OVS_RUNDIR OVS_DBDIR=$OVS_RUNDIR
    export OVS_SYSCONFDIR=$OVS_RUNDIR OVS_CTL_TIMEOUT=300
    mkdir "$OVS_RUNDIR"
    cd "$OVS_RUNDIR"
    ovsdb-tool create conf.db \
        "${OVS_PKGDATADIR:-/usr/share/openvswitch}/vswitch.ovsschema"
    ovsdb-server --detach --no-chdir --pidfile -vconsole:off --log-file \
        --remote="punix:$OVS_RUNDIR/db.sock" conf.db
    ovs-vsctl --no-wait init
    ovs-vswitchd --enable-dummy=override --disable-system-route --detach \
        --no-chdir --pidfile -vconsole:off --log-file
    ovs-iovd --enable-dummy --detach --no-chdir --pidfile -vconsole:off \
        --log-file
}

# add_ports N: a bridge with a dummy PF and N ports that ask for a VF each.
# Offload is off until the bridge's iov-enabled is set.
add_ports() {
    local args=() i
    iov iov-dummy/add-pf pf0 "$1" "$1"
    iov iov-dummy/mac-table pf0 1024
    iov iov-dummy/guest guest present
    for ((i = 1; i <= $1; i++)); do
        args+=(-- add-port br0 "vm$i" -- set interface "vm$i" type=dummy
               "external_ids:attached-mac=$(mac_of "$i")"
               other_config:iov-weight=100
               other_config:iov-guest=netns:guest)
    done
    ovs-vsctl add-br br0 -- set bridge br0 datapath_type=dummy \
        -- add-port br0 pf0 -- set interface pf0 type=dummy "${args[@]}"
    iov iov/sync
}

mac_of() {
    printf '52:54:00:00:%02x:%02x\n' $(($1 / 256)) $(($1 % 256))
}

need_direct() {
    local n
    n=$(iov iov/show | grep -c 'direct on VF' || :)
    [[ $n -eq $1 ]] || die "$n of $1 ports became direct; see iov/show"
}

enable() {
    ovs-vsctl set bridge br0 other_config:iov-enabled=true
    iov iov/sync
    need_direct "$1"
}

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
echo
bench_moves
echo
bench_sizes

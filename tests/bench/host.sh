# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Daemons and ports for the benchmarks on this machine.  Needs "dir", a
# directory for everything, and those of $BENCH_BUILD in PATH.
#
# ovs-vsctl may not wait for ovs-vswitchd before that has been started, nor for
# long when it has many ports to add.

# shellcheck disable=SC2154  # "dir" is set by whoever sources this.
daemons=(ovs-iovd ovs-vswitchd ovsdb-server)

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

# start NAME: everything anew, in a directory of its own.
start() {
    export OVS_RUNDIR=$dir/$1
    export OVS_LOGDIR=$OVS_RUNDIR OVS_DBDIR=$OVS_RUNDIR
    export OVS_SYSCONFDIR=$OVS_RUNDIR OVS_CTL_TIMEOUT=300
    mkdir "$OVS_RUNDIR"
    cd "$OVS_RUNDIR" || die "$OVS_RUNDIR has gone"
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

# add_ports N [VFS]: a bridge with a dummy PF and N ports that ask for a VF
# each, of which there are VFS, N if not given.  Offload is off until the
# bridge's iov-enabled is set.
add_ports() {
    local args=() i
    iov iov-dummy/add-pf pf0 "$1" "${2-$1}"
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

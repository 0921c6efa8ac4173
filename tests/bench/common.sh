# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the benchmarks on this machine and in the lab have in common: reading
# clocks, and printing tables.
#
# An idle daemon takes less than one tick of the clock that /proc/PID/stat
# counts in, so CPU time comes from schedstat, which counts in nanoseconds.

# Says what does not work, and ends with failure.
die() {
    printf 'bench: %s\n' "$*" >&2
    exit 1
}

iov() {
    ovs-appctl -t ovs-iovd "$@"
}

# CPU time of all threads of process $1 so far, in microseconds.
cpu_usec() {
    cat "/proc/$1/task/"*/schedstat |
        awk '{ sum += $1 } END { printf "%d\n", sum / 1000 }'
}

now_usec() {
    local now=${EPOCHREALTIME/[.,]/}
    echo "$now"
}

# quantile PERCENT NAME FILE: of the lines "NAME VALUE", by nearest rank.
quantile() {
    awk -v name="$2" '$1 == name { print $2 }' "$3" | sort -n |
        awk -v percent="$1" '
            { value[NR] = $1 }
            END {
                if (!NR) {
                    print "no values" > "/dev/stderr"
                    exit 1
                }
                rank = int((NR * percent + 99) / 100)
                print value[rank < 1 ? 1 : rank]
            }'
}

# Microseconds as milliseconds.
ms() {
    awk -v usec="$1" 'BEGIN { printf "%.2f\n", usec / 1000 }'
}

# ratio A B
ratio() {
    awk -v a="$1" -v b="$2" \
        'BEGIN { if (b > 0) printf "%.2f\n", a / b; else print "-" }'
}

environment() {
    printf 'environment: %s CPUs, Open vSwitch %s (running: %s), %s\n' \
        "$(nproc)" "${BENCH_OVS_VERSION:-of the package}" \
        "$(ovs-vswitchd --version | sed -n '1s/.* //p')" "$1"
}

times_header() {
    printf '%-44s %9s %9s %7s\n' "$1" 'median ms' 'p99 ms' ratio
}

# times_row TEXT NAME REFERENCE FILE: the ratio is that of the medians.
times_row() {
    local median
    median=$(quantile 50 "$2" "$4")
    printf '%-44s %9s %9s %7s\n' "$1" "$(ms "$median")" \
        "$(ms "$(quantile 99 "$2" "$4")")" \
        "$(ratio "$median" "$(quantile 50 "$3" "$4")")"
}

# report_fence FILE: from the output of bench-fence.
report_fence() {
    times_header "Fence, $(grep -c '^fence ' "$1") times"
    times_row 'flow-mod to the first report of it (reference)' \
        update update "$1"
    times_row 'flow-mod to the VF fenced' fence update "$1"
}

# count_row TEXT NAME FILE
count_row() {
    printf '%-44s %9s operations, %s kernel requests\n' "$1" \
        "$(quantile 50 "$2-ops" "$3")" "$(quantile 50 "$2-requests" "$3")"
}

# idle_row PORTS SECONDS: CPU time while nothing happens.
idle_row() {
    local daemon switch daemon_pid switch_pid
    daemon_pid=$(<"$OVS_RUNDIR/ovs-iovd.pid")
    switch_pid=$(<"$OVS_RUNDIR/ovs-vswitchd.pid")
    daemon=$(cpu_usec "$daemon_pid")
    switch=$(cpu_usec "$switch_pid")
    sleep "$2"
    daemon=$(($(cpu_usec "$daemon_pid") - daemon))
    switch=$(($(cpu_usec "$switch_pid") - switch))
    printf '%-7s %14s %18s %7s\n' "$1" "$(ms "$daemon")" "$(ms "$switch")" \
        "$(ratio "$daemon" "$switch")"
}

idle_header() {
    printf 'Idle for %s s: CPU time in ms\n' "$1"
    printf '%-7s %14s %18s %7s\n' ports ovs-iovd \
        'ovs-vswitchd (ref)' ratio
}

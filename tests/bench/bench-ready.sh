#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Part of "make bench": the full check of readiness, of a captured tree with 8
# NICs and 1,024 VFs, beside find(1) over the same tree.
#
# BENCH_COUNT is how often.
#
# Times include the start of the process, for both.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$BENCH_SOURCE/tests/bench/common.sh"

count=${BENCH_COUNT:-50}
nics=8
vfs=128
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

TIMEFORMAT='%3R %3U %3S'

# measure NAME COMMAND...: the time that passes, and that of the processors.
measure() {
    local name=$1
    shift
    { time "$@" >"$dir/out"; } 2>"$dir/time"
    awk -v name="$name" '{
        printf "%s %d\n%s-cpu %d\n", name, $1 * 1e6, name, ($2 + $3) * 1e6
    }' "$dir/time" >>"$dir/times"
}

python3 "$BENCH_SOURCE/tests/policy/ready-tree.py" large \
    "$BENCH_SOURCE/tests/policy/ready/ready.tree" "$dir/tree" "$nics" "$vfs"
for ((i = 0; i < count; i++)); do
    measure find find "$dir/tree" -printf '%p %l\n'
    measure check "$BENCH_BUILD/utilities/ovs-iov-check" \
        --root="$dir/tree"
done
[[ $(grep -c "$vfs VFs, each alone" "$dir/out") -eq $nics ]] ||
    die "ovs-iov-check did not see the VFs"

times_header "Readiness, $nics NICs with $vfs VFs each, $count times"
times_row 'find, over the same tree (reference)' find find "$dir/times"
times_row 'ovs-iov-check' check find "$dir/times"
times_row 'find, CPU time (reference)' find-cpu find-cpu "$dir/times"
times_row 'ovs-iov-check, CPU time' check-cpu find-cpu "$dir/times"

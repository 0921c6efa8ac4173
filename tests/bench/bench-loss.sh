#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# "make bench-loss": boots the lab, runs bench-loss-in-lab.sh there, prints
# what was lost, and draws what became of each packet around one change of
# each kind, into loss.svg, if gnuplot is there.  Then the same, without a
# picture, for bench-vm-in-lab.sh.
#
# BENCH_PARTS says which guests, "netns vm", or one of these; BENCH_COUNT and
# BENCH_VM_COUNT how often they change.
#
# Like "make bench-lab", it needs a lab of this machine's Debian release.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=common.sh
. "$BENCH_SOURCE/tests/bench/common.sh"

picture=$BENCH_BUILD/loss.svg
kinds=(planned return protective link-failed)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

run_lab() {
    "$BENCH_SOURCE/utilities/iov-lab" run --vfs 4 --timeout 3000 --out "$dir" \
        --with "$BENCH_BUILD/tests/bench/bench-loss" \
        --with "$BENCH_SOURCE/tests/bench/common.sh" \
        --with "$BENCH_SOURCE/tests/bench/in-lab.sh" \
        "$BENCH_SOURCE/tests/bench/bench-loss-in-lab.sh" "${BENCH_COUNT:-20}"
    [[ -s $dir/losses ]] || die "the lab has measured nothing"
}

run_vm_lab() {
    rm -f "$dir/losses"
    "$BENCH_SOURCE/utilities/iov-lab" run --vfs 2 --timeout 3000 --out "$dir" \
        --with "$BENCH_SOURCE/tests/bench/common.sh" \
        --with "$BENCH_SOURCE/tests/bench/in-lab.sh" \
        "$BENCH_SOURCE/tests/bench/bench-vm-in-lab.sh" "${BENCH_VM_COUNT:-5}"
    [[ -s $dir/losses ]] || die "the lab has measured nothing"
}

# column KIND N: that column of the changes of KIND, for quantile.
column() {
    awk -v name="$direction-$1" -v n="$2" '$1 == name { print $1, $n }' \
        "$dir/losses"
}

# row TEXT KIND: of the direction that is reported.  The ratio is that of the
# mean numbers of packets lost, to what is lost in a change of kind $reference.
row() {
    local lost=$dir/lost gap=$dir/gap twice=$dir/twice
    column "$2" 2 >"$lost"
    column "$2" 3 >"$gap"
    column "$2" 4 >"$twice"
    printf '%-38s %5s %8s %5s %7s %9s %9s %8s %5s\n' "$1" \
        "$(wc -l <"$lost")" \
        "$(quantile 50 "$direction-$2" "$lost")" \
        "$(quantile 100 "$direction-$2" "$lost")" \
        "$(ratio "$(mean "$2")" "$(mean "$reference")")" \
        "$(ms "$(quantile 50 "$direction-$2" "$gap")")" \
        "$(ms "$(quantile 100 "$direction-$2" "$gap")")" \
        "$(quantile 50 "$direction-$2" "$twice")" \
        "$(quantile 100 "$direction-$2" "$twice")"
}

# mean KIND: of packets lost.
mean() {
    column "$1" 2 | awk '{ sum += $2 } END { print NR ? sum / NR : 0 }'
}

# heading TEXT
heading() {
    printf '\n%-38s %5s %8s %5s %7s %9s %9s %8s %5s\n' "$1" times \
        'lost 50%' worst ratio 'gap ms50%' worst 'twice50%' worst
}

# report DIRECTION TEXT
report() {
    direction=$1
    reference=link-failed
    heading "$2"
    row 'no change' nothing
    row 'planned fall back' planned
    row 'return' return
    row 'protective fall back' protective
    row "link of the VF fails (reference)" link-failed
    row "link of the VF comes back (reference)" link-restored
}

report_vm() {
    direction=vm
    reference=qmp-unplugged
    heading 'Virtual machine, there and back'
    row 'no change' nothing
    row 'planned fall back' planned
    row 'return' return
    row 'protective fall back' protective
    row 'VF unplugged by QMP (reference)' qmp-unplugged
    row 'VF plugged in by QMP (reference)' qmp-plugged
}

# fates KIND: around the change of that kind that lost the median number, runs
# of packets that came the same way: when the first was sent, in ms after the
# change was begun, the way (2 by the VF, 1 by the port, 0 not at all), and for
# how long.
fates() {
    local median
    median=$(awk -v name="in-$1" '$1 == name { print $1, $2 }' \
                 "$dir/losses" >"$dir/lost"; quantile 50 "in-$1" "$dir/lost")
    awk -v kind="$1" -v median="$median" -v port="$(<"$dir/port-device")" '
        FILENAME ~ /losses$/ {
            if ($1 == "in-" kind && $2 == median && !nth) {
                nth = seen + 1
            }
            seen += $1 == "in-" kind
            next
        }
        FILENAME ~ /events$/ {
            count += $1 == kind
            if (!begin && count == nth) {
                begin = $2
            } else if (begin && !end && $1 != "between") {
                end = $2
            }
            next
        }
        FILENAME ~ /heard$/ { by[$1] = $3 == port ? 1 : 2; next }
        $2 > begin - 500000 && $2 < begin + 4000000 && (!end || $2 < end) {
            if (by[$1] + 0 != way || first == "") {
                flush()
                first = ($2 - begin) / 1000
                way = by[$1] + 0
            }
            last = ($2 - begin) / 1000
        }
        function flush() {
            if (first != "") {
                print first, way, last - first + 4
            }
        }
        END { flush() }' "$dir/losses" "$dir/events" "$dir/in.heard" "$dir/in.sent"
}

# panel KIND: commands for gnuplot.
panel() {
    local y colors=('#b2182b' '#2166ac' '#1b7837') comma=plot
    echo "set title '$1' offset 0,-0.7"
    for y in 0 1 2; do
        printf '%s "%s" using 1:(%s):3:(0) notitle with vectors nohead lw 7 lc "%s"' \
            "$comma" "$dir/fates-$1" "\$2==$y?$y:1/0" "${colors[$y]}"
        comma=,
    done
    echo
}

draw() {
    local kind
    if ! command -v gnuplot >/dev/null; then
        echo "no picture: gnuplot is not installed"
        return
    fi
    for kind in "${kinds[@]}"; do
        fates "$kind" >"$dir/fates-$kind"
    done
    gnuplot <<END
set terminal svg size 900,760 font "sans,13" background "#ffffff"
set output "$picture"
set multiplot layout 4,1
set xrange [-500:4000]
set yrange [-0.6:2.6]
set ytics ("not at all" 0, "by the port" 1, "by the VF" 2)
set grid x
unset key
$(for kind in "${kinds[@]}"; do
    [[ $kind != link-failed ]] ||
        echo "set xlabel 'sent, in ms after the change was begun'"
    panel "$kind"
done)
END
    echo "picture: $picture"
}

for part in ${BENCH_PARTS:-netns vm}; do
    case $part in
        netns)
            run_lab
            environment 'igb in the lab, 1000 packets/s'
            report in 'From outside to the guest'
            report out 'From the guest to outside'
            echo
            draw
            ;;
        vm)
            run_vm_lab
            environment 'igb in the lab, QEMU, 100 packets/s'
            report_vm
            ;;
        *) die "BENCH_PARTS: there is no part \"$part\"" ;;
    esac
done

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317
#
# The demonstration, run in the lab by "iov-lab demo": two guests on VFs, an
# access control list for one of them, its way to software and back.
#
# Everything is shown three times: the command, what the product says, and
# what the packets did.  What the packets did is also checked, so the exit
# status says whether all of it was as it should be.
#
# The path of packets is told from two counters that cannot both move for one
# packet: those of the VF's network device in the guest, and those of the
# guest's software port in Open vSwitch.

set -euo pipefail

bridge=br0
world_address=10.0.0.100
declare -A mac=([vm1]=52:54:00:00:00:01 [vm2]=52:54:00:00:00:02)
declare -A address=([vm1]=10.0.0.1 [vm2]=10.0.0.2)
checks=0
failures=()                     # What failed, with what was expected and seen.
patience=120                    # Seconds that the daemon may take for a step.

# Output.

title() {
    printf '\n== %s\n' "$*"
}

note() {
    printf '   %s\n' "$*"
}

# Shows a command and runs it, with its output set off.
run() {
    printf '   # %s\n' "$*"
    "$@" 2>&1 | sed 's/^/     /'
}

iovd=(ovs-appctl -T "$patience" -t ovs-iovd)

show() {
    run "${iovd[@]}" iov/show
}

# check TEXT EXPECTED SEEN: TEXT is true if what was SEEN is as EXPECTED.
check() {
    local text=$1 expected=$2 seen=$3
    checks=$((checks + 1))
    if [[ $seen = "$expected" ]]; then
        note "yes: $text"
        return 0
    fi
    failures+=("$(printf '%s\nexpected: %s\nseen:     %s' "$text" \
                      "${expected:-nothing}" "${seen:-nothing}")")
    note "NO:  $text"
    note "     expected: ${expected:-nothing}"
    note "     seen:     ${seen:-nothing}"
}

# Prints COMMAND's output, or why there is none.
output_of() {
    "$@" 2>&1 || echo "\"$*\" failed"
}

# The end.

# Runs whatever the way out is.  Leaves what helps to understand a failure
# where iov-lab takes it from.
finish() {
    local status=$? failure
    trap '' EXIT TERM
    if ((status != 0)); then
        title "The demo stopped before its end, with status $status"
        note "line ${failed_line:-unknown}: ${failed_command:-}"
        note "It had made $checks checks."
    fi
    if ((${#failures[@]} > 0)); then
        printf '\n== %s of %s checks failed:\n' "${#failures[@]}" "$checks"
        for failure in "${failures[@]}"; do
            sed '1s/^/   - /; 2,$s/^/     /' <<<"$failure"
        done
    fi
    ((status == 0 && ${#failures[@]} == 0)) || keep_traces
    ((status != 0 || ${#failures[@]} == 0)) || status=1
    exit "$status"
}

keep_traces() {
    local name
    set +e
    for name in show vfs history verify support; do
        timeout 20 ovs-appctl -T 15 -t ovs-iovd "iov/$name" \
            >"/lab/out/iov-$name.txt" 2>&1
    done
    timeout 20 ovs-vsctl -t 15 show >/lab/out/ovs-vsctl-show.txt 2>&1
    timeout 20 ovs-ofctl dump-flows "$bridge" >/lab/out/flows.txt 2>&1
    ip -s -d link >/lab/out/ip-link.txt 2>&1
    dmesg >/lab/out/dmesg.txt
    cp /var/log/openvswitch/*.log /tmp/pings-* /lab/out/ 2>/dev/null
}

# Packets.

# Prints how many packets the guest sent on its VF, 0 without one.  A VF is
# the one device in the guest that has a device behind it.
vf_packets() {
    # shellcheck disable=SC2016
    ip netns exec "$1" bash -c '
        sum=0
        for netdev in /sys/class/net/*; do
            [[ -e $netdev/device ]] || continue
            ((sum += $(<"$netdev/statistics/tx_packets")))
        done
        echo "$sum"'
}

# Prints how many packets Open vSwitch had from the guest.
switch_packets() {
    ovs-ofctl dump-ports "$bridge" "$1" |
        sed -n 's/.*rx pkts=\([0-9]*\),.*/\1/p'
}

# Sets 'path' to where the pings of a guest to the outside world went, and
# says it, with the round-trip time.
watch_path() {
    local guest=$1 vf switch summary rtt
    vf=$(vf_packets "$guest")
    switch=$(switch_packets "$guest")
    summary=$(ip netns exec "$guest" ping -q -c 20 -i 0.1 -W 1 \
                  "$world_address" || :)
    vf=$(($(vf_packets "$guest") - vf))
    switch=$(($(switch_packets "$guest") - switch))
    rtt=$(sed -n 's|^rtt .* = [^/]*/\([^/]*\)/.*|\1|p' <<<"$summary")
    note "$guest pings the world: $(grep -o '[0-9]* received' <<<"$summary")" \
        "of 20, $rtt ms; $vf packets on the VF, $switch through the switch"
    path="neither alone: $vf packets on the VF, $switch through the switch"
    if ((vf >= 20 && switch == 0)); then path=vf; fi
    if ((vf == 0 && switch >= 20)); then path=switch; fi
}

# check_path GUEST PATH: shows and checks on which path a guest is.
check_path() {
    local -A words=([vf]="on its VF, past the switch"
                    [switch]="through the switch")
    watch_path "$1"
    check "$1 is ${words[$2]}" "$2" "$path"
}

# Asks for a page of the web server outside, as a user of the guest would, and
# prints it, or why there is none.
fetch() {
    local said
    if said=$(ip netns exec "$1" timeout 3 socat -u \
                  "TCP:$world_address:80,connect-timeout=2" - 2>&1) ||
       [[ -n $said && $said != *"timed out"* ]]; then
        echo "$said"
    else
        echo "no answer"
    fi
}

start_server() {
    ip netns exec world socat TCP-LISTEN:80,fork,reuseaddr \
        SYSTEM:'echo hello' &
}

# Pings all the time, 20 times a second, until stop_pings says what was lost.
start_pings() {
    local guest
    for guest in vm1 vm2; do
        ip netns exec "$guest" ping -i 0.05 "$world_address" \
            >"/tmp/pings-$guest" &
        pinger[$guest]=$!
    done
    sleep 1
}

stop_pings() {
    local guest sent
    sleep 1
    for guest in vm1 vm2; do
        kill -INT "${pinger[$guest]}"
        wait "${pinger[$guest]}" || :
        read -r sent "lost[$guest]" < <(count_pings "/tmp/pings-$guest")
        note "$guest sent $sent pings meanwhile, one every 50 ms, and lost" \
            "${lost[$guest]}"
    done
}

# Prints how many were sent and lost up to the last one that was answered: one
# whose answer is on its way at the end is not lost.
count_pings() {
    awk 'match($0, /icmp_seq=[0-9]+/) && !/DUP|Unreachable/ {
             received++
             last = substr($0, RSTART + 9, RLENGTH - 9)
         }
         END { print last + 0, last - received }' "$1"
}

# Prints the state of a port that the daemon publishes, with the reasons for
# one that is not direct.
state_of() {
    local state reasons
    state=$(ovs-vsctl --if-exists get Interface "$1" external_ids:iov-state)
    reasons=$(ovs-vsctl --if-exists get Interface "$1" \
                  external_ids:iov-reasons)
    echo "$state${reasons:+ because of $reasons}"
}

# timed COMMAND...: runs it, waits until it is in force, says how long it took.
timed() {
    local began=${EPOCHREALTIME/./}
    run "$@"
    "${iovd[@]}" iov/sync
    note "in force after $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
}

# Steps.

start_switch() {
    local guest
    title "A switch whose uplink is the NIC $PF, and two guests"
    lab-ovs start 2>/dev/null
    run ovs-vsctl add-br "$bridge"
    run ovs-vsctl add-port "$bridge" "$PF"
    ip link set "$PF" up
    ip link set "$bridge" up
    lab-ovs check "$bridge"
    ip -n world address add "$world_address/24" dev "$WORLD"
    start_server
    for guest in vm1 vm2; do
        lab-guest add "$bridge" "$guest" "${mac[$guest]}" \
            "${address[$guest]}/24"
    done
    note "vm1 and vm2 are network namespaces; each has a software port under a"
    note "bond, as a virtual machine with failover has.  The outside world is"
    note "another NIC on the same wire, $world_address."
    check_path vm1 switch
}

# Waits until ovs-iovd answers.
await_daemon() {
    local deadline=$((SECONDS + patience)) said
    until said=$("${iovd[@]}" iov/sync 2>&1); do
        if ((SECONDS > deadline)); then
            note "ovs-iovd does not answer within $patience s: $said"
            return 1
        fi
        sleep 0.1
    done
}

start_daemon() {
    title "ovs-iovd beside it; the switch may use VFs"
    run ovs-iovd -vconsole:off --pidfile --detach --no-chdir --log-file
    await_daemon
    timed ovs-vsctl set Bridge "$bridge" other_config:iov-enabled=true \
        other_config:iov-vfs=2
    show
}

ask_for_offload() {
    local guest
    title "Both guests ask for offload"
    start_pings
    for guest in vm1 vm2; do
        timed ovs-vsctl set Interface "$guest" \
            "other_config:iov-guest=netns:$guest" other_config:iov-weight=100
    done
    show
    stop_pings
    for guest in vm1 vm2; do
        check "ovs-iovd says that $guest is direct" direct \
            "$(state_of "$guest")"
        check_path "$guest" vf
        check "$guest reaches the web server" hello "$(fetch "$guest")"
    done
}

# Prints the flow of the list if iov/show names it, else what iov/show says.
named_flow() {
    local said
    said=$(output_of "${iovd[@]}" iov/show vm1)
    if [[ $said = *"$acl actions=drop"* ]]; then
        echo "$acl actions=drop"
    else
        echo "$said"
    fi
}

add_acl() {
    title "An access control list for vm1: no web"
    start_pings
    timed ovs-ofctl add-flow "$bridge" "$acl,actions=drop"
    show
    stop_pings
    check "vm1 is on software" software "$(state_of vm1 | sed 's/ .*//')"
    check "vm2 is still direct" direct "$(state_of vm2)"
    check "iov/show names the flow" "$acl actions=drop" "$(named_flow)"
    check "vm2 lost nothing" "0 pings lost" "${lost[vm2]} pings lost"
    check_path vm1 switch
    check_path vm2 vf
    check "vm1 does not reach the web server any more" "no answer" \
        "$(fetch vm1)"
    check "vm2 does" hello "$(fetch vm2)"
    run ovs-ofctl dump-flows "$bridge" "${acl#*,}"
}

delete_acl() {
    title "The list is deleted"
    start_pings
    timed ovs-ofctl --strict del-flows "$bridge" "$acl"
    show
    stop_pings
    check "vm1 is direct again" direct "$(state_of vm1)"
    check_path vm1 vf
    check "vm1 reaches the web server again" hello "$(fetch vm1)"
    run "${iovd[@]}" iov/history vm1
    check "what is set is what is wanted (iov/verify is empty)" "" \
        "$(output_of "${iovd[@]}" iov/verify)"
}

put_back() {
    title "ovs-iovd is asked to put everything back"
    run "${iovd[@]}" exit --cleanup
    check_path vm1 switch
    check_path vm2 switch
}

# One way to write it, which is also how Open vSwitch shows it.
acl=priority=100,tcp,in_port=vm1,tp_dst=80
declare -A pinger lost

set -E
trap 'failed_line=$LINENO failed_command=$BASH_COMMAND' ERR
trap finish EXIT
trap 'exit 143' TERM
start_switch
start_daemon
ask_for_offload
add_acl
delete_acl
put_back

title "$((checks - ${#failures[@]})) of $checks observations were as they" \
    "should be"

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Runs the Autotest suites and counts what came out.
#
# Autotest's closing summary has a dozen wordings, so the counts are taken
# from the line that it prints for each test.  The summary serves one purpose:
# a suite that does not get to print it has died, which is a failure.

passed=0
failed=0
skipped=0

# Prints "PASSED FAILED SKIPPED" for the suite whose output is in LOG.
count_results() {
    awk '
        { gsub(/\033\[[0-9;]*m/, "") }
        /^ *[0-9]+: / {
            if (/ ok *$/ || / expected failure \(.*\) *$/) passed++
            else if (/ skipped \(.*\) *$/) skipped++
            else if (/ FAILED \(.*\) *$/ || / UNEXPECTED PASS *$/) failed++
        }
        /^## Test results\. ##/ { finished = 1 }
        END {
            if (!finished) failed++
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

add_results() {
    local name=$1 log=$2 status=$3 p f s
    read -r p f s < <(count_results "$log")
    if [[ $status -ne 0 && $f -eq 0 ]]; then
        say "the $name suite exited with status $status, with no test failed"
        f=1
    fi
    grep -q '^## Test results\. ##' "$log" ||
        say "the $name suite died before its end; see $log"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    say "$name suite: $p passed, $f failed, $s skipped"
}

# Makes "$run_dir/view" a fifo: what is written to it is shown and kept in LOG.
open_view() {
    local log=$1
    mkfifo "$run_dir/view"
    tee "$log" <"$run_dir/view" &
    viewer=$!
}

close_view() {
    wait "$viewer" || :
    rm "$run_dir/view"
}

run_host_suite() {
    local log=$results_dir/host.log status=0
    say "running the host suite"
    open_view "$log"
    set -m
    (as_owner "$build_dir" make check \
        "TESTSUITEFLAGS=-j$cores $suite_flags") \
        </dev/null >"$run_dir/view" 2>&1 &
    set +m
    live_groups+=("$!")
    wait "$!" || status=$?
    forget_group "$!"
    close_view
    keep_failures "$build_dir/tests/testsuite.dir" host
    add_results host "$log" "$status"
}

# The suite of the lab's own NIC, which needs no other.
run_nic_suite() {
    local chosen=$nic
    nic=model
    need_module
    run_lab_suite nic
    nic=$chosen
}

# run_lab_suite NAME: runs tests/NAME-testsuite in the lab.
run_lab_suite() {
    local name=$1 log=$results_dir/$1.log
    file=$lab_dir/guest/run-suite
    read -ra command <<<"./run-suite $name-testsuite $suite_flags"
    with=("$suite_dir/$name-testsuite" "$suite_dir/atconfig"
        "$suite_dir/atlocal" "$suite_dir/test-offload")
    [[ ! -d $top_dir/tests/lab ]] || with+=("$top_dir/tests/lab")
    out_dir=$results_dir/$name
    rm -rf "$run_dir"/{job,job.tar,out,err,status,files}
    open_view "$log"
    boot_job >"$run_dir/view"
    close_view
    add_results "$name" "$log" "$job_status"
}

# Keeps the directories of failed tests, which Autotest leaves behind.
keep_failures() {
    local from=$1 name=$2
    [[ ! -d $from ]] || cp -r "$from" "$results_dir/$name"
}

# Says what has failed, shows what the first few said, and where the rest is.
show_failures() {
    local log
    [[ $failed -ne 0 ]] || return 0
    find "$results_dir" -mindepth 3 -name '*testsuite.log' | sort -V |
        head -n 5 | while read -r log; do
            printf '\n---- %s\n' "${log#"$results_dir"/}"
            tail -n 60 "$log"
        done
    printf '\nFailed tests, with what they said kept in %s:\n' "$results_dir"
    for log in "$results_dir"/*.log; do
        grep -HE '^ *[0-9]+: .* (FAILED \(.*\)|UNEXPECTED PASS) *$' "$log" |
            sed "s|^$results_dir/||; s|\.log:| suite:|" || :
    done
}

run_suites() {
    results_dir=$cache/check/$(key_of "$top_dir")
    take_lock "check-$(key_of "$top_dir")" exclusive
    rm -rf "$results_dir"
    mkdir -p "$results_dir"
    [[ $only != @(|host) ]] || run_host_suite
    [[ $only != @(|lab) ]] || run_lab_suite lab
    # By name only, until it has been seen to pass as a whole.
    [[ $only != nic ]] || run_nic_suite
    [[ $only != @(|variants) ]] || run_variants
    [[ $only != packages ]] || run_packages
    show_failures
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [[ $failed -eq 0 ]]
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What every part of iov-lab needs: messages, steps that show their progress,
# locks, and an end that leaves nothing running whatever the way out.
#
# Each step runs as a background job in a process group of its own, because
# bash runs a trap only after a foreground command has returned, and because
# the group is what has to be killed.  A function given to 'step' therefore
# runs in a subshell: it cannot set variables for the rest of the program.

# Exit status when the lab itself failed, as opposed to what ran inside it.
EX_LAB=125

live_groups=()                  # Leaders of the process groups to be ended.
temp_paths=()                   # What to remove on the way out.
keep_logs=no                    # Becomes "yes" on the first failure.
step_count=0

# Put before a command that runs in the background: a session of its own,
# whose leader is $!, and which the kernel kills with this program.  The shell
# in between turns a death by a signal into an exit status.  Without it, bash
# prints a line such as "Aborted" among our own.
# shellcheck disable=SC2016
session=(setsid setpriv --pdeathsig KILL bash -c '"$@"; exit "$?"' session
    setpriv --pdeathsig KILL)

say() {
    clear_line
    printf 'iov-lab: %s\n' "$*" >&2
}

# Prints WHAT went wrong, then what TO DO about it, and ends the program.
die() {
    local what=$1 todo=${2-}
    keep_logs=yes
    say "$what"
    [[ -z $todo ]] || printf '  what to do: %s\n' "$todo" >&2
    exit "$EX_LAB"
}

clear_line() {
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# Shows the end of LOG, indented.
show_tail() {
    local log=$1 lines=${2-20}
    [[ -s $log ]] || return 0
    show_errors "$log" "$lines"
    printf '  the last lines of %s:\n' "$log" >&2
    tail -n "$lines" "$log" | tr -d '\r' | sed 's/^/    | /' >&2
}

error_lines='error:|\*\*\*|^E: |BUG|[Pp]anic|Oops'

# Shows lines of LOG that look like errors, other than the last LINES: what
# "make -j" was told to stop for is often long past when it stops.
show_errors() {
    local log=$1 lines=$2
    { head -n "-$lines" "$log" | grep -E "$error_lines" || :; } |
        head -n 8 | sed 's/^/    ! /' >&2
}

# Prepares the directories and the traps.  Called once, before any step.
start_session() {
    if ! mkdir -p "$cache/log" "$cache/lock" 2>/dev/null ||
       ! [[ -w $cache/log && -w $cache/lock ]]; then
        die "cannot write to the cache directory $cache" \
            "run it with sudo, or set IOV_LAB_CACHE to another directory"
    fi
    [[ ! -O $cache ]] || chmod 755 "$cache"
    find "$cache/log" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} +
    log_dir=$(mktemp -d "$cache/log/run.XXXXXX")
    run_dir=$(mktemp -d "${TMPDIR:-/tmp}/iov-lab.$$.XXXXXX")
    temp_paths+=("$run_dir")
    remove_orphans
    trap 'end_session $?' EXIT
    trap 'interrupted INT 130' INT
    trap 'interrupted TERM 143' TERM
    trap 'interrupted HUP 129' HUP
}

# Removes what an iov-lab that was killed by SIGKILL could not remove.
remove_orphans() {
    local dir pid
    for dir in "${TMPDIR:-/tmp}"/iov-lab.*.*; do
        pid=${dir##*/iov-lab.}
        [[ -d /proc/${pid%%.*} || ! -O $dir ]] || rm -rf -- "$dir"
    done
}

interrupted() {
    local signal=$1 status=$2
    trap '' INT TERM HUP
    say "interrupted ($signal), stopping what is running" || :
    exit "$status"
}

end_session() {
    local status=$1 group path
    trap '' INT TERM HUP
    set +e
    for group in "${live_groups[@]}"; do
        stop_group "$group"
    done
    [[ -z ${saved_tty-} ]] || stty "$saved_tty" <&"$tty_fd"
    for path in "${temp_paths[@]}"; do
        rm -rf --one-file-system -- "$path"
    done
    [[ $keep_logs = yes ]] || rm -rf -- "$log_dir"
    exit "$status"
}

stop_group() {
    local leader=$1 _
    kill -TERM -- "-$leader" 2>/dev/null || return 0
    for _ in {1..50}; do
        kill -0 -- "-$leader" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- "-$leader" 2>/dev/null
}

forget_group() {
    local leader=$1 group rest=()
    for group in "${live_groups[@]}"; do
        [[ $group = "$leader" ]] || rest+=("$group")
    done
    live_groups=("${rest[@]}")
}

# step TITLE TODO COMMAND [ARG...]
#
# Runs COMMAND with its output in a log, shows how long it has been at it, and
# on failure says what it said and what TO DO.
step() {
    local title=$1 todo=$2 log began=$SECONDS status=0
    shift 2
    log=$log_dir/$(printf '%02d' "$((++step_count))")-${title//[^A-Za-z0-9]/-}
    set -m
    (set -euo pipefail; trap - EXIT; "$@") </dev/null >"$log" 2>&1 &
    set +m
    last_log=$log
    watch_step "$!" "$title" "$log"
    wait "$!" || status=$?
    forget_group "$!"
    [[ $status -eq 0 ]] || step_failed "$title" "$status" "$todo"
    say "$title: done in $((SECONDS - began)) s"
}

step_failed() {
    local title=$1 status=$2 todo=$3
    keep_logs=yes
    say "$title: FAILED (exit status $status)"
    show_tail "$last_log"
    printf '  what to do: %s\n' "$todo" >&2
    exit "$EX_LAB"
}

# Shows that the job PID is alive until it ends: on a terminal by a line that
# changes, elsewhere by a line now and then.
watch_step() {
    local pid=$1 title=$2 log=$3 began=$SECONDS next=30 pause=0.1
    live_groups+=("$pid")
    while kill -0 "$pid" 2>/dev/null; do
        if [[ -t 2 ]]; then
            show_progress "$title" "$((SECONDS - began))" "$log"
        elif ((SECONDS - began >= next)); then
            say "$title: still at it after $next s"
            next=$((next + 30))
        fi
        sleep "$pause"
        ((SECONDS - began < 2)) || pause=0.5
    done
}

# One line: TITLE, elapsed time, and the last thing that LOG says.
show_progress() {
    local title=$1 elapsed=$2 log=$3 line='' width
    [[ ! -s $log ]] || line=$(tail -c 200 "$log" | tr -d '\r\033' | tail -n 1)
    width=$(($(tput cols 2>/dev/null || echo 80) - 1))
    line="iov-lab: $title ... $elapsed s  $line"
    printf '\r\033[K%s' "${line:0:width}" >&2
}

# Takes the lock NAME for the rest of the program and puts the descriptor that
# holds it in 'lock_fd'.  MODE is "shared" or "exclusive".
take_lock() {
    local name=$1 mode=$2
    exec {lock_fd}>>"$cache/lock/$name"
    flock --nonblock "--$mode" "$lock_fd" && return 0
    say "waiting for another iov-lab, which holds the lock '$name'"
    flock "--$mode" "$lock_fd"
}

drop_lock() {
    exec {lock_fd}>&-
}

# A short name for the words given, the same for the same words.
key_of() {
    printf '%s\n' "$@" | sha256sum | cut -c 1-16
}

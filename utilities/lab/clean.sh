# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# "iov-lab clean": removes what iov-lab has made, and says what that was.
#
# The cache may be a directory that holds other things too (IOV_LAB_CACHE), so
# only what iov-lab itself makes there is removed, by name.  What another
# iov-lab uses at this moment is left, and said.

cleaned=0                       # Objects removed.
left=0                          # Objects that could not be.

do_clean() {
    local key
    key=$(key_of "$top_dir")
    if [[ ! -d $cache ]]; then
        say "there is no cache $cache"
    elif [[ $clean_all = yes ]]; then
        clean_everything
    else
        clean_tree "$key" "$top_dir"
        clean_lost_trees
    fi
    [[ $clean_all = no ]] || clean_backports
    [[ $cleaned -gt 0 || $left -gt 0 ]] || say "there was nothing to remove"
    [[ $left -eq 0 ]] || exit "$EX_LAB"
}

# clean_path LOCK WHAT PATH...: removes each PATH if nobody holds LOCK.
clean_path() {
    local lock=$cache/lock/$1 what=$2 path
    shift 2
    for path; do
        [[ -e $path || -L $path ]] || continue
        if [[ -e $lock && ! -w $lock || ! -w ${path%/*} ]]; then
            left=$((left + 1))
            say "left $path ($what): only its owner or root can remove it"
        elif flock --nonblock "$lock" rm -rf --one-file-system -- "$path"; then
            cleaned=$((cleaned + 1))
            say "removed $path ($what)"
        else
            left=$((left + 1))
            say "left $path ($what): another iov-lab uses it, or it resists"
        fi
    done
}

clean_tree() {
    local key=$1 tree=$2
    clean_path "build-$key" "what was built of $tree" "$cache/build/$key"
    clean_path "check-$key" "results of the tests of $tree" \
        "$cache/check/$key"
    [[ ! -w $cache/lock ]] ||
        rm -f "$cache/lock/build-$key" "$cache/lock/check-$key"
}

# The same for trees that are not there any more.
clean_lost_trees() {
    local file key tree
    for file in "$cache"/build/*/tree; do
        [[ -r $file ]] || continue
        tree=$(<"$file")
        key=${file%/tree}
        [[ -d $tree ]] || clean_tree "${key##*/}" "$tree, which has gone"
    done
}

clean_everything() {
    local path name
    for path in "$cache"/build/* "$cache"/check/*; do
        [[ -e $path ]] || continue
        name=${path##*/}
        clean_tree "$name" \
            "$(cat "$cache/build/$name/tree" 2>/dev/null || echo 'some tree')"
    done
    for path in "$cache"/image/*; do
        clean_path "image-${path##*/}" "an image of the lab" "$path"
    done
    for path in "$cache"/builder/*; do
        clean_path "builder-${path##*/}" "a root to build modules in" "$path"
    done
    clean_path ovs "Open vSwitch's libraries" "$cache/ovs"
    for path in "$cache"/log/* "$cache"/accel-*; do
        clean_path other "logs, and what was found out" "$path"
    done
    [[ $left -gt 0 || ! -w $cache ]] || remove_empty_cache
}

remove_empty_cache() {
    local dir
    rm -rf -- "$cache/lock"
    for dir in build check image builder ovs log ''; do
        rmdir -- "$cache/$dir" 2>/dev/null || :
    done
}

# The package source that add_backports has written, see packages.sh.
clean_backports() {
    [[ -e $backports_file ]] || return 0
    if ! grep -q '^# Written by iov-lab' "$backports_file"; then
        say "left $backports_file: it is not as iov-lab wrote it"
    elif rm -f -- "$backports_file" 2>/dev/null; then
        cleaned=$((cleaned + 1))
        say "removed $backports_file (packages from it stay installed)"
    else
        left=$((left + 1))
        say "left $backports_file: only root can remove it"
    fi
}

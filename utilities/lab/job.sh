# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What a lab is given to do: one tar archive, which is the second disk of the
# machine as it is.  No file system has to be made, and the lab unpacks it
# over its root, so the product needs no place in the image.

# Puts together job.tar from the lab's own files, the job, and the product.
#
# The command is written as a bash array, so that any argument survives.
make_job() {
    local tree=$run_dir/job parts
    mkdir -p "$tree/lab/job"
    cp -r "$lab_dir/guest/init" "$lab_dir/guest/bin" "$lab_dir/guest/shellrc" \
        "$tree/lab/"
    [[ $nic != model ]] || cp "$nic_module" "$tree/lab/iovnic.ko"
    write_job_settings >"$tree/lab/job.sh"
    copy_into_job "$tree/lab/job"
    parts=(-C "$tree" .)
    [[ $product = no ]] || parts+=(-C "$dest_dir" .)
    tar -c -f "$run_dir/job.tar" --owner=0 --group=0 --numeric-owner \
        --mode=go-w --exclude=./var/run --exclude='*.dir' "${parts[@]}" ||
        die "cannot write the job disk" "see that $run_dir has room"
}

write_job_settings() {
    local rows=24 columns=80
    if [[ $mode = shell ]]; then
        read -r rows columns < <(stty size <&"$tty_fd")
    fi
    printf '%s=%q\n' LAB_MODE "$mode" LAB_VFS "$vfs" LAB_NIC "$nic" \
        LAB_SUITE "$suite" LAB_ACCEL "$accel" LAB_TIMEOUT "$time_limit" \
        LAB_PF_MAC "$pf_mac" LAB_WORLD_MAC "$world_mac" \
        LAB_OUT "${out_dir:+yes}" LAB_TERM "${TERM:-linux}" \
        LAB_ROWS "$rows" LAB_COLUMNS "$columns"
    printf 'LAB_COMMAND=('
    printf '%q ' "${command[@]}"
    printf ')\n'
}

# Copies FILE, under its own name, and the paths of --with beside it.
copy_into_job() {
    local target=$1 path
    for path in "${with[@]}"; do
        cp -rL -- "$path" "$target/" ||
            die "cannot copy $path into the lab" "look at its permissions"
    done
    [[ -n $file ]] || return 0
    cp -L -- "$file" "$target/" ||
        die "cannot copy $file into the lab" "look at its permissions"
    chmod +x "$target/${file##*/}"
}

# Unpacks what the job left in /lab/out.
fetch_files() {
    [[ -n $out_dir ]] || return 0
    mkdir -p "$out_dir"
    [[ -s $run_dir/files ]] || return 0
    tar -x -f "$run_dir/files" -C "$out_dir" --no-same-owner ||
        die "the files of the job did not arrive whole" \
            "run it again; see that $out_dir has room"
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Labs that lack something that virtual machines with VFs need, and one where
# the NIC is below no port, which looks like a lack and is none.  Each is
# booted for one test, "check-host" inside it, and counted like the tests of
# the suites.

variants=(no-iommu no-intremap no-acs on-root no-sriov)

choose_variant() {
    iommu=yes intremap=on acs=yes slot=port nic=igb nic_model=igb
    case $1 in
        no-iommu) iommu=no ;;
        no-intremap) intremap=off ;;
        no-acs) acs=no ;;
        on-root) slot=root ;;
        no-sriov) nic=none nic_model=e1000e ;;
    esac
}

run_variant() {
    local name=$1 log=$results_dir/variant-$1.log
    choose_variant "$name"
    file=$lab_dir/guest/check-host
    command=(./check-host "$name")
    with=() out_dir=''
    rm -rf "$run_dir"/{job,job.tar,out,err,status,files}
    boot_job >"$log" 2>&1
    if [[ $job_status -eq 0 ]]; then
        passed=$((passed + 1))
        say "variant $name: passed"
    else
        failed=$((failed + 1))
        say "variant $name: FAILED"
        cat "$log"
    fi
}

run_variants() {
    local name
    for name in "${variants[@]}"; do
        run_variant "$name"
    done
}

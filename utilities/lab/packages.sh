# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The packages of the machine that builds the lab: which are missing, and how
# to get them.  apt is called only when something is missing.
#
# Mirrors are never named here: they come from the machine's own apt
# configuration, asked by 'apt-get indextargets'.

build_packages=(autoconf automake libtool pkg-config make gcc git libc6-dev
    python3 libmnl-dev libcap-ng-dev libpci-dev libudev-dev libssl-dev
    libvirt-dev libxml2-dev openvswitch-source openvswitch-switch openvswitch-common)
lab_packages=(mmdebstrap e2fsprogs xz-utils bzip2 zstd util-linux tar
    debian-archive-keyring)
qemu_minimum=8.0
backports_file=/etc/apt/sources.list.d/ovs-iov-backports.sources

# Sets host_suite to the code name of the Debian release of this machine.
find_host_suite() {
    local id codename
    # shellcheck source=/dev/null
    read -r id codename < <(. /etc/os-release &&
                                echo "${ID-} ${VERSION_CODENAME-}")
    [[ $id = debian && -n $codename ]] ||
        die "this machine is '$id', not Debian" \
            "run iov-lab on Debian 12 or 13 (a container or VM will do)"
    host_suite=$codename
}

# Makes sure that everything named above is installed.
need_packages() {
    local missing
    mapfile -t missing < <(missing_of "${build_packages[@]}" \
                                      "${lab_packages[@]}")
    if [[ ${#missing[@]} -eq 0 ]] && have_qemu; then
        return 0
    fi
    need_root "install packages${missing[*]:+ (${missing[*]})}"
    step "reading the package lists" \
        "make 'apt-get update' work on this machine" update_lists
    if [[ ${#missing[@]} -gt 0 ]]; then
        say "these packages will be installed: ${missing[*]}"
        step "installing ${#missing[@]} packages" \
            "make 'apt-get install ${missing[*]}' work" \
            install_packages "${missing[@]}"
    fi
    have_qemu || install_qemu
    have_qemu ||
        die "qemu-system-x86_64 is installed but has no 'igb' device" \
            "install QEMU $qemu_minimum or later"
}

need_root() {
    [[ $EUID -eq 0 ]] ||
        die "only root can $1" "run it with sudo"
}

# Prints those of the packages given that are not installed.
missing_of() {
    local installed name
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
                    2>/dev/null || :)
    for name in "$@"; do
        grep -qx "installed $name" <<<"$installed" || echo "$name"
    done
}

have_qemu() {
    local help
    help=$(qemu-system-x86_64 -device igb,help 2>/dev/null) || return 1
    [[ $help = *romfile* ]]
}

# A third party's repository that does not answer must not stop us, so whether
# this matters is left to the installation that follows.
update_lists() {
    apt-get update || echo "apt-get update failed, going on all the same"
}

# Services that come with the packages are not started: the lab has its own.
install_packages() {
    local policy=/usr/sbin/policy-rc.d ours=no status=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=yes
        # shellcheck disable=SC2064
        trap "rm -f '$policy'" EXIT
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "$@" || status=$?
    [[ $ours = no ]] || rm -f "$policy"
    return "$status"
}

# QEMU of the backports needs other packages from there, which apt finds by
# "-t".  That holds for this one call only.
install_qemu() {
    local candidate release=''
    candidate=$(LC_ALL=C apt-cache policy qemu-system-x86 |
                    sed -n 's/^ *Candidate: //p')
    if dpkg --compare-versions "${candidate#*:}" lt "$qemu_minimum"; then
        release=$host_suite-backports
        add_backports
    fi
    step "installing QEMU${release:+ from $release}" \
        "install QEMU $qemu_minimum or later yourself" \
        install_packages ${release:+-t "$release"} qemu-system-x86
}

# Adds the backports of this machine's release from the mirror that its own
# configuration names, unless it has them already.
add_backports() {
    local mirror
    [[ -z $(mirror_of "$host_suite-backports") ]] || return 0
    mirror=$(mirror_of "$host_suite")
    [[ -n $mirror ]] ||
        die "apt knows no mirror for Debian $host_suite" \
            "add one to /etc/apt/sources.list.d"
    say "the lab needs QEMU >= $qemu_minimum, which Debian $host_suite lacks"
    say "  and $host_suite-backports has.  That source of packages is added as"
    say "  $backports_file."
    say "  apt takes from it QEMU and what QEMU needs, and nothing by itself."
    say "  \"iov-lab clean --all\" removes it, or remove that file."
    {
        echo "# Written by iov-lab, which needs QEMU >= $qemu_minimum."
        echo "# Removed by \"iov-lab clean --all\"."
        echo "Types: deb"
        echo "URIs: $mirror"
        echo "Suites: $host_suite-backports"
        echo "Components: main"
        [[ ! -r $debian_keyring ]] || echo "Signed-By: $debian_keyring"
    } >"$backports_file"
    step "reading the package lists again" \
        "see whether that mirror has $host_suite-backports" update_lists
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints the URI of the mirror that holds "main" of the release NAME, if any.
mirror_of() {
    local name=$1 codename release component uri
    # shellcheck disable=SC2016
    while IFS='|' read -r codename release component uri; do
        if [[ $component = main && ($codename = "$name" ||
                                    $release = "$name") ]]; then
            echo "$uri"
            return 0
        fi
    done < <(apt-get indextargets 'Created-By: Packages' \
        --format '$(CODENAME)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)')
}

# Prints apt source lines for SUITE, made from those of this machine.
sources_for() {
    local suite=$1 part uri
    for part in '' -updates -security; do
        uri=$(mirror_of "$host_suite$part")
        [[ -z $uri ]] || echo "deb $uri $suite$part main"
    done
}

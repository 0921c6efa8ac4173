# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The command line: help, options, and what they are set to by default.

nic=igb
nic_model=igb
vfs=0
iommu=yes
intremap=on
acs=yes
slot=port
memory=2048
suite=''
packages=''
kernel_args=''
time_limit=0
product=yes
clean_all=no
out_dir=''
only=''
suite_flags=''
file=''
with=()
command=()

show_help() {
    case ${1-} in
        run) help_run ;;
        check) help_check ;;
        clean) help_clean ;;
        demo | shell) help_simple "$1" ;;
        *) help_main ;;
    esac
}

help_main() {
    cat <<EOF
iov-lab: builds ovs-iov and tries it with a real SR-IOV driver, in a lab
usage: iov-lab COMMAND [OPTION]...

  demo    show the main job with real packets
  check   run every test: on this machine, then in the lab
  shell   open a root shell in a booted lab
  run     run a program in a lab with the product installed
  clean   remove what iov-lab has made on this machine
  help    show this; "iov-lab COMMAND --help" tells more

The lab is a virtual machine with an emulated Intel 82576 NIC.  Packages that
are missing on this machine (Debian 12 or 13) are installed, so run it as root.
QEMU comes from the backports of the release where its own is too old.
What is built is kept in $cache; set IOV_LAB_CACHE for
another place.
EOF
}

help_hardware() {
    cat <<EOF

The lab:
  --nic igb           the NIC: an emulated Intel 82576 (default)
        model         the same with a driver of ours, which has a flow table
                      and enforces what is set for a VF (docs/lab-nic.md)
        none          a NIC without SR-IOV
  --vfs N             create N VFs before the start (default: 0, none)
  --no-iommu          no IOMMU
  --no-intremap       an IOMMU without interrupt remapping
  --no-acs            a root port without ACS: the VFs share an IOMMU group
  --on-root           the NIC on the root complex, below no port
  --memory MB         memory (default: $memory)
  --suite SUITE       Debian release (default: that of this machine)
  --packages LIST     further Debian packages, separated by commas
  --kernel-args ARGS  further arguments of the kernel
EOF
}

help_simple() {
    printf 'usage: iov-lab %s [OPTION]...\n\n' "$1"
    if [[ $1 = demo ]]; then
        cat <<EOF
Builds everything, boots the lab, and shows there how a port runs on its VF,
how an ACL takes it off, how the reason is shown, and how it returns.
EOF
    else
        cat <<EOF
Boots the lab with the product installed and nothing configured, and opens a
root shell there.  "exit" ends the lab.  Ctrl-a x ends it at once.

  --no-product        neither build nor install the product
EOF
    fi
    help_hardware
}

help_run() {
    cat <<EOF
usage: iov-lab run [OPTION]... FILE [ARG]...

Boots a lab with the product installed and nothing configured, copies FILE
into it, runs it there as root, passes on what it prints, and exits with its
exit status: 124 if it took too long, $EX_LAB if the lab itself failed.

In the lab, "lab-ovs start" starts Open vSwitch, and /run/lab.env (which FILE
has in its environment) names the hardware: PF and PF_PCI are the NIC; WORLD is
the outside world on the same wire, in the namespace "world".

  --timeout SECONDS   end FILE after this time (default: never)
  --with PATH         copy PATH too, into the directory that FILE runs in
  --out DIR           bring back to DIR what FILE leaves in /lab/out
  --no-product        neither build nor install the product
EOF
    help_hardware
}

help_check() {
    cat <<EOF
usage: iov-lab check [OPTION]...

Runs the host suite (no root, no hardware needed), then the lab suite in the
lab, then a test in each of the labs that lack an IOMMU, interrupt remapping,
ACS or SR-IOV, and in one with the NIC on the root complex ("variants").  The
last line is "N passed, N failed, N skipped"; the exit status is 0 if nothing
failed, 1 if something did, $EX_LAB if the lab itself failed.

"--only nic" runs the suite of the lab's own NIC, which "check" does not run
by itself yet.  With --nic model the lab suite runs on that NIC; what does not
apply there (tests/lab/not-on-model) is skipped.

  --only PART         run only this: host, lab, nic, variants, or packages, which
                      is not run otherwise: Debian's packages in a fresh Debian
  --flags FLAGS       what to give to the suites, such as "-k acl" or "3-5"
EOF
    help_hardware
}

help_clean() {
    cat <<EOF
usage: iov-lab clean [--all]

Removes what was built of this source tree, and of trees that have gone, from
the cache $cache, and says what it removed.  It asks nothing.

  --all               the images of the lab and all else in the cache too, and
                      $backports_file,
                      if iov-lab has added that source of packages

Packages that were installed stay.  What another iov-lab uses now is left.
EOF
}

# Reads the options of the command NAME, then sets 'file' and 'command'.
parse_options() {
    local name=$1
    shift
    while [[ ${1-} = -* ]]; do
        case $1 in
            -h | --help) show_help "$name"; exit 0 ;;
            --) shift; break ;;
            --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
            --no-* | --on-root | --all) parse_switch "$name" "$1"; shift ;;
            *)
                [[ $# -ge 2 ]] || usage "$name" "option $1 needs a value"
                parse_value "$name" "$1" "$2"
                shift 2
                ;;
        esac
    done
    take_operands "$name" "$@"
}

parse_switch() {
    case $2 in
        --no-iommu) iommu=no ;;
        --no-intremap) intremap=off ;;
        --no-acs) acs=no ;;
        --on-root) slot=root ;;
        --no-product)
            [[ $1 = run || $1 = shell ]] || usage "$1" "needs the product"
            product=no
            ;;
        --all) need_command "$1" clean "$2"; clean_all=yes ;;
        *) usage "$1" "there is no option $2" ;;
    esac
}

parse_value() {
    local name=$1 option=$2 value=$3
    [[ $name != clean ]] || usage "$name" "there is no option $option"
    case $option in
        --nic) one_of "$@" igb model none; nic=$value ;;
        --vfs) whole_number "$@" 0 7; vfs=$value ;;
        --memory) whole_number "$@" 512 1048576; memory=$value ;;
        --suite) plain_word "$@"; suite=$value ;;
        --packages) packages+=${packages:+,}$value ;;
        --kernel-args) kernel_args+=${kernel_args:+ }$value ;;
        *) parse_own_value "$@" ;;
    esac
}

# The options that only one command has.
parse_own_value() {
    local name=$1 option=$2 value=$3
    case $option in
        --timeout | --with | --out) need_command "$name" run "$option" ;;&
        --only | --flags) need_command "$name" check "$option" ;;&
        --timeout) whole_number "$@" 1 1000000; time_limit=$value ;;
        --with)
            [[ -e $value ]] || usage "$name" "--with $value: no such file"
            with+=("${value%/}")
            ;;
        --out) out_dir=$value ;;
        --only) one_of "$@" host lab nic variants packages; only=$value ;;
        --flags) suite_flags=$value ;;
        *) usage "$name" "there is no option $option" ;;
    esac
}

# Sets 'file' and 'command' from what follows the options.
take_operands() {
    local name=$1
    shift
    if [[ $name != run ]]; then
        [[ $# -eq 0 ]] || usage "$name" "'$1' is too much"
        return 0
    fi
    [[ $# -gt 0 ]] || usage "$name" "FILE is missing"
    [[ -f $1 && -r $1 ]] || usage "$name" "$1: no such file, or not readable"
    file=$1
    command=("./${1##*/}" "${@:2}")
}

usage() {
    printf 'iov-lab %s: %s\n' "$1" "$2" >&2
    printf '  what to do: see "iov-lab %s --help"\n' "$1" >&2
    exit "$EX_LAB"
}

need_command() {
    [[ $1 = "$2" ]] || usage "$1" "option $3 is for \"iov-lab $2\" only"
}

one_of() {
    local name=$1 option=$2 value=$3 word
    shift 3
    for word; do
        [[ $word != "$value" ]] || return 0
    done
    usage "$name" "$option $value: must be one of $*"
}

whole_number() {
    if ! [[ $3 =~ ^(0|[1-9][0-9]{0,6})$ ]] || (($3 < $4 || $3 > $5)); then
        usage "$1" "$2 $3: must be a number from $4 to $5"
    fi
}

plain_word() {
    [[ $3 =~ ^[a-z][a-z0-9-]*$ ]] ||
        usage "$1" "$2 $3: must be the name of a Debian release"
}

# SPDX-License-Identifier: Apache-2.0
#
# Completion of ovs-iov(8) in bash.  The words come from ovs-iov itself.
#
# They are taken as they are, line by line; "compgen -W"
# would run what is in them.

_ovs_iov()
{
    mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" complete \
        "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _ovs_iov ovs-iov

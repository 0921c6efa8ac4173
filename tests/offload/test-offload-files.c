/* SPDX-License-Identifier: Apache-2.0 */

/* Files: sysfs and the journal.
 *
 *   pci SYSFS                 tells of the PFs in a tree that looks like /sys
 *   journal FILE COMMAND...   opens the journal and does, in order:
 *       record VF PORT MAC    forget VF        mac MAC,...  del-mac MAC
 *       num-vfs N             switch VLAN MAC PORT|-        prune N
 *       show
 *
 * The journal is that of one PF with four VFs, "pf0" at 0000:01:00.0. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offload/journal.h"
#include "offload/pci/pci.h"
#include "offload/pci/vfio.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "packets.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

int
test_pci(int argc, char *argv[])
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    const char *name;
    size_t i;

    pci_set_sysfs(argc > 1 ? argv[1] : NULL);
    pci_list_pfs(&names);
    SVEC_FOR_EACH (i, name, &names) {
        struct iov_pf pf = { .netdev = xstrdup(name) };

        if (pci_read_pf(&pf)) {
            printf("%s: %s %s, %u of %u VFs\n", name,
                   pf.pci ? pf.pci : "-", pf.driver ? pf.driver : "-",
                   pf.n_vfs, pf.total_vfs);
            for (unsigned int j = 0; j < pf.n_vfs; j++) {
                const struct iov_vf *vf = &pf.vfs[j];

                printf("  vf %u: %s %s %s\n", vf->index,
                       vf->pci ? vf->pci : "-",
                       vf->driver ? vf->driver : "-",
                       vf->netdev ? vf->netdev : "-");
            }
        }
        iov_pf_clear(&pf);
    }
    svec_destroy(&names);
    pci_exit();
    return 0;
}

/* hold SYSFS PCI: keeps the device off the bus; then, at each line, lets the
 * guest do what that says and as many milliseconds pass: "on", "release" or
 * "nothing". */
int
test_hold(int argc, char *argv[])
{
    const char *pci = argc > 2 ? argv[2] : "";
    long long int now = 0;
    char what[16];
    int ms;

    pci_set_sysfs(argv[1]);
    now = time_msec();
    printf("%s\n", ovs_strerror(pci_hold_master(pci)));
    while (scanf("%15s %d", what, &ms) == 2) {
        bool on = false;

        if (!strcmp(what, "on")) {
            pci_set_master(pci, true);
        } else if (!strcmp(what, "release")) {
            pci_release_master(pci);
        }
        now += ms;
        pci_hold_run(now);
        int error = pci_get_master(pci, &on);
        printf("%s: %s, %s\n", what, error ? ovs_strerror(error)
               : on ? "on" : "off",
               pci_is_held(pci) ? "held" : "not held");
    }
    pci_hold_exit();
    pci_exit();
    return 0;
}

static void
make_nics(struct iov_nics *nics, unsigned int n_vfs)
{
    struct iov_pf *pf = xzalloc(sizeof *pf);

    pf->netdev = xstrdup("pf0");
    pf->pci = xstrdup("0000:01:00.0");
    iov_pf_set_n_vfs(pf, n_vfs);
    for (unsigned int i = 0; i < n_vfs; i++) {
        pf->vfs[i].busy = true;
        pf->vfs[i].now.known = IOV_VF_ALL & ~IOV_VF_BIT(IOV_VF_TRUST);
        pf->vfs[i].now.max_rate = 100 + i;
        pf->vfs[i].now.vlan_proto = 0x8100;
    }
    nics->pfs = pf;
    nics->n_pfs = 1;
    iov_journal_fill(nics);
}

static void
show(void)
{
    const struct iov_journal_switch *entries;
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct iov_nics nics;

    make_nics(&nics, 4);

    struct iov_pf *pf = &nics.pfs[0];

    /* Only addresses that the PF has can be ours. */
    iov_pf_add_mac(pf, (struct eth_addr) ETH_ADDR_C(02,00,00,00,00,01),
                   false);
    iov_pf_add_mac(pf, (struct eth_addr) ETH_ADDR_C(02,00,00,00,00,02),
                   false);
    iov_journal_fill(&nics);
    ds_put_format(&ds, "original vfs %d\n", pf->original_vfs);
    for (size_t i = 0; i < pf->n_our_macs; i++) {
        ds_put_format(&ds, "mac "ETH_ADDR_FMT"\n",
                      ETH_ADDR_ARGS(pf->our_macs[i]));
    }
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        const struct iov_vf_record *r = pf->vfs[i].record;

        if (r) {
            ds_put_format(&ds, "vf %u: %s %s %s "ETH_ADDR_FMT" "ETH_ADDR_FMT
                          " %u rate %u%s%s\n", i, r->port, r->bridge, r->guest,
                          ETH_ADDR_ARGS(r->mac), ETH_ADDR_ARGS(r->fence_mac),
                          r->fence_vlan,
                          r->original.max_rate,
                          r->original.known & IOV_VF_BIT(IOV_VF_TRUST)
                          ? "" : ", trust unknown",
                          pf->vfs[i].busy ? ", busy" : "");
        }
    }
    for (size_t i = 0, n = iov_journal_switch_entries(&entries); i < n; i++) {
        ds_put_format(&ds, "switch %s %d "ETH_ADDR_FMT" %s\n",
                      entries[i].bridge, entries[i].vlan,
                      ETH_ADDR_ARGS(entries[i].mac), entries[i].port);
    }
    fputs(ds_cstr(&ds), stdout);
    ds_destroy(&ds);
    iov_nics_clear(&nics);
}

static struct eth_addr
mac_of(const char *s)
{
    struct eth_addr mac;

    if (!eth_addr_from_string(s, &mac)) {
        ovs_fatal(0, "%s: not a MAC address", s);
    }
    return mac;
}

static void
do_op(const struct iov_nics *nics, enum iov_op_type type, char *args[])
{
    unsigned int vf = atoi(args[0]);
    struct iov_op *op = iov_op_create(type, "", "pf0", vf);

    if (type == IOV_OP_RECORD) {
        struct iov_vf_record *r = op->record = xzalloc(sizeof *r);

        r->port = xstrdup(args[1]);
        r->bridge = xstrdup("br0");
        r->guest = xstrdup("netns:a");
        r->mac = mac_of(args[2]);
        r->fence_mac = mac_of("06:00:00:00:00:ff");
        r->fence_vlan = 4000 + vf;
        if (vf < nics->pfs[0].n_vfs) {
            r->original = nics->pfs[0].vfs[vf].now;
            r->original.max_rate += strlen(args[1]);
        }
    }

    struct iov_result *result;

    iov_journal_do(&op, 1, nics, &result);

    if (result->error) {
        printf("%s: %s\n", ovs_strerror(result->error), result->text);
    }
    iov_result_destroy(result);
}

/* 'text' is one address, or several separated by commas. */
static int
note_macs(const struct iov_pf *pf, char *text)
{
    struct iov_journal_mac macs[8];
    size_t n = 0;

    for (char *mac; n < ARRAY_SIZE(macs) && (mac = strsep(&text, ",")); ) {
        macs[n++] = (struct iov_journal_mac) { pf, mac_of(mac) };
    }
    int errors[ARRAY_SIZE(macs)] = { 0 };
    iov_journal_note_macs(macs, n, errors);
    return errors[0];
}

/* Does the command at 'args'; returns the number of words it takes. */
static int
run_command(char *args[], int n)
{
    const char *what = args[0];
    struct iov_nics nics;
    int error = 0, used;

    make_nics(&nics, !strcmp(what, "prune") && n > 1 ? atoi(args[1]) : 4);
    if (!strcmp(what, "record") && n > 3) {
        do_op(&nics, IOV_OP_RECORD, args + 1);
        used = 4;
    } else if (!strcmp(what, "forget") && n > 1) {
        do_op(&nics, IOV_OP_FORGET, args + 1);
        used = 2;
    } else if (!strcmp(what, "mac") && n > 1) {
        error = note_macs(&nics.pfs[0], args[1]);
        used = 2;
    } else if (!strcmp(what, "del-mac") && n > 1) {
        iov_journal_forget_mac(&nics.pfs[0], mac_of(args[1]));
        used = 2;
    } else if (!strcmp(what, "num-vfs") && n > 1) {
        error = iov_journal_note_num_vfs(&nics.pfs[0], atoi(args[1]));
        used = 2;
    } else if (!strcmp(what, "switch") && n > 3) {
        iov_journal_note_switch("br0", atoi(args[1]), mac_of(args[2]),
                                strcmp(args[3], "-") ? args[3] : NULL);
        used = 4;
    } else if (!strcmp(what, "prune") && n > 1) {
        puts(iov_journal_prune(&nics) ? "pruned" : "nothing to prune");
        used = 2;
    } else if (!strcmp(what, "show")) {
        show();
        used = 1;
    } else {
        ovs_fatal(0, "%s: no such command", what);
    }
    if (error) {
        printf("%s: %s\n", what, ovs_strerror(error));
    }
    iov_nics_clear(&nics);
    return used;
}

/* test-offload vfio SYSFS PCI DRIVER; "-" is no driver, "anew" the one that
 * it has, bound anew. */
int
test_vfio(int argc, char *argv[])
{
    struct vfio_change *change;
    char *text;
    int error;

    if (argc < 4) {
        ovs_fatal(0, "usage: test-offload vfio SYSFS PCI DRIVER");
    }
    pci_set_sysfs(argv[1]);
    text = vfio_absent();
    puts(text ? text : "there is vfio-pci");
    free(text);
    error = (!strcmp(argv[3], "anew")
             ? vfio_bind_anew_start(argv[2], &change)
             : vfio_change_start(argv[2],
                                 strcmp(argv[3], "-") ? argv[3] : NULL,
                                 &change));
    if (error) {
        ovs_fatal(error, "vfio_change_start");
    }
    while (!vfio_change_done(change, &error, &text)) {
        vfio_change_wait(change);
        poll_block();
    }
    printf("%s%s%s\n", error ? ovs_strerror(error) : "ok", text ? ": " : "",
           text ? text : "");
    free(text);
    vfio_change_destroy(change);
    pci_exit();
    return 0;
}

/* test-offload vectors SYSFS PCI NUMBER. */
int
test_vectors(int argc, char *argv[])
{
    struct pci_vectors *vectors;
    char *text = NULL;
    int error;

    if (argc < 4) {
        ovs_fatal(0, "usage: test-offload vectors SYSFS PCI NUMBER");
    }
    pci_set_sysfs(argv[1]);
    printf("%u%s\n", pci_count_vectors(argv[2]),
           pci_was_reset(argv[2]) ? ", was reset" : "");
    error = pci_vectors_start(argv[2], atoi(argv[3]), &vectors);
    while (vectors && !pci_vectors_done(vectors, &error, &text)) {
        pci_vectors_wait(vectors);
        poll_block();
    }
    printf("%s%s%s\n", error ? ovs_strerror(error) : "ok", text ? ": " : "",
           text ? text : "");
    free(text);
    pci_vectors_destroy(vectors);
    pci_exit();
    return 0;
}

/* test-offload irqs SYSFS PCI. */
int
test_irqs(int argc, char *argv[])
{
    if (argc < 3) {
        ovs_fatal(0, "usage: test-offload irqs SYSFS PCI");
    }
    pci_set_sysfs(argv[1]);
    printf("%u\n", pci_count_irqs(argv[2]));
    pci_exit();
    return 0;
}

int
test_journal(int argc, char *argv[])
{
    char *error = iov_journal_open(argc > 1 ? argv[1] : "");

    if (error) {
        puts(error);
        free(error);
    } else if (iov_journal_blocked()) {
        puts(iov_journal_blocked());
    }
    for (int i = 2; i < argc; ) {
        i += run_command(argv + i, argc - i);
    }
    iov_journal_close();
    return 0;
}

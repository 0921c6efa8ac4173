/* SPDX-License-Identifier: Apache-2.0 */

/* The commands that make, change and read dummy NICs and guests.
 *
 * This is the one file of offload/, together with die.c, that knows unixctl,
 * because it takes the place of people who plug NICs and of programs that
 * meddle with them.
 *
 * "set-num-vfs" and "vf" happen behind the daemon's back, as if somebody else
 * had done them, so they pass the queue, the script and the log by. */

#include <config.h>

#include "offload/dummy/dummy.h"

#include <errno.h>
#include <string.h>

#include "offload/host/filters.h"
#include "offload/host/upcalls.h"
#include "offload/host/host-events.h"
#include "packets.h"
#include "unixctl.h"
#include "util.h"

static const struct {
    const char *name;
    int error;
} errnos[] = {
    { "EACCES", EACCES }, { "EADDRINUSE", EADDRINUSE },
    { "EADDRNOTAVAIL", EADDRNOTAVAIL }, { "EBUSY", EBUSY },
    { "EEXIST", EEXIST }, { "EINVAL", EINVAL }, { "EIO", EIO },
    { "ENODEV", ENODEV }, { "ENOENT", ENOENT }, { "ENOMEM", ENOMEM },
    { "ENOSPC", ENOSPC }, { "EOPNOTSUPP", EOPNOTSUPP }, { "EPERM", EPERM },
    { "EPROTONOSUPPORT", EPROTONOSUPPORT }, { "ERANGE", ERANGE },
    { "ETIMEDOUT", ETIMEDOUT },
};

int
dummy_errno_from_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
        if (!strcmp(name, errnos[i].name)) {
            return errnos[i].error;
        }
    }
    return 0;
}

char *
dummy_join(int argc, const char *argv[], int first)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (int i = first; i < argc; i++) {
        ds_put_format(&ds, "%s%s", i > first ? " " : "", argv[i]);
    }
    return ds.length ? ds_steal_cstr(&ds) : NULL;
}

/* "OP" or "OP/ATTR". */
static bool
is_op_name(const char *what)
{
    char *op = xstrdup(what);
    char *slash = strchr(op, '/');
    enum iov_op_type type;
    enum iov_vf_attr attr;

    if (slash) {
        *slash++ = '\0';
    }

    bool ok = (iov_op_from_name(op, &type)
               && (!slash || iov_vf_attr_from_name(slash, &attr)));
    free(op);
    return ok;
}

static void
refusal_free(struct dummy_refusal *r)
{
    if (r) {
        free(r->text);
        free(r);
    }
}

void
dummy_refuse(struct shash *refusals, const char *what, int error,
             const char *text)
{
    struct dummy_refusal *r = xmalloc(sizeof *r);

    r->error = error;
    r->text = nullable_xstrdup(text);
    refusal_free(shash_replace(refusals, what, r));
}

/* Null 'what' stands for everything. */
void
dummy_accept(struct shash *refusals, const char *what)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, refusals) {
        if (!what || !strcmp(what, node->name)) {
            refusal_free(node->data);
            shash_delete(refusals, node);
        }
    }
}

const struct dummy_refusal *
dummy_refusal_find(const struct shash *refusals, const struct iov_op *op)
{
    const struct dummy_refusal *r = NULL;

    if (op->type == IOV_OP_VF_SET) {
        char *what = xasprintf("%s/%s", iov_op_name(op->type),
                               iov_vf_attr_name(op->attr));

        r = shash_find_data(refusals, what);
        free(what);
    }
    return r ? r : shash_find_data(refusals, iov_op_name(op->type));
}

struct dummy_pf *
dummy_script_pf(struct unixctl_conn *conn, const char *netdev)
{
    struct dummy_pf *pf = dummy_pf_find(netdev);

    if (!pf) {
        char *error = xasprintf("there is no dummy PF %s; see "
                                "iov-dummy/add-pf", netdev);

        unixctl_command_reply_error(conn, error);
        free(error);
    }
    return pf;
}

static void
add_pf_cb(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    unsigned int total, n = 0;

    if (!str_to_uint(argv[2], 10, &total)
        || (argc > 3 && !str_to_uint(argv[3], 10, &n))
        || n > total || total > 256) {
        unixctl_command_reply_error(conn, "the numbers of VFs must be "
                                    "0...256, and N_VFS not larger than "
                                    "TOTAL_VFS");
        return;
    } else if (dummy_pf_find(argv[1])) {
        unixctl_command_reply_error(conn, "there is such a PF already");
        return;
    }
    dummy_pf_set_num_vfs(dummy_pf_add(argv[1], total), n);
    dummy_touch();
    unixctl_command_reply(conn, NULL);
}

static void
del_pf_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);

    if (pf) {
        dummy_pf_remove(pf);
        dummy_touch();
        unixctl_command_reply(conn, NULL);
    }
}

static void
set_num_vfs_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);
    unsigned int n;

    if (!pf) {
        return;
    } else if (!str_to_uint(argv[2], 10, &n) || n > pf->total_vfs) {
        unixctl_command_reply_error(conn, "more VFs than the PF can have");
        return;
    }
    dummy_pf_set_num_vfs(pf, 0);
    dummy_pf_set_num_vfs(pf, n);
    dummy_touch();
    unixctl_command_reply(conn, NULL);
}

static void
pf_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
      void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);
    struct iov_pci_ids ids;
    unsigned int mtu;

    if (!pf) {
        return;
    } else if (!strcmp(argv[2], "up") || !strcmp(argv[2], "down")) {
        pf->up = !strcmp(argv[2], "up");
    } else if (!strcmp(argv[2], "carrier")
               || !strcmp(argv[2], "no-carrier")) {
        pf->no_carrier = !strcmp(argv[2], "no-carrier");
    } else if (str_to_uint(argv[2], 10, &mtu)) {
        pf->mtu = mtu;
    } else if (ovs_scan(argv[2], "%"SCNx16":%"SCNx16":%"SCNx16, &ids.vendor,
                        &ids.device, &ids.subvendor)) {
        pf->ids = ids;
    } else {
        unixctl_command_reply_error(conn, "neither \"up\", \"down\", "
                                    "\"carrier\" or \"no-carrier\" nor an "
                                    "MTU nor three numbers of PCI");
        return;
    }
    dummy_touch();
    unixctl_command_reply(conn, NULL);
}

static void
refuse_cb(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);
    int error = dummy_errno_from_name(argv[3]);

    if (!pf) {
        return;
    } else if (!is_op_name(argv[2]) || !error) {
        unixctl_command_reply_error(conn, "no such operation, or no such "
                                    "error name");
        return;
    }

    char *text = dummy_join(argc, argv, 4);

    dummy_refuse(&pf->refusals, argv[2], error, text);
    free(text);
    unixctl_command_reply(conn, NULL);
}

static void
refuse_value_cb(struct unixctl_conn *conn, int argc, const char *argv[],
                void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);
    int error = dummy_errno_from_name(argv[4]);
    enum iov_vf_attr attr;

    if (!pf) {
        return;
    } else if (!iov_vf_attr_from_name(argv[2], &attr) || !error) {
        unixctl_command_reply_error(conn, "no such attribute, or no such "
                                    "error name");
        return;
    }

    char *what = xasprintf("%s %s", argv[2], argv[3]);
    char *text = dummy_join(argc, argv, 5);

    dummy_refuse(&pf->values, what, error, text);
    free(what);
    free(text);
    unixctl_command_reply(conn, NULL);
}

static void
accept_cb(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);

    if (pf) {
        dummy_accept(&pf->refusals, argc > 2 ? argv[2] : NULL);
        dummy_accept(&pf->values, NULL);
        pf->ignore = 0;
        for (unsigned int i = 0; i < pf->n_vfs; i++) {
            pf->vfs[i].cannot = 0;
        }
        dummy_touch();
        unixctl_command_reply(conn, NULL);
    }
}

static void
delay_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);

    if (pf) {
        if (str_to_uint(argv[2], 10, &pf->delay)) {
            unixctl_command_reply(conn, NULL);
        } else {
            unixctl_command_reply_error(conn, "not a number of ms");
        }
    }
}

static void
ignore_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);
    enum iov_vf_attr attr;

    if (pf) {
        if (iov_vf_attr_from_name(argv[2], &attr)) {
            pf->ignore |= IOV_VF_BIT(attr);
            unixctl_command_reply(conn, NULL);
        } else {
            unixctl_command_reply_error(conn, "no such attribute");
        }
    }
}

static void
mac_table_cb(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);

    if (pf) {
        if (str_to_uint(argv[2], 10, &pf->mac_table)) {
            dummy_store_save();
            unixctl_command_reply(conn, NULL);
        } else {
            unixctl_command_reply_error(conn, "not a number");
        }
    }
}

static int
compare_macs(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct eth_addr));
}

static void
show_vf(struct ds *ds, const struct dummy_vf *vf, unsigned int index)
{
    ds_put_format(ds, "  vf %u:", index);
    for (size_t i = 0; i < IOV_N_VF_ATTRS; i++) {
        if (vf->set.known & IOV_VF_BIT(i)) {
            ds_put_cstr(ds, i ? ", " : " ");
            iov_vf_attr_format(ds, &vf->set, i);
        }
    }
    if (vf->guest) {
        ds_put_format(ds, "; %s %s", vf->running ? "running in" : "given to",
                      vf->guest);
    }
    ds_put_char(ds, '\n');
}

static void
show_pf(struct ds *ds, struct dummy_pf *pf)
{
    ds_put_format(ds, "%s: %u of %u VFs%s\n", pf->netdev, pf->n_vfs,
                  pf->total_vfs, pf->up ? "" : ", down");
    if (pf->n_macs) {
        qsort(pf->macs, pf->n_macs, sizeof *pf->macs, compare_macs);
    }
    for (size_t i = 0; i < pf->n_macs; i++) {
        ds_put_format(ds, "  mac "ETH_ADDR_FMT"\n",
                      ETH_ADDR_ARGS(pf->macs[i]));
    }
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        show_vf(ds, &pf->vfs[i], i);
    }
}

static void
show_cb(struct unixctl_conn *conn, int argc, const char *argv[],
        void *aux OVS_UNUSED)
{
    const struct shash_node **nodes = shash_sort(&dummy_pfs);
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < shash_count(&dummy_pfs); i++) {
        if (argc < 2 || !strcmp(nodes[i]->name, argv[1])) {
            show_pf(&ds, nodes[i]->data);
        }
    }
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
    free(nodes);
}

static void
log_cb(struct unixctl_conn *conn, int argc, const char *argv[],
       void *aux OVS_UNUSED)
{
    struct dummy_pf *pf = dummy_script_pf(conn, argv[1]);

    if (!pf) {
        return;
    } else if (argc < 3) {
        unixctl_command_reply(conn, ds_cstr(&pf->log));
    } else if (!strcmp(argv[2], "clear")) {
        ds_clear(&pf->log);
        unixctl_command_reply(conn, NULL);
    } else {
        unixctl_command_reply_error(conn, "usage: iov-dummy/log NETDEV "
                                    "[clear]");
    }
}

static void
guest_cb(struct unixctl_conn *conn, int argc, const char *argv[],
         void *aux OVS_UNUSED)
{
    const char *name = argv[1], *what = argv[2];
    struct dummy_guest *guest = dummy_guest_get(name);
    char *text = dummy_join(argc, argv, 3);
    char *error = NULL;

    if (!strcmp(what, "present")) {
        guest->present = true;
    } else if (!strcmp(what, "absent")) {
        guest->present = false;
        dummy_guest_evict(name);
    } else if (!strcmp(what, "accept")) {
        dummy_accept(&guest->refusals, NULL);
    } else if (!strcmp(what, "sends")) {
        guest->sent++;
    } else if (!strcmp(what, "mac")) {
        if (!text || !eth_addr_from_string(text, &guest->mac)) {
            guest->mac = eth_addr_zero;
        }
    } else if (!strncmp(what, "refuse-", 7)) {
        char *op = xasprintf("guest-%s", what + 7);

        if (is_op_name(op)) {
            dummy_refuse(&guest->refusals, op, EBUSY,
                         text ? text : "the dummy guest refuses");
        } else {
            error = xasprintf("%s: not attach, activate or detach", what + 7);
        }
        free(op);
    } else {
        error = xasprintf("%s: not present, absent, accept, sends, mac, "
                          "refuse-attach, refuse-activate or refuse-detach",
                          what);
    }
    free(text);
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
    } else {
        dummy_touch();
        unixctl_command_reply(conn, NULL);
    }
}

static void
host_event_cb(struct unixctl_conn *conn, int argc, const char *argv[],
              void *aux OVS_UNUSED)
{
    host_events_add(argc > 1 ? argv[1] : NULL);
    unixctl_command_reply(conn, NULL);
}

static void
filter_cb(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    char *text = dummy_join(argc, argv, 3);

    if (iov_filters_set(argv[1], argv[2], text)) {
        unixctl_command_reply(conn, NULL);
    } else {
        unixctl_command_reply_error(conn, "not foreign, tc or qdisc");
    }
    free(text);
}

static void
upcalls_cb(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
           void *aux OVS_UNUSED)
{
    iov_upcalls_say(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
    unixctl_command_reply(conn, NULL);
}

void
dummy_script_init(void)
{
    static const struct {
        const char *name, *usage;
        int min, max;
        unixctl_cb_func *cb;
    } commands[] = {
        { "add-pf", "NETDEV TOTAL_VFS [N_VFS]", 2, 3, add_pf_cb },
        { "del-pf", "NETDEV", 1, 1, del_pf_cb },
        { "pf", "NETDEV up|down|carrier|no-carrier|MTU|"
          "VENDOR:DEVICE:SUBVENDOR", 2, 2, pf_cb },
        { "set-num-vfs", "NETDEV N", 2, 2, set_num_vfs_cb },
        { "refuse", "NETDEV OP[/ATTR] ERRNO [TEXT...]", 3, INT_MAX,
          refuse_cb },
        { "refuse-value", "NETDEV ATTR VALUE ERRNO [TEXT...]", 4, INT_MAX,
          refuse_value_cb },
        { "accept", "NETDEV [OP[/ATTR]]", 1, 2, accept_cb },
        { "delay", "NETDEV MS", 2, 2, delay_cb },
        { "ignore", "NETDEV ATTR", 2, 2, ignore_cb },
        { "mac-table", "NETDEV SIZE", 2, 2, mac_table_cb },
        { "show", "[NETDEV]", 0, 1, show_cb },
        { "log", "NETDEV [clear]", 1, 2, log_cb },
        { "guest", "NAME present|absent|accept|sends|mac|"
          "refuse-(attach|activate|detach) "
          "[TEXT...]", 2, INT_MAX, guest_cb },
        { "filter", "PORT foreign|tc|qdisc [TEXT...]", 2, INT_MAX,
          filter_cb },
        { "upcalls", "MISSED LOST", 2, 2, upcalls_cb },
        { "host-event", "[PCI]", 0, 1, host_event_cb },
    };

    dummy_script_vf_init();
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        char *name = xasprintf("iov-dummy/%s", commands[i].name);

        unixctl_command_register(name, commands[i].usage, commands[i].min,
                                 commands[i].max, commands[i].cb, NULL);
        free(name);
    }
}

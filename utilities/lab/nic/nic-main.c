// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The lab's model of a NIC with a flow table: the module and its parameters.
 * docs/lab-nic.md is its manual.
 *
 * To load it, and to give it the PF:
 *
 *     insmod iovnic.ko [PARAMETER=VALUE...]
 *     echo iovnic >/sys/bus/pci/devices/$PF_PCI/driver_override
 *     echo $PF_PCI >/sys/bus/pci/drivers/igb/unbind
 *     echo $PF_PCI >/sys/bus/pci/drivers_probe
 *
 * All parameters can be changed at run time, in
 * /sys/module/iovnic/parameters/, and hold for what is asked afterwards:
 *
 *   refuse=NAME,...    What the NIC lacks: names of nic-key.def and of
 *                      nic-action.def, and "chain" (chains other than 0),
 *                      "matchall", "switchdev", "802.1ad", "min_tx_rate",
 *                      "link_state".
 *   table_size=N       Rules that the flow table has room for.
 *   stats_delay_ms=N   Counters of a rule are read at most so often.
 *   insert_delay_us=N  What the NIC takes to insert a rule.
 *   generation=NAME    One of nic-generation.def: a set of these, to which the
 *                      other parameters add.
 *
 * Rules are lost, as by a reset that "tc" does not know of, when PF_PCI/reset
 * in sysfs is written to.
 */

#include <linux/delay.h>
#include <linux/module.h>
#include "nic-table.h"

struct generation {
    const char *name;
    const char *refuse;
    int table_size;
    unsigned int stats_delay_ms;
    unsigned int insert_delay_us;
    bool mode_needs_no_vfs;     /* The mode changes only without VFs. */
    bool vfs_need_legacy;       /* VFs come and go in legacy mode only. */
};

static const struct generation generations[] = {
#define GENERATION(NAME, REFUSE, SIZE, STATS, INSERT, NO_VFS, LEGACY) \
    { NAME, REFUSE, SIZE, STATS, INSERT, NO_VFS, LEGACY },
#include "nic-generation.def"
};

static char refuse[256];
module_param_string(refuse, refuse, sizeof(refuse), 0644);
MODULE_PARM_DESC(refuse, "matches and actions that the NIC lacks");

static int table_size = 65536;
module_param(table_size, int, 0644);
MODULE_PARM_DESC(table_size, "number of rules that there is room for");

static unsigned int stats_delay_ms;
module_param(stats_delay_ms, uint, 0644);
MODULE_PARM_DESC(stats_delay_ms, "least time between two reads of a counter");

static unsigned int insert_delay_us;
module_param(insert_delay_us, uint, 0644);
MODULE_PARM_DESC(insert_delay_us, "time that inserting a rule takes");

static const struct generation *generation = &generations[0];

static int
set_generation(const char *value, const struct kernel_param *param)
{
    int i;

    for (i = 0; i < ARRAY_SIZE(generations); i++) {
        if (sysfs_streq(value, generations[i].name)) {
            WRITE_ONCE(generation, &generations[i]);
            return 0;
        }
    }
    return -EINVAL;
}

static int
get_generation(char *buffer, const struct kernel_param *param)
{
    return sysfs_emit(buffer, "%s\n", READ_ONCE(generation)->name);
}

static const struct kernel_param_ops generation_ops = {
    .set = set_generation,
    .get = get_generation,
};

module_param_cb(generation, &generation_ops, NULL, 0644);
MODULE_PARM_DESC(generation, "named set of what the NIC lacks");

/* Tells whether 'word' is in the list, which has commas or white space between
 * its words. */
static bool
has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (*list) {
        size_t n = strcspn(list, ", \n");

        if (n == length && !strncmp(list, word, n)) {
            return true;
        }
        list += n;
        list += strspn(list, ", \n");
    }
    return false;
}

/* Tells whether the NIC has to lack what 'word' names. */
bool
iov_refuses(const char *word)
{
    bool yes;

    kernel_param_lock(THIS_MODULE);
    yes = has_word(refuse, word);
    kernel_param_unlock(THIS_MODULE);
    return yes || has_word(READ_ONCE(generation)->refuse, word);
}

int
iov_table_size(void)
{
    return min(READ_ONCE(table_size), READ_ONCE(generation)->table_size);
}

unsigned int
iov_stats_delay_ms(void)
{
    return max(READ_ONCE(stats_delay_ms),
               READ_ONCE(generation)->stats_delay_ms);
}

/* Takes the time that inserting a rule takes. */
void
iov_insert_delay(void)
{
    unsigned int us = max(READ_ONCE(insert_delay_us),
                          READ_ONCE(generation)->insert_delay_us);

    if (us) {
        fsleep(us);
    }
}

bool
iov_mode_needs_no_vfs(void)
{
    return READ_ONCE(generation)->mode_needs_no_vfs;
}

bool
iov_vfs_need_legacy(void)
{
    return READ_ONCE(generation)->vfs_need_legacy;
}

static int __init
init(void)
{
    iov_key_init();
    return iov_pci_register();
}

static void __exit
fini(void)
{
    iov_pci_unregister();
    rcu_barrier();
}

module_init(init);
module_exit(fini);

MODULE_DESCRIPTION("Model of a NIC with a flow table, for the lab of ovs-iov");
MODULE_LICENSE("Dual MIT/GPL");

// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The health reporter "fw", by which real drivers tell of errors of their
 * firmware.  This one has an error when it is asked to:
 *
 *     devlink health test pci/$PF_PCI reporter fw
 *
 * and recovers at once, unless "devlink health set" says otherwise.
 *
 * Later kernels hold the devlink instance lock during such a request and take
 * it for a report, so the report comes from a work item.
 */

#include <net/devlink.h>
#include "nic.h"

static void
report(struct work_struct *work)
{
    struct iov_health *health = container_of(work, struct iov_health, work);

    if (!READ_ONCE(health->gone)) {
        devlink_health_report(health->reporter, "asked for by a test", NULL);
    }
}

static int
recover(struct devlink_health_reporter *reporter, void *context,
        struct netlink_ext_ack *extack)
{
    return 0;
}

static int
test(struct devlink_health_reporter *reporter, struct netlink_ext_ack *extack)
{
    struct iov_nic *nic = devlink_health_reporter_priv(reporter);

    schedule_work(&nic->health.work);
    return 0;
}

static const struct devlink_health_reporter_ops reporter_ops = {
    .name = "fw",
    .recover = recover,
    .test = test,
};

/* Called before devlink_register(). */
int
iov_health_add(struct iov_nic *nic)
{
    struct devlink_health_reporter *reporter;

    INIT_WORK(&nic->health.work, report);
    reporter = devlink_health_reporter_create(priv_to_devlink(nic),
                                              &reporter_ops, 0, nic);
    if (IS_ERR(reporter)) {
        return PTR_ERR(reporter);
    }
    nic->health.reporter = reporter;
    return 0;
}

/* Called before devlink_unregister(), after which nothing may be reported. */
void
iov_health_stop(struct iov_nic *nic)
{
    WRITE_ONCE(nic->health.gone, true);
    cancel_work_sync(&nic->health.work);
}

/* Called after devlink_unregister(). */
void
iov_health_del(struct iov_nic *nic)
{
    cancel_work_sync(&nic->health.work);
    devlink_health_reporter_destroy(nic->health.reporter);
}

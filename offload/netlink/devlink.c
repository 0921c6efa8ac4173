/* SPDX-License-Identifier: Apache-2.0 */

/* Listening to devlink: see devlink.h.
 *
 * One socket asks which numbers devlink has, the other one hears: of devlink
 * itself, and of families that come and go, because devlink may be there only
 * once a driver needs it.
 *
 * A health reporter tells of an error and of the recovery with one and the
 * same command; only its state differs. */

#include <config.h>

#include "offload/netlink/devlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <string.h>

#include "coverage.h"
#include "offload/netlink/genl.h"
#include "offload/netlink/rtnl-link.h"
#include "openvswitch/vlog.h"
#include "policy/model/text.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(iov_devlink);

COVERAGE_DEFINE(iov_devlink_event);

/* State of a health reporter that has nothing to complain about.  The kernel
 * has the number in no header for others. */
#define REPORTER_HEALTHY 0

static struct rtnl *questions;
static struct rtnl *events;
static uint16_t family;         /* 0: there is no devlink. */
static devlink_event_cb *callback;

/* Decoding. */

static bool
decode_reporter(const struct nlattr *nest, struct devlink_event *event)
{
    const struct nlattr *name
        = rtnl_find_nested(nest, DEVLINK_ATTR_HEALTH_REPORTER_NAME, 1);
    const struct nlattr *state
        = rtnl_find_nested(nest, DEVLINK_ATTR_HEALTH_REPORTER_STATE, 1);

    if (name) {
        rtnl_get_string(name, event->reporter, sizeof event->reporter);
    }
    if (state) {
        const uint8_t *value = mnl_attr_get_payload(state);

        event->type = (*value == REPORTER_HEALTHY ? DEVLINK_EVENT_RECOVERY
                       : DEVLINK_EVENT_ERROR);
    }
    return state != NULL;
}

bool
devlink_decode(const struct nlmsghdr *nlh, struct devlink_event *event)
{
    int command = genl_command(nlh);
    bool health = command == DEVLINK_CMD_HEALTH_REPORTER_RECOVER;
    bool told = command == DEVLINK_CMD_NEW || command == DEVLINK_CMD_DEL;

    *event = (struct devlink_event) { .type = DEVLINK_EVENT_DEVICE };
    if (!health && !told) {
        return false;
    }

    size_t left;
    const struct nlattr *nla = rtnl_first_attr(nlh, GENL_HDRLEN, &left);

    for (; nla; nla = rtnl_next_attr(nla, &left)) {
        switch (mnl_attr_get_type(nla)) {
        case DEVLINK_ATTR_BUS_NAME:
            rtnl_get_string(nla, event->bus, sizeof event->bus);
            break;
        case DEVLINK_ATTR_DEV_NAME:
            rtnl_get_string(nla, event->device, sizeof event->device);
            break;
        case DEVLINK_ATTR_HEALTH_REPORTER:
            told |= health && decode_reporter(nla, event);
            break;
        }
    }
    return told && event->bus[0] && event->device[0];
}

/* Listening. */

/* Joins the group anew whatever is known, because a family that was away has
 * lost its listeners. */
static void
take_family(const struct genl_family *f)
{
    family = f->gone ? 0 : f->id;
    if (!f->gone && f->group) {
        int error = rtnl_join(events, f->group);

        if (error) {
            VLOG_WARN("devlink cannot be listened to (%s); NICs that recover "
                      "from errors will be looked at late",
                      ovs_strerror(error));
        }
    }
}

static void
family_cb(void *aux OVS_UNUSED, const struct rtnl_reply *reply)
{
    const struct nlmsghdr *nlh = rtnl_next_message(reply, NULL);
    struct genl_family f;

    if (nlh && genl_decode_family(nlh, DEVLINK_GENL_NAME,
                                  DEVLINK_GENL_MCGRP_CONFIG_NAME, &f)) {
        take_family(&f);
    } else if (reply->error && reply->error != ENOENT
               && reply->error != ECANCELED) {
        VLOG_WARN("asking for devlink failed (%s); NICs that recover from "
                  "errors will be looked at late",
                  ovs_strerror(reply->error));
    }
}

static void
ask_for_family(void)
{
    union rtnl_request req;

    genl_encode_get_family(&req, DEVLINK_GENL_NAME);
    rtnl_send(questions, &req.nlh, family_cb, NULL);
}

static void
tell(const struct devlink_event *event)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(10, 10);

    COVERAGE_INC(iov_devlink_event);
    if (event->type == DEVLINK_EVENT_ERROR
        || event->type == DEVLINK_EVENT_RECOVERY) {
        char *reporter = iov_text_clean(event->reporter);

        VLOG_INFO_RL(&rl, "%s/%s: its driver's health reporter \"%s\" tells "
                     "of %s", event->bus, event->device, reporter,
                     event->type == DEVLINK_EVENT_ERROR ? "an error"
                     : "a recovery");
        free(reporter);
    }
    callback(event);
}

static void
notify(void *aux OVS_UNUSED, const struct nlmsghdr *nlh)
{
    struct devlink_event event = { .type = DEVLINK_EVENT_LOST };
    struct genl_family f;

    if (!nlh) {
        ask_for_family();
        callback(&event);
    } else if (nlh->nlmsg_type == family) {
        if (devlink_decode(nlh, &event)) {
            tell(&event);
        }
    } else if (genl_decode_family(nlh, DEVLINK_GENL_NAME,
                                  DEVLINK_GENL_MCGRP_CONFIG_NAME, &f)) {
        take_family(&f);
    }
}

void
devlink_open(devlink_event_cb *cb)
{
    int error = rtnl_open_generic(&questions, NULL, NULL);

    if (!error) {
        error = rtnl_open_generic(&events, notify, NULL);
    }
    if (!error) {
        error = rtnl_join(events, GENL_ID_CTRL);
    }
    if (error) {
        VLOG_WARN("devlink cannot be listened to (%s); NICs that recover from "
                  "errors will be looked at late", ovs_strerror(error));
        devlink_close();
        return;
    }
    callback = cb;
    ask_for_family();
}

void
devlink_close(void)
{
    rtnl_close(questions);
    rtnl_close(events);
    questions = events = NULL;
    family = 0;
}

void
devlink_run(void)
{
    if (events) {
        rtnl_run(questions);
        rtnl_run(events);
    }
}

void
devlink_wait(void)
{
    if (events) {
        rtnl_wait(questions);
        rtnl_wait(events);
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Encodes entries of a flow monitor's message with Open vSwitch's encoder,
 * damages some bytes, and tells what ours makes of it:
 *
 *   test-flow-update VERSION EVENT FLOW [@OFFSET=BYTE]... [EVENT FLOW ...]
 *
 * VERSION is that of OpenFlow, 4 to 6.  OFFSET counts from the beginning of
 * the entry; both numbers are hexadecimal.
 *
 * The message is decoded in place, so that an entry that is read beyond its
 * end is noticed by its neighbour. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"
#include "vswitchd-ext/ovs/flow-update.h"

static const char *const events[] = {
    [OFPFME_INITIAL] = "initial", [OFPFME_ADDED] = "added",
    [OFPFME_REMOVED] = "removed", [OFPFME_MODIFIED] = "modified",
    [OFPFME_ABBREV] = "abbrev", [OFPFME_PAUSED] = "paused",
    [OFPFME_RESUMED] = "resumed",
};

static void
append_entry(const char *event, const char *flow, struct ovs_list *replies)
{
    struct ofputil_flow_mod fm;
    enum ofputil_protocol usable;
    char *error = parse_ofp_str(&fm, OFPFC_ADD, flow, NULL, NULL, &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", flow, error);
    }

    struct ofputil_flow_update fu = {
        .table_id = fm.table_id == 0xff ? 0 : fm.table_id,
        .priority = fm.priority,
        .cookie = fm.new_cookie,
        .ofpacts = fm.ofpacts,
        .ofpacts_len = fm.ofpacts_len,
    };
    while (strcmp(events[fu.event], event)) {
        if (++fu.event >= ARRAY_SIZE(events)) {
            ovs_fatal(0, "%s: no such event", event);
        }
    }
    minimatch_expand(&fm.match, &fu.match);
    ofputil_append_flow_update(&fu, replies, NULL);
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
}

static void
poke(struct ofpbuf *msg, size_t entry, const char *arg)
{
    unsigned int offset, byte;
    if (sscanf(arg, "@%x=%x", &offset, &byte) != 2
        || entry + offset >= msg->size) {
        ovs_fatal(0, "%s: not of the form @OFFSET=BYTE, or too far", arg);
    }
    ((uint8_t *) msg->data)[entry + offset] = byte;
}

static void
print_update(const struct flow_update *fu)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    ds_put_cstr(&s, events[fu->event]);
    if (fu->event <= OFPFME_MODIFIED) {
        ds_put_format(&s, " table=%"PRIu8" cookie=0x%"PRIx64" ",
                      fu->table_id, fu->cookie);
        if (fu->bad_match) {
            ds_put_format(&s, "priority=%"PRIu16" %s", fu->priority,
                          ofperr_get_name(fu->bad_match));
        } else {
            match_format(&fu->match, NULL, &s, fu->priority);
        }
        ds_put_cstr(&s, fu->ofpacts ? " actions=" : " no actions");
        if (fu->ofpacts) {
            struct ofpact_format_params fp = { .s = &s };
            ofpacts_format(fu->ofpacts, fu->ofpacts_len, &fp);
        }
    }
    puts(ds_cstr(&s));
    ds_destroy(&s);
}

static void
decode(struct ofpbuf *msg, enum ofp_version version)
{
    struct flow_update fu;
    struct ofpbuf ofpacts;
    int error;

    ofpbuf_init(&ofpacts, 0);
    ofpraw_pull_assert(msg);
    while (!(error = flow_update_pull(&fu, msg, version, &ofpacts))) {
        print_update(&fu);
    }
    ofpbuf_uninit(&ofpacts);
    if (error != EOF) {
        puts(ofperr_get_name(error));
    }
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc < 4) {
        ovs_fatal(0, "usage: %s VERSION EVENT FLOW [@OFFSET=BYTE]...",
                  program_name);
    }

    enum ofp_version version = atoi(argv[1]);
    struct ovs_list replies;
    ofputil_start_flow_update(&replies,
                              ofputil_protocol_from_ofp_version(version));
    struct ofpbuf *msg = ofpbuf_from_list(ovs_list_front(&replies));
    size_t entry = msg->size;
    for (int i = 2; i < argc; i++) {
        if (argv[i][0] == '@') {
            poke(msg, entry, argv[i]);
        } else if (i + 1 < argc) {
            entry = msg->size;
            append_entry(argv[i], argv[i + 1], &replies);
            i++;
        }
    }
    ofpmsg_update_length(msg);
    decode(msg, version);
    ofpbuf_delete(msg);
    return 0;
}

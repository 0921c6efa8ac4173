/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_COMPILE_RULE_LIST_H
#define IOV_POLICY_COMPILE_RULE_LIST_H 1

/* A decision list for the packets that come in by one port, and which of its
 * rules are in the NIC.
 *
 * The caller's part
 *
 * iov_compile() fills the list in and settles it.  Rules whose place is
 * IOV_PLACE_NIC are then programmed, the first with the highest precedence.
 * If the NIC refuses one, say so by iov_rule_list_refuse(), settle again, and
 * bring the NIC to what the list says now, from the first rule on: the NIC
 * may never hold a rule without all those before it that are to be there.
 * This ends, since each refusal is of one more rule.
 *
 * What holds
 *
 * A rule that is not in the NIC leaves a hole: its packets go on to the next
 * rules there.  So each later rule that takes some of its packets is itself
 * one to software, or not in the NIC either.  A rule to software that no
 * later rule would overtake is left out: nothing takes its packets, and what
 * nothing takes goes to software. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/flow/index.h"
#include "policy/model/rule.h"

struct ds;

enum iov_rule_why {
    IOV_WHY_NONE,
#define WHY(ENUM, SLUG, TEXT) IOV_WHY_##ENUM,
#include "policy/compile/why.def"
#undef WHY
};

enum iov_rule_place {
    IOV_PLACE_NIC,
    IOV_PLACE_SOFTWARE          /* Not in the NIC. */
};

struct iov_listed_rule {
    struct iov_rule rule;       /* As compiled. */
    struct iov_candidate at;    /* The flow it came from; null: none.  Holds as
                                 * long as the flow table does not change. */
    enum iov_rule_why why;      /* To software: why it was compiled so. */
    char *detail;               /* At fault, or null. */
    char *refused;              /* The NIC's words; null: not refused. */

    /* By iov_rule_list_settle(). */
    enum iov_rule_place place;
    enum iov_rule_action action;        /* Of the rule now. */
    enum iov_rule_why why_now;
    const char *detail_now;
    bool is_hole;
};

struct iov_rule_list {
    struct iov_listed_rule *list;
    size_t n, allocated;
    size_t n_nic;               /* In the NIC. */
};
#define IOV_RULE_LIST_INITIALIZER { .list = NULL }

void iov_rule_list_clear(struct iov_rule_list *);
/* Appends a rule, with 'detail' copied, and returns it; it holds until the
 * next call. */
struct iov_listed_rule *iov_rule_list_add(struct iov_rule_list *,
                                          const struct iov_rule *,
                                          enum iov_rule_why,
                                          const char *detail);

/* Decides which rules are in the NIC, as 'caps' allow. */
void iov_rule_list_settle(struct iov_rule_list *,
                          const struct iov_rule_caps *);
/* The NIC has refused rule number 'i', saying 'words'. */
void iov_rule_list_refuse(struct iov_rule_list *, size_t i, const char *words);

/* What the NIC does with a packet of these fields: returns the first rule in
 * it that takes the packet, or null, if it goes to software because there is
 * none. */
const struct iov_listed_rule *iov_rule_list_find(const struct iov_rule_list *,
                                                 const struct iov_rule_key *);

const char *iov_rule_why_slug(enum iov_rule_why);
void iov_rule_why_format(enum iov_rule_why, const char *detail, struct ds *);

/* Shares 'n_rules' of a PF among 'n' ports: nobody gets more than it wants;
 * what is left is shared by weight among those who want more. */
struct iov_rule_share {
    unsigned int weight;        /* 0 gets nothing. */
    size_t want;
    size_t got;                 /* Result. */
};
void iov_rule_shares(struct iov_rule_share *, size_t n, size_t n_rules);

#endif /* policy/compile/rule-list.h */

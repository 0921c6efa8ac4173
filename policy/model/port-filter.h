/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_POLICY_MODEL_PORT_FILTER_H
#define IOV_POLICY_MODEL_PORT_FILTER_H 1

/* What besides Open vSwitch acts on a port's packets on the host: plain data,
 * filled in by offload/host/filters.h.  Each is a sentence, owned, or null. */

struct iov_port_filters {
    char *foreign;              /* Something that cannot be Open vSwitch's. */
    char *tc;                   /* Filters of tc on the port's device, which
                                 * may be Open vSwitch's own. */
    char *qdisc;                /* A qdisc there, ditto. */
};

#endif /* policy/model/port-filter.h */

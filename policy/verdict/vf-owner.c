/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose a VF is: see vf-owner.h.
 *
 * Many hosts set up whatever network device appears, so that a VF which only
 * is up may well be nobody's.  It counts as used unless iov-vf-pool names it:
 * the operator knows, and a mistake here takes from the host what it uses.
 * For the same reason a slip in iov-vf-pool gives no VF away; only those that
 * ports have already stay theirs. */

#include <config.h>
#include "policy/verdict/vf-owner.h"

#include <string.h>

#include "policy/model/key.h"
#include "policy/model/nic.h"
#include "util.h"

bool
iov_vf_is_foreign(const struct iov_bridge_keys *keys, const struct iov_pf *pf,
                  const struct iov_vf *vf)
{
    if (!keys) {
        return false;
    } else if (keys->pool.unusable) {
        return !vf->record;
    }
    return (keys->pool.n
            && !iov_vf_pool_has(&keys->pool, pf->netdev, vf->index));
}

bool
iov_pf_has_foreign_vf(const struct iov_bridge_keys *keys,
                      const struct iov_pf *pf)
{
    for (unsigned int i = 0; i < pf->n_vfs; i++) {
        if (iov_vf_is_foreign(keys, pf, &pf->vfs[i])) {
            return true;
        }
    }
    return false;
}

char *
iov_vf_explain_use(const struct iov_bridge_keys *keys,
                   const struct iov_pf *pf, const struct iov_vf *vf)
{
    bool named = keys && iov_vf_pool_has(&keys->pool, pf->netdev, vf->index);

    if (iov_vf_is_foreign(keys, pf, vf)) {
        return xstrdup(keys->pool.unusable
                       ? "not known to be ours: iov-vf-pool cannot be used"
                       : "not in iov-vf-pool");
    } else if (vf->host_use && !(vf->use == IOV_HOST_USE_UP && named)) {
        return xasprintf("in use by the host: %s", vf->host_use);
    } else if (vf->busy && vf->driver && !strcmp(vf->driver, "vfio-pci")) {
        return xstrdup("in use by somebody else: it is bound to vfio-pci");
    } else if (vf->busy) {
        return xstrdup("in use by somebody else: its network device is not in "
                       "the host's network namespace");
    }
    return NULL;
}

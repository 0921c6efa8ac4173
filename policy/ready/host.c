/* SPDX-License-Identifier: Apache-2.0 */

/* Facts about host and NICs: keeping, finding, freeing them.
 *
 * Everything here comes from files that may hold anything, so nothing is taken
 * for a number or an address before it was looked at. */

#include <config.h>

#include "policy/ready/host.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static const char *const fact_files[IOV_N_HOST_FACTS] = {
#define HOST_FACT(ENUM, FILE, KIND) FILE,
#include "policy/ready/host-fact.def"
#undef HOST_FACT
};

static const struct pattern {
    enum iov_host_log kind;
    const char *first, *second;
} patterns[] = {
#define HOST_LOG(ENUM, FIRST, SECOND) { IOV_LOG_##ENUM, FIRST, SECOND },
#include "policy/ready/host-log.def"
#undef HOST_LOG
};

/* Life. */

/* Everything is unknown until it has been looked at. */
void
iov_host_init(struct iov_host *host)
{
    memset(host, 0, sizeof *host);
    for (size_t i = 0; i < IOV_N_HOST_FACTS; i++) {
        iov_fact_set(&host->facts[i], fact_files[i], NULL, EAGAIN);
    }
}

void
iov_host_clear_log(struct iov_host *host)
{
    for (size_t i = 0; i < host->n_log; i++) {
        free(host->log[i].pci);
        free(host->log[i].text);
    }
    free(host->log);
    host->log = NULL;
    host->n_log = 0;
}

void
iov_host_pci_clear(struct iov_host_pci *pci)
{
    free(pci->address);
    free(pci->file);
    memset(pci, 0, sizeof *pci);
}

void
iov_host_nic_clear(struct iov_host_nic *nic)
{
    struct iov_fact *facts[] = {
        &nic->total_vfs, &nic->resource, &nic->driver_version, &nic->firmware,
        &nic->mode, &nic->speed, &nic->operstate, &nic->master, &nic->bonding,
        &nic->vf_total_msix,
    };

    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        iov_fact_clear(facts[i]);
    }
    for (size_t i = 0; i < nic->n_up; i++) {
        free(nic->up[i]);
    }
    for (size_t i = 0; i < nic->n_vfs; i++) {
        free(nic->vfs[i].pci);
        free(nic->vfs[i].driver);
    }
    free(nic->pci);
    free(nic->netdev);
    free(nic->driver);
    free(nic->description);
    free(nic->slot);
    free(nic->up);
    free(nic->vfs);
    memset(nic, 0, sizeof *nic);
}

void
iov_host_clear(struct iov_host *host)
{
    for (size_t i = 0; i < IOV_N_HOST_FACTS; i++) {
        iov_fact_clear(&host->facts[i]);
    }
    for (size_t i = 0; i < host->n_pci; i++) {
        iov_host_pci_clear(&host->pci[i]);
    }
    for (size_t i = 0; i < host->n_nics; i++) {
        iov_host_nic_clear(&host->nics[i]);
    }
    iov_host_clear_log(host);
    free(host->pci);
    free(host->nics);
    memset(host, 0, sizeof *host);
}

/* Finding. */

const struct iov_host_nic *
iov_host_find_nic(const struct iov_host *host, const char *name)
{
    for (size_t i = 0; i < host->n_nics; i++) {
        const struct iov_host_nic *nic = &host->nics[i];

        if (!strcmp(nic->pci, name)
            || (nic->netdev && !strcmp(nic->netdev, name))) {
            return nic;
        }
    }
    return NULL;
}

const struct iov_host_pci *
iov_host_find_pci(const struct iov_host *host, const char *address)
{
    size_t low = 0, high = host->n_pci;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int cmp = strcmp(host->pci[mid].address, address);

        if (!cmp) {
            return &host->pci[mid];
        } else if (cmp < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

const struct iov_host_pci *
iov_host_parent(const struct iov_host *host, const struct iov_host_nic *nic)
{
    return nic->n_up ? iov_host_find_pci(host, nic->up[0]) : NULL;
}

int
iov_host_vf_vectors(const struct iov_host_nic *nic, unsigned int vf)
{
    return (vf < nic->n_vfs && nic->vfs[vf].msix >= 0 ? nic->vfs[vf].msix
            : nic->vf_msix);
}

bool
iov_host_nic_has_sriov(const struct iov_host *host,
                       const struct iov_host_nic *nic)
{
    const struct iov_host_pci *pci = iov_host_find_pci(host, nic->pci);

    return iov_fact_is_read(&nic->total_vfs) || (pci && pci->sriov);
}

/* Facts. */

void
iov_fact_set(struct iov_fact *fact, const char *file, char *value, int error)
{
    char *copy = xstrdup(file);

    iov_fact_clear(fact);
    fact->file = copy;
    fact->value = value;
    fact->error = value ? 0 : error ? error : EIO;
}

void
iov_fact_clear(struct iov_fact *fact)
{
    free(fact->file);
    free(fact->value);
    memset(fact, 0, sizeof *fact);
}

bool
iov_fact_is_absent(const struct iov_fact *fact)
{
    return fact->error == ENOENT;
}

bool
iov_fact_number(const struct iov_fact *fact, unsigned int *number)
{
    return (fact->value && isdigit((unsigned char) fact->value[0])
            && str_to_uint(fact->value, 0, number));
}

bool
iov_fact_has_word(const struct iov_fact *fact, const char *word)
{
    const char *p = fact->value ? fact->value : "";
    size_t n = strlen(word);

    while (*p) {
        size_t len = strcspn(p, " \t");

        if (len == n && !strncmp(p, word, n)) {
            return true;
        }
        p += len + strspn(p + len, " \t");
    }
    return false;
}

/* The kernel's log. */

/* The address at 's', such as "0000:01:00.0", to be freed, or null. */
static char *
pci_address_at(const char *s)
{
    static const char form[] = "xxxx:xx:xx.x";

    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == 'x' ? !isxdigit((unsigned char) s[i])
                           : s[i] != form[i]) {
            return NULL;
        }
    }
    return xmemdup0(s, sizeof form - 1);
}

static char *
find_pci_address(const char *text)
{
    char *address = NULL;

    for (const char *p = text; *p && !address; p++) {
        address = pci_address_at(p);
    }
    return address;
}

static const struct pattern *
find_pattern(const char *text)
{
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        const struct pattern *p = &patterns[i];
        const char *found = strstr(text, p->first);

        if (found && strstr(found + strlen(p->first), p->second)) {
            return p;
        }
    }
    return NULL;
}

bool
iov_host_add_line(struct iov_host *host, const char *text)
{
    const struct pattern *pattern = find_pattern(text);

    if (!pattern) {
        return false;
    }
    host->log = xrealloc(host->log, (host->n_log + 1) * sizeof *host->log);
    host->log[host->n_log++] = (struct iov_host_line) {
        .kind = pattern->kind,
        .pci = find_pci_address(text),
        .text = xstrdup(text),
    };
    return true;
}

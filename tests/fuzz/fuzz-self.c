/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target that dies of an input: a test of fuzz-main.c.
 *
 * It dies only of an input that no file has, so that it takes the making of
 * new ones to find it. */

#include <config.h>

#include "fuzz.h"

#include "util.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_n_accepted += size > 0;
    ovs_assert(size < 4 || data[0] != 'f' || data[3] != '!');
    return 0;
}

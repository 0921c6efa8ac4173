/* SPDX-License-Identifier: Apache-2.0 */

#ifndef FUZZ_H
#define FUZZ_H 1

/* What a fuzz target has to offer; see fuzz-main.c.
 *
 * A target is a file fuzz-NAME.c with the one function below, which takes any
 * input, returns 0, leaves no memory behind, and aborts when a promise is
 * broken.  Its inputs are in corpus/NAME. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Number of inputs, or of parts of them, that were accepted: a target that
 * refuses everything tests nothing. */
extern unsigned long long int fuzz_n_accepted;

#endif /* fuzz.h */

/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target without libFuzzer, which only clang has:
 *
 *   fuzz-NAME FILE...                         the FILEs as they are
 *   fuzz-NAME --runs=N [--seed=N] FILE...     N inputs made from them
 *   fuzz-NAME --raw=DIRECTORY FILE...         the FILEs for libFuzzer
 *   fuzz-NAME --hex FILE                      what libFuzzer found, as text
 *
 * A FILE that ends with ".hex" has the input in hexadecimal, one that ends
 * with ".txt" as it is; lines at the beginning that begin with "#" are left
 * out in both.
 *
 * What the target was doing when it died is only known here, so that the input
 * is printed by the signal handler, which may not use anything but write(). */

#include <config.h>

#include "fuzz.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/vlog.h"
#include "util.h"

unsigned long long int fuzz_n_accepted;

#define MAX_SIZE 4096

struct input {
    uint8_t data[MAX_SIZE];
    size_t size;
};

static struct input *inputs;
static size_t n_inputs;
static struct input current;

/* Dying. */

static void
write_all(const char *s, size_t n)
{
    if (write(STDOUT_FILENO, s, n) < 0) {
        _exit(EXIT_FAILURE);
    }
}

static void
print_hex(const struct input *in)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < in->size; i++) {
        char text[3] = { digits[in->data[i] >> 4], digits[in->data[i] & 15],
                         i % 32 == 31 || i + 1 == in->size ? '\n' : ' ' };
        write_all(text, sizeof text);
    }
}

static void
die(int signr)
{
    static const char message[] = "died of this input:\n";

    write_all(message, sizeof message - 1);
    print_hex(&current);
    signal(signr, SIG_DFL);
    raise(signr);
}

/* Files. */

static char *
read_file(const char *name, size_t *size)
{
    FILE *stream = fopen(name, "rb");
    char *text = xmalloc(4 * MAX_SIZE);

    if (!stream) {
        ovs_fatal(errno, "%s: cannot be opened", name);
    }
    *size = fread(text, 1, 4 * MAX_SIZE - 1, stream);
    text[*size] = '\0';
    fclose(stream);
    return text;
}

static void
decode_hex(struct input *in, const char *text, const char *name)
{
    while (*(text += strspn(text, " \n"))) {
        bool ok;
        in->data[in->size++] = hexits_value(text, 2, &ok);
        if (!ok || in->size == MAX_SIZE) {
            ovs_fatal(0, "%s: bad or too long at \"%.16s\"", name, text);
        }
        text += 2;
    }
}

static void
add_input(const char *name)
{
    size_t size;
    char *text = read_file(name, &size);
    const char *p = text;
    struct input *in;

    while (*p == '#' && strchr(p, '\n')) {
        p = strchr(p, '\n') + 1;
    }
    inputs = xrealloc(inputs, (n_inputs + 1) * sizeof *inputs);
    in = &inputs[n_inputs++];
    in->size = 0;
    if (!strcmp(name + MAX(strlen(name), 4) - 4, ".hex")) {
        decode_hex(in, p, name);
    } else {
        in->size = MIN(size - (p - text), MAX_SIZE);
        memcpy(in->data, p, in->size);
    }
    free(text);
}

static void
print_file(const char *name)
{
    struct input in;
    char *text = read_file(name, &in.size);

    in.size = MIN(in.size, MAX_SIZE);
    memcpy(in.data, text, in.size);
    print_hex(&in);
    free(text);
}

static void
write_raw(const char *directory)
{
    for (size_t i = 0; i < n_inputs; i++) {
        char *name = xasprintf("%s/%"PRIuSIZE, directory, i);
        FILE *stream = fopen(name, "wb");

        if (!stream || fwrite(inputs[i].data, 1, inputs[i].size, stream)
                       != inputs[i].size || fclose(stream)) {
            ovs_fatal(errno, "%s: cannot be written", name);
        }
        free(name);
    }
}

/* Running. */

static void
run_current(void)
{
    /* Of exactly this size, so that tools notice who reads beyond it. */
    uint8_t *copy = xmemdup(current.data, MAX(current.size, 1));

    LLVMFuzzerTestOneInput(copy, current.size);
    free(copy);
}

/* xorshift: the same numbers everywhere. */
static uint32_t state = 1;

static uint32_t
below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % n;
}

/* Replaces 'n' bytes at 'at' by 'm' bytes of 'from'. */
static void
splice(size_t at, size_t n, const uint8_t *from, size_t m)
{
    uint8_t copy[MAX_SIZE];
    size_t rest = current.size - at - n;

    if (at + m + rest > MAX_SIZE) {
        return;
    }
    memcpy(copy, from, m);
    memmove(&current.data[at + m], &current.data[at + n], rest);
    memcpy(&current.data[at], copy, m);
    current.size = at + m + rest;
}

static void
mutate(void)
{
    const struct input *other = &inputs[below(n_inputs)];
    size_t at = below(current.size);
    size_t from = below(other->size);
    size_t n = below(MIN(16, current.size - at)) + 1;
    size_t m = below(MIN(64, other->size - from)) + 1;

    switch (below(7)) {
    case 0:
        current.data[at] ^= 1u << below(8);
        break;
    case 1:
        current.data[at] = below(256);
        break;
    case 2:
        current.data[at] += below(2) ? 1 : -1;
        break;
    case 3:
        current.data[at] = below(2) ? 0 : 0xff;
        break;
    case 4:
        splice(at, n, &other->data[from], m);
        break;
    case 5:
        splice(at, 0, &other->data[from], m);
        break;
    case 6:
        splice(at, n, &other->data[from], MIN(n, other->size - from));
        break;
    }
}

static void
run_mutants(unsigned int runs)
{
    for (unsigned int i = 0; i < runs; i++) {
        current = inputs[below(n_inputs)];
        for (uint32_t n = below(8) + 1; n && current.size; n--) {
            mutate();
        }
        run_current();
    }
}

static void
run_all(void)
{
    for (size_t i = 0; i < n_inputs; i++) {
        current = inputs[i];
        run_current();
    }
}

static void
catch_deadly_signals(void)
{
    static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

    for (size_t i = 0; i < ARRAY_SIZE(deadly); i++) {
        signal(deadly[i], die);
    }
}

/* Returns the number of runs, 0 for the files as they are. */
static unsigned int
parse_options(int argc, char *argv[], const char **raw)
{
    static const struct option options[] = {
        { "runs", required_argument, NULL, 'n' },
        { "seed", required_argument, NULL, 's' },
        { "raw", required_argument, NULL, 'r' },
        { "hex", required_argument, NULL, 'x' },
        { NULL, 0, NULL, 0 },
    };
    unsigned int runs = 0;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'n':
            runs = atoi(optarg);
            break;
        case 's':
            state = MAX(atoi(optarg), 1);
            break;
        case 'r':
            *raw = optarg;
            break;
        case 'x':
            print_file(optarg);
            exit(EXIT_SUCCESS);
        default:
            exit(EXIT_FAILURE);
        }
    }
    return runs;
}

int
main(int argc, char *argv[])
{
    const char *raw = NULL;

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);

    unsigned int runs = parse_options(argc, argv, &raw);

    for (int i = optind; i < argc; i++) {
        add_input(argv[i]);
    }
    if (!n_inputs) {
        ovs_fatal(0, "no FILE given to begin with");
    }
    if (raw) {
        write_raw(raw);
        return EXIT_SUCCESS;
    }
    catch_deadly_signals();
    if (runs) {
        run_mutants(runs);
    } else {
        run_all();
    }
    printf("%llu accepted\n", fuzz_n_accepted);
    free(inputs);
    return EXIT_SUCCESS;
}

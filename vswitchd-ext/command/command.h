/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_COMMAND_COMMAND_H
#define IOV_EXT_COMMAND_COMMAND_H 1

/* The commands of users.  The list is command.def.
 *
 * A command gets its arguments with the options taken out, and prints into
 * 'out' or makes 'json'; or it says what is wrong. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/dynamic-string.h"

struct iov_reasons;
struct iov_view;
struct json;
struct unixctl_conn;

struct iov_hold;

struct iov_command {
    const struct iov_view *view; /* Never null, with all members set. */
    const char *arg;            /* First argument, or null. */
    const char **more;          /* The others, of a command that takes any
                                 * number, with options of its own. */
    size_t n_more;
    bool json;                  /* --json was given. */
    bool all;                   /* --all was given. */
    int timeout;                /* --timeout in seconds, or -1. */
    int weight;                 /* --weight, or -1. */
    struct ds out;              /* Text to print. */
    struct json *reply;         /* With 'json': what to print instead. */
    char *error;                /* What is wrong, or null. */
    struct unixctl_conn *conn;  /* Set to null by a command that answers
                                 * later by itself. */
};

typedef void iov_command_func(struct iov_command *);

#define COMMAND(NAME, USAGE, MIN, MAX, FUNCTION, MEANING) \
    iov_command_func FUNCTION;
#include "vswitchd-ext/command/command.def"
#undef COMMAND

void iov_commands_register(void);

/* Commands that answer later: to be called once in each turn of the main
 * loop.  iov_async_cancel() answers them all with an error. */
void iov_async_run(void);
void iov_async_wait(void);
/* Answers once the ports of the hold are off their VFs, for iov/hold, or have
 * come to rest, for iov/unhold. */
void iov_async_hold(struct iov_command *, const struct iov_hold *);
void iov_async_unhold(struct iov_command *);
/* Sets other_config:iov-weight of the port, and answers where it is once it
 * has come to rest; for iov/enable and iov/disable. */
void iov_async_weight(struct iov_command *, unsigned int weight);
void iov_async_cancel(const char *error);

/* Commands that a child process answers.  'func' runs there, with a copy of
 * everything.  To be called and waited for as those above. */
void iov_worker_start(struct iov_command *, iov_command_func *func);
void iov_worker_run(void);
void iov_worker_wait(void);
void iov_worker_cancel(const char *error);

/* The number of the contract that json.def writes down. */
#define IOV_JSON_VERSION 1
/* An answer of one member, "name", which is 'json'. */
struct json *iov_command_wrap(const char *name, struct json *);

/* Puts the answer into 'out'; returns false if it is an error. */
bool iov_command_render(struct iov_command *, struct ds *out);
/* Says of those reasons that go by themselves how long that takes. */
void iov_command_tell_waits(struct iov_reasons *);
/* Sets 'error': there is no such port, and how to list those there are, or it
 * is an uplink. */
void iov_command_no_port(struct iov_command *);

#endif /* vswitchd-ext/command/command.h */

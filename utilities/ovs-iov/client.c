/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the daemon: see ovs-iov.h.
 *
 * The daemon's errors name its own commands, "iov/show".
 * Who typed "ovs-iov show" is told of that one. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "policy/model/text.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

#define QUIET_SECONDS 2

/* The first verb whose daemon's command 's' begins with, or null. */
static const struct verb *
find_command(const char *s)
{
    for (const struct verb *v = verbs; v->name; v++) {
        size_t n = strlen(v->command);

        if (!strncmp(s, v->command, n) && (s[n] < 'a' || s[n] > 'z')
            && s[n] != '-') {
            return v;
        }
    }
    return NULL;
}

static void
put_error(const struct request *r, const char *error)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    char *clean = iov_text_clean_lines(error);
    size_t n = strlen(r->verb->command);
    const char *s = clean;

    if (!strncmp(s, r->verb->command, n) && !strncmp(s + n, ": ", 2)) {
        s += n + 2;
    }
    while (*s) {
        const struct verb *v = find_command(s);

        if (v) {
            ds_put_format(&ds, "%s %s", program_name, v->name);
            s += strlen(v->command);
        } else {
            ds_put_char(&ds, *s++);
        }
    }
    ds_chomp(&ds, '\n');
    fprintf(stderr, "%s %s: %s\n", program_name, r->verb->name, ds_cstr(&ds));
    ds_destroy(&ds);
    free(clean);
}

/* Returns the control socket of 'target', or null: it does not run. */
static char *
find_socket(const char *target, char **pidfile)
{
    *pidfile = NULL;
    if (target[0] == '/') {
        return xstrdup(target);
    }
    *pidfile = xasprintf("%s/%s.pid", ovs_rundir(), target);

    pid_t pid = read_pidfile(*pidfile);
    return (pid > 0 ? xasprintf("%s/%s.%ld.ctl", ovs_rundir(), target,
                                (long int) pid) : NULL);
}

/* Returns null after having said why, if 'r' is not null. */
static struct jsonrpc *
connect_to(const char *target, const struct request *r)
{
    struct jsonrpc *client = NULL;
    char *pidfile;
    char *name = find_socket(target, &pidfile);
    int error = name ? unixctl_client_create(name, &client) : ENOENT;

    if (error && r) {
        fprintf(stderr, "%s %s: ovs-iovd cannot be asked: ", program_name,
                r->verb->name);
        if (name) {
            fprintf(stderr, "its socket %s: %s", name, ovs_strerror(error));
        } else {
            fprintf(stderr, "it does not run (no process has written %s)",
                    pidfile);
        }
        fprintf(stderr, "; %s\n",
                error == EACCES || error == EPERM
                ? "run this as root"
                : "start it, or name its socket by --target");
    }
    free(pidfile);
    free(name);
    return error ? NULL : client;
}

enum exit_status
ask(const struct request *r, int n_args, char *args[], char **text)
{
    struct jsonrpc *client = connect_to(r->target, r);
    enum exit_status status = EXIT_DONE;
    char *error;

    *text = NULL;
    if (!client) {
        return EXIT_NO_DAEMON;
    }
    int lost = unixctl_client_transact(client, r->verb->command, n_args, args,
                                       text, &error);
    if (lost) {
        fprintf(stderr, "%s %s: ovs-iovd went away before it had answered "
                "(%s); see its log, and ask again\n", program_name,
                r->verb->name, ovs_retval_to_string(lost));
        status = EXIT_NO_DAEMON;
    } else if (error) {
        put_error(r, error);
        status = EXIT_REFUSED;
    }
    free(error);
    jsonrpc_close(client);
    return status;
}

enum exit_status
ask_json(const struct request *r, struct json **json)
{
    char **args = xcalloc(r->n_args + 1, sizeof *args);
    enum exit_status status;
    char *text;

    args[0] = CONST_CAST(char *, "--json");
    memcpy(args + 1, r->args, r->n_args * sizeof *args);
    status = ask(r, r->n_args + 1, args, &text);
    *json = status == EXIT_DONE ? json_from_string(text) : NULL;
    if (*json && (*json)->type == JSON_STRING) {
        fprintf(stderr, "%s %s: the answer of ovs-iovd is no JSON (%s); is it "
                "of another version?\n", program_name, r->verb->name,
                json_string(*json));
        json_destroy(*json);
        *json = NULL;
        status = EXIT_NO_DAEMON;
    }
    free(text);
    free(args);
    return status;
}

struct json *
ask_quietly(const char *target, const char *command)
{
    char *args[] = { CONST_CAST(char *, "--json") };
    struct jsonrpc *client;
    struct json *json = NULL;
    char *text = NULL;
    char *error = NULL;

    time_alarm(QUIET_SECONDS);
    client = connect_to(target, NULL);
    if (client && !unixctl_client_transact(client, command, 1, args, &text,
                                           &error) && text) {
        json = json_from_string(text);
    }
    jsonrpc_close(client);
    free(text);
    free(error);
    return json;
}

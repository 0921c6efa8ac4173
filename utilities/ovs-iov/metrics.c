/* SPDX-License-Identifier: Apache-2.0
 *
 * "ovs-iov metrics": for Prometheus, without a daemon of its own.
 *
 * Either the textfile collector of node_exporter reads a file that a timer has
 * written, or systemd hands over a connection for each request.
 *
 * Whoever connects is not trusted.  At most MAX_REQUEST
 * bytes of a request are read, for HTTP_SECONDS at most, and all that is
 * looked at is its first line. */

#include <config.h>
#include "utilities/ovs-iov/ovs-iov.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "timeval.h"
#include "util.h"

#define MAX_REQUEST 8192
#define HTTP_SECONDS 10
#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Writes all of 'text'; returns 0 or an errno. */
static int
write_all(int fd, const char *text)
{
    size_t n = strlen(text);

    while (n) {
        ssize_t written = write(fd, text, n);

        if (written < 0 && errno != EINTR) {
            return errno;
        }
        text += MAX(written, 0);
        n -= MAX(written, 0);
    }
    return 0;
}

/* Replaces 'name' as a whole, so that nobody ever reads half of it. */
static int
replace_file(const char *name, const char *text)
{
    char *temporary = xasprintf("%s.XXXXXX", name);
    int fd = mkstemp(temporary);
    int error = fd < 0 ? errno : write_all(fd, text);

    if (fd >= 0) {
        if (!error && fchmod(fd, 0644)) {
            error = errno;
        }
        if (close(fd) && !error) {
            error = errno;
        }
        if (!error && rename(temporary, name)) {
            error = errno;
        }
        if (error) {
            unlink(temporary);
        }
    }
    free(temporary);
    return error;
}

static enum exit_status
write_file(const struct request *r, const char *name)
{
    char *text;
    enum exit_status status = ask(r, 0, NULL, &text);
    int error = text ? replace_file(name, text) : 0;

    if (error) {
        fprintf(stderr, "%s metrics: %s cannot be written: %s; does its "
                "folder exist, and may you write there?\n", program_name, name,
                ovs_strerror(error));
        status = EXIT_REFUSED;
    }
    free(text);
    return status;
}

/* HTTP. */

/* Reads up to the empty line that ends the head of a request. */
static void
read_request(struct ds *request)
{
    char c;

    while (request->length < MAX_REQUEST && read(STDIN_FILENO, &c, 1) == 1) {
        if (c == '\n' && request->length && ds_last(request) == '\n') {
            return;
        } else if (c != '\r') {
            ds_put_char(request, c);
        }
    }
}

static void
respond(const char *status, const char *body)
{
    struct ds head = DS_EMPTY_INITIALIZER;

    ds_put_format(&head, "HTTP/1.1 %s\r\nContent-Type: " CONTENT_TYPE "\r\n"
                  "Content-Length: %"PRIuSIZE"\r\nConnection: close\r\n\r\n"
                  "%s", status, strlen(body), body);
    write_all(STDOUT_FILENO, ds_cstr(&head));
    ds_destroy(&head);
}

static enum exit_status
answer_http(const struct request *r)
{
    struct ds request = DS_EMPTY_INITIALIZER;
    enum exit_status status = EXIT_REFUSED;
    char *text = NULL;

    time_alarm(HTTP_SECONDS);
    read_request(&request);

    const char *line = ds_cstr(&request);
    if (strncmp(line, "GET ", 4)) {
        respond("405 Method Not Allowed", "Only GET is answered.\n");
    } else if (strncmp(line + 4, "/metrics", 8)
               || !strchr(" ?", line[12]) || !line[12]) {
        respond("404 Not Found", "There is only /metrics.\n");
    } else {
        status = ask(r, 0, NULL, &text);
        if (text) {
            respond("200 OK", text);
        } else {
            respond("503 Service Unavailable",
                    "ovs-iovd does not answer; see the log of this host.\n");
        }
    }
    free(text);
    ds_destroy(&request);
    return status;
}

enum exit_status
verb_metrics(const struct request *r)
{
    if (!r->n_args) {
        return verb_pass(r);
    } else if (r->n_args == 1 && !strcmp(r->args[0], "--http")) {
        return answer_http(r);
    } else if (r->n_args == 2 && !strcmp(r->args[0], "--output")) {
        return write_file(r, r->args[1]);
    } else if (r->n_args == 1 && !strncmp(r->args[0], "--output=", 9)) {
        return write_file(r, r->args[0] + 9);
    }
    fprintf(stderr, "%s metrics: these arguments are not understood; usage: "
            "%s metrics %s\n", program_name, program_name, r->verb->usage);
    return EXIT_USAGE;
}

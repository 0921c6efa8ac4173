/* SPDX-License-Identifier: Apache-2.0 */

/* Child processes that say something.
 *
 *   child say N           says N times "x"
 *   child end             ends without a word
 *   child half            says half of it and ends
 *   child forever         is still at work when its second is over
 *
 * Prints how long the text is that came, or the error.
 *
 * What is longer than a pipe can hold comes in pieces, and half of it must not
 * be taken for all. */

#include <config.h>

#include "tests/offload/test-offload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "offload/child.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

struct script {
    const char *what;
    unsigned int n;
};

static void
play(const void *script_, struct ds *text)
{
    const struct script *script = script_;

    ds_put_char_multiple(text, 'x', script->n);
    if (!strcmp(script->what, "end")) {
        _exit(0);
    } else if (!strcmp(script->what, "half")) {
        /* The pipe is the one descriptor that the child has. */
        for (int fd = 0; fd < 1024; fd++) {
            if (write(fd, ds_cstr(text), text->length) > 0) {
                break;
            }
        }
        kill(getpid(), SIGKILL);
    }
    while (!strcmp(script->what, "forever")) {
        pause();
    }
}

int
test_child(int argc, char *argv[])
{
    struct script script = { argc > 1 ? argv[1] : "", 100 };
    struct ds text = DS_EMPTY_INITIALIZER;
    struct child *child;

    if (argc > 2 && !str_to_uint(argv[2], 10, &script.n)) {
        ovs_fatal(0, "%s: no number", argv[2]);
    }

    int error = child_start_text(play, &script, argc > 2 ? 60 : 1, &child);
    if (error) {
        ovs_fatal(error, "child_start_text");
    }
    while (!child_text_done(child, &text, &error)) {
        child_wait(child);
        poll_block();
    }
    if (error) {
        puts(ovs_strerror(error));
    } else {
        bool right = strspn(ds_cstr(&text), "x") == text.length;
        printf("%"PRIuSIZE"%s\n", text.length, right ? "" : ", damaged");
    }
    child_destroy(child);
    ds_destroy(&text);
    return 0;
}

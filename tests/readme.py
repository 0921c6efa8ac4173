#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types what a section of README.md shows and compares what it prints.

    readme.py README.md HEADING

Lines of the section's blocks that begin with "# " are commands, which bash
runs; a line that ends with a backslash goes on.  What follows a command, up
to an empty line, is in its output, line by line and in this order; "..." is
anything.  Times, and what a NIC is called in parentheses, are anybody's.
Prints what is missing, and exits with 1 if something is.
"""

import re
import subprocess
import sys


def blocks(path, heading):
    """Yields the indented lines of the section, without their indentation;
    an empty string is an empty line."""
    inside = False
    for line in open(path, encoding="utf-8"):
        if line.startswith("## "):
            inside = line[3:].strip() == heading
        elif inside and (line.startswith("    ") or line == "\n"):
            yield line[4:].rstrip("\n")


def steps(lines):
    """Yields commands, each with what it prints."""
    command, shown, goes_on = None, [], False
    for line in lines:
        if goes_on:
            command += "\n" + line
        elif line.startswith("# "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        elif command and line and line != "...":
            shown.append(line)
        goes_on = command is not None and not shown and line.endswith("\\")
    if command:
        yield command, shown


def plain(line):
    line = re.sub(r"\b\d\d:\d\d:\d\d\b", "TIME", line)
    return re.sub(r"\((?:[0-9a-f]{4}:|dummy)[^)]*\)", "(NIC)", line)


def main(path, heading):
    n = 0
    for command, shown in steps(blocks(path, heading)):
        run = subprocess.run(["bash", "-c", command], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        printed = [plain(line) for line in run.stdout.splitlines()]
        if run.returncode:
            print("failed: %s\n%s" % (command, run.stdout))
            return 1
        for line in shown:
            if plain(line) not in printed:
                print("%s: does not print: %s\nbut:\n%s"
                      % (command, line, run.stdout))
                return 1
            del printed[:printed.index(plain(line)) + 1]
        n += 1
    print("%d commands" % n)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

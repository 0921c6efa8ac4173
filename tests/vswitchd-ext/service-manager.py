#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Listens as a service manager does, and prints what it is told.

    service-manager.py SOCKET

Ends when it is killed.
"""

import socket
import sys


def main():
    """Prints each datagram on a line of its own."""
    path = sys.argv[1]
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind("\0" + path[1:] if path.startswith("@") else path)
    print("listening", flush=True)
    while True:
        print(manager.recv(4096).decode(), flush=True)


if __name__ == "__main__":
    main()

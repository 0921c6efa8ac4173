#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Stands in for a QEMU that means harm to the daemon and to other tenants.
#
#   hostile-qmp.py SOCKET MODE [N]
#
#   reversed N  lists N devices, and answers about them in reverse order
#   devices N   lists N devices, and answers nothing about them
#   events      sends events without end
#   huge        sends long messages of many small values
#   endless     sends a message without end
#   deep        sends a message of many levels
#   wrongid     answers with the ids of other commands
#   escape      refuses with control characters and line feeds
#   garbage     sends what is no text
#   closes      closes the connection, each time a little later
#   slow        sends its greeting byte by byte
#
# Each connection has a thread, so that one which never stops to send does not
# keep the next from being accepted.

import json
import os
import socket
import sys
import threading
import time

GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\r\n'


class Peer:
    """Behaves; each mode is a class that does otherwise in one respect."""

    count = 0                   # Connections, over all.
    devices = 0

    def __init__(self, client):
        self.client = client
        type(self).count += 1

    def send(self, message):
        self.client.sendall(json.dumps(message).encode() + b"\n")

    def reply(self, command, value):
        self.send({"return": value, "id": command["id"]})

    def commands(self):
        data = b""
        while True:
            more = self.client.recv(65536)
            if not more:
                return
            *lines, data = (data + more).split(b"\n")
            yield from map(json.loads, lines)

    def answer(self, command):
        name = command["execute"]
        if name == "query-status":
            self.reply(command, {"status": "running"})
        elif name == "qom-list":
            self.reply(command, [{"name": f"n{i}",
                                  "type": "child<virtio-net-pci>"}
                                 for i in range(self.devices)])
        elif name == "qom-get":
            self.reply(command, True)
        else:
            self.reply(command, {})

    def run(self):
        self.client.sendall(GREETING)
        for command in self.commands():
            self.answer(command)


class Reversed(Peer):
    def run(self):
        self.waiting = []
        super().run()

    def answer(self, command):
        if command["execute"] != "qom-get":
            super().answer(command)
            return
        self.waiting.append(command)
        if len(self.waiting) == 2 * self.devices:
            for late in reversed(self.waiting):
                self.reply(late, True)


class Devices(Peer):
    def answer(self, command):
        if command["execute"] != "qom-get":
            super().answer(command)


class Events(Peer):
    def run(self):
        threading.Thread(target=super().run, daemon=True).start()
        time.sleep(0.2)
        while True:
            self.client.sendall(b'{"event": "RESET"}\n' * 4096)


class Huge(Peer):
    def run(self):
        self.client.sendall(b"[" + b"[]," * 1000000 + b"%d]" % self.count)


class Endless(Peer):
    def run(self):
        self.client.sendall(GREETING + b'{"event": "')
        while True:
            self.client.sendall(b"x" * 65536)


class Deep(Peer):
    def run(self):
        self.client.sendall(GREETING + b'{"a":' * 900000)


class Wrongid(Peer):
    def answer(self, command):
        for i in (-1, 0, 2**31, 2**63, command["id"] + 1, "x", None,
                  command["id"], command["id"]):
            self.send({"return": [1, {}, None], "id": i})


class Escape(Peer):
    def answer(self, command):
        self.send({"error": {"class": "x", "desc":
                             "\x1b]0;owned\x07\nport vm2: all is well\r"
                             "\u202e\u009b" + "Z" * self.count},
                   "id": command["id"]})


class Garbage(Peer):
    def run(self):
        self.client.sendall(GREETING + os.urandom(100000))


class Closes(Peer):
    def run(self):
        if self.count % 8:
            self.left = self.count % 8
            super().run()

    def answer(self, command):
        self.left -= 1
        if not self.left:
            raise OSError
        super().answer(command)


class Slow(Peer):
    def run(self):
        for byte in GREETING:
            self.client.sendall(bytes([byte]))
            time.sleep(0.1)
        super().run()


def serve(client, mode):
    with client:
        try:
            mode(client).run()
        except (OSError, ValueError):
            pass


def main(path, mode, number="0"):
    cls = globals()[mode.capitalize()]
    Peer.devices = int(number)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(5)
    while True:
        client = server.accept()[0]
        threading.Thread(target=serve, args=(client, cls),
                         daemon=True).start()


main(*sys.argv[1:])

#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Stands in for ovs-vswitchd on a bridge's management socket and does what a
# real one does too rarely to be waited for.
#
#   fake-switch.py SOCKET STEP...
#
# A step is carried out when a flow monitor is requested that begins with the
# flows that are there:
#
#   error             refuse it
#   initial PRIORITY  a flow of the dump; "more" follows
#   added PRIORITY, removed PRIORITY
#                     a change of a flow, not part of the dump
#   strange PRIORITY, strange-removed PRIORITY
#                     the same, with a match that nobody knows
#   mixed PRIORITY    both kinds in one message: one that nobody knows between
#                     flows of PRIORITY and of PRIORITY + 1; "more" follows
#   long PRIORITY     a flow that says it is longer than its message
#   short             a message that ends within a flow
#   cut               part of a message and the end of the connection
#   end               the end of the dump, without a flow
#   pause, resume
#   count N           from now on, the number of flows is N
#   next              what follows is for the next such monitor: of the next
#                     table, or of the next connection
#
# Ahead of all others, "flags KIND" says how it answers whoever asks for flags:
# "good", "short" (cut off), "error" or "none"; else there are no flags.  Then
# "early PRIORITY" adds a flow before the dump begins, and "tables N" says that
# tables 0 to N - 1 have flows; else it is just table 0.
#
# Flows match everything and drop it; they differ in their priority.
#
# It speaks OpenFlow 1.4 and, to whoever asks for the flags of ports, 1.0; of
# ports it has none.  It answers barriers, echo requests, counts and the
# question for tables, nothing else.

import socket
import struct
import sys
import threading

VERSION = 5
HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3
GET_CONFIG_REQUEST, GET_CONFIG_REPLY = 7, 8
STATS_REQUEST_10, STATS_REPLY_10, PORT_DESC = 16, 17, 13
MULTIPART_REQUEST, MULTIPART_REPLY = 18, 19
BARRIER_REQUEST, BARRIER_REPLY = 20, 21
AGGREGATE, TABLES, FLOW_MONITOR = 2, 3, 16
MONITOR_INITIAL, MONITOR_DELETE = 1, 2
INITIAL, ADDED, REMOVED, PAUSED, RESUMED = 0, 1, 2, 5, 6
KNOWN = struct.pack('!HH4x', 1, 4)
STRANGE = struct.pack('!HHHBB', 1, 8, 0x1234, 0x10, 0)


def message(kind, xid, body=b'', version=VERSION):
    return struct.pack('!BBHI', version, kind, 8 + len(body), xid) + body


def flow(event, priority, match=KNOWN, excess=0):
    return struct.pack('!HHBBHHH4xQ', 24 + len(match) + excess, event, 0, 0,
                       0, 0, priority, 0) + match


def update(xid, event, priority, match=KNOWN, more=False):
    return reply(xid, flow(event, priority, match), more)


def reply(xid, entry, more=False):
    head = struct.pack('!HH4x', FLOW_MONITOR, 1 if more else 0)
    return message(MULTIPART_REPLY, xid, head + entry)


def port(number, config):
    return struct.pack('!H6s16sI20x', number, b'\2\0\0\0\0\1', b'name',
                       config)


def desc(xid, flags, ports):
    return message(STATS_REPLY_10, xid,
                   struct.pack('!HH', PORT_DESC, flags) + ports, 1)


class Switch:
    def __init__(self, steps):
        self.steps = steps
        self.count = 0
        self.cut = False
        self.n_tables = 1
        self.flags = None
        if steps[:1] == ['flags']:
            self.flags = steps[1]
            del steps[:2]
        self.early = b''
        if steps[:1] == ['early']:
            self.early = update(0, ADDED, int(steps[1]))
            del steps[:2]
        if steps[:1] == ['tables']:
            self.n_tables = int(steps[1])
            del steps[:2]

    def monitor(self, xid):
        """What is sent in answer to a flow monitor request."""
        out = b''
        while self.steps:
            step = self.steps.pop(0)
            if step == 'next':
                break
            out += self.step(step, xid)
        return out

    def step(self, step, xid):
        if step == 'error':
            return message(ERROR, 0x77777777, struct.pack('!HH', 1, 1))
        elif step == 'end':
            return reply(xid, b'')
        elif step in ('pause', 'resume'):
            event = PAUSED if step == 'pause' else RESUMED
            return reply(0, struct.pack('!HH4x', 8, event))

        elif step == 'short':
            return reply(xid, flow(INITIAL, 1)[:12])
        elif step == 'cut':
            self.cut = True
            return update(xid, INITIAL, 1)[:20]

        arg = int(self.steps.pop(0))
        if step == 'mixed':
            return reply(xid, flow(INITIAL, arg)
                         + flow(INITIAL, 1, STRANGE)
                         + flow(INITIAL, arg + 1), more=True)
        elif step == 'long':
            return reply(xid, flow(INITIAL, arg, excess=64))
        elif step == 'count':
            self.count = arg
            return b''
        elif step == 'initial':
            return update(xid, INITIAL, arg, more=True)
        event = REMOVED if step.endswith('removed') else ADDED
        match = STRANGE if step.startswith('strange') else KNOWN
        return update(0, event, arg, match)

    def answer(self, version, kind, xid, body):
        if kind == ECHO_REQUEST:
            return message(ECHO_REPLY, xid, body, version)
        elif kind == GET_CONFIG_REQUEST:
            return self.config(xid, version)
        elif version == 1 and kind == STATS_REQUEST_10:
            return self.ports(xid)
        elif kind == BARRIER_REQUEST:
            return message(BARRIER_REPLY, xid)
        elif kind == MULTIPART_REQUEST:
            part = struct.unpack('!H', body[:2])[0]
            if part == FLOW_MONITOR:
                flags, _, command = struct.unpack('!HBB', body[20:24])
                begins = (command != MONITOR_DELETE
                          and flags & MONITOR_INITIAL)
                return (self.monitor(xid) if begins
                        else reply(xid, b'') + self.early)
            elif part == TABLES:
                body = struct.pack('!HH4x', TABLES, 0)
                for i in range(self.n_tables):
                    body += struct.pack('!B3xIQQ', i, 1, 0, 0)
                return message(MULTIPART_REPLY, xid, body)
            elif part == AGGREGATE:
                return message(MULTIPART_REPLY, xid, struct.pack(
                    '!HH4xQQI4x', AGGREGATE, 0, 0, 0, self.count))
        return b''

    def config(self, xid, version):
        if self.flags == 'none':
            return b''
        drop = 1 if self.flags == 'good' else 0
        return message(GET_CONFIG_REPLY, xid, struct.pack('!HH', drop, 0),
                       version)

    def ports(self, xid):
        if self.flags == 'none':
            return b''
        elif self.flags == 'error':
            return message(ERROR, xid, struct.pack('!HH', 1, 1), 1)
        elif self.flags == 'short':
            return desc(xid, 0, port(3, 4)[:-5])
        elif self.flags == 'good':
            return (desc(xid, 1, port(3, 4) + port(2, 0))
                    + desc(xid, 0, port(1, 0x30)))
        return desc(xid, 0, b'')

    def serve(self, connection):
        connection.sendall(message(HELLO, 1))
        data = b''
        while True:
            received = connection.recv(4096)
            if not received:
                return
            data += received
            while len(data) >= 8:
                version, kind, length, xid = struct.unpack('!BBHI', data[:8])
                if len(data) < length:
                    break
                connection.sendall(self.answer(version, kind, xid,
                                               data[8:length]))
                if self.cut:
                    self.cut = False
                    return
                data = data[length:]


def run(switch, connection):
    try:
        switch.serve(connection)
    except OSError:
        pass
    connection.close()


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(5)
    switch = Switch(sys.argv[2:])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=run, args=(switch, connection),
                         daemon=True).start()


if __name__ == '__main__':
    main()

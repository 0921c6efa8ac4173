#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Stands in for QEMU behind a QMP socket, and does what a real one does too
# rarely, or too slowly, to be waited for.
#
#   fake-qmp.py serve SOCKET DEVICE...
#   fake-qmp.py tell SOCKET WORD...
#   fake-qmp.py relay SOCKET
#
# A DEVICE is ID,mac=MAC[,failover], a virtio-net device, or ID, an empty
# PCI Express root port.  "tell" changes how the server of the same SOCKET
# behaves; what it has been asked is written to SOCKET.log.  "relay" stands in
# for ovs-iov-libvirt: it connects SOCKET with standard input and output.
#
#   greet WORD...       say this instead of the greeting
#   silent              do not greet at all
#   fail COMMAND WORD...  answer COMMAND with an error
#   answer COMMAND[,COMMAND]... JSON
#                       answer them with this
#   mute COMMAND        never answer COMMAND
#   drop COMMAND        close the connection instead of an answer
#   unplug at-once|on-demand|refused
#   hidden              a plugged VF does not show until "negotiate"
#   unplug-now          what was asked to leave leaves
#   negotiate           the guest's driver agrees to failover
#   status WORD EVENT   the state of the virtual machine, and an event
#   event NAME [JSON]   tell of an event
#   default [WORD...]   behave again, but for what the words say
#   hang-up             close the connection
#
# Like QEMU it serves one client at a time; the next one may connect and hears
# nothing.

import json
import os
import select
import socket
import sys

GREETING = {"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}},
                    "capabilities": []}}


def as_text(value):
    return (value if isinstance(value, str)
            else json.dumps(value, sort_keys=True))


class QMPError(Exception):
    pass


class Machine:
    def __init__(self, path, words):
        self.path = path
        self.nics = {}
        self.ports = []
        self.vfs = {}           # By id: the arguments of device_add.
        self.hidden = {}
        self.leaving = []
        self.status = "running"
        self.migration = None
        self.client = None
        self.buffer = b""
        self.default()
        for word in words:
            name, *options = word.split(",")
            if options:
                self.nics[name] = {
                    "mac": options[0].split("=")[1],
                    "failover": "failover" in options}
            else:
                self.ports.append(name)

    def default(self):
        self.greeting = json.dumps(GREETING)
        self.failing = {}
        self.answers = {}
        self.muted = set()
        self.dropped = set()
        self.unplugging = "at-once"
        self.hiding = False

    # The client.

    def send(self, message):
        if self.client:
            try:
                self.client.sendall(json.dumps(message).encode() + b"\r\n")
            except OSError:
                self.hang_up()

    def event(self, name, data=None):
        message = {"event": name,
                   "timestamp": {"seconds": 0, "microseconds": 0}}
        if data is not None:
            message["data"] = data
        self.send(message)

    def hang_up(self):
        if self.client:
            self.client.close()
        self.client = None
        self.buffer = b""

    def accept(self, client):
        self.client = client
        if self.greeting is not None:
            client.sendall(self.greeting.encode() + b"\r\n")

    def receive(self):
        try:
            data = self.client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.hang_up()
            return
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            if self.client:
                self.run(json.loads(line))

    def run(self, message):
        name = message["execute"]
        arguments = message.get("arguments", {})
        with open(self.path + ".log", "a", encoding="utf-8") as log:
            print(name, *(f"{key}={as_text(value)}"
                          for key, value in sorted(arguments.items())),
                  file=log)
        if name in self.muted:
            return
        if name in self.dropped:
            self.hang_up()
            return
        try:
            if name in self.failing:
                raise QMPError(self.failing[name])
            value = (self.answers[name] if name in self.answers else
                     getattr(self, "do_" + name.replace("-", "_"))(arguments))
            self.send({"return": value, "id": message["id"]})
        except QMPError as error:
            self.send({"error": {"class": "GenericError",
                                 "desc": str(error)}, "id": message["id"]})
        if name == "device_del" and self.unplugging == "at-once":
            self.unplug_now()
        elif name == "device_del" and self.unplugging == "refused":
            self.refuse(arguments["id"])

    # What it is asked.

    def do_qmp_capabilities(self, _):
        return {}

    def do_migrate_set_capabilities(self, _):
        return {}

    def do_query_status(self, _):
        return {"running": self.status == "running", "status": self.status}

    def do_query_migrate(self, _):
        return {"status": self.migration} if self.migration else {}

    def do_qom_list(self, _):
        kinds = ([(port, "pcie-root-port") for port in self.ports]
                 + [(nic, "virtio-net-pci") for nic in self.nics]
                 + [(vf, "vfio-pci") for vf in self.vfs])
        return ([{"name": "type", "type": "string"}]
                + [{"name": name, "type": f"child<{kind}>"}
                   for name, kind in kinds])

    def do_qom_get(self, arguments):
        name = arguments["path"].split("/")[-1]
        key = arguments["property"]
        if name in self.nics:
            return self.nics[name][key]
        if name in self.vfs:
            return self.vfs[name][key]
        raise QMPError(f"Device '{name}' not found")

    def do_query_pci(self, _):
        devices = []
        for port in self.ports:
            below = [{"bus": 1, "slot": 0, "qdev_id": name}
                     for name, vf in self.vfs.items()
                     if vf.get("bus") == port]
            devices.append({"bus": 0, "slot": 1, "qdev_id": port,
                            "pci_bridge": {"bus": {}, "devices": below}})
        devices.append({"bus": 0, "slot": 31, "qdev_id": ""})
        return [{"bus": 0, "devices": devices}]

    def do_device_add(self, arguments):
        if arguments["id"] in self.vfs:
            raise QMPError(f"Duplicate ID '{arguments['id']}' for device")
        (self.hidden if self.hiding else self.vfs)[arguments["id"]] = arguments
        return {}

    def do_device_del(self, arguments):
        name = arguments["id"]
        if name not in self.vfs:
            raise QMPError(f"Device '{name}' not found")
        if name in self.leaving:
            raise QMPError(f"Device {name} is already in the process of "
                           "unplug")
        self.leaving.append(name)
        return {}

    # What the guest does.

    def unplug_now(self):
        for name in self.leaving:
            del self.vfs[name]
            data = {"path": f"/machine/peripheral/{name}"}
            self.event("DEVICE_DELETED", data)
            self.event("DEVICE_DELETED", dict(data, device=name))
        self.leaving = []

    def refuse(self, name):
        self.leaving.remove(name)
        self.event("DEVICE_UNPLUG_GUEST_ERROR",
                   {"device": name, "path": f"/machine/peripheral/{name}"})

    def negotiate(self):
        self.vfs.update(self.hidden)
        self.hidden = {}
        for name in self.nics:
            self.event("FAILOVER_NEGOTIATED", {"device-id": name})

    # What it is told.

    def tell(self, word, *rest):
        if word == "greet":
            self.greeting = " ".join(rest)
        elif word == "silent":
            self.greeting = None
        elif word == "fail":
            self.failing[rest[0]] = " ".join(rest[1:])
        elif word == "answer":
            for command in rest[0].split(","):
                self.answers[command] = json.loads(rest[1])
        elif word == "mute":
            self.muted.add(rest[0])
        elif word == "drop":
            self.dropped.add(rest[0])
        elif word == "unplug":
            self.unplugging = rest[0]
        elif word == "hidden":
            self.hiding = True
        elif word == "unplug-now":
            self.unplug_now()
        elif word == "negotiate":
            self.negotiate()
        elif word == "status":
            self.status = rest[0]
            if self.status == "shutoff":
                self.vfs = {}
            self.event(rest[1])
        elif word == "event":
            self.tell_event(*rest)
        elif word == "default":
            self.default()
            if rest:
                self.tell(*rest)
        elif word == "hang-up":
            self.hang_up()
        else:
            return f"fake-qmp: there is no {word}"
        return ""

    def tell_event(self, name, data="null"):
        data = json.loads(data)
        if name == "MIGRATION":
            self.migration = data["status"]
        self.event(name, data)


def listen(path):
    if os.path.exists(path):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(5)
    return sock


def serve(path, *words):
    machine = Machine(path, words)
    control = listen(path + ".ctl")
    server = listen(path)
    while True:
        ready = [control, machine.client or server]
        ready, _, _ = select.select(ready, [], [])
        if control in ready:
            teller = control.accept()[0]
            with teller, teller.makefile("rw") as text:
                text.write(machine.tell(*json.loads(text.readline())))
        elif server in ready:
            machine.accept(server.accept()[0])
        elif machine.client in ready:
            machine.receive()


def tell(path, *words):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path + ".ctl")
        sock.sendall(json.dumps(words).encode() + b"\n")
        sys.exit(sock.makefile().read() or 0)


def relay(path):
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(path)
        except OSError:
            name = os.path.basename(path)
            print(json.dumps({"error": {
                "desc": f"libvirt knows no domain {name}"}}), flush=True)
            sys.exit(1)
        ways = {sock.fileno(): 1, 0: sock.fileno()}
        while True:
            for fd in select.select(list(ways), [], [])[0]:
                data = os.read(fd, 65536)
                if not data:
                    sys.exit(0)
                os.write(ways[fd], data)


{"serve": serve, "tell": tell, "relay": relay}[sys.argv[1]](*sys.argv[2:])

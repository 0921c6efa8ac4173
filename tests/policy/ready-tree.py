#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns captured trees into text files and back.

    ready-tree.py expand FILE DIR     makes DIR out of the text FILE
    ready-tree.py pack DIR            prints DIR as text
    ready-tree.py large FILE DIR N M  makes DIR out of the text FILE, with N
                                      times its NIC, and M VFs for each

After a comment, a text file has entries that begin with one of the lines

    == dir PATH
    == link PATH TARGET
    == file PATH
    == hex PATH SIZE

followed by the content of a file, or by lines "OFFSET: BYTES" of what is not
zero in it.

An archive of "ovs-iov-check --capture" unpacks into such a directory, so a bug
report becomes a test by "pack" and a look at what it tells of its sender.
"""

import os
import sys

WIDTH = 16                      # Bytes in a line of hex.


def make_parent(path):
    """Makes the directory that 'path' is to be in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)


def expand(name, top):
    """Makes the directory 'top' out of the file 'name'."""
    with open(name, encoding="utf-8") as stream:
        text = stream.read()
    for entry in text.split("\n== ")[1:]:
        head, _, body = entry.partition("\n")
        kind, rest = head.split(" ", 1)
        path = os.path.join(top, rest.split(" ")[0])
        make_parent(path)
        if kind == "dir":
            os.makedirs(path, exist_ok=True)
        elif kind == "link":
            os.symlink(rest.split(" ")[1], path)
        elif kind == "hex":
            write_hex(path, int(rest.split(" ")[1]), body)
        elif kind == "file":
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(body.rstrip("\n") + "\n" if body else "")
        else:
            sys.exit("%s: unknown kind of entry: %s" % (name, kind))


def write_hex(path, size, body):
    """Writes 'size' bytes to 'path', those of 'body' and zeros."""
    data = bytearray(size)
    for line in body.split("\n"):
        offset, _, digits = line.partition(":")
        if digits:
            start = int(offset, 16)
            values = bytes.fromhex(digits)
            data[start:start + len(values)] = values
    with open(path, "wb") as stream:
        stream.write(data)


def hex_lines(data):
    """Yields the lines of 'data' that are not zero."""
    for offset in range(0, len(data), WIDTH):
        line = data[offset:offset + WIDTH]
        if any(line):
            yield "%03x: %s\n" % (offset, line.hex(" "))


def describe(path, name):
    """Returns the entry for 'path', which is called 'name'."""
    if os.path.islink(path):
        return "== link %s %s\n" % (name, os.readlink(path))
    if os.path.isdir(path):
        return "" if os.listdir(path) else "== dir %s\n" % name
    with open(path, "rb") as stream:
        data = stream.read()
    if os.path.basename(path) == "config":
        return "== hex %s %d\n" % (name, len(data)) + "".join(hex_lines(data))
    text = "\n".join(line.rstrip()
                     for line in data.decode("utf-8").split("\n"))
    return "== file %s\n%s%s" % (name, text,
                                 "\n" if text and text[-1] != "\n" else "")


def pack(top):
    """Prints the directory 'top' as text, sorted by name."""
    names = []
    for folder, folders, files in os.walk(top):
        names += [os.path.relpath(os.path.join(folder, name), top)
                  for name in folders + files]
    for name in sorted(names):
        sys.stdout.write(describe(os.path.join(top, name), name))


# What "large" multiplies: the NIC of the lab, its port, its first VF.
PORT, NIC, VF = "0000:00:05.0", "0000:01:00.0", "0000:01:10.0"


def copy_device(source, target, links):
    """Copies a device's own files, and its links as 'links' says."""
    os.makedirs(target)
    for name in os.listdir(source):
        path = os.path.join(source, name)
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as stream:
                data = stream.read()
            with open(os.path.join(target, name), "wb") as stream:
                stream.write(data)
    for name, destination in links.items():
        os.symlink(destination, os.path.join(target, name))


class Large:
    """A tree that is being made large."""

    def __init__(self, top):
        self.top = top
        self.group = 1000       # Number of the next IOMMU group.

    def add(self, source, below, address, links):
        """Adds a copy of 'source' and returns its directory."""
        path = os.path.join(self.top, below, address)
        group = "sys/kernel/iommu_groups/%d" % self.group
        self.group += 1
        links["iommu_group"] = "../" * (below.count("/") + 2) + group
        os.makedirs(os.path.join(self.top, group, "devices", address))
        copy_device(os.path.join(self.top, source), path, links)
        os.symlink("../../../" + os.path.join(below, address)[len("sys/"):],
                   os.path.join(self.top, "sys/bus/pci/devices", address))
        return os.path.join(below, address)

    def add_nic(self, number, n_vfs):
        """Adds a port, a NIC and its VFs."""
        root = "sys/devices/pci0000:00/"
        bus = "0000:%02x:" % (0x10 + number)
        port = self.add(root + PORT, root[:-1],
                        "0000:00:%02x.0" % (0x10 + number), {})
        nic = self.add(root + PORT + "/" + NIC, port, bus + "00.0",
                       {"driver": "../../../../bus/pci/drivers/igb"})
        with open(os.path.join(self.top, nic, "sriov_totalvfs"), "w",
                  encoding="ascii") as stream:
            stream.write("%d\n" % n_vfs)
        for i in range(n_vfs):
            address = bus + "%02x.%d" % (1 + i // 8, i % 8)
            self.add(root + PORT + "/" + VF, port, address,
                     {"driver": "../../../../bus/pci/drivers/igbvf",
                      "physfn": "../" + bus + "00.0"})
            os.symlink("../" + address,
                       os.path.join(self.top, nic, "virtfn%d" % i))


def large(name, top, n_nics, n_vfs):
    """Makes a tree with many NICs and VFs."""
    expand(name, top)
    tree = Large(top)
    for number in range(n_nics):
        tree.add_nic(number, n_vfs)


def main():
    """Does what the command line asks for."""
    if len(sys.argv) == 4 and sys.argv[1] == "expand":
        expand(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 3 and sys.argv[1] == "pack":
        pack(sys.argv[2])
    elif len(sys.argv) == 6 and sys.argv[1] == "large":
        large(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()

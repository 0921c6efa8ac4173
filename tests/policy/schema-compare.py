#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Says where the table of columns and Open vSwitch differ.
#
#   schema-compare.py columns TABLE SCHEMA   the schema, vswitch.ovsschema
#   schema-compare.py keys TABLE SCHEMA XML  its documentation, vswitch.xml
#
# TABLE is what "test-policy schema-table" prints.
#
# What the table says came with a later version of the schema may be missing,
# and may also be there, because keys come without a new version.

import json
import sys
import xml.etree.ElementTree


def version(text):
    return tuple(int(n) for n in text.split('.'))


def read_table(name, kind):
    """Yields (name of the row, since)."""
    with open(name, encoding='utf-8') as stream:
        for line in stream:
            words = line.split()
            if words[0] == kind:
                yield tuple(words[1:-2]), words[-2]


def keys_columns(name):
    """Columns whose keys have rows."""
    with open(name, encoding='utf-8') as stream:
        rows = [line.split() for line in stream]
    return {(r[1], r[2]) for r in rows
            if r[0] == 'column' and r[4] == 'by_key'}


def covers(row, name):
    if row[-1].endswith('*'):
        return (row[:-1] == name[:-1]
                and name[-1].startswith(row[-1].rstrip('*')))
    return row == name


def documented_keys(name, columns):
    root = xml.etree.ElementTree.parse(name).getroot()
    return {(table.get('name'), column.get('name'), column.get('key'))
            for table in root.iter('table') for column in table.iter('column')
            if column.get('key')
            and (table.get('name'), column.get('name')) in columns}


def compare(rows, names, present):
    """'rows' of our table, 'names' of Open vSwitch's, version 'present'."""
    for name in sorted(names):
        n = sum(covers(row, name) for row, _ in rows)
        if n != 1:
            print('%s: in %d rows of the table' % (' '.join(name), n))
    for row, since in rows:
        required = since == '-' or version(since) <= present
        if required and not any(covers(row, name) for name in names):
            print('%s: not in Open vSwitch' % ' '.join(row))


def main():
    what, table, schema_name = sys.argv[1:4]
    with open(schema_name, encoding='utf-8') as stream:
        schema = json.load(stream)
    if what == 'columns':
        rows = list(read_table(table, 'column'))
        names = {(t, c) for t in schema['tables']
                 for c in schema['tables'][t]['columns']}
    else:
        rows = list(read_table(table, 'key'))
        names = documented_keys(sys.argv[4], keys_columns(table))
    compare(rows, names, version(schema['version']))


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the power of the random tests of the verdict.

    mutants.py [--sample N] [--seed N] [--seconds N] [--list] SOURCE BUILD

Makes one mutant after the other of the analysis: each row of the table of
actions, each comparison and each early return.  Builds it in BUILD, a build
tree of a copy of SOURCE that is changed and put back, and runs the random
tests on it, against a switch of its own, for --seconds each.  A mutant that no
test notices has survived: it is printed, with the reason why it does the same
if mutants.txt has one.

What is changed: the copy of SOURCE in BUILD/mutants, nothing else.

A mutant that is only more careful gives no port a VF that it should not have,
and no random packet shows it.  The share of harmless ports that are direct has
to stay, too.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys

FILES = [
    'policy/flow/action.def', 'policy/flow/acts.c', 'policy/flow/cube.c',
    'policy/flow/index.c', 'policy/flow/query.c', 'policy/flow/view.c',
    'policy/reach/counterpart.c', 'policy/reach/outcome.c',
    'policy/reach/packet-set.c', 'policy/reach/search.c',
    'policy/reach/shadow.c', 'policy/reach/sink-culprits.c',
    'policy/reach/walk-steps.c', 'policy/reach/walk.c',
]

# Each pattern with what takes its place.
OPERATORS = [
    (r' == ', ' != '), (r' != ', ' == '), (r' < ', ' <= '), (r' <= ', ' < '),
    (r' > ', ' >= '), (r' >= ', ' > '), (r' && ', ' || '), (r' \|\| ', ' && '),
    (r'\breturn true;', 'return false;'), (r'\breturn false;', 'return true;'),
    (r'(?<=if \()(?=.*\) \{$)', '!'), (r'^( +)return;$', r'\1;'),
]
ROWS = [
    (r'\bSENDS\b', 'ALTERS'), (r'\bALTERS\b', 'SENDS'),
    (r', (IP|HEADERS), ', ', NOTHING, '),
]


STILLBORN = 'the compiler'


class Mutant:
    def __init__(self, name, number, old, new):
        self.name, self.number, self.old, self.new = name, number, old, new

    def __str__(self):
        return '%s:%d: %s -> %s' % (self.name, self.number + 1,
                                    self.old.strip(), self.new.strip())

    def key(self):
        """What mutants.txt knows it by: lines move."""
        return '%s: %s -> %s' % (self.name, self.old.strip(),
                                 self.new.strip())


def is_code(name, line):
    """False for comments, includes and the parameters of loops."""
    text = line.strip()
    if name.endswith('.def'):
        return text.startswith('ACTION(')
    return not (text.startswith(('/*', '*', '#', 'for (', '//'))
                or ' * ' in line[:3])


def make_mutants(source):
    for name in FILES:
        with open(os.path.join(source, name)) as f:
            lines = f.read().split('\n')
        operators = ROWS if name.endswith('.def') else OPERATORS
        for number, line in enumerate(lines):
            if not is_code(name, line):
                continue
            for pattern, replacement in operators:
                for match in re.finditer(pattern, line):
                    new = (line[:match.start()]
                           + match.expand(replacement) + line[match.end():])
                    yield Mutant(name, number, line, new)


def run(args, timeout, **kwargs):
    """Returns the exit status and what was printed."""
    try:
        done = subprocess.run(args, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout,
                              universal_newlines=True, check=False, **kwargs)
    except subprocess.TimeoutExpired:
        return 124, 'it took too long'
    return done.returncode, done.stdout


class Switch:
    """An ovs-vswitchd with the bridge that tests/policy/test-verdict.h tells
    of."""

    def __init__(self, rundir):
        shutil.rmtree(rundir, ignore_errors=True)
        os.makedirs(rundir)
        self.rundir = rundir
        self.env = dict(os.environ, OVS_RUNDIR=rundir, OVS_LOGDIR=rundir,
                        OVS_DBDIR=rundir, OVS_SYSCONFDIR=rundir)
        self.env['PATH'] += ':/usr/sbin:/sbin'
        db = os.path.join(rundir, 'conf.db')
        self.call('ovsdb-tool', 'create', db,
                  '/usr/share/openvswitch/vswitch.ovsschema')
        self.call('ovsdb-server', '--detach', '--no-chdir', '--pidfile',
                  '--log-file', '--remote=punix:%s/db.sock' % rundir, db)
        self.call('ovs-vsctl', '--no-wait', 'init')
        self.call('ovs-vswitchd', '--enable-dummy=override',
                  '--disable-system-route', '--detach', '--no-chdir',
                  '--pidfile', '--log-file')
        args = ['add-br', 'br0', '--', 'set', 'Bridge', 'br0',
                'datapath_type=dummy', 'fail_mode=secure']
        for name, ofport in ('vm1', 1), ('vm2', 2), ('vm3', 3), ('eth0', 10):
            args += ['--', 'add-port', 'br0', name]
            args += ['tag=5'] if name == 'vm2' else []
            args += ['--', 'set', 'Interface', name, 'type=dummy',
                     'ofport_request=%d' % ofport]
        self.call('ovs-vsctl', *args)
        self.call('ovs-ofctl', '-OOpenFlow15', 'add-meter', 'br0',
                  'meter=1,kbps,band=type=drop,rate=1000')
        self.call('ovs-ofctl', '-OOpenFlow15', 'add-group', 'br0',
                  'group_id=1,type=all,bucket=output:2')

    def call(self, *args):
        status, output = run(args, 60, env=self.env)
        if status:
            sys.exit('%s: %s' % (' '.join(args), output))

    def stop(self):
        for name in 'ovs-vswitchd', 'ovsdb-server':
            with open(os.path.join(self.rundir, name + '.pid')) as f:
                os.kill(int(f.read()), 15)


def share(output):
    """The share of harmless ports that are direct."""
    match = re.search(r'harmless, \d+ direct, ([\d.]+)%', output)
    return float(match.group(1)) if match else 0.0


class Bench:
    def __init__(self, options):
        self.options = options
        self.top = os.path.join(os.path.abspath(options.build), 'mutants')
        self.source = os.path.join(self.top, 'source')
        self.build = os.path.join(self.top, 'build')
        if not os.path.exists(os.path.join(self.build, 'config.status')):
            self.prepare()
        self.switch = Switch(os.path.join(self.top, 'run'))
        self.least = 0.0

    def prepare(self):
        shutil.rmtree(self.top, ignore_errors=True)
        shutil.copytree(self.options.source, self.source, symlinks=True,
                        ignore=shutil.ignore_patterns('.git'))
        os.makedirs(self.build)
        with open(os.path.join(self.options.build, 'config.status')) as f:
            text = f.read()
        args = re.search(r"^ac_cs_config='?(.*?)'?$", text, re.M).group(1)
        args = args.replace("'\\''", "'").replace('--enable-Werror', '')
        status, output = run(['sh', '-c', '%s/configure %s' % (self.source,
                                                               args)],
                             600, cwd=self.build)
        if status:
            sys.exit(output)

    def compile(self):
        return run(['nice', 'make', '-j2', 'tests/test-verdict',
                    'tests/test-verdict-update'], 900, cwd=self.build)

    def judge(self):
        """Returns what noticed, or null."""
        test = os.path.join(self.build, 'tests', 'test-verdict')
        status, output = run(['nice', test, '--packets=60',
                              '--seed=%d' % self.options.seed,
                              '--seconds=%d' % self.options.seconds,
                              self.switch.rundir],
                             self.options.seconds * 5 + 60,
                             env=self.switch.env)
        if status:
            return 'a packet' if 'WRONG' in output else 'a crash'
        if share(output) < self.least:
            return 'precision, %.1f%%' % share(output)
        if not self.least:
            self.least = share(output) - 4
        status, output = run(['nice', test + '-update', '1', '500'], 300)
        return 'a piecewise verdict' if status else None

    def test(self, mutant):
        path = os.path.join(self.source, mutant.name)
        with open(path) as f:
            original = f.read()
        lines = original.split('\n')
        if lines[mutant.number] != mutant.old:
            sys.exit('%s is another than in %s' % (path, self.options.source))
        lines[mutant.number] = mutant.new
        try:
            with open(path, 'w') as f:
                f.write('\n'.join(lines))
            status, _ = self.compile()
            return STILLBORN if status else self.judge()
        finally:
            with open(path, 'w') as f:
                f.write(original)


def read_reasons():
    """Why some mutants do the same, by Mutant.key()."""
    reasons = {}
    path = os.path.join(os.path.dirname(__file__), 'mutants.txt')
    with open(path) as f:
        for line in f:
            if ' because ' in line and not line.startswith('#'):
                key, why = line.rstrip('\n').split(' because ', 1)
                reasons[key] = why
    return reasons


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--sample', type=int, default=0)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--seconds', type=int, default=600)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('source')
    parser.add_argument('build')
    options = parser.parse_args()

    mutants = list(make_mutants(options.source))
    n_all = len(mutants)
    if options.sample:
        random.seed(options.seed)
        mutants = random.sample(mutants, min(options.sample, n_all))
    if options.list:
        print('\n'.join(str(m) for m in mutants))
        return
    bench = Bench(options)
    try:
        status, output = bench.compile()
        if status:
            sys.exit(output)
        noticed = bench.judge()
        if noticed:
            sys.exit('without any mutant, %s' % noticed)
        reasons = read_reasons()
        n_killed = n_explained = n_stillborn = 0
        for mutant in mutants:
            noticed = bench.test(mutant)
            if noticed == STILLBORN:
                n_stillborn += 1
            elif noticed:
                n_killed += 1
                print('killed by %s: %s' % (noticed, mutant), flush=True)
            else:
                why = reasons.get(mutant.key())
                n_explained += why is not None
                print('SURVIVED: %s%s' % (mutant, ' because ' + why if why
                                          else ''), flush=True)
        n = len(mutants) - n_stillborn
        print('%d of %d mutants, without %d that do not compile: %d killed, '
              '%d survived, %d of them for a known reason'
              % (n, n_all, n_stillborn, n_killed, n - n_killed, n_explained))
    finally:
        bench.switch.stop()


if __name__ == '__main__':
    main()

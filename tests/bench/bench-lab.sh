#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# "make bench-lab": boots the lab and runs bench-in-lab.sh there, with the
# measuring program of this build.
#
# That program runs on the C library of the lab, so the lab has to be of this
# machine's Debian release, which is the default.

set -euo pipefail

exec "$BENCH_SOURCE/utilities/iov-lab" run --vfs 4 --timeout 300 \
    --with "$BENCH_BUILD/tests/bench/bench-fence" \
    --with "$BENCH_SOURCE/tests/bench/common.sh" \
    --with "$BENCH_SOURCE/tests/bench/in-lab.sh" \
    "$BENCH_SOURCE/tests/bench/bench-in-lab.sh" "$BENCH_OVS_VERSION" \
    "${BENCH_COUNT:-30}" "${BENCH_IDLE:-10}"

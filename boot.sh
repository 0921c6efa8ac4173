#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes "configure" and the Makefile templates of a checkout.  A release
# tarball has them already.
set -e
cd "$(dirname "$0")"
exec autoreconf --install --force

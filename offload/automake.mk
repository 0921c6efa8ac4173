# SPDX-License-Identifier: Apache-2.0

noinst_LIBRARIES += offload/libiov-offload.a
offload_libiov_offload_a_SOURCES = \
	offload/guest.h \
	offload/journal.h \
	offload/provider.h

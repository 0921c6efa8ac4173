# SPDX-License-Identifier: Apache-2.0
#
# Checks of the source: "make lint" runs all of them.  The cheapest, who may
# include whom, runs in every build.

EXTRA_DIST += \
	.clang-tidy \
	build-aux/check-layers \
	build-aux/check-style \
	build-aux/compile-commands

# Without the "u" that automake puts there and binutils warns of.
ARFLAGS = cr

# Files of ours that are compiled, as "make lint" sees them.
lint_sources = $(filter policy/%.c offload/%.c vswitchd-ext/%.c docs/%.c \
	tests/%.c utilities/%.c,$(DIST_SOURCES))

all-local: check-layers
check-layers:
	$(AM_V_at)$(PYTHON) $(top_srcdir)/build-aux/check-layers $(top_srcdir)

check-style:
	$(AM_V_at)$(PYTHON) $(top_srcdir)/build-aux/check-style $(top_srcdir)

# For editors and clang-tidy.
compile_commands.json: Makefile $(top_srcdir)/build-aux/compile-commands
	$(AM_V_GEN)$(PYTHON) $(top_srcdir)/build-aux/compile-commands \
	  '$(abs_builddir)' '$(abs_srcdir)' $(DIST_SOURCES) -- $(COMPILE) \
	  $(LIBVIRT_CFLAGS) \
	  > $@.tmp && mv $@.tmp $@

# What is suppressed, and why: cppcheck does not follow the loops of hmap.h and
# so takes their variables for uninitialized, which clang-tidy judges better;
# and it does not know the macros of Open vSwitch.
lint-cppcheck:
	@command -v cppcheck > /dev/null || \
	 { echo "cppcheck is missing: apt-get install cppcheck" >&2; exit 1; }
	@echo "  LINT     cppcheck"
	@cppcheck --quiet --std=c11 --language=c --inline-suppr --error-exitcode=1 \
	  --enable=warning,performance,portability \
	  --suppress=uninitvar --suppress=ctuuninitvar --suppress=unknownMacro \
	  -I$(top_srcdir) $(addprefix $(top_srcdir)/,$(lint_sources))

lint-clang-tidy: compile_commands.json
	@command -v clang-tidy > /dev/null || \
	 { echo "clang-tidy is missing: apt-get install clang-tidy" >&2; exit 1; }
	@echo "  LINT     clang-tidy (minutes)"
	@printf '%s\n' $(addprefix $(abs_top_srcdir)/,$(lint_sources)) | \
	  xargs -n 4 -P 2 clang-tidy --quiet -p '$(abs_builddir)' \
	    --config-file='$(abs_top_srcdir)/.clang-tidy'

lint: check-layers check-style lint-cppcheck lint-clang-tidy
.PHONY: check-layers check-style lint lint-clang-tidy lint-cppcheck
CLEANFILES += compile_commands.json

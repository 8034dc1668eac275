# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The compiler, its flags and the libraries. apxs reports how httpd was built.
APXS := $(or $(APXS),$(shell command -v apxs || command -v apxs2 || echo apxs))
ifeq ($(origin CC),default)
CC = gcc
endif

WARNINGS = -Wall -Wextra -Wshadow -Wconversion
# CI=1 (or WERROR=1) turns warnings into errors; a user's build never fails by a warning
ifneq ($(strip $(CI)$(WERROR)),)
WARNINGS += -Werror
endif

STANDARD = -std=c99 -D_POSIX_C_SOURCE=200809L
HARDENING = -O2 -g -fPIC -fstack-protector-strong

# Link-time optimization, if the compiler supports it: a request calls many small functions
# in many files. The objects also contain ordinary code, for programs that are linked without
# it. LTO= turns it off; it is always off for sanitizers and coverage.
LTO_WANTED = -flto=auto -ffat-lto-objects
LTO := $(if $(findstring -fsanitize,$(CFLAGS))$(findstring -coverage,$(CFLAGS)),,\
    $(shell try=$$(mktemp) && echo 'int cors;' | \
        $(CC) -Werror $(LTO_WANTED) -shared -fPIC -x c -o "$$try" - >/dev/null 2>&1 \
        && echo $(LTO_WANTED); rm -f "$$try"))
# For test programs: each would optimize the whole core again.
WITHOUT_LTO = $(if $(LTO),-fno-lto)

APR_FLAGS = $(shell apr-1-config --cppflags --includes)
APR_LIBS = $(shell apr-1-config --link-ld) $(shell apu-1-config --link-ld)
# -isystem suppresses warnings in httpd's headers, which cannot be corrected here
HTTPD_FLAGS = -isystem $(shell $(APXS) -q INCLUDEDIR)
LIBS = -lpsl -lidn2
# reads the dumps that CorsCompare compares; the core does not use it
GLUE_LIBS = -ljansson

CORE_FLAGS = $(STANDARD) $(WARNINGS) $(HARDENING) $(CFLAGS) -Isrc -Iinclude \
    -Iout/generated $(APR_FLAGS)
GLUE_FLAGS = $(CORE_FLAGS) $(HTTPD_FLAGS)

# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# How everything is compiled. apxs knows how httpd itself was.
APXS := $(or $(APXS),$(shell command -v apxs || command -v apxs2 || echo apxs))
ifeq ($(origin CC),default)
CC = gcc
endif

WARNINGS = -Wall -Wextra -Wshadow -Wconversion
# CI=1 (or WERROR=1) turns warnings into errors; a user's build never stops there
ifneq ($(strip $(CI)$(WERROR)),)
WARNINGS += -Werror
endif

STANDARD = -std=c99 -D_POSIX_C_SOURCE=200809L
HARDENING = -O2 -g -fPIC -fstack-protector-strong

# Optimised as a whole where the compiler can: a request goes through many small
# functions of many files. The objects hold ordinary code, too, for what is linked
# without. LTO= goes without; what is instrumented does by itself.
LTO_WANTED = -flto=auto -ffat-lto-objects
LTO := $(if $(findstring -fsanitize,$(CFLAGS))$(findstring -coverage,$(CFLAGS)),,\
    $(shell try=$$(mktemp) && echo 'int cors;' | \
        $(CC) -Werror $(LTO_WANTED) -shared -fPIC -x c -o "$$try" - >/dev/null 2>&1 \
        && echo $(LTO_WANTED); rm -f "$$try"))
# For programs of tests, which would each optimise the whole core again.
WITHOUT_LTO = $(if $(LTO),-fno-lto)

APR_FLAGS = $(shell apr-1-config --cppflags --includes)
APR_LIBS = $(shell apr-1-config --link-ld) $(shell apu-1-config --link-ld)
# httpd's headers are the system's: their warnings are not ours to mend
HTTPD_FLAGS = -isystem $(shell $(APXS) -q INCLUDEDIR)
LIBS = -lpsl -lidn2

CORE_FLAGS = $(STANDARD) $(WARNINGS) $(HARDENING) $(CFLAGS) -Isrc -Iinclude \
    -Iout/generated $(APR_FLAGS)
GLUE_FLAGS = $(CORE_FLAGS) $(HTTPD_FLAGS)

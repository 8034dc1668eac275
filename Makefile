# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# The targets that most users need. The others are in these files:
#   build/flags.mk    compiler, flags and libraries
#   build/rules.mk    how each object and program is built, and from what
#   build/develop.mk  targets that test, measure and analyze the code
#   build/package.mk  tarballs and packages
.DEFAULT_GOAL := all

include build/flags.mk
include build/rules.mk

# A target builds on all cores, unless make is given a number of jobs.
CORES = $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
BUILD = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(CORES))

##  make             build out/mod_cors_policy.so and out/mod_cors_sources.so
.PHONY: all module
all: module
module: $(MODULES)
	@:

##  make demo        start a private httpd, and pages to try it in a browser
.PHONY: demo
demo: deps-demo
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run

##  make fleet-demo  start a private PostgreSQL and three private httpds that follow
##                   one table of it, and a page to try it in a browser
.PHONY: fleet-demo
fleet-demo: deps-fleet-demo
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/fleet/run

##  make test        run all tests: unit tests, stored fuzz inputs, Apache::Test
.PHONY: test
test: deps-test
	@$(BUILD) module unit-build $(REPLAY)
	@$(MAKE) --no-print-directory unit replay
	@APXS="$(APXS)" sh build/apache-test --timer

##  make unit        run the unit tests: the core without a server
.PHONY: unit unit-build
unit: unit-build
	@prove --exec '' $(UNIT)
unit-build: $(UNIT)
	@:

##  make check       check rooms, manual, messages, links, licences and format
.PHONY: check
check: deps-check $(SUFFIXES)
	@CC='$(CC)' FLAGS='$(GLUE_FLAGS)' sh build/check

##  make format      run clang-format over all C
.PHONY: format
format: deps-check
	@sh build/format

##  make deps        find and install the packages that the targets need
.PHONY: deps
deps:
	@sh build/deps

##  make deps-build  the same, for building only; also deps-demo, deps-fleet-demo,
##                   deps-browser, deps-check, deps-test, deps-tools, deps-deb,
##                   deps-rpm, deps-dist, deps-chroot
deps-%:
	@sh build/deps $*

##  make install     install where apxs reports, and enable; DESTDIR=, PREFIX=/usr/local
.PHONY: install uninstall
install: module
	@APXS="$(APXS)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh build/install

##  make uninstall   revert make install
uninstall:
	@APXS="$(APXS)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh build/install remove

##  make clean       remove out/
.PHONY: clean
clean:
	rm -rf out

##  make help        print this list
.PHONY: help
help:
	@for file in Makefile build/develop.mk build/package.mk; do \
	    sed -n 's/^##  //p' $$file; echo; done
	@echo 'variables: APXS=$(APXS) CC=$(CC) CFLAGS=$(CFLAGS)'
	@echo '           EXCHANGES=$(EXCHANGES) SEEDS=$(SEEDS) SEED=$(SEED)'

include build/develop.mk
include build/package.mk

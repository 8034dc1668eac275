# Licensed under the Apache License, Version 2.0; see LICENSE.
include build/flags.mk

# what is built otherwise goes to a directory of its own below out/
OUT = out

# the public suffixes below others, of the system's list; SUFFIX_LIST=file is another
SUFFIXES = out/generated/suffixes_below.h

CORE := $(patsubst src/%.c,%,$(wildcard src/core/*/*.c))
GLUE := $(patsubst src/%.c,%,$(wildcard src/httpd/*.c src/httpd/*/*.c))
CORE_OBJECTS := $(CORE:%=$(OUT)/%.o)
OBJECTS := $(OUT)/mod_cors_policy.o $(GLUE:%=$(OUT)/%.o) $(CORE_OBJECTS)
HEADERS := $(wildcard include/*.h src/*/*.h src/*/*/*.h) $(SUFFIXES)
BENCH := $(OUT)/bench/mod_bench_control.so $(OUT)/bench/micro $(OUT)/bench/linear
UNIT := $(patsubst t/unit/%.c,$(OUT)/unit/%.t,$(wildcard t/unit/*.c))
REPLAY = $(FUZZ_TARGETS:%=$(OUT)/replay/%)

# A line for each file; V=1 prints the whole command, make -s nothing.
LONG = $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
short = $(if $(LONG),,@echo '  $(1) $(or $(2),$<)' &&)

# Compiles on all cores, unless make was given a number of jobs.
CORES = $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
BUILD = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(CORES))

.DEFAULT_GOAL := all
.PHONY: all help deps demo demo-check pictures test unit check format install uninstall \
        clean module sanitize bench bench-check prove browser fuzz \
        unit-build coverage replay analyze memcheck mutate

##  make             build out/mod_cors_policy.so
all: module
module: $(OUT)/mod_cors_policy.so
	@:

##  make demo        a private httpd and pages to try it in a browser
demo: deps-demo
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run

##  make demo-check  the demo's pages driven in headless Chromium
demo-check: deps-browser
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run --check

##  make pictures    those of the manual: docs/demo.png and docs/explain.png
pictures: deps-browser
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run --pictures docs

##  make test        install what is missing, unit tests, replay, Apache::Test
test: deps-test
	@$(BUILD) module unit-build $(REPLAY)
	@$(MAKE) --no-print-directory unit replay
	@APXS="$(APXS)" sh build/apache-test --timer

##  make unit        the core alone, no server
unit: unit-build
	@prove --exec '' $(UNIT)
unit-build: $(UNIT)
	@:

##  make prove       policies by chance against a second opinion, 200,000 times
EXCHANGES = 200000
SEEDS = 10
SEED = $(shell date +%s)
prove: deps-test
	@$(BUILD) module
	@APXS="$(APXS)" CORS_EXCHANGES=$(EXCHANGES) CORS_RUNS=$(SEEDS) \
	    CORS_SEED=$(SEED) TESTS=t/reference/decisions.t sh build/apache-test -v

##  make browser     what pages in headless Chromium may do, against the same
browser: deps-test
	@$(BUILD) module
	@APXS="$(APXS)" TESTS=t/browser/browser.t sh build/apache-test

##  make fuzz        each parser, and the whole core, under libFuzzer, ASan and
##                   UBSan; FUZZ_SECONDS=60 each, FUZZ_TARGETS='core host'
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= core expression host json list names origin list_file pattern \
               regex
fuzz: deps-tools
	@$(BUILD) $(FUZZ_TARGETS:%=$(OUT)/fuzz/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) sh build/fuzz $(FUZZ_TARGETS)

##  make replay      what fuzzing has found, and the seeds, without libFuzzer
replay: $(REPLAY)
	@set -e; for target in $(FUZZ_TARGETS); do \
	    $(REPLAY_WITH) $(OUT)/replay/$$target $$(find t/fuzz/seeds/$$target \
	        t/fuzz/cases/$$target -type f 2>/dev/null) >$(OUT)/replay/$$target.log || { \
	        tail -1 $(OUT)/replay/$$target.log; exit 1; }; \
	    echo "replay: $$target: $$(wc -l <$(OUT)/replay/$$target.log) inputs"; \
	done

##  make soak        a long run under load, SOAK_SECONDS=600
SOAK_SECONDS ?= 600
soak: deps
	@$(BUILD) module
	@APXS="$(APXS)" SOAK_SECONDS=$(SOAK_SECONDS) TESTS=t/soak/soak.t \
	    sh build/apache-test -v
.PHONY: soak

##  make race        threads of one child under helgrind; RACE_SECONDS=30
RACE_SECONDS ?= 30
VALGRIND = valgrind -q --fullpath-after= --num-callers=20 \
    --suppressions=t/valgrind/httpd.supp
race: deps
	@$(MAKE) --no-print-directory out/race/mod_cors_policy.so
	@APXS="$(APXS)" OUT=out/race RACE_SECONDS=$(RACE_SECONDS) \
	    CORS_UNDER="$(VALGRIND) --tool=helgrind --history-level=full --error-limit=no" \
	    TESTS=t/valgrind/race.t sh build/apache-test -v
.PHONY: race

##  make memcheck-httpd  requests of all kinds to httpd under valgrind's memcheck
MEMCHECK ?= decisions preflights page htaccess origins_file reload hosts limits
memcheck-httpd: deps
	@$(BUILD) module
	@APXS="$(APXS)" CORS_EXCHANGES=1000 \
	    CORS_UNDER="$(VALGRIND) --tool=memcheck --leak-check=no" \
	    TESTS="$(foreach name,$(MEMCHECK),$(or $(wildcard t/*/$(name).t),t/$(name).t))" sh build/apache-test --timer
.PHONY: memcheck-httpd

##  make sanitize    unit tests and Apache::Test under ASan and UBSan
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined
sanitize: deps
	@$(MAKE) --no-print-directory clean
	@$(MAKE) --no-print-directory CFLAGS="$(SANITIZE)" \
	    LDFLAGS="$(SANITIZE)" module
	@ASAN_OPTIONS=detect_leaks=0 $(MAKE) --no-print-directory \
	    CFLAGS="$(SANITIZE)" unit replay
	@APXS="$(APXS)" SANITIZER="$$($(CC) -print-file-name=libasan.so)" \
	    sh build/apache-test
	@$(MAKE) --no-print-directory clean

##  make coverage    lines that the tests reach, out/coverage.txt; fails below
##                   97 % of the core and 92 % of all C
COVERAGE = --coverage -fprofile-update=atomic
# What is counted is written when the module would be unloaded. Where httpd is
# told to end at once that is while its threads run, and takes long enough for one
# of them to miss the code: it stays where it is.
COVERAGE_LINK = $(COVERAGE) -Wl,-z,nodelete
coverage: deps
	@rm -rf out/coverage
	@$(BUILD) OUT=out/coverage CC=gcc \
	    CFLAGS="-O0 $(COVERAGE)" LDFLAGS="$(COVERAGE_LINK)" module unit-build
	@APXS="$(APXS)" sh build/coverage

##  make analyze     gcc -fanalyzer, clang-tidy, cppcheck
analyze: deps-tools
	@FLAGS="$(GLUE_FLAGS)" sh build/analyze

##  make memcheck    the unit tests and the replay under valgrind
UNDER_MEMCHECK = valgrind -q --error-exitcode=1 --leak-check=full \
           --show-leak-kinds=definite --errors-for-leak-kinds=definite
memcheck: deps-tools
	@$(BUILD) unit-build $(REPLAY)
	@prove -j 2 --exec '$(UNDER_MEMCHECK)' $(UNIT)
	@$(MAKE) --no-print-directory REPLAY_WITH='$(UNDER_MEMCHECK)' replay

##  make mutate      does a unit test notice each change of what decides? Takes
##                   half an hour; MUTATE='src/core/policy/emit.c:40'
mutate: deps-tools
	@FLAGS="$(CORE_FLAGS)" LIBRARIES="$(APR_LIBS) $(LIBS) -lpcre2-8" \
	    perl build/mutate $(MUTATE)

##  make bench       instructions per request, throughput as ratios
bench: deps
	@$(BUILD) module $(BENCH)
	@APXS="$(APXS)" sh build/bench $(PARTS)

##  make bench-check the same against t/bench/limits
bench-check: deps
	@$(BUILD) module $(BENCH)
	@APXS="$(APXS)" sh build/bench check

##  make check       layers, manual against directives and messages, format
check: deps-check $(SUFFIXES)
	@CC='$(CC)' FLAGS='$(GLUE_FLAGS)' sh build/check

##  make deps        find what is missing for all of these, and install it
deps:
	@sh build/deps

##  make deps-build  no more than building takes; also deps-demo, deps-browser,
##                   deps-check, deps-test, deps-tools, deps-deb, deps-rpm,
##                   deps-dist, deps-chroot
deps-%:
	@sh build/deps $*

##  make install     where apxs says, and enable it; DESTDIR=, PREFIX=/usr/local
install: module
	@APXS="$(APXS)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh build/install

##  make uninstall   what make install did, undone
uninstall:
	@APXS="$(APXS)" DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh build/install remove

##  make dist        out/dist/mod_cors_policy-VERSION.tar.gz
VERSION = $(shell sed -n 's/^\#define CORS_POLICY_VERSION "\(.*\)"/\1/p' include/mod_cors_policy.h)
dist:
	@VERSION=$(VERSION) sh build/dist

##  make dist-check  unpack it elsewhere; it builds and tests by itself
dist-check: deps deps-dist dist
	@VERSION=$(VERSION) APXS="$(APXS)" sh build/dist check

##  make deb         a package for Debian in out/deb, which lintian has read
deb: deps-deb dist
	@VERSION=$(VERSION) sh build/deb

##  make deb-check   install, enable, use and purge it in a bare chroot
deb-check: deps-chroot deb
	@sh build/deb-check

##  make srpm        a source package for Fedora in out/rpm, for rpmbuild
srpm: deps-rpm dist
	@VERSION=$(VERSION) sh build/srpm

##  make rpm-check   build the package from that, every section of the spec
rpm-check: srpm
	@APXS="$(APXS)" sh build/rpm-check

##  make fresh-check a bare chroot of each Debian release, and what the README
##                   promises of it; RELEASES=trixie FRESH_AS='root user'
RELEASES = bookworm trixie
FRESH_AS = root user
fresh-check: deps-chroot
	@set -e; for release in $(RELEASES); do for who in $(FRESH_AS); do \
	    sh build/fresh-check $$release $$who; done; done
.PHONY: dist dist-check deb deb-check srpm rpm-check fresh-check

##  make format      clang-format over all C
format: deps-check
	@sh build/format

##  make clean       remove out/
clean:
	rm -rf out

##  make help        this list
help:
	@sed -n 's/^##  //p' Makefile
	@echo 'variables: APXS=$(APXS) CC=$(CC) CFLAGS=$(CFLAGS)'
	@echo '           EXCHANGES=$(EXCHANGES) SEEDS=$(SEEDS) SEED=$(SEED)'

$(OUT)/mod_cors_policy.so: $(OBJECTS) build/exports.map
	$(call short,LD,$@) $(CC) -shared $(if $(LTO),$(HARDENING) $(LTO)) \
	    -Wl,--version-script=build/exports.map $(LDFLAGS) \
	    -o $@ $(OBJECTS) $(LIBS)

$(SUFFIXES): build/suffixes $(SUFFIX_LIST)
	@mkdir -p $(@D)
	perl build/suffixes $(SUFFIX_LIST) >$@.new && mv $@.new $@

$(OUT)/core/%.o: src/core/%.c $(HEADERS) build/flags.mk
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(CORE_FLAGS) $(LTO) -c -o $@ $<

$(OUT)/httpd/%.o: src/httpd/%.c $(HEADERS) build/flags.mk
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(GLUE_FLAGS) $(LTO) -c -o $@ $<

$(OUT)/mod_cors_policy.o: mod_cors_policy.c $(HEADERS) build/flags.mk
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(GLUE_FLAGS) $(LTO) -c -o $@ $<

$(OUT)/unit/%.t: t/unit/%.c $(CORE_OBJECTS) $(HEADERS) $(wildcard t/unit/*.h)
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(CORE_FLAGS) $(WITHOUT_LTO) -It/unit -o $@ $< $(CORE_OBJECTS) \
	    $(APR_LIBS) $(LIBS) -lcmocka

# one command line: the module says to helgrind what its atomics order
$(OUT)/race/mod_cors_policy.so: mod_cors_policy.c $(CORE:%=src/%.c) $(GLUE:%=src/%.c) $(HEADERS)
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(GLUE_FLAGS) -DCORS_RACE -shared -o $@ mod_cors_policy.c \
	    $(CORE:%=src/%.c) $(GLUE:%=src/%.c) $(LIBS)

$(OUT)/bench/mod_bench_control.so: t/bench/mod_bench_control.c build/flags.mk
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(GLUE_FLAGS) -shared -o $@ $<

$(OUT)/bench/%: t/bench/%.c $(CORE_OBJECTS) $(HEADERS)
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(CORE_FLAGS) $(LTO) -o $@ $< $(CORE_OBJECTS) $(APR_LIBS) $(LIBS)

# libFuzzer wants the core compiled for it, too
FUZZ_OBJECTS := $(CORE:core/%=$(OUT)/fuzz/objects/%.o)
.SECONDARY: $(FUZZ_OBJECTS)
FUZZ = clang $(CORE_FLAGS) -O1 -fno-sanitize-recover=undefined
$(OUT)/fuzz/objects/%.o: src/core/%.c $(HEADERS) build/flags.mk
	@mkdir -p $(@D)
	$(call short,CC) $(FUZZ) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

# the second opinion of this one is PCRE itself
$(OUT)/fuzz/regex $(OUT)/replay/regex $(OUT)/unit/regex_domain.t: LIBS += -lpcre2-8

$(OUT)/fuzz/%: t/fuzz/%.c t/fuzz/fuzz.h $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(call short,CC) $(FUZZ) -fsanitize=fuzzer,address,undefined -o $@ $< \
	    $(FUZZ_OBJECTS) $(APR_LIBS) $(LIBS)

$(OUT)/replay/%: t/fuzz/%.c t/fuzz/replay.c t/fuzz/fuzz.h $(CORE_OBJECTS)
	@mkdir -p $(@D)
	$(call short,CC) $(CC) $(CORE_FLAGS) $(WITHOUT_LTO) -o $@ $< t/fuzz/replay.c $(CORE_OBJECTS) \
	    $(APR_LIBS) $(LIBS)

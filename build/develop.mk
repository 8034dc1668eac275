# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Targets for developers: what tests, measures and analyzes the code. Each finds and
# installs what it needs first.
.PHONY: demo-check pictures prove browser fuzz replay soak race memcheck-httpd \
        sanitize coverage analyze memcheck mutate bench bench-check

##  make demo-check  the demo's pages driven in headless Chromium
demo-check: deps-browser
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run --check

##  make pictures    those of the manual: docs/demo.png and docs/explain.png
pictures: deps-browser
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run --pictures docs

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

##  make race        threads of one child under helgrind; RACE_SECONDS=30
RACE_SECONDS ?= 30
VALGRIND = valgrind -q --fullpath-after= --num-callers=20 \
    --suppressions=t/valgrind/httpd.supp
race: deps
	@$(BUILD) out/race/mod_cors_policy.so
	@APXS="$(APXS)" OUT=out/race RACE_SECONDS=$(RACE_SECONDS) \
	    CORS_UNDER="$(VALGRIND) --tool=helgrind --history-level=full --error-limit=no" \
	    TESTS=t/valgrind/race.t sh build/apache-test -v

##  make memcheck-httpd  requests of all kinds to httpd under valgrind's memcheck
MEMCHECK ?= decisions preflights page htaccess origins_file reload hosts limits
memcheck-httpd: deps
	@$(BUILD) module
	@APXS="$(APXS)" CORS_EXCHANGES=1000 \
	    CORS_UNDER="$(VALGRIND) --tool=memcheck --leak-check=no" \
	    TESTS="$(foreach name,$(MEMCHECK),$(or $(wildcard t/*/$(name).t),t/$(name).t))" sh build/apache-test --timer

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

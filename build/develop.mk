# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Targets for developers, which test, measure and analyze the code. Each first finds and
# installs what it needs.
.PHONY: demo-check fleet-demo-check pictures prove prove-tenants browser fuzz replay soak race memcheck-httpd \
        sanitize coverage analyze memcheck mutate bench bench-check

##  make demo-check  run the demo's pages in headless Chromium
demo-check: deps-browser
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run --check

##  make fleet-demo-check  press the buttons of make fleet-demo, and end it
fleet-demo-check: deps-fleet-demo
	@$(BUILD) module
	@APXS="$(APXS)" perl demo/fleet/check.pl

##  make pictures    make the manual's pictures: docs/demo.png, docs/explain.png,
##                   docs/fleet.png
pictures: deps-browser deps-fleet-demo
	@$(BUILD) module
	@APXS="$(APXS)" sh demo/run --pictures docs
	@APXS="$(APXS)" sh demo/fleet/run --pictures docs

##  make prove       compare random exchanges with the second opinion of t/lib,
##                   EXCHANGES=200000 in SEEDS=10 runs, the first by SEED=
EXCHANGES = 200000
SEEDS = 10
SEED = $(shell date +%s)
prove: deps-test
	@$(BUILD) module
	@APXS="$(APXS)" CORS_EXCHANGES=$(EXCHANGES) CORS_RUNS=$(SEEDS) \
	    CORS_SEED=$(SEED) TESTS=t/reference/decisions.t sh build/apache-test -v

##  make prove-tenants  compare look-ups of tenants with SQL queries, EXCHANGES=200000
prove-tenants: deps-test
	@$(BUILD) module
	@APXS="$(APXS)" CORS_DRAWS=$(EXCHANGES) CORS_SEED=$(SEED) \
	    TESTS=t/reference/tenants.t sh build/apache-test -v

##  make browser     compare headless browsers with the second opinion: policies in
##                   Chromium, CorsProtect in Firefox too; BROWSER=t/browser/browser.t
BROWSER ?= t/browser
browser: deps-test deps-browser deps-firefox
	@$(BUILD) module
	@APXS="$(APXS)" TESTS="$(BROWSER)" sh build/apache-test

##  make fuzz        fuzz each parser and the whole core with libFuzzer, ASan and
##                   UBSan; FUZZ_SECONDS=60 each, FUZZ_TARGETS='core host'
FUZZ_SECONDS ?= 60
fuzz: deps-tools
	@$(BUILD) $(FUZZ_TARGETS:%=$(OUT)/fuzz/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) sh build/fuzz $(FUZZ_TARGETS)

##  make replay      run the stored fuzz inputs without libFuzzer
replay: $(REPLAY)
	@set -e; for target in $(FUZZ_TARGETS); do \
	    $(REPLAY_WITH) $(OUT)/replay/$$target $$(find t/fuzz/seeds/$$target \
	        t/fuzz/cases/$$target -type f 2>/dev/null) >$(OUT)/replay/$$target.log || { \
	        tail -1 $(OUT)/replay/$$target.log; exit 1; }; \
	    echo "replay: $$target: $$(wc -l <$(OUT)/replay/$$target.log) inputs"; \
	done

##  make soak        run under load for SOAK_SECONDS=600
SOAK_SECONDS ?= 600
soak: deps
	@$(BUILD) module
	@APXS="$(APXS)" SOAK_SECONDS=$(SOAK_SECONDS) TESTS=t/soak/soak.t \
	    sh build/apache-test -v

##  make race        check the threads of one child with helgrind, RACE_SECONDS=30
RACE_SECONDS ?= 30
VALGRIND = valgrind -q --fullpath-after= --num-callers=20 \
    --suppressions=t/valgrind/httpd.supp
race: deps
	@$(BUILD) out/race/mod_cors_policy.so
	@APXS="$(APXS)" OUT=out/race RACE_SECONDS=$(RACE_SECONDS) \
	    CORS_UNDER="$(VALGRIND) --tool=helgrind --history-level=full --error-limit=no" \
	    TESTS=t/valgrind/race.t sh build/apache-test -v

##  make memcheck-httpd  run test files with httpd under valgrind's memcheck;
##                   MEMCHECK='limits page'
MEMCHECK ?= decisions preflights page htaccess origins_file reload hosts limits
memcheck-httpd: deps
	@$(BUILD) module
	@APXS="$(APXS)" CORS_EXCHANGES=1000 \
	    CORS_UNDER="$(VALGRIND) --tool=memcheck --leak-check=no" \
	    TESTS="$(foreach name,$(MEMCHECK),$(or $(wildcard t/*/$(name).t),t/$(name).t))" sh build/apache-test --timer

##  make sanitize    run unit tests and Apache::Test under ASan and UBSan
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

##  make coverage    measure the lines that tests reach: out/coverage.txt; fails
##                   below 97 % of the core or 92 % of all C
COVERAGE = --coverage -fprofile-update=atomic
# gcov writes the counts when the module is unloaded. If httpd has to end at once, threads may
# still run the module's code at that moment. So the module is never unloaded.
COVERAGE_LINK = $(COVERAGE) -Wl,-z,nodelete
coverage: deps
	@rm -rf out/coverage
	@$(BUILD) OUT=out/coverage CC=gcc \
	    CFLAGS="-O0 $(COVERAGE)" LDFLAGS="$(COVERAGE_LINK)" module unit-build
	@APXS="$(APXS)" sh build/coverage

##  make analyze     run gcc -fanalyzer, clang-tidy and cppcheck
analyze: deps-tools
	@FLAGS="$(GLUE_FLAGS)" sh build/analyze

##  make memcheck    run unit tests and stored fuzz inputs under valgrind; CORS_DRAWS=20000
UNDER_MEMCHECK = valgrind -q --error-exitcode=1 --leak-check=full \
           --show-leak-kinds=definite --errors-for-leak-kinds=definite
memcheck: deps-tools
	@$(BUILD) unit-build $(REPLAY)
	@CORS_DRAWS=$${CORS_DRAWS:-1000} prove -j 2 --exec '$(UNDER_MEMCHECK)' $(UNIT)
	@$(MAKE) --no-print-directory REPLAY_WITH='$(UNDER_MEMCHECK)' replay

##  make mutate      check that unit tests notice changes of the code that decides;
##                   takes an hour; MUTATE='src/core/policy/emit.c:40'
mutate: deps-tools $(SUFFIXES)
	@FLAGS="$(CORE_FLAGS)" LIBRARIES="$(APR_LIBS) $(LIBS) -lpcre2-8" \
	    perl build/mutate $(MUTATE)

##  make bench       count instructions per request, and compare throughput
bench: deps
	@$(BUILD) module $(BENCH)
	@APXS="$(APXS)" sh build/bench $(PARTS)

##  make bench-check compare the counts with t/bench/limits
bench-check: deps
	@$(BUILD) module $(BENCH)
	@APXS="$(APXS)" sh build/bench check

# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# How each object and program is built. The compiler writes the included files beside each
# result (result.d), so a changed header recompiles only the files that include it. Changed
# flags recompile everything.

# Another build, such as the one for coverage, has a directory of its own below out/.
OUT = out

# the public suffixes below other domains, from the system's list or from SUFFIX_LIST=file
SUFFIXES = out/generated/suffixes_below.h
# the style sheet of the status page, as a string
STYLE_SHEET = out/generated/page_css.h

CORE := $(patsubst src/%.c,%,$(wildcard src/core/*/*.c))
GLUE := $(patsubst src/%.c,%,$(wildcard src/httpd/*.c src/httpd/*/*.c))
CORE_OBJECTS := $(CORE:%=$(OUT)/%.o)
OBJECTS := $(OUT)/mod_cors_policy.o $(GLUE:%=$(OUT)/%.o) $(CORE_OBJECTS)
# the second module: its own room, and what it needs of the core
SOURCES := $(patsubst src/%.c,%,$(wildcard src/sources/*.c))
SOURCES_OBJECTS := $(OUT)/mod_cors_sources.o $(SOURCES:%=$(OUT)/%.o) \
    $(OUT)/core/base/clock.o $(OUT)/core/base/list.o $(OUT)/core/origin/frame.o \
    $(OUT)/core/origin/row.o
MODULES = $(OUT)/mod_cors_policy.so $(OUT)/mod_cors_sources.so
RACE_OBJECTS := $(OBJECTS:$(OUT)/%=$(OUT)/race/objects/%)
FUZZ_OBJECTS := $(CORE:%=$(OUT)/fuzz/objects/%.o)
UNIT := $(patsubst t/unit/%.c,$(OUT)/unit/%.t,$(wildcard t/unit/*.c))
BENCH := $(OUT)/bench/mod_bench_control.so $(OUT)/bench/mod_bench_floor.so $(OUT)/bench/micro \
    $(OUT)/bench/linear
FUZZ_TARGETS ?= algebra core expression host json list names origin list_file \
               pattern protect regex snapshot
REPLAY = $(FUZZ_TARGETS:%=$(OUT)/replay/%)

# A line for each file; V=1 prints the whole command, make -s nothing.
LONG = $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
short = $(if $(LONG),,@echo '  $(1) $(or $(2),$<)' &&)

# The compilers, with the flags that write result.d.
DEPENDS = -MMD -MP -MT $@ -MF $@.d
COMPILE_CORE = $(call short,CC) $(CC) $(CORE_FLAGS) $(DEPENDS)
COMPILE_GLUE = $(call short,CC) $(CC) $(GLUE_FLAGS) $(DEPENDS)
COMPILE_FUZZ = $(call short,CC) clang $(CORE_FLAGS) -O1 -fno-sanitize-recover=undefined $(DEPENDS)

# The flags of the last build. make install does not compare them, because root may call it
# without the flags of the build.
STAMP = $(OUT)/flags
FLAGS_NOW := $(strip $(CC) $(CFLAGS) $(LTO) $(WARNINGS))
ifneq ($(FLAGS_NOW),$(strip $(shell cat $(STAMP) 2>/dev/null)))
$(STAMP): $(if $(filter install,$(MAKECMDGOALS)),,FORCE)
endif
$(STAMP): build/flags.mk build/rules.mk
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS_NOW))' >$@
.PHONY: FORCE
FORCE:

$(SUFFIXES): build/suffixes $(SUFFIX_LIST)
	@mkdir -p $(@D)
	perl build/suffixes $(SUFFIX_LIST) >$@.new && mv $@.new $@

$(STYLE_SHEET): src/httpd/status/page.css build/css
	@mkdir -p $(@D)
	sh build/css $< >$@.new && mv $@.new $@

# the modules

$(OUT)/mod_cors_policy.so: $(OBJECTS) build/exports.map
	$(call short,LD,$@) $(CC) -shared $(if $(LTO),$(HARDENING) $(LTO)) \
	    -Wl,--version-script=build/exports.map $(LDFLAGS) \
	    -o $@ $(OBJECTS) $(LIBS) $(GLUE_LIBS)

$(OUT)/mod_cors_sources.so: $(SOURCES_OBJECTS) build/exports_sources.map
	$(call short,LD,$@) $(CC) -shared $(if $(LTO),$(HARDENING) $(LTO)) \
	    -Wl,--version-script=build/exports_sources.map $(LDFLAGS) \
	    -o $@ $(SOURCES_OBJECTS)

$(OUT)/mod_cors_policy.o $(OUT)/mod_cors_sources.o: $(OUT)/%.o: %.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_GLUE) $(LTO) -c -o $@ $<

$(OUT)/sources/%.o: src/sources/%.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_GLUE) $(LTO) -c -o $@ $<

$(OUT)/httpd/%.o: src/httpd/%.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_GLUE) $(LTO) -c -o $@ $<

$(OUT)/core/%.o: src/core/%.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_CORE) $(LTO) -c -o $@ $<

# there is no result.d before the first compilation, so these headers are named here
$(foreach objects,$(OUT) $(OUT)/race/objects $(OUT)/fuzz/objects,\
    $(objects)/core/base/suffix.o): $(SUFFIXES)
$(OUT)/httpd/status/page_html.o $(OUT)/race/objects/httpd/status/page_html.o: $(STYLE_SHEET)

# programs with the core alone

# under sanitizers, each allocation in a pool is a block of its own
EXACT_POOLS = $(if $(findstring -fsanitize,$(CFLAGS)),t/faults/pools.c)

$(OUT)/unit/%.t: t/unit/%.c $(CORE_OBJECTS) $(EXACT_POOLS)
	@mkdir -p $(@D)
	$(COMPILE_CORE) $(WITHOUT_LTO) -It/unit -o $@ $< $(EXACT_POOLS) $(CORE_OBJECTS) $(APR_LIBS) \
	    $(LIBS) -lcmocka

$(OUT)/bench/%: t/bench/%.c $(CORE_OBJECTS)
	@mkdir -p $(@D)
	$(COMPILE_CORE) $(LTO) -o $@ $< $(CORE_OBJECTS) $(APR_LIBS) $(LIBS)

$(OUT)/bench/mod_bench_%.so: t/bench/mod_bench_%.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_GLUE) -shared -o $@ $<

# libFuzzer needs the core compiled with its instrumentation
.SECONDARY: $(FUZZ_OBJECTS)
$(OUT)/fuzz/objects/%.o: src/%.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_FUZZ) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(OUT)/fuzz/%: t/fuzz/%.c $(FUZZ_OBJECTS)
	@mkdir -p $(@D)
	$(COMPILE_FUZZ) -fsanitize=fuzzer,address,undefined -o $@ $< $(FUZZ_OBJECTS) $(APR_LIBS) $(LIBS)

$(OUT)/replay/%: t/fuzz/%.c $(OUT)/replay/replay.o $(CORE_OBJECTS) $(EXACT_POOLS)
	@mkdir -p $(@D)
	$(COMPILE_CORE) $(WITHOUT_LTO) -o $@ $< $(OUT)/replay/replay.o $(EXACT_POOLS) $(CORE_OBJECTS) \
	    $(APR_LIBS) $(LIBS)

.SECONDARY: $(OUT)/replay/replay.o
$(OUT)/replay/replay.o: t/fuzz/replay.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_CORE) $(WITHOUT_LTO) -c -o $@ $<

# these are compared with PCRE itself
$(OUT)/fuzz/algebra $(OUT)/replay/algebra $(OUT)/unit/algebra.t \
$(OUT)/fuzz/regex $(OUT)/replay/regex $(OUT)/unit/regex_domain.t: LIBS += -lpcre2-8

# this one reads a dump
$(OUT)/fuzz/snapshot: $(OUT)/fuzz/objects/httpd/status/snapshot_read.o
$(OUT)/fuzz/snapshot: LIBS += $(OUT)/fuzz/objects/httpd/status/snapshot_read.o $(GLUE_LIBS)
$(OUT)/replay/snapshot: $(OUT)/httpd/status/snapshot_read.o
$(OUT)/replay/snapshot: LIBS += $(OUT)/httpd/status/snapshot_read.o $(GLUE_LIBS)

# the module reports to helgrind what its atomics order

$(OUT)/race/mod_cors_policy.so: $(RACE_OBJECTS)
	$(call short,LD,$@) $(CC) -shared $(LDFLAGS) -o $@ $(RACE_OBJECTS) $(LIBS) $(GLUE_LIBS)

$(OUT)/race/objects/mod_cors_policy.o: mod_cors_policy.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_GLUE) -DCORS_RACE -c -o $@ $<

$(OUT)/race/objects/%.o: src/%.c $(STAMP)
	@mkdir -p $(@D)
	$(COMPILE_GLUE) -DCORS_RACE -c -o $@ $<

-include $(wildcard $(patsubst %,%.d,$(OBJECTS) $(SOURCES_OBJECTS) $(RACE_OBJECTS) $(FUZZ_OBJECTS) $(UNIT) \
    $(BENCH) $(REPLAY) $(FUZZ_TARGETS:%=$(OUT)/fuzz/%)))

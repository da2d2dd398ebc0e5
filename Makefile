# PriorPath: make builds everything into $(BUILD); make help lists the targets.
#
# Sources are found by wildcard, so a new file needs no line here:
#   common/<part>/*.c       base core refs -> libpp-core.a; codec -> libpp-codec.a (both pure); io service -> libpp.a
#   services/<name>/*.c     one library without main.c, one binary; intake has door/, receive/ and chart/
#   tools/<name>/*.c        one binary each
#   tests/unit/test_*.c     one cmocka program each. test_<service>_*.c is linked with that service, and a
#                           program that includes "io/…" or "service/…" with libpp.a; one that includes
#                           "alloc_fail.h" can make an allocation fail
#   services/*/cases/*.tsv  run by bin/cases-<service>
# schemas/ becomes $(BUILD)/gen/ev.[ch]; a folder migrations/ becomes <name>_migrations[]; common/codec/guides/
# becomes $(BUILD)/gen/x12_guides.c.

BUILD ?= build
PYTHON ?= python3
CC ?= cc
PKG_CONFIG ?= pkg-config
AR ?= ar
export PYTHONDONTWRITEBYTECODE := 1
comma := ,
# V=1 shows whole command lines.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

PKGS := rdkafka libuv jansson libpq libmicrohttpd libcurl libcrypto zlib
PURE_PKGS := jansson libcrypto zlib
# snprintf into a fixed buffer cuts on purpose.
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wno-format-truncation -Werror
ifdef SAN
  HARDEN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
  HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
endif
CFLAGS ?= -O2 -g
# Packages' headers are not ours to warn about.
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(CFLAGS) $(HARDEN) $(WARN) -MMD -MP -Icommon -I$(BUILD)/gen -Iservices $(PKG_CFLAGS)
LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm -lpthread
PURE_LIBS := $(shell $(PKG_CONFIG) --libs $(PURE_PKGS) 2>/dev/null) -lm
LDFLAGS += $(filter -fsanitize%,$(HARDEN)) -Wl,-z,relro,-z,now

OBJ := $(BUILD)/obj
GEN := $(BUILD)/gen
BIN := $(BUILD)/bin
LIB := $(BUILD)/lib
objs = $(patsubst %.c,$(OBJ)/%.o,$(1))
sources = $(filter-out %/main.c,$(foreach d,$(1),$(wildcard $(d)/*.c)))
# Object of the embedded migrations of $(1), whose folder is $(2); nothing when there is no such folder.
migrations = $(if $(wildcard $(2)),$(OBJ)/gen/$(1)_migrations.o)

# ---- what there is ----
CORE_OBJS := $(call objs,$(call sources,$(addprefix common/,base core refs))) $(OBJ)/gen/ev.o
CODEC_OBJS := $(call objs,$(call sources,common/codec)) $(OBJ)/gen/x12_guides.o
IO_OBJS := $(call objs,$(call sources,common/io common/service)) $(call migrations,runtime,common/service/migrations)

DECIDERS := requirements documents submission claims status
dir_of = $(if $(filter chart,$(1)),services/intake/chart,services/$(1))
dirs_of = $(if $(filter intake,$(1)),services/intake services/intake/door services/intake/receive,$(call dir_of,$(1)))
LIBRARIES := chart intake $(filter-out intake,$(notdir $(wildcard services/*)))
SERVICES := $(patsubst services/%/main.c,%,$(wildcard services/*/main.c))
CASE_SERVICES := $(foreach s,chart $(DECIDERS),$(if $(wildcard $(call dir_of,$(s))/service.c),$(s)))
TOOLS := $(filter-out gen,$(sort $(patsubst tools/%/,%,$(dir $(wildcard tools/*/*.c)))))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNITS := $(patsubst tests/unit/%.c,%,$(UNIT_SOURCES))
IO_UNITS := $(notdir $(basename $(shell grep -lE '^.include "(io|service)/' $(UNIT_SOURCES) /dev/null)))
ALLOC_UNITS := $(notdir $(basename $(shell grep -l '^.include "alloc_fail.h"' $(UNIT_SOURCES) /dev/null)))

# What includes "codec/…" is linked with it, so that a fault in a codec stops nobody else's tables.
CODEC_USERS := $(shell grep -rlE '^.include "codec/' services $(UNIT_SOURCES) /dev/null)
codec_for = $(if $(filter $(foreach d,$(1),$(d)/%.c $(d)/%.h),$(CODEC_USERS)),$(LIB)/libpp-codec.a)

SERVICE_BINS := $(addprefix $(BIN)/,$(SERVICES))
TOOL_BINS := $(addprefix $(BIN)/,$(TOOLS))
CASE_BINS := $(addprefix $(BIN)/cases-,$(CASE_SERVICES))
UNIT_BINS := $(addprefix $(BIN)/unit/,$(UNITS))
GEN_FILES := $(GEN)/ev.h $(GEN)/ev.c

.DEFAULT_GOAL := all
.PHONY: all help gen docs config-docs services tools unit cases lint asan format clean up down clean-run test chaos fuzz bench bench-codec
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:

all: services tools ## all services and tools
services: $(SERVICE_BINS)
tools: $(TOOL_BINS)
gen: $(GEN_FILES)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

# ---- generated code ----
$(GEN_FILES) &: $(wildcard tools/gen/*.py schemas/catalogue.tsv schemas/*/*.json) schemas/types schemas/events
	@mkdir -p $(@D)
	$(call say,GEN,"$(GEN)/ev.h ev.c")
	$(Q)$(PYTHON) tools/gen/gen.py --out $(GEN)
	@touch $(GEN_FILES)

# X12's dictionary, code lists and guides as tables.
$(GEN)/x12_guides.c: $(wildcard tools/gen/guides*.py common/codec/guides/* common/codec/guides/codes/*)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen/guides.py common/codec/guides $@

# Folder of the migrations of a schema.
migrations_of = $(if $(filter runtime,$(1)),common/service,$(if $(filter chart receive,$(1)),services/intake/$(1),services/$(1)))/migrations
$(GEN)/%_migrations.c: tools/gen/embed.py $$(call migrations_of,$$*) $$(wildcard $$(call migrations_of,$$*)/*.sql)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen/embed.py $* $(call migrations_of,$*) $@

# The console's pages: names with hashes, compressed, as one C table.
$(GEN)/web_assets.c: tools/gen/embed_web.py $(shell find services/console/web -type f 2>/dev/null)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/gen/embed_web.py services/console/web $@

# ---- objects and libraries ----
$(OBJ)/gen/%.o: $(GEN)/%.c | $(GEN)/ev.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(OBJ)/%.o: %.c | $(GEN)/ev.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(OBJ)/cases/%.o: common/test/cases_main.c | $(GEN)/ev.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -DPP_CASES_SERVICE=$*_service -c $< -o $@

# An archive is made anew, so that the object of a deleted file does not live on in it.
define archive
@mkdir -p $(@D)
@rm -f $@
$(call say,AR,$@)
$(Q)$(AR) rcs $@ $(filter %.o,$^)
endef
$(LIB)/libpp-core.a: $(CORE_OBJS)
	$(archive)
$(LIB)/libpp-codec.a: $(CODEC_OBJS)
	$(archive)
$(LIB)/libpp.a: $(IO_OBJS)
	$(archive)
$(LIB)/cases.a: $(call objs,$(filter-out %/cases_main.c,$(wildcard common/test/*.c)))
	$(archive)
service_objs = $(call objs,$(call sources,$(call dirs_of,$(1)))) \
  $(if $(filter intake,$(1)),$(call migrations,receive,services/intake/receive/migrations),$(call migrations,$(1),$(call dir_of,$(1))/migrations)) \
  $(if $(filter console,$(1)),$(OBJ)/gen/web_assets.o)
$(LIB)/service-%.a: $$(call service_objs,$$*)
	$(archive)

# ---- programs ----
PURE := $(LIB)/libpp-core.a
WHOLE := $(LIB)/libpp.a $(LIB)/libpp-codec.a $(LIB)/libpp-core.a
define link
@mkdir -p $(@D)
$(call say,LINK,$@)
$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group
endef

# The table runner links no I/O: a decider that needed some would not link.
$(CASE_BINS): $(BIN)/cases-%: $(OBJ)/cases/%.o $(LIB)/service-%.a $(LIB)/cases.a $$(call codec_for,$$(call dir_of,$$*)) $(PURE)
	$(link) $(PURE_LIBS)
$(SERVICE_BINS): $(BIN)/%: $(OBJ)/services/%/main.o $(LIB)/service-%.a $$(if $$(filter intake,$$*),$(LIB)/service-chart.a) $(WHOLE)
	$(link) $(LIBS)
$(TOOL_BINS): $(BIN)/%: $$(call objs,$$(wildcard tools/$$*/*.c)) $(WHOLE)
	$(link) $(LIBS)

# The toy service and its driver: $(BIN)/runtime-toy, $(BIN)/runtime-drive.
$(BIN)/runtime-%: $(OBJ)/tests/runtime/%.o $(WHOLE)
	$(link) $(LIBS)

# The null chain and the raw limit of make bench: $(BIN)/bench-chain, $(BIN)/bench-raw.
$(BIN)/bench-%: $(OBJ)/tests/bench/nullchain/%.o $(WHOLE)
	$(link) $(LIBS)

# test_<service>_*.c needs the library of that service; door and receive live in that of intake.
unit_word = $(word 2,$(subst _, ,$(1)))
unit_service = $(patsubst door,intake,$(patsubst receive,intake,$(call unit_word,$(1))))
unit_libs = $(addprefix $(LIB)/service-,$(addsuffix .a,$(filter $(LIBRARIES),$(call unit_service,$(1)))))
unit_codec = $(if $(filter tests/unit/$(1).c,$(CODEC_USERS)),$(LIB)/libpp-codec.a,$(call codec_for,$(call dirs_of,$(call unit_service,$(1)))))
# Intake's door and receive, and console, are shells: their tests need the whole.
unit_whole = $(or $(filter $(1),$(IO_UNITS)),$(filter intake console,$(call unit_service,$(1))))
unit_common = $(if $(call unit_whole,$(1)),$(WHOLE),$(LIB)/cases.a $(call unit_codec,$(1)) $(PURE))
$(UNIT_BINS): $(BIN)/unit/%: $(OBJ)/tests/unit/%.o $$(call unit_libs,$$*) $$(call unit_common,$$*)
	$(link) $(if $(filter $*,$(ALLOC_UNITS)),-Wl$(comma)--wrap=malloc$(comma)--wrap=calloc$(comma)--wrap=realloc) \
	  -lcmocka $(if $(call unit_whole,$*),$(LIBS),$(PURE_LIBS))

# ---- tests ----
unit: $(UNIT_BINS) ## unit tests (ONLY=name runs one)
	@tests/programs.sh $(BUILD)/log $(if $(ONLY),$(filter %/$(ONLY),$(UNIT_BINS)),$(UNIT_BINS))

cases: $(CASE_BINS) ## decision tables of the services
	@tests/programs.sh $(BUILD)/log $(foreach s,$(CASE_SERVICES),"$(BIN)/cases-$(s) $(wildcard $(call dir_of,$(s))/cases/*.tsv)")

asan: ## unit tests and tables under AddressSanitizer and UBSan, in $(BUILD)-asan
	@$(MAKE) --no-print-directory SAN=1 BUILD=$(BUILD)-asan unit cases

lint: gen ## format, layers, static analysis, schemas, documents
	@BUILD=$(BUILD) tests/lint/run.sh

docs: ## docs/events.md and schemas/asyncapi.json from schemas/
	$(PYTHON) tools/gen/gen.py --docs

config-docs: services ## docs/configuration.md from the programs' settings
	$(PYTHON) tools/gen/config_page.py --bin $(BIN)

test: ## everything, with its own broker and database
	@tests/run.sh
chaos: all ## faults under load: DURATION=seconds SEED=n
	@DURATION=$(DURATION) SEED=$(SEED) tests/chaos/run.sh
fuzz: ## readers on any bytes, with sanitizers: DURATION=seconds ONLY=name
	@DURATION=$(DURATION) ONLY=$(ONLY) BUILD=$(BUILD) tests/fuzz/run.sh
bench: all $(BIN)/bench-chain $(BIN)/bench-raw ## measurements: FORM=short|full
	@tests/bench/run.sh
bench-codec: ## X12 and HL7 v2 codecs against their peers: RUNS=n MB=n BIG_MB=n
	@BUILD=$(BUILD) tests/bench-codec/run.sh

# ---- running ----
up: ## install what is missing, start everything, play a day
	@deploy/up.sh
down: ## stop what up started
	@deploy/down.sh
clean-run: ## forget the data
	@deploy/clean-run.sh

format: ## clang-format all C files
	@find common services tools tests -name '*.[ch]' -print0 | xargs -0 -r clang-format -i
clean: ## remove what was built
	rm -rf $(BUILD) $(BUILD)-asan

DEPS := $(shell find $(OBJ) -name '*.d' 2>/dev/null)
-include $(DEPS)

# SPDX-License-Identifier: Apache-2.0
# dbtls: everything one can type is here. `make help` lists it.

V       ?= release
# make Q= shows the commands
Q       := @
ifeq ($(origin CC),default)
CC      := gcc
endif
OUT     := build/$V
VERSION := 0.1.0

PREFIX  ?= /usr/local
BINDIR   = $(PREFIX)/bin
LIBEXEC  = $(PREFIX)/libexec/dbtls
MANDIR   = $(PREFIX)/share/man
DATADIR  = $(PREFIX)/share

# ---- one set of flags per variant ------------------------------------------------------------
warn     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Wformat=2 -Wundef
warn     += $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
hard     := -fstack-protector-strong -fPIE -fcf-protection
flags.release := -O2 -g -D_FORTIFY_SOURCE=2 $(hard)
link.release  := -pie -Wl,-z,relro,-z,now,-z,noexecstack
flags.debug   := -Og -g3
# AddressSanitizer and the sandbox exclude each other: this profile runs without the sandbox.
flags.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
                 -fno-omit-frame-pointer -DDBTLS_SANDBOX_OFF='"asan build"'
flags.tsan    := -O1 -g -fsanitize=thread -DDBTLS_SANDBOX_OFF='"tsan build"'
flags.cover   := -O0 -g --coverage -DDBTLS_SANDBOX_OFF='"cover build"'
flags.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
                 -DDBTLS_SANDBOX_OFF='"fuzz build"'
ifeq ($V,fuzz)
CC := clang
endif
ifeq ($(flags.$V),)
$(error V=$V is none of release, debug, asan, tsan, cover, fuzz)
endif

CPPFLAGS += -Isrc -D_GNU_SOURCE -DDBTLS_VERSION='"$(VERSION)"' -DDBTLS_LIBEXEC='"$(LIBEXEC)"'
CFLAGS   += -std=c11 $(warn) $(flags.$V)
LDFLAGS  += -Wl,--as-needed $(filter -fsanitize=% --coverage,$(flags.$V)) $(link.$V)

# ---- what is built from what -----------------------------------------------------------------
modules  := base wire net pki proc conf keys ca tls front engine recipes parent trust \
            target lint path probe doctor explain lab know
programs := dbtls dbtlsd dbtls-relay dbtls-keys dbtls-ca
libsrc   := $(sort $(wildcard $(modules:%=src/%/*.c)))
cmdsrc   := $(sort $(wildcard src/cmd/*.c))
# cmd/ has one file per role, and the rest belongs to the command line.
rolesrc  := $(filter-out dbtls,$(programs))
clisrc   := $(filter-out $(rolesrc:%=src/cmd/%.c),$(cmdsrc))
obj       = $(patsubst %.c,$(OUT)/%.o,$1)
# What `dbtls connect` knows: each template becomes a string in C.
recipes   := $(sort $(wildcard src/recipes/clients/*.recipe))
templates := $(OUT)/src/recipes/templates
# What it says in Japanese: the catalogue becomes rows in C.
japanese  := $(OUT)/src/base/language_ja
lib      := $(OUT)/libdbtls.a
# The manual's section 7 is made of tables, by a program that is not installed.
pagesrc  := $(sort $(wildcard src/pages/*.c))
pages    := dbtls-causes dbtls-clients dbtls-settings dbtls-systems
manuals  := $(foreach p,$(pages),$(OUT)/man/man7/$p.7 $(OUT)/man/ja/man7/$p.7)
units    := $(patsubst tests/unit/%.c,$(OUT)/tests/unit/%.t,$(sort $(wildcard tests/unit/test_*.c)))
tools    := $(patsubst tests/tools/%.c,$(OUT)/tests/tools/%,$(sort $(wildcard tests/tools/*.c)))
fuzzers  := $(patsubst tests/fuzz/%.c,$(OUT)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
benches  := $(patsubst bench/%.c,$(OUT)/bench/%,$(sort $(wildcard bench/*.c)))

# Each role links only what it needs: --as-needed drops the rest.
libs := -lssl -lcrypto -lseccomp -ljansson -lsqlite3

.PHONY: all manuals help up deps test-deps bench-deps test test-units lint fuzz bench cover pot po install clean
all: $(programs:%=$(OUT)/%) $(manuals)
manuals: $(manuals)

help:
	@echo 'make up        a verified database endpoint on this machine: install, build, start'
	@echo 'make           build (V=release|debug|asan|tsan|cover|fuzz, into build/$$V)'
	@echo 'make test      install what tests need and run all of them'
	@echo 'make lint      direction of includes, formatting, analysers, manual, shell scripts'
	@echo 'make fuzz      every fuzzer for SECONDS (30) each'
	@echo 'make bench     what TLS costs, beside haproxy, nginx, hitch, stunnel and MariaDB'
	@echo 'make cover     line coverage of the unit tests'
	@echo 'make po        take new strings into po/ja.po, to be said in Japanese'
	@echo 'make install   into PREFIX ($(PREFIX))'

# ---- the main job ----------------------------------------------------------------------------
up: deps
	@$(MAKE) --no-print-directory -s all
	@exec $(OUT)/dbtls up $(UPFLAGS)

deps:
	@tools/deps run
test-deps:
	@tools/deps run test
bench-deps:
	@tools/deps run bench

# Other flags (a PREFIX, a compiler) mean other objects.
.PHONY: FORCE
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(subst ','\'',$(CPPFLAGS) $(CFLAGS))' | cmp -s - $@ || \
	    echo '$(CC) $(subst ','\'',$(CPPFLAGS) $(CFLAGS))' >$@

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	@echo '  CC  $@'
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The folder is named so that a template that goes away is noticed. A \? is a ?, never a trigraph.
$(templates).c: $(recipes) src/recipes/clients Makefile
	@mkdir -p $(@D)
	@{ echo '#include "recipes/recipes.h"'; \
	   echo 'const struct recipe_template recipe_templates[] = {'; \
	   for f in $(recipes); do \
	       echo "{ \"$$(basename $$f .recipe)\","; \
	       sed 's/[\"?]/\\&/g; s/.*/"&\\n"/' $$f; \
	       echo '},'; \
	   done; \
	   echo '{ 0 }, };'; } >$@
$(templates).o: $(templates).c $(OUT)/flags
	@echo '  CC  $@'
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(japanese).c: po/ja.po tools/catalogue
	@mkdir -p $(@D)
	@tools/catalogue po/ja.po >$@
$(japanese).o: $(japanese).c $(OUT)/flags
	@echo '  CC  $@'
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(lib): $(call obj,$(libsrc)) $(templates).o $(japanese).o
	@rm -f $@
	$Q$(AR) rcs $@ $^

$(OUT)/dbtls: $(call obj,$(clisrc)) $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(lib) $(libs)
$(rolesrc:%=$(OUT)/%): $(OUT)/%: $(OUT)/src/cmd/%.o $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(lib) $(libs)

$(OUT)/dbtls-pages: $(call obj,$(pagesrc)) $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(lib) $(libs)
# $1: a folder; $2: its language.
define page
$(OUT)/man/$1/%.7: $(OUT)/dbtls-pages
	@mkdir -p $$(@D)
	$Q$$< $$* $2 >$$@.new && mv $$@.new $$@
endef
$(eval $(call page,man7,en))
$(eval $(call page,ja/man7,ja))

# ---- tests -----------------------------------------------------------------------------------
$(OUT)/tests/unit/%.t: $(OUT)/tests/unit/%.o $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(lib) $(libs)
$(OUT)/tests/tools/%: $(OUT)/tests/tools/%.o $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(lib) $(libs)
$(OUT)/bench/%: $(OUT)/bench/%.o $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(lib) $(libs)
$(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(lib) $(libs)

# dbtls in a language of its own, in which all that is marked as words for people stands in ⟦⟧.
$(OUT)/tests/tools/marked.c: po/ja.po tools/catalogue
	@mkdir -p $(@D)
	@tools/catalogue marked=1 po/ja.po >$@
$(OUT)/tests/tools/marked: $(call obj,$(clisrc)) $(OUT)/tests/tools/marked.c $(lib)
	@echo '  LD  $@'
	$Q$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(libs)

.PHONY: units tools fuzzers benches
units: $(units)
tools: $(tools) $(OUT)/tests/tools/marked
fuzzers: $(fuzzers)
benches: $(benches)

test: test-deps
	@$(MAKE) --no-print-directory -s -j2 V=release all tools
	@$(MAKE) --no-print-directory -s -j2 V=asan all units tools
	@tests/run $(TESTS)

lint:
	@tools/lint

fuzz:
	@$(MAKE) --no-print-directory -s -j2 V=fuzz fuzzers
	@tools/fuzz $(or $(SECONDS),30)

bench: bench-deps
	@$(MAKE) --no-print-directory -s -j2 V=release all benches
	@bench/run $(BENCHFLAGS)

cover: test-deps
	@$(MAKE) --no-print-directory -s -j2 V=cover units
	@tools/cover

# All that is said to people, as $(OUT)/dbtls.pot; `make po` takes what is new into po/ja.po.
# The words of the templates for people: _("…") in their place, and all other lines empty.
pot:
	@mkdir -p $(OUT)
	@for f in $(recipes); do \
	    echo "#line 1 \"$$f\""; \
	    sed '/^@n/,/^@[^n]/ { s/[\"]/\\&/g; s/^[^@].*/_("&")/; t; }; s/.*//' $$f; \
	done >$(OUT)/recipes.c
	@xgettext --keyword=_ --keyword=N_ --from-code=UTF-8 --package-name=dbtls --sort-by-file \
	    --add-location=file --no-wrap -o - $(libsrc) $(cmdsrc) $(pagesrc) $(wildcard src/*/*.h) \
	    $(OUT)/recipes.c | sed '/^"POT-Creation-Date/d' >$(OUT)/dbtls.pot
po: pot
	@msgmerge --quiet --no-fuzzy-matching --no-wrap --add-location=file -o $(OUT)/ja.po po/ja.po \
	    $(OUT)/dbtls.pot
	@msgattrib --no-obsolete --no-wrap -o po/ja.po $(OUT)/ja.po
	@msgfmt --check-format --statistics -o /dev/null po/ja.po

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXEC) $(DESTDIR)$(MANDIR)/man1 \
	    $(DESTDIR)$(MANDIR)/man7 $(DESTDIR)$(MANDIR)/ja/man7 \
	    $(DESTDIR)$(DATADIR)/bash-completion/completions
	install $(OUT)/dbtls $(DESTDIR)$(BINDIR)/dbtls
	install $(rolesrc:%=$(OUT)/%) $(DESTDIR)$(LIBEXEC)/
	install -m 644 man/dbtls.1 $(DESTDIR)$(MANDIR)/man1/dbtls.1
	install -m 644 $(pages:%=$(OUT)/man/man7/%.7) $(DESTDIR)$(MANDIR)/man7/
	install -m 644 $(pages:%=$(OUT)/man/ja/man7/%.7) $(DESTDIR)$(MANDIR)/ja/man7/
	$(OUT)/dbtls completion bash > $(DESTDIR)$(DATADIR)/bash-completion/completions/dbtls

clean:
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

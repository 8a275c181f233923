/* SPDX-License-Identifier: Apache-2.0 */
/* Files of every kind: what is found lies in the text, and a password is shown nowhere. */
#include "lint/lint.h"
#include "fuzz.h"

#include <string.h>

/* The first byte chooses the language. */
static const char *const names[] = { NULL, "a.sh", "a.py", "a.rb", "a.js", "A.java", "a.go",
	"a.php", "a.cs", "a.c", "a.rs", "a.pl", "a.sql", "a.xml", "a.yml", "a.json", "a.toml",
	".env", "my.cnf", "Dockerfile", "a.prisma", "a.md" };

#define NAMES (sizeof names / sizeof *names)

static void check(const struct lint_finding *f, size_t n)
{
	HOLDS(f->at <= n && f->n <= n - f->at);
	HOLDS(f->line > 0 && f->column > 0 && f->id && f->id[0]);
	HOLDS(f->sentence[0] && strlen(f->sentence) < LINT_SENTENCE);
	HOLDS(!f->text || !strchr(f->text, '\n'));
	HOLDS(!f->text || !strchr(f->text, '\033'));
	HOLDS(!f->write || f->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint l;
	struct err e = { 0 };
	size_t before = 0;

	if (size == 0)
		return 0;
	HOLDS(lint(span_of(data + 1, size - 1), names[data[0] % NAMES], &l, &e) == 0);
	HOLDS(l.n <= LINT_FINDINGS);
	for (size_t i = 0; i < l.n; i++) {
		HOLDS(l.found[i].at >= before);
		before = l.found[i].at;
		check(&l.found[i], size - 1);
	}
	lint_free(&l);
	return 0;
}

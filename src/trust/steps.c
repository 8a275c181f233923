/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/steps.h"

#include "base/i18n.h"
#include "trust/replace.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX   11
#define CHECK_BYTES 8

/* ---- writing --------------------------------------------------------------------------------- */

static int put_hex(struct buf *out, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = p;

	if (n == 0)
		return buf_fmt(out, " -");
	if (buf_fmt(out, " ") < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char pair[] = { digits[at[i] >> 4], digits[at[i] & 15] };

		if (buf_add(out, pair, sizeof pair) < 0)
			return -1;
	}
	return 0;
}

static int put_char(struct buf *out, char c)
{
	if (isalnum((unsigned char)c) || strchr("/._~+=:,@-", c))
		return buf_add(out, &c, 1);
	return buf_fmt(out, "%%%02X", (unsigned char)c);
}

/* A text that is "-" would be read as none. */
static int put_text(struct buf *out, const char *text)
{
	if (!text || !*text)
		return buf_fmt(out, " -");
	if (strcmp(text, "-") == 0)
		return buf_fmt(out, " %%2D");
	if (buf_fmt(out, " ") < 0)
		return -1;
	for (; *text; text++)
		if (put_char(out, *text) < 0)
			return -1;
	return 0;
}

static int put_state(struct buf *out, const struct steps_state *s)
{
	return put_hex(out, s->sha256, s->is ? sizeof s->sha256 : 0);
}

/* What begins at `from` is a line now. */
static int put_check(struct buf *out, size_t from)
{
	uint8_t digest[SHA256_LENGTH];

	if (sha256(out->p + from, out->n - from, digest) < 0)
		return -1;
	if (put_hex(out, digest, CHECK_BYTES) < 0)
		return -1;
	return buf_fmt(out, "\n");
}

int steps_put_change(struct buf *out, time_t when, const char *words)
{
	size_t from = out->n;

	if (buf_fmt(out, "change %lld", (long long)when) < 0 || put_text(out, words) < 0)
		return -1;
	return put_check(out, from);
}

static int put_file(struct buf *out, const struct steps_file *f)
{
	if (buf_fmt(out, "file %u", f->copy) < 0 || put_text(out, f->beside) < 0 ||
	    put_text(out, f->path) < 0 || put_state(out, &f->before) < 0 ||
	    put_state(out, &f->after) < 0 || buf_fmt(out, " %u %u %o", f->uid, f->gid, f->mode) < 0)
		return -1;
	return put_hex(out, f->xattrs.p, f->xattrs.n);
}

static const char *const other_names[] = {
	[JOURNAL_NSS_ADDED] = "nss-added",
	[JOURNAL_NSS_REMOVED] = "nss-removed",
	[JOURNAL_LACKED] = "lacked",
	[JOURNAL_RUN] = "run",
};

#define OTHERS (sizeof other_names / sizeof *other_names)

static int put_other(struct buf *out, const struct journal_step *s)
{
	if (buf_fmt(out, "%s", other_names[s->what]) < 0 || put_text(out, s->path) < 0 ||
	    put_text(out, s->label) < 0 || put_text(out, s->trust) < 0 ||
	    put_hex(out, s->sha256, sizeof s->sha256) < 0)
		return -1;
	return put_hex(out, s->der.p, s->der.n);
}

int steps_put(struct buf *out, const struct steps_step *s)
{
	size_t from = out->n;
	int rc = s->is_file ? put_file(out, &s->file) : put_other(out, &s->other);

	return rc < 0 ? -1 : put_check(out, from);
}

int steps_put_end(struct buf *out)
{
	size_t from = out->n;

	return buf_fmt(out, "end") < 0 ? -1 : put_check(out, from);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Two digits; -1: these are none. The first may be the text's end. */
static int byte(const char *p)
{
	int high = digit(p[0]);
	int low = high < 0 ? -1 : digit(p[1]);

	return low < 0 ? -1 : high << 4 | low;
}

/* In place: what is read is never shorter than what it says. */
static int read_hex(char *word, struct span *out)
{
	size_t n = strcmp(word, "-") == 0 ? 0 : strlen(word);

	*out = span_of(word, n / 2);
	if (n % 2)
		return -1;
	for (size_t i = 0; i < n / 2; i++) {
		int b = byte(word + 2 * i);

		if (b < 0)
			return -1;
		word[i] = (char)b;
	}
	return 0;
}

static int read_digest(char *word, uint8_t out[SHA256_LENGTH])
{
	struct span s;

	if (read_hex(word, &s) < 0 || s.n != SHA256_LENGTH)
		return -1;
	memcpy(out, s.p, SHA256_LENGTH);
	return 0;
}

static int read_state(char *word, struct steps_state *out)
{
	out->is = strcmp(word, "-") != 0;
	return out->is ? read_digest(word, out->sha256) : 0;
}

static int read_text(char *word, const char **out)
{
	char *to = word;

	*out = word;
	if (strcmp(word, "-") == 0)
		*word = '\0';
	for (const char *at = word; *at; at++, to++) {
		int b = *at == '%' ? byte(at + 1) : (unsigned char)*at;

		if (b <= 0)
			return -1;
		at += *at == '%' ? 2 : 0;
		*to = (char)b;
	}
	*to = '\0';
	return 0;
}

static int read_number(const char *word, int base, unsigned long long max, unsigned long long *out)
{
	char *end;

	errno = 0;
	*out = strtoull(word, &end, base);
	return !isalnum((unsigned char)*word) || *end || errno || *out > max ? -1 : 0;
}

static int read_path(char *word, const char **out)
{
	return read_text(word, out) < 0 || **out != '/' ? -1 : 0;
}

/* Nothing but a name of our own making: it will be removed. */
static int read_beside(char *word, const char **out)
{
	if (read_text(word, out) < 0 || strlen(*out) >= REPLACE_BESIDE_MAX || strchr(*out, '/'))
		return -1;
	return strncmp(*out, REPLACE_BESIDE, strlen(REPLACE_BESIDE)) == 0 ? 0 : -1;
}

static int read_change(struct steps *s, char **word)
{
	unsigned long long when;

	if (s->words || read_number(word[1], 10, INT64_MAX, &when) < 0)
		return -1;
	s->when = (time_t)when;
	return read_text(word[2], &s->words);
}

static struct steps_step *add(struct steps *s)
{
	size_t room = s->room ? 2 * s->room : 16;
	struct steps_step *v;

	if (!s->words || s->whole)
		return NULL;
	if (s->n == s->room) {
		v = realloc(s->v, room * sizeof *v);
		if (!v)
			return NULL;
		s->v = v;
		s->room = room;
	}
	s->v[s->n] = (struct steps_step) { 0 };
	return &s->v[s->n++];
}

static int read_owner(struct steps_file *f, char **word)
{
	unsigned long long uid, gid, mode;

	if (read_number(word[0], 10, UINT32_MAX, &uid) < 0 ||
	    read_number(word[1], 10, UINT32_MAX, &gid) < 0 ||
	    read_number(word[2], 8, 07777, &mode) < 0)
		return -1;
	f->uid = (uid_t)uid;
	f->gid = (gid_t)gid;
	f->mode = (mode_t)mode;
	return 0;
}

static int read_file(struct steps *s, char **word)
{
	struct steps_step *step = add(s);
	unsigned long long copy;

	if (!step || read_number(word[1], 10, UINT32_MAX, &copy) < 0)
		return -1;
	step->is_file = 1;
	step->file.copy = (unsigned)copy;
	if (read_beside(word[2], &step->file.beside) < 0 ||
	    read_path(word[3], &step->file.path) < 0 ||
	    read_state(word[4], &step->file.before) < 0 ||
	    read_state(word[5], &step->file.after) < 0 || read_owner(&step->file, word + 6) < 0)
		return -1;
	return read_hex(word[9], &step->file.xattrs);
}

static int read_other(struct steps *s, char **word)
{
	struct steps_step *step = add(s);
	size_t what = 0;

	if (!step)
		return -1;
	while (what < OTHERS - 1 && strcmp(word[0], other_names[what]) != 0)
		what++;
	step->other.what = (enum journal_what)what;
	if (read_text(word[1], &step->other.path) < 0 ||
	    read_text(word[2], &step->other.label) < 0 ||
	    read_text(word[3], &step->other.trust) < 0 ||
	    read_digest(word[4], step->other.sha256) < 0)
		return -1;
	return read_hex(word[5], &step->other.der);
}

static int read_end(struct steps *s, char **word)
{
	(void)word;
	if (!s->words || s->whole)
		return -1;
	s->whole = 1;
	return 0;
}

static const struct line {
	const char *name;
	int words; /* without the check */
	int (*read)(struct steps *s, char **word);
} lines[] = {
	{ "change", 3, read_change },
	{ "file", 10, read_file },
	{ "nss-added", 6, read_other },
	{ "nss-removed", 6, read_other },
	{ "lacked", 6, read_other },
	{ "run", 6, read_other },
	{ "end", 1, read_end },
	{ 0 },
};

/* Cuts off the last word, if it is the check of those before. */
static int checked(char *line)
{
	char *check = strrchr(line, ' ');
	uint8_t digest[SHA256_LENGTH];
	struct span is;

	if (!check || sha256(line, (size_t)(check - line), digest) < 0 ||
	    read_hex(check + 1, &is) < 0 || is.n != CHECK_BYTES)
		return -1;
	*check = '\0';
	return memcmp(is.p, digest, CHECK_BYTES) == 0 ? 0 : -1;
}

static int split(char *line, char *word[WORDS_MAX])
{
	char *at = line;
	int n = 0;

	do {
		word[n++] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
	} while (at && n < WORDS_MAX);
	return n;
}

static int read_line(struct steps *s, char *line)
{
	char *word[WORDS_MAX];
	const struct line *l = lines;
	int n;

	if (checked(line) < 0)
		return -1;
	n = split(line, word);
	while (l->name && strcmp(l->name, word[0]) != 0)
		l++;
	return l->name && l->words == n ? l->read(s, word) : -1;
}

/* A line that has a NUL in it, or no end, is none. */
static char *cut_line(char *at, char *end)
{
	char *newline = memchr(at, '\n', (size_t)(end - at));

	if (!newline)
		return NULL;
	*newline = '\0';
	return newline + 1;
}

int steps_read(struct steps *s, char *text, size_t n, struct err *e)
{
	char *end = n ? text + n : text;
	unsigned number = 0;

	*s = (struct steps) { 0 };
	*e = (struct err) { 0 };
	for (char *next, *at = text; at < end; at = next) {
		size_t steps = s->n;

		number++;
		next = cut_line(at, end);
		if (next && strlen(at) == (size_t)(next - at) - 1 && read_line(s, at) == 0)
			continue;
		s->n = steps;
		if (next && next < end)
			return err_set(
			    e, ERR_LOCAL, _("line %u of the journal is damaged"), number);
		break;
	}
	return s->words ? 0 : -1;
}

void steps_free(struct steps *s)
{
	free(s->v);
	*s = (struct steps) { 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/judge.h"

#include "base/i18n.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *id, *text;
} outcomes[OUTCOMES] = {
	[OUTCOME_ACCEPTED] = { "accepted", N_("accepted") },
	[OUTCOME_REFUSED] = { "refused", N_("refused") },
	[OUTCOME_SENT] = { "login-sent", N_("sent its login, then refused") },
	[OUTCOME_PLAINTEXT] = { "plaintext-login", N_("sent its login in plaintext") },
	[OUTCOME_HUNG] = { "hung", N_("did not come to an end") },
	[OUTCOME_LIED] = { "exit-0", N_("did not get in, but ended with 0") },
};

const char *judge_id(enum outcome o)
{
	return outcomes[o].id;
}

const char *judge_text(enum outcome o)
{
	return _(outcomes[o].text);
}

/* MySQL's login is answered; a request over HTTPS is all there is. */
static int got_in_over_tls(const struct trial *t)
{
	unsigned in = t->at->protocol == LAB_MYSQL ? SAW_LOGGED_IN : SAW_TLS_LOGIN;

	return (t->seen.what & in) != 0;
}

int judge_got_in(const struct trial *t)
{
	return got_in_over_tls(t) || (t->seen.what & SAW_PLAIN_LOGIN);
}

/* One whose time was over while it talked with the server has accepted it. */
static int stayed(const struct trial *t, int believe)
{
	return t->timed_out ? (t->seen.what & SAW_QUERY) != 0 : !believe || t->status == 0;
}

static enum outcome outcome_of(const struct trial *t, int believe)
{
	if (t->seen.what & SAW_PLAIN_LOGIN)
		return OUTCOME_PLAINTEXT;
	if (got_in_over_tls(t) && stayed(t, believe))
		return OUTCOME_ACCEPTED;
	if ((t->seen.what & SAW_TLS_LOGIN) && (t->timed_out || t->status != 0))
		return OUTCOME_SENT;
	if (t->timed_out)
		return OUTCOME_HUNG;
	return t->status == 0 && believe ? OUTCOME_LIED : OUTCOME_REFUSED;
}

/*
 * Whether nothing was wrong before the login: then to send it was right, and what came of it was
 * the server's fault.
 */
static int login_was_due(const struct condition *c)
{
	return condition_group(c) == LAB_AROUND;
}

/* A client that waits for ever has told a stranger nothing. It fails its user, not its secrets. */
static int right_if_hung(const struct trial *t)
{
	return t->at->condition->weight == LAB_MUST;
}

/* Whether its exit status ever says that something went wrong. */
static int tells(const struct trial *trials, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (trials[i].state == TRIAL_DONE && !trials[i].timed_out && trials[i].status != 0)
			return 1;
	return 0;
}

static int right_of(const struct trial *t, int tells)
{
	if (t->outcome == OUTCOME_PLAINTEXT)
		return 0;
	if (!t->refuse)
		return t->outcome == OUTCOME_ACCEPTED;
	if (t->outcome == OUTCOME_SENT)
		return login_was_due(t->at->condition);
	if (t->outcome == OUTCOME_HUNG)
		return right_if_hung(t);
	/* One that always ends with 0 takes nothing for good; its caller does. */
	if (t->outcome == OUTCOME_LIED)
		return !tells;
	return t->outcome != OUTCOME_ACCEPTED;
}

/*
 * Where the fault comes behind the login, only the client can say that it noticed. One that ends
 * with 0 whatever happens says nothing.
 */
static int says_nothing(const struct trial *t)
{
	static const char *const seen[] = { "plaintext-injected", "tls-not-offered",
		"tls-refused" };

	if (t->outcome != OUTCOME_ACCEPTED || !t->refuse || !login_was_due(t->at->condition))
		return 0;
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		if (strcmp(t->at->condition->cause, seen[i]) == 0)
			return 0;
	return 1;
}

void judge_all(struct trial *trials, size_t n, int believe)
{
	int telling = tells(trials, n);

	for (size_t i = 0; i < n; i++) {
		struct trial *t = &trials[i];

		if (t->state != TRIAL_DONE)
			continue;
		t->outcome = outcome_of(t, believe);
		if (!telling && says_nothing(t))
			t->outcome = OUTCOME_LIED;
		t->right = right_of(t, telling);
	}
}

size_t judge_wrong(const struct trial *trials, size_t n, enum lab_weight weight)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += trials[i].state == TRIAL_DONE && !trials[i].right &&
			 trials[i].at->condition->weight == weight;
	return wrong;
}

/* ---- the client's words ---------------------------------------------------------------------- */

static const struct {
	const char *text;
	int worth;
} worths[] = {
	{ "error", 4 },
	{ "exception", 4 },
	{ "failed", 4 },
	{ "failure", 4 },
	{ "fatal", 4 },
	{ "curl: (", 4 },
	{ "caused by", 1 },
	{ "certificate", 2 },
	{ "ssl", 1 },
	{ "tls", 1 },
	{ "x509", 2 },
	{ "verif", 2 },
	{ "host", 1 },
	{ "refused", 2 },
	{ "reset", 2 },
	{ "timed out", 2 },
	{ "denied", 2 },
};

static int holds(const char *line, size_t n, const char *text)
{
	size_t width = strlen(text);

	for (; n >= width; line++, n--)
		if (strncasecmp(line, text, width) == 0)
			return 1;
	return 0;
}

/* A frame of a stack, in Java and Node, and in Python: says where, and not what. */
static int is_frame(const char *line, size_t n)
{
	return (n > 3 && strncmp(line, "at ", 3) == 0) ||
	       (n > 6 && strncmp(line, "File \"", 6) == 0) ||
	       (n > 5 && strncmp(line, "raise ", 6) == 0) ||
	       (n > 6 && strncmp(line, "throw ", 6) == 0) ||
	       (n > 9 && strncmp(line, "Traceback", 9) == 0);
}

static int worth_of(const char *line, size_t n)
{
	int worth = 1;

	if (is_frame(line, n))
		return 0;
	for (size_t i = 0; i < sizeof worths / sizeof *worths; i++)
		worth += holds(line, n, worths[i].text) ? worths[i].worth : 0;
	return worth;
}

/* How many bytes of UTF-8 begin here; 0: none that are whole and right. */
size_t judge_utf8(const unsigned char *p, size_t n)
{
	size_t want = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;

	if (want == 0 || want > n || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return want;
}

/* One character of what a client said: itself, if it can be shown. A terminal takes no orders. */
static size_t put_one(const unsigned char *p, size_t n, char *out)
{
	size_t step = judge_utf8(p, n);
	int is_c1 = step == 2 && p[0] == 0xc2 && p[1] < 0xa0;

	if (step > 0 && !is_c1 && p[0] >= ' ' && p[0] != 0x7f) {
		memcpy(out, p, step);
		return step;
	}
	*out = p[0] == '\t' ? ' ' : '?';
	return 1;
}

static void put_words(const char *line, size_t n, char words[TRIAL_WORDS])
{
	const unsigned char *p = (const unsigned char *)line;
	size_t at = 0;

	while (n > 0 && at + 8 < TRIAL_WORDS) {
		size_t put = put_one(p, n, words + at);

		at += put;
		p += put;
		n -= put;
	}
	if (n > 0) {
		memcpy(words + at, "…", strlen("…"));
		at += strlen("…");
	}
	words[at] = '\0';
}

static void strip(const char **line, size_t *n)
{
	for (; *n > 0 && isspace((unsigned char)**line); --*n)
		++*line;
	while (*n > 0 && isspace((unsigned char)(*line)[*n - 1]))
		--*n;
}

/* Of several that say as much, the last: there a chain of causes ends. */
void judge_words(const void *output, size_t n, char words[TRIAL_WORDS])
{
	const char *at = output, *best = NULL;
	size_t best_n = 0;
	int most = 1;

	words[0] = '\0';
	while (n > 0) {
		const char *end = memchr(at, '\n', n), *line = at;
		size_t all = end ? (size_t)(end - at) + 1 : n, width = all;
		int worth;

		strip(&line, &width);
		worth = width ? worth_of(line, width) : 0;
		if (worth >= most) {
			most = worth;
			best = line;
			best_n = width;
		}
		at += all;
		n -= all;
	}
	if (best)
		put_words(best, best_n, words);
}

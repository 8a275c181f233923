/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client does wrong, in the words of its user; which client it is; and the setting that
 * mends it. Tables: a client is a row of its own in advice.c, and so is each setting.
 */
#ifndef LAB_ADVICE_H
#define LAB_ADVICE_H

#include "base/buf.h"
#include "lab/judge.h"

#include <stddef.h>

/* In the order in which they are told: what is worst comes first. */
enum flaw {
	FLAW_NONE,
	FLAW_PLAINTEXT, /* its login goes in plaintext */
	FLAW_CHAIN,     /* it takes any certificate */
	FLAW_NAME,      /* any certificate of the CA will do */
	FLAW_DATES,
	FLAW_RULES,    /* what a certificate may be used for */
	FLAW_LOOSE,    /* it looks for the name in the wrong place, too */
	FLAW_OLD,      /* old versions of TLS */
	FLAW_WEAK,     /* weak keys, signatures, key exchange */
	FLAW_INJECTED, /* words in plaintext for the server's */
	FLAW_REVOKED,
	FLAW_LIED,   /* what failed is taken for done */
	FLAW_HANGS,  /* no bound on how long it waits */
	FLAW_STRICT, /* it does not get in where it should */
	FLAW_OTHER,
	FLAWS
};

/* "any-certificate": for programs; and one sentence that says what it means, _(). */
const char *flaw_id(enum flaw f);
const char *flaw_means(enum flaw f);

/*
 * What is wrong with each trial that was judged wrong, into out[n]; FLAW_NONE: nothing. Who takes
 * any certificate is not told of its dates as well.
 */
void flaws_of(const struct trial *trials, size_t n, enum flaw *out);

struct advice_client; /* a row */

/*
 * Which client this is, by the words of its command (ending in NULL; NULL: there are none), by the
 * text of the script that it runs (n bytes, may be 0) and by what it told the server of itself.
 * NULL: not known.
 */
const struct advice_client *advice_client(
    char *const *command, const void *script, size_t n, const char *agent);

/* Its name for people. */
const char *advice_title(const struct advice_client *c);

/*
 * What mends this flaw with that client (NULL: any), _(); NULL: nothing is known. The words and the
 * script say which of its options stand there.
 */
const char *advice_for(
    const struct advice_client *c, enum flaw f, char *const *command, const void *script, size_t n);

/*
 * Reads the script that the command runs, at most out->max bytes, if it names one that is text:
 * "./check.sh", "sh check.sh", "python3 -u check.py". Leaves out empty if it does not.
 */
void advice_script(char *const *command, struct buf *out);

#endif

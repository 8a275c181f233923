/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a trust store, and whether its users reach Amazon's endpoints (D8). Pure. */
#ifndef TRUST_AUDIT_H
#define TRUST_AUDIT_H

#include "trust/store.h"

/* Whether who has this store and no other reaches DynamoDB. */
enum audit_verdict {
	AUDIT_READY,      /* it has Amazon Root CA 1, in which the chain served ends */
	AUDIT_CROSS_SIGN, /* it has Starfield Services G2 alone, to which a certificate served leads
			   */
	AUDIT_CLASS_2, /* it has Starfield Class 2 alone, to which none leads since August 2024 */
	AUDIT_NONE,    /* it has none of the three */
	AUDIT_BESIDES, /* it is used besides others, and by itself decides nothing */
	AUDIT_UNREADABLE
};

enum audit_verdict audit_amazon(const struct store *s);

/* For people, untranslated, with what to do; and the word for programs. */
const char *audit_words(enum audit_verdict v);
const char *audit_name(enum audit_verdict v);

/* Whether such a verdict says that connections fail. */
int audit_fails(enum audit_verdict v);

/* Whether who has a store and no other trusts what a CA has issued. */
enum audit_held {
	AUDIT_HOLDS, /* it is there, or another self-signed certificate of its name and key */
	AUDIT_LACKS,
	AUDIT_NAMESAKE,    /* a CA of its name is there, with another key */
	AUDIT_OUT_OF_DATE, /* it is there, and is no longer valid, or not yet */
	AUDIT_NOT_SERVERS, /* it is there, and not for TLS servers */
	AUDIT_DISTRUSTS    /* it is there as expressly not trusted */
};

enum audit_held audit_holds(const struct store *s, const struct anchor *ca, time_t now);

/* As audit_words, the CA's name belonging behind it, and audit_name. */
const char *audit_held_words(enum audit_held h);
const char *audit_held_name(enum audit_held h);

enum audit_what {
	AUDIT_EXPIRED,
	AUDIT_EXPIRES,    /* within 90 days */
	AUDIT_WEAK,       /* its key is worth less than 112 bits */
	AUDIT_LEAF,       /* it is no CA, and yet an anchor */
	AUDIT_LOOK_ALIKE, /* it has the name of a root that ships with dbtls, and another key */
	AUDIT_CROSSED,    /* it has the name and the key of one, and is another certificate */
	AUDIT_DROPPED,    /* Mozilla has taken it out: `when` */
	AUDIT_LEAVES,     /* Mozilla takes it out within a year: `when` */
	AUDIT_OLD         /* the store itself is older than two years; no anchor */
};

struct audit_finding {
	enum audit_what what;
	const struct anchor *anchor; /* the store's; NULL: it is about all of it */
	const char *when;            /* "2027-04-15", or NULL */
};

/* Calls found for each thing that is wrong at that time. Returns how many there were. */
size_t audit_store(const struct store *s, time_t now,
    void (*found)(void *arg, const struct audit_finding *f), void *arg);

/* As audit_words and audit_name. */
const char *audit_what_words(enum audit_what what);
const char *audit_what_name(enum audit_what what);

#endif

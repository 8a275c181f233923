/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a client, as far as its bytes tell, and what to do about it: finer than the
 * reason why its session ended (front/reasons.h), since one alert means different things from
 * different libraries. docs/failures.md has what each library sends, measured.
 */
#ifndef FRONT_CAUSE_H
#define FRONT_CAUSE_H

#include "front/reasons.h"

#include <stdint.h>

enum cause {
	CAUSE_NONE, /* nothing that is about the client */
	/* they get in, and would not any more if the door asked for more */
	CAUSE_WORKS_PLAIN,
	CAUSE_WORKS_TLS_1_2,
	/* they never came so far that they asked for TLS, or went on without */
	CAUSE_DENIED,
	CAUSE_PROXY_MISSING,
	CAUSE_PROXY_BROKEN,
	CAUSE_PROXY_SLOW,
	CAUSE_TLS_FIRST,
	CAUSE_HTTP_FIRST,
	CAUSE_NONSENSE,
	CAUSE_LEFT_EARLY,
	CAUSE_SILENT,
	/* they speak MySQL */
	CAUSE_NO_TLS,
	CAUSE_OLD_CLIENT,
	/* TLS */
	CAUSE_OLD_TLS,
	CAUSE_NO_TLS_1_3,
	CAUSE_NO_TLS_1_2,
	CAUSE_VERSION,
	CAUSE_CIPHER,
	CAUSE_CA,
	CAUSE_NAME,
	CAUSE_CA_OR_NAME,
	CAUSE_EXPIRED,
	CAUSE_LATE,
	CAUSE_TLS_ALERT,
	CAUSE_TLS_BROKEN,
	CAUSE_TLS_LEFT,
	CAUSE_TLS_SLOW,
	/* the client's own certificate */
	CAUSE_CLIENT_MISSING,
	CAUSE_CLIENT_UNKNOWN,
	CAUSE_CLIENT_EXPIRED,
	CAUSE_CLIENT_REVOKED,
	CAUSE_CLIENT_NO_CRL,
	CAUSE_CLIENT_UNFIT,
	CAUSE_CLIENT_NAME,
	/* login */
	CAUSE_LEFT_IN_LOGIN,
	CAUSE_LOGIN_SLOW,
	CAUSE_LOGIN_REFUSED,
	CAUSE_LOGIN_NONSENSE,
	CAUSE_NO_METHOD,
	CAUSE_NEEDS_TLS,
	CAUSE_ADMIN_USER,
	CAUSE_OLD_PASSWORD,
	CAUSES
};

struct cause_row {
	const char *id;
	const char *words;  /* "it …" */
	const char *advice; /* what to do; NULL: nothing */
	const char
	    *advice_own;   /* the same where the certificate is none of dbtls's CA; NULL: it is */
	uint8_t works;     /* it gets in */
	uint8_t passes_by; /* it never came so far that it spoke MySQL: anybody's scan does that */
};

/* The row of a cause; any number outside gives that of CAUSE_NONE. */
const struct cause_row *cause_row(enum cause cause);

/* The cause with that id; CAUSE_NONE: there is none. */
enum cause cause_by_id(const char *id);

/* What the name in the ClientHello (SNI) is. */
enum cause_sni {
	CAUSE_SNI_NONE,  /* there is none: by an address, or a library that sends none */
	CAUSE_SNI_OURS,  /* our certificate holds it */
	CAUSE_SNI_OTHERS /* it does not */
};

struct cause_facts {
	enum reason reason;  /* why its session ended */
	int alert;           /* of TLS that the client sent; 0: none */
	const char *library; /* front/library.h's name; NULL: not known, or no ClientHello */
	enum cause_sni sni;
	uint8_t versions; /* that it offers, as in struct hello; 0: not known */
	uint8_t allowed;  /* that the door takes there, the same bits */
};

/* Of a session that ended before its login was done. */
enum cause cause_of(const struct cause_facts *f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes the way of a client to an endpoint and notes what it sees: resolve, connect (each address),
 * MySQL's greeting, the handshake, the first request, and the further handshakes that are needed to
 * tell causes apart. No step takes longer than a bound, and nothing is judged (diagnose.h).
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/err.h"
#include "probe/facts.h"
#include "probe/https.h"
#include "probe/names.h"

struct probe_wish {
	const char *host; /* to be resolved: a name, or an address */
	const char *name; /* that is sent (SNI) and that the certificate is to have */
	uint16_t port;
	enum facts_protocol protocol;
	enum https_api
	    api; /* HTTPS: which operation is asked for; HTTPS_NO_API: what GET / tells */
	/* Connect there, without resolving the name; port 0: to port. NULL: resolve. */
	const struct addr *to;
	int ms;              /* for each step */
	int stop;            /* every step ends when this can be read from; 0: there is none */
	struct names *names; /* who resolves; NULL: resolve.h does */
	time_t now;
};

/* Fills *f, which the caller frees with facts_free in any case. */
void probe_run(const struct probe_wish *w, struct facts *f);

/* The same, but no further than one handshake: for who wants to see the certificates. */
void probe_look(const struct probe_wish *w, struct facts *f);

/* How to log in. */
struct probe_login {
	const char *user, *password;   /* MySQL */
	const struct https_keys *keys; /* HTTPS: of DynamoDB's API */
	/* Whether a chain other than the first connection's is right as well; why: says why not,
	 * _(). Behind one address there may be several servers, each with its own. */
	int (*is_right)(void *arg, const struct facts_tls *seen, char why[FACTS_TEXT]);
	void *arg;
};

/*
 * Logs in, in a connection of its own, and notes the step: over MySQL with SELECT 1, over HTTPS
 * with one signed request. Only to be called when the chain in f was found right. Nothing goes to
 * who shows another chain that is not: that ends as FACTS_OTHER.
 */
void probe_login(const struct probe_wish *w, const struct probe_login *l, struct facts *f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything in which one endpoint of the lab can differ from another. shape_good says what a good
 * one is; the fault of a condition changes one thing of it.
 */
#ifndef LAB_SHAPE_H
#define LAB_SHAPE_H

#include "lab/forge.h"

#include <stddef.h>

enum lab_protocol { LAB_MYSQL = 1, LAB_HTTPS = 2, LAB_BOTH = 3 };

struct visit;

/*
 * One step of a visit (lab/visit.h). 0: on to the next. -1: the visit is over, and the connection
 * is closed as the step has left it.
 */
typedef int visit_step(struct visit *v);

/* A visit goes through these in this order. */
enum step_id {
	STEP_ACCEPT,   /* the connection is there, and nothing was said */
	STEP_GREETING, /* MySQL: the greeting */
	STEP_REQUEST,  /* MySQL: SSLRequest is read, or a login in plaintext; HTTPS: a request in
			  plaintext is refused */
	STEP_TLS,      /* the handshake */
	STEP_LOGIN,    /* MySQL: the login */
	STEP_SERVE,    /* queries, requests, until the client leaves */
	STEPS
};

/* What a ClientHello without SNI, or with another name, gets. */
enum shape_sni {
	SNI_ANY,      /* what all get */
	SNI_REQUIRED, /* alert 112 */
	SNI_CHOOSES   /* the certificate shape.other */
};

enum shape_client { CLIENT_ANY, CLIENT_ASKED, CLIENT_REQUIRED /* to have a certificate */ };

struct shape {
	enum lab_protocol protocol; /* one of the two: for faults that differ; not to be changed */

	/*
	 * Whom the endpoint shows. cert[0] is the leaf; the others in any order, each naming its
	 * issuer by index. send: the indexes of what the handshake sends, in this order.
	 */
	struct forged cert[FORGE_CERTS];
	size_t certs;
	size_t send[FORGE_CERTS], sends;
	size_t anchor;    /* index of the certificate that the client is given as {ca} */
	const char *host; /* what the client calls: NULL: NAME.LAB_DOMAIN; else another name or
			     address, or "*.…", whose star stands for the condition's name */
	int staple;       /* an OCSP response goes with the handshake */

	/* How TLS is spoken. Versions are OpenSSL's numbers (0x0303); 0: whatever there is. */
	int min, max;
	const char *ciphers; /* up to TLS 1.2, OpenSSL's form; NULL: its defaults */
	const char *groups;  /* NULL: its defaults */
	int lax; /* OpenSSL's security level 0: old versions, small keys, SHA-1, DH of 1024 bits */
	enum shape_client client;
	enum shape_sni sni;
	size_t other;     /* SNI_CHOOSES: index of the leaf that others are shown */
	int alert;        /* in answer to the ClientHello; 0: none */
	int fragment;     /* the most bytes in a TLS record, 512 and more; 0: OpenSSL's default */
	int stranger_key; /* what is signed is not signed with the leaf's own key (EC alone) */
	const char *alpn; /* a client must offer this protocol, else alert 120; NULL: ALPN is not
			     looked at */

	/* What happens at each step: the protocol's own, or what a fault has put in its place. */
	visit_step *step[STEPS];
	unsigned short
	    capabilities; /* MySQL: bits of the greeting's low capabilities to take out */
	int listens;      /* 0: nothing listens there: the connection is refused */
	int full;         /* the queue is full: connecting takes for ever */
};

/* The top of every name in the lab: RFC 6761 keeps .test for such. */
#define LAB_DOMAIN "lab.dbtls.test"

/*
 * A leaf of P-256 for the endpoint's name and 127.0.0.1, good for 90 days, under an intermediate
 * under the lab's root, which the client is given; TLS 1.2 and 1.3 at OpenSSL's defaults.
 * protocol: one of the two, whose steps it gets.
 */
void shape_good(struct shape *s, enum lab_protocol protocol);

#endif

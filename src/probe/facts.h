/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen on the way to an endpoint: plain facts, without a judgement. probe.h fills them,
 * path.h and diagnose.h read them. All that comes from the network is bounded and copied.
 */
#ifndef PROBE_FACTS_H
#define PROBE_FACTS_H

#include "base/buf.h"
#include "net/addr.h"

#include <stdint.h>
#include <time.h>

#define FACTS_CERTS   16             /* of a chain; what is sent behind them is left out */
#define FACTS_DER     (128u * 1024)  /* bytes of a chain, and of an OCSP response */
#define FACTS_BODY    (2048u * 1024) /* of what is fetched: a CRL may be long */
#define FACTS_STEPS   32
#define FACTS_FETCHES 16
#define FACTS_TEXT    256

enum facts_protocol {
	FACTS_MYSQL, /* a greeting, and TLS on request */
	FACTS_HTTPS,
	FACTS_TLS /* from the first byte, and nothing is known of what is spoken inside */
};

/* In the order in which they happen. */
enum facts_what {
	FACTS_RESOLVE,
	FACTS_CONNECT,
	FACTS_GREETING,
	FACTS_HANDSHAKE, /* the one that shows what a client of today gets */
	FACTS_SESSION,   /* the first request that needs no credentials */
	FACTS_API,       /* HTTPS: an operation of DynamoDB's, unsigned */
	FACTS_LOGIN,     /* with credentials, and a query */
	/* Further handshakes, for what the first left open. */
	FACTS_NO_SNI,  /* without the server's name */
	FACTS_NO_ALPN, /* without the protocol's */
	FACTS_OLD,     /* TLS 1.0 and 1.1 alone */
	FACTS_WEAK,    /* up to TLS 1.2, with all cipher suites that OpenSSL has; code: the bits of
			  the Diffie-Hellman group, 0: none */
	FACTS_HELD,    /* MySQL: the ClientHello is held back: does the server speak first? */
	FACTS_BARE,    /* HTTPS: without both; noted as the two */
	FACTS_WHATS
};

/* How a step ended. */
enum facts_end {
	FACTS_NOT_TRIED,
	FACTS_OK,
	FACTS_NO_NAME,     /* it has no address */
	FACTS_UNREACHABLE, /* no route */
	FACTS_REFUSED,     /* nothing listens */
	FACTS_TIMEOUT,
	FACTS_CLOSED,
	FACTS_RESET,
	FACTS_ALERT,    /* from the server; code: its number (RFC 8446 6) */
	FACTS_ERROR,    /* MySQL's error packet; code: its number, text: its words. FACTS_LOGIN over
			   HTTPS: a refusal; code: HTTP's status, text: "Exception: words" */
	FACTS_STRANGE,  /* another protocol; text: which */
	FACTS_NO_TLS,   /* MySQL: the greeting does not offer it */
	FACTS_PLAIN,    /* MySQL: a packet in plaintext where TLS should begin */
	FACTS_INJECTED, /* bytes in plaintext, and TLS behind them, or a password asked for in it */
	FACTS_VERSION,  /* the server's TLS version is one that was not offered */
	FACTS_DOWNGRADE, /* RFC 8446 4.1.3: both can do more than what was agreed */
	FACTS_PROOF,     /* the handshake's signature is not of the certificate's key */
	FACTS_SMALL_DH,  /* a Diffie-Hellman group of less than 112 bits of security */
	FACTS_BROKEN,    /* TLS that is not right in another way; text: OpenSSL's words */
	FACTS_CUT,       /* an answer that may be whole and did not end by close_notify */
	FACTS_UNFIT,     /* fetched: an answer that is not what it should be, or too long */
	FACTS_LOCAL,     /* this machine could not; text: why */
	FACTS_OTHER,     /* another certificate than before, and it is not right; text: why */
	FACTS_METHOD,    /* MySQL: a login by a method that dbtls does not speak; text: which */
	FACTS_ENDS
};

struct facts_step {
	enum facts_what what;
	enum facts_end end;
	int code;
	uint32_t ms;
	char text[FACTS_TEXT]; /* may go to a terminal; ours are N_() */
};

/* What a handshake has shown, also one that failed later. */
struct facts_tls {
	int version;                  /* 0x0304; 0: none was agreed */
	char cipher[64];              /* "" */
	int asked;                    /* the server asked for a client certificate */
	struct buf cert[FACTS_CERTS]; /* DER, as served, the leaf first */
	size_t certs;
	struct buf staple; /* the OCSP response that came with it */
};

/* What was had from the places that a certificate names (fetch.h). */
enum facts_fetched { FACTS_ISSUER, FACTS_CRL, FACTS_OCSP };

struct facts_fetch {
	enum facts_fetched what;
	/* FACTS_OK: body is there. FACTS_NOT_TRIED: nobody is asked at such a URL. FACTS_ERROR: it
	 * is not to be had; code: HTTP's status, or, below 100, OCSP's (RFC 6960 4.2.1). */
	enum facts_end end;
	int code;
	uint32_t ms;
	char url[FACTS_TEXT]; /* may go to a terminal */
	/* DER of that kind, which can be read as such. An issuer has signed a certificate of the
	 * chain, and a CRL is signed by one; of OCSP nothing says yet by whom it is signed. In
	 * facts that were saved nothing does of any. */
	struct buf body;
};

struct facts {
	char name[256]; /* what the certificate is to name: a host's name or an address */
	uint16_t port;
	enum facts_protocol protocol;
	time_t now;
	struct addr address; /* that was talked to; family 0: none */
	char server[128];    /* what it says it is: MySQL's version */
	time_t date;     /* the server's clock, by the Date of its answer to GET /; 0: not said */
	char proxy[128]; /* HTTPS: a proxy that is set here for that host, "host:port"; "": none */
	char system[32]; /* that it was seen from: a name of know/remedy.h; "": not known */
	struct facts_step step[FACTS_STEPS];
	size_t steps;
	struct facts_tls tls;   /* of FACTS_HANDSHAKE */
	struct facts_tls bare;  /* of FACTS_NO_SNI */
	struct facts_tls other; /* of FACTS_OLD or FACTS_WEAK */
	struct facts_fetch fetch[FACTS_FETCHES];
	size_t fetches;
	int issuers;    /* those that are not served were to be fetched */
	int revocation; /* it was to be asked whether a certificate was revoked */
};

/* The last step of that kind; NULL: it was not tried. */
const struct facts_step *facts_last(const struct facts *f, enum facts_what what);
/* Notes a step; text, n bytes from a stranger or NULL, is made fit for a terminal. */
struct facts_step *facts_note(struct facts *f, enum facts_what what, enum facts_end end);
void facts_say(struct facts_step *s, const void *text, size_t n);

/* Copies a certificate behind the others. -1: there is no room. */
int facts_cert(struct facts_tls *t, const void *der, size_t n);

/* "handshake", "reset": for programs; N_(), for people. */
const char *facts_what_name(enum facts_what w);
const char *facts_end_name(enum facts_end e);
/* "fetch-crl"; N_() */
const char *facts_fetched_name(enum facts_fetched w);
/* "bad_certificate"; "alert" for one that has no name. */
const char *facts_alert_name(int code);
/* "TLS 1.3" */
const char *facts_version_name(int version);

void facts_tls_free(struct facts_tls *t);
void facts_free(struct facts *f);

#endif

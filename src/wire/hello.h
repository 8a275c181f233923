/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's first word in TLS, the ClientHello, as far as it tells who speaks and what he offers.
 * Bytes in, struct out; no I/O, no state. Nothing here decides anything: the handshake is
 * OpenSSL's.
 *
 * Sources: RFC 8446 4.1.2, 4.2 and 5.1; RFC 5246 7.4.1.2 and E.2 (the hello of SSL 2.0); RFC 6066 3
 * (SNI); RFC 7301 (ALPN); RFC 8701 (GREASE). Lengths are checked before use.
 */
#ifndef WIRE_HELLO_H
#define WIRE_HELLO_H

#include "base/span.h"

#define HELLO_MAX                                                                                  \
	16384          /* bytes of a body; a longer one is nobody's, and OpenSSL refuses it too    \
			*/
#define HELLO_LIST 128 /* values kept of one list */
#define HELLO_ALPN 8   /* protocols kept */

/* Extensions that somebody asks for by number (IANA, "TLS ExtensionType Values"). */
#define HELLO_EXT_SNI            0
#define HELLO_EXT_STATUS         5
#define HELLO_EXT_GROUPS         10
#define HELLO_EXT_POINTS         11
#define HELLO_EXT_SIGNS          13
#define HELLO_EXT_HEARTBEAT      15
#define HELLO_EXT_ALPN           16
#define HELLO_EXT_STATUS_V2      17
#define HELLO_EXT_SCT            18
#define HELLO_EXT_ETM            22
#define HELLO_EXT_EMS            23
#define HELLO_EXT_RECORD_LIMIT   28
#define HELLO_EXT_DELEGATED      34
#define HELLO_EXT_TICKET         35
#define HELLO_EXT_PSK            41
#define HELLO_EXT_VERSIONS       43
#define HELLO_EXT_PSK_MODES      45
#define HELLO_EXT_POST_HANDSHAKE 49
#define HELLO_EXT_SIGNS_CERT     50
#define HELLO_EXT_KEY_SHARE      51
#define HELLO_EXT_RENEGOTIATION  0xff01

/* Bits of hello.versions. */
#define HELLO_SSL3   0x01u
#define HELLO_TLS1_0 0x02u
#define HELLO_TLS1_1 0x04u
#define HELLO_TLS1_2 0x08u
#define HELLO_TLS1_3 0x10u

/* Bits of hello.grease: where values stood that mean nothing (RFC 8701). */
#define HELLO_GREASE_SUITE     0x01u
#define HELLO_GREASE_EXTENSION 0x02u
#define HELLO_GREASE_GROUP     0x04u
#define HELLO_GREASE_SIGN      0x08u
#define HELLO_GREASE_VERSION   0x10u
#define HELLO_GREASE_ALPN      0x20u

/* Numbers in the client's order, without GREASE. */
struct hello_list {
	uint16_t v[HELLO_LIST];
	uint16_t n;    /* of v */
	uint16_t more; /* that did not fit */
};

struct hello {
	uint16_t legacy_version;
	/*
	 * What the client offers. Without supported_versions a client names its highest version
	 * alone, and that one bit is set; 0: it named none that we know.
	 */
	uint8_t versions;
	uint8_t grease;
	uint8_t session_id; /* its length */
	uint8_t n_alpn;
	uint8_t sni_is_address; /* an IP literal, which RFC 6066 3 does not allow but PHP sends */
	uint8_t ticket;         /* a ticket of TLS 1.2 was sent, not just asked for */
	uint8_t psk;            /* pre_shared_key: it resumes a session of TLS 1.3 */
	uint8_t compresses;     /* it offers more than no compression */
	struct hello_list suites;
	struct hello_list extensions;
	struct hello_list groups;
	struct hello_list signs;      /* signature_algorithms */
	struct span sni;              /* borrowed, the client's bytes, not checked; empty: none */
	struct span alpn[HELLO_ALPN]; /* borrowed, the same */
};

/*
 * Reads the body of a ClientHello, which is what follows the 4 bytes of type and length. -1: it
 * isn't one, and h is not changed. Strict with what it reads, blind for what it does not.
 */
int hello_read(struct span body, struct hello *h);

/*
 * Cuts type and length off a handshake message, as OpenSSL's message callback gives it (its
 * client_hello callback has only what OpenSSL knows, without the rest and without GREASE). -1: it
 * is another message, or not just one.
 */
int hello_body(struct span message, struct span *body);

enum hello_found {
	HELLO_MORE,   /* so far it is the start of one */
	HELLO_WHOLE,  /* *body is there */
	HELLO_SSL2,   /* the hello of SSL 2.0, or in its clothes: nothing is read of it */
	HELLO_NOT_ONE /* something else, or longer than HELLO_MAX */
};

/*
 * Finds the ClientHello in the first bytes of a connection: one TLS record, or several when the
 * client cut it up. *body lies in the records, or in room when it had to be put together. What
 * comes behind it is not looked at.
 */
enum hello_found hello_from_records(
    struct span records, uint8_t room[HELLO_MAX], struct span *body);

/* The highest version offered: 0x0300 to 0x0304; 0: none that we know. */
uint16_t hello_highest(const struct hello *h);

/* Whether a value stands in a list. */
int hello_has(const struct hello_list *list, uint16_t value);

/* Whether a value is one of the 16 of RFC 8701. */
int hello_is_grease(uint16_t value);

#endif

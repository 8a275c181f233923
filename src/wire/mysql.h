/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MySQL protocol as far as a relay must know it: packet headers, the greeting, SSLRequest, the
 * login packet and the packets of authentication. Bytes in, structs out; no I/O, no state.
 *
 * Sources: MySQL internals, "Connection Phase" (Protocol::HandshakeV10, Protocol::SSLRequest,
 * Protocol::HandshakeResponse41); MariaDB knowledge base, "Connection". Lengths are checked before
 * use; a function that returns -1 has changed nothing.
 */
#ifndef WIRE_MYSQL_H
#define WIRE_MYSQL_H

#include "base/buf.h"
#include "base/span.h"

#define MYSQL_HEADER      4
#define MYSQL_SSLREQUEST  32          /* payload; all clients of today send just this */
#define MYSQL_LOGIN_MAX   (64 * 1024) /* payload of any packet before login ends */
#define MYSQL_CLIENT_SSL  0x0800u
#define MYSQL_PROTOCOL_41 0x0200u
#define MYSQL_PLUGIN_AUTH 0x00080000u
#define MYSQL_COMPRESSED  0x04000020u /* with zlib, with zstd: either may be asked for */

/* What a client hears; the texts are those that drivers and search engines know. */
#define MYSQL_ER_CON_COUNT           1040 /* 08004 Too many connections */
#define MYSQL_ER_ACCESS_DENIED       1045 /* 28000 */
#define MYSQL_ER_UNKNOWN             1105 /* HY000 */
#define MYSQL_ER_HOST_NOT_PRIVILEGED 1130
#define MYSQL_ER_NOT_SUPPORTED_AUTH  1251 /* 08004 */
#define MYSQL_ER_SECURE_TRANSPORT    3159 /* HY000 */

struct mysql_header {
	uint32_t length; /* of the payload */
	uint8_t seq;
};

/* Reads the 4 bytes before a payload. */
int mysql_header(struct span *s, struct mysql_header *h);
void mysql_header_put(uint8_t out[MYSQL_HEADER], uint32_t length, uint8_t seq);

/* Takes a Protocol::LengthEncodedString. -1: there is none that is whole. */
int mysql_string(struct span *s, struct span *out);

struct mysql_greeting {
	struct span version; /* borrowed from the payload */
	uint32_t connection_id;
	uint32_t capabilities;
	uint8_t scramble[20];
	struct span plugin; /* empty when there is none */
	size_t caps_low_at; /* where in the payload the two low bytes of the capabilities are */
};

/* Reads the payload of HandshakeV10. -1: it isn't one. */
int mysql_greeting(struct span payload, struct mysql_greeting *g);

/* What the first packet of a client is. */
enum mysql_first {
	MYSQL_FIRST_SSLREQUEST, /* TLS follows */
	MYSQL_FIRST_PLAINTEXT,  /* a login without TLS */
	MYSQL_FIRST_OLD,        /* a client without protocol 4.1 */
	MYSQL_FIRST_TLS,        /* a TLS ClientHello: the client thinks that TLS comes first */
	MYSQL_FIRST_HTTP,       /* an HTTP request */
	MYSQL_FIRST_NONSENSE
};

/*
 * Tells from the header and the bytes of the payload at hand (4 or more, up to 32) what a client
 * speaks. n is header and payload together, at least 8. seq is the client's sequence id.
 */
enum mysql_first mysql_first(const uint8_t *p, size_t n, uint8_t *seq);

struct mysql_login {
	uint32_t capabilities;
	struct span user;       /* borrowed; without the NUL */
	struct span answer;     /* to the greeting's scramble; empty: there is no password */
	struct span database;   /* empty: none */
	struct span plugin;     /* empty: none */
	struct span attributes; /* of the connection, for mysql_attribute; empty: none */
};

/* Reads the payload of HandshakeResponse41. -1: it isn't one. */
int mysql_login(struct span payload, struct mysql_login *l);

/* Takes the next of a login's attributes. -1: there is no more that is whole. */
int mysql_attribute(struct span *attributes, struct span *name, struct span *value);

/* Reads AuthSwitchRequest: fe, the plugin's name, its scramble of 20 bytes. -1: it isn't one. */
int mysql_switch(struct span payload, struct span *plugin, uint8_t scramble[20]);

/* What a server's packet means while the login lasts. */
enum mysql_auth {
	MYSQL_AUTH_OK,     /* 00: logged in */
	MYSQL_AUTH_ERR,    /* ff: refused */
	MYSQL_AUTH_SWITCH, /* fe plugin…: the client answers */
	MYSQL_AUTH_MORE,   /* 01 …, 02 …: the client may answer */
	MYSQL_AUTH_LAST,   /* 01 03: caching_sha2 took the fast way; OK follows without an answer */
	MYSQL_AUTH_OLD,    /* a lone fe: the scheme of before 4.1, refused */
	MYSQL_AUTH_NONSENSE
};
enum mysql_auth mysql_auth(struct span payload);

/* Reads an ERR payload: its code and its text without "#STATE". -1: it isn't one. */
int mysql_err(struct span payload, unsigned *code, struct span *text);

/*
 * Appends a whole ERR packet. state NULL: the form for before the greeting, without SQLSTATE, since
 * the client has not yet said that it knows it.
 */
int mysql_err_put(struct buf *out, uint8_t seq, unsigned code, const char *state, const char *text);

#endif

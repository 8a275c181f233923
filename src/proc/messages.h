/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every message that one dbtls process may send another: one row each in messages.c, which says who
 * may send it to whom, how long it may be, and whether a descriptor comes with it. What no row
 * allows is never delivered: the receiver's channel fails, and a role ends on that.
 *
 * Messages stay on one machine: numbers are in host order, and a payload starts with its struct.
 * During an upgrade a parent and a key process speak with relays of the version before: numbers and
 * forms keep their meaning, and what is new goes to the end, with a number of its own.
 */
#ifndef PROC_MESSAGES_H
#define PROC_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

enum role { ROLE_PARENT, ROLE_RELAY, ROLE_KEYS, ROLE_CA };

enum message_type {
	/* parent -> relay: before MSG_START in any order, later to replace what it was */
	MSG_CONFIG = 1,  /* struct relay_config */
	MSG_ENDPOINT,    /* struct endpoint_config */
	MSG_UPSTREAM,    /* struct upstream_config, then PEM of its CA */
	MSG_LISTENER,    /* u32: endpoint; a listening socket */
	MSG_STATS,       /* memory file that holds struct relay_memory (front/stats.h) */
	MSG_ACCESS,      /* u32: endpoint; sealed memory file: the access list, cidr_set_pack */
	MSG_SENDERS,     /* the same of those whose connections begin with a PROXY header */
	MSG_CERTIFICATE, /* u32: endpoint; PEM: leaf first, then its CA */
	MSG_CLIENTS,     /* u32: endpoint; sealed memory file: whom to let in (tls/clients.h); in
			    force with the endpoint's next MSG_CERTIFICATE */
	MSG_TICKETS,     /* struct ticket_keys (tls/tickets.h) */
	MSG_KEYS,        /* a channel to the key process */
	MSG_START,       /* all is there: enter the sandbox */
	MSG_ACCEPT,      /* accept connections */
	MSG_DRAIN,       /* accept no more, and end with the last session */
	/* relay -> parent */
	MSG_DONE,   /* u32: the type that is now in force */
	MSG_FAILED, /* u32 type, then a sentence: the type was refused, the old one stays */
	/* parent -> keys */
	MSG_CLIENT, /* a relay's channel: it may ask for signatures */
	/* keys -> parent: at start, and for each MSG_KEY */
	MSG_PUBLIC_KEY, /* DER SubjectPublicKeyInfo of a key it signs with */
	/* relay -> keys and back */
	MSG_SIGN,      /* struct sign_request, then the text to be signed */
	MSG_SIGNATURE, /* struct sign_reply, then the signature */
	/* parent -> ca and back */
	MSG_ISSUE,  /* struct issue_request, then SubjectPublicKeyInfo, then names, each ending in
		       NUL */
	MSG_ISSUED, /* struct issued, then PEM of the leaf, then PEM of the CA */
	/* ca or keys -> parent */
	MSG_REFUSED, /* a sentence */
	/* parent -> keys again */
	MSG_KEY,    /* one more key: its file, open; answered by MSG_PUBLIC_KEY or MSG_REFUSED */
	MSG_FORGET, /* SHA-256 of the DER SubjectPublicKeyInfo of a key that it had by MSG_KEY */
	/* parent -> relay again */
	MSG_CLOSE /* as MSG_DRAIN; since nobody else accepts, who waits for that is let in first */
};

#define SIGN_TEXT_MAX 512
#define SIGNATURE_MAX 1024

/* algorithm: a TLS SignatureScheme (RFC 8446 4.2.3), such as 0x0403 for ecdsa_secp256r1_sha256. */
struct sign_request {
	uint64_t id;     /* chosen by the relay, given back in the reply */
	uint8_t key[32]; /* SHA-256 of the DER SubjectPublicKeyInfo */
	uint32_t algorithm;
};

struct sign_reply {
	uint64_t id;
	uint32_t ok; /* 0: refused, and no signature follows */
};

struct issue_request {
	uint64_t seconds; /* how long the certificate is to be valid from now */
	uint32_t spki_length;
	uint32_t names_length;
	uint32_t client; /* 1: a client's leaf, 0: a server's */
};

struct issued {
	uint32_t leaf_length;
	uint32_t ca_length;
};

struct message_rule {
	enum message_type type;
	const char *name;
	enum role from, to;
	size_t min, max; /* bytes of payload */
	int with_fd;
};

/* The row for a message of that type in that direction, or NULL: not allowed. */
const struct message_rule *message_rule(enum message_type type, enum role from, enum role to);

/* "parent", "relay", "keys", "ca". */
const char *role_name(enum role role);

#endif

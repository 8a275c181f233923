/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust stores: where this machine keeps the CAs that its programs trust, and which these are.
 *
 *	store_find(&list, &where, &e);          what is there, by looking for it; reads no store
 *	store_read(&list.v[i], &where, &keys)   what is in one of them
 *
 * A store that can't be read says why in itself, and never stops the others.
 */
#ifndef TRUST_STORE_H
#define TRUST_STORE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "pki/digest.h"

#include <sys/types.h>
#include <time.h>

#define STORE_FILE_MAX   (64u << 20)
#define STORE_ANCHOR_MAX 100000

enum store_format {
	STORE_UNKNOWN, /* until it has been read */
	STORE_PEM,
	STORE_DER,
	STORE_FOLDER, /* files of PEM or DER; if some have names that OpenSSL looks for, these alone
		       */
	STORE_JKS,    /* and JCEKS */
	STORE_PKCS12,
	STORE_NSS,
	STORE_BUILT_IN
};

/* Whether it may vouch for TLS servers. */
enum anchor_servers {
	ANCHOR_MAY,
	ANCHOR_MAY_NOT,   /* it is there for something else, or as no anchor */
	ANCHOR_DISTRUSTED /* expressly not, whatever another store says */
};

struct anchor {
	struct span der;
	const char *subject; /* RFC 2253, ASCII */
	const char *label;   /* what the store calls it: UTF-8 that may go to a terminal; or "" */
	uint8_t sha256[SHA256_LENGTH]; /* of the DER form */
	uint8_t spki[SHA256_LENGTH];   /* of its SubjectPublicKeyInfo */
	time_t not_before, not_after;
	enum anchor_servers servers;
	int is_ca; /* 0: a leaf */
};

/* What its date is taken from. */
enum store_dated {
	STORE_DATED_NOT,
	STORE_DATED_PACKAGE, /* the version of its package, which is a date */
	STORE_DATED_NEWEST   /* its newest anchor: it can't be older */
};

struct store_kind;
struct known;

struct store {
	const struct store_kind *kind;
	char *path; /* as it was found, seen from the root; of what is built in, the program */
	enum store_format format;
	struct buf users; /* who uses it: texts, each ending in NUL */
	struct anchor *anchors;
	size_t n, room;
	uint32_t *index;     /* of anchors by their digest: store.c's own */
	struct known *known; /* as in struct store_where */
	size_t keys;         /* private keys that lie in it, which are no anchors */
	int besides; /* its users have other roots as well, or use it for something else than HTTPS
		      */
	enum store_dated dated;
	time_t date;
	char package[96]; /* "certifi 2026.5.20"; "": none is known */
	int readable;     /* 0: why says why not. 1 and a why: read, but with this doubt */
	struct err why;
	dev_t dev; /* by which the same file under another name is known; ino 0: it is no file */
	ino_t ino;
};

struct store_list {
	struct store *v;
	size_t n, room;
};

/* Where to look. */
struct store_where {
	const char
	    *root; /* a folder that is the root of the system looked at; NULL: this machine */
	int quick; /* ask no program (Node, Ruby) what it has built in */
	/* Certificates that were parsed before (known.h); it lives as long as the stores do. NULL:
	 * none are kept. */
	struct known *known;
};

/* Passwords of JKS and PKCS12 stores: the one given, else "changeit", "changeme", none. */
struct store_secret {
	const char *given; /* NULL: none */
};

/*
 * Fills list, which the caller frees in any case: each store once, whatever number of names leads
 * to it; none of them read. -1: the root can't be looked into, or memory is out.
 */
int store_find(struct store_list *list, const struct store_where *where, struct err *e);

/* Adds one that a person named; it need not be there. */
int store_name(struct store_list *list, const char *path, struct err *e);

/* Adds one, read already, of the roots that ship with dbtls (roots.h). */
int store_shipped(struct store_list *list, struct err *e);

/* Reads it. Whether that went well is in s->readable, and why not in s->why. */
void store_read(
    struct store *s, const struct store_where *where, const struct store_secret *secret);

/* The words for people and programs. */
const char *store_format_name(enum store_format f); /* N_() */
const char *store_kind_name(const struct store *s);

/* The anchor with that SHA-256, or NULL. */
const struct anchor *store_holds(const struct store *s, const uint8_t sha256[SHA256_LENGTH]);

/*
 * Text from a stranger as UTF-8 that may go to a terminal or into JSON: control characters and what
 * is no UTF-8 become '?'; what does not fit is cut.
 */
void store_clean(char *out, size_t size, struct span text);

void store_free(struct store_list *list);

#endif

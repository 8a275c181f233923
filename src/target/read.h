/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a target, inside: what all forms share. A form takes its text apart into options; the
 * client's table (target_clients.h) says what each means; target_read_finish makes a target of it.
 */
#ifndef TARGET_READ_H
#define TARGET_READ_H

#include "target/target.h"

#define TARGET_SECRETS 16

/* What an option says. What several clients say in their own words has one value here. */
enum target_set {
	SET_NOTHING, /* known to the client, and of no matter here */
	SET_HOST,
	SET_PORT,
	SET_USER,
	SET_PASSWORD,
	SET_DATABASE,
	SET_SOCKET,
	SET_PATH,
	SET_MODE,     /* a word of the client's for how much is verified */
	SET_TLS,      /* use TLS: yes or no */
	SET_REQUIRE,  /* refuse a server without TLS */
	SET_CHAIN,    /* verify the chain */
	SET_IDENTITY, /* verify the name */
	SET_OFF,      /* no TLS */
	SET_FALLBACK, /* go on in plaintext */
	SET_PROTOCOL, /* tcp, socket and others of --protocol */
	SET_VERSIONS,
	SET_VERSION_MIN,
	SET_VERSION_MAX,
	SET_SERVER_NAME,
	SET_CA,
	SET_CA_FOLDER,
	SET_CERTIFICATE,
	SET_KEY,
	SET_STORE,
	SET_STORE_TYPE,
	SET_STORE_PASSWORD,
	SET_SECRET, /* another password */
	SET_OPAQUE, /* the TLS settings are an expression, which only the program knows */
	SET_JSON,   /* mysql2's ssl={…} */
	SETS
};

/* A place in the text. */
struct target_place {
	size_t at, n;
};

/* An option as a form found it, decoded. */
struct target_word {
	const char *name;
	const char *value;         /* NULL: it has none */
	struct target_place place; /* of all of it */
	struct target_place held;  /* of the value alone */
};

struct target_given {
	char *text; /* NULL: not given; owned */
	struct target_place place;
};

enum target_takes {
	TAKES_VALUE,
	TAKES_NONE,     /* a switch; "--ssl=0" and --skip-ssl turn it off */
	TAKES_OPTIONAL, /* --password[=…]: never the next word */
	TAKES_NEXT      /* the next word, unless that begins with a dash */
};

struct target_option {
	const char *name;
	enum target_set set;
	enum target_takes takes;
	char letter;
};

struct target_client;

struct target_reading {
	struct target *t;
	struct span text;
	const char *form; /* for sentences: "the JDBC URL" */
	const struct target_client *client;
	int guessed;   /* the text does not say whose it is: client is the likeliest */
	uint16_t port; /* where the text names none */
	struct target_given given[SETS];
	struct target_place secret[TARGET_SECRETS];
	size_t secrets;
};

/* Keeps a copy of value for that setting; the last one counts. value NULL: "". */
int target_read_keep(struct target_reading *r, enum target_set set, const char *value,
    struct target_place place, struct err *e);

/* As target_read_keep, by the table of r->client; one that is not in it becomes a note. */
int target_read_option(struct target_reading *r, const struct target_word *w, struct err *e);

/* The same, of a row already found; NULL: the client does not know it. */
int target_read_row(struct target_reading *r, const struct target_option *o,
    const struct target_word *w, struct err *e);

/* Shown as "***" from now on. */
int target_read_secret(struct target_reading *r, struct target_place place, struct err *e);

/* What was given, or NULL. */
const char *target_read_said(const struct target_reading *r, enum target_set set);

/* Given, and not "0", "false", "no", "off" or "disabled"; and the contrary. */
int target_read_yes(const struct target_reading *r, enum target_set set);
int target_read_no(const struct target_reading *r, enum target_set set);

/* Adds a note; what does not fit is dropped. nearest: static, or NULL. */
void target_read_note(struct target_reading *r, enum target_note_kind kind,
    struct target_place place, const char *nearest, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Of what the client does not know: whether it stops there (refuses, of its row) or passes it over.
 */
enum target_note_kind target_read_unknown(const struct target_reading *r, int refuses);

/* Where a part of r->text stands in it. */
struct target_place target_read_place(const struct target_reading *r, struct span part);

/* As target_read_keep, of a part of r->text as it is. */
int target_read_keep_span(
    struct target_reading *r, enum target_set set, struct span part, struct err *e);

/* "host", "host:port", "[v6]:port", "v6", a part of r->text, into SET_HOST and SET_PORT. */
int target_read_address(struct target_reading *r, struct span text, struct err *e);

/*
 * Percent-decodes into out, which has room for in.n + 1 bytes; '+' is a blank if plus. -1: not two
 * hexadecimal digits, or a NUL.
 */
int target_read_decode(char *out, struct span in, int plus);

/* Makes *r->t of what was given, host and port checked; the caller frees *r->t if that fails. */
int target_read_finish(struct target_reading *r, struct err *e);

/* Frees what r owns, passwords wiped; *r->t stays. */
void target_read_free(struct target_reading *r);

#endif

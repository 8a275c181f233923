/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the doctor is to look at, as people have it:
 *
 *	db1.example.com  db1.example.com:4000  [2001:db8::1]:4000  tls://…  https://…
 *	mysql://…  mariadb://…  mysql+pymysql://…        with the options of the client they are for
 *	jdbc:mysql://…  jdbc:mariadb://…  user:pw@tcp(host:port)/db?tls=true
 *	mysql --ssl-mode=VERIFY_IDENTITY -h …            a pasted line of mysql, mariadb or mycli
 *	host="…", port=4000, ssl={"ca": "ca.pem"}        settings out of a program
 *	dynamodb:eu-west-3  dynamodb-streams:…           and the hosts of DynamoDB and TiDB Cloud
 *
 * Pure: nothing is opened, resolved or asked. What the text says is told apart from what a client
 * would do by itself: see verify.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

#define TARGET_TEXT     8192 /* the longest text that is taken, in bytes */
#define TARGET_NOTES    16   /* further ones are dropped */
#define TARGET_SENTENCE 512

enum target_form {
	TARGET_ADDRESS, /* host or host:port */
	TARGET_URL,
	TARGET_JDBC,
	TARGET_GO,      /* the DSN of go-sql-driver/mysql */
	TARGET_COMMAND, /* a command line */
	TARGET_CODE,    /* settings out of a program of Python or JavaScript */
	TARGET_AWS      /* dynamodb:REGION and its like */
};

enum target_protocol {
	TARGET_MYSQL, /* TLS is asked for after the server's greeting */
	TARGET_HTTPS,
	TARGET_TLS, /* TLS from the first byte, and nothing known of what is inside */
	TARGET_HTTP /* no TLS at all: DynamoDB local */
};

/* What is verified of the server when TLS is spoken. */
enum target_verify {
	TARGET_UNSAID, /* the text names no client, or none whose habits are known */
	TARGET_OFF,    /* no TLS */
	TARGET_NONE,   /* TLS with whoever answers */
	TARGET_CA,     /* the chain; any name will do */
	TARGET_FULL    /* the chain and the name */
};

enum target_service { TARGET_NO_SERVICE, TARGET_DYNAMODB, TARGET_STREAMS, TARGET_TIDB_CLOUD };

/* The TLS versions that were asked for, in a set. */
enum target_version { TARGET_TLS10 = 1, TARGET_TLS11 = 2, TARGET_TLS12 = 4, TARGET_TLS13 = 8 };

enum target_note_kind {
	TARGET_INSECURE,  /* "option-insecure": it connects without checking who answers */
	TARGET_UNKNOWN,   /* "option-unknown": this client does not know it */
	TARGET_NO_EFFECT, /* "option-no-effect": known, and does not do what it seems to */
	TARGET_REFUSED    /* "option-unknown" as well: this client stops at it */
};

struct target_note {
	enum target_note_kind kind;
	size_t at, n;                   /* the place in the target's text; n 0: all of it */
	size_t given_at, given_n;       /* the same in the text that was given */
	int old;                        /* it is about TLS 1.0 or 1.1 */
	char sentence[TARGET_SENTENCE]; /* for a person: what is wrong, and what to write */
	const char *nearest;            /* the option or word that was meant, or NULL */
};

/* Strings are NULL where the text does not say; all are the target's own. */
struct target {
	enum target_form form;
	enum target_protocol protocol;
	enum target_service service;
	const char *client; /* whose words these are: "mysql", "java", "go"; NULL: anybody's.
			       Static; a name of `dbtls connect` where that knows the client */
	char *text;         /* as it was given, "***" in place of every password */
	char *host;         /* a name in lower case, or an address without brackets */
	uint16_t port;      /* never 0 */
	char *path;         /* of HTTP: "/…" with its query; never NULL there */
	char *region;       /* of DynamoDB */
	char *user, *database;
	char *password; /* secret: not for logs, files or error texts; target_free wipes it */

	enum target_verify verify;
	int falls_back;       /* 1: goes on in plaintext with a server that offers no TLS. With
				 TARGET_NONE that is called opportunistic */
	unsigned versions;    /* of enum target_version; 0: not said */
	char *server_name;    /* to be sent and verified in place of host */
	char *ca, *ca_folder; /* PEM */
	char *store;          /* the client's own trust store: a path; JKS or PKCS12 */
	char *store_type, *store_password; /* the password as secret as the other */
	char *certificate, *key;           /* of the client; PEM, or one PKCS12 file in both */

	struct target_note *note;
	size_t notes;
};

/*
 * Reads one target; blanks and line ends around it do not matter. -1: ERR_USER, one sentence that
 * says what it was taken for and what is wrong, and never holds a password; *t is empty then.
 * Several hosts in one text, Unix sockets and protocols other than MySQL and HTTP are refused.
 */
int target_parse(struct target *t, struct span text, struct err *e);

/* Takes NULL members; the passwords are wiped first. */
void target_free(struct target *t);

/* A file of targets, one a line, '#' begins a comment line, '\' at its end continues a line. */
struct target_line {
	struct span text; /* borrowed; for target_parse */
	size_t number;    /* of the line it begins in, from 1; at first 0 */
	size_t lines;     /* read so far */
};

/* The next target of *rest; 1, or 0 at the end. *line is all zero before the first call. */
int target_list(struct span *rest, struct target_line *line);

/* For people and for JSON: "full", "CA only", "none", "opportunistic", "off", "not said". */
const char *target_verify_text(const struct target *t);

/*
 * What its settings do instead of verifying, for a sentence, _(): "connect to anyone", "go on in
 * plaintext". NULL: they verify the chain at least, or do not say.
 */
const char *target_insecure(const struct target *t);

/* The id of the closed vocabulary: "option-insecure". */
const char *target_note_id(enum target_note_kind kind);

#endif

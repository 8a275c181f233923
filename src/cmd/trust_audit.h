/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `dbtls trust audit` in three steps: trust_audit.c finds out, for each store, what was asked for;
 * trust_endpoint.c asks endpoints; trust_screen.c shows what came out, and trust_mend.c what to do.
 */
#ifndef CMD_TRUST_AUDIT_H
#define CMD_TRUST_AUDIT_H

#include "probe/facts.h"
#include "doctor/stores.h"
#include "trust/audit.h"

#define AUDIT_ENDPOINTS 16
#define AUDIT_TEXT      5000

/* A server, and what it shows. */
struct audit_endpoint {
	char text[512]; /* as it was given, without a password */
	char host[256];
	struct facts facts;
	struct span served[FACTS_CERTS];
	struct path_input in; /* what it shows, to be judged; borrows from all above */
};

/* Whether the word is an endpoint, and no file. */
int audit_is_endpoint(const char *word);

/* One handshake, no step of it longer than 5 seconds. *at is to be closed in any case. */
int audit_endpoint_open(struct audit_endpoint *at, const char *text, struct err *e);
void audit_endpoint_close(struct audit_endpoint *at);

struct audit_asked {
	int amazon, elsewhere;   /* elsewhere: it is not this machine that is looked at */
	struct store_list files; /* of --ca */
	size_t cas;              /* how many there are in all of them */
	struct audit_endpoint at[AUDIT_ENDPOINTS];
	size_t endpoints;
	time_t now;
};

/* The CA of that number, from 0. */
const struct anchor *audit_ca(const struct audit_asked *asked, size_t i);

/* What came out for one store. */
struct audit_row {
	const struct store *store;
	enum audit_verdict amazon;
	enum audit_held *held; /* of each CA */
	struct stores_row *at; /* at each endpoint */
	int fails;             /* who uses it can't connect to something that was asked for */
};

struct audit_table {
	const struct audit_asked *asked;
	struct audit_row *row;
	size_t rows;
};

/* The name of a root, in a column. */
struct audit_column {
	const char *root, *title;
};
extern const struct audit_column audit_columns[];

int audit_has_root(const struct store *s, const char *name);

/* Lines to type for what is lacking; "To mend that" above them, if there are some. */
void audit_mend(const struct audit_table *t);

/* -1: memory is out. */
int audit_show(const struct audit_table *t, struct err *e);

#endif

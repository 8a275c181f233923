/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/habits.h"

#include "base/i18n.h"
#include "doctor/habits_trait.h"

#include <string.h>

/* ---- the clients ----------------------------------------------------------------------------- */

#define UNASKED (REVOKED | REVOKED_STAPLED | STAPLE_MISSING)
/* What the libraries have in common that several clients stand on. */
#define GO        (RSA_1024 | NO_KEY_USAGE | PARTIAL_CHAIN | UNASKED)
#define NODE      (CN_ONLY | RSA_1024 | DH_1024 | STATIC_RSA | UNASKED)
#define JAVA      (CN_ONLY | RSA_1024 | DH_1024 | STATIC_RSA | WITH_SHA1 | PARTIAL_CHAIN | UNASKED)
#define ADDRESSES (ADDRESS_IN_CN | ADDRESS_AS_NAME)
#define MARIADB_C (CN_ONLY | ADDRESSES | STATIC_RSA | INJECTED | UNASKED)
#define PYTHON    (CN_ONLY | UNASKED)
/* From 3.13 on Python's default context verifies strictly, and does with an intermediate. */
#define PYTHON_3_13 (PARTIAL_CHAIN | NOT_STRICT)

#define PLAINTEXT N_("no TLS at all unless it is turned on")
#define EITHER    N_("takes any certificate, and goes on in plaintext where the server offers no TLS")

static const struct habits_client clients[] = {
	{ "go", "go-sql-driver/mysql 1.10, Go 1.26", FACTS_MYSQL, GO, 0, 0, PLAINTEXT },
	{ "gorm", "GORM 1.31, go-sql-driver/mysql 1.10", FACTS_MYSQL, GO, 0, 0, PLAINTEXT },
	{ "node", "mysql2 3.24, Node.js 20", FACTS_MYSQL, NODE, CALLED_BY_ADDRESS, 0,
	    N_("no TLS without ssl; with ssl and without verifyIdentity it takes any host's "
	       "certificate of the CA") },
	{ "sequelize", "Sequelize 6.37, mysql2 3.24", FACTS_MYSQL, NODE | INJECTED,
	    CALLED_BY_ADDRESS, 0,
	    N_("no TLS without ssl; with ssl and without verifyIdentity it takes any host's "
	       "certificate of the CA") },
	{ "prisma", "Prisma 7.10, mariadb 3.5 for Node.js", FACTS_MYSQL, NODE,
	    CALLED_BY_ADDRESS | NEEDS_SNI, 0, PLAINTEXT },
	{ "mariadb", "MariaDB Connector/C 3.3, OpenSSL 3.0", FACTS_MYSQL, MARIADB_C, NEEDS_SNI, 0,
	    N_("before 11.4 it takes any certificate, and goes on in plaintext where the server "
	       "offers no TLS; from 11.4 on it verifies") },
	{ "mysql", "libmysqlclient 9.7", FACTS_MYSQL, CN_ONLY | STATIC_RSA | UNASKED, NEEDS_SNI, 0,
	    EITHER },
	{ "mycli", "mycli 2.30, PyMySQL, Python 3.11", FACTS_MYSQL, PYTHON, 0, PYTHON_3_13,
	    EITHER },
	{ "python", "mysqlclient 2.3, MariaDB Connector/C 3.3", FACTS_MYSQL, MARIADB_C, NEEDS_SNI,
	    0, PLAINTEXT },
	{ "pymysql", "PyMySQL 1.2, Python 3.11", FACTS_MYSQL, PYTHON, 0, PYTHON_3_13, EITHER },
	{ "sqlalchemy", "SQLAlchemy 2.1, PyMySQL 1.2", FACTS_MYSQL, PYTHON, 0, PYTHON_3_13,
	    EITHER },
	{ "django", "Django 5.2, mysqlclient 2.3", FACTS_MYSQL, MARIADB_C, NEEDS_SNI, 0,
	    PLAINTEXT },
	{ "java", "MySQL Connector/J 26.10, Java 17", FACTS_MYSQL, JAVA | ADDRESSES,
	    CHAIN_ORDER | CROSSED_ROOT | NO_SIGNATURE_USAGE, 0, EITHER },
	{ "ruby", "mysql2 0.5.7, MariaDB Connector/C 3.4", FACTS_MYSQL, MARIADB_C, 0, 0,
	    PLAINTEXT },
	{ "php", "mysqli of PHP 8.2", FACTS_MYSQL, CN_ONLY | ADDRESSES | STATIC_RSA | UNASKED, 0, 0,
	    PLAINTEXT },

	{ "curl", "curl 7.88, OpenSSL 3.0", FACTS_HTTPS,
	    CN_ONLY | ADDRESS_IN_CN | STATIC_RSA | CUT_ANSWER | PARTIAL_CHAIN | UNASKED, 0, 0,
	    NULL },
	{ "wget", "wget 1.21, GnuTLS 3.7", FACTS_HTTPS,
	    CN_ONLY | NO_SERVER_AUTH | PARTIAL_CHAIN | REVOKED, NEEDS_ALPN | CROSSED_ROOT, 0,
	    NULL },
	{ "aws", "aws-cli 1.46, urllib3, Python 3.11", FACTS_HTTPS, PYTHON | CUT_ANSWER, 0,
	    PYTHON_3_13, NULL },
	{ "boto3", "boto3 1.44, urllib3 2.8, Python 3.11", FACTS_HTTPS, PYTHON | CUT_ANSWER, 0,
	    PYTHON_3_13, NULL },
	{ "aws-sdk-js", "AWS SDK for JavaScript 3, Node.js 20", FACTS_HTTPS, NODE | CUT_ANSWER,
	    NEEDS_ALPN, 0, NULL },
	{ "urllib", "urllib of Python 3.11", FACTS_HTTPS, PYTHON | CUT_ANSWER, NEEDS_ALPN,
	    PYTHON_3_13, NULL },
	{ "node-https", "Node.js 20", FACTS_HTTPS, NODE | CUT_ANSWER, NEEDS_ALPN, 0, NULL },
	{ "go-http", "net/http of Go 1.26", FACTS_HTTPS, GO | CUT_ANSWER, NEEDS_ALPN, 0, NULL },
	{ "java-http", "HttpClient of Java 17", FACTS_HTTPS, JAVA | CUT_ANSWER, NO_SIGNATURE_USAGE,
	    0, NULL },
	{ NULL, NULL, 0, 0, 0, 0, NULL },
};

/* ---- one client ------------------------------------------------------------------------------ */

static const struct habits_trait *trait_of(unsigned bits)
{
	const struct habits_trait *t = habits_traits;

	while (!(t->bit & bits))
		t++;
	return t;
}

/* Those traits that make up this cause for everybody. */
static unsigned faults_of(const char *cause)
{
	unsigned all = 0;

	for (const struct habits_trait *t = habits_traits; t->id; t++)
		all |= strcmp(t->cause, cause) == 0 ? t->bit : 0;
	return all & HABITS_FAULTS;
}

static void say(struct habits_verdict *v, enum habits_outcome outcome, const struct habits_trait *t)
{
	v->outcome = outcome;
	v->cause = t->cause;
	v->brief = t->brief;
	v->why = outcome == HABITS_UNKNOWN ? t->unsure : t->why;
}

static void refuse(struct habits_verdict *v, const struct diagnose_cause *c)
{
	v->outcome = HABITS_REFUSES;
	v->cause = c->id;
	v->brief = v->why = c->sentence;
}

/* What breaks it for a right client. 0: this one stops there too, or nobody knows. */
static int passes(struct habits_verdict *v, unsigned has, const struct diagnose_cause *c)
{
	unsigned fine = has & faults_of(c->id), unsure = fine & v->client->unsure;

	if (unsure) {
		say(v, HABITS_UNKNOWN, trait_of(unsure));
		return 0;
	}
	if (!fine || fine & ~v->client->takes) {
		refuse(v, c);
		return 0;
	}
	say(v, HABITS_CONNECTS, trait_of(fine));
	return 1;
}

static void judge(const struct habits_input *in, unsigned has, struct habits_verdict *v)
{
	unsigned fails = has & v->client->stumbles, unsure = has & v->client->unsure;

	for (size_t i = 0; i < in->diagnose->n; i++) {
		const struct diagnose_cause *c = in->diagnose->v[i].cause;

		if (c->kind > DIAGNOSE_WARNING && !passes(v, has, c))
			return;
	}
	if (fails)
		say(v, HABITS_REFUSES, trait_of(fails));
	if (!fails && unsure & ~HABITS_FAULTS)
		say(v, HABITS_UNKNOWN, trait_of(unsure & ~HABITS_FAULTS));
}

/* ---- the main road --------------------------------------------------------------------------- */

void habits_judge(const struct habits_input *in, struct habits *out)
{
	const struct diagnose_cause *first = in->diagnose->v[0].cause;
	unsigned has = habits_traits_of(in);

	*out = (struct habits) { .connects = first->kind <= DIAGNOSE_WARNING };
	/* What this machine could not try tells nothing of anybody. */
	if (strcmp(first->id, "local-failure") == 0)
		return;
	for (const struct habits_client *c = clients; c->name && out->n < HABITS_MAX; c++) {
		struct habits_verdict *v = &out->v[out->n];

		if (c->protocol != in->facts->protocol)
			continue;
		*v = (struct habits_verdict) { .client = c, .cause = "", .brief = "", .why = "" };
		judge(in, has, v);
		out->n++;
	}
}

const struct habits_verdict *habits_of(const struct habits *h, const char *client)
{
	for (size_t i = 0; client && i < h->n; i++)
		if (strcmp(h->v[i].client->name, client) == 0)
			return &h->v[i];
	return NULL;
}

const struct habits_client *habits_client_at(size_t n)
{
	return n < sizeof clients / sizeof *clients - 1 ? &clients[n] : NULL;
}

const char *habits_outcome_name(enum habits_outcome o)
{
	static const char *const names[] = { "connects", "refuses", "unknown" };

	return names[o];
}

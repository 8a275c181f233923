/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints with which nothing is wrong. Who refuses one of them can't talk to such a server. */
#include "base/i18n.h"
#include "lab/condition.h"
#include "lab/issuers.h"

#include <string.h>

#define TLS12 0x0303
#define TLS13 0x0304

static void tls12_only(struct shape *s)
{
	s->max = TLS12;
}

static void tls13_only(struct shape *s)
{
	s->min = TLS13;
}

static void ecdsa(struct shape *s)
{
	for (size_t i = 0; i < s->certs; i++)
		s->cert[i].key = FORGE_EC384;
}

static void rsa_4096(struct shape *s)
{
	issuers_rsa(s);
	s->cert[LEAF].key = FORGE_RSA4096;
}

static void root_sent(struct shape *s)
{
	issuers_send(s, (size_t[]) { LEAF, INTERMEDIATE, ROOT }, 3);
}

static void long_chain(struct shape *s)
{
	issuers_lengthen(s, 5);
}

static void wildcard(struct shape *s)
{
	s->cert[LEAF].dns[0] = "*." LAB_DOMAIN;
}

static void ip_address(struct shape *s)
{
	s->host = "127.0.0.2";
}

/* The right name is not the first, and not the subject's. */
static void many_names(struct shape *s)
{
	struct forged *leaf = &s->cert[LEAF];

	leaf->cn = "db1." LAB_DOMAIN;
	leaf->dns[0] = "db1." LAB_DOMAIN;
	leaf->dns[1] = "*.replicas." LAB_DOMAIN;
	leaf->dns[2] = "@";
	leaf->dns[3] = "db2." LAB_DOMAIN;
}

/* ---- Amazon's ------------------------------------------------------------------------------- */

/*
 * Amazon Trust Services as dynamodb.REGION.amazonaws.com shows it, subjects, purposes and key types
 * as they are, keys of our own; it names two of the service's hosts beside the lab's, for clients
 * that ask for these and are led here. ROOT1_BY_G2 and G2_BY_CLASS2 are the cross-signs: the name
 * and key of the roots beside them, for clients that know the older root alone. M01 and ROOT1 have
 * the keys of the lab's own CAs in RSA: each new one takes a tenth of a second of the lab's start.
 */
enum { AMAZON_LEAF, M01, ROOT1, ROOT1_BY_G2, G2, G2_BY_CLASS2, CLASS2, AMAZON };

#define AMAZON_CA                                                                                  \
	.c = "US", .o = "Amazon", .key = FORGE_RSA2048, .from = -7 * ISSUERS_YEAR,                 \
	.to = 12 * ISSUERS_YEAR, .ca = 1, .pathlen = -1,                                           \
	.usage = "digitalSignature,keyCertSign,cRLSign"
#define STARFIELD_G2                                                                               \
	.c = "US", .st = "Arizona", .l = "Scottsdale", .o = "Starfield Technologies, Inc.",        \
	.cn = "Starfield Services Root Certificate Authority - G2", .key = FORGE_RSA2048,          \
	.pool = "starfield g2", .from = -15 * ISSUERS_YEAR, .to = 10 * ISSUERS_YEAR, .ca = 1,      \
	.pathlen = -1, .usage = "keyCertSign,cRLSign"

static const struct forged amazon[AMAZON] = {
	[AMAZON_LEAF] = { .cn = "@",
	    .dns = { "@", "dynamodb.eu-west-3.amazonaws.com",
		"streams.dynamodb.eu-west-3.amazonaws.com" },
	    .issuer = M01,
	    .key = FORGE_RSA2048,
	    .from = -30 * ISSUERS_DAY,
	    .to = 365 * ISSUERS_DAY,
	    .usage = "digitalSignature,keyEncipherment",
	    .eku = "serverAuth,clientAuth" },
	[M01] = { .c = "US",
	    .o = "Amazon",
	    .cn = "Amazon RSA 2048 M01",
	    .issuer = ROOT1,
	    .key = FORGE_RSA2048,
	    .pool = "intermediate",
	    .from = -3 * ISSUERS_YEAR,
	    .to = 4 * ISSUERS_YEAR,
	    .ca = 1,
	    .pathlen = 0,
	    .usage = "digitalSignature,keyCertSign,cRLSign",
	    .eku = "serverAuth,clientAuth" },
	[ROOT1] = { AMAZON_CA, .cn = "Amazon Root CA 1", .pool = "root", .issuer = FORGE_SELF },
	[ROOT1_BY_G2] = { AMAZON_CA, .cn = "Amazon Root CA 1", .pool = "root", .issuer = G2 },
	[G2] = { STARFIELD_G2, .issuer = FORGE_SELF },
	[G2_BY_CLASS2] = { STARFIELD_G2, .issuer = CLASS2 },
	/* Without a key usage and signed with SHA-1, as the real one is. */
	[CLASS2] = { .c = "US",
	    .o = "Starfield Technologies, Inc.",
	    .ou = "Starfield Class 2 Certification Authority",
	    .issuer = FORGE_SELF,
	    .key = FORGE_RSA2048,
	    .pool = "starfield class 2",
	    .digest = "SHA1",
	    .from = -20 * ISSUERS_YEAR,
	    .to = 9 * ISSUERS_YEAR,
	    .ca = 1,
	    .pathlen = -1 },
};

static void amazon_chain(struct shape *s)
{
	memcpy(s->cert, amazon, sizeof amazon);
	s->certs = AMAZON;
	issuers_send(s, (size_t[]) { AMAZON_LEAF, M01 }, 2);
	s->anchor = ROOT1;
}

static void amazon_g2(struct shape *s)
{
	amazon_chain(s);
	issuers_send(s, (size_t[]) { AMAZON_LEAF, M01, ROOT1_BY_G2 }, 3);
	s->anchor = G2;
}

static void amazon_class2(struct shape *s)
{
	amazon_chain(s);
	issuers_send(s, (size_t[]) { AMAZON_LEAF, M01, ROOT1_BY_G2, G2_BY_CLASS2 }, 4);
	s->anchor = CLASS2;
}

static void amazon_crossed(struct shape *s)
{
	amazon_class2(s);
	s->anchor = ROOT1;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define GOOD(id, how_much, is, so, how)                                                            \
	{                                                                                          \
		.name = (id), .protocols = LAB_BOTH, .weight = (how_much), .cause = "ok",          \
		.wrong = (is), .means = (so), .base = (how)                                        \
	}

const struct condition lab_good[] = {
	/* A command that fails here fails everywhere, and has refused nothing. */
	GOOD("good", LAB_MUST, N_("nothing is wrong"),
	    N_("It connects to nobody: what it refuses elsewhere says nothing."), NULL),
	GOOD("tls12-only", LAB_SHOULD, N_("nothing is wrong; TLS 1.2 alone is spoken"),
	    N_("It can't talk to servers that are without TLS 1.3."), tls12_only),
	GOOD("tls13-only", LAB_SHOULD, N_("nothing is wrong; TLS 1.3 alone is spoken"),
	    N_("It can't talk to servers that have left TLS 1.2 behind."), tls13_only),
	GOOD("ecdsa", LAB_SHOULD, N_("nothing is wrong; all keys are ECDSA of 384 bits"),
	    N_("It can't talk to servers with a key on the curve P-384."), ecdsa),
	GOOD("rsa-2048", LAB_SHOULD, N_("nothing is wrong; all keys are RSA of 2048 bits"),
	    N_("It can't talk to servers with the key that most of them have."), issuers_rsa),
	GOOD("rsa-4096", LAB_SHOULD, N_("nothing is wrong; the key is RSA of 4096 bits"),
	    N_("It can't talk to servers with a large RSA key."), rsa_4096),
	GOOD("root-sent", LAB_SHOULD, N_("nothing is wrong; the root is sent along"),
	    N_("It stumbles over a root in the chain, which many servers send."), root_sent),
	GOOD("long-chain", LAB_SHOULD, N_("nothing is wrong; there are six intermediates"),
	    N_("It can't follow a chain of that length."), long_chain),
	GOOD("wildcard", LAB_SHOULD, N_("nothing is wrong; the name is covered by a wildcard"),
	    N_("It can't talk to servers with a wildcard certificate."), wildcard),
	GOOD("ip-address", LAB_SHOULD, N_("nothing is wrong; the certificate names the address"),
	    N_("It can't verify a server that is called by its address."), ip_address),
	GOOD("many-names", LAB_SHOULD, N_("nothing is wrong; the name is the third of four"),
	    N_("It looks at the first name of a certificate alone."), many_names),
	GOOD("amazon-root", LAB_SHOULD, N_("Amazon's chain; Amazon Root CA 1 is trusted"),
	    N_("It can't verify what DynamoDB shows."), amazon_chain),
	GOOD("amazon-g2", LAB_SHOULD,
	    N_("Amazon's chain with one cross-sign; Starfield Services G2 is trusted"),
	    N_("It can't follow the cross-sign by which older stores know Amazon."), amazon_g2),
	GOOD("amazon-class2", LAB_SHOULD,
	    N_("Amazon's chain with two cross-signs; Starfield Class 2 is trusted"),
	    N_("It can't follow the cross-signs by which the oldest stores know Amazon."),
	    amazon_class2),
	GOOD("amazon-crossed", LAB_SHOULD,
	    N_("Amazon's chain with two cross-signs; Amazon Root CA 1 is trusted"),
	    N_("It follows the chain to its end and misses the root that it trusts on the way."),
	    amazon_crossed),
	{ 0 },
};

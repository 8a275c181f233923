/* SPDX-License-Identifier: Apache-2.0 */
#include "path/walk.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

struct choice {
	const struct path_trust *trust;
	size_t of;             /* the anchors and what is kept beside them */
	unsigned char *chosen; /* a byte for each of these */
	X509 **seen;           /* the chain, and behind it what was chosen */
	size_t chain, n;
};

static X509 *at(const struct choice *c, size_t i)
{
	const struct path_trust *t = c->trust;

	return i < t->anchors.n ? t->anchors.v[i] : t->kept.v[i - t->anchors.n];
}

/* What is no certificate is passed over. */
static void see(struct choice *c, const struct span *der, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char *from = der[i].p;

		c->seen[c->n] = d2i_X509(NULL, &from, (long)der[i].n);
		c->n += c->seen[c->n] ? 1 : 0;
	}
	c->chain = c->n;
	ERR_clear_error();
}

static int has_issuers_organization(const X509 *anchor, const X509 *cert)
{
	char a[128], b[128];

	return X509_NAME_get_text_by_NID(
		   X509_get_subject_name(anchor), NID_organizationName, a, sizeof a) > 0 &&
	       X509_NAME_get_text_by_NID(
		   X509_get_issuer_name(cert), NID_organizationName, b, sizeof b) > 0 &&
	       strcmp(a, b) == 0;
}

/* By name alone: whoever has signed something has the name of its issuer. */
static int matters(const X509 *anchor, const X509 *cert)
{
	const X509_NAME *name = X509_get_subject_name(anchor);

	return X509_NAME_cmp(name, X509_get_issuer_name(cert)) == 0 ||
	       X509_NAME_cmp(name, X509_get_subject_name(cert)) == 0;
}

static void choose(struct choice *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->of; k++)
			if (!c->chosen[k] && matters(at(c, k), c->seen[i])) {
				c->chosen[k] = 1;
				c->seen[c->n++] = at(c, k);
			}
	for (size_t i = 0; i < c->chain; i++)
		for (size_t k = 0; k < c->of; k++)
			c->chosen[k] |=
			    (unsigned char)has_issuers_organization(at(c, k), c->seen[i]);
}

static int hand_over(const struct choice *c, size_t i, path_trust_each *each, void *data)
{
	unsigned char *der = NULL;
	int n = i2d_X509(at(c, i), &der), rc = -1;

	if (n > 0)
		rc = each(data, span_of(der, (size_t)n), i < c->trust->anchors.n);
	OPENSSL_free(der);
	return rc;
}

int path_trust_each_relevant(const struct path_input *in, path_trust_each *each, void *data)
{
	size_t n = in->trust->anchors.n + in->trust->kept.n;
	struct choice c = {
		.trust = in->trust,
		.of = n,
		.chosen = calloc(n + 1, 1),
		.seen = calloc(n + in->n + in->extras + 1, sizeof(X509 *)),
	};
	int rc = c.chosen && c.seen ? 0 : -1;

	if (rc == 0) {
		see(&c, in->served, in->n);
		see(&c, in->extra, in->extras);
		choose(&c);
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (c.chosen[i])
			rc = hand_over(&c, i, each, data);
	for (size_t i = 0; i < c.chain; i++)
		X509_free(c.seen[i]);
	free(c.seen);
	free(c.chosen);
	return rc;
}

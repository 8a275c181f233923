/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/path_walk.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

struct choice {
	const struct path_trust *trust;
	unsigned char *chosen; /* one byte an anchor */
	X509 **seen;           /* the chain, and behind it what was chosen */
	size_t chain, n;
};

/* What is no certificate is passed over. */
static void see(struct choice *c, const struct span *der, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char *at = der[i].p;

		c->seen[c->n] = d2i_X509(NULL, &at, (long)der[i].n);
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
		for (size_t k = 0; k < c->trust->anchors.n; k++)
			if (!c->chosen[k] && matters(c->trust->anchors.v[k], c->seen[i])) {
				c->chosen[k] = 1;
				c->seen[c->n++] = c->trust->anchors.v[k];
			}
	for (size_t i = 0; i < c->chain; i++)
		for (size_t k = 0; k < c->trust->anchors.n; k++)
			c->chosen[k] |= (unsigned char)has_issuers_organization(
			    c->trust->anchors.v[k], c->seen[i]);
}

static int hand_over(X509 *x, int (*each)(void *data, struct span der), void *data)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der), rc = -1;

	if (n > 0)
		rc = each(data, span_of(der, (size_t)n));
	OPENSSL_free(der);
	return rc;
}

int path_trust_each_relevant(
    const struct path_input *in, int (*each)(void *data, struct span der), void *data)
{
	size_t anchors = in->trust->anchors.n;
	struct choice c = {
		.trust = in->trust,
		.chosen = calloc(anchors + 1, 1),
		.seen = calloc(anchors + in->n + in->extras + 1, sizeof(X509 *)),
	};
	int rc = c.chosen && c.seen ? 0 : -1;

	if (rc == 0) {
		see(&c, in->served, in->n);
		see(&c, in->extra, in->extras);
		choose(&c);
	}
	for (size_t i = 0; rc == 0 && i < anchors; i++)
		if (c.chosen[i])
			rc = hand_over(in->trust->anchors.v[i], each, data);
	for (size_t i = 0; i < c.chain; i++)
		X509_free(c.seen[i]);
	free(c.seen);
	free(c.chosen);
	return rc;
}

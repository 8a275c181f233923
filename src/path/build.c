/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breadth first: ways grow by one certificate at a time, so that the shortest are whole first. Each
 * certificate's issuers are looked for once; a chain that was made to have a million ways ends when
 * `budget` signatures were verified or WAYS ways were begun.
 */
#include "path/walk.h"
#include "pki/cert.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define WAYS          6144 /* more than PATH_CERTS and PATH_EXTRA can make, three a CA */
#define NODES         96
#define ISSUERS       24
#define RESERVE       16 /* signatures that are left for what is to be said of the end */
#define RANKS         4
#define KEY_BITS      8192
#define EXPONENT_BITS 64

struct node {
	X509 *x;
	int from;  /* as walk.from */
	int known; /* its issuers were looked for */
	uint8_t issuer[ISSUERS];
	size_t issuers;
};

/* From the leaf up. */
struct way {
	uint8_t node[PATH_CERTS + 1];
	uint8_t length;
};

struct path_search {
	struct node node[NODES];
	size_t nodes, sent; /* the first `sent` were served, or are extra */
	struct way way[WAYS];
	size_t ways, next, longest;
};

/* ---- certificates ---------------------------------------------------------------------------- */

int path_is_valid(const struct walk *w, X509 *x)
{
	time_t from = 0, until = 0;

	return cert_times(x, &from, &until) == 0 && from <= w->in->now && w->in->now <= until;
}

static int has_name_of_issuer(X509 *issuer, X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(cert)) == 0;
}

int path_is_quick(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	int is = key && EVP_PKEY_get_bits(key) <= KEY_BITS;

	if (is && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1)
		is = BN_num_bits(e) <= EXPONENT_BITS;
	BN_free(e);
	ERR_clear_error();
	return is;
}

int path_has_signed(struct walk *w, X509 *issuer, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	int is;

	if (!has_name_of_issuer(issuer, cert) || w->budget <= 0)
		return 0;
	w->budget--;
	is = path_is_quick(key) && X509_verify(cert, key) == 1;
	ERR_clear_error();
	return is;
}

/* What is tried first: who names its key as the certificate does, and is valid. */
static int rank(const struct walk *w, X509 *issuer, X509 *cert)
{
	const ASN1_OCTET_STRING *named = X509_get0_authority_key_id(cert);
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(issuer);
	int matches = named && own && ASN1_OCTET_STRING_cmp(named, own) == 0;

	return 2 * path_is_valid(w, issuer) + matches;
}

/* ---- what there is --------------------------------------------------------------------------- */

static int is_anchor(const struct path_trust *t, X509 *x)
{
	X509 **v;
	size_t n = path_named(&t->anchors, X509_get_subject_name(x), &v);

	for (size_t i = 0; i < n; i++)
		if (X509_cmp(v[i], x) == 0)
			return 1;
	return 0;
}

/* Its number; NODES: there is no room. */
static size_t add_node(struct path_search *s, X509 *x, int from)
{
	for (size_t i = 0; i < s->nodes; i++)
		if (s->node[i].x == x || X509_cmp(s->node[i].x, x) == 0)
			return i;
	if (s->nodes == NODES)
		return NODES;
	s->node[s->nodes] = (struct node) { .x = x, .from = from };
	return s->nodes++;
}

static void add_sent(struct path_search *s, const struct walk *w, X509 *x, int from)
{
	(void)add_node(s, x, is_anchor(w->in->trust, x) ? WALK_ANCHOR : from);
}

struct path_search *path_search_new(struct walk *w)
{
	struct path_search *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	for (size_t i = 0; i < w->n; i++)
		add_sent(s, w, w->served[i], (int)i);
	for (size_t i = 0; i < w->extras; i++)
		add_sent(s, w, w->extra[i], WALK_EXTRA);
	s->sent = s->nodes;
	s->way[0] = (struct way) { .node = { 0 }, .length = 1 };
	s->ways = 1;
	return s;
}

void path_search_free(struct path_search *s)
{
	free(s);
}

/* ---- issuers --------------------------------------------------------------------------------- */

static void try_issuer(struct path_search *s, struct walk *w, struct node *of, X509 *x, int from)
{
	size_t issuer;

	if (of->issuers == ISSUERS || w->budget <= RESERVE || !path_has_signed(w, x, of->x))
		return;
	issuer = add_node(s, x, from);
	if (issuer < NODES)
		of->issuer[of->issuers++] = (uint8_t)issuer;
}

static void try_certs(struct path_search *s, struct walk *w, struct node *of,
    const struct path_certs *certs, int from, int rank_of)
{
	X509 **v;
	size_t n = path_named(certs, X509_get_issuer_name(of->x), &v);

	for (size_t i = 0; i < n; i++)
		if (rank(w, v[i], of->x) == rank_of)
			try_issuer(s, w, of, v[i], from);
}

/* Those that were sent and are anchors are found among the anchors. */
static void try_sent(struct path_search *s, struct walk *w, struct node *of, int rank_of)
{
	for (size_t i = 0; i < s->sent; i++) {
		struct node *n = &s->node[i];

		if (n != of && n->from != WALK_ANCHOR && has_name_of_issuer(n->x, of->x) &&
		    rank(w, n->x, of->x) == rank_of)
			try_issuer(s, w, of, n->x, n->from);
	}
}

static void find_issuers(struct path_search *s, struct walk *w, struct node *of)
{
	of->known = 1;
	for (int r = RANKS - 1; r >= 0; r--)
		try_certs(s, w, of, &w->in->trust->anchors, WALK_ANCHOR, r);
	for (int r = RANKS - 1; r >= 0; r--) {
		try_sent(s, w, of, r);
		try_certs(s, w, of, &w->in->trust->kept, WALK_KEPT, r);
	}
}

/* ---- ways ------------------------------------------------------------------------------------ */

/* The same CA twice (its name and its key) leads nowhere that once does not. */
static int is_same_ca(X509 *a, X509 *b)
{
	return X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
	       EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1;
}

static int is_on_way(const struct path_search *s, const struct way *y, size_t node)
{
	for (size_t i = 0; i < y->length; i++)
		if (y->node[i] == node || is_same_ca(s->node[y->node[i]].x, s->node[node].x))
			return 1;
	return 0;
}

static void grow(struct path_search *s, struct walk *w, const struct way *y)
{
	struct node *last = &s->node[y->node[y->length - 1]];

	if (y->length > PATH_CERTS)
		return;
	if (!last->known)
		find_issuers(s, w, last);
	for (size_t i = 0; i < last->issuers && s->ways < WAYS; i++) {
		struct way *longer = &s->way[s->ways];

		if (is_on_way(s, y, last->issuer[i]))
			continue;
		*longer = *y;
		longer->node[longer->length++] = last->issuer[i];
		s->ways++;
	}
}

static void take(const struct path_search *s, struct walk *w, size_t at)
{
	const struct way *y = &s->way[at];

	w->length = y->length;
	for (size_t i = 0; i < y->length; i++) {
		w->way[i] = s->node[y->node[i]].x;
		w->from[i] = s->node[y->node[i]].from;
	}
}

/* An anchor that has an issuer of its own may stand below a better one. */
static int is_end(const struct node *n)
{
	return n->from == WALK_ANCHOR && X509_get_extension_flags(n->x) & EXFLAG_SS;
}

int path_search_next(struct path_search *s, struct walk *w)
{
	while (s->next < s->ways) {
		size_t at = s->next++;
		const struct way *y = &s->way[at];
		const struct node *last = &s->node[y->node[y->length - 1]];

		if (!is_end(last))
			grow(s, w, y);
		if (last->from == WALK_ANCHOR) {
			take(s, w, at);
			return 1;
		}
		if (y->length > s->way[s->longest].length)
			s->longest = at;
	}
	return 0;
}

void path_search_longest(const struct path_search *s, struct walk *w)
{
	take(s, w, s->longest);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/habits_trait.h"

#include "base/i18n.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading what was found ------------------------------------------------------------------ */

static size_t found(const struct habits_input *in, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; in->path && i < in->path->finds; i++)
		n += strcmp(in->path->found[i].id, id) == 0;
	return n;
}

static int ended(const struct habits_input *in, enum facts_what what, enum facts_end end)
{
	const struct facts_step *s = facts_last(in->facts, what);

	return s && s->end == end;
}

/* The server ends what it went on with in the first handshake. */
static int cut_off(const struct habits_input *in, enum facts_what what)
{
	return ended(in, what, FACTS_ALERT) || ended(in, what, FACTS_CLOSED) ||
	       ended(in, what, FACTS_RESET);
}

static int is_address(const char *name)
{
	struct addr ip;

	return addr_parse_ip(&ip, name) == 0;
}

/* How many certificates of the path are such, beside the anchor. */
static size_t count(const struct habits_input *in, int (*is)(const struct path_cert *c))
{
	size_t n = 0;

	for (size_t i = 0; i < in->path->certs; i++)
		n += in->path->cert[i].used && is(&in->path->cert[i]);
	return n;
}

/* ---- another chain than the first handshake's ------------------------------------------------ */

/* Judged as the first was, from that certificate up. */
static int judge_other(
    const struct habits_input *in, const struct facts_tls *t, size_t from, struct path *out)
{
	struct span served[FACTS_CERTS];
	const struct path_input other = {
		.trust = in->trust,
		.served = served,
		.n = t->certs - from,
		.name = in->facts->name,
		.now = in->facts->now,
	};
	struct err unused = { 0 };

	for (size_t i = from; i < t->certs; i++)
		served[i - from] = span_of(t->cert[i].p, t->cert[i].n);
	return in->trust && t->certs > from ? path_judge(&other, out, &unused) : -1;
}

static int is_right(const struct habits_input *in, const struct facts_tls *t)
{
	struct path p;

	if (judge_other(in, t, 0, &p) < 0 || !p.anchored)
		return 0;
	for (size_t i = 0; i < p.finds; i++)
		if (diagnose_cause(p.found[i].id)->kind != DIAGNOSE_WARNING)
			return 0;
	return 1;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int cn_only(const struct habits_input *in)
{
	return found(in, "no-san") && !is_address(in->facts->name);
}

static int address_in_cn(const struct habits_input *in)
{
	return found(in, "no-san") && is_address(in->facts->name);
}

/* Whether the text, names with ", " between, has this one. */
static int lists(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = names; *at; at += strspn(at, ", ")) {
		size_t len = strcspn(at, ",");

		if (len == n && strncasecmp(at, name, n) == 0)
			return 1;
		at += len;
	}
	return 0;
}

/* Were it there as an address, nothing would be wrong. */
static int address_as_name(const struct habits_input *in)
{
	return found(in, "hostname-mismatch") && is_address(in->facts->name) &&
	       lists(in->path->names, in->facts->name);
}

static int called_by_address(const struct habits_input *in)
{
	return is_address(in->facts->name);
}

/* ---- strength -------------------------------------------------------------------------------- */

static int has_rsa_1024(const struct path_cert *c)
{
	long bits = strncmp(c->key, "RSA ", 4) == 0 ? strtol(c->key + 4, NULL, 10) : 0;

	return bits >= 1024 && bits < 2048;
}

static int is_sha1(const struct path_cert *c)
{
	return strcmp(c->digest, "SHA1") == 0;
}

/* All that is weak is weak in this way; an anchor, which is not counted, would be one too many. */
static int rsa_1024(const struct habits_input *in)
{
	size_t n = found(in, "weak-key");

	return n > 0 && count(in, has_rsa_1024) == n;
}

static int sha1(const struct habits_input *in)
{
	size_t n = found(in, "weak-signature");

	return n > 0 && count(in, is_sha1) == n;
}

static int dh_1024(const struct habits_input *in)
{
	return ended(in, FACTS_HANDSHAKE, FACTS_SMALL_DH) && ended(in, FACTS_WEAK, FACTS_OK) &&
	       facts_last(in->facts, FACTS_WEAK)->code >= 1024;
}

/* OpenSSL's names of those with RSA key exchange begin with the cipher; NULL-SHA256 is no cipher.
 */
static int static_rsa(const struct habits_input *in)
{
	const struct facts_tls *t = &in->facts->other;

	return ended(in, FACTS_WEAK, FACTS_OK) &&
	       (strncmp(t->cipher, "AES128-", 7) == 0 || strncmp(t->cipher, "AES256-", 7) == 0) &&
	       is_right(in, t);
}

/* ---- purposes -------------------------------------------------------------------------------- */

struct usage {
	int limits_key, limits_purpose; /* it has such an extension */
	uint32_t key, purpose;
};

static int read_leaf(const struct habits_input *in, struct usage *u)
{
	const struct buf *der = &in->facts->tls.cert[0];
	const unsigned char *at = der->p;
	X509 *x = in->facts->tls.certs > 0 ? d2i_X509(NULL, &at, (long)der->n) : NULL;

	if (x) {
		u->limits_key = (X509_get_extension_flags(x) & EXFLAG_KUSAGE) != 0;
		u->limits_purpose = (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) != 0;
		u->key = X509_get_key_usage(x);
		u->purpose = X509_get_extended_key_usage(x);
	}
	X509_free(x);
	ERR_clear_error();
	return x ? 0 : -1;
}

static int lacks_server_auth(const struct usage *u)
{
	return u->limits_purpose && !(u->purpose & (XKU_SSL_SERVER | XKU_ANYEKU));
}

/* One finding alone: it is the leaf's, and no CA's. */
static int no_server_auth(const struct habits_input *in)
{
	struct usage u;

	return found(in, "wrong-purpose") == 1 && read_leaf(in, &u) == 0 && lacks_server_auth(&u);
}

static int no_key_usage(const struct habits_input *in)
{
	const uint32_t any = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
	struct usage u;

	return found(in, "wrong-purpose") == 1 && read_leaf(in, &u) == 0 && u.limits_key &&
	       !(u.key & any) && !lacks_server_auth(&u);
}

static int no_signature_usage(const struct habits_input *in)
{
	struct usage u;

	return found(in, "not-strict") && read_leaf(in, &u) == 0 && u.limits_key &&
	       !(u.key & KU_DIGITAL_SIGNATURE);
}

static int not_strict(const struct habits_input *in)
{
	return found(in, "not-strict") && !no_signature_usage(in);
}

/* ---- revocation ------------------------------------------------------------------------------ */

static int revoked(const struct habits_input *in)
{
	return found(in, "revoked") && in->facts->tls.staple.n == 0;
}

/* Where a response came along it is what tells. */
static int revoked_stapled(const struct habits_input *in)
{
	return found(in, "revoked") && in->facts->tls.staple.n > 0;
}

static int staple_missing(const struct habits_input *in)
{
	return found(in, "staple-missing") > 0;
}

/* ---- chains ---------------------------------------------------------------------------------- */

static int partial_chain(const struct habits_input *in)
{
	return found(in, "partial-chain") > 0;
}

static int chain_order(const struct habits_input *in)
{
	return found(in, "bad-chain-order") > 0;
}

/* The anchor's own name and key, as another CA has certified them. */
static int is_cross_sign(const struct path *p, size_t i)
{
	const struct path_cert *c = &p->cert[i];

	return !c->used && strcmp(c->subject, p->anchor) == 0 && strcmp(c->issuer, c->subject) != 0;
}

/* What was sent goes on past the root, and leads to none of the store. */
static int crossed_root(const struct habits_input *in)
{
	const struct path *p = in->path;
	struct path beyond;

	if (!p || !p->anchored || p->certs != in->facts->tls.certs)
		return 0;
	for (size_t i = 1; i < p->certs; i++)
		if (is_cross_sign(p, i))
			return judge_other(in, &in->facts->tls, i, &beyond) < 0 || !beyond.anchored;
	return 0;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static int is_other_leaf(const struct facts_tls *a, const struct facts_tls *b)
{
	return a->certs > 0 && b->certs > 0 &&
	       (a->cert[0].n != b->cert[0].n ||
		   memcmp(a->cert[0].p, b->cert[0].p, a->cert[0].n) != 0);
}

/* A server may have two certificates for a name, by the key's kind: another one may be right. */
static int needs_sni(const struct habits_input *in)
{
	const struct facts *f = in->facts;

	return cut_off(in, FACTS_NO_SNI) ||
	       (ended(in, FACTS_NO_SNI, FACTS_OK) && is_other_leaf(&f->tls, &f->bare) &&
		   !is_right(in, &f->bare));
}

static int needs_alpn(const struct habits_input *in)
{
	return cut_off(in, FACTS_NO_ALPN);
}

static int injected(const struct habits_input *in)
{
	return ended(in, FACTS_GREETING, FACTS_INJECTED);
}

static int cut_answer(const struct habits_input *in)
{
	return ended(in, FACTS_SESSION, FACTS_CUT);
}

/* ---- the list -------------------------------------------------------------------------------- */

#define NO_ASKING                                                                                  \
	N_("does not ask whether a certificate was revoked: whoever has a key that was stolen "    \
	   "is taken for the server until the certificate expires")

const struct habits_trait habits_traits[] = {
	{ CN_ONLY, "cn-only", "no-san", N_("no SAN"),
	    N_("takes the name in the common name where no SAN has one: what binds the CA to "
	       "names of the SAN (name constraints) does not hold there"),
	    NULL, cn_only },
	{ ADDRESS_IN_CN, "address-in-cn", "no-san", N_("no SAN"),
	    N_("takes the address in the common name where no SAN has one"), NULL, address_in_cn },
	{ ADDRESS_AS_NAME, "address-as-name", "hostname-mismatch", N_("address as a name"),
	    N_("takes an address that stands in the SAN as a host's name"), NULL, address_as_name },
	{ RSA_1024, "rsa-1024", "weak-key", N_("RSA of 1024 bits"),
	    N_("takes RSA keys of 1024 bits: whoever can afford to break one is taken for the "
	       "server"),
	    NULL, rsa_1024 },
	{ DH_1024, "dh-1024", "weak-key", N_("DH of 1024 bits"),
	    N_("takes Diffie-Hellman groups of 1024 bits: whoever has broken the group reads "
	       "along"),
	    NULL, dh_1024 },
	{ WITH_SHA1, "sha1", "weak-signature", N_("SHA-1"),
	    N_("takes SHA-1 in what a CA has signed that does not come with the JDK: such a "
	       "certificate can be forged"),
	    NULL, sha1 },
	{ STATIC_RSA, "static-rsa", "no-shared-cipher", N_("RSA key exchange"),
	    N_("takes RSA key exchange: whoever gets the server's key one day reads what was "
	       "recorded before"),
	    NULL, static_rsa },
	{ NO_KEY_USAGE, "no-key-usage", "wrong-purpose", N_("key usage"),
	    N_("does not look at the key usage"), NULL, no_key_usage },
	{ NO_SERVER_AUTH, "no-server-auth", "wrong-purpose", N_("purpose"),
	    N_("would talk to anybody who has a certificate for a client: it does not look at "
	       "what the certificate may be used for"),
	    NULL, no_server_auth },
	{ PARTIAL_CHAIN, "partial-chain", "partial-chain", N_("partial chain"),
	    N_("does with an intermediate in the place of the root"),
	    N_("Python 3.13 and later do with an intermediate in the place of the root; earlier "
	       "ones refuse it"),
	    partial_chain },
	{ REVOKED, "revoked", "revoked", N_("revocation is not asked about"), NO_ASKING, NULL,
	    revoked },
	{ REVOKED_STAPLED, "revoked-stapled", "revoked", N_("revocation is not asked about"),
	    NO_ASKING, NULL, revoked_stapled },
	{ STAPLE_MISSING, "staple-missing", "staple-missing", N_("revocation is not asked about"),
	    NO_ASKING, NULL, staple_missing },
	{ INJECTED, "injected-behind-greeting", "plaintext-injected", N_("injection"),
	    N_("reads ahead in plaintext, and takes what stands behind the greeting for an answer "
	       "inside TLS: anybody on the way can put an OK there"),
	    NULL, injected },
	{ CUT_ANSWER, "cut-answer", "session-closed", N_("cut answer"),
	    N_("takes an answer without a length as whole that anybody on the way may have cut"),
	    NULL, cut_answer },

	{ CALLED_BY_ADDRESS, "called-by-address", "hostname-mismatch", N_("an address"),
	    N_("can't verify an address over a connection that begins in plaintext: it looks for "
	       "localhost in the certificate. Call the server by a name"),
	    NULL, called_by_address },
	{ NEEDS_SNI, "needs-sni", "sni-required", N_("no server name"),
	    N_("sends no server name (SNI) by itself, and this server goes by it"), NULL,
	    needs_sni },
	{ NEEDS_ALPN, "needs-alpn", "alpn-mismatch", N_("no ALPN"),
	    N_("does not name its protocol (ALPN), and this server goes by it"), NULL, needs_alpn },
	{ CHAIN_ORDER, "chain-order", "bad-chain-order", N_("chain order"),
	    N_("takes the chain as it was sent, and it is out of order"), NULL, chain_order },
	{ CROSSED_ROOT, "crossed-root", "untrusted-root", N_("cross-sign"),
	    N_("follows the chain that was sent past the root that it trusts, to one that it does "
	       "not. On the server: leave out the cross-sign behind the intermediates; or trust "
	       "the root above"),
	    NULL, crossed_root },
	{ NO_SIGNATURE_USAGE, "no-signature-usage", "not-strict", N_("key usage"),
	    N_("wants digitalSignature in the key usage"), NULL, no_signature_usage },
	{ NOT_STRICT, "not-strict", "not-strict", N_("RFC 5280"), N_("verifies strictly"),
	    N_("Python 3.13 and later verify strictly (VERIFY_X509_STRICT) and refuse it; earlier "
	       "ones connect"),
	    not_strict },
	{ 0, NULL, NULL, NULL, NULL, NULL, NULL },
};

unsigned habits_traits_of(const struct habits_input *in)
{
	unsigned all = 0;

	for (const struct habits_trait *t = habits_traits; t->id; t++)
		all |= t->has(in) ? t->bit : 0;
	return all;
}

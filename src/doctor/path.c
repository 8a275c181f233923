/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/path_walk.h"

#include "base/i18n.h"
#include "net/addr.h"
#include "pki/cert.h"
#include "pki/sslerr.h"
#include "trust/roots.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STRONG_BITS 112 /* RSA of 2048, SHA-224; SHA-1 is worth less than 80 */
#define BUDGET      256 /* signatures that are looked at: a chain may be made to have many ways */

/* ---- the store ------------------------------------------------------------------------------- */

struct path_trust *path_trust_new(const struct store *s, struct err *e)
{
	struct path_trust *t = calloc(1, sizeof *t);
	struct trusted *v = calloc(s->n + 1, sizeof *v);

	if (!t || !v) {
		free(t);
		free(v);
		(void)err_set(e, ERR_SYS, _("no memory"));
		return NULL;
	}
	t->v = v;
	for (size_t i = 0; i < s->n; i++) {
		const unsigned char *at = s->anchors[i].der.p;

		if (s->anchors[i].servers == ANCHOR_MAY)
			t->v[t->n].x = d2i_X509(NULL, &at, (long)s->anchors[i].der.n);
		t->n += t->v[t->n].x ? 1 : 0;
	}
	ERR_clear_error();
	return t;
}

void path_trust_free(struct path_trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		X509_free(t->v[i].x);
	free(t->v);
	free(t);
}

struct x509_st *path_trust_at(const struct path_trust *t, size_t i)
{
	return i < t->n ? t->v[i].x : NULL;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *name_text(const X509_NAME *name, char out[PATH_TEXT])
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_get_mem_data(bio, &p);
	store_clean(out, PATH_TEXT, span_of(n > 0 ? p : "", n > 0 ? (size_t)n : 0));
	BIO_free(bio);
	return out;
}

static const char *subject(X509 *x, char out[PATH_TEXT])
{
	return name_text(X509_get_subject_name(x), out);
}

const char *path_subject(X509 *x, char out[PATH_TEXT])
{
	return subject(x, out);
}

static const char *day(time_t when, char out[32])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		out[0] = '\0';
	return out;
}

void path_find(struct walk *w, const char *id, const char *fmt, ...)
{
	struct path_finding *f = &w->out->found[w->out->finds];
	char text[PATH_TEXT];
	va_list ap;

	if (w->out->finds == PATH_FINDINGS)
		return;
	f->id = id;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* Names were cut, perhaps within a character. */
	store_clean(f->text, sizeof f->text, span_of(text, strlen(text)));
	w->out->finds++;
}

/* ---- the way up ------------------------------------------------------------------------------ */

static int has_name_of_issuer(X509 *issuer, X509 *cert)
{
	return X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(cert)) == 0;
}

static int has_signed(struct walk *w, X509 *issuer, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	int is;

	if (!has_name_of_issuer(issuer, cert) || w->budget-- <= 0)
		return 0;
	is = key && X509_verify(cert, key) == 1;
	ERR_clear_error();
	return is;
}

static int is_self_signed(struct walk *w, X509 *x)
{
	return has_signed(w, x, x);
}

static int is_on_way(const struct walk *w, X509 *x)
{
	for (size_t i = 0; i < w->length; i++)
		if (w->way[i] == x || X509_cmp(w->way[i], x) == 0)
			return 1;
	return 0;
}

static void go(struct walk *w, X509 *x, int from)
{
	w->way[w->length] = x;
	w->from[w->length++] = from;
}

static int is_valid(const struct walk *w, X509 *x)
{
	time_t from = 0, until = 0;

	return cert_times(x, &from, &until) == 0 && from <= w->in->now && w->in->now <= until;
}

/* Whether the last of the way is an anchor itself, or was signed by one. */
static int reaches_anchor(struct walk *w)
{
	const struct path_trust *t = w->in->trust;
	X509 *last = w->way[w->length - 1];

	for (size_t i = 0; i < t->n; i++)
		if (X509_cmp(t->v[i].x, last) == 0) {
			w->from[w->length - 1] = -1;
			return 1;
		}
	/* A root that was renewed with its key stands beside the old one. */
	for (int valid = 1; valid >= 0; valid--)
		for (size_t i = 0; i < t->n; i++)
			if (is_valid(w, t->v[i].x) == valid && has_signed(w, t->v[i].x, last)) {
				go(w, t->v[i].x, -1);
				return 1;
			}
	return 0;
}

/* The longest way that led nowhere, for what can be said of it. */
struct longest {
	X509 *way[PATH_CERTS + 1];
	int from[PATH_CERTS + 1];
	size_t length;
};

static int climb(struct walk *w, struct longest *l);

static int climb_to(struct walk *w, size_t i, struct longest *l)
{
	size_t before = w->length;

	go(w, w->served[i], (int)i);
	if (climb(w, l))
		return 1;
	w->length = before;
	return 0;
}

/* One of those that were served, the valid ones first: a cross-sign may have expired. */
static int climb_served(struct walk *w, struct longest *l)
{
	X509 *last = w->way[w->length - 1];

	for (int valid = 1; valid >= 0; valid--)
		for (size_t i = 1; i < w->n; i++)
			if (is_valid(w, w->served[i]) == valid && !is_on_way(w, w->served[i]) &&
			    has_signed(w, w->served[i], last) && climb_to(w, i, l))
				return 1;
	return 0;
}

/* 1: the way leads to an anchor. */
static int climb(struct walk *w, struct longest *l)
{
	if (reaches_anchor(w))
		return 1;
	if (w->length > l->length) {
		memcpy(l->way, w->way, sizeof l->way);
		memcpy(l->from, w->from, sizeof l->from);
		l->length = w->length;
	}
	if (w->length == PATH_CERTS || is_self_signed(w, w->way[w->length - 1]))
		return 0;
	return climb_served(w, l);
}

static void build(struct walk *w)
{
	struct longest l = { .length = 0 };

	w->budget = BUDGET;
	go(w, w->served[0], 0);
	w->out->anchored = climb(w, &l);
	if (!w->out->anchored) {
		memcpy(w->way, l.way, sizeof w->way);
		memcpy(w->from, l.from, sizeof w->from);
		w->length = l.length;
	}
	w->out->cert[0].used = 1;
	for (size_t i = 0; i < w->length; i++)
		if (w->from[i] >= 0)
			w->out->cert[w->from[i]].used = 1;
}

/* ---- where it ends --------------------------------------------------------------------------- */

/*
 * Words in the names of those who break TLS open on the way, with a CA that its owner has put on
 * the machines behind it.
 */
static const char *const inspectors[] = { "inspection", "interception", "zscaler", "netskope",
	"fortigate", "fortinet", "palo alto", "blue coat", "bluecoat", "forcepoint", "websense",
	"sophos", "check point", "checkpoint", "cisco umbrella", "mcafee", "sonicwall",
	"watchguard", "barracuda", "kaspersky", "avast", "eset ssl", "bitdefender", "untangle",
	"mitmproxy", "portswigger", "charles proxy", "fiddler", "ssl proxy", "tls proxy" };

static int names_inspector(const char *text)
{
	for (size_t i = 0; i < sizeof inspectors / sizeof *inspectors; i++)
		if (strcasestr(text, inspectors[i]))
			return 1;
	return 0;
}

static void look_for_inspector(struct walk *w)
{
	char text[PATH_TEXT];

	for (size_t i = 0; i < w->length; i++)
		if (names_inspector(name_text(X509_get_issuer_name(w->way[i]), text))) {
			path_find(w, "intercepted", _("issued by %.120s"), text);
			return;
		}
}

static int part_of(const X509_NAME *name, int nid, char out[128])
{
	return X509_NAME_get_text_by_NID((X509_NAME *)name, nid, out, 128) > 0;
}

/* Whether a CA of the same organisation is in the store: its root, most likely. */
static int is_related(const struct walk *w, const X509_NAME *name)
{
	char o[128], other[128];

	if (!part_of(name, NID_organizationName, o))
		return 0;
	for (size_t i = 0; i < w->in->trust->n; i++)
		if (part_of(
			X509_get_subject_name(w->in->trust->v[i].x), NID_organizationName, other) &&
		    strcmp(o, other) == 0)
			return 1;
	return 0;
}

static int says_where_issuer_is(X509 *x)
{
	AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	int is = 0;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(info); i++)
		is |=
		    OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(info, i)->method) == NID_ad_ca_issuers;
	AUTHORITY_INFO_ACCESS_free(info);
	return is;
}

/*
 * The issuer of the last is not to be had. Whether it is an intermediate, which the server should
 * have sent, or a root, which it need not, is not said anywhere: this weighs what there is.
 */
static int lacks_intermediate(const struct walk *w, X509 *last)
{
	const X509_NAME *issuer = X509_get_issuer_name(last);
	char cn[128];

	if (part_of(issuer, NID_commonName, cn) && strcasestr(cn, "root"))
		return 0;
	return is_related(w, issuer) || says_where_issuer_is(last);
}

static int has_namesake(const struct walk *w, X509 *last)
{
	for (size_t i = 0; i < w->in->trust->n; i++)
		if (has_name_of_issuer(w->in->trust->v[i].x, last))
			return 1;
	return 0;
}

static int is_below(struct walk *w, X509 *root)
{
	for (size_t i = 0; i < w->length; i++)
		if (has_signed(w, root, w->way[i]))
			return 1;
	return 0;
}

static void look_for_shipped(struct walk *w)
{
	struct err e;

	for (const struct root *r = roots_amazon; r->name && !w->out->shipped; r++) {
		X509 *root = cert_from_pem(r->pem, strlen(r->pem), &e);

		if (root && is_below(w, root))
			w->out->shipped = r->name;
		X509_free(root);
	}
}

static void judge_end(struct walk *w)
{
	X509 *last = w->way[w->length - 1];
	char text[PATH_TEXT];

	if (w->out->anchored) {
		(void)subject(last, w->out->anchor);
		return;
	}
	(void)name_text(X509_get_issuer_name(last), w->out->top);
	look_for_inspector(w);
	look_for_shipped(w);
	if (w->length == 1 && is_self_signed(w, last))
		path_find(w, "self-signed", _("%.120s has signed itself, and is not in the store"),
		    subject(last, text));
	else if (has_namesake(w, last))
		path_find(w, "untrusted-root",
		    _("the store holds a CA named %.120s, but with another key"), w->out->top);
	else if (!is_self_signed(w, last) && lacks_intermediate(w, last))
		path_find(w, "missing-intermediate",
		    _("nothing was sent for %.120s, who has issued the last certificate"),
		    w->out->top);
	else
		path_find(w, "untrusted-root",
		    _("the chain ends in %.120s, which is not in the store"), w->out->top);
}

/* ---- dates ----------------------------------------------------------------------------------- */

static void judge_dates(struct walk *w)
{
	char who[PATH_TEXT], text[32];

	for (size_t i = 0; i < w->length; i++) {
		time_t from = 0, until = 0;

		(void)cert_times(w->way[i], &from, &until);
		if (w->in->now > until)
			path_find(w, "expired", _("%.120s expired on %s"), subject(w->way[i], who),
			    day(until, text));
		if (w->in->now < from)
			path_find(w, "not-yet-valid", _("%.120s is valid from %s on"),
			    subject(w->way[i], who), day(from, text));
	}
}

/* ---- the name -------------------------------------------------------------------------------- */

static int is_name(const GENERAL_NAME *g)
{
	return g->type == GEN_DNS || g->type == GEN_IPADD;
}

static void add_text(char out[PATH_TEXT], const char *text)
{
	size_t n = strlen(out);

	(void)snprintf(out + n, PATH_TEXT - n, "%s%.100s", n ? ", " : "", text);
}

static void add_name(char out[PATH_TEXT], const GENERAL_NAME *g)
{
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, NULL);
	size_t n = (size_t)ASN1_STRING_length(s);
	char text[INET6_ADDRSTRLEN + PATH_TEXT] = "";

	if (g->type == GEN_DNS)
		store_clean(text, PATH_TEXT, span_of(ASN1_STRING_get0_data(s), n));
	if (g->type == GEN_IPADD && (n == 4 || n == 16))
		(void)inet_ntop(
		    n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(s), text, sizeof text);
	add_text(out, text);
}

/* How many names it has; they go to out. */
static int read_names(X509 *leaf, char out[PATH_TEXT])
{
	GENERAL_NAMES *all = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int names = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

		if (!is_name(g))
			continue;
		add_name(out, g);
		names++;
	}
	GENERAL_NAMES_free(all);
	return names;
}

/* RFC 9525 6.3: SANs alone, and a wildcard for one whole label. */
static int is_named(X509 *leaf, const char *name)
{
	unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	struct addr ip;

	if (addr_parse_ip(&ip, name) == 0)
		return X509_check_ip_asc(leaf, name, 0) == 1;
	return X509_check_host(leaf, name, strlen(name), flags, NULL) == 1;
}

static void judge_name(struct walk *w)
{
	X509 *leaf = w->way[0];
	char cn[128] = "", clean[PATH_TEXT];
	int names = read_names(leaf, w->out->names);

	if (is_named(leaf, w->in->name))
		return;
	(void)part_of(X509_get_subject_name(leaf), NID_commonName, cn);
	store_clean(clean, sizeof clean, span_of(cn, strlen(cn)));
	if (names > 0)
		path_find(w, "hostname-mismatch", _("called %.100s, and it names %.130s"),
		    w->in->name, w->out->names);
	else if (strcasecmp(cn, w->in->name) == 0)
		path_find(
		    w, "no-san", _("%.100s stands in the common name, and there is no SAN"), clean);
	else
		path_find(w, "hostname-mismatch", _("called %.100s, and its common name is %.100s"),
		    w->in->name, clean);
}

/* ---- purposes and CAs ------------------------------------------------------------------------ */

#define LEAF_USAGE (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)

static int is_for_servers(X509 *x)
{
	/* Without the extension all purposes are allowed; anyExtendedKeyUsage is one. */
	return !(X509_get_extension_flags(x) & EXFLAG_XKUSAGE) ||
	       X509_get_extended_key_usage(x) & (XKU_SSL_SERVER | XKU_ANYEKU);
}

static void judge_purposes(struct walk *w)
{
	size_t issuers = w->out->anchored ? w->length - 1 : w->length;
	char who[PATH_TEXT];

	for (size_t i = 0; i == 0 || i < issuers; i++)
		if (!is_for_servers(w->way[i]))
			path_find(w, "wrong-purpose",
			    _("the extended key usage of %.120s does not have serverAuth"),
			    subject(w->way[i], who));
	if (!(X509_get_key_usage(w->way[0]) & LEAF_USAGE))
		path_find(w, "wrong-purpose",
		    _("the key usage of %.120s has nothing that TLS needs"),
		    subject(w->way[0], who));
}

static int is_self_issued(X509 *x)
{
	return (X509_get_extension_flags(x) & EXFLAG_SI) != 0;
}

static void judge_length(struct walk *w, size_t at)
{
	long most = X509_get_pathlen(w->way[at]), below = 0;
	char who[PATH_TEXT];

	for (size_t i = 1; i < at; i++)
		below += !is_self_issued(w->way[i]);
	if (most >= 0 && below > most)
		path_find(w, "path-too-long",
		    _("%.120s allows %ld CAs below itself, and there are more: %ld"),
		    subject(w->way[at], who), most, below);
}

static void judge_issuers(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 1; i < w->length; i++) {
		X509 *x = w->way[i];

		/* An anchor of version 1 says nothing, and is one because it is in the store. */
		if (w->from[i] >= 0 && !(X509_get_extension_flags(x) & EXFLAG_CA))
			path_find(w, "not-a-ca", _("%.120s is no CA"), subject(x, who));
		else if (!(X509_get_key_usage(x) & KU_KEY_CERT_SIGN))
			path_find(w, "not-a-ca",
			    _("the key usage of %.120s does not have keyCertSign"),
			    subject(x, who));
		judge_length(w, i);
	}
}

/* ---- name constraints ------------------------------------------------------------------------ */

static void judge_constraint(struct walk *w, size_t at)
{
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(w->way[at], NID_name_constraints, NULL, NULL);
	char who[PATH_TEXT], whom[PATH_TEXT];

	for (size_t i = 0; nc && i < at; i++) {
		if (i > 0 && is_self_issued(w->way[i]))
			continue;
		if (NAME_CONSTRAINTS_check(w->way[i], nc) == X509_V_OK)
			continue;
		path_find(w, "name-constraint", _("%.110s may not vouch for the names of %.110s"),
		    subject(w->way[at], who), subject(w->way[i], whom));
		break;
	}
	NAME_CONSTRAINTS_free(nc);
}

static void judge_constraints(struct walk *w)
{
	for (size_t i = 1; i < w->length; i++)
		judge_constraint(w, i);
}

/* ---- strength -------------------------------------------------------------------------------- */

static void judge_strength(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 0; i < w->length; i++) {
		X509 *x = w->way[i];
		EVP_PKEY *key = X509_get0_pubkey(x);
		int bits = 0, digest = NID_undef;

		if (key && EVP_PKEY_get_security_bits(key) < STRONG_BITS)
			path_find(w, "weak-key", _("the key of %.120s has %d bits"),
			    subject(x, who), EVP_PKEY_get_bits(key));
		/* Nobody verifies an anchor's signature, nor that of what has signed itself. */
		if (w->from[i] < 0 || (i > 0 && is_self_issued(x)))
			continue;
		if (X509_get_signature_info(x, &digest, NULL, &bits, NULL) == 1 &&
		    bits < STRONG_BITS)
			path_find(w, "weak-signature", _("%.120s is signed with %s"),
			    subject(x, who), digest == NID_undef ? "?" : OBJ_nid2sn(digest));
	}
}

/* ---- order ----------------------------------------------------------------------------------- */

static void judge_order(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 1; i < w->length; i++)
		if (w->from[i] >= 0 && w->from[i] != w->from[i - 1] + 1) {
			path_find(w, "bad-chain-order",
			    _("%.120s is sent as number %d, and should be number %zu"),
			    subject(w->way[i], who), w->from[i] + 1, i + 1);
			return;
		}
}

/* ---- the store's end ------------------------------------------------------------------------- */

static X509 *issuer_among_anchors(struct walk *w, X509 *x)
{
	for (size_t i = 0; i < w->in->trust->n; i++)
		if (has_signed(w, w->in->trust->v[i].x, x))
			return w->in->trust->v[i].x;
	return NULL;
}

/* OpenSSL takes no anchor that has an issuer of its own, unless told to (PARTIAL_CHAIN). */
static void judge_root(struct walk *w)
{
	X509 *x = w->out->anchored ? w->way[w->length - 1] : NULL;
	char who[PATH_TEXT];

	for (size_t i = 0; x && i < PATH_CERTS; i++) {
		if (is_self_signed(w, x))
			return;
		x = issuer_among_anchors(w, x);
	}
	if (w->out->anchored)
		path_find(w, "partial-chain",
		    _("the store holds %.120s, and not the root above it"),
		    subject(w->way[w->length - 1], who));
}

/* ---- a second opinion ------------------------------------------------------------------------ */

static int fill_context(const struct walk *w, X509_STORE *store, X509_STORE_CTX *ctx,
    STACK_OF(X509) * others, unsigned long flags)
{
	X509_VERIFY_PARAM *param;

	for (size_t i = 1; i < w->length; i++)
		if (sk_X509_push(others, w->way[i]) <= 0)
			return -1;
	if (X509_STORE_add_cert(store, w->way[w->length - 1]) != 1 ||
	    X509_STORE_CTX_init(ctx, store, w->way[0], others) != 1)
		return -1;
	param = X509_STORE_CTX_get0_param(ctx);
	/* Dates are judged above, notAfter included (RFC 5280 4.1.2.5), which OpenSSL leaves out.
	 */
	(void)X509_VERIFY_PARAM_set_flags(
	    param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME | flags);
	return X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) == 1 ? 0 : -1;
}

static void ask_openssl(struct walk *w, const char *id, unsigned long flags)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	char who[PATH_TEXT] = "?";

	if (store && ctx && others && fill_context(w, store, ctx, others, flags) == 0 &&
	    X509_verify_cert(ctx) != 1) {
		X509 *at = X509_STORE_CTX_get_current_cert(ctx);

		path_find(w, id, _("%.120s: %.100s"), at ? subject(at, who) : who,
		    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	}
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
}

/* What is not looked for above, OpenSSL may know: an extension that is critical and unknown. */
static void judge_rest(struct walk *w)
{
	char who[PATH_TEXT];

	if (w->out->finds == 0)
		ask_openssl(w, "certificate-refused", 0);
	if (w->out->finds == 0)
		ask_openssl(w, "not-strict", X509_V_FLAG_X509_STRICT);
	/* RFC 8446 4.4.2.2; without the extension all is allowed. */
	if (w->out->finds == 0 && !(X509_get_key_usage(w->way[0]) & KU_DIGITAL_SIGNATURE))
		path_find(w, "not-strict",
		    _("the key usage of %.120s does not have digitalSignature"),
		    subject(w->way[0], who));
}

/* ---- the main road --------------------------------------------------------------------------- */

/* In this order a client stumbles over them, most likely. */
static void (*const judges[])(struct walk *w) = { judge_end, judge_dates, judge_name, judge_issuers,
	judge_purposes, judge_constraints, judge_strength, judge_root };

static void describe(X509 *x, struct path_cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int digest = NID_undef;

	(void)subject(x, c->subject);
	(void)name_text(X509_get_issuer_name(x), c->issuer);
	(void)cert_times(x, &c->from, &c->until);
	if (key)
		(void)snprintf(c->key, sizeof c->key, "%s %d", EVP_PKEY_get0_type_name(key),
		    EVP_PKEY_get_bits(key));
	if (X509_get_signature_info(x, &digest, NULL, NULL, NULL) == 1 && digest != NID_undef)
		(void)snprintf(c->digest, sizeof c->digest, "%s", OBJ_nid2sn(digest));
}

static int read_served(struct walk *w, struct err *e)
{
	for (size_t i = 0; i < w->in->n && w->n < PATH_CERTS; i++) {
		const unsigned char *at = w->in->served[i].p;
		X509 *x = d2i_X509(NULL, &at, (long)w->in->served[i].n);

		if (!x && w->n == 0)
			break;
		if (!x)
			continue;
		describe(x, &w->out->cert[w->n]);
		w->served[w->n++] = x;
	}
	w->out->certs = w->n;
	if (w->n == 0)
		return err_ssl(e, _("read the server's certificate"));
	ERR_clear_error();
	return 0;
}

int path_judge(const struct path_input *in, struct path *out, struct err *e)
{
	struct walk w = { .in = in, .out = out };
	int rc;

	*out = (struct path) { .certs = 0 };
	rc = read_served(&w, e);
	if (rc == 0) {
		build(&w);
		for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
			judges[i](&w);
		judge_rest(&w);
		path_judge_status(&w);
		judge_order(&w);
	}
	for (size_t i = 0; i < w.n; i++)
		X509_free(w.served[i]);
	return rc;
}

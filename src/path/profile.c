/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RFC 5280 and the CA/Browser Forum's Baseline Requirements (BR) ask of those who issue, and
 * few clients or none hold a certificate to. One row a rule; a path that breaks one is told of the
 * first, and only if nothing else is wrong with it.
 */
#include "base/i18n.h"
#include "path/walk.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#define SERIAL_MAX 20 /* octets */
#define OCTET      8
#define NAME_TEXT  256

/* Which certificates of a path a rule is about. */
enum {
	LEAF = 1,
	ISSUER = 2, /* below the anchor */
	ROOT = 4,   /* the anchor */
	ALL = LEAF | ISSUER | ROOT
};

/* ---- numbers and keys ------------------------------------------------------------------------ */

static int has_odd_serial(X509 *x)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	BIGNUM *n = ASN1_INTEGER_to_BN(serial, NULL);
	int is = !n || BN_is_zero(n) || BN_is_negative(n) || BN_num_bytes(n) > SERIAL_MAX;

	BN_free(n);
	return is;
}

static int has_dsa_key(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_DSA;
}

static int has_uneven_rsa(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
	       EVP_PKEY_get_bits(key) % OCTET != 0;
}

/* ---- extensions ------------------------------------------------------------------------------ */

/* -1: it is not there. */
static int is_critical(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	return at < 0 ? -1 : X509_EXTENSION_get_critical(X509_get_ext(x, at));
}

static int has_easy_policy_constraints(X509 *x)
{
	return is_critical(x, NID_policy_constraints) == 0;
}

static int has_critical_san(X509 *x)
{
	return is_critical(x, NID_subject_alt_name) == 1 &&
	       X509_NAME_entry_count(X509_get_subject_name(x)) > 0;
}

static int has_critical_eku(X509 *x)
{
	return is_critical(x, NID_ext_key_usage) == 1;
}

static int has_eku(X509 *x)
{
	return is_critical(x, NID_ext_key_usage) >= 0;
}

static int is_for_anything(X509 *x)
{
	return (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) &&
	       (X509_get_extended_key_usage(x) & XKU_ANYEKU);
}

static int has_constraints(X509 *x)
{
	return is_critical(x, NID_name_constraints) >= 0;
}

static int is_ca_that_may_not_sign(X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);

	return flags & EXFLAG_CA && flags & EXFLAG_KUSAGE &&
	       !(X509_get_key_usage(x) & KU_KEY_CERT_SIGN);
}

static int has_broken_aia(X509 *x)
{
	AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	int n = info ? sk_ACCESS_DESCRIPTION_num(info) : 0;

	AUTHORITY_INFO_ACCESS_free(info);
	ERR_clear_error();
	return is_critical(x, NID_info_access) >= 0 && n == 0;
}

/* ---- key identifiers ------------------------------------------------------------------------- */

static int is_self_issued(X509 *x)
{
	return (X509_get_extension_flags(x) & EXFLAG_SI) != 0;
}

/* A root's own identifier of its issuer, where it has one, names the root's key and nothing else.
 */
static int has_odd_aki(X509 *x)
{
	const ASN1_OCTET_STRING *named = X509_get0_authority_key_id(x);
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(x);

	if (!is_self_issued(x) || is_critical(x, NID_authority_key_identifier) < 0)
		return 0;
	return !named || !own || ASN1_OCTET_STRING_cmp(named, own) != 0 ||
	       X509_get0_authority_issuer(x) || X509_get0_authority_serial(x);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int any_dns(const GENERAL_NAMES *names, int (*test)(const ASN1_STRING *s))
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS && test(g->d.dNSName))
			return 1;
	}
	return 0;
}

static int has_underscore_in(const ASN1_STRING *s)
{
	return memchr(ASN1_STRING_get0_data(s), '_', (size_t)ASN1_STRING_length(s)) != NULL;
}

static int has_underscore(X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int is = any_dns(names, has_underscore_in);

	GENERAL_NAMES_free(names);
	return is;
}

static int begins_with_dot(const GENERAL_NAME *g)
{
	return g->type == GEN_DNS && ASN1_STRING_length(g->d.dNSName) > 0 &&
	       ASN1_STRING_get0_data(g->d.dNSName)[0] == '.';
}

static int any_begins_with_dot(const STACK_OF(GENERAL_SUBTREE) * all)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(all); i++)
		if (begins_with_dot(sk_GENERAL_SUBTREE_value(all, i)->base))
			return 1;
	return 0;
}

static int has_dotted_constraint(X509 *x)
{
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, NULL, NULL);
	int is = nc && (any_begins_with_dot(nc->permittedSubtrees) ||
			   any_begins_with_dot(nc->excludedSubtrees));

	NAME_CONSTRAINTS_free(nc);
	return is;
}

/* ---- the common name ------------------------------------------------------------------------- */

/* A SAN as text: a DNS name, or an address as RFC 5952 has it; "": it is neither. */
static void text_of(const GENERAL_NAME *g, char out[NAME_TEXT])
{
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, NULL);
	size_t n = (size_t)ASN1_STRING_length(s);

	out[0] = '\0';
	if (g->type == GEN_DNS && n < NAME_TEXT) {
		memcpy(out, ASN1_STRING_get0_data(s), n);
		out[n] = '\0';
	}
	if (g->type == GEN_IPADD && (n == 4 || n == 16))
		(void)inet_ntop(
		    n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(s), out, NAME_TEXT);
}

/* An address in any form that somebody reads: 0xC0A80101, 192.168.001.001, 2001:DB8:0::1. */
static int is_address(const char *cn)
{
	struct in6_addr v6;
	struct in_addr v4;

	return inet_pton(AF_INET6, cn, &v6) == 1 || (strpbrk(cn, ".xX") && inet_aton(cn, &v4) == 1);
}

/* Of a host, in letters of any alphabet. */
static int is_host(const char *cn)
{
	return strchr(cn, '.') && !strpbrk(cn, " ,:/@()'\"");
}

static int is_ascii(const char *cn)
{
	while (*cn > 0)
		cn++;
	return *cn == '\0';
}

/* What a SAN has to do with a common name that is not the same. */
static int covers(const char *san, const char *cn)
{
	const char *parent = strchr(cn, '.');
	size_t n = strlen(cn), all = strlen(san);

	if (san[0] == '*' && parent && strcasecmp(san + 1, parent) == 0)
		return 1;
	return all > n && san[all - n - 1] == '.' && strcasecmp(san + all - n, cn) == 0;
}

/* A host's name may be that of the domain that the SANs lie in, as many have it, or beside
 * addresses; but not a host's that the certificate is not for. */
static int is_odd(const GENERAL_NAMES *names, const char *cn)
{
	int hosts = 0, covered = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		char san[NAME_TEXT];

		text_of(g, san);
		if (strcmp(san, cn) == 0)
			return 0;
		hosts |= g->type == GEN_DNS;
		covered |= g->type == GEN_DNS && covers(san, cn);
	}
	if (is_address(cn) || (is_host(cn) && !is_ascii(cn)))
		return 1;
	return is_host(cn) && hosts && !covered;
}

static int has_odd_cn(X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int at = -1, is = 0;

	while (!is && (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, at);
		unsigned char *cn = NULL;
		int n = ASN1_STRING_to_UTF8(&cn, X509_NAME_ENTRY_get_data(entry));

		is = n > 0 && is_odd(names, (const char *)cn);
		OPENSSL_free(cn);
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return is;
}

/* ---- the rules ------------------------------------------------------------------------------- */

static const struct rule {
	int who;
	int (*is_broken)(X509 *x);
	const char *says; /* N_() */
} rules[] = {
	{ LEAF | ISSUER, has_odd_serial,
	    N_("its serial number is not between 1 and 20 octets (RFC 5280 4.1.2.2)") },
	{ ALL, has_dsa_key, N_("its key is of DSA (BR 7.1.3.1)") },
	{ ALL, has_uneven_rsa, N_("its RSA key has no whole number of octets (BR 6.1.5)") },
	{ ROOT, has_odd_aki,
	    N_("its authorityKeyIdentifier is not its own key's alone (BR 7.1.2.1.3)") },
	{ ISSUER, has_easy_policy_constraints,
	    N_("its policyConstraints are not critical (RFC 5280 4.2.1.11)") },
	{ ISSUER | ROOT, has_dotted_constraint,
	    N_("a DNS name constraint of it begins with a dot (RFC 5280 4.2.1.10)") },
	{ LEAF, has_constraints, N_("it has name constraints, and is no CA (RFC 5280 4.2.1.10)") },
	{ LEAF, is_ca_that_may_not_sign,
	    N_("it is a CA, and its key usage has no keyCertSign (RFC 5280 4.2.1.9)") },
	{ ALL, has_broken_aia, N_("its authorityInfoAccess names nothing (RFC 5280 4.2.2.1)") },
	{ LEAF, has_underscore, N_("a name of it has an underscore (RFC 5280 4.2.1.6)") },
	{ LEAF, has_critical_san,
	    N_("its subjectAltName is critical beside a subject (BR 7.1.2.7.12)") },
	{ LEAF, is_for_anything, N_("its extended key usage allows anything (BR 7.1.2.7.10)") },
	{ LEAF, has_critical_eku, N_("its extended key usage is critical (BR 7.1.2.7.6)") },
	{ ROOT, has_eku, N_("it is a root with an extended key usage (BR 7.1.2.1.2)") },
	{ LEAF, has_odd_cn,
	    N_("its common name is a host's or an address, and none of its SANs (BR 7.1.4.3)") },
};

/* A leaf that is itself the anchor is no root. */
static int what_is(const struct walk *w, size_t at)
{
	if (at == 0)
		return LEAF;
	return w->from[at] == WALK_ANCHOR ? ROOT : ISSUER;
}

void path_judge_profile(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 0; i < w->length; i++)
		for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
			if (w->out->finds > 0)
				return;
			if (rules[k].who & what_is(w, i) && rules[k].is_broken(w->way[i]))
				path_find(w, "off-profile", "%.120s: %s",
				    path_subject(w->way[i], who), _(rules[k].says));
		}
}

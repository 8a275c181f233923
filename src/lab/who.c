/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints whose certificates say something wrong of who answers. */
#include "base/i18n.h"
#include "lab/condition.h"
#include "lab/issuers.h"

#define OTHER "other.dbtls.test"

/* ---- whom the client trusts ------------------------------------------------------------------ */

/* A root that the client is not given stands behind the chain; the client's own stays the anchor.
 */
static size_t stranger(struct shape *s, const char *cn)
{
	size_t root = issuers_add(s, cn, FORGE_SELF);

	s->cert[root].pool = "stranger";
	s->cert[root].to = s->cert[ROOT].to;
	s->cert[INTERMEDIATE].issuer = root;
	return root;
}

static void untrusted_root(struct shape *s)
{
	(void)stranger(s, "dbtls lab unknown root");
}

static void untrusted_root_sent(struct shape *s)
{
	s->send[s->sends++] = stranger(s, "dbtls lab unknown root");
}

static void untrusted_root_namesake(struct shape *s)
{
	s->send[s->sends++] = stranger(s, s->cert[ROOT].cn);
}

static void missing_intermediate(struct shape *s)
{
	s->sends = 1;
}

static void self_signed(struct shape *s)
{
	s->cert[LEAF].issuer = FORGE_SELF;
	s->sends = 1;
}

/* A proxy's: made for this name a moment ago, by a CA that the company has put on its machines. */
static void intercepted(struct shape *s)
{
	size_t root = stranger(s, "Perimeter Gateway Root CA");

	s->cert[root].o = "Example Corporation";
	s->cert[root].ou = "Network Security";
	s->cert[INTERMEDIATE].o = "Example Corporation";
	s->cert[INTERMEDIATE].ou = "Network Security";
	s->cert[INTERMEDIATE].cn = "Perimeter Gateway TLS Inspection CA";
	s->cert[INTERMEDIATE].pool = "inspection";
	s->cert[LEAF].o = NULL;
	s->cert[LEAF].from = -3600;
	s->cert[LEAF].to = 2 * ISSUERS_DAY;
	s->send[s->sends++] = root;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* A certificate that names no address: what is tried is the name. */
static void for_name(struct shape *s)
{
	s->cert[LEAF].ip[0] = NULL;
}

static void wrong_host(struct shape *s)
{
	s->cert[LEAF].cn = OTHER;
	s->cert[LEAF].dns[0] = OTHER;
}

static void wrong_host_right_cn(struct shape *s)
{
	s->cert[LEAF].cn = "@";
	s->cert[LEAF].dns[0] = OTHER;
}

static void two_labels_below(struct shape *s)
{
	for_name(s);
	s->host = "*.eu." LAB_DOMAIN;
}

static void shallow_wildcard(struct shape *s)
{
	s->cert[LEAF].dns[0] = "*." LAB_DOMAIN;
}

static void cn_only(struct shape *s)
{
	s->cert[LEAF].cn = "@";
	s->cert[LEAF].dns[0] = NULL;
}

static void nul_in_name(struct shape *s)
{
	s->cert[LEAF].cn = "dbtls lab leaf";
	s->cert[LEAF].dns[0] = "@\\0." OTHER;
}

/* "look-alike" with a Cyrillic a. */
static void look_alike(struct shape *s)
{
	s->cert[LEAF].cn = "dbtls lab leaf";
	s->cert[LEAF].dns[0] = "xn--look-like-4yh." LAB_DOMAIN;
}

static void by_address(struct shape *s)
{
	for_name(s);
	s->host = "127.0.0.2";
}

static void address_missing(struct shape *s)
{
	s->cert[LEAF].cn = "dbtls lab leaf";
	s->cert[LEAF].dns[0] = "db." LAB_DOMAIN;
}

static void address_in_cn(struct shape *s)
{
	s->cert[LEAF].cn = "@";
	s->cert[LEAF].dns[0] = NULL;
}

static void address_as_name(struct shape *s)
{
	s->cert[LEAF].cn = "dbtls lab leaf";
	s->cert[LEAF].dns[0] = "127.0.0.2";
}

/* ---- dates ----------------------------------------------------------------------------------- */

static void expired(struct shape *s)
{
	s->cert[LEAF].from = -90 * ISSUERS_DAY;
	s->cert[LEAF].to = -ISSUERS_DAY;
}

static void expired_intermediate(struct shape *s)
{
	s->cert[INTERMEDIATE].to = -ISSUERS_DAY;
}

static void not_yet_valid(struct shape *s)
{
	s->cert[LEAF].from = ISSUERS_DAY;
	s->cert[LEAF].to = 90 * ISSUERS_DAY;
}

/* Beyond 2050, where certificates change the form of their dates: RFC 5280 4.1.2.5. */
static void long_lived(struct shape *s)
{
	for (size_t i = 0; i < s->certs; i++)
		s->cert[i].to = 30 * ISSUERS_YEAR;
	s->cert[LEAF].to = 25 * ISSUERS_YEAR;
}

/* ---- revocation ------------------------------------------------------------------------------ */

static void has_crl(struct shape *s)
{
	s->cert[LEAF].revocable = FORGE_CRL;
}

static void has_ocsp(struct shape *s)
{
	s->cert[LEAF].revocable = FORGE_OCSP;
}

static void has_staple(struct shape *s)
{
	has_ocsp(s);
	s->staple = 1;
}

static void has_must_staple(struct shape *s)
{
	has_staple(s);
	s->cert[LEAF].must_staple = 1;
}

static void revoked(struct shape *s)
{
	s->cert[LEAF].revoked = 1;
}

static void not_stapled(struct shape *s)
{
	s->staple = 0;
}

/* ---- keys and digests ------------------------------------------------------------------------ */

/* The endpoint would not take what is wrong here at its own security level. */
static void sha1_leaf(struct shape *s)
{
	s->lax = 1;
	s->cert[LEAF].digest = "SHA1";
}

static void sha1_intermediate(struct shape *s)
{
	s->lax = 1;
	s->cert[INTERMEDIATE].digest = "SHA1";
}

static void rsa_1024(struct shape *s)
{
	s->lax = 1;
	s->cert[LEAF].key = FORGE_RSA1024;
}

static void rsa_1024_intermediate(struct shape *s)
{
	s->lax = 1;
	s->cert[INTERMEDIATE].key = FORGE_RSA1024;
}

/* ---- purposes and CAs ------------------------------------------------------------------------ */

static void client_only(struct shape *s)
{
	s->cert[LEAF].eku = "clientAuth";
}

static void no_server_usage(struct shape *s)
{
	s->cert[LEAF].usage = "cRLSign";
}

static void issuer_no_ca(struct shape *s)
{
	s->cert[INTERMEDIATE].ca = 0;
}

static void issuer_no_certsign(struct shape *s)
{
	s->cert[INTERMEDIATE].usage = "cRLSign";
}

static void constrained(struct shape *s)
{
	s->cert[INTERMEDIATE].constraints = "permitted;DNS:" LAB_DOMAIN;
}

static void constraint_violated(struct shape *s)
{
	s->cert[INTERMEDIATE].constraints = "permitted;DNS:" OTHER;
}

static void two_intermediates(struct shape *s)
{
	issuers_lengthen(s, 1);
}

static void path_too_long(struct shape *s)
{
	s->cert[s->cert[INTERMEDIATE].issuer].pathlen = 0;
}

/* ---- order ----------------------------------------------------------------------------------- */

static void three_intermediates(struct shape *s)
{
	issuers_lengthen(s, 2);
	s->send[s->sends++] = ROOT;
}

/* The leaf stays first: RFC 8446 4.4.2 demands it, and OpenSSL would show no other with its key. */
static void reverse(struct shape *s)
{
	for (size_t i = 1, j = s->sends - 1; i < j; i++, j--) {
		size_t kept = s->send[i];

		s->send[i] = s->send[j];
		s->send[j] = kept;
	}
}

static void shuffle(struct shape *s)
{
	size_t kept = s->send[1];

	s->send[1] = s->send[3];
	s->send[3] = s->send[2];
	s->send[2] = kept;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define WHO(id, how_much, why, is, so, from, to)                                                   \
	{                                                                                          \
		.name = (id), .protocols = LAB_BOTH, .refuse = 1, .weight = (how_much),            \
		.cause = (why), .wrong = (is), .means = (so), .base = (from), .fault = (to)        \
	}
/* A right client connects all the same. */
#define TAKEN(id, why, is, so, from, to)                                                           \
	{                                                                                          \
		.name = (id), .protocols = LAB_BOTH, .weight = LAB_SHOULD, .cause = (why),         \
		.wrong = (is), .means = (so), .base = (from), .fault = (to)                        \
	}

const struct condition lab_who[] = {
	WHO("untrusted-root", LAB_MUST, "untrusted-root", N_("the root is not the client's"),
	    N_("It takes a certificate that anyone can make, and talks to anyone."), NULL,
	    untrusted_root),
	WHO("untrusted-root-sent", LAB_MUST, "untrusted-root",
	    N_("the root is not the client's, and is sent along"),
	    N_("It trusts the root that the server has brought along, and so anyone."), NULL,
	    untrusted_root_sent),
	WHO("untrusted-root-namesake", LAB_MUST, "untrusted-root",
	    N_("the root has the name of the client's, and another key"),
	    N_("It compares the names of CAs and not their keys: anyone can take a name."), NULL,
	    untrusted_root_namesake),
	WHO("missing-intermediate", LAB_MUST, "missing-intermediate",
	    N_("the intermediate is not sent"),
	    N_("It connects without a chain to a root that it trusts, and so to anyone."), NULL,
	    missing_intermediate),
	WHO("self-signed", LAB_MUST, "self-signed", N_("the certificate is signed by itself"),
	    N_("It takes a certificate that anyone can make, and talks to anyone."), NULL,
	    self_signed),
	WHO("intercepted", LAB_MUST, "intercepted",
	    N_("a proxy's certificate: made for this name by a CA of a company"),
	    N_("Whoever stands between it and the server reads along unnoticed."), NULL,
	    intercepted),

	WHO("wrong-host", LAB_MUST, "hostname-mismatch", N_("the certificate is another host's"),
	    N_("Whoever has a certificate of the same CA for any host can take this one's place."),
	    for_name, wrong_host),
	WHO("wrong-host-right-cn", LAB_MUST, "hostname-mismatch",
	    N_("the SAN names another host; the common name is right"),
	    N_("It goes by the common name though there is a SAN, and CAs vouch for SANs alone."),
	    for_name, wrong_host_right_cn),
	WHO("wildcard-too-shallow", LAB_MUST, "hostname-mismatch",
	    N_("the wildcard stands for one label, and the name has two"),
	    N_("A wildcard of the domain's top speaks for hosts of others below it."),
	    two_labels_below, shallow_wildcard),
	WHO("nul-in-name", LAB_MUST, "hostname-mismatch",
	    N_("the name goes on behind a NUL byte: another host's"),
	    N_("It reads the name up to the NUL byte, which the CA has never vouched for."),
	    for_name, nul_in_name),
	WHO("look-alike", LAB_MUST, "hostname-mismatch",
	    N_("the name looks the same and has a Cyrillic letter"),
	    N_("Whoever owns a name that looks alike can take this host's place."), for_name,
	    look_alike),
	WHO("cn-only", LAB_SHOULD, "no-san", N_("the name stands only in the common name"),
	    N_("It goes by the common name, to which a CA's name constraints need not apply."),
	    for_name, cn_only),
	WHO("ip-address-missing", LAB_MUST, "hostname-mismatch",
	    N_("the host is called by its address, which the certificate does not name"),
	    N_("It checks no name when it is given an address: any host can answer there."),
	    by_address, address_missing),
	WHO("ip-address-in-cn", LAB_SHOULD, "no-san",
	    N_("the address stands only in the common name"),
	    N_("It takes a common name for an address; only an IP SAN is one."), by_address,
	    address_in_cn),
	WHO("ip-address-as-name", LAB_SHOULD, "hostname-mismatch",
	    N_("the address stands in the SAN as a host name"),
	    N_("It takes a host name for an address; only an IP SAN is one."), by_address,
	    address_as_name),

	WHO("expired", LAB_MUST, "expired", N_("the certificate expired yesterday"),
	    N_("A key that was lost or sold years ago still opens its connections."), NULL,
	    expired),
	WHO("expired-intermediate", LAB_MUST, "expired", N_("the intermediate expired yesterday"),
	    N_("A CA that was given up still vouches for hosts."), NULL, expired_intermediate),
	WHO("not-yet-valid", LAB_MUST, "not-yet-valid",
	    N_("the certificate is valid from tomorrow on"),
	    N_("It does not look at the dates of certificates."), NULL, not_yet_valid),
	TAKEN("long-lived", "ok", N_("the certificate is valid for 25 years"),
	    N_("It can't talk to databases whose own CA issues for decades."), NULL, long_lived),

	WHO("revoked-crl", LAB_ADVISORY, "revoked", N_("it is revoked, and its CRL says so"),
	    N_("A stolen key works until its certificate expires."), has_crl, revoked),
	WHO("revoked-ocsp", LAB_ADVISORY, "revoked",
	    N_("it is revoked, and the OCSP responder says so"),
	    N_("A stolen key works until its certificate expires."), has_ocsp, revoked),
	WHO("revoked-stapled", LAB_ADVISORY, "revoked",
	    N_("it is revoked, and the handshake brings the OCSP response that says so"),
	    N_("It does not read what the server itself shows: a stolen key goes on working."),
	    has_staple, revoked),
	WHO("staple-missing", LAB_ADVISORY, "staple-missing",
	    N_("the certificate demands an OCSP response in the handshake, and there is none"),
	    N_("Whoever has stolen the key need only leave the OCSP response out."),
	    has_must_staple, not_stapled),

	WHO("sha1", LAB_SHOULD, "weak-signature", N_("the certificate is signed with SHA-1"),
	    N_("Two certificates with one SHA-1 can be made: one may be another host's."),
	    issuers_rsa, sha1_leaf),
	WHO("sha1-intermediate", LAB_SHOULD, "weak-signature",
	    N_("the intermediate is signed with SHA-1"),
	    N_("Two certificates with one SHA-1 can be made: one may be a CA's."), issuers_rsa,
	    sha1_intermediate),
	WHO("rsa-1024", LAB_SHOULD, "weak-key", N_("the key is RSA of 1024 bits"),
	    N_("A key of that size can be found by those with means."), issuers_rsa, rsa_1024),
	WHO("rsa-1024-intermediate", LAB_SHOULD, "weak-key",
	    N_("the intermediate's key is RSA of 1024 bits"),
	    N_("A CA's key of that size can be found by those with means."), issuers_rsa,
	    rsa_1024_intermediate),

	WHO("client-only", LAB_MUST, "wrong-purpose", N_("the certificate is for clients"),
	    N_("Whoever has a client's certificate of this CA can play the server."), NULL,
	    client_only),
	WHO("key-usage", LAB_SHOULD, "wrong-purpose",
	    N_("the key may sign revocation lists and nothing else"),
	    N_("It does not look at what a key may be used for."), issuers_rsa, no_server_usage),
	WHO("issuer-no-ca", LAB_MUST, "not-a-ca", N_("the intermediate is no CA"),
	    N_("Whoever has any certificate of this CA can issue others, for every host."), NULL,
	    issuer_no_ca),
	WHO("issuer-no-certsign", LAB_MUST, "not-a-ca",
	    N_("the intermediate's key may not sign certificates"),
	    N_("A key that is for something else vouches for hosts."), NULL, issuer_no_certsign),
	WHO("name-constraint", LAB_MUST, "name-constraint",
	    N_("the intermediate may vouch for other names alone"),
	    N_("A CA that was meant for one domain vouches for all."), constrained,
	    constraint_violated),
	WHO("path-too-long", LAB_MUST, "path-too-long",
	    N_("a CA that may issue for hosts alone has made another CA"),
	    N_("A CA that was meant for hosts alone makes CAs of its own."), two_intermediates,
	    path_too_long),

	TAKEN("chain-reversed", "bad-chain-order",
	    N_("behind the certificate the chain comes from its root down"),
	    N_("It can't talk to servers whose chain was put together in the wrong order."),
	    three_intermediates, reverse),
	TAKEN("chain-shuffled", "bad-chain-order",
	    N_("behind the certificate the chain comes in no order"),
	    N_("It can't talk to servers whose chain was put together in the wrong order."),
	    three_intermediates, shuffle),
	{ 0 },
};

/* SPDX-License-Identifier: Apache-2.0 */
/* How TLS is spoken: versions, ciphers, what the server asks for, and what it answers instead. */
#include "base/i18n.h"
#include "lab/condition.h"
#include "lab/visit.h"
#include "wire/hello.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

/* What an attacker on the way would gain. */
#define PLAINTEXT                                                                                  \
	N_("It goes on without TLS when TLS fails: whoever makes it fail reads the login.")
#define CAPABLE N_("It can't talk to a server that is right.")

/* ---- versions ---- */

static void only(struct shape *s, int version)
{
	s->min = s->max = version;
	s->lax = version < TLS1_2_VERSION;
}

static void tls10_only(struct shape *s)
{
	only(s, TLS1_VERSION);
}

static void tls11_only(struct shape *s)
{
	only(s, TLS1_1_VERSION);
}

/* RFC 6101 5.6.1.3: TLS_RSA_WITH_AES_128_CBC_SHA, no session, no compression. */
static int answer_ssl3(struct visit *v)
{
	uint8_t hello[] = { 22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0, [43] = 0, 0, 0x2f, 0 };

	if (visit_take_hello(v) < 0)
		return -1;
	if (RAND_bytes(hello + 11, 32) != 1 || visit_write(v, hello, sizeof hello) < 0)
		return -1;
	(void)visit_await_alert(v);
	return visit_hold(v);
}

/*
 * Renames the extension supported_versions of a ClientHello that lies in one record (RFC
 * 8446 4.2.1: its type, its length, and the length of its list) to a type that means nothing (RFC
 * 8701). -1: there is none.
 */
static int hide_versions(struct buf *records)
{
	for (uint8_t *p = records->p; p + 5 < records->p + records->n; p++) {
		if (p[0] != 0 || p[1] != HELLO_EXT_VERSIONS || p[2] != 0 || p[3] != p[4] + 1)
			continue;
		p[0] = p[1] = 0xfa;
		return 0;
	}
	return -1;
}

/*
 * Does what somebody on the way would do: the server never learns that the client speaks TLS 1.3,
 * and says in its random bytes that it does itself (RFC 8446 4.1.3).
 */
static int downgrade(struct visit *v)
{
	struct span said;

	if (v->plain)
		return 0;
	said = visit_peek(v, 5, VISIT_MS);
	if (said.n >= 5)
		(void)visit_peek(v, 5 + ((size_t)said.p[3] << 8 | said.p[4]), VISIT_MS);
	return hide_versions(&v->in) < 0 ? visit_close(v) : handshake_run(v);
}

/* ---- ciphers and groups ---- */

static void tls12_ciphers(struct shape *s, const char *ciphers)
{
	only(s, TLS1_2_VERSION);
	s->ciphers = ciphers;
}

/* Of pre-shared keys, none of which is shared with anybody. */
static void no_shared_cipher(struct shape *s)
{
	tls12_ciphers(s, "PSK-AES128-GCM-SHA256");
}

static void null_cipher(struct shape *s)
{
	tls12_ciphers(s, "ECDHE-ECDSA-NULL-SHA");
	s->lax = 1;
}

static void anonymous_cipher(struct shape *s)
{
	tls12_ciphers(s, "AECDH-AES256-SHA");
	s->lax = 1;
}

static void rsa_leaf(struct shape *s)
{
	s->cert[0].key = FORGE_RSA2048;
	s->cert[0].usage = "digitalSignature,keyEncipherment";
}

static void static_rsa_only(struct shape *s)
{
	tls12_ciphers(s, "AES128-GCM-SHA256:AES128-SHA");
}

static void dh_1024(struct shape *s)
{
	tls12_ciphers(s, "DHE-RSA-AES128-GCM-SHA256");
	s->lax = 1;
}

static void hello_retry(struct shape *s)
{
	only(s, TLS1_3_VERSION);
	s->groups = "P-384";
}

static void small_records(struct shape *s)
{
	s->fragment = 512;
}

/* ---- who proves what ---- */

static void stranger_key(struct shape *s)
{
	s->stranger_key = 1;
}

static void client_cert_tls12(struct shape *s)
{
	only(s, TLS1_2_VERSION);
	s->client = CLIENT_REQUIRED;
}

static void client_cert_tls13(struct shape *s)
{
	only(s, TLS1_3_VERSION);
	s->client = CLIENT_REQUIRED;
}

static void client_cert_optional(struct shape *s)
{
	s->client = CLIENT_ASKED;
}

/* ---- extensions ---- */

static void sni_required(struct shape *s)
{
	s->sni = SNI_REQUIRED;
}

static void sni_chooses(struct shape *s)
{
	struct forged other = s->cert[0];

	other.cn = "default." LAB_DOMAIN;
	other.dns[0] = "default." LAB_DOMAIN;
	other.dns[1] = NULL;
	other.ip[0] = NULL;
	s->sni = SNI_CHOOSES;
	s->other = s->certs++;
	s->cert[s->other] = other;
}

static void alpn_required(struct shape *s)
{
	s->alpn = "http/1.1";
}

static void alpn_unknown(struct shape *s)
{
	s->alpn = "dbtls-lab/1";
}

/* ---- renegotiation ---- */

/* Asks for another handshake and goes on; a client may answer with one whenever it next speaks. */
static int renegotiate(struct visit *v)
{
	if (handshake_run(v) < 0)
		return -1;
	if (v->ssl && (SSL_renegotiate(v->ssl) != 1 || SSL_do_handshake(v->ssl) != 1))
		return visit_close(v);
	return 0;
}

static void tls12(struct shape *s)
{
	only(s, TLS1_2_VERSION);
}

/* ---- alerts ---- */

#define ALERT(n)                                                                                   \
	static void alert_##n(struct shape *s)                                                     \
	{                                                                                          \
		s->alert = n;                                                                      \
	}

ALERT(40)
ALERT(42)
ALERT(45)
ALERT(48)
ALERT(49)
ALERT(70)
ALERT(71)
ALERT(80)
ALERT(112)
ALERT(120)

#define ALERT_ROW(n, cause_id, what)                                                               \
	{                                                                                          \
		.name = "alert-" #n, .protocols = LAB_BOTH, .refuse = 1, .weight = LAB_MUST,       \
		.cause = cause_id, .wrong = what, .means = PLAINTEXT, .fault = alert_##n           \
	}

const struct condition lab_how[] = {
	{
	    .name = "tls10-only",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_SHOULD,
	    .cause = "protocol-version",
	    .wrong = N_("speaks TLS 1.0 alone"),
	    .means =
		N_("It accepts a version that was withdrawn in 2021 (RFC 8996): SHA-1 protects "
		   "the handshake."),
	    .fault = tls10_only,
	},
	{
	    .name = "tls11-only",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_SHOULD,
	    .cause = "protocol-version",
	    .wrong = N_("speaks TLS 1.1 alone"),
	    .means =
		N_("It accepts a version that was withdrawn in 2021 (RFC 8996): SHA-1 protects "
		   "the handshake."),
	    .fault = tls11_only,
	},
	{
	    .name = "sslv3-only",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "protocol-version",
	    .wrong = N_("answers with SSL 3.0"),
	    .means = N_("It accepts SSL 3.0, which is broken (RFC 7568), or goes on without TLS."),
	    .at = STEP_TLS,
	    .instead = answer_ssl3,
	},
	{
	    .name = "downgraded",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "downgraded",
	    .wrong = N_("somebody on the way hides TLS 1.3 from both ends"),
	    .means = N_("It does not notice that what it said was changed on the way."),
	    .at = STEP_TLS,
	    .instead = downgrade,
	},
	{
	    .name = "no-shared-cipher",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "no-shared-cipher",
	    .wrong = N_("has no cipher suite that a client has"),
	    .means = PLAINTEXT,
	    .fault = no_shared_cipher,
	},
	{
	    .name = "null-cipher",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "no-shared-cipher",
	    .wrong = N_("encrypts nothing: its cipher suites are the NULL ones"),
	    .means = N_("It accepts TLS that does not encrypt: everybody on the way reads along."),
	    .fault = null_cipher,
	},
	{
	    .name = "anonymous-cipher",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "no-shared-cipher",
	    .wrong = N_("shows no certificate: its cipher suites are the anonymous ones"),
	    .means = N_("It accepts TLS without a certificate: it talks to whoever answers."),
	    .fault = anonymous_cipher,
	},
	{
	    .name = "static-rsa-only",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_SHOULD,
	    .cause = "no-shared-cipher",
	    .wrong = N_("has only cipher suites with RSA key exchange"),
	    .means =
		N_("It accepts what RFC 9325 4.1 advises against: who has the server's key one "
		   "day, reads what was recorded before."),
	    .base = rsa_leaf,
	    .fault = static_rsa_only,
	},
	{
	    .name = "dh-1024",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_SHOULD,
	    .cause = "weak-key",
	    .wrong = N_("exchanges keys in a Diffie-Hellman group of 1024 bits"),
	    .means = N_("It accepts a group so small, and so widely used, that it may have been "
			"broken (Logjam, 2015)."),
	    .base = rsa_leaf,
	    .fault = dh_1024,
	},
	{
	    .name = "stranger-key",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "proof-missing",
	    .wrong = N_("shows a right certificate, whose key it does not have"),
	    .means = N_("It does not check the handshake's signature: a certificate that anybody "
			"can copy is enough to be taken for the server."),
	    .fault = stranger_key,
	},
	{
	    .name = "client-cert-tls12",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_SHOULD,
	    .cause = "client-cert-required",
	    .wrong = N_("requires a client certificate, in TLS 1.2"),
	    .means = N_("It does not notice that the server turned it away."),
	    .fault = client_cert_tls12,
	},
	{
	    .name = "client-cert-tls13",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_SHOULD,
	    .cause = "client-cert-required",
	    .wrong = N_("requires a client certificate, in TLS 1.3"),
	    .means = N_("It does not notice that the server turned it away, which in TLS 1.3 comes "
			"after the handshake (RFC 8446 4.4.2.4)."),
	    .fault = client_cert_tls13,
	},
	{
	    .name = "client-cert-optional",
	    .protocols = LAB_BOTH,
	    .weight = LAB_SHOULD,
	    .cause = "ok",
	    .wrong = N_("asks for a client certificate, and does without"),
	    .means = CAPABLE,
	    .fault = client_cert_optional,
	},
	{
	    .name = "sni-required",
	    .protocols = LAB_BOTH,
	    .weight = LAB_SHOULD,
	    .cause = "sni-required",
	    .wrong = N_("wants its name in the ClientHello (SNI)"),
	    .means = N_("It sends no server name: it can't reach a server that has several."),
	    .fault = sni_required,
	},
	{
	    .name = "sni-chooses",
	    .protocols = LAB_BOTH,
	    .weight = LAB_SHOULD,
	    .cause = "sni-required",
	    .wrong = N_("shows another certificate to clients that don't name it (SNI)"),
	    .means = N_("It sends no server name: it can't reach a server that has several."),
	    .fault = sni_chooses,
	},
	{
	    .name = "alpn-required",
	    .protocols = LAB_HTTPS,
	    .weight = LAB_ADVISORY,
	    .cause = "alpn-mismatch",
	    .wrong = N_("wants to be asked for http/1.1 (ALPN)"),
	    .means = N_("It names no protocol, which few servers ask for."),
	    .fault = alpn_required,
	},
	{
	    .name = "alpn-unknown",
	    .protocols = LAB_BOTH,
	    .refuse = 1,
	    .weight = LAB_MUST,
	    .cause = "alpn-mismatch",
	    .wrong = N_("wants a protocol that no client has (ALPN)"),
	    .means = PLAINTEXT,
	    .fault = alpn_unknown,
	},
	{
	    .name = "hello-retry",
	    .protocols = LAB_BOTH,
	    .weight = LAB_SHOULD,
	    .cause = "ok",
	    .wrong = N_("has the client's ClientHello sent again, for the group P-384"),
	    .means = CAPABLE,
	    .fault = hello_retry,
	},
	{
	    .name = "small-records",
	    .protocols = LAB_BOTH,
	    .weight = LAB_SHOULD,
	    .cause = "ok",
	    .wrong = N_("cuts its handshake into records of 512 bytes"),
	    .means = CAPABLE,
	    .fault = small_records,
	},
	{
	    .name = "renegotiation",
	    .protocols = LAB_BOTH,
	    .weight = LAB_ADVISORY,
	    .cause = "ok",
	    .wrong = N_("asks for another handshake after the first, in TLS 1.2"),
	    .means = N_("It can't talk to a server that asks for that; it is safe all the same."),
	    .base = tls12,
	    .at = STEP_TLS,
	    .instead = renegotiate,
	},
	ALERT_ROW(40, "no-shared-cipher", N_("answers the ClientHello with handshake_failure")),
	ALERT_ROW(42, "server-alert", N_("answers the ClientHello with bad_certificate")),
	ALERT_ROW(45, "server-alert", N_("answers the ClientHello with certificate_expired")),
	ALERT_ROW(48, "server-alert", N_("answers the ClientHello with unknown_ca")),
	ALERT_ROW(49, "server-alert", N_("answers the ClientHello with access_denied")),
	ALERT_ROW(70, "protocol-version", N_("answers the ClientHello with protocol_version")),
	ALERT_ROW(71, "no-shared-cipher", N_("answers the ClientHello with insufficient_security")),
	ALERT_ROW(80, "server-alert", N_("answers the ClientHello with internal_error")),
	ALERT_ROW(112, "sni-required", N_("answers the ClientHello with unrecognized_name")),
	ALERT_ROW(120, "alpn-mismatch", N_("answers the ClientHello with no_application_protocol")),
	{ 0 },
};

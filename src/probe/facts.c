/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/facts.h"

#include "base/i18n.h"
#include "trust/store.h"

#include <string.h>

static const char *const whats[FACTS_WHATS] = {
	[FACTS_RESOLVE] = N_("resolve"),
	[FACTS_CONNECT] = N_("connect"),
	[FACTS_GREETING] = N_("greeting"),
	[FACTS_HANDSHAKE] = N_("handshake"),
	[FACTS_SESSION] = N_("session"),
	[FACTS_API] = N_("api"),
	[FACTS_LOGIN] = N_("login"),
	[FACTS_NO_SNI] = "handshake-without-sni",
	[FACTS_NO_ALPN] = "handshake-without-alpn",
	[FACTS_OLD] = "handshake-old-versions",
	[FACTS_WEAK] = "handshake-all-ciphers",
	[FACTS_HELD] = "hello-held-back",
	[FACTS_BARE] = "handshake-bare",
};

static const char *const ends[FACTS_ENDS] = {
	[FACTS_NOT_TRIED] = N_("not-tried"),
	[FACTS_OK] = N_("ok"),
	[FACTS_NO_NAME] = N_("no-name"),
	[FACTS_UNREACHABLE] = N_("unreachable"),
	[FACTS_REFUSED] = N_("refused"),
	[FACTS_TIMEOUT] = N_("timeout"),
	[FACTS_CLOSED] = N_("closed"),
	[FACTS_RESET] = N_("reset"),
	[FACTS_ALERT] = N_("alert"),
	[FACTS_ERROR] = N_("error"),
	[FACTS_STRANGE] = N_("another-protocol"),
	[FACTS_NO_TLS] = N_("no-tls"),
	[FACTS_PLAIN] = N_("plaintext"),
	[FACTS_INJECTED] = N_("plaintext-injected"),
	[FACTS_VERSION] = N_("version"),
	[FACTS_DOWNGRADE] = N_("downgrade"),
	[FACTS_PROOF] = N_("no-proof"),
	[FACTS_SMALL_DH] = N_("small-dh"),
	[FACTS_BROKEN] = N_("broken-tls"),
	[FACTS_CUT] = N_("cut"),
	[FACTS_UNFIT] = N_("unfit"),
	[FACTS_LOCAL] = N_("local"),
	[FACTS_OTHER] = N_("another-certificate"),
	[FACTS_METHOD] = N_("another-method"),
};

/* RFC 8446 6 and RFC 5246 7.2; IANA has the whole list. */
static const struct {
	int code;
	const char *name;
} alerts[] = { { 0, "close_notify" }, { 10, "unexpected_message" }, { 20, "bad_record_mac" },
	{ 22, "record_overflow" }, { 40, "handshake_failure" }, { 42, "bad_certificate" },
	{ 43, "unsupported_certificate" }, { 44, "certificate_revoked" },
	{ 45, "certificate_expired" }, { 46, "certificate_unknown" }, { 47, "illegal_parameter" },
	{ 48, "unknown_ca" }, { 49, "access_denied" }, { 50, "decode_error" },
	{ 51, "decrypt_error" }, { 70, "protocol_version" }, { 71, "insufficient_security" },
	{ 80, "internal_error" }, { 86, "inappropriate_fallback" }, { 90, "user_canceled" },
	{ 109, "missing_extension" }, { 110, "unsupported_extension" },
	{ 112, "unrecognized_name" }, { 113, "bad_certificate_status_response" },
	{ 115, "unknown_psk_identity" }, { 116, "certificate_required" },
	{ 120, "no_application_protocol" } };

const char *facts_what_name(enum facts_what w)
{
	return whats[w];
}

const char *facts_end_name(enum facts_end e)
{
	return ends[e];
}

const char *facts_fetched_name(enum facts_fetched w)
{
	static const char *const names[] = { [FACTS_ISSUER] = N_("fetch-issuer"),
		[FACTS_CRL] = N_("fetch-crl"),
		[FACTS_OCSP] = N_("fetch-ocsp") };

	return names[w];
}

const char *facts_alert_name(int code)
{
	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alerts[i].code == code)
			return alerts[i].name;
	return "alert";
}

const char *facts_version_name(int version)
{
	static const char *const names[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2",
		"TLS 1.3" };

	return version >= 0x0300 && version <= 0x0304 ? names[version - 0x0300] : "TLS";
}

const struct facts_step *facts_last(const struct facts *f, enum facts_what what)
{
	for (size_t i = f->steps; i-- > 0;)
		if (f->step[i].what == what)
			return &f->step[i];
	return NULL;
}

struct facts_step *facts_note(struct facts *f, enum facts_what what, enum facts_end end)
{
	struct facts_step *s = &f->step[f->steps < FACTS_STEPS ? f->steps++ : FACTS_STEPS - 1];

	*s = (struct facts_step) { .what = what, .end = end };
	return s;
}

void facts_say(struct facts_step *s, const void *text, size_t n)
{
	store_clean(s->text, sizeof s->text, span_of(text, n));
}

int facts_cert(struct facts_tls *t, const void *der, size_t n)
{
	if (t->certs == FACTS_CERTS)
		return -1;
	t->cert[t->certs] = buf_new(FACTS_DER);
	if (buf_add(&t->cert[t->certs], der, n) < 0)
		return -1;
	t->certs++;
	return 0;
}

void facts_tls_free(struct facts_tls *t)
{
	for (size_t i = 0; i < t->certs; i++)
		buf_free(&t->cert[i]);
	t->certs = 0;
	buf_free(&t->staple);
}

void facts_free(struct facts *f)
{
	facts_tls_free(&f->tls);
	facts_tls_free(&f->bare);
	facts_tls_free(&f->other);
	for (size_t i = 0; i < f->fetches; i++)
		buf_free(&f->fetch[i].body);
	f->steps = f->fetches = 0;
}

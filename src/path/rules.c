/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "path/walk.h"
#include "pki/cert.h"

#define STRONG_BITS 112 /* RSA of 2048, SHA-224; SHA-1 is worth less than 80 */

/* ---- extensions ------------------------------------------------------------------------------ */

/* What OpenSSL could not read, it takes for not there. */
void path_judge_readable(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 0; i < w->length; i++)
		if (X509_get_extension_flags(w->way[i]) & EXFLAG_INVALID)
			path_find(w, "certificate-refused",
			    _("an extension of %.120s can't be read, or stands there twice"),
			    path_subject(w->way[i], who));
}

/* ---- dates ----------------------------------------------------------------------------------- */

static const char *day(time_t when, char out[32])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		out[0] = '\0';
	return out;
}

void path_judge_dates(struct walk *w)
{
	char who[PATH_TEXT], text[32];

	for (size_t i = 0; i < w->length; i++) {
		time_t from = 0, until = 0;

		(void)cert_times(w->way[i], &from, &until);
		if (w->in->now > until)
			path_find(w, "expired", _("%.120s expired on %s"),
			    path_subject(w->way[i], who), day(until, text));
		if (w->in->now < from)
			path_find(w, "not-yet-valid", _("%.120s is valid from %s on"),
			    path_subject(w->way[i], who), day(from, text));
	}
}

/* ---- purposes and CAs ------------------------------------------------------------------------ */

#define LEAF_USAGE (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)

static int is_for_servers(X509 *x)
{
	/* Without the extension all purposes are allowed; anyExtendedKeyUsage is one. */
	return !(X509_get_extension_flags(x) & EXFLAG_XKUSAGE) ||
	       X509_get_extended_key_usage(x) & (XKU_SSL_SERVER | XKU_ANYEKU);
}

void path_judge_purposes(struct walk *w)
{
	size_t issuers = w->out->anchored ? w->length - 1 : w->length;
	char who[PATH_TEXT];

	for (size_t i = 0; i == 0 || i < issuers; i++)
		if (!is_for_servers(w->way[i]))
			path_find(w, "wrong-purpose",
			    _("the extended key usage of %.120s does not have serverAuth"),
			    path_subject(w->way[i], who));
	if (!(X509_get_key_usage(w->way[0]) & LEAF_USAGE))
		path_find(w, "wrong-purpose",
		    _("the key usage of %.120s has nothing that TLS needs"),
		    path_subject(w->way[0], who));
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
		    path_subject(w->way[at], who), most, below);
}

static void judge_most(struct walk *w)
{
	size_t below = 1;

	for (size_t i = 1; i + 1 < w->length; i++)
		below += !is_self_issued(w->way[i]);
	if (w->in->most > 0 && below > w->in->most)
		path_find(w, "path-too-long",
		    _("the client allows %zu certificates below a root, and there are %zu"),
		    w->in->most, below);
}

void path_judge_issuers(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 1; i < w->length; i++) {
		X509 *x = w->way[i];

		/* An anchor of version 1 says nothing, and is one because it is in the store. */
		if (w->from[i] != WALK_ANCHOR && !(X509_get_extension_flags(x) & EXFLAG_CA))
			path_find(w, "not-a-ca", _("%.120s is no CA"), path_subject(x, who));
		else if (!(X509_get_key_usage(x) & KU_KEY_CERT_SIGN))
			path_find(w, "not-a-ca",
			    _("the key usage of %.120s does not have keyCertSign"),
			    path_subject(x, who));
		judge_length(w, i);
	}
	judge_most(w);
}

/* ---- strength -------------------------------------------------------------------------------- */

void path_judge_strength(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 0; i < w->length; i++) {
		X509 *x = w->way[i];
		EVP_PKEY *key = X509_get0_pubkey(x);
		int bits = 0, digest = NID_undef;

		if (key && EVP_PKEY_get_security_bits(key) < STRONG_BITS)
			path_find(w, "weak-key", _("the key of %.120s has %d bits"),
			    path_subject(x, who), EVP_PKEY_get_bits(key));
		/* Nobody verifies an anchor's signature, nor that of what has signed itself. */
		if (w->from[i] == WALK_ANCHOR || (i > 0 && is_self_issued(x)))
			continue;
		if (X509_get_signature_info(x, &digest, NULL, &bits, NULL) == 1 &&
		    bits < STRONG_BITS)
			path_find(w, "weak-signature", _("%.120s is signed with %s"),
			    path_subject(x, who), digest == NID_undef ? "?" : OBJ_nid2sn(digest));
	}
}

/* ---- order ----------------------------------------------------------------------------------- */

void path_judge_order(struct walk *w)
{
	char who[PATH_TEXT];

	for (size_t i = 1; i < w->length; i++)
		if (w->from[i] >= 0 && w->from[i - 1] >= 0 && w->from[i] != w->from[i - 1] + 1) {
			path_find(w, "bad-chain-order",
			    _("%.120s is sent as number %d, and should be number %zu"),
			    path_subject(w->way[i], who), w->from[i] + 1, i + 1);
			return;
		}
}

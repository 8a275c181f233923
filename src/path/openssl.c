/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "path/walk.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

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

		path_find(w, id, _("%.120s: %.100s"), at ? path_subject(at, who) : who,
		    X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	}
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
}

/*
 * What is not looked for elsewhere, OpenSSL may know: an extension that is critical and unknown.
 * Most chains are right for strict clients as well, and are looked at once.
 */
static void ask_both_ways(struct walk *w)
{
	struct path_finding strict;

	ask_openssl(w, "not-strict", X509_V_FLAG_X509_STRICT);
	if (w->out->finds == 0)
		return;
	strict = w->out->found[0];
	w->out->finds = 0;
	ask_openssl(w, "certificate-refused", 0);
	if (w->out->finds == 0)
		w->out->found[w->out->finds++] = strict;
}

void path_judge_rest(struct walk *w)
{
	char who[PATH_TEXT];

	if (w->out->finds > 0)
		return;
	ask_both_ways(w);
	/* RFC 8446 4.4.2.2; without the extension all is allowed. */
	if (w->out->finds == 0 && !(X509_get_key_usage(w->way[0]) & KU_DIGITAL_SIGNATURE))
		path_find(w, "not-strict",
		    _("the key usage of %.120s does not have digitalSignature"),
		    path_subject(w->way[0], who));
}

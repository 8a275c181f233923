/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "path/walk.h"
#include "pki/cert.h"
#include "trust/roots.h"

#include <string.h>

/* ---- who breaks TLS open --------------------------------------------------------------------- */

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
		if (names_inspector(path_name(X509_get_issuer_name(w->way[i]), text))) {
			path_find(w, "intercepted", _("issued by %.120s"), text);
			return;
		}
}

/* Whether a CA of the same organisation is in the store: its root, most likely. */
static int is_related(const struct walk *w, const X509_NAME *name)
{
	char o[128], other[128];

	if (!path_part(name, NID_organizationName, o))
		return 0;
	for (size_t i = 0; i < w->in->trust->anchors.n; i++)
		if (path_part(X509_get_subject_name(w->in->trust->anchors.v[i]),
			NID_organizationName, other) &&
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

	if (path_part(issuer, NID_commonName, cn) && strcasestr(cn, "root"))
		return 0;
	return is_related(w, issuer) || says_where_issuer_is(last);
}

/* Who has asked for it to be fetched is told why it was not. */
static const char *nowhere(const struct walk *w, X509 *last)
{
	return w->in->issuers && !says_where_issuer_is(last)
		   ? _("; that names no place to fetch it from")
		   : "";
}

static int has_namesake(const struct walk *w, X509 *last)
{
	X509 **v;

	return path_named(&w->in->trust->anchors, X509_get_issuer_name(last), &v) > 0;
}

static int is_self_signed(struct walk *w, X509 *x)
{
	return path_has_signed(w, x, x);
}

static int is_below(struct walk *w, X509 *root)
{
	for (size_t i = 0; i < w->length; i++)
		if (path_has_signed(w, root, w->way[i]))
			return 1;
	return 0;
}

static void look_for_shipped(struct walk *w)
{
	const struct path_certs *shipped = path_shipped();

	for (size_t i = 0; i < shipped->n && !w->out->shipped; i++)
		if (is_below(w, shipped->v[i]))
			w->out->shipped = roots_amazon[i].name;
}

static void note_anchor(struct path *out, X509 *anchor)
{
	time_t from;

	(void)path_subject(anchor, out->anchor);
	(void)cert_times(anchor, &from, &out->anchor_until);
	(void)X509_digest(anchor, EVP_sha256(), out->anchor_digest, NULL);
}

void path_judge_end(struct walk *w)
{
	X509 *last = w->way[w->length - 1];
	char text[PATH_TEXT];

	if (w->out->anchored) {
		note_anchor(w->out, last);
		return;
	}
	(void)path_name(X509_get_issuer_name(last), w->out->top);
	look_for_inspector(w);
	look_for_shipped(w);
	if (w->length == 1 && is_self_signed(w, last))
		path_find(w, "self-signed", _("%.120s has signed itself, and is not in the store"),
		    path_subject(last, text));
	else if (has_namesake(w, last))
		path_find(w, "untrusted-root",
		    _("the store holds a CA named %.120s, but with another key"), w->out->top);
	else if (!w->out->shipped && !is_self_signed(w, last) && lacks_intermediate(w, last))
		path_find(w, "missing-intermediate",
		    _("nothing was sent for %.120s, who has issued the last certificate%s"),
		    w->out->top, nowhere(w, last));
	else
		path_find(w, "untrusted-root",
		    _("the chain ends in %.120s, which is not in the store"), w->out->top);
}

/* ---- what was not sent ----------------------------------------------------------------------- */

static void say_missing(struct walk *w, size_t at)
{
	const char *ends = w->out->anchored
			       ? _("with it the chain leads to the store")
			       : _("with it the chain still does not lead to the store");
	char who[PATH_TEXT];

	(void)path_subject(w->way[at], who);
	if (w->from[at] == WALK_EXTRA)
		path_find(w, "missing-intermediate", _("%.110s was not sent, but fetched; %s"), who,
		    ends);
	else
		path_find(w, "missing-intermediate",
		    _("%.110s was not sent; the store has it, though not as a CA to be trusted; "
		      "%s"),
		    who, ends);
}

/* A root need not be sent. */
void path_judge_missing(struct walk *w)
{
	for (size_t i = 1; i < w->length; i++) {
		int is_root = (X509_get_extension_flags(w->way[i]) & EXFLAG_SS) != 0;

		if (w->from[i] >= 0 || w->from[i] == WALK_ANCHOR || is_root)
			continue;
		w->out->completed = 1;
		say_missing(w, i);
	}
}

/* ---- the store's end ------------------------------------------------------------------------- */

/* What is in the store is believed: no signature is looked at. */
static X509 *issuer_among_anchors(const struct walk *w, X509 *x)
{
	X509 **v;
	size_t n = path_named(&w->in->trust->anchors, X509_get_issuer_name(x), &v);

	for (size_t i = 0; i < n; i++)
		if (X509_check_issued(v[i], x) == X509_V_OK)
			return v[i];
	return NULL;
}

/* OpenSSL takes no anchor that has an issuer of its own, unless told to (PARTIAL_CHAIN). */
void path_judge_root(struct walk *w)
{
	X509 *x = w->out->anchored ? w->way[w->length - 1] : NULL;
	char who[PATH_TEXT];

	for (size_t i = 0; x && i < PATH_CERTS; i++) {
		if (X509_get_extension_flags(x) & EXFLAG_SS)
			return;
		x = issuer_among_anchors(w, x);
	}
	if (w->out->anchored)
		path_find(w, "partial-chain",
		    _("the store holds %.120s, and not the root above it"),
		    path_subject(w->way[w->length - 1], who));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "path/walk.h"
#include "net/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

void path_judge_name(struct walk *w)
{
	X509 *leaf = w->way[0];
	char cn[128] = "", clean[PATH_TEXT];
	int names = read_names(leaf, w->out->names);

	if (!w->in->name || is_named(leaf, w->in->name))
		return;
	(void)path_part(X509_get_subject_name(leaf), NID_commonName, cn);
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

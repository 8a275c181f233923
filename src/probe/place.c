/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/place.h"

#include "base/clock.h"
#include "probe/talk.h"
#include "net/cidr.h"
#include "trust/store.h"
#include "wire/httpanswer.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define PORT      80
#define PORT_FREE 1024 /* below it are services to which a request may mean something */

/* ---- a URL ----------------------------------------------------------------------------------- */

/* No blank and no end of line, which would end the request's line; nothing that is not ASCII. */
static int is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"<>\\^`{|}#", s.p[i]))
			return 0;
	return 1;
}

static int is_host(struct span s, int v6)
{
	for (size_t i = 0; i < s.n; i++)
		if (v6 ? !isxdigit(s.p[i]) && !strchr(":.", s.p[i])
		       : !isalnum(s.p[i]) && !strchr("-._", s.p[i]))
			return 0;
	return s.n > 0;
}

/* ":8080", or nothing. */
static int take_port(struct span s, uint16_t *port)
{
	unsigned long n = 0;

	*port = PORT;
	if (s.n == 0)
		return 0;
	if (s.p[0] != ':' || s.n > 6)
		return -1;
	for (size_t i = 1; i < s.n; i++) {
		if (!isdigit(s.p[i]))
			return -1;
		n = n * 10 + (unsigned)(s.p[i] - '0');
	}
	if (n > UINT16_MAX || (n != PORT && n < PORT_FREE))
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static size_t before(struct span s, const char *any)
{
	size_t n = 0;

	while (n < s.n && !strchr(any, s.p[n]))
		n++;
	return n;
}

static int take_authority(struct place *p, struct span s)
{
	int v6 = s.n > 0 && s.p[0] == '[';
	struct span host = { 0 };

	if (v6)
		(void)span_skip(&s, 1);
	(void)span_take(&s, before(s, v6 ? "]" : ":"), &host);
	if ((v6 && span_skip(&s, 1) < 0) || !is_host(host, v6) || host.n >= sizeof p->host ||
	    take_port(s, &p->port) < 0)
		return -1;
	memcpy(p->host, host.p, host.n);
	return 0;
}

void place_read(struct place *p, struct span url)
{
	static const char scheme[] = "http://";
	struct span authority = { 0 };

	*p = (struct place) { .port = PORT };
	store_clean(p->url, sizeof p->url, url);
	if (!is_plain(url) || strlen(p->url) != url.n || url.n < sizeof scheme ||
	    strncasecmp(p->url, scheme, sizeof scheme - 1) != 0)
		return;
	(void)span_skip(&url, sizeof scheme - 1);
	(void)span_take(&url, before(url, "/?"), &authority);
	if (take_authority(p, authority) < 0)
		return;
	(void)snprintf(p->path, sizeof p->path, "%s%.*s", url.n && url.p[0] == '/' ? "" : "/",
	    (int)url.n, url.n ? (const char *)url.p : "");
}

/* ---- where certificates name them ------------------------------------------------------------ */

struct places {
	struct place *v;
	size_t n;
};

static void add(struct places *out, const GENERAL_NAME *g)
{
	const ASN1_STRING *s;

	if (g->type != GEN_URI || out->n == PLACE_MAX)
		return;
	s = g->d.uniformResourceIdentifier;
	place_read(
	    &out->v[out->n++], span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
}

static void find_access(X509 *x, int method, struct places *out)
{
	AUTHORITY_INFO_ACCESS *info = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(info); i++) {
		const ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(info, i);

		if (OBJ_obj2nid(a->method) == method)
			add(out, a->location);
	}
	AUTHORITY_INFO_ACCESS_free(info);
}

/* A list that somebody else than the issuer has signed, or of some reasons alone, is not read. */
static void find_lists(X509 *x, struct places *out)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *d = sk_DIST_POINT_value(points, i);

		if (!d->distpoint || d->distpoint->type != 0 || d->CRLissuer || d->reasons)
			continue;
		for (int j = 0; j < sk_GENERAL_NAME_num(d->distpoint->name.fullname); j++)
			add(out, sk_GENERAL_NAME_value(d->distpoint->name.fullname, j));
	}
	CRL_DIST_POINTS_free(points);
}

size_t place_find(struct x509_st *x, enum facts_fetched what, struct place out[PLACE_MAX])
{
	struct places found = { .v = out };

	if (what == FACTS_CRL)
		find_lists(x, &found);
	else
		find_access(x, what == FACTS_OCSP ? NID_ad_OCSP : NID_ad_ca_issuers, &found);
	ERR_clear_error();
	return found.n;
}

/* ---- who is asked ---------------------------------------------------------------------------- */

/* This host under no name; the link, where a cloud tells a machine its secrets, and those that
 * Alibaba and Azure have for that, and Amazon and Google in IPv6; many at once. */
static const char *const nobody[] = { "0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32",
	"169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128",
	"ff00::/8" };

/* What a NAT64 makes of it: the IPv4 address behind 64:ff9b::/96 (RFC 6052 2.1). */
static struct addr translated(const struct addr *a)
{
	static const uint8_t prefix[12] = { 0x00, 0x64, 0xff, 0x9b };
	struct addr to = *a;

	if (a->family != AF_INET6 || memcmp(a->ip, prefix, sizeof prefix) != 0)
		return to;
	to = (struct addr) { .family = AF_INET, .port = a->port };
	memcpy(to.ip, a->ip + sizeof prefix, 4);
	return to;
}

int place_may(const struct addr *addr)
{
	const struct addr at = translated(addr), *a = &at;
	struct err unused = { 0 };
	struct cidr block;

	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
		if (cidr_parse(&block, nobody[i], &unused) < 0 || cidr_holds(&block, a))
			return 0;
	return 1;
}

static int left(uint64_t until)
{
	uint64_t now = clock_us();

	return now < until ? (int)((until - now) / 1000) + 1 : 0;
}

static int resolve(
    const struct place *p, const struct place_ask *ask, struct addr found[RESOLVE_MAX])
{
	const struct names_ask who = { ask->names, p->host, p->port, ask->ms, ask->stop };
	struct err unused = { 0 };

	if (addr_parse_ip(&found[0], p->host) < 0)
		return names_ask(&who, found, &unused);
	found[0].port = p->port;
	return 1;
}

static void renew(struct talk *t, const struct place_ask *ask)
{
	talk_close(t);
	talk_init(t);
	t->stop = ask->stop;
}

/* To the first address that answers; each has its share of what is left of the time. */
static enum facts_end reach(
    struct talk *t, const struct place *p, const struct place_ask *ask, uint64_t until)
{
	struct addr found[RESOLVE_MAX];
	enum facts_end end = FACTS_NO_NAME;
	int n = resolve(p, ask, found);

	for (int i = 0; i < n && left(until) > 0; i++) {
		if (!place_may(&found[i])) {
			end = FACTS_NOT_TRIED;
			continue;
		}
		talk_step(t, left(until) / (n - i));
		if (talk_connect(t, &found[i]) == 0)
			return FACTS_OK;
		end = t->end;
		renew(t, ask);
	}
	return end;
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

/* HTTP/1.0: an answer to it has no chunks (RFC 9112 6.1). */
static void say(struct talk *t, const struct place *p, const struct place_ask *ask)
{
	struct buf out = buf_new(2048 + ask->request.n);
	int v6 = strchr(p->host, ':') != NULL;

	(void)buf_fmt(&out, "%s %s HTTP/1.0\r\nHost: %s%s%s", ask->request.n ? "POST" : "GET",
	    p->path, v6 ? "[" : "", p->host, v6 ? "]" : "");
	if (p->port != PORT)
		(void)buf_fmt(&out, ":%u", p->port);
	(void)buf_fmt(&out, "\r\nUser-Agent: dbtls/%s\r\nConnection: close\r\n", DBTLS_VERSION);
	if (ask->request.n)
		(void)buf_fmt(&out,
		    "Content-Type: application/ocsp-request\r\nContent-Length: %zu\r\n",
		    ask->request.n);
	(void)buf_add(&out, "\r\n", 2);
	if (ask->request.n)
		(void)buf_add(&out, ask->request.p, ask->request.n);
	talk_say(t, out.p, out.n);
	buf_free(&out);
}

/* What the end of the connection makes of an answer that may go on. */
static enum facts_end cut(const struct talk *t, enum httpanswer_read is)
{
	if (t->end == FACTS_CLOSED && is == HTTPANSWER_TO_END)
		return FACTS_OK;
	/* More came than there is room for. */
	return t->end == FACTS_STRANGE ? FACTS_UNFIT : t->end;
}

static enum facts_end hear(
    struct talk *t, const struct place_ask *ask, struct httpanswer *a, int *code)
{
	enum httpanswer_read is = HTTPANSWER_MORE;

	while (is == HTTPANSWER_MORE || is == HTTPANSWER_TO_END) {
		if (talk_hear(t) < 0)
			return cut(t, is);
		is = httpanswer_read(span_of(t->in.p, t->in.n), a);
		if (is == HTTPANSWER_NONSENSE)
			return FACTS_STRANGE;
		*code = a->status;
		if (a->status >= 200 && a->status != 200)
			return FACTS_ERROR;
		if (a->body.n > ask->max)
			return FACTS_UNFIT;
	}
	return FACTS_OK;
}

enum facts_end place_get(
    const struct place *p, const struct place_ask *ask, struct buf *body, int *code)
{
	uint64_t until = clock_us() + (uint64_t)ask->ms * 1000;
	struct httpanswer a = { 0 };
	enum facts_end end;
	struct talk t;

	*code = 0;
	*body = buf_new(ask->max);
	if (!*p->host)
		return FACTS_NOT_TRIED;
	talk_init(&t);
	t.stop = ask->stop;
	end = reach(&t, p, ask, until);
	if (end == FACTS_OK) {
		t.in = buf_new(HTTPANSWER_HEAD_MAX + ask->max);
		talk_step(&t, left(until));
		say(&t, p, ask);
		end = hear(&t, ask, &a, code);
	}
	if (end == FACTS_OK && buf_add(body, a.body.p, a.body.n) < 0)
		end = FACTS_LOCAL;
	talk_close(&t);
	return end;
}

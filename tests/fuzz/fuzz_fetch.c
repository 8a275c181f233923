/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was fetched, as anybody may answer: a first byte says which kind it is to be. What can be
 * read of it is held against a chain; and the same bytes are a URL of a certificate.
 */
#include "doctor/diagnose.h"
#include "probe/fetch.h"
#include "path/path.h"
#include "probe/place.h"
#include "fuzz.h"
#include "lab/forge.h"

#include <openssl/x509.h>
#include <time.h>

enum { LEAF, ISSUER, ROOT, CERTS };

static const struct forged specs[CERTS] = {
	[LEAF] = { .cn = "@", .dns = { "@" }, .issuer = ISSUER, .to = 86400, .pathlen = -1 },
	[ISSUER] = { .cn = "CA", .issuer = ROOT, .to = 86400, .ca = 1, .pathlen = -1 },
	[ROOT] = { .cn = "root", .issuer = FORGE_SELF, .to = 86400, .ca = 1, .pathlen = -1 },
};

static struct span der[CERTS];
static struct path_trust *trust;

static void prepare(void)
{
	struct err e = { 0 };
	struct forge *f =
	    forge_make(specs, CERTS, "good", "db.example.com", "http://127.0.0.1:9", &e);
	struct anchor anchor = { .servers = ANCHOR_MAY };
	const struct store store = { .anchors = &anchor, .n = 1 };

	HOLDS(f);
	for (size_t i = 0; i < CERTS; i++) {
		unsigned char *p = NULL;
		int n = i2d_X509(forge_cert(f, i), &p);

		HOLDS(n > 0);
		der[i] = span_of(p, (size_t)n);
	}
	anchor.der = der[ROOT];
	trust = path_trust_new(&store, &e);
	HOLDS(trust);
	forge_free(f);
	forge_forget();
}

/* Nobody can make a verdict of what is not signed by the chain's own CAs, but that it is unknown.
 */
static void is_told(const struct path *p)
{
	HOLDS(p->finds <= PATH_FINDINGS);
	for (size_t i = 0; i < p->finds; i++) {
		HOLDS(diagnose_cause(p->found[i].id));
		HOLDS(strcmp(p->found[i].id, "revoked") != 0);
	}
}

static void judge(enum facts_fetched what, const struct span *v, size_t n)
{
	struct path_input in = {
		.trust = trust,
		.served = der,
		.n = what == FACTS_ISSUER ? 1 : 2,
		.name = "db.example.com",
		.revocation = 1,
		.now = time(NULL),
	};
	struct path path;
	struct err e = { 0 };

	if (what == FACTS_ISSUER) {
		in.extra = v;
		in.extras = n;
	}
	if (what == FACTS_CRL) {
		in.crl = v;
		in.crls = n;
	}
	if (what == FACTS_OCSP) {
		in.ocsp = v;
		in.ocsps = n;
	}
	HOLDS(path_judge(&in, &path, &e) == 0);
	is_told(&path);
}

static void read_url(struct span in)
{
	struct place p;

	place_read(&p, in);
	if (!*p.host)
		return;
	HOLDS(p.port == 80 || p.port >= 1024);
	HOLDS(p.path[0] == '/' && strlen(p.path) < sizeof p.path);
	HOLDS(strlen(p.url) == in.n && memcmp(p.url, in.p, in.n) == 0);
	for (const char *c = p.path; *c; c++)
		HOLDS(*c > ' ' && *c <= '~');
	HOLDS(!strpbrk(p.host, "/@ \r\n%\\?#[]"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), body[FETCH_CERTS];
	struct buf out[FETCH_CERTS];
	uint64_t kind;
	size_t n;
	int code;

	if (!trust)
		prepare();
	read_url(in);
	if (span_le(&in, 1, &kind) < 0)
		return 0;
	n = fetch_read((enum facts_fetched)(kind % 3), in, out, &code);
	HOLDS(n <= FETCH_CERTS && (n <= 1 || kind % 3 == FACTS_ISSUER));
	for (size_t i = 0; i < n; i++)
		body[i] = span_of(out[i].p, out[i].n);
	if (n > 0)
		judge((enum facts_fetched)(kind % 3), body, n);
	for (size_t i = 0; i < n; i++)
		buf_free(&out[i]);
	return 0;
}

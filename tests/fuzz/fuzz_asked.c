/* SPDX-License-Identifier: Apache-2.0 */
/* What a client asks of a certificate: HTTP with an OCSP request inside, or that alone. */
#include "fuzz.h"
#include "lab/asked.h"
#include "lab/forge.h"

static const struct forged certs[] = {
	{ .cn = "@", .dns = { "@" }, .issuer = 1, .to = 86400, .revocable = FORGE_OCSP },
	{ .cn = "CA", .issuer = FORGE_SELF, .to = 86400, .ca = 1, .pathlen = -1 },
};

static const struct forge *chain(void)
{
	static struct forge *f;
	struct err e;

	if (!f)
		f = forge_make(certs, 2, "good", "good.lab.dbtls.test", "http://127.0.0.1:9", &e);
	HOLDS(f);
	return f;
}

/* Whatever is asked, there is an answer. */
static void answer(const void *der, size_t n)
{
	struct buf out = buf_new(65536);
	struct err e;

	HOLDS(forge_ocsp(chain(), 0, der, n, &out, &e) == 0 && out.n > 0);
	buf_free(&out);
}

static void over_http(struct span in)
{
	struct http_request r;
	struct asked a;
	size_t head;
	int status;

	if (http_read(in, &r, &head) != HTTP_WHOLE || r.length > in.n - head)
		return;
	status = asked_read(&r, span_of(in.p + head, r.length), &a);
	HOLDS(status == 200 || status == 400 || status == 404);
	if (status != 200)
		return;
	HOLDS(strlen(a.label) > 0 && strlen(a.label) < sizeof a.label && a.index < 100);
	HOLDS(a.n <= sizeof a.der && (!a.crl || a.n == 0));
	if (!a.crl && a.n > 0)
		answer(a.der, a.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A sequence of ASN.1 is no method of HTTP. */
	if (size > 0 && data[0] == 0x30 && size <= ASKED_DER)
		answer(data, size);
	over_http(span_of(data, size));
	return 0;
}

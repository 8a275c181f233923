/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/form.h"

#include "keys/scheme.h"

#define SPACES       64
#define RANDOMS      64
#define NAMED_CURVE  3
#define UNCOMPRESSED 4

/* sizeof counts the NUL: it is the zero that ends the context string on the wire. */
static const char context[] = "TLS 1.3, server CertificateVerify";

/* RFC 8422 5.1.1 */
static const struct group {
	unsigned id;
	size_t point;
	int uncompressed; /* the point starts with 4 (RFC 8422 5.4.1) */
} groups[] = {
	{ 23, 65, 1 },  /* secp256r1 */
	{ 24, 97, 1 },  /* secp384r1 */
	{ 25, 133, 1 }, /* secp521r1 */
	{ 29, 32, 0 },  /* x25519 */
	{ 30, 56, 0 },  /* x448 */
};

static int tls13(struct span text)
{
	struct span spaces, words;

	if (span_take(&text, SPACES, &spaces) < 0 || span_take(&text, sizeof context, &words) < 0)
		return -1;
	for (size_t i = 0; i < spaces.n; i++)
		if (spaces.p[i] != ' ')
			return -1;
	if (memcmp(words.p, context, sizeof context) != 0)
		return -1;
	return text.n == 32 || text.n == 48 ? 0 : -1;
}

static const struct group *group_find(unsigned id)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

static int tls12(struct span text)
{
	const struct group *g;
	struct span head;

	if (span_skip(&text, RANDOMS) < 0 || span_take(&text, 4, &head) < 0)
		return -1;
	g = group_find((unsigned)head.p[1] << 8 | head.p[2]);
	if (head.p[0] != NAMED_CURVE || !g || head.p[3] != g->point || text.n != g->point)
		return -1;
	return g->uncompressed && text.p[0] != UNCOMPRESSED ? -1 : 0;
}

int form_check(struct span text, uint32_t algorithm)
{
	const struct scheme *s = scheme_find(algorithm);

	if (!s)
		return -1;
	if (s->tls13 && tls13(text) == 0)
		return 0;
	return tls12(text);
}

void form_text(uint8_t out[FORM_TEXT], const uint8_t hash[32])
{
	_Static_assert(FORM_TEXT == SPACES + sizeof context + 32, "the parts make the whole");
	memset(out, ' ', SPACES);
	memcpy(out + SPACES, context, sizeof context);
	memcpy(out + SPACES + sizeof context, hash, 32);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "front/library.h"

#include <string.h>

#define RUN 8 /* numbers in a row's run */
#define SET 4

/* What must all be so for a row's name. A list ends at its first 0, which no rule needs. */
struct row {
	const char *name;
	uint16_t suites[RUN]; /* the client's first below TLS 1.3 */
	uint16_t signs[RUN];  /* stand side by side among its signature algorithms */
	uint16_t groups[RUN]; /* the same among its groups */
	uint16_t has[SET];    /* extensions */
	uint16_t lacks[SET];  /* the same */
	uint8_t versions;     /* bits that are offered */
	uint8_t grease;       /* bits that are set */
	uint8_t openssl;      /* OpenSSL's order of extensions */
};

#define X25519           0x001d
#define P256             0x0017
#define P384             0x0018
#define P521             0x0019
#define X448             0x001e
#define FFDHE2048        0x0100
#define X25519MLKEM768   0x11ec
#define IS_TLS1_3(suite) ((suite) >> 8 == 0x13)

/* A library's own rows stand above what is OpenSSL's, and a driver's above its library's. */
static const struct row rows[] = {
	{ .name = "Java (Connector/J…)",
	    .has = { HELLO_EXT_STATUS_V2, HELLO_EXT_SIGNS_CERT },
	    .lacks = { HELLO_EXT_ETM } },
	/* Without OCSP, which a property of the JDK's turns off. */
	{ .name = "Java (Connector/J…)",
	    .suites = { 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xcca8, 0xc02f },
	    .has = { HELLO_EXT_SIGNS_CERT, HELLO_EXT_EMS },
	    .lacks = { HELLO_EXT_ETM } },
	{ .name = "Go (go-sql-driver…)",
	    .signs = { 0x0804, 0x0403, 0x0807, 0x0805 },
	    .has = { HELLO_EXT_SCT, HELLO_EXT_RENEGOTIATION },
	    .lacks = { HELLO_EXT_ETM } },
	/* At each strength RSA comes first, then the keys that are for RSA-PSS alone. */
	{ .name = "GnuTLS",
	    .signs = { 0x0501, 0x080a, 0x0805, 0x0503, 0x0808, 0x0601 },
	    .has = { HELLO_EXT_RENEGOTIATION } },
	{ .name = "rustls (Rust, Deno…)",
	    .signs = { 0x0503, 0x0403 },
	    .has = { HELLO_EXT_STATUS, HELLO_EXT_EMS },
	    .lacks = { HELLO_EXT_ETM } },
	{ .name = "BoringSSL (Chromium…)",
	    .signs = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501 },
	    .grease = HELLO_GREASE_SUITE | HELLO_GREASE_EXTENSION },
	{ .name = "BoringSSL (Bun…)",
	    .signs = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501 },
	    .lacks = { HELLO_EXT_ETM } },
	{ .name = "wolfSSL",
	    .signs = { 0x0603, 0x0503, 0x0403, 0x0203 },
	    .lacks = { HELLO_EXT_RENEGOTIATION, HELLO_EXT_STATUS } },
	{ .name = "NSS (Firefox…)",
	    .signs = { 0x0403, 0x0503, 0x0603 },
	    .has = { HELLO_EXT_EMS, HELLO_EXT_RECORD_LIMIT, HELLO_EXT_RENEGOTIATION },
	    .lacks = { HELLO_EXT_ETM } },

	/* Before 1.1.0: it still asks for heartbeats. */
	{ .name = "OpenSSL 1.0",
	    .has = { HELLO_EXT_POINTS, HELLO_EXT_GROUPS, HELLO_EXT_HEARTBEAT },
	    .lacks = { HELLO_EXT_EMS, HELLO_EXT_RENEGOTIATION } },

	{ .name = "Node.js (mysql2…)",
	    .suites = { 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067, 0xc028 },
	    .openssl = 1 },
	{ .name = "PHP (mysqlnd)",
	    .suites = { 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0x00a2, 0x00a3, 0x009f },
	    .openssl = 1 },
	/* Up to 8.0, up to 8.4, 9. */
	{ .name = "libmysqlclient (mysql…)",
	    .suites = { 0xc02b, 0xc02c, 0xc02f, 0xc023, 0xc027, 0xc030 },
	    .openssl = 1 },
	{ .name = "libmysqlclient (mysql…)",
	    .suites = { 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca9, 0xcca8, 0xc0ad },
	    .openssl = 1 },
	{ .name = "libmysqlclient (mysql…)",
	    .suites = { 0xc02b, 0xc02c, 0xcca9, 0xc0ad, 0xc0ac, 0xc02f },
	    .openssl = 1 },
	{ .name = "Python",
	    .suites = { 0xc02c, 0xc030, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc024, 0xc028 },
	    .openssl = 1 },
	{ .name = ".NET on Linux",
	    .suites = { 0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027 },
	    .openssl = 1 },
	{ .name = "OpenSSL 3.5+ (mariadb, Python, Ruby…)",
	    .suites = { 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f },
	    .groups = { X25519MLKEM768, X25519 },
	    .openssl = 1 },
	{ .name = "OpenSSL 3 (mariadb, Python, Ruby…)",
	    .suites = { 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f },
	    .groups = { FFDHE2048 },
	    .openssl = 1 },
	/* Those above would offer finite fields with TLS 1.3 as well. */
	{ .name = "OpenSSL 1.1.1 (mariadb, Python, Ruby…)",
	    .suites = { 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f },
	    .groups = { X25519, P256, X448, P521, P384 },
	    .versions = HELLO_TLS1_3,
	    .openssl = 1 },
	{ .name = "OpenSSL (mariadb, Python, Ruby…)",
	    .suites = { 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa, 0xc02b, 0xc02f },
	    .openssl = 1 },
	{ .name = "OpenSSL", .openssl = 1 },
};

/* ext_defs of OpenSSL's ssl/statem/extensions.c, the same order from 1.1.1 to 3.6. */
static const uint16_t openssl_order[] = { HELLO_EXT_RENEGOTIATION, HELLO_EXT_SNI,
	1 /* max_fragment_length */, 12 /* srp */, HELLO_EXT_POINTS, HELLO_EXT_GROUPS,
	HELLO_EXT_TICKET, HELLO_EXT_STATUS, 13172 /* next_proto_neg */, HELLO_EXT_ALPN,
	14 /* use_srtp */, HELLO_EXT_ETM, HELLO_EXT_SCT, HELLO_EXT_EMS, HELLO_EXT_SIGNS_CERT,
	HELLO_EXT_POST_HANDSHAKE, 19 /* client_certificate_type */,
	20 /* server_certificate_type */, HELLO_EXT_SIGNS, HELLO_EXT_VERSIONS, HELLO_EXT_PSK_MODES,
	HELLO_EXT_KEY_SHARE, 44 /* cookie */, 27 /* compress_certificate */, 42 /* early_data */,
	47 /* certificate_authorities */, 21 /* padding */, HELLO_EXT_PSK };

#define ORDERED (sizeof openssl_order / sizeof *openssl_order)

static size_t place(uint16_t extension)
{
	size_t i = 0;

	while (i < ORDERED && openssl_order[i] != extension)
		i++;
	return i;
}

/* All extensions are OpenSSL's, in its order, with two that it never leaves out by itself. */
static int is_openssl(const struct hello *h)
{
	size_t last = 0, at;

	for (size_t i = 0; i < h->extensions.n; i++) {
		at = place(h->extensions.v[i]);
		if (at == ORDERED || (i && at <= last))
			return 0;
		last = at;
	}
	return !h->grease && hello_has(&h->extensions, HELLO_EXT_POINTS) &&
	       hello_has(&h->extensions, HELLO_EXT_EMS);
}

static int has_all(const struct hello *h, const uint16_t *extensions)
{
	for (size_t i = 0; i < SET && extensions[i]; i++)
		if (!hello_has(&h->extensions, extensions[i]))
			return 0;
	return 1;
}

static int has_any(const struct hello *h, const uint16_t *extensions)
{
	for (size_t i = 0; i < SET && extensions[i]; i++)
		if (hello_has(&h->extensions, extensions[i]))
			return 1;
	return 0;
}

/* Whether the run stands in the list from there on. An empty one does. */
static int run_at(const struct hello_list *list, size_t at, const uint16_t *run)
{
	for (size_t i = 0; i < RUN && run[i]; i++, at++)
		if (at >= list->n || list->v[at] != run[i])
			return 0;
	return 1;
}

static int has_run(const struct hello_list *list, const uint16_t *run)
{
	size_t at = 0;

	while (at < list->n && !run_at(list, at, run))
		at++;
	return run[0] == 0 || at < list->n;
}

/* What a user sets for TLS 1.2 leaves the suites of TLS 1.3 alone, and the other way round. */
static int starts_with(const struct hello_list *suites, const uint16_t *run)
{
	size_t at = 0;

	while (at < suites->n && IS_TLS1_3(suites->v[at]))
		at++;
	return run_at(suites, at, run);
}

static int fits(const struct row *row, const struct hello *h, int openssl)
{
	if (row->openssl && !openssl)
		return 0;
	if ((h->versions & row->versions) != row->versions ||
	    (h->grease & row->grease) != row->grease)
		return 0;
	return has_all(h, row->has) && !has_any(h, row->lacks) &&
	       starts_with(&h->suites, row->suites) && has_run(&h->signs, row->signs) &&
	       has_run(&h->groups, row->groups);
}

const char *library_name(const struct hello *h)
{
	int openssl = is_openssl(h);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (fits(&rows[i], h, openssl))
			return rows[i].name;
	return NULL;
}

const char *library_known(const char *name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].name;
	return NULL;
}

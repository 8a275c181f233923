/* SPDX-License-Identifier: Apache-2.0 */
/* Whom certificates let in, as the parent hands it to a relay (T18). */
#include "tls/clients.h"
#include "tls/policy.h"

#include "base/buf.h"
#include "ca/authority.h"
#include "pki/pair.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct buf ca_pem, leaf_pem;

/* A CA in a folder, and a client's leaf of it. */
static int make(char *dir)
{
	struct buf key = buf_new(4096), spki = buf_new(4096);
	struct err e = { 0 };
	struct authority *a = mkdtemp(dir) ? authority_open(dir, time(NULL), &e) : NULL;
	struct leaf_request r = { .names = span_of("app1", 5), .seconds = 86400, .client = 1 };
	int rc = -1;

	ca_pem = buf_new(65536);
	leaf_pem = buf_new(65536);
	if (a && pair_make(&key, &spki, &e) == 0) {
		r.spki = span_of(spki.p, spki.n);
		rc = authority_issue(a, &r, time(NULL), &leaf_pem, &ca_pem, &e);
	}
	ok(rc == 0, "a CA, a key, a leaf %s", e.text);
	authority_free(a);
	buf_wipe(&key);
	buf_free(&spki);
	return rc;
}

static struct tls_clients *read_parts(
    const struct tls_clients_head *head, const char *names, struct span ca, const char *crl)
{
	struct buf all = buf_new(1 << 20);
	struct tls_clients *c = NULL;
	struct err e = { 0 };

	(void)buf_add(&all, head, sizeof *head);
	(void)buf_add(&all, ca.p, ca.n);
	(void)buf_add(&all, names, strlen(names) + 1);
	(void)buf_add(&all, crl, strlen(crl));
	c = tls_clients_read(all.p, all.n, &e);
	ok(c || e.text[0], "it is read, or a sentence says why not: %s", e.text);
	buf_free(&all);
	return c;
}

static int reads(const struct tls_clients_head *head, struct span ca, const char *crl)
{
	struct tls_clients *c = read_parts(head, "app1", ca, crl);
	int did = c != NULL;

	tls_clients_free(c);
	return did;
}

static void test_read(void)
{
	struct span ca = span_of(ca_pem.p, ca_pem.n), leaf = span_of(leaf_pem.p, leaf_pem.n);
	struct tls_clients_head head = { .ca_length = (uint32_t)ca.n, .names_length = 5 }, h;

	ok(reads(&head, ca, ""), "T18: a CA and a name");
	ok(!reads(&head, ca, "x"), "T18: bytes that no length counts are refused");
	h = head;
	h.ca_length++;
	ok(!reads(&h, ca, ""), "T18: and lengths of more than there is");
	h.ca_length = UINT32_MAX;
	ok(!reads(&h, ca, ""), "T18: a length past all bounds");
	h = head;
	h.names_length = 4;
	h.crl_length = 1;
	ok(!reads(&h, ca, ""), "T18: a name without its end");
	h = (struct tls_clients_head) { .ca_length = (uint32_t)leaf.n, .names_length = 5 };
	ok(!reads(&h, leaf, ""), "T18: a leaf is no CA: it would vouch for itself");
	h = (struct tls_clients_head) { .names_length = 5 };
	ok(!reads(&h, span_of("", 0), ""), "T18: no CA at all");
	h = head;
	h.crl_length = 4;
	ok(!reads(&h, ca, "none"), "T18: a CRL that is none");
}

/* A wrong certificate behind a good one must not be read past: its CA would be missing. */
static const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

static void test_broken(void)
{
	struct buf two = buf_new(65536);
	struct tls_clients_head head = { .names_length = 5 };

	(void)buf_add(&two, ca_pem.p, ca_pem.n);
	(void)buf_add(&two, broken, sizeof broken - 1);
	head.ca_length = (uint32_t)two.n;
	ok(!reads(&head, span_of(two.p, two.n), ""), "T18: a broken one behind a good one");
	buf_free(&two);
}

/* The same of the CAs of a database. */
static int trusts(const void *pem, size_t n)
{
	struct err e = { 0 }, checked = { 0 };
	struct ssl_ctx_st *ctx = tls_client_context(pem, n, &e);
	int rc = tls_anchors_check(pem, n, &checked);

	ok((ctx != NULL) == (rc == 0) && (ctx || e.text[0]),
	    "T19: the check agrees with the context: %s", e.text);
	tls_context_free(ctx);
	return rc == 0;
}

static void test_anchors(void)
{
	struct buf two = buf_new(65536);

	(void)buf_add(&two, ca_pem.p, ca_pem.n);
	ok(trusts(two.p, two.n), "T19: a CA");
	(void)buf_add(&two, ca_pem.p, ca_pem.n);
	ok(trusts(two.p, two.n), "T19: two, and twice the same");
	(void)buf_add(&two, broken, sizeof broken - 1);
	ok(!trusts(two.p, two.n), "T19: a broken one behind good ones is refused");
	ok(!trusts(ca_pem.p, ca_pem.n - 40), "T19: and one that is cut off");
	ok(!trusts("", 0) && !trusts("# no PEM\n", 9), "T19: and a file without any");
	buf_free(&two);
}

static void test_cut(void)
{
	struct tls_clients_head head = { .ca_length = (uint32_t)ca_pem.n };
	struct buf all = buf_new(65536);
	struct err e;
	int taken = 0;

	(void)buf_add(&all, &head, sizeof head);
	(void)buf_add(&all, ca_pem.p, ca_pem.n);
	for (size_t n = 0; n < all.n; n++) {
		struct tls_clients *c = tls_clients_read(all.p, n, &e);

		taken += c != NULL;
		tls_clients_free(c);
	}
	is_int(taken, 0, "T18: cut anywhere it is refused");
	buf_free(&all);
}

int main(void)
{
	char dir[] = "/tmp/dbtls-clients-XXXXXX", path[64];

	if (make(dir) == 0) {
		test_read();
		test_broken();
		test_anchors();
		test_cut();
	}
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, i ? "ca.key" : "ca.pem");
		(void)unlink(path);
	}
	(void)rmdir(dir);
	buf_free(&ca_pem);
	buf_free(&leaf_pem);
	return tap_done();
}

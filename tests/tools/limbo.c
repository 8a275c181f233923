/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the cases of x509-limbo (C2SP) for servers through the doctor's verifier:
 *
 *	limbo FILE
 *
 * For each one line: its id, what limbo expects ("SUCCESS", "FAILURE"), what came ("SUCCESS",
 * "FAILURE") and the findings, between tabs. Exit 2: the file can't be read.
 *
 * One rule for all: accepted is what has no finding but those that say nothing of the certificates
 * themselves (`aside`). Revocation is asked about where limbo has CRLs.
 */
#include "base/buf.h"
#include "path/path.h"
#include "trust/store.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CERTS 128

/* In what order they came, and in what form some clients want their store. */
static const char *const aside[] = { "bad-chain-order", "partial-chain" };

struct ders {
	unsigned char *v[CERTS];
	struct span span[CERTS];
	size_t n;
};

/* The first block of a PEM, whatever its name. */
static void add_pem(struct ders *d, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	char *name = NULL, *header = NULL;
	long n = 0;

	if (d->n < CERTS && PEM_read_bio(bio, &name, &header, &d->v[d->n], &n) == 1) {
		d->span[d->n] = span_of(d->v[d->n], (size_t)n);
		d->n++;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
}

static void add_pems(struct ders *d, const json_t *list)
{
	const json_t *pem;
	size_t i;

	json_array_foreach(list, i, pem) add_pem(d, json_string_value(pem));
}

static void drop(struct ders *d)
{
	while (d->n > 0)
		OPENSSL_free(d->v[--d->n]);
}

/* "2024-03-01T00:00:00.999000+00:00": the second that it lies in. Without one it is now. */
static time_t time_of(const json_t *text)
{
	struct tm tm = { 0 };

	if (!json_is_string(text) || !strptime(json_string_value(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return time(NULL);
	return timegm(&tm);
}

static int is_aside(const char *id)
{
	for (size_t i = 0; i < sizeof aside / sizeof *aside; i++)
		if (strcmp(aside[i], id) == 0)
			return 1;
	return 0;
}

static int is_accepted(const struct path *p)
{
	for (size_t i = 0; i < p->finds; i++)
		if (!is_aside(p->found[i].id))
			return 0;
	return 1;
}

static void tell(const json_t *test, int accepted, const struct path *p, const char *why)
{
	(void)printf("%s\t%s\t%s\t%s", json_string_value(json_object_get(test, "id")),
	    json_string_value(json_object_get(test, "expected_result")),
	    accepted ? "SUCCESS" : "FAILURE", why);
	for (size_t i = 0; i < p->finds; i++)
		(void)printf("%s: %s; ", p->found[i].id, p->found[i].text);
	(void)putchar('\n');
}

static void judge(const json_t *test, struct ders *served, const struct ders *crls,
    const struct path_trust *trust)
{
	const json_t *name = json_object_get(test, "expected_peer_name");
	const json_t *depth = json_object_get(test, "max_chain_depth");
	const struct path_input in = {
		.trust = trust,
		.served = served->span,
		.n = served->n,
		.crl = crls->span,
		.crls = crls->n,
		.revocation = crls->n > 0,
		.name = json_string_value(json_object_get(name, "value")),
		.most = json_is_integer(depth) ? (size_t)json_integer_value(depth) + 1 : 0,
		.now = time_of(json_object_get(test, "validation_time")),
	};
	struct path path;
	struct err e = { 0 };
	int rc = path_judge(&in, &path, &e);

	tell(test, rc == 0 && is_accepted(&path), &path, e.text);
}

static void run(const json_t *test)
{
	struct anchor anchors[CERTS] = { 0 };
	struct ders served = { .n = 0 }, trusted = { .n = 0 }, crls = { .n = 0 };
	struct store store = { .anchors = anchors };
	struct path_trust *trust;
	struct err e = { 0 };

	add_pem(&served, json_string_value(json_object_get(test, "peer_certificate")));
	add_pems(&served, json_object_get(test, "untrusted_intermediates"));
	add_pems(&trusted, json_object_get(test, "trusted_certs"));
	add_pems(&crls, json_object_get(test, "crls"));
	for (size_t i = 0; i < trusted.n; i++)
		anchors[i].der = trusted.span[i];
	store.n = trusted.n;
	trust = path_trust_new(&store, &e);
	if (trust)
		judge(test, &served, &crls, trust);
	path_trust_free(trust);
	drop(&served);
	drop(&trusted);
	drop(&crls);
}

static int is_of_server(const json_t *test)
{
	return strcmp(json_string_value(json_object_get(test, "validation_kind")), "SERVER") == 0;
}

int main(int argc, char **argv)
{
	json_error_t why;
	json_t *all = argc == 2 ? json_load_file(argv[1], 0, &why) : NULL;
	const json_t *test;
	size_t i;

	if (!all) {
		(void)fprintf(stderr, "usage: limbo FILE: %s\n", argc == 2 ? why.text : "");
		return 2;
	}
	json_array_foreach(json_object_get(all, "testcases"), i, test) if (is_of_server(test))
	    run(test);
	json_decref(all);
	return 0;
}

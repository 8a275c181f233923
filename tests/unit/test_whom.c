/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a client, by the facts; and the table in which it is kept. */
#include "front/cause.h"
#include "front/ledger.h"
#include "front/library.h"
#include "tap.h"
#include "wire/hello.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define BOTH (HELLO_TLS1_2 | HELLO_TLS1_3)
#define ALL  (BOTH | HELLO_TLS1_0 | HELLO_TLS1_1)

/* ---- causes ---------------------------------------------------------------------------------- */

/* As tests/flow/whom_a.t and whom_b.t saw real clients: docs/failures.md. */
static const struct {
	const char *what;
	struct cause_facts facts;
	enum cause cause;
} cases[] = {
	{ "Go, 42, our name",
	    { REASON_TLS_CERT_REFUSED, 42, "Go (go-sql-driver…)", CAUSE_SNI_OURS, BOTH, BOTH },
	    CAUSE_CA },
	{ "Go, 42, another name",
	    { REASON_TLS_CERT_REFUSED, 42, "Go (go-sql-driver…)", CAUSE_SNI_OTHERS, BOTH, BOTH },
	    CAUSE_NAME },
	{ "Go, 42, by an address",
	    { REASON_TLS_CERT_REFUSED, 42, "Go (go-sql-driver…)", CAUSE_SNI_NONE, BOTH, BOTH },
	    CAUSE_CA_OR_NAME },
	{ "Java, 46, without a name",
	    { REASON_TLS_CERT_REFUSED, 46, "Java (Connector/J…)", CAUSE_SNI_NONE, BOTH, BOTH },
	    CAUSE_CA },
	{ "Java leaves after TLS",
	    { REASON_LEFT_AFTER_TLS, 0, "Java (Connector/J…)", CAUSE_SNI_NONE, BOTH, BOTH },
	    CAUSE_NAME },
	{ "OpenSSL, 48",
	    { REASON_TLS_UNKNOWN_CA, 48, "OpenSSL 3 (mariadb, Python, Ruby…)", CAUSE_SNI_NONE, ALL,
		BOTH },
	    CAUSE_CA },
	{ "OpenSSL, 42", { REASON_TLS_CERT_REFUSED, 42, "Python", CAUSE_SNI_OURS, BOTH, BOTH },
	    CAUSE_NAME },
	{ "libmariadb 3.3 leaves after TLS",
	    { REASON_LEFT_AFTER_TLS, 0, "OpenSSL 3 (mariadb, Python, Ruby…)", CAUSE_SNI_NONE, ALL,
		BOTH },
	    CAUSE_CA_OR_NAME },
	{ "libmariadb 3.4 leaves in it, our name",
	    { REASON_TLS_LEFT, 0, "OpenSSL 3.5+ (mariadb, Python, Ruby…)", CAUSE_SNI_OURS, ALL,
		BOTH },
	    CAUSE_CA },
	{ "… without a name",
	    { REASON_TLS_LEFT, 0, "OpenSSL 3.5+ (mariadb, Python, Ruby…)", CAUSE_SNI_NONE, ALL,
		BOTH },
	    CAUSE_CA_OR_NAME },
	{ "Node leaves, our name",
	    { REASON_TLS_LEFT, 0, "Node.js (mysql2…)", CAUSE_SNI_OURS, BOTH, BOTH }, CAUSE_CA },
	{ "Node leaves, no name",
	    { REASON_TLS_LEFT, 0, "Node.js (mysql2…)", CAUSE_SNI_NONE, BOTH, BOTH },
	    CAUSE_CA_OR_NAME },
	{ "nobody that we know leaves",
	    { REASON_LEFT_AFTER_TLS, 0, NULL, CAUSE_SNI_NONE, BOTH, BOTH }, CAUSE_LATE },
	{ "… and with a name that is not ours",
	    { REASON_LEFT_AFTER_TLS, 0, NULL, CAUSE_SNI_OTHERS, BOTH, BOTH }, CAUSE_NAME },
	{ "nobody that we know, 42", { REASON_TLS_CERT_REFUSED, 42, NULL, 0, BOTH, BOTH },
	    CAUSE_CA_OR_NAME },
	{ "it leaves where there was no hello", { REASON_TLS_LEFT, 0, NULL, 0, 0, BOTH },
	    CAUSE_TLS_LEFT },
	{ "TLS 1.1", { REASON_TLS_VERSION, 0, NULL, 0, HELLO_TLS1_1 | HELLO_TLS1_0, BOTH },
	    CAUSE_OLD_TLS },
	{ "TLS 1.2 where 1.3 alone is taken",
	    { REASON_TLS_VERSION, 0, NULL, 0, HELLO_TLS1_2 | HELLO_TLS1_1, HELLO_TLS1_3 },
	    CAUSE_NO_TLS_1_3 },
	{ "TLS 1.3 where 1.2 alone is taken",
	    { REASON_TLS_VERSION, 0, NULL, 0, HELLO_TLS1_3, HELLO_TLS1_2 }, CAUSE_NO_TLS_1_2 },
	{ "a version that is allowed, and still", { REASON_TLS_VERSION, 70, NULL, 0, BOTH, BOTH },
	    CAUSE_VERSION },
	{ "no hello", { REASON_TLS_VERSION, 0, NULL, 0, 0, BOTH }, CAUSE_VERSION },
	{ "expired", { REASON_TLS_CERT_EXPIRED, 45, "Python", 0, BOTH, BOTH }, CAUSE_EXPIRED },
	{ "denied", { REASON_DENIED, 0, NULL, 0, 0, BOTH }, CAUSE_DENIED },
	{ "the database's fault", { REASON_UPSTREAM_AWAY, 0, NULL, 0, 0, BOTH }, CAUSE_NONE },
	{ "the door's own end", { REASON_DOOR_STOPS, 0, NULL, 0, 0, BOTH }, CAUSE_NONE },
	{ "no reason at all", { (enum reason)999, 0, NULL, 0, 0, BOTH }, CAUSE_NONE },
};

static void test_causes(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_str(cause_row(cause_of(&cases[i].facts))->id, cause_row(cases[i].cause)->id,
		    "%s: %s", cases[i].what, cause_row(cases[i].cause)->id);
}

static void test_rows(void)
{
	int good = 1;

	for (int i = 0; i < CAUSES; i++) {
		const struct cause_row *row = cause_row((enum cause)i);

		good = good && row->id && row->words && cause_by_id(row->id) == (enum cause)i;
	}
	ok(good, "every cause has an id of its own, and words");
	ok(cause_row((enum cause)CAUSES) == cause_row(CAUSE_NONE), "a number outside is none");
	is_int(cause_by_id("nobody's"), CAUSE_NONE, "an id that is not known is none");
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static struct ledger *ledger;

static struct ledger_row seen(enum cause cause, uint32_t host, const char *library)
{
	struct ledger_row row = { .cause = (uint8_t)cause, .family = AF_INET };
	uint32_t ip = htonl(0x0a000000 | host);

	memcpy(row.ip, &ip, sizeof ip);
	(void)snprintf(row.library, sizeof row.library, "%s", library);
	return row;
}

static void note(enum cause cause, uint32_t host, int64_t now)
{
	struct ledger_row row = seen(cause, host, "Python");

	ledger_note(ledger, &row, now);
}

static size_t rows_of(struct ledger_row out[LEDGER_ROWS])
{
	size_t n = 0;

	for (size_t i = 0; i < LEDGER_ROWS; i++)
		n += (size_t)ledger_read(ledger, i, &out[n]);
	return n;
}

static struct ledger_row all[LEDGER_ROWS];

static int has(uint32_t host)
{
	size_t n = rows_of(all);
	struct ledger_row row = seen(CAUSE_NONE, host, "");

	for (size_t i = 0; i < n; i++)
		if (memcmp(all[i].ip, row.ip, sizeof row.ip) == 0)
			return 1;
	return 0;
}

static void test_counts(void)
{
	struct ledger_row row = seen(CAUSE_CA, 7, "Python");

	memset(ledger, 0, sizeof *ledger);
	is_int(rows_of(all), 0, "memory of zeros is an empty ledger");
	(void)snprintf(row.name, sizeof row.name, "db2.example.com");
	ledger_note(ledger, &row, 100);
	note(CAUSE_CA, 7, 200);
	is_int(rows_of(all), 1, "the same client twice is one row");
	is_int(all[0].count, 2, "… with its count");
	ok(all[0].first == 100 && all[0].last == 200, "… first and last");
	is_str(all[0].name, "db2.example.com", "… and the name that it had said before");
	note(CAUSE_NAME, 7, 200);
	note(CAUSE_CA, 8, 200);
	row = seen(CAUSE_CA, 7, "");
	ledger_note(ledger, &row, 300);
	is_int(rows_of(all), 4, "another cause, address or library is another row");
}

static void test_room(void)
{
	memset(ledger, 0, sizeof *ledger);
	for (uint32_t i = 0; i < LEDGER_CLIENTS; i++)
		note(CAUSE_CA, i, 1000 + i);
	note(CAUSE_CA, 0, 5000); /* the oldest is seen again */
	is_int(ledger->dropped, 0, "nothing is dropped while there is room");
	note(CAUSE_CA, 9999, 5001);
	is_int(ledger->dropped, 1, "then one is");
	ok(has(9999) && has(0) && !has(1), "… the one that was seen least recently");
	for (uint32_t i = 0; i < 10 * LEDGER_ROWS; i++)
		note(CAUSE_DENIED, 100000 + i, 6000 + i);
	ok(has(9999) && has(0) && has(2), "whoever only passes by pushes no client out");
	is_int(rows_of(all), LEDGER_ROWS, "… and has the rest of the table");
}

static void test_blocks(void)
{
	struct ledger_row row = { .cause = CAUSE_DENIED, .family = AF_INET6 };

	memset(ledger, 0, sizeof *ledger);
	for (int i = 0; i < 5; i++) {
		row.ip[0] = 0x20;
		row.ip[15] = (uint8_t)i;
		ledger_note(ledger, &row, 1);
	}
	is_int(rows_of(all), 1, "passers-by of one /64 are one row");
	row.cause = CAUSE_CA;
	for (int i = 0; i < 5; i++) {
		row.ip[15] = (uint8_t)i;
		ledger_note(ledger, &row, 1);
	}
	is_int(rows_of(all), 6, "clients are not");
}

/* What a relay that was taken over may write. */
static void test_lies(void)
{
	struct ledger_row *r = &ledger->row[3];
	struct ledger_row out;

	memset(ledger, 0, sizeof *ledger);
	memset(r, 0xff, sizeof *r);
	r->turn = 2;
	ok(!ledger_read(ledger, 3, &out), "a cause that there is not is no row");
	r->cause = CAUSE_CA;
	ok(!ledger_read(ledger, 3, &out), "nor is a family that there is not");
	r->family = AF_INET;
	ok(ledger_read(ledger, 3, &out), "texts without an end are a row");
	is_int(strlen(out.name), LEDGER_NAME - 1, "… cut where they must end");
	ok(strspn(out.name, "?") == strlen(out.name), "… and without what is not ASCII");
	is_str(out.library, "", "a library that there is not is none");
	is_int(out.ip[4], 0, "an IPv4 address has four bytes");
	r->turn = 3;
	ok(!ledger_read(ledger, 3, &out), "a row that is being written can't be read");
	ledger_open(ledger);
	r->cause = CAUSE_CA;
	ok(ledger_read(ledger, 3, &out), "… and is free for the next relay");
}

static void test_merge(void)
{
	struct ledger_row a = seen(CAUSE_CA, 1, "Python"), b = a;

	a.count = 2;
	a.first = 10;
	a.last = 20;
	(void)snprintf(a.user, sizeof a.user, "shop");
	b.count = 3;
	b.first = 5;
	b.last = 30;
	is_int(ledger_compare(&a, &b), 0, "one client of two relays compares as one");
	ledger_add(&a, &b);
	ok(a.count == 5 && a.first == 5 && a.last == 30, "… and adds up");
	is_str(a.user, "shop", "… with the user that one of them saw");
}

static void test_library(void)
{
	is_str(library_known("Python"), "Python", "a library that is known");
	ok(!library_known("python"), "one that is not");
}

int main(void)
{
	ledger = calloc(1, sizeof *ledger);
	if (!ledger)
		return 1;
	test_causes();
	test_rows();
	test_counts();
	test_room();
	test_blocks();
	test_lies();
	test_merge();
	test_library();
	free(ledger);
	return tap_done();
}

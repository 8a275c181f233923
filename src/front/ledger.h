/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with whom: a table of fixed size that a relay writes and the parent reads, in the
 * memory that they share. One row for each address, cause, library and endpoint; when there is no
 * room, the one that was seen least recently makes it. Rows of those who never spoke MySQL have a
 * part of their own: whoever scans the network can't push out a client.
 *
 * The parent does not trust what it reads: the relay may have been taken over.
 */
#ifndef FRONT_LEDGER_H
#define FRONT_LEDGER_H

#include "front/cause.h"
#include "net/addr.h"

#include <stdint.h>

#define LEDGER_CLIENTS 192
#define LEDGER_PASSERS 64 /* rows of those who only pass by (struct cause_row) */
#define LEDGER_ROWS    (LEDGER_CLIENTS + LEDGER_PASSERS)

#define LEDGER_LIBRARY  48
#define LEDGER_ENDPOINT 64
#define LEDGER_NAME     72
#define LEDGER_USER     34

/* Texts end in NUL, "" where there is none; name and user are log_quote's. */
struct ledger_row {
	uint32_t turn;  /* odd while it is being written */
	uint8_t cause;  /* enum cause; CAUSE_NONE: a free row */
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t ip[16];
	uint8_t versions; /* of TLS that it offers, as in struct hello; 0: not known */
	uint16_t error;   /* the MySQL error that it was given last; 0: none */
	char library[LEDGER_LIBRARY];
	char endpoint[LEDGER_ENDPOINT];
	char name[LEDGER_NAME]; /* that it connects by, as it says itself (SNI) */
	char user[LEDGER_USER];
	uint64_t count;
	int64_t first, last; /* time() */
};

struct ledger {
	uint64_t dropped; /* rows that made room for others */
	struct ledger_row row[LEDGER_ROWS];
};

/* Ready for a relay that has just started: what one before it was writing when it died is gone. */
void ledger_open(struct ledger *l);

/*
 * Notes that the client of *seen was seen at now. Of *seen: cause, ip, family, and the texts;
 * count, first and last are the ledger's. A passer-by of IPv6 is kept by its /64, since one host
 * may have all addresses of that.
 */
void ledger_note(struct ledger *l, const struct ledger_row *seen, int64_t now);

/*
 * A copy of row i that holds nothing but what it may: 1. 0: it is free, or can't be read. Texts
 * are ASCII then, but for library, which is one of front/library.h's names or "".
 */
int ledger_read(const struct ledger *l, size_t i, struct ledger_row *out);

/* The order that brings those together that are one row; for qsort: by cause and address first. */
int ledger_compare(const void *a, const void *b);

/* Adds b, which compares as equal, to a. */
void ledger_add(struct ledger_row *a, const struct ledger_row *b);

#endif

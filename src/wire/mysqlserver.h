/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MySQL protocol from the server's side: the packets that a server sends, and those of a client
 * that follow its login. Structs in, bytes out, and back; no I/O, no state.
 *
 * Sources: MySQL internals, "Connection Phase" (Protocol::HandshakeV10, AuthSwitchRequest),
 * "Text Protocol" (COM_QUERY Response, ColumnDefinition41), "Prepared Statements" (COM_STMT_*,
 * Binary Protocol Resultset Row), "Utility Commands".
 *
 * What sends a packet appends all of it, header included, numbers it *seq and counts that up. -1:
 * there is no room, or it would be longer than one packet can be; then nothing was appended.
 */
#ifndef WIRE_MYSQLSERVER_H
#define WIRE_MYSQLSERVER_H

#include "base/buf.h"
#include "base/span.h"
#include "wire/mysql.h"

#define MYSQL_CONNECT_WITH_DB 0x00000008u
#define MYSQL_CONNECT_ATTRS   0x00100000u

/*
 * What a server can offer that has no more than this file: no compression, no LOCAL INFILE, one
 * statement at a time, and rows that end in EOF.
 */
#define MYSQLSERVER_CAPABILITIES 0x003eff4fu

/* In a server's status. */
#define MYSQL_IN_TRANSACTION 0x0001u
#define MYSQL_AUTOCOMMIT     0x0002u

struct mysqlserver_greeting {
	const char *version, *plugin;
	uint32_t id, capabilities;
	unsigned status;
	uint8_t scramble[20]; /* none of them 0 */
};

int mysqlserver_greet(struct buf *out, uint8_t *seq, const struct mysqlserver_greeting *g);
int mysqlserver_ok(struct buf *out, uint8_t *seq, unsigned status);
int mysqlserver_eof(struct buf *out, uint8_t *seq, unsigned status);

/* AuthSwitchRequest: the client shall prove itself by that plugin. */
int mysqlserver_switch(
    struct buf *out, uint8_t *seq, const char *plugin, const uint8_t scramble[20]);

/* AuthMoreData of caching_sha2_password. */
enum mysqlserver_more {
	MYSQLSERVER_FAST = 3, /* the proof is right; OK follows */
	MYSQLSERVER_FULL = 4  /* send the password */
};
int mysqlserver_more(struct buf *out, uint8_t *seq, enum mysqlserver_more what);

/* ---- sets of rows ---------------------------------------------------------------------------- */

enum mysqlserver_kind { MYSQLSERVER_VARCHAR, MYSQLSERVER_BIGINT };

/* Columns first, then the values, row by row. All of it is text until it is sent. */
struct mysqlserver_set {
	struct buf text, cells;
	size_t columns, values;
};

#define MYSQLSERVER_COLUMNS 64

/* An empty set that may grow to so many bytes, and to as many cells. */
struct mysqlserver_set mysqlserver_set(size_t max);
void mysqlserver_set_free(struct mysqlserver_set *set);

/* -1: it is full. */
int mysqlserver_column(struct mysqlserver_set *set, enum mysqlserver_kind kind, struct span name);
/* Of a BIGINT: decimal digits, with a sign or without. */
int mysqlserver_value(struct mysqlserver_set *set, struct span text);
int mysqlserver_null(struct mysqlserver_set *set);

/* How the values of a row are sent: as COM_QUERY is answered, or as COM_STMT_EXECUTE is. */
enum mysqlserver_form { MYSQLSERVER_TEXT, MYSQLSERVER_BINARY };

int mysqlserver_rows(struct buf *out, uint8_t *seq, const struct mysqlserver_set *set,
    enum mysqlserver_form form, unsigned status);

/* COM_STMT_PREPARE_OK, with the definitions of so many parameters and of the set's columns. */
struct mysqlserver_prepared {
	uint32_t id;
	uint16_t params;
	unsigned status;
};
int mysqlserver_prepared(struct buf *out, uint8_t *seq, const struct mysqlserver_prepared *p,
    const struct mysqlserver_set *set);

/* ---- commands: the first byte of a packet that a client sends when its login is over --------- */

enum mysqlserver_command {
	COM_QUIT = 0x01,
	COM_INIT_DB = 0x02,
	COM_QUERY = 0x03,
	COM_FIELD_LIST = 0x04,
	COM_PING = 0x0e,
	COM_CHANGE_USER = 0x11,
	COM_STMT_PREPARE = 0x16,
	COM_STMT_EXECUTE = 0x17,
	COM_STMT_SEND_LONG_DATA = 0x18,
	COM_STMT_CLOSE = 0x19,
	COM_STMT_RESET = 0x1a,
	COM_RESET_CONNECTION = 0x1f
};

/*
 * The rest of COM_CHANGE_USER, behind its first byte, of a client with those capabilities; a login
 * without the packet's fixed part. -1: it isn't one.
 */
int mysqlserver_change_user(struct span body, uint32_t capabilities, struct mysql_login *l);

/* A value that came for a parameter: text, written as SQL would have it, or NULL. */
struct mysqlserver_param {
	uint16_t type; /* as the client said: it says so once, and may leave it at that */
	int null;
	char number[32];  /* where a number was written to */
	struct span text; /* borrowed from the packet, or number's */
};

/*
 * The rest of COM_STMT_EXECUTE, behind the statement's id: n parameters, whose types are kept from
 * one execution to the next. -1: it isn't one, or a type is none of numbers and strings.
 */
int mysqlserver_execute(struct span body, struct mysqlserver_param *params, size_t n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NSS databases: cert9.db is SQLite, a row of nssPublic each PKCS#11 object, a column "aXX" each
 * attribute by its number. A certificate and its trust are two objects with the same issuer and
 * serial number. Read from a copy in memory: no lock is taken from the browser that has it open.
 */
#include "base/i18n.h"
#include "trust/format.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define STEPS         1000    /* of SQLite's machine, between two looks at the clock that is work */
#define WORK_MAX      20000   /* so many times STEPS */
#define VALUE_MAX     1048576 /* bytes in one field */
#define TRUSTED_CA    0xce534352 /* CKT_NSS_TRUSTED_DELEGATOR */
#define TRUSTED       0xce534351
#define NEVER_TRUSTED 0xce53435a

/* CKA_CLASS a0, CKA_LABEL a3, CKA_VALUE a11, CKA_ISSUER a81, CKA_SERIAL_NUMBER a82,
 * CKA_TRUST_SERVER_AUTH ace536358; CKO_CERTIFICATE 1, CKO_NSS_TRUST CE534353. */
static const char question[] = "SELECT c.a11, c.a3, t.ace536358 FROM nssPublic c "
			       "LEFT JOIN nssPublic t ON t.a81 = c.a81 AND t.a82 = c.a82 "
			       "AND t.a0 = x'CE534353' WHERE c.a0 = x'00000001' ORDER BY c.id";

/* A stranger's schema may make a view of the table that never comes to an end. */
static int worked(void *arg)
{
	return ++*(int *)arg > WORK_MAX;
}

static enum anchor_servers servers_of(struct span trust)
{
	uint64_t v = 0;

	if (trust.n != 4 || span_be(&trust, 4, &v) < 0)
		return ANCHOR_MAY_NOT;
	if (v == NEVER_TRUSTED)
		return ANCHOR_DISTRUSTED;
	return v == TRUSTED_CA || v == TRUSTED ? ANCHOR_MAY : ANCHOR_MAY_NOT;
}

static struct span field(sqlite3_stmt *row, int i)
{
	const void *p = sqlite3_column_blob(row, i);
	int n = p ? sqlite3_column_bytes(row, i) : 0;

	return span_of(p, n > 0 ? (size_t)n : 0);
}

static int take_rows(struct store *s, sqlite3 *db, sqlite3_stmt *rows, struct err *e)
{
	int got;

	while ((got = sqlite3_step(rows)) == SQLITE_ROW)
		if (store_add_der(
			s, field(rows, 0), field(rows, 1), servers_of(field(rows, 2)), e) < 0)
			return -1;
	if (got != SQLITE_DONE)
		return err_set(
		    e, ERR_USER, _("the NSS database can't be read: %s"), sqlite3_errmsg(db));
	return 0;
}

static void harden(sqlite3 *db, int *work)
{
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	sqlite3_progress_handler(db, STEPS, worked, work);
}

/* SQLite wants a copy of its own, made by its own allocator. */
static int load(sqlite3 *db, struct span file)
{
	unsigned char *copy = sqlite3_malloc64(file.n);

	if (!copy)
		return SQLITE_NOMEM;
	memcpy(copy, file.p, file.n);
	return sqlite3_deserialize(db, "main", copy, (sqlite3_int64)file.n, (sqlite3_int64)file.n,
	    SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY);
}

int nss_read(struct store *s, struct span file, const struct store_secret *secret, struct err *e)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *rows = NULL;
	int work = 0;
	int rc = -1;

	(void)secret;
	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		goto out;
	harden(db, &work);
	if (load(db, file) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, question, -1, &rows, NULL) == SQLITE_OK) {
		rc = take_rows(s, db, rows, e);
		goto out;
	}
	(void)err_set(
	    e, ERR_USER, _("this is no NSS database that can be read: %s"), sqlite3_errmsg(db));
out:
	if (!db)
		(void)err_set(e, ERR_LOCAL, _("there is no memory left"));
	(void)sqlite3_finalize(rows);
	(void)sqlite3_close(db);
	return rc;
}

/* Chromium and Firefox have their own roots as well; these are what was added or taken away. */
static const struct hunt_row places[] = {
	{ "~/.pki/nssdb/cert9.db", N_("Chromium, Chrome") },
	{ "~/.local/share/pki/nssdb/cert9.db", N_("Chromium, Chrome") },
	{ "~/snap/chromium/current/.pki/nssdb/cert9.db", N_("Chromium (snap)") },
	{ "~/.var/app/org.chromium.Chromium/.pki/nssdb/cert9.db", N_("Chromium (flatpak)") },
	{ "~/.mozilla/firefox/*/cert9.db", N_("Firefox") },
	{ "~/snap/firefox/common/.mozilla/firefox/*/cert9.db", N_("Firefox (snap)") },
	{ "~/.var/app/org.mozilla.firefox/.mozilla/firefox/*/cert9.db", N_("Firefox (flatpak)") },
	{ "~/.thunderbird/*/cert9.db", N_("Thunderbird") },
	{ "/etc/pki/nssdb/cert9.db", N_("NSS programs of all users") },
	{ 0 },
};

static int nss_find(struct hunt *h)
{
	return hunt_rows(h, places);
}

const struct store_kind nss_kind = { .name = "nss", .find = nss_find, .besides = 1 };

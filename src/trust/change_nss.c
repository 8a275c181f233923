/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NSS databases. What they trust is authenticated with a key of their own, so that they are written
 * by certutil alone; where it isn't there, or the database asks for a password, the command is told
 * instead.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "trust/ask.h"
#include "trust/changing.h"
#include "trust/export.h"
#include "trust/way.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS   30
#define SAID_MAX  (4u << 20)
#define NICK_MAX  256
#define CA_FLAGS  "C,,"
#define WORDS_MAX 20

/* What certutil makes, in the order in which it is put there. */
static const char *const parts[] = { "pkcs11.txt", "key4.db", "cert9.db" };
#define PARTS (sizeof parts / sizeof *parts)

/* ---- certutil -------------------------------------------------------------------------------- */

/* What is not there yet is whose the folder is. */
static int is_roots(const char *path, struct err *e)
{
	struct way_owner who;
	int rc = way_owner(path, &who, e);

	if (rc < 0 && e->kind == ERR_SYS && e->sys == ENOENT)
		return 0;
	if (rc == 0 && who.uid != 0)
		return err_set(e, ERR_LOCAL,
		    _("%s is not root's, and the folder that it is in is: root would run what its "
		      "owner has put there; give both to one owner (chown)"),
		    path);
	return rc;
}

/*
 * Whoever can have the path lead elsewhere chooses what is loaded with the database, for it names
 * modules: for root that user runs certutil. What is root's is so to its last file.
 */
static int runner(const char *folder, struct way_owner *who, struct err *e)
{
	char path[PATH_MAX];
	int rc = 0;

	*who = (struct way_owner) { .uid = geteuid(), .gid = getegid() };
	if (who->uid == 0)
		rc = way_owner(folder, who, e);
	for (size_t i = 0; rc == 0 && who->uid == 0 && i < PARTS; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, parts[i]);
		rc = is_roots(path, e);
	}
	return rc;
}

/* What root runs is the system's own, whatever is in PATH. */
static int program(const char *name, const char **word, char path[PATH_MAX], struct err *e)
{
	*word = geteuid() == 0 ? layout_program(name, path) : name;
	return *word ? 0 : err_set(e, ERR_LOCAL, _("%s is not there"), name);
}

/* The group and the home that the user logs in with, if they are in the list of users. */
static void login(struct way_owner *who, char home[PATH_MAX])
{
	const struct passwd *pw = getpwuid(who->uid);

	if (pw)
		who->gid = pw->pw_gid;
	(void)snprintf(home, PATH_MAX, "HOME=%s", pw ? pw->pw_dir : "/");
}

/*
 * argv ends with NULL; its first word is certutil. What is loaded with the database is its owner's:
 * it gets nothing that is root's, but for what it is to read (input; 0: nothing).
 */
static int certutil(
    const char *folder, const char *const *argv, int input, struct buf *said, struct err *e)
{
	const char *all[WORDS_MAX] = { NULL };
	char setpriv[PATH_MAX], path[PATH_MAX], home[PATH_MAX], uid[32], gid[32];
	const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", home,
		NULL };
	struct ask a = {
		.argv = all, .input = input, .heard = 1, .seconds = SECONDS, .max = SAID_MAX
	};
	struct way_owner who;
	size_t n = 0;

	if (runner(folder, &who, e) < 0)
		return -1;
	login(&who, home);
	a.environment = geteuid() == 0 ? environment : NULL;
	a.alone = who.uid != geteuid();
	if (a.alone) {
		(void)snprintf(uid, sizeof uid, "--reuid=%lu", (unsigned long)who.uid);
		(void)snprintf(gid, sizeof gid, "--regid=%lu", (unsigned long)who.gid);
		if (program("setpriv", &all[n++], setpriv, e) < 0)
			return -1;
		all[n++] = uid;
		all[n++] = gid;
		all[n++] = "--clear-groups";
		/* It has no lock of the journal's, for which the next one would wait. */
		all[n++] = "--pdeathsig=KILL";
	}
	if (program(*argv++, &all[n++], path, e) < 0)
		return -1;
	while (*argv && n + 1 < WORDS_MAX)
		all[n++] = *argv++;
	return ask_run(&a, said, e);
}

static int certutil_quiet(const char *folder, const char *const *argv, int input, struct err *e)
{
	struct buf said;

	if (certutil(folder, argv, input, &said, e) < 0)
		return -1;
	buf_free(&said);
	return 0;
}

static void database(char out[PATH_MAX], const char *folder)
{
	(void)snprintf(out, PATH_MAX, "sql:%s", folder);
}

/* For certutil to read: a file in memory, which goes with us. */
static int certificate(const struct anchor *a, struct err *e)
{
	const struct export_pick pick = { .v = &a, .n = 1 };
	struct buf pem = buf_new(STORE_FILE_MAX);
	int fd = -1;

	if (export_write(&pick, EXPORT_PEM, "", &pem, e) == 0)
		fd = file_memory("dbtls-ca", pem.p, pem.n, e);
	buf_free(&pem);
	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static int put(
    const char *folder, const struct anchor *a, const char *nick, const char *flags, struct err *e)
{
	char db[PATH_MAX];
	const char *const argv[] = { "certutil", "-A", "-d", db, "-t", flags, "-n", nick, NULL };
	int fd = certificate(a, e), rc;

	if (fd < 0)
		return -1;
	database(db, folder);
	rc = certutil_quiet(folder, argv, fd, e);
	close(fd);
	return rc;
}

static int trust(const char *folder, const char *nick, const char *flags, struct err *e)
{
	char db[PATH_MAX];
	const char *const argv[] = { "certutil", "-M", "-d", db, "-t", flags, "-n", nick, NULL };

	database(db, folder);
	return certutil_quiet(folder, argv, 0, e);
}

static int drop(const char *folder, const char *nick, struct err *e)
{
	char db[PATH_MAX];
	const char *const argv[] = { "certutil", "-D", "-d", db, "-n", nick, NULL };

	database(db, folder);
	return certutil_quiet(folder, argv, 0, e);
}

/* A line of `certutil -L`: a nickname, blanks, flags, blanks. */
static void flags_in(char *line, const char *nick, char out[32])
{
	size_t n = strlen(nick), end = strlen(line);
	char *last;

	if (strncmp(line, nick, n) != 0 || line[n] != ' ')
		return;
	while (line[end - 1] == ' ')
		line[--end] = '\0';
	last = strrchr(line, ' ');
	if (end > n && last && last[1 + strspn(last + 1, "pPcCTugGwW,")] == '\0')
		(void)snprintf(out, 32, "%s", last + 1);
}

/* What it is trusted for there: "C,,"; "" if that can't be found out. */
static int flags_of(const char *folder, const char *nick, char out[32], struct err *e)
{
	char db[PATH_MAX];
	const char *const argv[] = { "certutil", "-L", "-d", db, NULL };
	struct buf said;

	*out = '\0';
	database(db, folder);
	if (certutil(folder, argv, 0, &said, e) < 0)
		return -1;
	if (buf_add(&said, "", 1) == 0)
		for (char *at = (char *)said.p, *line; (line = strsep(&at, "\n"));)
			flags_in(line, nick, out);
	buf_free(&said);
	return 0;
}

/* ---- a database ------------------------------------------------------------------------------ */

static int has_database(const char *folder)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/cert9.db", folder);
	return access(path, F_OK) == 0;
}

static int read_database(const char *folder, struct store_list *list, struct err *e)
{
	const struct store_where here = { .quick = 1 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%s/cert9.db", folder);
	if (store_name(list, path, e) < 0)
		return -1;
	store_read(&list->v[0], &here, NULL);
	if (!list->v[0].readable)
		*e = list->v[0].why;
	return list->v[0].readable ? 0 : -1;
}

/* certutil knows certificates by their nickname: with two of the same it would take either. */
static int is_alone(const struct store *s, const struct anchor *a, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		if (&s->anchors[i] != a && strcmp(s->anchors[i].label, a->label) == 0)
			return err_set(e, ERR_LOCAL,
			    _("it has two certificates with the name \"%s\", and certutil can't "
			      "tell them apart"),
			    a->label);
	return 0;
}

int change_nss_drop(const char *folder, const uint8_t sha256[SHA256_LENGTH], struct err *e)
{
	struct store_list list = { 0 };
	const struct anchor *a = NULL;
	int rc;

	/* One that we made, and that has gone. */
	if (!has_database(folder))
		return 0;
	rc = read_database(folder, &list, e);
	if (rc == 0)
		a = store_holds(&list.v[0], sha256);
	if (a)
		rc = is_alone(&list.v[0], a, e);
	if (a && rc == 0)
		rc = drop(folder, a->label, e);
	store_free(&list);
	return rc;
}

/*
 * The store lacks it. certutil puts it there trusted for nothing, and only then finds that it lacks
 * the database's password: what it leaves behind goes.
 */
static int add(
    const char *folder, const struct anchor *a, const char *nick, const char *flags, struct err *e)
{
	struct err none = { 0 };

	if (put(folder, a, nick, flags, e) == 0)
		return 0;
	(void)change_nss_drop(folder, a->sha256, &none);
	return -1;
}

/* It is there, but may be so for nothing. */
static int trust_again(const char *folder, const struct store *s, const struct anchor *a,
    const char *flags, struct err *e)
{
	char is[32];

	if (is_alone(s, a, e) < 0 || flags_of(folder, a->label, is, e) < 0)
		return -1;
	return strcmp(is, flags) == 0 ? 0 : trust(folder, a->label, flags, e);
}

int change_nss_put(const char *folder, const struct journal_step *step, struct err *e)
{
	struct store_list list = { 0 };
	struct anchor a = { .der = step->der };
	const struct anchor *there = NULL;
	int rc = read_database(folder, &list, e);

	memcpy(a.sha256, step->sha256, SHA256_LENGTH);
	if (rc == 0)
		there = store_holds(&list.v[0], step->sha256);
	if (rc == 0 && there)
		rc = trust_again(folder, &list.v[0], there, step->trust, e);
	if (rc == 0 && !there)
		rc = add(folder, &a, step->label, step->trust, e);
	store_free(&list);
	return rc;
}

/* ---- adding and removing --------------------------------------------------------------------- */

static const struct wanted_one *one_of(const struct changing *g, const struct anchor *a)
{
	for (size_t i = 0; i < g->c->wanted->n; i++)
		if (g->c->wanted->v[i].anchor == a)
			return &g->c->wanted->v[i];
	return &g->c->wanted->v[0];
}

static void nickname(const struct wanted_one *one, char out[NICK_MAX])
{
	(void)snprintf(out, NICK_MAX, "dbtls-%s-%02x%02x%02x%02x", one->name, one->sha256[0],
	    one->sha256[1], one->sha256[2], one->sha256[3]);
}

static int add_one(struct changing *g, const char *folder, const struct anchor *a, struct err *e)
{
	struct journal_step step = { .what = JOURNAL_NSS_ADDED, .path = folder };
	struct journal *j = changing_journal(g, e);
	char nick[NICK_MAX];

	nickname(one_of(g, a), nick);
	step.label = nick;
	memcpy(step.sha256, a->sha256, SHA256_LENGTH);
	if (!j || journal_step(j, &step, e) < 0)
		return -1;
	return add(folder, a, nick, CA_FLAGS, e);
}

static int remove_one(struct changing *g, const char *folder, const struct store *s,
    const uint8_t sha256[SHA256_LENGTH], struct err *e)
{
	const struct anchor *a = store_holds(s, sha256);
	struct journal_step step = { .what = JOURNAL_NSS_REMOVED, .path = folder };
	struct journal *j;
	char flags[32];

	if (is_alone(s, a, e) < 0 || flags_of(folder, a->label, flags, e) < 0)
		return -1;
	step.label = a->label;
	step.trust = *flags ? flags : CA_FLAGS;
	step.der = a->der;
	memcpy(step.sha256, sha256, SHA256_LENGTH);
	j = changing_journal(g, e);
	if (!j || journal_step(j, &step, e) < 0)
		return -1;
	return drop(folder, a->label, e);
}

static int carry_out(struct changing *g, const char *folder, const struct store *s,
    const struct changing_diff *d, struct err *e)
{
	for (size_t i = 0; i < d->adds; i++)
		if (add_one(g, folder, d->add[i], e) < 0)
			return -1;
	for (size_t i = 0; i < d->removes; i++)
		if (remove_one(g, folder, s, d->remove[i], e) < 0)
			return -1;
	return 0;
}

/* ---- the command, where we can't run it ------------------------------------------------------ */

/* Typed by root, it is run as the one that we would run it as. */
static void line_begin(struct buf *line, uid_t uid, const char *what, const char *db)
{
	if (uid != geteuid())
		(void)buf_fmt(line, "sudo -u '#%lu' ", (unsigned long)uid);
	(void)buf_fmt(line, "certutil %s -d ", what);
	change_quote(line, db);
}

/* The file is opened by who types it: the database's owner may not be allowed to read it. */
static void line_add(struct buf *line, const struct wanted_one *one, uid_t uid, const char *db)
{
	char nick[NICK_MAX], path[PATH_MAX];

	nickname(one, nick);
	if (!one->file)
		(void)buf_fmt(
		    line, "dbtls trust export --only %s --out %s.pem && ", one->name, one->name);
	line_begin(line, uid, "-A", db);
	(void)buf_fmt(line, " -t %s -n %s <", CA_FLAGS, nick);
	if (!one->file)
		(void)buf_fmt(line, "%s.pem", one->name);
	if (one->file)
		change_quote(line, file_absolute(one->file, path));
}

static void line_remove(struct buf *line, const struct anchor *a, uid_t uid, const char *db)
{
	line_begin(line, uid, "-D", db);
	(void)buf_fmt(line, " -n ");
	change_quote(line, a->label);
}

static void tell_command(
    struct changing *g, const char *folder, const struct store *s, const struct changing_diff *d)
{
	struct buf line = buf_new(CHANGING_TEXT_MAX);
	char db[PATH_MAX];
	struct way_owner who;
	struct err e = { 0 };

	if (runner(folder, &who, &e) < 0) {
		changing_failed(g, s->path, "--store", &e);
		goto out;
	}
	database(db, folder);
	for (size_t i = 0; i < d->adds + d->removes; i++) {
		if (i > 0)
			(void)buf_fmt(&line, " && ");
		if (i < d->adds)
			line_add(&line, one_of(g, d->add[i]), who.uid, db);
		if (i >= d->adds)
			line_remove(&line, store_holds(s, d->remove[i - d->adds]), who.uid, db);
	}
	if (buf_add(&line, "", 1) == 0)
		changing_tell(g, CHANGE_TYPE, s->path, (const char *)line.p);
out:
	buf_free(&line);
}

static int has_certutil(void)
{
	static const char *const argv[] = { "certutil", "-H", NULL };
	struct err e = { 0 };

	if (geteuid() == 0)
		return layout_has(*argv);
	/* It ends with a failure after its help, which shows that it is there. */
	return certutil_quiet("/", argv, 0, &e) == 0 || e.kind != ERR_SYS;
}

/* It says this, and ends, when there is nobody to type it. */
static int wants_password(const struct err *e)
{
	return strcasestr(e->text, "password") || strstr(e->text, "SEC_ERROR_BAD_PASSWORD") ||
	       strstr(e->text, "SEC_ERROR_TOKEN_NOT_LOGGED_IN");
}

static void folder_of(const struct store *s, char out[PATH_MAX])
{
	char path[PATH_MAX], *slash;

	(void)snprintf(out, PATH_MAX, "%s", file_absolute(s->path, path));
	slash = strrchr(out, '/');
	if (slash)
		*slash = '\0';
}

void change_nss_run(struct changing *g, const struct store *s)
{
	struct changing_diff d = { 0 };
	struct err e = { 0 };
	char folder[PATH_MAX];
	struct way_owner who;
	int rc = changing_diff(g, s, &d, &e);

	folder_of(s, folder);
	if (rc == 0)
		rc = changing_may(s->path, &e);
	if (rc == 0)
		rc = runner(folder, &who, &e);
	if (rc == 0 && !has_certutil()) {
		tell_command(g, folder, s, &d);
		goto out;
	}
	if (rc == 0 && g->c->dry) {
		changing_tell(g, CHANGE_WOULD, s->path, _("by certutil"));
		goto out;
	}
	if (rc == 0)
		rc = carry_out(g, folder, s, &d, &e);
	if (rc == 0)
		changing_tell(g, CHANGE_DONE, s->path, _("by certutil"));
	if (rc < 0 && wants_password(&e))
		tell_command(g, folder, s, &d);
	if (rc < 0 && !wants_password(&e))
		changing_failed(g, s->path, "--store", &e);
out:
	changing_diff_free(&d);
}

/* ---- a new database -------------------------------------------------------------------------- */

/* The folder that is looked for first, of a home that has a Chromium and no database yet. */
static int is_missing_in(const char *home, char folder[PATH_MAX])
{
	static const char *const browsers[] = { ".config/chromium", ".config/google-chrome" };
	static const char *const places[] = { ".local/share/pki/nssdb", ".pki/nssdb" };
	char path[PATH_MAX];
	int browser = 0;

	for (size_t i = 0; i < sizeof browsers / sizeof *browsers; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", home, browsers[i]);
		browser |= access(path, F_OK) == 0;
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		(void)snprintf(folder, PATH_MAX, "%s/%s", home, places[i]);
		if (has_database(folder))
			return 0;
	}
	return browser;
}

/* It names the folder that it was made in. */
static int move_text(const struct buf *text, const char *from, const char *to, struct buf *out)
{
	struct span rest = span_of(text->p, text->n);
	size_t n = strlen(from);

	while (rest.n > 0) {
		const uint8_t *at = memmem(rest.p, rest.n, from, n);
		size_t before = at ? (size_t)(at - rest.p) : rest.n;

		if (buf_add(out, rest.p, before) < 0 || (at && buf_add(out, to, strlen(to)) < 0))
			return -1;
		(void)span_skip(&rest, at ? before + n : before);
	}
	return 0;
}

static int move_part(
    struct changing *g, const char *made, const char *folder, const char *part, struct err *e)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct journal_file f = { .path = to, .is_new = 1 };
	struct buf was = { 0 }, now = buf_new(STORE_FILE_MAX);
	struct journal *j = changing_journal(g, e);
	int rc = -1;

	(void)snprintf(from, sizeof from, "%s/%s", made, part);
	(void)snprintf(to, sizeof to, "%s/%s", folder, part);
	if (!j || file_read(from, STORE_FILE_MAX, &was, e) < 0)
		goto out;
	rc = move_text(&was, made, folder, &now) < 0
		 ? err_set(e, ERR_LOCAL, _("%s is too large"), from)
		 : 0;
	f.now = span_of(now.p, now.n);
	if (rc == 0)
		rc = journal_write(j, &f, e);
out:
	buf_free(&was);
	buf_free(&now);
	return rc;
}

static int make_database(const struct changing *g, const char *made, struct err *e)
{
	char db[PATH_MAX], nick[NICK_MAX];
	const char *const argv[] = { "certutil", "-N", "-d", db, "--empty-password", NULL };
	int rc;

	database(db, made);
	rc = certutil_quiet(made, argv, 0, e);
	for (size_t i = 0; rc == 0 && i < g->c->wanted->n; i++) {
		nickname(&g->c->wanted->v[i], nick);
		rc = put(made, g->c->wanted->v[i].anchor, nick, CA_FLAGS, e);
	}
	return rc;
}

/* The certificates are to go even if somebody has put others there since. */
static int note_added(struct changing *g, const char *folder, struct err *e)
{
	struct journal *j = changing_journal(g, e);
	char nick[NICK_MAX];

	for (size_t i = 0; j && i < g->c->wanted->n; i++) {
		struct journal_step step = { .what = JOURNAL_NSS_ADDED, .path = folder };

		nickname(&g->c->wanted->v[i], nick);
		step.label = nick;
		memcpy(step.sha256, g->c->wanted->v[i].sha256, SHA256_LENGTH);
		if (journal_step(j, &step, e) < 0)
			return -1;
	}
	return j ? 0 : -1;
}

static int put_database(struct changing *g, const char *folder, struct err *e)
{
	char made[] = "/tmp/dbtls-nss-XXXXXX", above[PATH_MAX], path[PATH_MAX];
	int rc;

	if (!mkdtemp(made))
		return err_sys(e, _("make a folder in /tmp"));
	rc = make_database(g, made, e);
	(void)snprintf(above, sizeof above, "%.*s", (int)(strrchr(folder, '/') - folder), folder);
	(void)mkdir(above, 0700);
	if (rc == 0 && mkdir(folder, 0700) < 0 && errno != EEXIST)
		rc = err_sys(e, _("make the folder %s"), folder);
	if (rc == 0)
		rc = note_added(g, folder, e);
	for (size_t i = 0; i < PARTS; i++) {
		if (rc == 0)
			rc = move_part(g, made, folder, parts[i], e);
		(void)snprintf(path, sizeof path, "%s/%s", made, parts[i]);
		(void)unlink(path);
	}
	(void)rmdir(made);
	return rc;
}

/* Chromium makes its own when it first runs, and takes one in this place if it is there already. It
 * has to be its user's, and who runs this may be root: so it is for them to type. */
static void tell_none(struct changing *g)
{
	struct buf line = buf_new(CHANGING_TEXT_MAX);

	(void)buf_fmt(&line,
	    "mkdir -p ~/.pki/nssdb && certutil -N -d sql:$HOME/.pki/nssdb "
	    "--empty-password && %s --nss",
	    g->c->again);
	if (buf_add(&line, "", 1) == 0)
		changing_tell(g, CHANGE_TYPE, "~/.pki/nssdb", (const char *)line.p);
	buf_free(&line);
}

static void make_new(struct changing *g, const char *folder)
{
	char path[PATH_MAX];
	struct err e = { 0 };

	(void)snprintf(path, sizeof path, "%s/cert9.db", folder);
	if (!g->c->dry && put_database(g, folder, &e) < 0) {
		changing_failed(g, path, "--nss", &e);
		return;
	}
	changing_tell(
	    g, g->c->dry ? CHANGE_WOULD : CHANGE_DONE, path, _("a new database, by certutil"));
}

void change_nss_none(struct changing *g)
{
	const char *home = getenv("HOME");
	char folder[PATH_MAX];
	struct stat st;

	/* sudo may leave root with the home of somebody else. */
	if (home && *home == '/' && stat(home, &st) == 0 && st.st_uid == geteuid() &&
	    is_missing_in(home, folder) && has_certutil())
		make_new(g, folder);
	else
		tell_none(g);
}

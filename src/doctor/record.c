/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/record.h"

#include "base/file.h"
#include "base/i18n.h"
#include "doctor/fields.h"
#include "doctor/record_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT  "dbtls-facts"
#define BEGIN   "{\"format\":\"" FORMAT "\""
#define VERSION 1
#define STORES  256 /* of a machine */

/* How long others may hold a file before it is added to all the same. */
#define LOCK_TRIES 20
#define LOCK_PAUSE 50 /* milliseconds */

/* ---- the members ----------------------------------------------------------------------------- */

static const char *what_word(size_t n)
{
	return n < FACTS_WHATS ? facts_what_name((enum facts_what)n) : NULL;
}

static const char *end_word(size_t n)
{
	return n < FACTS_ENDS ? facts_end_name((enum facts_end)n) : NULL;
}

static const char *fetched_word(size_t n)
{
	return n <= FACTS_OCSP ? facts_fetched_name((enum facts_fetched)n) : NULL;
}

static const char *protocol_word(size_t n)
{
	static const char *const words[] = {
		[FACTS_MYSQL] = "mysql", [FACTS_HTTPS] = "https", [FACTS_TLS] = "tls"
	};

	return n < sizeof words / sizeof *words ? words[n] : NULL;
}

/* A row; a text, or what there are many of, knows its size by itself. */
#define AT(type, member, as)                                                                       \
	.name = #member, .kind = FIELD_##as, .at = offsetof(struct type, member)
#define TEXT(type, member) AT(type, member, TEXT), .size = sizeof((struct type *)0)->member
#define MANY(type, member, number, as)                                                             \
	AT(type, member, as),                                                                      \
	    .count = offsetof(struct type, number), .each = sizeof((struct type *)0)->member[0],   \
	    .most = sizeof((struct type *)0)->member / sizeof((struct type *)0)->member[0]

static const struct field step_fields[] = {
	{ AT(facts_step, what, WORD), .word = what_word },
	{ AT(facts_step, end, WORD), .word = end_word },
	{ AT(facts_step, code, INT) },
	{ AT(facts_step, ms, U32) },
	{ TEXT(facts_step, text) },
	{ 0 },
};

static const struct field tls_fields[] = {
	{ AT(facts_tls, version, INT) },
	{ TEXT(facts_tls, cipher) },
	{ AT(facts_tls, asked, FLAG) },
	{ MANY(facts_tls, cert, certs, EACH), .size = FACTS_DER },
	{ AT(facts_tls, staple, BYTES), .size = FACTS_DER },
	{ 0 },
};

static const struct field fetch_fields[] = {
	{ AT(facts_fetch, what, WORD), .word = fetched_word },
	{ AT(facts_fetch, end, WORD), .word = end_word },
	{ AT(facts_fetch, code, INT) },
	{ AT(facts_fetch, ms, U32) },
	{ TEXT(facts_fetch, url) },
	{ AT(facts_fetch, body, BYTES), .size = FACTS_BODY },
	{ 0 },
};

static const struct field facts_fields[] = {
	{ TEXT(facts, name) },
	{ AT(facts, port, U16) },
	{ AT(facts, protocol, WORD), .word = protocol_word },
	{ AT(facts, now, TIME) },
	{ AT(facts, address, ADDRESS) },
	{ TEXT(facts, server) },
	{ AT(facts, date, TIME) },
	{ TEXT(facts, proxy) },
	{ TEXT(facts, system) },
	{ MANY(facts, step, steps, LIST), .of = step_fields },
	{ AT(facts, tls, OBJECT), .of = tls_fields },
	{ AT(facts, bare, OBJECT), .of = tls_fields },
	{ AT(facts, other, OBJECT), .of = tls_fields },
	{ MANY(facts, fetch, fetches, LIST), .of = fetch_fields },
	{ AT(facts, issuers, FLAG) },
	{ AT(facts, revocation, FLAG) },
	{ 0 },
};

/* ---- the target ------------------------------------------------------------------------------ */

/* What its text says of that which "***" may stand for: a client's key is part of a longer word. */
struct meant {
	enum target_verify verify;
	int falls_back;
	struct target_note note[TARGET_NOTES];
	size_t notes;
};

static const char *verify_word(size_t n)
{
	static const char *const words[] = {
		[TARGET_UNSAID] = "unsaid",
		[TARGET_OFF] = "off",
		[TARGET_NONE] = "none",
		[TARGET_CA] = "ca",
		[TARGET_FULL] = "full",
	};

	return n < sizeof words / sizeof *words ? words[n] : NULL;
}

static const char *note_word(size_t n)
{
	/* Its id is that of another. */
	if (n == TARGET_REFUSED)
		return "option-refused";
	return n < TARGET_REFUSED ? target_note_id((enum target_note_kind)n) : NULL;
}

static const struct field note_fields[] = {
	{ AT(target_note, kind, WORD), .word = note_word },
	{ TEXT(target_note, sentence) },
	{ 0 },
};

static const struct field meant_fields[] = {
	{ AT(meant, verify, WORD), .word = verify_word },
	{ AT(meant, falls_back, FLAG) },
	{ MANY(meant, note, notes, LIST), .of = note_fields },
	{ 0 },
};

static json_t *put_meant(const struct target *t, struct fields_bytes *b)
{
	struct meant m = { .verify = t->verify, .falls_back = t->falls_back };

	for (; m.notes < t->notes && m.notes < TARGET_NOTES; m.notes++)
		m.note[m.notes] = t->note[m.notes];
	return fields_put(meant_fields, &m, b);
}

/*
 * Whether the target's text, as it was saved, says all of that again: then its sentences, which are
 * in the language of now, stay.
 */
static int is_said(const struct target *t, const struct meant *m)
{
	if (t->notes != m->notes)
		return 0;
	for (size_t i = 0; i < m->notes; i++)
		if (t->note[i].kind != m->note[i].kind)
			return 0;
	return 1;
}

static int get_meant(struct target *t, json_t *object, const struct fields_bytes *b, struct err *e)
{
	struct meant m = { .notes = 0 };
	struct target_note *notes;

	if (fields_get(meant_fields, object, &m, b, e) < 0)
		return -1;
	t->verify = m.verify;
	t->falls_back = m.falls_back;
	if (is_said(t, &m))
		return 0;
	notes = calloc(TARGET_NOTES, sizeof *notes);
	if (!notes)
		return err_set(e, ERR_SYS, _("no memory"));
	memcpy(notes, m.note, sizeof m.note);
	free(t->note);
	t->note = notes;
	t->notes = m.notes;
	return 0;
}

/* ---- what was wished ------------------------------------------------------------------------- */

/* That of it by which a check is judged and told. */
struct wished {
	int login;
	int ca; /* the store was named by --ca */
	enum stores_which stores;
};

static const char *stores_word(size_t n)
{
	static const char *const words[] = {
		[STORES_NONE] = "none", [STORES_FEW] = "few", [STORES_ALL] = "all"
	};

	return n < sizeof words / sizeof *words ? words[n] : NULL;
}

static const struct field wished_fields[] = {
	{ AT(wished, login, FLAG) },
	{ AT(wished, ca, FLAG) },
	{ AT(wished, stores, WORD), .word = stores_word },
	{ 0 },
};

static json_t *put_wished(const struct check_wish *w, struct fields_bytes *b)
{
	const struct wished wished = { w->login, w->ca != NULL, w->stores };

	return fields_put(wished_fields, &wished, b);
}

/* ---- a line, written ------------------------------------------------------------------------- */

static int is_told(const struct stores *s, const struct store *store)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->row[i].store == store)
			return 1;
	return 0;
}

/* Those of the machine that something is said of. */
static json_t *put_stores(const struct check *c, const struct check_wish *w, struct fields_bytes *b)
{
	const struct trusts_store *v = NULL;
	struct err unused = { 0 };
	json_t *all = json_array();
	size_t n = 0;

	if (c->stores.n > 0)
		v = trusts_machine(w->trusts, c->stores.which == STORES_FEW, &n, &unused);
	for (size_t i = 0; v && i < n; i++)
		if (is_told(&c->stores, v[i].store))
			b->failed |= json_array_append_new(all, record_store_put(&v[i], &c->facts,
								    c->stores.amazon, b)) < 0;
	return all;
}

static json_t *put_check(const struct check *c, const struct check_wish *w, struct fields_bytes *b)
{
	json_t *wished = put_wished(w, b), *facts = fields_put(facts_fields, &c->facts, b);
	json_t *store = c->store ? record_store_put(c->store, &c->facts, 0, b)
				 : record_store_put_why(c->store_path, c->store_why.text);
	json_t *stores = put_stores(c, w, b), *meant = put_meant(&c->target, b);

	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "format", FORMAT,
	    "version", VERSION, "target", c->target.text, "meant", meant, "wished", wished, "facts",
	    facts, "store", store, "stores", stores, "bytes", fields_put_bytes(b));
}

int record_line(struct buf *out, const struct check *c, const struct check_wish *w, struct err *e)
{
	struct fields_bytes bytes = { 0 };
	json_t *o = put_check(c, w, &bytes);
	char *text = o && !bytes.failed ? json_dumps(o, JSON_COMPACT) : NULL;
	int rc = -1;

	if (!text)
		(void)err_set(e, ERR_SYS, _("no memory"));
	else if (strlen(text) >= RECORD_LINE_MAX || buf_add(out, text, strlen(text)) < 0)
		(void)err_set(e, ERR_LOCAL,
		    _("what was seen of %.100s takes more than %u MiB, and is not saved"),
		    c->facts.name, RECORD_LINE_MAX >> 20);
	else
		rc = 0;
	free(text);
	json_decref(o);
	fields_bytes_free(&bytes);
	return rc;
}

/* ---- a line, read ---------------------------------------------------------------------------- */

static int get_store(struct check *c, json_t *store, const struct fields_bytes *b, struct err *e)
{
	struct store_list list = { 0 };
	const struct trusts_store *s = NULL;

	if (record_store_get(&list, store, b, e) == 0)
		s = trusts_take(c->own, &list, e);
	store_free(&list);
	if (!s)
		return -1;
	c->store_path = s->path;
	c->store = s->store->readable ? s : NULL;
	c->store_why = s->store->why;
	return 0;
}

static int get_stores(struct check *c, json_t *stores, const struct fields_bytes *b, struct err *e)
{
	struct store_list list = { 0 };
	json_t *item;
	size_t i;
	int rc = json_is_array(stores) && json_array_size(stores) <= STORES ? 0 : -1;

	if (rc < 0)
		(void)err_set(e, ERR_USER, _("is no list of at most %d"), STORES);
	json_array_foreach(stores, i, item)
	{
		if (rc == 0 && (rc = record_store_get(&list, item, b, e)) < 0)
			(void)err_prefix(e, "[%zu]", i);
	}
	if (rc == 0)
		rc = trusts_take_machine(c->own, &list, e);
	store_free(&list);
	return rc;
}

/* What a line holds, borrowed from it. */
struct held {
	const char *target;
	size_t length;
	json_t *meant, *wished, *facts, *store, *stores, *bytes;
};

static int get_members(json_t *line, struct held *h, struct err *e)
{
	const char *format = "";
	int version = 0;
	json_error_t j;

	if (json_unpack(line, "{s:s, s:i}", "format", &format, "version", &version) < 0 ||
	    strcmp(format, FORMAT) != 0)
		return err_set(e, ERR_USER, _("these are no facts as --facts writes them"));
	if (version != VERSION)
		return err_set(e, ERR_USER,
		    _("these facts are of version %d, and this dbtls reads version %d"), version,
		    VERSION);
	if (json_unpack_ex(line, &j, 0, "{s:s, s:i, s:s%, s:o, s:o, s:o, s:o, s:o, s:o!}", "format",
		&format, "version", &version, "target", &h->target, &h->length, "meant", &h->meant,
		"wished", &h->wished, "facts", &h->facts, "store", &h->store, "stores", &h->stores,
		"bytes", &h->bytes) < 0)
		return fields_fault(&j, e);
	return 0;
}

static int get_check(struct check *c, struct wished *wished, const struct held *h,
    const struct fields_bytes *b, struct err *e)
{
	if (check_read(c, span_of(h->target, h->length), e) < 0)
		return err_prefix(e, "target");
	c->own = trusts_new();
	if (!c->own)
		(void)err_set(e, ERR_SYS, _("no memory"));
	else if (get_meant(&c->target, h->meant, b, e) < 0)
		(void)err_prefix(e, "meant");
	else if (fields_get(wished_fields, h->wished, wished, b, e) < 0)
		(void)err_prefix(e, "wished");
	else if (fields_get(facts_fields, h->facts, &c->facts, b, e) < 0)
		(void)err_prefix(e, "facts");
	else if (get_store(c, h->store, b, e) < 0)
		(void)err_prefix(e, "store");
	else if (get_stores(c, h->stores, b, e) < 0)
		(void)err_prefix(e, "stores");
	else
		return 0;
	check_free(c);
	return -1;
}

/* As it was wished; but the store may be another now. */
static void take_wished(struct check *c, struct check_wish *w, const struct wished *wished)
{
	static const struct store_secret none;

	if (w->ca) {
		c->store_path = w->ca;
		c->store = trusts_get(w->trusts, w->ca, &none, &c->store_why);
	} else if (wished->ca) {
		w->ca = c->store_path;
	}
	w->login = wished->login;
	w->stores = wished->stores;
	w->trusts = c->own;
}

int record_read(struct check *c, struct check_wish *w, struct span line, struct err *e)
{
	struct fields_bytes bytes = { 0 };
	struct wished wished = { 0 };
	struct held h = { 0 };
	json_error_t j;
	json_t *o = NULL;
	int rc = -1;

	if (line.n > RECORD_LINE_MAX)
		return err_set(e, ERR_USER, _("is longer than %u MiB"), RECORD_LINE_MAX >> 20);
	o = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &j);
	if (!o) {
		(void)fields_fault(&j, e);
		(void)err_prefix(e, _("is no JSON"));
		goto out;
	}
	if (get_members(o, &h, e) < 0)
		goto out;
	if (fields_get_bytes(&bytes, h.bytes, FACTS_BODY, e) < 0) {
		(void)err_prefix(e, "bytes");
		goto out;
	}
	rc = get_check(c, &wished, &h, &bytes, e);
	if (rc == 0)
		take_wished(c, w, &wished);
out:
	json_decref(o);
	fields_bytes_free(&bytes);
	return rc;
}

int record_next(struct span *rest, struct span *line, size_t *number)
{
	while (rest->n) {
		const uint8_t *end = memchr(rest->p, '\n', rest->n);

		(void)span_take(rest, end ? (size_t)(end - rest->p) : rest->n, line);
		(void)span_skip(rest, 1);
		++*number;
		for (size_t i = 0; i < line->n; i++)
			if (!strchr(" \t\r", line->p[i]))
				return 1;
	}
	return 0;
}

/* ---- the file -------------------------------------------------------------------------------- */

struct record {
	int fd;
	char *path;
	int held; /* another process holds it, and was waited for */
};

/* Not another user's, nor one that has a second name, where somebody else may have put it. */
static int check_owner(const struct stat *st, const char *path, struct err *e)
{
	if ((st->st_uid == 0 || st->st_uid == geteuid()) && st->st_nlink == 1)
		return 0;
	return err_set(e, ERR_USER,
	    _("%s is another user's or has a second name (a hard link), and nothing is added to "
	      "it; name another file"),
	    path);
}

/* Lines of this format, or nothing. */
static int check_file(int fd, const char *path, struct err *e)
{
	char begin[sizeof BEGIN - 1];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_sys(e, _("look at %s"), path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_USER, _("%s is no file that facts can be added to"), path);
	if (check_owner(&st, path, e) < 0)
		return -1;
	n = pread(fd, begin, sizeof begin, 0);
	if (n < 0)
		return err_sys(e, _("read %s"), path);
	if (n == 0 || ((size_t)n == sizeof begin && memcmp(begin, BEGIN, sizeof begin) == 0))
		return 0;
	return err_set(e, ERR_USER,
	    _("%s holds something else than facts, and stays as it is; name another file"), path);
}

struct record *record_open(const char *path, struct err *e)
{
	struct record *r = calloc(1, sizeof *r);
	/* No FIFO is waited for, and no link followed: in /tmp it may be anybody's. */
	int flags = O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;

	if (!r || !(r->path = strdup(path))) {
		(void)err_set(e, ERR_SYS, _("no memory"));
		goto out;
	}
	r->fd = open(path, flags, 0600);
	if (r->fd < 0 && errno == ELOOP) {
		(void)err_set(e, ERR_USER,
		    _("%s is a link, and facts are added to no file by one; name the file itself"),
		    path);
		goto out;
	}
	if (r->fd < 0) {
		(void)err_sys(e, _("open %s"), path);
		goto out;
	}
	if (check_file(r->fd, path, e) == 0)
		return r;
	(void)close(r->fd);
out:
	if (r)
		free(r->path);
	free(r);
	return NULL;
}

void record_close(struct record *r)
{
	if (!r)
		return;
	(void)close(r->fd);
	free(r->path);
	free(r);
}

/* A line that another run could not end is ended first. */
static int is_cut(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* 0: it is held, or there are no locks. Who holds it for long is waited for once. */
static int lock(struct record *r)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE * 1000000L };
	int rc = flock(r->fd, LOCK_EX | LOCK_NB);

	for (int i = 0; rc < 0 && errno == EWOULDBLOCK && !r->held && i < LOCK_TRIES; i++) {
		(void)nanosleep(&pause, NULL);
		rc = flock(r->fd, LOCK_EX | LOCK_NB);
	}
	r->held = rc < 0;
	return rc == 0;
}

/* Another's line may be behind it by now where the file is not locked: then it stays cut. */
static int append(struct record *r, const struct buf *line, int locked, struct err *e)
{
	off_t size = lseek(r->fd, 0, SEEK_END);
	size_t skip = is_cut(r->fd, size) ? 0 : 1;

	if (file_write_all(r->fd, line->p + skip, line->n - skip, e) == 0)
		return 0;
	if (size >= 0 && locked)
		(void)!ftruncate(r->fd, size);
	return err_prefix(e, "%s", r->path);
}

int record_add(struct record *r, const struct check *c, const struct check_wish *w, struct err *e)
{
	struct buf line = buf_new(RECORD_LINE_MAX + 1);
	int rc = -1, locked;

	if (buf_add(&line, "\n", 1) < 0 || record_line(&line, c, w, e) < 0)
		goto out;
	if (buf_add(&line, "\n", 1) < 0) {
		(void)err_set(e, ERR_SYS, _("no memory"));
		goto out;
	}
	/* Several runs may add to one file; where it can't be locked, one write does for most. */
	locked = lock(r);
	rc = append(r, &line, locked, e);
	if (locked)
		(void)flock(r->fd, LOCK_UN);
out:
	buf_free(&line);
	return rc;
}

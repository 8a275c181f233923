/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/journal.h"

#include "base/file.h"
#include "base/i18n.h"
#include "trust/replace.h"
#include "trust/steps.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define GONE      ".gone" /* behind the number of a change that is being cleared away */
#define NAME_SIZE 32
#define OUTWAIT   30000 /* milliseconds */
#define PAUSE     50

struct journal {
	char path[PATH_MAX];
	int folder, lock;
	int running; /* inherited by what is run: nobody else begins while that goes on */
	/* The change under way. */
	unsigned number; /* 0: none */
	int change, steps;
	off_t length; /* of what is good in steps */
	unsigned count, copies;
	int broken; /* steps could not be put right: no more of them */
};

/* ---- the folders ----------------------------------------------------------------------------- */

/* Whoever else may write there could have files replaced. */
static int is_own(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, _("look at %s"), path);
	if (st.st_uid == geteuid() && !(st.st_mode & 022))
		return 0;
	return err_set(e, ERR_LOCAL,
	    _("%s, or what is in it, belongs to somebody else or may be written by others: such a "
	      "journal is not believed"),
	    path);
}

static int open_in(int folder, const char *name, int flags)
{
	return openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
}

static int open_folder_in(int folder, const char *name)
{
	return open_in(folder, name, O_RDONLY | O_DIRECTORY);
}

/* The number that a change's folder is named by; 0: it is none's. */
static unsigned number_of(const char *name)
{
	char *end;
	unsigned long n = isdigit((unsigned char)*name) ? strtoul(name, &end, 10) : 0;

	return n > 0 && n < UINT_MAX && (!*end || strcmp(end, GONE) == 0) ? (unsigned)n : 0;
}

static int is_gone(const char *name)
{
	return strchr(name, '.') != NULL;
}

static const char *name_of(unsigned number, const char *suffix, char out[NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, "%u%s", number, suffix);
	return out;
}

/* A stream of its own, which closes nothing of others. */
static DIR *list_folder(int folder, const char *name)
{
	int fd = open_folder_in(folder, name);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

/* "steps", or a copy of a file. */
static int is_part(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	if (strcmp(name, "steps") == 0)
		return 1;
	return digits > 0 &&
	       (strcmp(name + digits, ".was") == 0 || strcmp(name + digits, ".now") == 0);
}

/* What stays, for whatever reason, is cleared another time; what is not ours keeps its folder. */
static void remove_folder(int folder, const char *name)
{
	DIR *d = list_folder(folder, name);
	const struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)))
		if (is_part(entry->d_name))
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	(void)unlinkat(folder, name, AT_REMOVEDIR);
}

/* The name goes first: half a change must never be read. */
static int put_away(const struct journal *j, unsigned number, struct err *e)
{
	char is[NAME_SIZE], gone[NAME_SIZE];

	(void)name_of(number, "", is);
	(void)name_of(number, GONE, gone);
	if (renameat(j->folder, is, j->folder, gone) < 0)
		return err_sys(e, _("clear %s/%s away"), j->path, is);
	(void)fsync(j->folder);
	remove_folder(j->folder, gone);
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int read_own(int fd, const char *path, const char *name, struct buf *out, struct err *e)
{
	char part[16384];
	struct stat st;
	ssize_t n;

	if (is_own(fd, path, e) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_LOCAL, _("%s/%s is no ordinary file"), path, name);
	while ((n = read(fd, part, sizeof part)) > 0)
		if (buf_add(out, part, (size_t)n) < 0)
			return err_set(e, ERR_LOCAL, _("%s/%s is too large"), path, name);
	return n < 0 ? err_sys(e, _("read %s/%s"), path, name) : 0;
}

/* A change as it stands in the journal. */
struct change {
	const struct journal *j;
	unsigned number;
	int folder;
	struct buf text; /* steps point into it */
	struct steps steps;
};

static void change_free(struct change *c)
{
	steps_free(&c->steps);
	buf_free(&c->text);
	if (c->folder >= 0)
		close(c->folder);
	c->folder = -1;
}

static int read_steps(struct change *c, const char *name, struct err *e)
{
	int fd = open_in(c->folder, "steps", O_RDONLY);
	int rc;

	if (fd < 0 && errno == ENOENT)
		return -1;
	if (fd < 0)
		return err_sys(e, _("open %s/%s/steps"), c->j->path, name);
	rc = read_own(fd, c->j->path, name, &c->text, e);
	close(fd);
	if (rc < 0)
		return -1;
	if (steps_read(&c->steps, (char *)c->text.p, c->text.n, e) == 0)
		return 0;
	return e->kind == ERR_NONE ? -1 : err_prefix(e, "%s/%s", c->j->path, name);
}

/* -1 with ERR_NONE: its maker was killed before it had begun. Freed by the caller in any case. */
static int change_load(struct change *c, const struct journal *j, unsigned number, struct err *e)
{
	char name[NAME_SIZE];

	*c = (struct change) { .j = j, .number = number, .text = buf_new(STEPS_MAX) };
	*e = (struct err) { 0 };
	c->folder = open_folder_in(j->folder, name_of(number, "", name));
	if (c->folder < 0 && errno == ENOENT)
		return err_set(e, ERR_USER, _("there is no change %u in %s"), number, j->path);
	if (c->folder < 0)
		return err_sys(e, _("open %s/%s"), j->path, name);
	return read_steps(c, name, e);
}

/* The numbers of all changes, in no order; *v is the caller's to free in any case. */
static int numbers(const struct journal *j, unsigned **v, size_t *n, struct err *e)
{
	DIR *d = list_folder(j->folder, ".");
	const struct dirent *entry;
	size_t room = 0;

	*v = NULL;
	*n = 0;
	if (!d)
		return err_sys(e, _("open the folder %s"), j->path);
	while ((entry = readdir(d))) {
		unsigned number = is_gone(entry->d_name) ? 0 : number_of(entry->d_name);
		unsigned *more = *v;

		if (number && *n == room) {
			room = room ? 2 * room : 64;
			more = realloc(*v, room * sizeof *more);
		}
		if (number && !more)
			break;
		*v = more;
		if (number)
			(*v)[(*n)++] = number;
	}
	closedir(d);
	return entry ? err_set(e, ERR_LOCAL, _("memory is out")) : 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Beside files that were being written when their writer was killed. */
static void clear_beside(const struct steps_step *s)
{
	const char *path = s->is_file ? s->file.path : s->other.path;
	struct replace r;
	struct err e;

	if (!s->is_file && s->other.what != JOURNAL_LACKED)
		return;
	if (replace_open(&r, path, s->is_file ? REPLACE_NO_LINKS : REPLACE_ALL_LINKS, &e) < 0)
		return;
	if (s->is_file)
		(void)snprintf(r.beside, sizeof r.beside, "%s", s->file.beside);
	if (!s->is_file)
		replace_name_beside(&r, s->other.sha256);
	(void)replace_clear(&r);
	replace_close(&r);
}

static void tidy_change(const struct journal *j, unsigned number)
{
	char name[NAME_SIZE];
	struct change c;
	struct err e;

	/* Without a step there is nothing to take back, wherever its maker was stopped. */
	if (change_load(&c, j, number, &e) == 0 ? c.steps.n == 0 : e.kind == ERR_NONE)
		remove_folder(j->folder, name_of(number, "", name));
	for (size_t i = 0; i < c.steps.n; i++)
		clear_beside(&c.steps.v[i]);
	change_free(&c);
}

/* After those who were killed: nobody else is at work, for the lock is ours. */
static int tidy(const struct journal *j, struct err *e)
{
	DIR *d = list_folder(j->folder, ".");
	const struct dirent *entry;

	if (!d)
		return err_sys(e, _("open the folder %s"), j->path);
	while ((entry = readdir(d))) {
		unsigned number = number_of(entry->d_name);

		if (number && is_gone(entry->d_name))
			remove_folder(j->folder, entry->d_name);
		else if (number)
			tidy_change(j, number);
	}
	closedir(d);
	return 0;
}

static const char *home(void)
{
	const char *is = getenv("HOME");
	const struct passwd *pw = is && *is == '/' ? NULL : getpwuid(geteuid());

	return pw ? pw->pw_dir : is;
}

static int default_folder(char out[PATH_MAX], struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME");
	int n;

	if (geteuid() == 0)
		n = snprintf(out, PATH_MAX, "/var/lib/dbtls-trust");
	else if (state && *state == '/')
		n = snprintf(out, PATH_MAX, "%s/dbtls-trust", state);
	else
		n = snprintf(out, PATH_MAX, "%s/.local/state/dbtls-trust", home());
	return *out == '/' && n < PATH_MAX ? 0
					   : err_set(e, ERR_LOCAL, _("you have no home folder"));
}

/* With those above it that are missing. */
static int make_folder(char *path, struct err *e)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, _("make the folder %s"), path);
	return 0;
}

static int taken(const struct journal *j, struct err *e)
{
	char pid[16];
	ssize_t n;

	if (errno != EWOULDBLOCK)
		return err_sys(e, _("lock %s"), j->path);
	n = pread(j->lock, pid, sizeof pid - 1, 0);
	pid[n < 0 ? 0 : n] = '\0';
	return err_set(e, ERR_LOCAL,
	    _("process %ld is changing trust stores (%s): try again when it is done"),
	    strtol(pid, NULL, 10), j->path);
}

static ssize_t write_pid(int lock)
{
	char pid[16];
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

	return ftruncate(lock, 0) < 0 ? -1 : pwrite(lock, pid, (size_t)n, 0);
}

static int take(struct journal *j, struct err *e)
{
	j->lock = open_in(j->folder, "lock", O_RDWR | O_CREAT);
	if (j->lock < 0)
		return err_sys(e, _("open %s/lock"), j->path);
	if (flock(j->lock, LOCK_EX | LOCK_NB) < 0)
		return taken(j, e);
	/* For the message alone: a disk that is full must not keep anybody from taking back. */
	(void)write_pid(j->lock);
	return 0;
}

/*
 * A system's command may live longer than whoever ran it and was killed, and writes stores until
 * it ends. A daemon that it has started does so for ever, and is not waited for.
 */
static int outwait(struct journal *j, struct err *e)
{
	int waited = 0;

	/* Without O_CLOEXEC. */
	j->running = open(j->path, O_RDONLY | O_DIRECTORY);
	if (j->running < 0)
		return err_sys(e, _("open the folder %s"), j->path);
	while (flock(j->running, LOCK_EX | LOCK_NB) < 0 && waited < OUTWAIT) {
		(void)usleep(PAUSE * 1000);
		waited += PAUSE;
	}
	return 0;
}

static int open_all(struct journal *j, struct err *e)
{
	if (make_folder(j->path, e) < 0)
		return -1;
	j->folder = open(j->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->folder < 0)
		return err_sys(e, _("open the folder %s"), j->path);
	if (is_own(j->folder, j->path, e) < 0 || take(j, e) < 0 || outwait(j, e) < 0)
		return -1;
	return tidy(j, e);
}

int journal_open(struct journal **out, const char *folder, struct err *e)
{
	char path[PATH_MAX];
	struct journal *j = malloc(sizeof *j);
	int rc = -1;

	*out = NULL;
	if (!j)
		return err_set(e, ERR_LOCAL, _("memory is out"));
	*j =
	    (struct journal) { .folder = -1, .lock = -1, .running = -1, .change = -1, .steps = -1 };
	if (!folder && default_folder(j->path, e) < 0)
		goto out;
	if (folder)
		(void)snprintf(j->path, sizeof j->path, "%s", file_absolute(folder, path));
	rc = open_all(j, e);
out:
	if (rc < 0)
		journal_close(j);
	*out = rc < 0 ? NULL : j;
	return rc;
}

/* The change under way is no longer; one without a step leaves nothing behind. */
static void let_go(struct journal *j)
{
	char name[NAME_SIZE];

	if (j->steps >= 0)
		close(j->steps);
	if (j->change >= 0)
		close(j->change);
	if (j->number && j->count == 0)
		remove_folder(j->folder, name_of(j->number, "", name));
	j->change = j->steps = -1;
	j->number = j->count = j->copies = 0;
	j->length = 0;
	j->broken = 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	let_go(j);
	if (j->running >= 0)
		close(j->running);
	if (j->lock >= 0)
		close(j->lock);
	if (j->folder >= 0)
		close(j->folder);
	free(j);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* What was not done is not to be taken back, and half a line must be followed by none. */
static void cut(struct journal *j, off_t length)
{
	if (ftruncate(j->steps, length) < 0 || fsync(j->steps) < 0)
		j->broken = 1;
	j->length = length;
}

static int append(struct journal *j, const struct buf *line, struct err *e)
{
	if (j->broken)
		return err_set(e, ERR_LOCAL, _("%s can't be written any more"), j->path);
	if (file_write_all(j->steps, line->p, line->n, e) == 0) {
		if (fsync(j->steps) == 0) {
			j->length += (off_t)line->n;
			return 0;
		}
		err_sys(e, _("write"));
	}
	cut(j, j->length);
	return err_prefix(e, "%s", j->path);
}

static int append_step(struct journal *j, const struct steps_step *s, struct err *e)
{
	struct buf line = buf_new(STEPS_LINE_MAX);
	int rc = steps_put(&line, s);

	rc = rc < 0 ? err_set(e, ERR_LOCAL, _("this is too long for the journal"))
		    : append(j, &line, e);
	buf_free(&line);
	j->count += rc == 0;
	return rc;
}

static int begun(const struct journal *j, struct err *e)
{
	return j->number ? 0 : err_set(e, ERR_LOCAL, _("no change was begun"));
}

static int next_number(struct journal *j, struct err *e)
{
	unsigned *v, max = 0;
	size_t n;

	if (numbers(j, &v, &n, e) < 0) {
		free(v);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		max = v[i] > max ? v[i] : max;
	free(v);
	j->number = max + 1;
	return 0;
}

static int make_change(struct journal *j, struct err *e)
{
	char name[NAME_SIZE];

	if (mkdirat(j->folder, name_of(j->number, "", name), 0700) < 0)
		return err_sys(e, _("make the folder %s/%s"), j->path, name);
	j->change = open_folder_in(j->folder, name);
	if (j->change >= 0)
		j->steps = open_in(j->change, "steps", O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
	return j->steps < 0 ? err_sys(e, _("create %s/%s/steps"), j->path, name) : 0;
}

int journal_begin(struct journal *j, const char *words, struct err *e)
{
	struct buf line = buf_new(STEPS_LINE_MAX);
	int rc = -1;

	if (j->number)
		return err_set(e, ERR_LOCAL, _("a change has been begun already"));
	if (steps_put_change(&line, time(NULL), words) < 0) {
		err_set(e, ERR_LOCAL, _("this is too long for the journal"));
		goto out;
	}
	if (next_number(j, e) < 0 || make_change(j, e) < 0 || append(j, &line, e) < 0)
		goto out;
	rc = fsync(j->change) < 0 || fsync(j->folder) < 0 ? err_sys(e, _("write %s"), j->path) : 0;
out:
	if (rc < 0)
		let_go(j);
	buf_free(&line);
	return rc;
}

int journal_step(struct journal *j, const struct journal_step *step, struct err *e)
{
	struct steps_step s = { .other = *step };

	return begun(j, e) < 0 ? -1 : append_step(j, &s, e);
}

int journal_end(struct journal *j, struct err *e)
{
	struct buf line = buf_new(STEPS_LINE_MAX);
	int rc = begun(j, e);

	if (rc == 0 && j->count > 0)
		rc = steps_put_end(&line) < 0 ? err_set(e, ERR_LOCAL, _("memory is out"))
					      : append(j, &line, e);
	buf_free(&line);
	let_go(j);
	return rc;
}

/* ---- a file ---------------------------------------------------------------------------------- */

/* What the file is to hold before and after; a NULL p: it is not there. */
struct turn {
	struct span was, now;
};

static struct span present(struct span s)
{
	return s.p ? s : span_of("", 0);
}

static struct turn turn_of(const struct journal_file *f)
{
	return (struct turn) {
		.was = f->is_new ? span_of(NULL, 0) : present(f->was),
		.now = f->removed ? span_of(NULL, 0) : present(f->now),
	};
}

static int same(struct span a, struct span b)
{
	if (!a.p || !b.p)
		return !a.p && !b.p;
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static int write_copy(struct journal *j, const char *suffix, struct span bytes, struct err *e)
{
	char name[NAME_SIZE];
	int fd, rc;

	if (!bytes.p)
		return 0;
	fd = open_in(j->change, name_of(j->copies, suffix, name), O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return err_sys(e, _("create %s/%u/%s"), j->path, j->number, name);
	rc = file_write_all(fd, bytes.p, bytes.n, e);
	if (rc == 0 && fsync(fd) < 0)
		rc = err_sys(e, _("write"));
	close(fd);
	return rc < 0 ? err_prefix(e, "%s/%u/%s", j->path, j->number, name) : 0;
}

/* As long as a line may speak of them they stay. */
static void remove_copies(struct journal *j)
{
	char name[NAME_SIZE];

	if (j->broken)
		return;
	(void)unlinkat(j->change, name_of(j->copies, ".was", name), 0);
	(void)unlinkat(j->change, name_of(j->copies, ".now", name), 0);
}

static int state_of(struct span bytes, struct steps_state *out, struct err *e)
{
	out->is = bytes.p != NULL;
	if (!out->is || sha256(bytes.p, bytes.n, out->sha256) == 0)
		return 0;
	return err_set(e, ERR_TLS, _("OpenSSL makes no SHA-256"));
}

/* The copies, then the line that speaks of them. */
static int note_file(struct journal *j, const struct replace *r, const struct turn *t,
    const struct replace_as *as, struct err *e)
{
	struct steps_step s = {
		.is_file = 1,
		.file = { .copy = j->copies,
		    .beside = r->beside,
		    .path = r->path,
		    .uid = as->uid,
		    .gid = as->gid,
		    .mode = as->mode,
		    .xattrs = span_of(as->xattrs.p, as->xattrs.n) },
	};

	if (state_of(t->was, &s.file.before, e) < 0 || state_of(t->now, &s.file.after, e) < 0)
		return -1;
	if (write_copy(j, ".was", t->was, e) < 0 || write_copy(j, ".now", t->now, e) < 0)
		return -1;
	if (fsync(j->change) < 0)
		return err_sys(e, _("write %s/%u"), j->path, j->number);
	return append_step(j, &s, e);
}

static int do_file(struct journal *j, const struct replace *r, const struct turn *t,
    const struct replace_file *is, struct err *e)
{
	off_t length = j->length;

	if (note_file(j, r, t, &is->as, e) < 0) {
		remove_copies(j);
		return -1;
	}
	if (replace_put(r, t->was, t->now, is->there ? &is->as : NULL, e) == 0) {
		j->copies++;
		return 0;
	}
	/* While something lies beside, the line that knows its name must stay. */
	if (replace_clear(r) < 0) {
		j->copies++;
		return -1;
	}
	cut(j, length);
	j->count--;
	remove_copies(j);
	return -1;
}

static int expected(
    const struct replace *r, const struct replace_file *is, struct span was, struct err *e)
{
	if (replace_is(is, was))
		return 0;
	if (!was.p)
		return err_set(e, ERR_LOCAL, _("%s is there already"), r->path);
	return err_set(
	    e, ERR_LOCAL, _("%s has just been changed by somebody else: try again"), r->path);
}

/* To remove what a link leads to is never what was asked for. */
static enum replace_links links_of(const struct journal_file *f)
{
	return f->removed || f->no_link ? REPLACE_FOLDER_LINKS : REPLACE_ALL_LINKS;
}

int journal_write(struct journal *j, const struct journal_file *f, struct err *e)
{
	struct turn t = turn_of(f);
	struct replace_file is = { 0 };
	struct replace r = { .folder = -1 };
	int rc = -1;

	if (begun(j, e) < 0 || replace_open(&r, f->path, links_of(f), e) < 0)
		goto out;
	if (replace_look(&r, &is, e) < 0 || expected(&r, &is, t.was, e) < 0)
		goto out;
	rc = 0;
	if (same(t.was, t.now))
		goto out;
	/* Before anything is written: most who may not are told so without a trace. */
	rc = replace_may(&r, e);
	if (rc == 0)
		rc = do_file(j, &r, &t, &is, e);
out:
	replace_file_free(&is);
	replace_close(&r);
	return rc;
}

/* ---- listing --------------------------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x < y) - (x > y);
}

/*
 * One that can't be read is there all the same; taking it back says what is wrong with it. One that
 * never began, and that tidy left, is no change but somebody's folder.
 */
static int tell(const struct journal *j, unsigned number,
    int (*each)(void *arg, const struct journal_change *c), void *arg)
{
	struct journal_change told = { .number = number, .words = _("damaged in the journal") };
	struct change c;
	struct err e;
	int rc = change_load(&c, j, number, &e);

	if (rc == 0)
		told = (struct journal_change) {
			.number = number,
			.when = c.steps.when,
			.whole = c.steps.whole,
			.words = c.steps.words,
		};
	rc = rc < 0 && e.kind == ERR_NONE ? 0 : each(arg, &told);
	change_free(&c);
	return rc;
}

int journal_list(struct journal *j, int (*each)(void *arg, const struct journal_change *c),
    void *arg, struct err *e)
{
	unsigned *v;
	size_t n;
	int rc = numbers(j, &v, &n, e);

	if (n)
		qsort(v, n, sizeof *v, newest_first);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (v[i] != j->number && tell(j, v[i], each, arg) < 0)
			break;
	free(v);
	return rc;
}

/* ---- taking back ----------------------------------------------------------------------------- */

/* All that a change did to one file. */
struct past {
	const struct change *c;
	const struct steps_file *first, *last;
};

static int is_path(const struct steps_step *s, const char *path)
{
	return s->is_file && strcmp(s->file.path, path) == 0;
}

/* Of the steps from the last on, the one at i; 0: a later one is of the same file. */
static int past_of(const struct change *c, size_t i, struct past *p)
{
	const struct steps *s = &c->steps;
	const char *path = s->v[i].file.path;

	for (size_t k = i + 1; k < s->n; k++)
		if (is_path(&s->v[k], path))
			return 0;
	*p = (struct past) { .c = c, .last = &s->v[i].file };
	for (size_t k = i + 1; k-- > 0;)
		if (is_path(&s->v[k], path))
			p->first = &s->v[k].file;
	return 1;
}

static int same_state(const struct steps_state *a, const struct steps_state *b)
{
	if (!a->is || !b->is)
		return !a->is && !b->is;
	return memcmp(a->sha256, b->sha256, SHA256_LENGTH) == 0;
}

/* Whether a step of the change made it what it is. */
static int is_ours(const struct past *p, const struct steps_state *is)
{
	const struct steps *s = &p->c->steps;

	for (size_t k = 0; k < s->n; k++)
		if (is_path(&s->v[k], p->last->path) && same_state(&s->v[k].file.after, is))
			return 1;
	return 0;
}

/* out is empty before, and freed by the caller. */
static int read_copy(
    const struct past *p, const struct steps_file *f, int after, struct buf *out, struct err *e)
{
	const struct steps_state *state = after ? &f->after : &f->before;
	char name[NAME_SIZE], path[PATH_MAX];
	struct steps_state is;
	int fd, rc;

	if (!state->is)
		return 0;
	(void)snprintf(path, sizeof path, "%s/%u", p->c->j->path, p->c->number);
	fd = open_in(p->c->folder, name_of(f->copy, after ? ".now" : ".was", name), O_RDONLY);
	if (fd < 0)
		return err_sys(e, _("open the copy %s/%s"), path, name);
	rc = read_own(fd, path, name, out, e);
	close(fd);
	if (rc < 0 || state_of(present(span_of(out->p, out->n)), &is, e) < 0)
		return -1;
	return same_state(&is, state) ? 0
				      : err_set(e, ERR_LOCAL, _("%s/%s is damaged"), path, name);
}

static struct span span_of_state(const struct steps_state *s, const struct buf *b)
{
	return s->is ? present(span_of(b->p, b->n)) : span_of(NULL, 0);
}

static struct span span_of_file(const struct replace_file *f)
{
	return f->there ? present(span_of(f->bytes.p, f->bytes.n)) : span_of(NULL, 0);
}

static int put_back(
    const struct past *p, const struct replace *r, const struct replace_file *is, struct err *e)
{
	const struct steps_file *f = p->first;
	struct replace_as as = { .uid = f->uid, .gid = f->gid, .mode = f->mode };
	struct buf before = buf_new(REPLACE_FILE_MAX);
	int rc = read_copy(p, f, 0, &before, e);

	/* The attributes are borrowed from the line. */
	as.xattrs = (struct buf) { .p = (uint8_t *)f->xattrs.p, .n = f->xattrs.n };
	if (rc == 0)
		rc = replace_put(r, span_of_file(is), span_of_state(&f->before, &before),
		    is->there ? &is->as : &as, e);
	buf_free(&before);
	return rc;
}

static int mend(const struct past *p, const struct replace *r, const struct replace_file *is,
    const struct journal_back *back, struct err *e)
{
	struct buf before = buf_new(REPLACE_FILE_MAX), after = before, out = before;
	struct journal_changed c = { .path = p->last->path, .is = span_of_file(is) };
	struct span now = { 0 };
	int rc = -1;

	if (read_copy(p, p->first, 0, &before, e) < 0 || read_copy(p, p->last, 1, &after, e) < 0)
		goto out;
	c.before = span_of_state(&p->first->before, &before);
	c.after = span_of_state(&p->last->after, &after);
	if (back->changed(back->arg, &c, &out, e) < 0)
		goto out;
	/* What was there before us does not go, even if others have left nothing else in it. */
	if (out.n > 0 || c.before.p)
		now = present(span_of(out.p, out.n));
	rc = same(c.is, now) ? 0 : replace_put(r, c.is, now, &is->as, e);
out:
	buf_free(&before);
	buf_free(&after);
	buf_free(&out);
	return rc;
}

/* What has to be done is what the file itself says. */
static int back_to(const struct past *p, const struct replace *r, const struct replace_file *is,
    const struct journal_back *back, struct err *e)
{
	struct steps_state state;

	if (state_of(span_of_file(is), &state, e) < 0)
		return -1;
	if (same_state(&state, &p->first->before))
		return 0;
	if (is_ours(p, &state))
		return put_back(p, r, is, e);
	/* Somebody else has removed it: nothing of ours is left in it. */
	return is->there ? mend(p, r, is, back, e) : 0;
}

/* Its folder has gone with all that was in it: only what the change itself removed is missing. */
static int without_folder(const struct past *p, const struct err *e)
{
	static const struct steps_state nothing;

	if (e->sys != ENOENT && e->sys != ENOTDIR)
		return -1;
	return p->first->before.is && is_ours(p, &nothing) ? -1 : 0;
}

static int undo_file(const struct past *p, const struct journal_back *back, struct err *e)
{
	struct replace_file is = { 0 };
	struct replace r;
	int rc;

	if (replace_open(&r, p->last->path, REPLACE_NO_LINKS, e) < 0)
		return without_folder(p, e);
	/* What tidy finds, should this one be killed. */
	(void)snprintf(r.beside, sizeof r.beside, "%s", p->last->beside);
	rc = replace_look(&r, &is, e);
	if (rc == 0)
		rc = back_to(p, &r, &is, back, e);
	replace_file_free(&is);
	replace_close(&r);
	return rc;
}

/* The first failure is kept; returns whether this is one. */
static int report(const struct journal_back *back, const char *what, int rc, const struct err *e,
    struct err *first)
{
	if (rc < 0 && first->kind == ERR_NONE)
		*first = *e;
	if (back->done)
		back->done(back->arg, what, rc < 0 ? e : NULL);
	return rc < 0;
}

static int undo_files(const struct change *c, const struct journal_back *back, struct err *first)
{
	int failed = 0;

	for (size_t i = c->steps.n; i-- > 0;) {
		struct past p;
		struct err e = { 0 };
		int rc;

		if (!c->steps.v[i].is_file || !past_of(c, i, &p))
			continue;
		rc = undo_file(&p, back, &e);
		failed += report(back, p.last->path, rc, &e, first);
	}
	return failed;
}

static int undo_steps(const struct change *c, const struct journal_back *back, struct err *first)
{
	int failed = 0;

	for (size_t i = 0; i < c->steps.n; i++) {
		const struct journal_step *s = &c->steps.v[i].other;
		struct err e = { 0 };
		int rc;

		if (c->steps.v[i].is_file)
			continue;
		rc = back->step(back->arg, s, &e);
		failed += report(back, *s->path ? s->path : s->label, rc, &e, first);
	}
	return failed;
}

int journal_undo(struct journal *j, unsigned number, const struct journal_back *back, struct err *e)
{
	struct change c;
	int failed;

	if (change_load(&c, j, number, e) < 0) {
		change_free(&c);
		return e->kind ? -1 : err_set(e, ERR_LOCAL, _("change %u was never begun"), number);
	}
	*e = (struct err) { 0 };
	failed = undo_files(&c, back, e);
	failed += undo_steps(&c, back, e);
	change_free(&c);
	return failed ? -1 : put_away(j, number, e);
}

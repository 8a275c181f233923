/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of trust stores: what it does to files, and that all of it can be taken back. */
#include "trust/journal.h"

#include "base/file.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NOBODY 65534

static char top[] = "/tmp/dbtls-journal-XXXXXX";
static struct journal *j;
static struct err e;

/* ---- files ----------------------------------------------------------------------------------- */

/* A path below top; four of them may be in use at a time. */
static const char *at(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned turn;

	turn = (turn + 1) % 4;
	(void)snprintf(path[turn], sizeof path[turn], "%s/%s", top, name);
	return path[turn];
}

static void must(int rc)
{
	if (rc < 0)
		printf("Bail out! %s\n", strerror(errno));
}

static void put(const char *name, const char *text)
{
	if (file_replace(at(name), 0644, text, strlen(text), &e) < 0)
		printf("Bail out! %s\n", e.text);
}

static const char *text_of(const char *name)
{
	static char text[4096];
	struct buf b;

	if (file_read(at(name), sizeof text - 1, &b, &e) < 0)
		return e.sys == ENOENT ? "(none)" : e.text;
	if (b.n)
		memcpy(text, b.p, b.n);
	text[b.n] = '\0';
	buf_free(&b);
	return text;
}

static int mode_of(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static long owner_of(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0 ? (long)st.st_uid * 100000 + (long)st.st_gid : -1;
}

/* What lies in a folder, but for the lock. */
static int count(const char *name)
{
	DIR *d = opendir(at(name));
	const struct dirent *entry;
	int n = 0;

	if (!d)
		return -1;
	while ((entry = readdir(d)))
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		     strcmp(entry->d_name, "lock") != 0;
	closedir(d);
	return n;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Each test has an empty folder for stores, and a journal of its own. */
static void fresh(void)
{
	journal_close(j);
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)mkdir(top, 0755);
	(void)mkdir(at("s"), 0755);
	e = (struct err) { 0 };
	is_int(journal_open(&j, at("j"), &e), 0, "a journal: %s", e.text);
}

static int again(void)
{
	journal_close(j);
	return journal_open(&j, at("j"), &e);
}

/* ---- changes --------------------------------------------------------------------------------- */

static int replace(const char *name, const char *was, const char *now)
{
	char path[PATH_MAX];
	struct journal_file f = {
		.path = path,
		.was = span_of(was, was ? strlen(was) : 0),
		.now = span_of(now, now ? strlen(now) : 0),
		.is_new = !was,
		.removed = !now,
	};

	(void)snprintf(path, sizeof path, "%s", at(name));
	e = (struct err) { 0 };
	return journal_write(j, &f, &e);
}

static void begin(const char *words)
{
	if (journal_begin(j, words, &e) < 0)
		printf("Bail out! %s\n", e.text);
}

static int whole(const char *name, const char *was, const char *now)
{
	begin("one file");
	return replace(name, was, now) < 0 ? -1 : journal_end(j, &e);
}

/* What was asked of whoever takes back, one word each. */
static char asked[4096];
static const char *answer; /* to changed(); NULL: it fails */
static int step_fails;

static void say(const char *words, const char *more)
{
	size_t n = strlen(asked);

	(void)snprintf(asked + n, sizeof asked - n, "%s%s", words, more);
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void say_span(const char *words, struct span s)
{
	char text[256];

	(void)snprintf(text, sizeof text, "%.*s", (int)s.n, s.p ? (const char *)s.p : "");
	say(words, s.p ? text : "(none)");
}

static int changed(void *arg, const struct journal_changed *c, struct buf *out, struct err *why)
{
	(void)arg;
	say("changed ", base(c->path));
	say_span(" ", c->before);
	say_span(" ", c->after);
	say_span(" ", c->is);
	say(";", "");
	if (!answer)
		return err_set(why, ERR_LOCAL, "can't");
	return buf_add(out, answer, strlen(answer));
}

static int step(void *arg, const struct journal_step *s, struct err *why)
{
	char number[8];

	(void)arg;
	(void)snprintf(number, sizeof number, "%d", s->what);
	say("step ", number);
	say(" ", s->path);
	say(" ", s->label);
	say(" ", s->trust);
	(void)snprintf(number, sizeof number, " %02x%02x", s->sha256[0], s->sha256[31]);
	say(number, "");
	say_span(" ", s->der);
	say(";", "");
	return step_fails ? err_set(why, ERR_LOCAL, "not now") : 0;
}

static void done(void *arg, const char *path, const struct err *why)
{
	(void)arg;
	say("done ", base(path));
	say(why ? " !" : "", why ? why->text : "");
	say(";", "");
}

static int undo(unsigned number)
{
	struct journal_back back = { .changed = changed, .step = step, .done = done };

	asked[0] = '\0';
	return journal_undo(j, number, &back, &e);
}

static char listed[1024];

static int list_one(void *arg, const struct journal_change *c)
{
	size_t n = strlen(listed);

	(void)arg;
	(void)snprintf(listed + n, sizeof listed - n, "%u %s%s;", c->number, c->words,
	    c->whole ? "" : " (not whole)");
	return 0;
}

static const char *list(void)
{
	listed[0] = '\0';
	return journal_list(j, list_one, NULL, &e) < 0 ? e.text : listed;
}

/* ---- files are changed, and come back -------------------------------------------------------- */

static const char *set_xattr(const char *name)
{
	return setxattr(at(name), "user.dbtls", "label", 5, 0) == 0 ? "label" : "(none)";
}

static const char *xattr_of(const char *name)
{
	static char value[16];
	ssize_t n = getxattr(at(name), "user.dbtls", value, sizeof value - 1);

	value[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "(none)" : value;
}

static void test_replace(void)
{
	const char *label;
	long owner;

	fresh();
	put("s/a.pem", "one\n");
	label = set_xattr("s/a.pem");
	(void)chmod(at("s/a.pem"), 0604);
	if (geteuid() == 0)
		must(chown(at("s/a.pem"), 12345, 23456));
	owner = owner_of("s/a.pem");
	must(symlink("a.pem", at("s/link.pem")));
	is_int(whole("s/link.pem", "one\n", "one\ntwo\n"), 0, "a file is replaced: %s", e.text);
	is_str(text_of("s/a.pem"), "one\ntwo\n", "by what it is to be");
	is_int(mode_of("s/a.pem"), 0604, "its mode is kept");
	is_int(owner_of("s/a.pem"), owner, "its owner and group");
	is_str(xattr_of("s/a.pem"), label, "its extended attributes");
	is_str(text_of("s/link.pem"), "one\ntwo\n", "and the link that led to it");
	is_str(list(), "1 one file;", "the change stands in the journal");
	is_int(undo(1), 0, "it is taken back: %s", e.text);
	is_str(asked, "done a.pem;", "and who asked is told");
	is_str(text_of("s/a.pem"), "one\n", "the file is as it was");
	is_int(mode_of("s/a.pem"), 0604, "its mode");
	is_int(owner_of("s/a.pem"), owner, "its owner and group");
	is_str(xattr_of("s/a.pem"), label, "its extended attributes");
	is_int(count("s"), 2, "nothing lies beside it");
	is_int(count("j"), 0, "nothing is left in the journal");
}

static void test_new(void)
{
	mode_t old = umask(077);

	fresh();
	is_int(whole("s/new.crt", NULL, "new\n"), 0, "a file is made: %s", e.text);
	is_int(mode_of("s/new.crt"), 0644, "with mode 0644, whatever the umask");
	is_int(undo(1), 0, "it is taken back");
	is_int(count("s"), 0, "the file has gone");
	is_int(count("j"), 0, "the change too");
	(void)umask(old);
}

static void test_removed(void)
{
	const char *label;
	long owner;

	fresh();
	put("s/a.crt", "a\n");
	label = set_xattr("s/a.crt");
	(void)chmod(at("s/a.crt"), 0640);
	if (geteuid() == 0)
		must(chown(at("s/a.crt"), 12345, 23456));
	owner = owner_of("s/a.crt");
	is_int(whole("s/a.crt", "a\n", NULL), 0, "a file is removed: %s", e.text);
	is_int(count("s"), 0, "it has gone");
	is_int(undo(1), 0, "it comes back: %s", e.text);
	is_str(text_of("s/a.crt"), "a\n", "as it was");
	is_int(mode_of("s/a.crt"), 0640, "its mode");
	is_int(owner_of("s/a.crt"), owner, "its owner and group");
	is_str(xattr_of("s/a.crt"), label, "its extended attributes");
}

static void test_empty(void)
{
	fresh();
	put("s/a", "");
	is_int(whole("s/a", "", "a"), 0, "an empty file is filled");
	is_int(undo(1), 0, "and taken back");
	is_str(text_of("s/a"), "", "it is empty, and there");
	is_int(whole("s/a", "", NULL), 0, "an empty file is removed");
	is_int(undo(1), 0, "and taken back");
	is_str(text_of("s/a"), "", "it is empty, and there");
}

static void test_hard_link(void)
{
	fresh();
	put("s/a", "a");
	must(link(at("s/a"), at("s/b")));
	is_int(whole("s/a", "a", "A"), 0, "one name of two");
	is_str(text_of("s/a"), "A", "is changed");
	is_str(text_of("s/b"), "a", "the other one is not");
}

static void test_several(void)
{
	fresh();
	put("s/a", "a1");
	put("s/b", "b1");
	begin("several");
	is_int(replace("s/a", "a1", "a2"), 0, "a file");
	is_int(replace("s/b", "b1", NULL), 0, "another goes");
	is_int(replace("s/c", NULL, "c1"), 0, "one is made");
	is_int(replace("s/a", "a2", "a3"), 0, "the first once more");
	is_int(replace("s/a", "a3", "a3"), 0, "what changes nothing is no step");
	is_int(journal_end(j, &e), 0, "the end");
	is_int(undo(1), 0, "taken back: %s", e.text);
	is_str(asked, "done a;done c;done b;", "the last file first, each once");
	is_str(text_of("s/a"), "a1", "a as before all of it");
	is_str(text_of("s/b"), "b1", "b is there again");
	is_int(count("s"), 2, "c has gone");
}

static void test_numbers(void)
{
	fresh();
	put("s/a", "1");
	is_int(whole("s/a", "1", "2"), 0, "a change");
	is_int(whole("s/a", "2", "3"), 0, "another");
	begin("nothing");
	is_str(list(), "2 one file;1 one file;", "the newest first, without the one under way");
	is_int(journal_end(j, &e), 0, "one without a step");
	is_int(count("j"), 2, "leaves nothing behind");
	begin("nothing");
	is_int(again(), 0, "nor when its maker ends early");
	is_int(count("j"), 2, "as few");
	is_int(undo(2), 0, "the newest is taken back");
	is_int(undo(1), 0, "then the one before");
	is_str(text_of("s/a"), "1", "as before both");
	is_int(undo(1), -1, "none is taken back twice: %s", e.text);
}

/* ---- what somebody else does meanwhile ------------------------------------------------------- */

static void test_refused(void)
{
	fresh();
	put("s/a", "theirs");
	must(symlink("nowhere", at("s/dangling")));
	(void)mkdir(at("s/folder"), 0755);
	begin("refused");
	is_int(replace("s/a", "ours", "new"), -1, "it has changed since it was read: %s", e.text);
	is_int(replace("s/a", NULL, "new"), -1, "it is there: %s", e.text);
	is_int(replace("s/a", "ours", NULL), -1, "it has changed since, and stays: %s", e.text);
	is_int(replace("s/b", "b", "new"), -1, "it is not there: %s", e.text);
	is_int(replace("s/dangling", NULL, "new"), -1, "a link to nowhere: %s", e.text);
	is_int(replace("s/folder", "", "new"), -1, "a folder: %s", e.text);
	is_int(replace("none/b", NULL, "new"), -1, "its folder is not there: %s", e.text);
	is_int(e.sys, ENOENT, "which is said");
	is_str(text_of("s/a"), "theirs", "the file is as it was");
	is_int(count("s"), 3, "nothing lies beside");
	is_int(journal_end(j, &e), 0, "the end");
	is_int(count("j"), 0, "and the journal has no step");
}

/* A store's owner may put a link in the place of a file that root has just looked at. */
static void test_link(void)
{
	struct journal_file f = { .was = span_of("a", 1), .now = span_of("b", 1), .no_link = 1 };
	char path[PATH_MAX];

	fresh();
	(void)mkdir(at("s/d"), 0755);
	put("s/a", "a");
	put("s/d/b", "a");
	must(symlink("a", at("s/link")));
	must(symlink("d", at("s/folder")));
	begin("links");
	is_int(replace("s/link", "a", NULL), -1, "what a link leads to is not removed: %s", e.text);
	(void)snprintf(path, sizeof path, "%s", at("s/link"));
	f.path = path;
	is_int(journal_write(j, &f, &e), -1, "nor changed where that was said: %s", e.text);
	is_str(text_of("s/a"), "a", "it is as it was");
	(void)snprintf(path, sizeof path, "%s", at("s/folder/b"));
	is_int(journal_write(j, &f, &e), 0, "a link to the folder is followed: %s", e.text);
	is_int(replace("s/folder/b", "b", NULL), 0, "to remove a file as well: %s", e.text);
	is_int(journal_end(j, &e), 0, "the end");
	is_int(count("s/d"), 0, "it has gone");
	is_int(undo(1), 0, "and comes back");
	is_str(text_of("s/d/b"), "a", "as it was");
}

static void test_changed_since(void)
{
	fresh();
	put("s/a", "a");
	is_int(whole("s/a", "a", "a+b"), 0, "a change");
	put("s/a", "a+b+c");
	(void)chmod(at("s/a"), 0600);
	answer = NULL;
	is_int(undo(1), -1, "somebody has changed the file: %s", e.text);
	is_str(asked, "changed a a a+b a+b+c;done a !can't;", "all three are shown");
	is_str(text_of("s/a"), "a+b+c", "it is as it was");
	is_str(list(), "1 one file;", "and so is the change");
	answer = "a+c";
	is_int(undo(1), 0, "it is taken back by who knows how");
	is_str(text_of("s/a"), "a+c", "in the file as it is now");
	is_int(mode_of("s/a"), 0600, "whose mode stays");
	is_int(count("s") + count("j"), 1, "nothing else is left");
}

static void test_changed_new(void)
{
	fresh();
	is_int(whole("s/n", NULL, "n"), 0, "a new file");
	put("s/n", "n2");
	answer = "";
	is_int(undo(1), 0, "that is emptied");
	is_str(asked, "changed n (none) n n2;done n;", "was asked for");
	is_int(count("s"), 0, "goes");
	is_int(whole("s/n", NULL, "n"), 0, "a new file");
	put("s/n", "n2");
	answer = "n2";
	is_int(undo(1), 0, "that is to be as it is");
	is_str(text_of("s/n"), "n2", "stays");
	put("s/o", "o");
	is_int(whole("s/o", "o", "o2"), 0, "a file that was there");
	put("s/o", "2");
	answer = "";
	is_int(undo(1), 0, "and that nothing is left in");
	is_str(text_of("s/o"), "", "stays, and is empty");
	put("s/o", "o");
	is_int(whole("s/o", "o", "o2"), 0, "a file");
	(void)unlink(at("s/o"));
	is_int(undo(1), 0, "that somebody has removed");
	is_str(asked, "done o;", "has nothing to take back");
	is_str(text_of("s/o"), "(none)", "and stays away");
}

static void test_folder_gone(void)
{
	fresh();
	(void)mkdir(at("s/d"), 0755);
	put("s/d/a", "a");
	put("s/d/b", "b");
	begin("in a folder");
	is_int(replace("s/d/a", "a", "a2"), 0, "a file");
	is_int(journal_end(j, &e), 0, "the end");
	begin("in a folder");
	is_int(replace("s/d/b", "b", NULL), 0, "a file is removed");
	is_int(journal_end(j, &e), 0, "the end");
	(void)unlink(at("s/d/a"));
	(void)rmdir(at("s/d"));
	is_int(undo(1), 0, "with its folder the file has gone: nothing to take back");
	is_int(undo(2), -1, "what was removed can't be put back: %s", e.text);
	(void)mkdir(at("s/d"), 0755);
	is_int(undo(2), 0, "until its folder is there");
	is_str(text_of("s/d/b"), "b", "as it was");
}

/* A link in the place of a folder would lead root astray. */
static void test_no_link(void)
{
	fresh();
	(void)mkdir(at("s/d"), 0755);
	(void)mkdir(at("s/other"), 0755);
	put("s/d/a", "a");
	put("s/other/a", "A");
	is_int(whole("s/d/a", "a", "A"), 0, "a change");
	(void)unlink(at("s/d/a"));
	(void)rmdir(at("s/d"));
	must(symlink("other", at("s/d")));
	is_int(undo(1), -1, "its folder is a link now: %s", e.text);
	is_str(text_of("s/other/a"), "A", "where that leads all is as it was");
}

/* ---- other steps ----------------------------------------------------------------------------- */

static void test_steps(void)
{
	struct journal_step nss = {
		.what = JOURNAL_NSS_REMOVED,
		.path = "/home/a b/%41\n\xff",
		.label = "-",
		.trust = "C,,",
		.sha256 = { [0] = 0xab, [31] = 0x01 },
		.der = span_of("0\x82z", 3),
	};
	struct journal_step run = { .what = JOURNAL_RUN, .label = "update-ca-certificates" };

	fresh();
	begin("steps");
	is_int(journal_step(j, &nss, &e), 0, "a step");
	is_int(replace("s/a", NULL, "a"), 0, "a file between");
	is_int(journal_step(j, &run, &e), 0, "another step");
	is_int(journal_end(j, &e), 0, "the end");
	is_int(again(), 0, "another process");
	step_fails = 1;
	is_int(undo(1), -1, "steps fail: %s", e.text);
	is_str(asked,
	    "done a;step 1 /home/a b/%41\n\xff - C,, ab01 0\x82z;done %41\n\xff !not now;"
	    "step 3  update-ca-certificates  0000 ;done update-ca-certificates !not now;",
	    "files first, then what was written, as it was written");
	is_int(count("s"), 0, "the file is taken back all the same");
	step_fails = 0;
	is_int(undo(1), 0, "again, when they can");
	is_int(count("j"), 0, "and the change goes");
	is_int(journal_step(j, &run, &e), -1, "no step without a change: %s", e.text);
}

/* ---- who is killed --------------------------------------------------------------------------- */

static void test_unfinished(void)
{
	fresh();
	put("s/a", "a");
	begin("killed");
	is_int(replace("s/a", "a", "a2"), 0, "a step");
	is_int(again(), 0, "and no end");
	is_str(list(), "1 killed (not whole);", "it stands, and is told");
	is_int(undo(1), 0, "and is taken back");
	is_str(text_of("s/a"), "a", "as it was");
}

/* The name of what was written beside, as the journal has it. */
static const char *beside(void)
{
	static char name[64];
	const char *found = strstr(text_of("j/1/steps"), ".dbtls-trust-");

	(void)snprintf(name, sizeof name, "s/%.*s", found ? 29 : 4, found ? found : "none");
	return name;
}

static void test_litter(void)
{
	fresh();
	put("s/a", "a");
	is_int(whole("s/a", "a", "a2"), 0, "a change");
	put(beside(), "half of");
	put("s/.dbtls-trust-0", "not ours");
	(void)mkdir(at("j/7"), 0700);
	(void)mkdir(at("j/8"), 0700);
	put("j/8/steps", "change 1 cut");
	(void)mkdir(at("j/9.gone"), 0700);
	put("j/9.gone/0.was", "x");
	is_int(again(), 0, "after somebody who was killed");
	is_int(count("j"), 1, "begun and half removed changes are cleared away");
	is_int(count("s"), 2, "and what the journal knows of beside stores, nothing else");
	is_str(list(), "1 one file;", "the change stands");
}

/* Who names another folder than the journal's loses nothing in it. */
static void test_no_journal(void)
{
	fresh();
	(void)mkdir(at("j/2025"), 0755);
	put("j/2025/report.txt", "mine");
	put("j/2025/5.was.txt", "mine too");
	(void)mkdir(at("j/9.gone"), 0755);
	put("j/9.gone/was", "mine");
	is_int(again(), 0, "a folder that is no journal's");
	is_int(count("j/2025"), 2, "what is in it stays");
	is_int(count("j/9.gone"), 1, "whatever its name");
	is_str(list(), "", "and is no change");
	put("s/a", "a");
	is_int(whole("s/a", "a", "b"), 0, "a change beside it");
	is_str(list(), "2026 one file;", "is one");
	is_int(undo(2026), 0, "and is taken back");
	is_int(count("j") + count("j/2025"), 4, "nothing else has gone");
}

/* The journal as it is when its writer was stopped there, and the store, which is always behind. */
static int stopped_at(const char *text, size_t n, const char *store)
{
	char path[PATH_MAX];

	(void)mkdir(at("j/1"), 0700);
	(void)snprintf(path, sizeof path, "%s", at("j/1/steps"));
	put("j/1/0.was", "a");
	put("j/1/0.now", "b");
	put("j/1/1.was", "b");
	put("j/1/1.now", "c");
	put("s/a", store);
	return file_replace(path, 0600, text, n, &e) < 0 || again() < 0 ? -1 : 0;
}

/* At each byte where the last write may have ended. */
static void test_cut(void)
{
	char text[4096];
	size_t first, second, n, good = 0, none = 0;

	fresh();
	put("s/a", "a");
	begin("cut");
	ok(replace("s/a", "a", "b") == 0 && replace("s/a", "b", "c") == 0, "two steps");
	(void)snprintf(text, sizeof text, "%s", text_of("j/1/steps"));
	n = strlen(text);
	first = (size_t)(strchr(text, '\n') - text) + 1;
	second = first + (size_t)(strchr(text + first, '\n') - text - first) + 1;
	answer = NULL;
	for (size_t k = 0; k < second; k++)
		none += stopped_at(text, k, "a") == 0 && count("j") == 0;
	is_int(none, second, "without a whole step there is no change, at each of %zu bytes", none);
	for (size_t k = second; k <= n; k++)
		good += stopped_at(text, k, k < n ? "b" : "c") == 0 && undo(1) == 0 &&
			strcmp(text_of("s/a"), "a") == 0 && count("j") == 0;
	is_int(good, n + 1 - second, "what was cut off is none, at each of %zu bytes", good);
}

static void test_damaged(void)
{
	char text[4096], path[PATH_MAX];

	fresh();
	put("s/a", "a");
	is_int(whole("s/a", "a", "b"), 0, "a change");
	(void)snprintf(text, sizeof text, "%s", text_of("j/1/steps"));
	(void)snprintf(path, sizeof path, "%s", at("j/1/steps"));
	*strstr(text, "/s/a") = '.';
	is_int(file_replace(path, 0600, text, strlen(text), &e), 0, "a byte is another");
	is_int(again(), 0, "the journal opens: %s", e.text);
	is_int(undo(1), -1, "and says so: %s", e.text);
	is_str(text_of("s/a"), "b", "nothing is done");
	ok(strstr(list(), "1 "), "the change is listed: %s", listed);
	is_int(whole("s/a", "b", "c"), 0, "another change");
	put("j/2/0.was", "B");
	is_int(undo(2), -1, "a damaged copy: %s", e.text);
	is_str(text_of("s/a"), "c", "is put nowhere");
}

/* ---- who may --------------------------------------------------------------------------------- */

static void test_lock(void)
{
	struct journal *other;
	char pid[32];

	fresh();
	(void)snprintf(pid, sizeof pid, "process %ld ", (long)getpid());
	is_int(journal_open(&other, at("j"), &e), -1, "one at a time: %s", e.text);
	ok(strstr(e.text, pid), "with the other's pid");
}

static void test_strangers(void)
{
	fresh();
	put("s/a", "a");
	is_int(whole("s/a", "a", "b"), 0, "a change");
	(void)chmod(at("j/1/steps"), 0666);
	is_int(undo(1), -1, "a line that anybody could write: %s", e.text);
	(void)chmod(at("j/1/steps"), 0600);
	(void)chmod(at("j"), 0777);
	is_int(again(), -1, "a folder where anybody may: %s", e.text);
	(void)chmod(at("j"), 0700);
	is_int(again(), 0, "as it was");
	is_int(undo(1), 0, "it is believed");
}

/* As a user who may not: 0 when all was right. */
static int as_nobody(void)
{
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return 1;
	if (journal_open(&j, at("home/deep/j"), &e) < 0)
		return 2;
	begin("not root");
	if (replace("s/a", "a", "b") == 0 || e.sys != EACCES)
		return 3;
	if (replace("s/n", NULL, "b") == 0 || e.sys != EACCES)
		return 4;
	if (replace("s/a", "a", NULL) == 0 || e.sys != EACCES)
		return 5;
	/* It can't be given back to whom it belongs to. */
	if (replace("home/a", "a", "b") == 0 || e.sys != EPERM)
		return 6;
	return journal_end(j, &e) == 0 && count("home/deep/j") == 0 && count("home") == 2 ? 0 : 7;
}

static void test_not_root(void)
{
	int status = -1;
	pid_t pid;

	fresh();
	put("s/a", "a");
	(void)mkdir(at("home"), 0755);
	put("home/a", "a");
	if (geteuid() != 0) {
		ok(1, "not root # SKIP it takes root to be somebody else");
		return;
	}
	must(chown(at("home"), NOBODY, NOBODY));
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(as_nobody());
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "who may not is told so, and nothing was done");
	is_str(text_of("s/a"), "a", "the store is as it was");
	is_int(count("s"), 1, "nothing lies beside");
}

/* No room: no file may be larger than a limit that the store passes and the journal doesn't. */
static void test_no_room(void)
{
	static char was[600], now[1200];
	struct rlimit old, tight = { 1000, RLIM_INFINITY };

	fresh();
	memset(was, 'a', sizeof was - 1);
	memset(now, 'b', sizeof now - 1);
	put("s/a", was);
	put("s/b", "b");
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &old);
	begin("no room");
	is_int(replace("s/b", "b", "c"), 0, "a file before");
	(void)setrlimit(RLIMIT_FSIZE, &tight);
	is_int(replace("s/a", was, now), -1, "no room: %s", e.text);
	is_int(e.sys, EFBIG, "is said");
	(void)setrlimit(RLIMIT_FSIZE, &old);
	is_str(text_of("s/a"), was, "the store is as it was");
	is_int(count("s"), 2, "nothing lies beside");
	is_int(replace("s/a", was, now), 0, "with room it goes on: %s", e.text);
	is_int(journal_end(j, &e), 0, "to the end");
	is_int(undo(1), 0, "and back");
	is_str(text_of("s/a"), was, "as it was");
	is_str(text_of("s/b"), "b", "both");
}

int main(void)
{
	if (!mkdtemp(top))
		return 1;
	test_replace();
	test_new();
	test_removed();
	test_empty();
	test_hard_link();
	test_several();
	test_numbers();
	test_refused();
	test_link();
	test_changed_since();
	test_changed_new();
	test_folder_gone();
	test_no_link();
	test_steps();
	test_unfinished();
	test_litter();
	test_no_journal();
	test_cut();
	test_damaged();
	test_lock();
	test_strangers();
	test_not_root();
	test_no_room();
	journal_close(j);
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}

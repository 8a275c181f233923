/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/span.h"
#include "base/utf8.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void errs(void)
{
	struct err e;
	char full[2048];

	is_int(err_set(&e, ERR_USER, "no %s", "way"), -1, "err_set is -1");
	ok(e.kind == ERR_USER && !strcmp(e.text, "no way"), "kind and sentence");
	is_int(err_prefix(&e, "line %d", 3), -1, "err_prefix is -1");
	ok(e.kind == ERR_USER && !strcmp(e.text, "line 3: no way"), "words in front");
	errno = ENOENT;
	is_int(err_sys(&e, "open %s", "x"), -1, "err_sys is -1");
	ok(e.kind == ERR_SYS && e.sys == ENOENT, "errno is kept");
	is_str(e.text, "open x: No such file or directory", "and said");
	memset(full, 'a', sizeof full);
	full[sizeof full - 1] = '\0';
	(void)err_set(&e, ERR_USER, "%s", full);
	is_int(strlen(e.text), sizeof e.text - 1, "what is too long is cut");
	(void)err_prefix(&e, "%s", full);
	is_int(strlen(e.text), sizeof e.text - 1, "with words in front as well");
	for (size_t i = 0; i + 3 < sizeof full; i += 3)
		memcpy(full + i, "字", 4);
	for (size_t i = 0; i < 3; i++) {
		(void)err_set(&e, ERR_USER, "%.*s%s", (int)i, "abc", full);
		is_int(strlen(e.text), (sizeof e.text - 1 - i) / 3 * 3 + i, "in whole letters");
	}
}

static void is_cut(const char *text, const char *to)
{
	char here[16];

	(void)snprintf(here, sizeof here, "%s", text);
	utf8_drop_cut(here);
	is_str(here, to, "cut at a letter's end: %s", to);
}

static void letters(void)
{
	is_cut("", "");
	is_cut("abc", "abc");
	is_cut("é", "é");
	is_cut("a字", "a字");
	is_cut("😀", "😀");
	is_cut("a\xC3", "a");
	is_cut("字\xE5\xAD", "字");
	is_cut("\xE5", "");
	is_cut("\xF0\x9F\x98", "");
	is_cut("\xAD\xAD", "\xAD\xAD");
	is_cut("a\x80\x80\x80\x80", "a\x80\x80\x80\x80");
}

static void spans(void)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 'a', 0, 'b' };
	struct span s = span_of(bytes, sizeof bytes), part = { 0 };
	uint64_t v = 77;

	is_int(span_le(&s, 9, &v), -1, "nine bytes are no number");
	ok(span_le(&s, 8, &v) == 0 && v == 0x0807060504030201u, "little-endian, eight bytes");
	ok(span_cstr(&s, &part) == 0 && span_is(part, "a"), "a string and its NUL");
	is_int(s.n, 1, "consumed");
	is_int(span_cstr(&s, &part), -1, "a string without a NUL");
	is_int(span_le(&s, 2, &v), -1, "a number that is cut");
	is_int(span_take(&s, 2, &part), -1, "more than there is");
	is_int(span_skip(&s, (size_t)-1), -1, "far more than there is");
	ok(s.n == 1 && s.p == bytes + 10, "and nothing has moved");
	ok(span_le(&s, 0, &v) == 0 && v == 0 && s.n == 1, "a number of no bytes is 0");
	ok(span_skip(&s, 1) == 0 && s.n == 0, "the last byte");
	is_int(span_cstr(&s, &part), -1, "no string in nothing");
	s = span_of(NULL, 0);
	ok(span_is(s, "") && !span_is(s, "a") && span_cstr(&s, &part) < 0,
	    "a span without an address");
}

static void bufs(void)
{
	static const uint8_t le[] = { 0x34, 0x12, 0xff, 0, 0, 0, 0, 0, 0, 0 };
	struct buf b = buf_new(10);

	ok(buf_le(&b, 0x1234, 2) == 0 && buf_le(&b, 0xff, 8) == 0, "numbers");
	ok(b.n == 10 && memcmp(b.p, le, 10) == 0, "as bytes, low first");
	is_int(buf_add(&b, "x", 1), -1, "one more than max");
	is_int(buf_add(&b, "x", (size_t)-1), -1, "far more than max");
	is_int(buf_le(&b, 1, 1), -1, "a number more than max");
	is_int(buf_fmt(&b, "%d", 1), -1, "text more than max");
	ok(b.n == 10 && memcmp(b.p, le, 10) == 0, "and nothing has changed");
	buf_drop(&b, 8);
	is_int(b.n, 2, "dropped");
	is_int(buf_add(&b, "abcdefgh", 8), 0, "there is room again");
	ok(memcmp(b.p, "\0\0abcdefgh", 10) == 0, "behind what was kept");
	is_int(buf_le(&b, 1, 9), -1, "nine bytes are no number");
	buf_drop(&b, 99);
	is_int(b.n, 0, "dropping more than all drops all");
	buf_free(&b);
	ok(!b.p && b.n == 0 && b.max == 10, "freed, and may be used again");
	ok(buf_fmt(&b, "%s-%d", "ab", 7) == 0 && b.n == 4 && memcmp(b.p, "ab-7", 4) == 0, "text");
	buf_wipe(&b);
	ok(!b.p && b.n == 0, "wiped");
	b = buf_new(1 << 20);
	for (int i = 0; i < 1 << 16; i++)
		(void)buf_add(&b, "0123456789abcdef", 16);
	is_int(b.n, 1 << 20, "grown to its max");
	is_int(buf_add(&b, "x", 1), -1, "and no further");
	buf_free(&b);
}

/* ---- options ----------------------------------------------------------------------------------
 */

static const char *state;
static int json;
static struct opt_list names;

static const struct opt table[] = {
	{ .name = "state", .arg = "DIR", .text = &state, .help = "the state folder" },
	{ .name = "name", .letter = 'n', .arg = "NAME", .list = &names, .help = "a name" },
	{ .name = "json", .flag = &json, .help = "print JSON" },
	{ 0 },
};

/* words: separated by spaces. left gets what opt_parse left over, joined again. */
static int parse(const char *words, char left[64], struct err *e)
{
	static char copy[512];
	char *argv[80] = { (char[]) { "dbtls" } };
	int argc = 1;
	int rc;

	state = NULL;
	json = 0;
	names.n = 0;
	*e = (struct err) { 0 };
	left[0] = '\0';
	(void)snprintf(copy, sizeof copy, "%s", words);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	rc = opt_parse(table, &argc, argv, e);
	for (int i = 1; rc == 0 && i < argc; i++) {
		strcat(left, argv[i]);
		strcat(left, i + 1 < argc ? " " : "");
	}
	return rc;
}

static void opts(void)
{
	char many[8 * OPT_LIST_MAX + 8] = "";
	char left[64];
	struct err e;

	ok(parse("up --state /x --json now", left, &e) == 0 && json && !strcmp(state, "/x"),
	    "options");
	is_str(left, "up now", "what is left over");
	ok(parse("--state=/x=y --name a --name=b", left, &e) == 0 && !strcmp(state, "/x=y"),
	    "--a=b");
	ok(names.n == 2 && !strcmp(names.v[0], "a") && !strcmp(names.v[1], "b"), "given twice");
	ok(parse("--state= up", left, &e) == 0 && *state == '\0', "an empty value");
	ok(parse("-- --json", left, &e) == 0 && !json && !strcmp(left, "--json"),
	    "-- ends options");
	ok(parse("-n a x", left, &e) == 0 && names.n == 1 && !strcmp(left, "x"), "a letter");
	is_int(parse("-n", left, &e), -1, "a letter without its value");
	ok(parse("-7 - a -- -x", left, &e) == 0 && !strcmp(left, "-7 - a -x"),
	    "one dash, a number and what is behind -- are no options");
	is_int(parse("a -psecret", left, &e), -1, "a letter that is none");
	ok(strstr(e.text, "no option -p;") && !strstr(e.text, "secret"), "it alone is named");
	is_int(parse("-nsecret", left, &e), -1, "a value that stands at its letter");
	is_str(e.text, "-n stands alone, as a word of its own, and its value is the next",
	    "where it is to stand");
	is_int(parse("--stat /x", left, &e), -1, "a wrong word");
	is_str(e.text, "there is no \"--stat\"; did you mean \"--state\"?", "did you mean");
	is_int(parse("--zzzzzzzz", left, &e), -1, "a word that is near none");
	is_str(e.text, "there is no \"--zzzzzzzz\"; --help lists them", "where they are listed");
	is_int(parse("--json=1", left, &e), -1, "a flag with a value");
	is_str(e.text, "--json takes no value", "says so");
	is_int(parse("--state", left, &e), -1, "an option without its value");
	is_str(e.text, "--state needs a value: --state DIR", "says what is missing");
	for (int i = 0; i < OPT_LIST_MAX; i++)
		strcat(many, "--name= ");
	is_int(parse(many, left, &e), 0, "as many as there is room for");
	strcat(many, "--name=");
	is_int(parse(many, left, &e), -1, "one more");
	is_str(e.text, "\"name\" is given more than 32 times", "says so");
}

static void nearest(void)
{
	static const char *const words[] = { "access", "status", "up", NULL };

	is_str(opt_nearest("acess", words, sizeof *words), "access", "a letter left out");
	is_str(opt_nearest("statsu", words, sizeof *words), "status", "two letters swapped");
	is_str(opt_nearest("up", words, sizeof *words), "up", "the word itself");
	ok(!opt_nearest("zebra", words, sizeof *words), "none is near");
	ok(!opt_nearest("", words, sizeof *words), "nothing is near nothing");
	ok(!opt_nearest(
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", words, sizeof *words),
	    "a long word");
}

/* ---- log --------------------------------------------------------------------------------------
 */

static void quote(void)
{
	static const struct {
		const char *in, *out;
		size_t n, size;
	} rows[] = {
		{ "alice", "alice", 5, 64 },
		{ "a\"b\\c", "a\\x22b\\x5Cc", 5, 64 },
		{ "a b\n\x7f\xc3", "a\\x20b\\x0A\\x7F\\xC3", 6, 64 },
		{ "a\0b", "a\\x00b", 3, 64 },
		{ "", "", 0, 64 },
		{ "0123456789", "0123...", 10, 8 },
		{ "\n\n\n", "\\x0A...", 3, 8 },
		{ "0123456789", "...", 10, 4 },
		{ "0123456789", "", 10, 3 },
		{ "0123456789", "", 10, 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *out = malloc(rows[i].size);

		if (!out)
			abort();
		log_quote(out, rows[i].size, rows[i].in, rows[i].n);
		is_str(out, rows[i].out, "log_quote: row %zu", i);
		free(out);
	}
	log_quote(NULL, 0, "a", 1);
}

static void lines(void)
{
	char got[2048], big[2000];
	int fd[2];
	ssize_t n;

	if (pipe(fd) < 0)
		abort();
	log_init("test");
	log_to(fd[1]);
	log_line("one\ntwo %d", 7);
	n = read(fd[0], got, sizeof got - 1);
	got[n > 0 ? n : 0] = '\0';
	ok(n > 0 && strstr(got, " test[") && strstr(got, "] one?two 7\n"), "a line stays one line");
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	log_line("%s", big);
	n = read(fd[0], got, sizeof got);
	ok(n > 1000 && n <= 1024 && got[n - 1] == '\n' && got[n - 2] == 'x', "a long one is cut");
	log_to(2);
	close(fd[0]);
	close(fd[1]);
}

/* ---- files ------------------------------------------------------------------------------------
 */

static size_t count(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2; /* . and .. */
}

static int holds(const char *path, const char *text)
{
	struct buf b;
	struct err e;
	int same;

	if (file_read(path, 4096, &b, &e) < 0)
		return 0;
	same = b.n == strlen(text) && memcmp(b.p, text, b.n) == 0;
	buf_free(&b);
	return same;
}

/* The disk is full after 4 bytes: RLIMIT_FSIZE says so without a disk. */
static int replace_on_full_disk(const char *path, struct err *e)
{
	struct rlimit old, few;
	int rc;

	if (getrlimit(RLIMIT_FSIZE, &old) < 0)
		abort();
	few = old;
	few.rlim_cur = 4;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &few);
	rc = file_replace(path, 0600, "new text", 8, e);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	return rc;
}

static void files(void)
{
	char folder[] = "/tmp/dbtls-base-XXXXXX";
	char path[64], below[80];
	struct err e = { 0 };
	struct stat st;
	struct buf b;

	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof path, "%s/file", folder);
	is_int(file_read(path, 10, &b, &e), -1, "a file that isn't there");
	ok(e.kind == ERR_SYS && e.sys == ENOENT && strstr(e.text, path), "is ENOENT, and named");
	(void)umask(077);
	is_int(file_replace(path, 0644, "old", 3, &e), 0, "a new file");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644,
	    "with its mode, whatever the umask");
	is_int(replace_on_full_disk(path, &e), -1, "a full disk");
	ok(e.kind == ERR_SYS && e.sys == EFBIG && strstr(e.text, path), "is said, with the path");
	ok(holds(path, "old"), "the old file is as it was");
	is_int(count(folder), 1, "and nothing lies beside it");
	is_int(file_replace(path, 0600, "new text", 8, &e), 0, "replaced");
	ok(holds(path, "new text") && stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "by it");
	is_int(count(folder), 1, "and nothing lies beside it");
	(void)chmod(path, 0640);
	if (geteuid() == 0)
		(void)!chown(path, 7, 9);
	is_int(file_replace_kept(path, 0600, "new mode", 8, &e), 0, "replaced, and kept");
	ok(holds(path, "new mode") && stat(path, &st) == 0 && (st.st_mode & 07777) == 0640,
	    "its mode");
	ok(geteuid() != 0 || (st.st_uid == 7 && st.st_gid == 9), "its owner and group");
	is_int(file_read(path, 8, &b, &e), 0, "a file of just max bytes");
	buf_free(&b);
	is_int(file_read(path, 7, &b, &e), -1, "a file of more");
	ok(e.kind == ERR_USER && !b.p, "says so and gives nothing");
	(void)snprintf(below, sizeof below, "%s/below", folder);
	is_int(file_folder(below, 0710, geteuid(), getegid(), &e), 0, "a folder");
	is_int(file_folder(below, 0700, geteuid(), getegid(), &e), 0, "that is there");
	ok(stat(below, &st) == 0 && (st.st_mode & 07777) == 0700, "gets its mode");
	is_int(file_folder(path, 0700, geteuid(), getegid(), &e), -1, "a file is no folder");
	is_int(file_replace(below, 0600, "x", 1, &e), -1, "a folder is no file");
	ok(stat(below, &st) == 0 && S_ISDIR(st.st_mode) && count(folder) == 2, "and stays");
	(void)rmdir(below);
	ok(symlink("/tmp", below) == 0 && file_folder(below, 0700, geteuid(), getegid(), &e) < 0,
	    "a link is no folder");
	(void)unlink(below);
	(void)unlink(path);
	(void)rmdir(folder);
}

int main(void)
{
	errs();
	letters();
	spans();
	bufs();
	opts();
	nearest();
	quote();
	lines();
	files();
	return tap_done();
}

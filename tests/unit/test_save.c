/* SPDX-License-Identifier: Apache-2.0 */
#include "recipes/save.h"

#include "base/file.h"
#include "tap.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/dbtls-save-XXXXXX";

static const struct save_file files[] = {
	{ "main.py", "print(1)\n", 9 },
	{ "src/deep/x", "x", 1 },
	{ "empty", NULL, 0 },
};
#define FILES (sizeof files / sizeof *files)

static const char *below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", top, name);
	return path;
}

static int mode_of(const char *name)
{
	struct stat st;

	return lstat(below(name), &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static void write_text(const char *name, const char *text)
{
	struct err e = { 0 };

	ok(file_replace(below(name), 0600, text, strlen(text), &e) == 0, "write %s", name);
}

static int save(const char *name, struct err *e)
{
	char dir[PATH_MAX];

	(void)snprintf(dir, sizeof dir, "%s", below(name));
	return save_project(dir, files, FILES, e);
}

static void test_new(void)
{
	struct err e = { 0 };

	is_int(save("p", &e), 0, "a new project: %s", e.text);
	is_int(mode_of("p"), 0755, "the folder's mode, whatever the umask");
	is_int(mode_of("p/src/deep"), 0755, "a folder's within");
	is_int(mode_of("p/src/deep/x"), 0644, "a file's");
	is_int(mode_of("p/empty"), 0644, "an empty file");
	is_int(save("p", &e), 0, "again: nothing to do");
	is_int(unlink(below("p/main.py")), 0, "one goes");
	is_int(save("p", &e), 0, "and comes back");
	is_int(mode_of("p/main.py"), 0644, "there it is");
}

static void test_in_the_way(void)
{
	struct err e = { 0 };

	(void)unlink(below("p/main.py"));
	write_text("p/src/deep/x", "y");
	ok(save("p", &e) < 0 && strstr(e.text, "p/src/deep/x") && e.kind == ERR_USER,
	    "other bytes are not overwritten: %s", e.text);
	is_int(mode_of("p/main.py"), -1, "and nothing was written before that was seen");
	(void)unlink(below("p/src/deep/x"));
	ok(symlink("/nonexistent", below("p/main.py")) == 0, "a link that leads nowhere");
	ok(save("p", &e) < 0 && strstr(e.text, "p/main.py"), "a link is in the way");
	(void)unlink(below("p/main.py"));
	ok(mkfifo(below("p/main.py"), 0600) == 0, "a pipe");
	ok(save("p", &e) < 0 && strstr(e.text, "p/main.py"), "a pipe is in the way");
}

static void test_folders(void)
{
	struct err e = { 0 };

	ok(save("no/such", &e) < 0 && strstr(e.text, "mkdir -p") && e.kind == ERR_USER,
	    "no folder above: %s", e.text);
	write_text("file", "x");
	ok(save("file", &e) < 0 && strstr(e.text, "no folder"), "a file: %s", e.text);
	ok(save("file/p", &e) < 0, "below a file: %s", e.text);
	is_int(mkdir(below("there"), 0700), 0, "a folder of the person's");
	is_int(save("there", &e), 0, "is used");
	is_int(mode_of("there"), 0700, "and keeps its mode");
	is_int(mkdir(below("q"), 0700), 0, "another");
	write_text("q/src", "x");
	ok(save("q", &e) < 0 && strstr(e.text, "q/src") && e.kind == ERR_USER,
	    "a file where a folder should be: %s", e.text);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int main(void)
{
	(void)umask(077);
	if (!mkdtemp(top))
		return 1;
	test_new();
	test_in_the_way();
	test_folders();
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}

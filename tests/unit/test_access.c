/* SPDX-License-Identifier: Apache-2.0 */
/* T6: the access list, from its file to the set that relays ask. */
#include "base/file.h"
#include "conf/access.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/dbtls-access-XXXXXX";
static char path[64];

static struct addr ip(const char *text)
{
	struct addr a;

	if (addr_parse_ip(&a, text) < 0)
		abort();
	return a;
}

static void put(const void *text, size_t n)
{
	struct err e;

	if (file_replace(path, 0600, text, n, &e) < 0)
		abort();
}

static void by_default(void)
{
	struct access_list l;
	struct err e = { 0 };

	is_int(access_read_existing(&l, path, &e), -1, "T19: a list that must be there");
	is_int(e.sys, ENOENT, "T19: is missed");
	is_int(access_read(&l, path, &e), 0, "T6: a list that isn't there");
	ok(l.host == 1 && l.n == 0, "T6: is \"host\" alone");
	is_int(e.kind, ERR_NONE, "T6: and no error");
	access_free(&l);
	put("", 0);
	is_int(access_read(&l, path, &e), 0, "T6: an empty list");
	ok(l.host == 0 && l.n == 0, "T6: lets nobody in");
	access_free(&l);
	is_int(access_read(&l, "/proc/self/mem", &e), -1, "T6: a list that can't be read");
	ok(strstr(e.text, "/proc/self/mem"), "T6: is an error that names it");
}

static void reading(void)
{
	static const char text[] =
	    "# who\n\n  host # this one\r\n192.0.2.0/24\n\t2001:db8::/32 \n10.0.0.1";
	struct access_list l;
	struct err e = { 0 };
	char name[CIDR_TEXT];

	put(text, sizeof text - 1);
	is_int(access_read(&l, path, &e), 0, "T6: comments, blanks, CRLF, no newline at the end");
	is_int(l.host, 1, "T6: host");
	is_int(l.n, 3, "T6: three blocks");
	is_str(cidr_text(&l.v[1], name), "2001:db8::/32", "T6: in the file's order");
	access_free(&l);
}

static void wrong_lines(void)
{
	static const struct {
		const char *text, *says;
		size_t n;
	} rows[] = {
		{ "host\n192.0.2.7/24\n", "line 2: 192.0.2.7/24 has bits set", 0 },
		{ "# a\n\nhosts\n", "line 3: \"hosts\" is neither an address block", 0 },
		{ "192.0.2.0/24 10.0.0.0/8\n", "line 1: \"192.0.2.0/24 10.0.0.0/8\" is not", 0 },
		{ "host\0\n", "is not a text file", 6 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct access_list l = { .n = 77 };
		struct err e = { 0 };

		put(rows[i].text, rows[i].n ? rows[i].n : strlen(rows[i].text));
		is_int(access_read(&l, path, &e), -1, "T6: a wrong line");
		ok(strstr(e.text, rows[i].says) && strstr(e.text, path), "T6: %s", rows[i].says);
		is_int(l.n, 77, "T6: nothing is taken from such a file");
	}
}

static void editing(void)
{
	struct access_list l = { .host = 1 }, again;
	struct err e = { 0 };
	struct stat st;
	struct buf file;
	int changed;

	ok(access_add(&l, "host", &changed, &e) == 0 && !changed, "T6: add host: it was there");
	ok(access_remove(&l, "host", &changed, &e) == 0 && changed && !l.host, "T6: remove host");
	ok(access_remove(&l, "host", &changed, &e) == 0 && !changed, "T6: remove it again");
	ok(access_add(&l, "host", &changed, &e) == 0 && changed && l.host, "T6: add it");
	ok(access_add(&l, "192.0.2.0/24", &changed, &e) == 0 && changed, "T6: add a block");
	ok(access_add(&l, "::ffff:192.0.2.0/120", &changed, &e) == 0 && !changed,
	    "T6: the same block written otherwise");
	ok(access_add(&l, "192.0.2.0/25", &changed, &e) == 0 && changed,
	    "T6: a part is a block too");
	ok(access_add(&l, "192.0.2.1/24", &changed, &e) < 0 && !changed,
	    "T6: host bits are refused");
	ok(access_add(&l, "everyone", &changed, &e) < 0 && strstr(e.text, "the word \"host\""),
	    "T6: an unknown word is refused, and what there is is named");
	ok(access_remove(&l, "nobody", &changed, &e) < 0, "T6: also when removing");
	is_int(access_write(&l, path, &e), 0, "T6: written");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "T6: for its owner alone");
	is_int(file_read(path, 4096, &file, &e), 0, "T6: there");
	ok(file.n > 2 && file.p[0] == '#' && memmem(file.p, file.n, "dbtls access", 12),
	    "T6: the first line says what the file is");
	buf_free(&file);
	is_int(access_read(&again, path, &e), 0, "T6: read back");
	ok(again.host && again.n == 2 && cidr_equal(&again.v[0], &l.v[0]) &&
		cidr_equal(&again.v[1], &l.v[1]),
	    "T6: as it was");
	access_free(&again);
	ok(access_remove(&l, "192.0.2.0/24", &changed, &e) == 0 && changed && l.n == 1,
	    "T6: remove");
	ok(access_remove(&l, "192.0.2.0/24", &changed, &e) == 0 && !changed && l.n == 1,
	    "T6: remove what isn't there");
	is_int(access_write(&l, "/nowhere/at/all", &e), -1, "T6: can't be written");
	access_free(&l);
}

static void asking(void)
{
	static const struct {
		const char *ip, *why;
	} rows[] = {
		{ "127.0.0.1", "host" },
		{ "127.8.9.10", "host" },
		{ "::1", "host" },
		{ "203.0.113.5", "host" },
		{ "2001:db8:1::5", "host" },
		{ "::ffff:203.0.113.5", "host" },
		{ "203.0.113.6", NULL },
		{ "192.0.2.99", "192.0.2.0/24" },
		{ "192.0.2.7", "192.0.2.0/24" },
		{ "192.0.3.1", NULL },
		{ "::2", NULL },
	};
	struct addr own[] = { ip("203.0.113.5"), ip("2001:db8:1::5") };
	struct access_list l = { .host = 1 };
	struct cidr_set set = { 0 };
	struct err e = { 0 };
	struct buf b;
	char why[CIDR_TEXT];
	int changed;

	own[1].scope_id = 3;
	own[0].port = 4000;
	ok(access_add(&l, "192.0.2.0/24", &changed, &e) == 0 &&
		access_add(&l, "192.0.2.7", &changed, &e) == 0,
	    "T6: a list");
	ok(access_pack(&l, own, 2, &b, &e) == 0 && cidr_set_open(&set, b.p, b.n) == 0,
	    "T6: packed");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct addr a = ip(rows[i].ip);
		int in = access_test(&l, own, 2, &a, why);

		is_int(in, rows[i].why != NULL, "T6: %s", rows[i].ip);
		is_str(in ? why : "-", rows[i].why ? rows[i].why : "-", "T6: which entry");
		is_int(cidr_set_holds(&set, &a), in, "T6: the packed list says the same");
	}
	buf_free(&b);
	access_free(&l);
	ok(access_pack(&l, own, 2, &b, &e) == 0 && cidr_set_open(&set, b.p, b.n) == 0,
	    "T6: an empty list is packed");
	ok(!cidr_set_holds(&set, &own[0]) && !access_test(&l, own, 2, &own[0], why),
	    "T6: without \"host\" its own addresses are strangers");
	buf_free(&b);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof path, "%s/access", folder);
	by_default();
	reading();
	wrong_lines();
	editing();
	asking();
	(void)unlink(path);
	(void)rmdir(folder);
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls access`: the list of addresses that are let in (T6), changed while the door runs. */
#include "conf/access.h"

#include "base/i18n.h"
#include "cmd/cli.h"
#include "net/hostnames.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *endpoint;

static const struct opt options[] = {
	{ .name = "endpoint",
	    .arg = "NAME",
	    .text = &endpoint,
	    .help = N_("the access list of this endpoint's own, of a running door") },
	CLI_STATE,
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

/* The file of the list that is meant: the one for all, or an endpoint's. */
static char list_file[PATH_MAX];

/* Two that change the list at once must not lose one's change. -1 or the descriptor that holds it.
 */
static int lock_list(const struct state *s, struct err *e)
{
	char path[STATE_PATH + sizeof ".lock"];
	int fd;

	(void)snprintf(path, sizeof path, "%s.lock", s->access);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == ENOENT)
		return err_set(
		    e, ERR_LOCAL, _("there is no state folder %s; dbtls up makes it"), s->dir);
	if (fd < 0)
		return err_sys(e, _("open %s"), path);
	if (flock(fd, LOCK_EX) < 0) {
		err_sys(e, _("lock %s"), path);
		close(fd);
		return -1;
	}
	return fd;
}

/* A fault in the file is none in the words that were typed. */
static int read_list(struct access_list *l, const struct state *s, struct err *e)
{
	/* That of an endpoint must be there: to take it for "host" alone would be a guess. */
	int rc = endpoint ? access_read_existing(l, list_file, e) : access_read(l, list_file, e);

	(void)s;
	if (rc < 0 && e->kind == ERR_USER)
		e->kind = ERR_LOCAL;
	return rc;
}

/* Tells a running door. That none runs is no error. */
static int make_known(const struct state *s, int *running, struct err *e)
{
	json_t *reply =
	    cli_ask(s, json_pack("{s:s, s:s*}", "do", "access", "endpoint", endpoint), e);

	*running = reply != NULL;
	if (!reply && !cli_nobody(e))
		return err_prefix(
		    e, _("the list is written, but the door goes on with the old one"));
	json_decref(reply);
	return 0;
}

typedef int change_function(struct access_list *l, const char *entry, int *changed, struct err *e);

/* All the entries or none of them. */
static int change_list(
    const struct state *s, change_function *change, char **entries, int *changes, struct err *e)
{
	struct access_list l = { 0 };
	int rc = -1;

	if (read_list(&l, s, e) < 0)
		goto out;
	for (char **entry = entries; *entry; entry++) {
		int changed = 0;

		if (change(&l, *entry, &changed, e) < 0)
			goto out;
		*changes += changed;
	}
	rc = *changes ? access_write(&l, list_file, e) : 0;
out:
	access_free(&l);
	return rc;
}

/* The lock is held until the door has taken the list: it takes one change at a time. */
static int change_and_tell(const struct state *s, change_function *change, char **entries)
{
	struct err e = { 0 };
	int changes = 0, running = 0;
	int lock = lock_list(s, &e);
	int rc = lock;

	if (rc >= 0)
		rc = change_list(s, change, entries, &changes, &e);
	/* Unchanged too: the door may have refused what the last try has written. */
	if (rc >= 0)
		rc = make_known(s, &running, &e);
	if (lock >= 0)
		close(lock);
	if (rc < 0)
		return cli_fail(&e);
	if (!changes)
		printf(_("nothing to change: that is how the list is\n"));
	else
		printf("%s", running ? _("in force now\n") : _("in force from the next start\n"));
	return CLI_OK;
}

static int access_add_run(const struct state *s, char **words)
{
	return change_and_tell(s, access_add, words);
}

static int access_remove_run(const struct state *s, char **words)
{
	return change_and_tell(s, access_remove, words);
}

static int print_list_json(const struct access_list *l)
{
	json_t *entries = json_array();
	char text[CIDR_TEXT];

	if (l->host)
		(void)json_array_append_new(entries, json_string("host"));
	for (size_t i = 0; i < l->n; i++)
		(void)json_array_append_new(entries, json_string(cidr_text(&l->v[i], text)));
	cli_print_json(json_pack("{s:o}", "access", entries));
	return CLI_OK;
}

static int print_list(const struct access_list *l)
{
	char text[CIDR_TEXT];

	if (l->host)
		printf(_("host\t# this host's own addresses\n"));
	for (size_t i = 0; i < l->n; i++)
		printf("%s\n", cidr_text(&l->v[i], text));
	if (!l->host && l->n == 0)
		printf(_("# nobody is let in\n"));
	return CLI_OK;
}

/* Which endpoints have one of their own; nobody need be running. */
static void print_others(const struct state *s)
{
	struct err e = { 0 };
	json_t *reply = cli_ask(s, json_pack("{s:s}", "do", "access-lists"), &e);
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(reply, "lists"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "endpoint"));

		if (name)
			printf(_("# endpoint %s has its own: %s\n"), name,
			    json_string_value(json_object_get(one, "file")));
	}
	json_decref(reply);
}

static int set_list(const char *file, struct err *e)
{
	if ((size_t)snprintf(list_file, sizeof list_file, "%s", file) < sizeof list_file)
		return 0;
	return err_set(e, ERR_LOCAL, _("the path of the list is too long"));
}

/* Only the running door has read serve's file, and knows where an endpoint's own list lies. */
static int find_own(const struct state *s, const char *of, struct err *e)
{
	json_t *reply = cli_ask(s, json_pack("{s:s}", "do", "access-lists"), e);
	const char *file = NULL;
	json_t *one;
	size_t i;
	int rc;

	if (!reply)
		return -1;
	json_array_foreach(json_object_get(reply, "lists"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "endpoint"));

		if (name && strcmp(name, of) == 0)
			file = json_string_value(json_object_get(one, "file"));
	}
	rc = file
		 ? set_list(file, e)
		 : err_set(e, ERR_USER,
		       _("no endpoint %s has an access list of its own (access-list FILE); without "
			 "--endpoint the list for all others is meant"),
		       of);
	json_decref(reply);
	return rc;
}

static int access_list_run(const struct state *s, char **words)
{
	struct access_list l = { 0 };
	struct err e = { 0 };
	int rc;

	(void)words;
	if (read_list(&l, s, &e) < 0)
		return cli_fail(&e);
	rc = cli.json ? print_list_json(&l) : print_list(&l);
	if (!cli.json && !endpoint)
		print_others(s);
	access_free(&l);
	return rc;
}

static void print_test(const char *address, int in, const char *why)
{
	if (cli.json)
		cli_print_json(json_pack("{s:s, s:b, s:s*}", "address", address, "let_in", in,
		    "entry", in ? why : NULL));
	else if (in)
		printf(_("%s is let in, by the entry %s\n"), address, why);
	else
		printf(_("%s is refused: no entry holds it\n"), address);
}

static int access_test_run(const struct state *s, char **words)
{
	static struct hostnames host;
	struct access_list l = { 0 };
	struct err e = { 0 };
	struct addr a;
	char why[CIDR_TEXT] = "";
	char text[ADDR_TEXT];
	int in;

	if (addr_parse_ip(&a, words[0]) < 0)
		return cli_wrong(_("%s is not an address; write one such as 192.0.2.7"), words[0]);
	if (read_list(&l, s, &e) < 0 || hostnames_get(&host, &e) < 0) {
		access_free(&l);
		return cli_fail(&e);
	}
	in = access_test(&l, host.address, host.addresses, &a, why);
	print_test(addr_ip_text(&a, text), in, why);
	access_free(&l);
	return in ? CLI_OK : CLI_FAILED;
}

static const struct verb {
	const char *name;
	int min, max;
	int (*run)(const struct state *s, char **words);
} verbs[] = {
	{ "list", 0, 0, access_list_run },
	{ "add", 1, INT_MAX, access_add_run },
	{ "remove", 1, INT_MAX, access_remove_run },
	{ "test", 1, 1, access_test_run },
	{ 0 },
};

static int access_run(int argc, char **argv)
{
	const char *names[sizeof verbs / sizeof *verbs] = { 0 };
	struct state s;
	struct err e = { 0 };
	int i;

	for (i = 0; verbs[i].name; i++)
		names[i] = verbs[i].name;
	i = cli_choose(names, argv[1]);
	if (i < 0)
		return CLI_WRONG;
	if (argc - 2 < verbs[i].min)
		return cli_wrong(
		    _("dbtls access %s needs an address or a block, such as 192.0.2.0/24"),
		    verbs[i].name);
	if (argc - 2 > verbs[i].max)
		return cli_wrong(_("dbtls access %s takes fewer words than that"), verbs[i].name);
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	if ((endpoint ? find_own(&s, endpoint, &e) : set_list(s.access, &e)) < 0)
		return cli_fail(&e);
	return verbs[i].run(&s, argv + 2);
}

const struct command cmd_access = {
	.name = "access",
	.sentence = N_("say which addresses are let in"),
	.words = "list|add|remove|test [ADDRESS…]",
	.min = 1,
	.max = INT_MAX,
	.more = N_(
	    "An entry is an address, a block such as 192.0.2.0/24 or 2001:db8::/32, or the word\n"
	    "host: this host's own addresses, which is the list one starts with. A running door\n"
	    "takes a change at once. test says whether an address is let in (exit status 0) or\n"
	    "refused (1), and by which entry. An endpoint of `dbtls serve` may have a list of its\n"
	    "own, in place of this one: --endpoint names it.\n"),
	.example = "  dbtls access add 192.0.2.0/24\n  dbtls access test 192.0.2.7\n"
		   "  dbtls access add 198.51.100.7 --endpoint shop\n",
	.options = options,
	.first = verbs,
	.width = sizeof *verbs,
	.run = access_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls lab`: endpoints that are broken on purpose, listed and started; lab_try.c tries a client.
 */
#include "cmd/lab.h"

#include "base/i18n.h"
#include "cmd/cli.h"
#include "lab/names.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct lab_given lab_given;

static int check_protocol(const char *value, struct err *e)
{
	if (strcmp(value, "mysql") == 0 || strcmp(value, "https") == 0)
		return 0;
	return err_set(e, ERR_USER, _("--protocol %s: say mysql or https"), value);
}

static int check_number(const char *value, long most, const char *what, struct err *e)
{
	size_t digits = strspn(value, "0123456789");
	long n = digits > 0 && digits < 7 && !value[digits] ? strtol(value, NULL, 10) : 0;

	if (n > 0 && n <= most)
		return 0;
	return err_set(e, ERR_USER, _("%s %s: say a number from 1 to %ld"), what, value, most);
}

static int check_port(const char *value, struct err *e)
{
	return check_number(value, 65535, "--port", e);
}

static int check_timeout(const char *value, struct err *e)
{
	return check_number(value, 3600, "--timeout", e);
}

static int check_jobs(const char *value, struct err *e)
{
	return check_number(value, 1000, "--jobs", e);
}

static int check_report(const char *value, struct err *e)
{
	const char *dot = strrchr(value, '.');

	if (dot && (strcmp(dot, ".md") == 0 || strcmp(dot, ".html") == 0))
		return 0;
	return err_set(e, ERR_USER,
	    _("--report %s: the file's name must end in .md or in .html, which says what it is "
	      "to be"),
	    value);
}

static const struct opt options[] = {
	{ .name = "only",
	    .arg = "NAME,…",
	    .list = &lab_given.only,
	    .help = N_("these conditions alone; `dbtls lab list` names them") },
	{ .name = "protocol",
	    .arg = "WHICH",
	    .text = &lab_given.protocol,
	    .check = check_protocol,
	    .help = N_("mysql or https (both; try: what the client speaks)") },
	{ .name = "mended",
	    .flag = &lab_given.mended,
	    .help = N_("the same endpoints without their faults: all are good") },
	{ .name = "dir",
	    .arg = "DIR",
	    .text = &lab_given.dir,
	    .help = N_("where CA files and the hosts file go, and stay (a folder that goes)") },
	{ .name = "port",
	    .arg = "N",
	    .text = &lab_given.port,
	    .check = check_port,
	    .help = N_("start: the first port; the others follow (any)") },
	{ .name = "client",
	    .arg = "NAME",
	    .text = &lab_given.client,
	    .help = N_("try: the sample that `dbtls connect NAME` prints; or curl, wget, aws…") },
	{ .name = "prepare",
	    .flag = &lab_given.prepare,
	    .help = N_("try: install what that client needs into --dir, and try nothing") },
	{ .name = "timeout",
	    .arg = "SECONDS",
	    .text = &lab_given.timeout,
	    .check = check_timeout,
	    .help = N_("try: how long each may take (15; --client: 40)") },
	{ .name = "jobs",
	    .arg = "N",
	    .text = &lab_given.jobs,
	    .check = check_jobs,
	    .help = N_("try: how many at once (by the number of cores)") },
	{ .name = "all",
	    .flag = &lab_given.all,
	    .help = N_("try: show each endpoint, with its time and the client's words") },
	{ .name = "junit",
	    .arg = "FILE",
	    .text = &lab_given.junit,
	    .help = N_("try: write JUnit's XML there, for CI") },
	{ .name = "report",
	    .arg = "FILE",
	    .text = &lab_given.report,
	    .check = check_report,
	    .help = N_("try: write a report there: FILE.md or FILE.html") },
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

const char *lab_protocol_name(enum lab_protocol p)
{
	return p == LAB_MYSQL ? "mysql" : "https";
}

unsigned lab_protocols(void)
{
	if (!lab_given.protocol)
		return LAB_BOTH;
	return strcmp(lab_given.protocol, "mysql") == 0 ? LAB_MYSQL : LAB_HTTPS;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The names of all conditions, ending in NULL, for "did you mean". */
static const char **all_names(void)
{
	const char **names;
	size_t n = 0;

	while (condition_at(n))
		n++;
	names = calloc(n + 1, sizeof *names);
	for (size_t i = 0; names && i < n; i++)
		names[i] = condition_at(i)->name;
	return names;
}

static int no_such_condition(const char *name, struct err *e)
{
	const char **names = all_names();
	const struct opt_words words = { names, sizeof *names, _("`dbtls lab list` shows them") };
	int rc = names ? opt_unknown(&words, name, e) : err_set(e, ERR_SYS, _("no memory"));

	free(names);
	return rc;
}

int lab_names_add(struct lab_names *names, const char *name, struct err *e)
{
	const struct condition *c = condition_of(name);
	const char **more;

	if (!c)
		return no_such_condition(name, e);
	more = realloc(names->v, (names->n + 2) * sizeof *more);
	if (!more)
		return err_set(e, ERR_SYS, _("no memory"));
	names->v = more;
	names->v[names->n++] = c->name;
	names->v[names->n] = NULL;
	return 0;
}

static int add_list(struct lab_names *names, const char *list, struct err *e)
{
	char name[128];

	while (*list) {
		size_t n = strcspn(list, ", ");

		(void)snprintf(name, sizeof name, "%.*s", (int)n, list);
		if (n > 0 && lab_names_add(names, name, e) < 0)
			return -1;
		list += n;
		list += *list != '\0';
	}
	return 0;
}

int lab_names_only(struct lab_names *names, struct err *e)
{
	for (size_t i = 0; i < lab_given.only.n; i++)
		if (add_list(names, lab_given.only.v[i], e) < 0)
			return -1;
	return 0;
}

void lab_names_free(struct lab_names *names)
{
	free(names->v);
	*names = (struct lab_names) { 0 };
}

static int is_named(const struct lab_names *names, const struct condition *c)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], c->name) == 0)
			return 1;
	return !names->v;
}

/* ---- the folder, the signals ----------------------------------------------------------------- */

int lab_folder_open(struct lab_folder *f, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	struct stat st;

	f->ours = !lab_given.dir;
	if (f->ours) {
		(void)snprintf(f->path, sizeof f->path, "%s/dbtls-lab-XXXXXX", tmp ? tmp : "/tmp");
		/* Clients that run as another user read what is in it. */
		if (mkdtemp(f->path) && chmod(f->path, 0755) == 0)
			return 0;
		return err_sys(e, _("make the folder %s"), f->path);
	}
	if (mkdir(lab_given.dir, 0755) < 0 && errno != EEXIST)
		return err_sys(e, _("make the folder %s"), lab_given.dir);
	if (!realpath(lab_given.dir, f->path) || stat(f->path, &st) < 0)
		return err_sys(e, "%s", lab_given.dir);
	return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_USER, _("%s is no folder"), lab_given.dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

void lab_folder_close(struct lab_folder *f)
{
	if (f->ours && f->path[0])
		(void)nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int lab_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, _("block signals"));
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, _("watch for signals")) : fd;
}

/* ---- what is shown --------------------------------------------------------------------------- */

static int name_width(void)
{
	size_t most = 4;

	for (size_t i = 0; condition_at(i); i++)
		if (strlen(condition_at(i)->name) > most)
			most = strlen(condition_at(i)->name);
	return (int)most;
}

/* Columns of what stands below "RIGHT IS" and "WEIGHT". */
enum { RIGHT_WIDTH = 8, WEIGHT_WIDTH = 8 };

static int refuses(const struct condition *c)
{
	return c->refuse && !lab_given.mended;
}

static const char *right_client(const struct condition *c)
{
	return refuses(c) ? _("refuses") : _("connects");
}

static json_t *row_json(const struct condition *c, enum lab_protocol p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:b}", "name", c->name,
	    "protocol", lab_protocol_name(p), "expect", refuses(c) ? "refuse" : "accept", "cause",
	    lab_given.mended ? "ok" : c->cause, "group", lab_group_name(condition_group(c)),
	    "weight", lab_weight_name(c->weight), "wrong", _(c->wrong), "means",
	    c->means ? _(c->means) : NULL, "mended", lab_given.mended);
}

static json_t *endpoint_json(const struct lab *l, const struct lab_endpoint *at)
{
	json_t *row = row_json(at->condition, at->protocol);

	(void)json_object_set_new(row, "host", json_string(at->host));
	(void)json_object_set_new(row, "address", json_string(at->address));
	(void)json_object_set_new(row, "port", json_integer(at->port));
	(void)json_object_set_new(row, "ca", json_string(at->ca));
	(void)json_object_set_new(row, "user", json_string(lab_user(l)));
	(void)json_object_set_new(row, "password", json_string(lab_password(l)));
	return row;
}

/* ---- list ------------------------------------------------------------------------------------ */

static void list_json(const struct lab_names *names)
{
	static const enum lab_protocol both[] = { LAB_MYSQL, LAB_HTTPS };
	json_t *rows = json_array();
	const struct condition *c;

	for (size_t i = 0; (c = condition_at(i)); i++)
		for (size_t p = 0; p < 2; p++)
			if (is_named(names, c) && (c->protocols & lab_protocols() & both[p]))
				(void)json_array_append_new(rows, row_json(c, both[p]));
	cli_print_json(rows);
}

static void print_condition(const struct condition *c, int width)
{
	printf("%-*s  %-5s  %-5s  ", width, c->name, c->protocols & LAB_MYSQL ? "mysql" : "",
	    c->protocols & LAB_HTTPS ? "https" : "");
	cli_cell(right_client(c), RIGHT_WIDTH + 2);
	cli_cell(_(lab_weight_name(c->weight)), WEIGHT_WIDTH + 2);
	printf("%s\n", _(c->wrong));
}

static int list(const struct lab_names *names)
{
	int width = name_width();
	const struct condition *c;

	if (cli.json) {
		list_json(names);
		return CLI_OK;
	}
	cli_cell(_("NAME"), width + 2);
	cli_cell(_("SPOKEN BY"), 14);
	cli_cell(_("RIGHT IS"), RIGHT_WIDTH + 2);
	cli_cell(_("WEIGHT"), WEIGHT_WIDTH + 2);
	printf("%s\n", _("WHAT IS WRONG"));
	for (size_t i = 0; (c = condition_at(i)); i++)
		if (is_named(names, c) && (c->protocols & lab_protocols()))
			print_condition(c, width);
	return CLI_OK;
}

/* ---- start ----------------------------------------------------------------------------------- */

static void print_endpoints(const struct lab *l)
{
	int width = name_width(), where = 0;
	char text[LAB_HOST + 8];

	for (size_t i = 0; i < lab_count(l); i++) {
		int n = (int)strlen(lab_endpoint(l, i)->host) + 6;

		where = n > where ? n : where;
	}
	cli_cell(_("NAME"), width + 9);
	cli_cell(_("WHERE"), where + 2);
	cli_cell(_("RIGHT IS"), RIGHT_WIDTH + 2);
	printf("%s\n", _("WHAT IS WRONG"));
	for (size_t i = 0; i < lab_count(l); i++) {
		const struct lab_endpoint *at = lab_endpoint(l, i);
		const struct condition *c = at->condition;

		(void)snprintf(text, sizeof text, "%s:%u", at->host, at->port);
		printf("%-*s  %-5s  %-*s  ", width, c->name, lab_protocol_name(at->protocol), where,
		    text);
		cli_cell(right_client(c), RIGHT_WIDTH + 2);
		printf("%s\n", _(c->wrong));
	}
}

/* An example of each protocol: the first endpoint that has a name. */
static const struct lab_endpoint *example_of(const struct lab *l, enum lab_protocol p)
{
	for (size_t i = 0; i < lab_count(l); i++) {
		const struct lab_endpoint *at = lab_endpoint(l, i);

		if (at->protocol == p && strcmp(at->host, at->address) != 0)
			return at;
	}
	return NULL;
}

/* One that is broken says most. */
static const struct lab_endpoint *broken_example(const struct lab *l)
{
	for (size_t i = 0; i < lab_count(l); i++) {
		const struct lab_endpoint *at = lab_endpoint(l, i);

		if (refuses(at->condition) && strcmp(at->condition->name, "expired") == 0)
			return at;
	}
	return example_of(l, LAB_MYSQL) ? example_of(l, LAB_MYSQL) : example_of(l, LAB_HTTPS);
}

static void print_check(const struct lab_endpoint *at)
{
	printf("  dbtls check --ca %s --connect-to %s %s%s:%u\n", at->ca, at->address,
	    at->protocol == LAB_HTTPS ? "https://" : "", at->host, at->port);
}

static void print_examples(const struct lab *l, const char *hosts)
{
	const struct lab_endpoint *mysql = example_of(l, LAB_MYSQL);
	const struct lab_endpoint *https = example_of(l, LAB_HTTPS);

	if (broken_example(l))
		print_check(broken_example(l));
	if (https)
		printf("  curl --cacert %s --resolve %s:%u:%s https://%s:%u/\n", https->ca,
		    https->host, https->port, https->address, https->host, https->port);
	printf(_("  unshare --mount --map-root-user sh    (as root: unshare --mount sh)\n"
		 "  mount --bind %s /etc/hosts    names, for this shell alone\n"),
	    hosts);
	if (mysql)
		printf("  mariadb --ssl-ca=%s --ssl-verify-server-cert -h %s -P %u -u %s -p%s\n",
		    mysql->ca, mysql->host, mysql->port, lab_user(l), lab_password(l));
}

static void print_started(const struct lab *l, const struct lab_folder *f, const char *hosts)
{
	print_endpoints(l);
	printf(_("\ndbtls lab: %zu endpoints on loopback, each broken in its one way: no place for "
		 "real data.\n"),
	    lab_count(l));
	printf(_("CA files     %s/NAME.pem, one for each condition\n"), f->path);
	printf(
	    _("login        user %s, password %s, database test\n"), lab_user(l), lab_password(l));
	printf(_("names        they resolve by the file %s; for example:\n"), hosts);
	print_examples(l, hosts);
	printf(_("all at once  dbtls lab try -- COMMAND runs a client at each\n"
		 "Ctrl-C ends it.\n"));
}

static void print_started_json(const struct lab *l)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < lab_count(l); i++)
		(void)json_array_append_new(rows, endpoint_json(l, lab_endpoint(l, i)));
	cli_print_json(rows);
}

static int run_lab(struct lab *l, const struct lab_folder *f, int stop_fd, struct err *e)
{
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };
	char hosts[PATH_MAX + 8];

	(void)snprintf(hosts, sizeof hosts, "%s/hosts", f->path);
	if (names_write(hosts, l, e) < 0)
		return -1;
	/* What is shown is there: its CA file too, of which a large key keeps us waiting. */
	for (size_t i = 0; i < lab_count(l); i++)
		if (lab_wait(l, i, e) < 0)
			return -1;
	if (cli.json)
		print_started_json(l);
	if (!cli.json)
		print_started(l, f, hosts);
	if (fflush(stdout) != 0)
		return err_sys(e, _("write the table"));
	while (poll(&stop, 1, -1) < 0 && errno == EINTR)
		;
	return 0;
}

static int start(const struct lab_names *names)
{
	struct lab_folder folder = { 0 };
	struct lab_options o = { .only = names->v,
		.protocols = lab_protocols(),
		.mended = lab_given.mended,
		.port = lab_given.port ? (uint16_t)strtol(lab_given.port, NULL, 10) : 0,
		.dir = folder.path };
	struct err e = { 0 };
	struct lab *l = NULL;
	int rc = -1;
	int stop_fd = lab_signals(&e);

	if (stop_fd < 0 || lab_folder_open(&folder, &e) < 0)
		goto out;
	l = lab_start(&o, &e);
	if (l)
		rc = run_lab(l, &folder, stop_fd, &e);
	if (l)
		lab_stop(l);
out:
	lab_folder_close(&folder);
	if (stop_fd >= 0)
		close(stop_fd);
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}

/* ---- the command ----------------------------------------------------------------------------- */

/* The words behind the verb are names, beside those of --only. */
static int with_names(int argc, char **argv, int (*run)(const struct lab_names *names))
{
	struct lab_names names = { 0 };
	struct err e = { 0 };
	int rc = lab_names_only(&names, &e);

	for (int i = 1; rc == 0 && i < argc; i++)
		rc = lab_names_add(&names, argv[i], &e);
	rc = rc < 0 ? cli_fail(&e) : run(&names);
	lab_names_free(&names);
	return rc;
}

static int lab_list(int argc, char **argv)
{
	return with_names(argc, argv, list);
}

static int lab_start_verb(int argc, char **argv)
{
	return with_names(argc, argv, start);
}

static const char *const verbs[] = { "list", "start", "try", NULL };
static int (*const verb_runs[])(int argc, char **argv) = { lab_list, lab_start_verb, lab_try };

/* Options of one verb with another would be taken for done, and are not. */
static int check_words(const char *verb)
{
	const struct {
		const char *verb, *option;
		int given;
	} bound[] = {
		{ "start", "port", lab_given.port != NULL },
		{ "try", "client", lab_given.client != NULL },
		{ "try", "prepare", lab_given.prepare },
		{ "try", "timeout", lab_given.timeout != NULL },
		{ "try", "jobs", lab_given.jobs != NULL },
		{ "try", "all", lab_given.all },
		{ "try", "junit", lab_given.junit != NULL },
		{ "try", "report", lab_given.report != NULL },
	};

	for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
		if (bound[i].given && strcmp(bound[i].verb, verb) != 0)
			return cli_wrong(
			    _("--%s goes with `dbtls lab %s`"), bound[i].option, bound[i].verb);
	return CLI_OK;
}

static int lab_run(int argc, char **argv)
{
	int verb = argc > 1 ? cli_choose(verbs, argv[1]) : 1;
	int rc;

	if (verb < 0)
		return CLI_WRONG;
	rc = check_words(verbs[verb]);
	if (rc != CLI_OK)
		return rc;
	return argc > 1 ? verb_runs[verb](argc - 1, argv + 1) : verb_runs[verb](argc, argv);
}

const struct command cmd_lab = {
	.name = "lab",
	.sentence = N_("endpoints broken on purpose: which of them does a client accept?"),
	.words = "[list|start|try] [NAME…] [-- COMMAND…]",
	.max = INT_MAX,
	.more = N_(
	    "start (or no word) starts an endpoint for each condition, MySQL and HTTPS, on "
	    "loopback, "
	    "with\n"
	    "a CA of its own, until Ctrl-C. try runs COMMAND at each, fills in {host} {port} {ca} "
	    "{user}\n"
	    "{password} {url} {dir}, and says where it was wrong to connect and what mends it; "
	    "exit\n"
	    "status 0: right wherever it must be.\n"),
	.example = "  dbtls lab list\n"
		   "  dbtls lab start good wrong-host expired\n"
		   "  dbtls lab try --client java\n"
		   "  dbtls lab try -- curl --cacert {ca} {url}\n"
		   "  dbtls lab try -- mysql --ssl-mode=REQUIRED -h {host} -P {port} -u {user} "
		   "-p{password} -e 'SELECT 1'\n",
	.options = options,
	.first = verbs,
	.width = sizeof *verbs,
	.run = lab_run,
};

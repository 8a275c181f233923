/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls status`: the door's own account of itself, on one screen or as JSON. */
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/clients.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct opt options[] = { CLI_STATE, CLI_JSON, CLI_HELP, { 0 } };

#define WARN_DAYS 14

enum mood { PLAIN, GOOD, BAD };

static const char *colour(enum mood mood)
{
	static const char *const codes[] = { "", "\033[32m", "\033[31m" };
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) ? codes[mood] : "";
}

static const char *colour_end(enum mood mood)
{
	return *colour(mood) ? "\033[0m" : "";
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

static long long number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void label(const char *name)
{
	printf("  ");
	cli_cell(name, 15);
}

static void print_list(const json_t *list, const char *between)
{
	size_t i;
	json_t *word;

	json_array_foreach(list, i, word) printf(
	    "%s%s", i ? between : "", json_string_value(word) ? json_string_value(word) : "-");
}

static void print_door(const json_t *r)
{
	printf(_("dbtls %s, up since %s\n"), text_of(r, "version"), text_of(r, "since"));
	label(_("listening"));
	if (json_is_true(json_object_get(r, "draining"))) {
		printf(_("%snowhere any more%s: it stops when its sessions have ended, and in %lld "
			 "s\n"),
		    colour(BAD), colour_end(BAD), number_of(r, "drain_seconds_left"));
		return;
	}
	print_list(json_object_get(r, "listen"), "  ");
	printf("   (");
	print_list(json_object_get(r, "tls_versions"), ", ");
	printf(")\n");
}

static void print_certificate(const char *name, const json_t *c)
{
	long long days = number_of(c, "days_left");
	enum mood mood = days < WARN_DAYS ? BAD : GOOD;

	label(name);
	printf(_("%s, %s%lld days left%s (until %s)\n"), text_of(c, "subject"), colour(mood), days,
	    colour_end(mood), text_of(c, "not_after"));
	if (json_array_size(json_object_get(c, "names")) > 0) {
		label("");
		print_list(json_object_get(c, "names"), " ");
		printf("\n");
	}
	label("");
	printf("SHA-256 %s\n", text_of(c, "fingerprint"));
	if (!json_object_get(c, "file"))
		return;
	label("");
	printf("%s\n", text_of(c, "file"));
}

static void print_engine(const json_t *engine)
{
	const char *state = text_of(engine, "state");
	enum mood mood = strcmp(state, "ready") == 0 ? GOOD : BAD;

	if (strcmp(state, "elsewhere") == 0)
		return;
	label(_("engine"));
	/* It says which version it is once it is ready. */
	if (*text_of(engine, "version"))
		printf(_("%s%s%s, %s, restarted %lld times\n"), colour(mood), _(state),
		    colour_end(mood), text_of(engine, "version"), number_of(engine, "restarts"));
	else
		printf(_("%s%s%s, restarted %lld times\n"), colour(mood), _(state),
		    colour_end(mood), number_of(engine, "restarts"));
}

static void print_upstream(const char *name, const json_t *u)
{
	int answers = json_is_true(json_object_get(u, "answers"));
	enum mood mood = answers ? GOOD : BAD;

	label(name);
	printf(_("%s, %lld sessions, %s%s%s\n"), text_of(u, "address"), number_of(u, "open"),
	    colour(mood), answers ? _("answers") : _("does not answer"), colour_end(mood));
}

/* In short: the first one's has been shown in full. */
static void print_expiry(const json_t *c)
{
	long long days = number_of(c, "days_left");
	enum mood mood = days < WARN_DAYS ? BAD : GOOD;

	label("");
	if (json_object_get(c, "file"))
		printf(_("certificate %s, %s%lld days left%s, %s\n"), text_of(c, "subject"),
		    colour(mood), days, colour_end(mood), text_of(c, "file"));
	else
		printf(_("certificate %s, %s%lld days left%s\n"), text_of(c, "subject"),
		    colour(mood), days, colour_end(mood));
}

/* Several endpoints, each with what stands behind it. */
static void print_endpoints(const json_t *endpoints, const json_t *engine)
{
	size_t i, j;
	json_t *p, *u;

	if (strcmp(text_of(engine, "state"), "elsewhere") != 0)
		return;
	json_array_foreach(endpoints, i, p)
	{
		label(text_of(p, "endpoint"));
		printf("%s:%lld   ", text_of(p, "host"), number_of(p, "port"));
		print_list(json_object_get(p, "listen"), "  ");
		printf(strcmp(text_of(p, "protocol"), "tls") == 0 ? _("  protocol tls\n") : "\n");
		if (json_array_size(endpoints) > 1)
			print_expiry(json_object_get(p, "certificate"));
		json_array_foreach(json_object_get(p, "upstreams"), j, u) print_upstream("", u);
	}
}

static void print_sandbox(const json_t *sandbox)
{
	const char *off = json_string_value(json_object_get(sandbox, "off"));
	long long landlock = number_of(sandbox, "landlock");
	int seccomp = json_is_true(json_object_get(sandbox, "seccomp"));

	label(_("sandbox"));
	if (off) {
		printf(_("%snone: %s%s\n"), colour(BAD), off, colour_end(BAD));
		return;
	}
	printf("%s%s%s, ", seccomp ? "" : colour(BAD), seccomp ? "seccomp" : _("no seccomp"),
	    seccomp ? "" : colour_end(BAD));
	if (landlock > 0)
		printf("Landlock ABI %lld\n", landlock);
	if (landlock <= 0)
		printf(_("no Landlock: this kernel has none\n"));
}

static void print_processes(const json_t *processes)
{
	size_t i;
	json_t *p;

	label(_("processes"));
	json_array_foreach(processes, i, p)
	{
		long long restarts = number_of(p, "restarts");

		printf("%s%s %lld", i ? "  " : "", text_of(p, "role"), number_of(p, "pid"));
		if (json_is_true(json_object_get(p, "drains")))
			printf(_(" (drains)"));
		if (restarts > 0)
			printf(_(" %s(restarted %lld times)%s"), colour(BAD), restarts,
			    colour_end(BAD));
	}
	printf("\n");
}

static void print_sessions(const json_t *r)
{
	const json_t *sessions = json_object_get(r, "sessions");
	const json_t *bytes = json_object_get(r, "bytes");
	const char *version;
	json_t *h;

	label(_("sessions"));
	printf(_("%lld open, %lld logging in, %lld in all\n"), number_of(sessions, "open"),
	    number_of(sessions, "logging_in"), number_of(sessions, "total"));
	if (number_of(sessions, "plaintext_total") > 0) {
		label("");
		printf(_("%s%lld in the clear%s, %lld in all\n"), colour(BAD),
		    number_of(sessions, "plaintext"), colour_end(BAD),
		    number_of(sessions, "plaintext_total"));
	}
	label(_("bytes"));
	printf(_("%lld from clients, %lld to clients\n"), number_of(bytes, "from_clients"),
	    number_of(bytes, "to_clients"));
	json_object_foreach(json_object_get(r, "handshakes"), version, h)
	{
		label(_("handshakes"));
		printf(_("%s: %lld full, %lld resumed\n"), version, number_of(h, "full"),
		    number_of(h, "resumed"));
	}
}

static void print_endings(const json_t *endings)
{
	size_t i;
	json_t *ending;

	json_array_foreach(endings, i, ending)
	{
		label(i ? "" : _("endings"));
		printf("%6lld  %s\n", number_of(ending, "count"), _(text_of(ending, "words")));
	}
}

static void print_screen(const json_t *r)
{
	print_door(r);
	print_certificate(_("certificate"), json_object_get(r, "certificate"));
	if (json_object_get(r, "ca"))
		print_certificate("CA", json_object_get(r, "ca"));
	print_engine(json_object_get(r, "engine"));
	print_endpoints(json_object_get(r, "endpoints"), json_object_get(r, "engine"));
	print_sandbox(json_object_get(r, "sandbox"));
	print_processes(json_object_get(r, "processes"));
	print_sessions(r);
	print_endings(json_object_get(r, "endings"));
	label(_("log"));
	printf("%s\n", text_of(r, "log"));
}

static const char *const parts[] = { "clients", NULL };

static int status_run(int argc, char **argv)
{
	struct err e = { 0 };
	json_t *reply;

	if (argc > 1)
		return cli_choose(parts, argv[1]) < 0 ? CLI_WRONG : clients_status();
	reply = cli_ask_word("status", &e);
	if (!reply)
		return cli_fail(&e);
	if (cli.json) {
		cli_print_json(reply);
		return CLI_OK;
	}
	print_screen(reply);
	json_decref(reply);
	return CLI_OK;
}

const struct command cmd_status = {
	.name = "status",
	.sentence = N_("show how the door stands"),
	.words = "[clients]",
	.max = 1,
	.more = N_(
	    "With the word clients: what is wrong with whom, by address, and what to do about it;\n"
	    "and who gets in without TLS, or with TLS 1.2 at best.\n\n"
	    "TLS ends at the door: the database behind it doesn't see it, so that inside a "
	    "session\n"
	    "SHOW STATUS LIKE 'Ssl_cipher' is empty. What a session really has, the client says\n"
	    "(mariadb: \\s), and the door's log: one line a session.\n"),
	.example = "  dbtls status clients\n  dbtls status --json | jq .certificate.days_left\n",
	.options = options,
	.first = parts,
	.width = sizeof *parts,
	.run = status_run,
};

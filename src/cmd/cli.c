/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share. */
#include "cmd/cli.h"

#include "base/columns.h"
#include "base/file.h"
#include "base/language.h"
#include "proc/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct cli_options cli;

int cli_fail(const struct err *e)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "dbtls: %s\n", e->text);
	return e->kind == ERR_USER ? CLI_WRONG : CLI_FAILED;
}

int cli_wrong(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("dbtls: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return CLI_WRONG;
}

void cli_print_json(json_t *object)
{
	(void)json_dumpf(object, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(object);
}

void cli_cell(const char *text, int width)
{
	printf("%s%*s", text, columns_left(text, (size_t)width), "");
}

int cli_nobody(const struct err *e)
{
	return e->kind == ERR_SYS && (e->sys == ENOENT || e->sys == ECONNREFUSED);
}

int cli_ask_ms = CLI_ASK_MS;

static void show_token(const struct state *s, json_t *request)
{
	const char *language = language_name();
	struct buf token;
	struct err e;

	/* A door that does not run has left none: what is said of that comes from the socket. */
	if (file_read(s->token, 64, &token, &e) == 0)
		(void)json_object_set_new(
		    request, "token", json_stringn((const char *)token.p, token.n));
	buf_free(&token);
	if (strcmp(language, "en") != 0)
		(void)json_object_set_new(request, "lang", json_string(language));
}

static void explain_nobody(const struct state *s, struct err *e)
{
	int sys = e->sys;

	if (!cli_nobody(e))
		return;
	err_set(e, ERR_SYS, _("no door runs on the state folder %s; start it: dbtls up"), s->dir);
	e->sys = sys;
}

json_t *cli_ask(const struct state *s, json_t *request, struct err *e)
{
	json_t *reply;

	show_token(s, request);
	reply = control_ask(s->control, request, cli_ask_ms, e);
	if (!reply)
		explain_nobody(s, e);
	return reply;
}

int cli_call(const struct state *s, json_t *request, struct err *e)
{
	int fd;

	show_token(s, request);
	fd = control_call(s->control, request, e);
	if (fd < 0)
		explain_nobody(s, e);
	return fd;
}

json_t *cli_ask_word(const char *word, struct err *e)
{
	struct state s;

	return state_paths(&s, cli.state, e) < 0 ? NULL
						 : cli_ask(&s, json_pack("{s:s}", "do", word), e);
}

int cli_choose(const char *const *names, const char *text)
{
	const char *near;

	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	near = opt_nearest(text, names, sizeof *names);
	if (near)
		cli_wrong(_("there is no \"%s\" here; did you mean \"%s\"?"), text, near);
	else
		cli_wrong(_("there is no \"%s\" here; --help says what there is"), text);
	return -1;
}

const char *cli_time(long long when, char out[CLI_TIME_TEXT])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, CLI_TIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		out[0] = '\0';
	return out;
}

const char *cli_iso_time(long long when, char out[CLI_TIME_TEXT])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, CLI_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

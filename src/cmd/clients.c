/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls status clients`: what is wrong with whom, and what to do about it. */
#include "cmd/clients.h"

#include "base/i18n.h"
#include "cmd/cli.h"
#include "front/cause.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const struct cause_row *cause_in(const json_t *client)
{
	return cause_row(cause_by_id(text_of(client, "cause")));
}

/* What to do; NULL: nothing. */
static const char *advice_for(const json_t *client)
{
	const struct cause_row *row = cause_in(client);
	int own = json_is_true(json_object_get(client, "own_certificate"));

	return own && row->advice_own ? row->advice_own : row->advice;
}

/* ---- for programs ---------------------------------------------------------------------------- */

static void add_words(json_t *client)
{
	const struct cause_row *row = cause_in(client);
	const char *advice = advice_for(client);
	static const char *const times[] = { "first", "last" };
	char text[CLI_TIME_TEXT];

	(void)json_object_set_new(client, "words", json_string(row->words));
	(void)json_object_set_new(client, "advice", advice ? json_string(advice) : json_null());
	(void)json_object_set_new(client, "works", json_boolean(row->works));
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		json_t *when = json_object_get(client, times[i]);

		(void)json_object_set_new(
		    client, times[i], json_string(cli_iso_time(json_integer_value(when), text)));
	}
}

static int print_json(json_t *reply)
{
	json_t *client;
	size_t i;

	json_array_foreach(json_object_get(reply, "clients"), i, client) add_words(client);
	cli_print_json(reply);
	return CLI_OK;
}

/* ---- for people ------------------------------------------------------------------------------ */

/* "(12 times, last …; TLS 1.1 at best, by the name "…", user "…", endpoint …)" */
static void print_details(const json_t *client)
{
	char text[CLI_TIME_TEXT];
	const char *name = text_of(client, "name"), *user = text_of(client, "user");
	long long error = json_integer_value(json_object_get(client, "error"));

	printf(_("      %lld times, last %s"),
	    (long long)json_integer_value(json_object_get(client, "count")),
	    cli_time(json_integer_value(json_object_get(client, "last")), text));
	if (*text_of(client, "offers"))
		printf(_(", %s at best"), text_of(client, "offers"));
	if (*name)
		printf(_(", by the name \"%s\""), name);
	if (*user)
		printf(_(", user \"%s\""), user);
	if (error > 0)
		printf(_(", error %lld"), error);
	if (strcmp(text_of(client, "endpoint"), "default") != 0)
		printf(_(", endpoint %s"), text_of(client, "endpoint"));
	printf("\n");
}

static void print_client(const json_t *client)
{
	const struct cause_row *row = cause_in(client);
	const char *library = text_of(client, "library"), *advice = advice_for(client);

	printf("  %s%s%s: %s", text_of(client, "address"), *library ? ", " : "", library,
	    _(row->words));
	if (advice)
		printf(": %s", _(advice));
	printf("\n");
	print_details(client);
}

/* Those that fail, or those that work: the list has them in that order. */
static void print_part(const json_t *clients, int works, const char *head)
{
	json_t *client;
	size_t i;

	json_array_foreach(clients, i, client)
	{
		if (cause_in(client)->works != works)
			continue;
		if (head)
			printf("%s\n", head);
		head = NULL;
		print_client(client);
	}
}

static void print_sum(const json_t *causes)
{
	const char *id, *head = _("in all");
	json_t *n;

	json_object_foreach((json_t *)causes, id, n)
	{
		if (head)
			printf("%s\n", head);
		head = NULL;
		printf(_("  %6lld clients: %s\n"), (long long)json_integer_value(n),
		    _(cause_row(cause_by_id(id))->words));
	}
}

static void print_screen(const json_t *reply)
{
	const json_t *clients = json_object_get(reply, "clients");
	long long more = json_integer_value(json_object_get(reply, "not_shown"));
	long long dropped = json_integer_value(json_object_get(reply, "dropped"));

	if (json_array_size(clients) == 0)
		printf(_("nothing is wrong with any client since the door was started\n"));
	print_part(clients, 0, _("these fail"));
	print_part(clients, 1, _("these get in, for now"));
	print_sum(json_object_get(reply, "causes"));
	if (more > 0)
		printf(_("%lld more are not shown\n"), more);
	if (dropped > 0)
		printf(_("%lld older ones were forgotten, to make room\n"), dropped);
}

int clients_status(void)
{
	struct err e = { 0 };
	json_t *reply = cli_ask_word("clients", &e);

	if (!reply)
		return cli_fail(&e);
	if (cli.json)
		return print_json(reply);
	print_screen(reply);
	json_decref(reply);
	return CLI_OK;
}

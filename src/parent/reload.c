/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reload: relays for the new plan are started beside the old ones, with the same listening sockets,
 * and accept only once all of them stand; then the old ones accept no more, and each ends with its
 * last session. Whatever is wrong with the new plan, until then nothing has changed.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "parent/state.h"
#include "proc/control.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READY_US 8000000

static struct {
	struct plan *old; /* NULL: none is under way */
	int over;         /* the new relays accept; the old ones are told to drain */
	int fd;           /* whoever asked; -1: nobody */
	uint64_t until;
	char why[1000]; /* it has failed */
} under_way;

void reload_answer(int fd, const char *why)
{
	struct err e;
	json_t *object = why ? json_pack("{s:b, s:s}", "ok", 0, "error", why)
			     : json_pack("{s:b, s:i, s:s}", "ok", 1, "endpoints", (int)parent.sites,
				   "version", DBTLS_VERSION);

	if (fd >= 0) {
		if (control_send(fd, object, &e) < 0)
			log_line("%s", e.text);
		close(fd);
	}
	json_decref(object);
}

static void answer(const char *why)
{
	reload_answer(under_way.fd, why);
	under_way.fd = -1;
}

/* The plan before is in force again. */
static void go_back(void)
{
	struct plan *next = parent.plan;
	struct err e;

	relays_kill_all(next->generation);
	plan_enter(under_way.old);
	plan_free(next, under_way.old);
	under_way.old = NULL;
	/* What was renewed meanwhile was told to the others alone. */
	for (size_t i = 0; i < parent.sites; i++)
		relays_tell_certificate(&parent.site[i]);
	/* Its own access lists, too; those of a version before only its relays have. */
	if (!parent.plan->handed_over && access_publish(&e) < 0)
		log_line("reload: the access lists stay as they were: %s", e.text);
	log_line("reload: given up: %s", under_way.why);
	answer(under_way.why);
}

static void go_over(void)
{
	under_way.over = 1;
	relays_accept(parent.plan->generation);
	relays_drain_others(parent.plan->generation);
}

/* The old relays have closed what they listened on: an endpoint that is gone is gone. */
static void finish(void)
{
	plan_free(under_way.old, parent.plan);
	under_way.old = NULL;
	log_line("reload: done, %zu endpoints", parent.sites);
	answer(NULL);
}

/* What the plan in force, which is the new one, needs before relays can serve it. */
static int make_ready(struct err *e)
{
	if (names_get(e) < 0 || access_publish(e) < 0 || upstreams_get(e) < 0 ||
	    certificate_get(e) < 0 || clients_get(e) < 0)
		return -1;
	return relays_start(e);
}

int reload_begin(int fd, struct err *e)
{
	struct plan *next;

	if (!parent.options->config && !parent.plan->handed_over)
		return err_set(e, ERR_USER,
		    _("only `dbtls serve` has a file to read anew; `up` takes its options when it "
		      "starts, and access lists and certificates at once"));
	if (parent.drain_until)
		return err_set(e, ERR_LOCAL, _("the door is being stopped"));
	if (under_way.old)
		return err_set(e, ERR_LOCAL, _("another reload is under way"));
	next = settings_plan(e);
	if (!next)
		return -1;
	if (settings_listen(next, parent.plan, e) < 0) {
		plan_free(next, parent.plan);
		return -1;
	}
	under_way.old = parent.plan;
	under_way.over = 0;
	under_way.fd = -1;
	under_way.why[0] = '\0';
	plan_enter(next);
	if (make_ready(e) < 0) {
		(void)snprintf(under_way.why, sizeof under_way.why, "%s", e->text);
		go_back();
		return -1;
	}
	under_way.fd = fd;
	under_way.until = clock_us() + READY_US; /* names and certificates have had their time */
	return 0;
}

void reload_failed(const char *why, size_t n)
{
	if (under_way.old && !under_way.over && !under_way.why[0])
		(void)snprintf(under_way.why, sizeof under_way.why, "%.*s", (int)n, why);
}

void reload_give_up(const char *why)
{
	if (!under_way.old)
		return;
	if (under_way.over) {
		finish();
		return;
	}
	reload_failed(why, strlen(why));
	go_back();
}

int plan_is_alive(unsigned generation)
{
	if (parent.drain_until)
		return 0;
	if (generation == parent.plan->generation)
		return 1;
	return under_way.old && !under_way.over && generation == under_way.old->generation;
}

const struct plan *reload_before(void)
{
	return under_way.old;
}

int reload_is_under_way(void)
{
	return under_way.old != NULL;
}

static void reload_late(void)
{
	const char *why = _("the new relays take too long to start; see the log");

	reload_failed(why, strlen(why));
}

void reload_tend(void)
{
	if (!under_way.old)
		return;
	if (under_way.over) {
		if (relays_others_have_answered(parent.plan->generation))
			finish();
		return;
	}
	if (clock_us() > under_way.until)
		reload_late();
	if (under_way.why[0])
		go_back();
	else if (relays_are_ready(parent.plan->generation))
		go_over();
}

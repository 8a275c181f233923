/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drain: the door accepts no more, and stops with its last session, or when the time for that is
 * over; those that are left are then closed as they are whenever it stops. Nothing leads back.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "parent/state.h"
#include "proc/control.h"

#include <sys/socket.h>
#include <unistd.h>

#define CALLERS_MAX 8

static int callers[CALLERS_MAX];
static size_t callers_n;

static void begin(void)
{
	reload_give_up(_("the door is being stopped"));
	relays_close();
	listeners_close();
}

/* A caller says nothing more: what can be read is that they have gone. */
static int has_gone(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Those who no longer wait need no place. */
static void sweep(void)
{
	size_t left = 0;

	for (size_t i = 0; i < callers_n; i++) {
		if (!has_gone(callers[i])) {
			callers[left++] = callers[i];
			continue;
		}
		close(callers[i]);
	}
	callers_n = left;
}

int drain_begin(int fd, uint64_t seconds, struct err *e)
{
	if (callers_n == CALLERS_MAX)
		sweep();
	if (callers_n == CALLERS_MAX)
		return err_set(
		    e, ERR_LOCAL, _("%d callers wait already until the door stops"), CALLERS_MAX);
	if (!parent.drain_until)
		begin();
	parent.drain_until = clock_us() + seconds * 1000000 + 1;
	callers[callers_n++] = fd;
	log_line("drain: %llu sessions, which have %llu s to end",
	    (unsigned long long)relays_sessions(), (unsigned long long)seconds);
	return 0;
}

void drain_tend(void)
{
	if (parent.drain_until && (relays_running() == 0 || clock_us() >= parent.drain_until))
		parent.loop.stop = 1;
}

uint64_t drain_seconds_left(void)
{
	uint64_t now = clock_us();

	return parent.drain_until > now ? (parent.drain_until - now) / 1000000 : 0;
}

void drain_answer(void)
{
	uint64_t left = relays_sessions();
	struct err e;

	if (parent.drain_until)
		log_line("drain: over, with %llu sessions left", (unsigned long long)left);
	while (callers_n > 0) {
		json_t *object = json_pack("{s:b, s:I}", "ok", 1, "closed", (json_int_t)left);
		int fd = callers[--callers_n];

		/* Who has gone meanwhile misses nothing. */
		(void)control_send(fd, object, &e);
		json_decref(object);
		close(fd);
	}
}

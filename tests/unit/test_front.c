/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the front door that do no I/O: the crowd, the deadlines, the reasons. */
#include "front/bridge.h"
#include "front/crowd.h"
#include "front/reasons.h"
#include "net/deadline.h"
#include "pki/digest.h"
#include "tap.h"

#include <stdlib.h>

static struct addr address(const char *text)
{
	struct addr a;

	if (addr_parse_ip(&a, text) < 0)
		abort();
	return a;
}

static void test_crowd(void)
{
	struct crowd c = { .max = 4, .max_per_address = 2, .grace = 100 };
	struct addr one = address("192.0.2.1"), two = address("192.0.2.2"),
		    three = address("192.0.2.3"), four = address("192.0.2.4");
	struct addr six = address("2001:db8::1"), near = address("2001:db8::2");
	struct crowd_member m[5] = { 0 };
	struct crowd_member *leaves;

	ok(crowd_room(&c, &one, 0, &leaves), "an empty house has room");
	crowd_enter(&c, &m[0], &one, 0);
	crowd_enter(&c, &m[1], &one, 10);
	ok(!crowd_room(&c, &one, 50, &leaves) && !leaves,
	    "full for one address, and nobody old: wait");
	ok(!crowd_room(&c, &one, 100, &leaves) && leaves == &m[0],
	    "the oldest of that address leaves");
	ok(crowd_room(&c, &two, 100, &leaves), "another address has room");
	crowd_enter(&c, &m[2], &six, 20);
	crowd_enter(&c, &m[3], &near, 30);
	ok(!crowd_room(&c, &two, 50, &leaves) && leaves == &m[0],
	    "full in all: who has more than a share makes room at once");
	ok(!crowd_room(&c, &near, 200, &leaves) && leaves == &m[2], "an IPv6 /64 is one address");
	crowd_leave(&c, &m[1]);
	crowd_leave(&c, &m[3]);
	crowd_enter(&c, &m[1], &two, 40);
	crowd_enter(&c, &m[3], &three, 50);
	ok(!crowd_room(&c, &four, 60, &leaves) && !leaves, "full, and all have the same: wait");
	ok(!crowd_room(&c, &four, 160, &leaves) && leaves, "until one has been in for long");
	crowd_leave(&c, &m[1]);
	crowd_leave(&c, &m[1]);
	is_int(c.n, 3, "leaving twice is leaving once");
	crowd_leave(&c, &m[0]);
	crowd_leave(&c, &m[3]);
	ok(c.oldest == &m[2] && c.newest == &m[2], "the list is whole after leaves at both ends");
	crowd_leave(&c, &m[2]);
	ok(!c.oldest && !c.newest && c.n == 0, "and empty at last");
}

/* Who gets on stays; and what a rush is, and what a siege. */
static void test_siege(void)
{
	struct crowd c = { .max = 2, .max_per_address = 2, .grace = 1000 };
	struct addr one = address("192.0.2.1");
	struct crowd_member m[3] = { 0 };
	struct crowd_member *leaves;

	crowd_enter(&c, &m[0], &one, 0);
	crowd_enter(&c, &m[1], &one, 10);
	crowd_progress(&c, &m[2], 900);
	crowd_progress(&c, &m[0], 900);
	ok(!crowd_room(&c, &one, 1100, &leaves) && leaves == &m[1], "who gets on does not leave");
	crowd_leave(&c, &m[1]);
	crowd_enter(&c, &m[1], &one, 1100);
	ok(!crowd_room(&c, &one, 1200, &leaves) && !leaves, "when all do, one waits");
	ok(!crowd_room(&c, &one, 1900, &leaves) && leaves == &m[0], "until one does no more");
	ok(!crowd_is_besieged(&c, 2000000), "nobody has left: a rush");
	for (unsigned i = 0; i < CROWD_SIEGE - 1; i++)
		crowd_sent_away(&c, &m[0], 2000000);
	ok(!crowd_is_besieged(&c, 2000000), "a few have: a rush still");
	crowd_sent_away(&c, &m[0], 1500);
	ok(!crowd_is_besieged(&c, 2000000), "one that left at once, for another address: no sign");
	crowd_sent_away(&c, &m[0], 2000000);
	ok(crowd_is_besieged(&c, 2000000 + CROWD_LATELY - 1), "many have: a siege");
	ok(!crowd_is_besieged(&c, 2000000 + CROWD_LATELY), "that is over when no more do");
}

static void test_deadlines(void)
{
	struct deadlines q = { .wait = 1000 }, never = { 0 };
	struct deadline d[3] = { 0 };

	is_int(deadline_ms(&q, 0), -1, "an empty queue is never due");
	deadline_set(&q, &d[0], 0);
	deadline_set(&q, &d[1], 500);
	ok(!deadline_due(&q, 999), "not due yet");
	ok(deadline_due(&q, 1000) == &d[0], "due");
	is_int(deadline_ms(&q, 1), 1, "the wait is rounded up");
	deadline_set(&q, &d[0], 600);
	ok(deadline_due(&q, 1600) == &d[1], "set again, it goes to the end");
	deadline_set(&never, &d[1], 0);
	ok(!deadline_due(&never, (uint64_t)-1), "a queue without a wait holds and is never due");
	ok(deadline_due(&q, 1600) == &d[0], "moving between queues takes it out of the first");
	deadline_clear(&d[0]);
	deadline_clear(&d[0]);
	deadline_clear(&d[1]);
	ok(!q.first && !q.last && q.n == 0 && never.n == 0, "clearing twice is clearing once");
}

static void test_reasons(void)
{
	char text[32];

	for (int i = 0; i < REASONS; i++)
		ok(i == REASON_INTERNAL || reason_row(i) != reason_row(REASON_INTERNAL),
		    "reason %d has a row: %s", i, reason_row(i)->id);
	ok(reason_row(999) == reason_row(REASON_INTERNAL), "no number is outside");
	is_int(reason_of_alert(48, -1), REASON_TLS_UNKNOWN_CA, "alert 48 received: unknown CA");
	is_int(reason_of_alert(-1, 70), REASON_TLS_VERSION, "T2: alert 70 sent: the version");
	is_int(reason_of_alert(99, -1), REASON_TLS_ALERT, "an alert without a row is an alert");
	is_int(reason_of_alert(-1, 50), REASON_TLS_BROKEN, "an alert of ours: the client's fault");
	is_str(reason_say(reason_row(REASON_DENIED), "192.0.2.1", "", text, sizeof text),
	    "Host '192.0.2.1' is not allowed", "the text is filled in, and cut to its room");
}

/* The packets of one bridged login; whole logins are held by tests/flow/bridge.t. */
static void test_bridge(void)
{
	static const char native[] = "\xfemysql_native_password\0"
				     "abcdefghijklmnopqrst";
	static const char other[] = "\xfe"
				    "client_ed25519\0"
				    "abcdefghijklmnopqrst";
	struct span ask = span_of(native, sizeof native);
	struct mysql_login sha2 = { .plugin = span_of("caching_sha2_password", 21) };
	struct mysql_login knows = { .plugin = span_of("mysql_native_password", 21) };
	struct bridge b = { .on = 1 };
	uint8_t out[BRIDGE_TEXT], want[BRIDGE_ANSWER];
	size_t n;

	bridge_login(&b, &knows);
	is_int(bridge_switch(&b, ask, 2, out), 0, "T9: who knows the method is passed through");
	bridge_login(&b, &sha2);
	is_int(bridge_switch(&b, span_of(other, sizeof other), 2, out), 0, "another method passes");
	is_int(bridge_switch(&b, span_of(native, sizeof native - 2), 2, out), 0,
	    "a scramble that is cut short passes");
	b.on = 0;
	is_int(bridge_switch(&b, ask, 2, out), 0, "login bridge off: it passes");
	b.on = 1;
	n = bridge_switch(&b, ask, 2, out);
	ok(n == 44 && out[0] == 0xfe && memcmp(out + 1, "caching_sha2_password", 22) == 0 &&
		memcmp(out + 23, "abcdefghijklmnopqrst", 21) == 0,
	    "T9: the client is asked for its own method");
	is_int(b.next_seq, 3, "the database's turn is noted");
	ok(bridge_hear(&b, span_of("0123456789abcdef0123456789abcdef", 32), out, &n) ==
		    BRIDGE_ASK &&
		n == 2 && memcmp(out, "\x01\x04", 2) == 0,
	    "a password there is: it is asked for");
	ok(bridge_hear(&b, span_of("secret", 7), out, &n) == BRIDGE_ANSWERS && n == BRIDGE_ANSWER &&
		mysql_native_answer("secret", (const uint8_t *)"abcdefghijklmnopqrst", want) == 0 &&
		memcmp(out, want, n) == 0,
	    "the database gets its own method's answer");
	is_int(b.stage, BRIDGE_OUT, "and the bridge is crossed");
	(void)bridge_switch(&b, ask, 2, out);
	ok(bridge_hear(&b, span_of("", 1), out, &n) == BRIDGE_ANSWERS && n == 0,
	    "no password: nothing is asked, nothing answered");
	for (int i = 0; i < 3; i++) {
		static const struct {
			const char *p;
			size_t n;
		} broken[] = { { "", 0 }, { "secret", 6 }, { "se\0cret", 8 } };

		b.stage = BRIDGE_ASKED;
		ok(bridge_hear(&b, span_of(broken[i].p, broken[i].n), out, &n) == BRIDGE_BROKEN,
		    "broken password packet %d", i);
	}
}

int main(void)
{
	test_bridge();
	test_crowd();
	test_siege();
	test_deadlines();
	test_reasons();
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/crew.h"
#include "probe/names.h"

#include "tap.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define TASKS 200

/* Numbers are handed out; what is done with each is noted. */
struct list {
	int task[TASKS];
	int next, whole, cut;
	int worked[TASKS];
	int at_once, most;
	int stop_at, stop; /* after so many a byte is written into stop */
	pthread_mutex_t lock;
};

static void *next(void *arg)
{
	struct list *l = arg;

	return l->next < TASKS ? &l->task[l->next++] : NULL;
}

static void work(void *arg, void *task)
{
	struct list *l = arg;

	(void)pthread_mutex_lock(&l->lock);
	l->at_once++;
	if (l->at_once > l->most)
		l->most = l->at_once;
	l->worked[(int *)task - l->task]++;
	(void)pthread_mutex_unlock(&l->lock);
	(void)usleep(500);
	(void)pthread_mutex_lock(&l->lock);
	l->at_once--;
	(void)pthread_mutex_unlock(&l->lock);
}

static void done(void *arg, void *task, int whole)
{
	struct list *l = arg;

	(void)task;
	*(whole ? &l->whole : &l->cut) += 1;
	if (l->stop_at > 0 && l->whole == l->stop_at && write(l->stop, "", 1) != 1)
		l->whole = -1;
}

static int each_once(const struct list *l, int n)
{
	for (int i = 0; i < n; i++)
		if (l->worked[i] != 1)
			return 0;
	return 1;
}

static void test_all(void)
{
	struct list l = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct crew c = { .jobs = 8, .arg = &l, .next = next, .work = work, .done = done };
	struct err e = { 0 };

	ok(crew_run(&c, &e) == 0, "all tasks: %s", e.text);
	ok(each_once(&l, TASKS) && l.whole == TASKS && l.cut == 0, "each once");
	ok(l.most > 1 && l.most <= 8, "several at once, and no more than said: %d", l.most);
}

static void test_stopped(void)
{
	struct list l = { .lock = PTHREAD_MUTEX_INITIALIZER, .stop_at = 10 };
	struct crew c = { .jobs = 4, .arg = &l, .next = next, .work = work, .done = done };
	struct err e = { 0 };
	int ends[2] = { -1, -1 };

	ok(pipe(ends) == 0, "a pipe");
	c.stop = ends[0];
	l.stop = ends[1];
	ok(crew_run(&c, &e) == 1, "it was stopped");
	ok(l.whole == 10 && l.cut <= 3 && l.next == l.whole + l.cut && each_once(&l, l.next),
	    "nothing is begun behind that: %d, and %d cut off", l.whole, l.cut);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_names(void)
{
	struct names *n = names_new();
	struct addr found[RESOLVE_MAX], again[RESOLVE_MAX];
	struct err e = { 0 };
	char text[ADDR_TEXT], longest[512];

	ok(names_find(n, "192.0.2.7", found, 0, 0, &e) == 1 &&
		strcmp(addr_ip_text(&found[0], text), "192.0.2.7") == 0,
	    "an address is itself, at once");
	ok(names_find(n, "localhost", found, 20000, 0, &e) >= 1 && addr_is_loopback(&found[0]),
	    "localhost: %s", e.text);
	ok(names_find(n, "localhost", again, 0, 0, &e) >= 1 &&
		strcmp(addr_text(&again[0], text), addr_text(&found[0], longest)) == 0,
	    "what is known takes no time");
	ok(names_find(n, "db1.example.com", again, 0, 0, &e) == -1 &&
		strstr(e.text, "db1.example.com") != NULL,
	    "nobody is waited for longer than said: %s", e.text);
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ok(names_find(n, longest, found, 20000, 0, &e) == -1, "a name that is too long: %s",
	    e.text);
	names_free(n);
}

int main(void)
{
	test_all();
	test_stopped();
	test_names();
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/crew.h"

#include "base/i18n.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define STACK 1048576
#define SPARE 64 /* descriptors that are no task's */

struct crowd {
	const struct crew *c;
	pthread_mutex_t next; /* held by who asks for a task */
	pthread_mutex_t told; /* held by who says something; guards what is below */
	pthread_cond_t left;
	struct crew_progress progress;
	size_t here; /* threads that have not left */
};

static int is_stopped(const struct crew *c)
{
	struct pollfd p = { .fd = c->stop, .events = POLLIN };

	return c->stop > 0 && poll(&p, 1, 0) > 0;
}

/* ---- one of them ----------------------------------------------------------------------------- */

static void *take(struct crowd *w)
{
	void *task = NULL;

	(void)pthread_mutex_lock(&w->next);
	if (!is_stopped(w->c))
		task = w->c->next(w->c->arg);
	(void)pthread_mutex_unlock(&w->next);
	return task;
}

static void do_one(struct crowd *w, void *task)
{
	const struct crew *c = w->c;

	(void)pthread_mutex_lock(&w->told);
	w->progress.under_way++;
	(void)pthread_mutex_unlock(&w->told);
	c->work(c->arg, task);
	(void)pthread_mutex_lock(&w->told);
	w->progress.under_way--;
	w->progress.done++;
	c->done(c->arg, task, !is_stopped(c));
	(void)pthread_mutex_unlock(&w->told);
}

static void *take_part(void *arg)
{
	struct crowd *w = arg;
	void *task;

	while ((task = take(w)))
		do_one(w, task);
	(void)pthread_mutex_lock(&w->told);
	w->here--;
	(void)pthread_cond_signal(&w->left);
	(void)pthread_mutex_unlock(&w->told);
	return NULL;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Threads that take no signal, which are the main thread's to take. How many there are. */
static size_t begin(struct crowd *w, pthread_t *threads, size_t wanted)
{
	pthread_attr_t attr;
	sigset_t all, old;
	size_t n = 0;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	(void)pthread_mutex_lock(&w->told);
	while (n < wanted && pthread_create(&threads[n], &attr, take_part, w) == 0)
		n++;
	w->here = n;
	(void)pthread_mutex_unlock(&w->told);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	return n;
}

static void watch(struct crowd *w)
{
	const struct crew *c = w->c;
	struct timespec until;

	(void)pthread_mutex_lock(&w->told);
	while (w->here > 0) {
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += CREW_WATCH_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (pthread_cond_timedwait(&w->left, &w->told, &until) == ETIMEDOUT && c->watch)
			c->watch(c->arg, &w->progress);
	}
	(void)pthread_mutex_unlock(&w->told);
}

int crew_run(const struct crew *c, struct err *e)
{
	struct crowd w = { .c = c,
		.next = PTHREAD_MUTEX_INITIALIZER,
		.told = PTHREAD_MUTEX_INITIALIZER,
		.left = PTHREAD_COND_INITIALIZER };
	size_t wanted = c->jobs < CREW_JOBS ? c->jobs : CREW_JOBS;
	pthread_t *threads = calloc(wanted, sizeof *threads);
	size_t n = threads ? begin(&w, threads, wanted) : 0;

	watch(&w);
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	free(threads);
	if (n == 0)
		return err_set(e, ERR_SYS, _("not one thread can be begun"));
	return is_stopped(c);
}

size_t crew_jobs(size_t wanted, size_t descriptors)
{
	struct rlimit r;
	size_t most;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 1;
	if (r.rlim_cur != RLIM_INFINITY && r.rlim_cur < wanted * descriptors + SPARE) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
		(void)getrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur == RLIM_INFINITY)
		return wanted;
	most = r.rlim_cur > SPARE ? (size_t)(r.rlim_cur - SPARE) / descriptors : 0;
	if (most == 0)
		return 1;
	return wanted < most ? wanted : most;
}

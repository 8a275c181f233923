/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/lab.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/opt.h"
#include "lab/hall.h"
#include "lab/handshake.h"
#include "lab/revoke.h"
#include "lab/visit.h"
#include "net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/rand.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROTOCOLS 2
#define QUEUE     4 /* connections of our own that fill a queue of none */

static const enum lab_protocol protocols[PROTOCOLS] = { LAB_MYSQL, LAB_HTTPS };

struct endpoint {
	struct lab_endpoint is; /* first: what lab_endpoint gives out */
	struct lab *lab;
	struct shape shape;
	struct show *show;
	struct ssl_ctx_st *tls;
	int listener;
	int queued[QUEUE]; /* shape.full: who waits there for ever */
	struct seen seen;
};

/* What one condition shows to the clients of its endpoints: made once, shared by both. */
struct show {
	struct endpoint *first;
	size_t n; /* endpoints, the first and those behind it */
	struct forge *forge;
	enum { UNMADE, MADE, FAILED } is;
	struct err why; /* FAILED */
};

struct lab {
	struct endpoint *endpoint;
	size_t n;
	struct show *show;
	size_t shows;
	struct revoke *revoke;
	struct hall *hall;
	pthread_t patience;   /* makes what takes long */
	int patient;          /* it was started */
	pthread_mutex_t lock; /* of each show's is */
	pthread_cond_t made;
	char password[2 * 12 + 1];
};

/* ---- endpoints ---- */

static int is_wanted(const struct lab_options *o, const struct condition *c)
{
	if (!o->only)
		return 1;
	for (const char *const *name = o->only; *name; name++)
		if (strcmp(*name, c->name) == 0)
			return 1;
	return 0;
}

static int check_names(const struct lab_options *o, struct err *e)
{
	const struct condition *c;
	const char **names = NULL;
	size_t n = 0;
	int rc = 0;

	while (condition_at(n))
		n++;
	names = calloc(n + 1, sizeof *names);
	if (!names)
		return err_sys(e, _("make room for names"));
	for (size_t i = 0; (c = condition_at(i)); i++)
		names[i] = c->name;
	for (const char *const *name = o->only; rc == 0 && name && *name; name++)
		if (!condition_of(*name))
			rc = opt_unknown(&(struct opt_words) { names, sizeof *names,
					     _("dbtls lab list shows them") },
			    *name, e);
	free(names);
	return rc;
}

/* What the client calls, and where that is. */
static void name_endpoint(struct lab_endpoint *at, const char *host)
{
	const char *name = at->condition->name;
	struct addr a;

	if (!host)
		(void)snprintf(at->host, sizeof at->host, "%s." LAB_DOMAIN, name);
	else if (*host == '*')
		(void)snprintf(at->host, sizeof at->host, "%s%s", name, host + 1);
	else
		(void)snprintf(at->host, sizeof at->host, "%s", host);
	(void)snprintf(at->address, sizeof at->address, "%s",
	    addr_parse_ip(&a, at->host) == 0 ? at->host : "127.0.0.1");
}

static void add_condition(struct lab *l, const struct lab_options *o, const struct condition *c)
{
	struct show *show = &l->show[l->shows];

	*show = (struct show) { .first = &l->endpoint[l->n] };
	for (size_t i = 0; i < PROTOCOLS; i++) {
		struct endpoint *p = &l->endpoint[l->n];

		if (!(c->protocols & o->protocols & protocols[i]))
			continue;
		*p = (struct endpoint) { .lab = l, .show = show, .listener = -1 };
		for (size_t k = 0; k < QUEUE; k++)
			p->queued[k] = -1;
		p->is.condition = c;
		p->is.protocol = protocols[i];
		p->is.port = o->port ? (uint16_t)(o->port + l->n) : 0;
		condition_shape(c, protocols[i], o->mended, &p->shape);
		name_endpoint(&p->is, p->shape.host);
		(void)snprintf(p->is.ca, sizeof p->is.ca, "%s/%s.pem", o->dir, c->name);
		l->n++;
		show->n++;
	}
	if (show->n > 0)
		l->shows++;
}

static int add_endpoints(struct lab *l, const struct lab_options *o, struct err *e)
{
	const struct condition *c;
	size_t n = 0;

	if (check_names(o, e) < 0)
		return -1;
	while (condition_at(n))
		n++;
	l->endpoint = calloc(n * PROTOCOLS + 1, sizeof *l->endpoint);
	l->show = calloc(n + 1, sizeof *l->show);
	if (!l->endpoint || !l->show)
		return err_sys(e, _("make room for endpoints"));
	for (size_t i = 0; (c = condition_at(i)); i++)
		if (is_wanted(o, c))
			add_condition(l, o, c);
	if (o->port && o->port + l->n > UINT16_MAX + 1)
		return err_set(e, ERR_USER,
		    _("from port %u on there is no room for %zu endpoints: begin lower"),
		    (unsigned)o->port, l->n);
	return 0;
}

/* ---- listeners ---- */

/* A port that is ours, and on which nobody listens. */
static int reserve(struct addr *a, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_to_sockaddr(a, &ss);
	char where[ADDR_TEXT];
	int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, _("make a socket"));
	if (bind(fd, (struct sockaddr *)&ss, n) < 0) {
		err_sys(e, _("reserve %s"), addr_text(a, where));
		close(fd);
		return -1;
	}
	n = sizeof ss;
	if (getsockname(fd, (struct sockaddr *)&ss, &n) == 0)
		(void)addr_from_sockaddr(a, (struct sockaddr *)&ss);
	return fd;
}

/*
 * With a queue of none, Linux lets one connection in and drops the SYNs of all that follow. Ours
 * take that place: the last of them is never answered.
 */
static int fill_queue(struct endpoint *p, const struct addr *a, struct err *e)
{
	if (listen(p->listener, 0) < 0)
		return err_sys(e, _("shorten a queue"));
	for (size_t i = 0; i < QUEUE; i++) {
		struct pollfd done = { .events = POLLOUT };

		p->queued[i] = done.fd = sock_connect_tcp(a, e);
		if (done.fd < 0)
			return -1;
		if (poll(&done, 1, 20) == 0)
			return 0;
	}
	return err_set(e, ERR_LOCAL, _("a queue of none is not full with %d connections"), QUEUE);
}

static int open_endpoint(struct lab *l, struct endpoint *p, struct err *e)
{
	struct addr a;

	if (addr_parse_ip(&a, p->is.address) < 0)
		return err_set(e, ERR_LOCAL, _("%s is no address"), p->is.address);
	a.port = p->is.port;
	p->listener = p->shape.listens ? sock_listen(&a, e) : reserve(&a, e);
	if (p->listener < 0)
		return -1;
	p->is.port = a.port;
	if (p->shape.full)
		return fill_queue(p, &a, e);
	return p->shape.listens ? hall_add(l->hall, p->listener, p, e) : 0;
}

/* ---- certificates ---- */

static int write_text(const char *path, const char *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int rc;

	if (fd < 0)
		return err_sys(e, _("write %s"), path);
	rc = file_write_all(fd, text, strlen(text), e);
	(void)close(fd);
	return rc < 0 ? err_prefix(e, _("write %s"), path) : 0;
}

static int make_show(struct lab *l, struct show *s, struct err *e)
{
	const struct lab_endpoint *at = &s->first->is;
	const struct shape *shape = &s->first->shape;

	s->forge = forge_make(
	    shape->cert, shape->certs, at->condition->name, at->host, revoke_url(l->revoke), e);
	if (!s->forge || revoke_add(l->revoke, s->forge, e) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		struct endpoint *p = &s->first[i];

		p->tls = handshake_context(&p->shape, s->forge, e);
		if (!p->tls)
			return -1;
	}
	return write_text(at->ca, forge_pem(s->forge, shape->anchor), e);
}

/* Makes it and tells who waits for it. */
static int finish_show(struct lab *l, struct show *s, struct err *e)
{
	int rc = make_show(l, s, e);

	if (rc < 0)
		err_prefix(e, "%s", s->first->is.condition->name);
	(void)pthread_mutex_lock(&l->lock);
	s->is = rc < 0 ? FAILED : MADE;
	if (rc < 0)
		s->why = *e;
	(void)pthread_cond_broadcast(&l->made);
	(void)pthread_mutex_unlock(&l->lock);
	return rc;
}

static int wait_show(struct lab *l, struct show *s, struct err *e)
{
	int rc;

	(void)pthread_mutex_lock(&l->lock);
	while (s->is == UNMADE)
		(void)pthread_cond_wait(&l->made, &l->lock);
	rc = s->is == FAILED ? -1 : 0;
	if (rc < 0)
		*e = s->why;
	(void)pthread_mutex_unlock(&l->lock);
	return rc;
}

/* Whether one of its keys takes longer than somebody likes to wait. */
static int takes_long(const struct show *s)
{
	const struct shape *shape = &s->first->shape;

	for (size_t i = 0; i < shape->certs; i++)
		if (shape->cert[i].key == FORGE_RSA4096)
			return 1;
	return 0;
}

static void *be_patient(void *arg)
{
	struct lab *l = arg;
	struct err e;

	for (size_t i = 0; i < l->shows; i++)
		if (takes_long(&l->show[i]))
			(void)finish_show(l, &l->show[i], &e);
	return NULL;
}

static int make_shows(struct lab *l, struct err *e)
{
	errno = pthread_create(&l->patience, NULL, be_patient, l);
	if (errno)
		return err_sys(e, _("start a thread"));
	l->patient = 1;
	for (size_t i = 0; i < l->shows; i++)
		if (!takes_long(&l->show[i]) && finish_show(l, &l->show[i], e) < 0)
			return -1;
	return 0;
}

/* ---- the lab ---- */

static void run_visit(void *where, int fd)
{
	struct endpoint *p = where;
	struct visit v = {
		.at = &p->is,
		.shape = &p->shape,
		.seen = &p->seen,
		.fd = fd,
		.user = lab_user(p->lab),
		.password = p->lab->password,
	};
	struct err e;

	if (wait_show(p->lab, p->show, &e) < 0)
		return;
	v.tls = p->tls;
	v.chain = p->show->forge;
	visit_run(&v);
}

static int make_password(struct lab *l, struct err *e)
{
	unsigned char r[sizeof l->password / 2];

	if (RAND_bytes(r, sizeof r) != 1)
		return err_set(e, ERR_LOCAL, _("OpenSSL has no random numbers"));
	for (size_t i = 0; i < sizeof r; i++)
		(void)snprintf(l->password + 2 * i, 3, "%02x", r[i]);
	return 0;
}

static int begin(struct lab *l, const struct lab_options *o, struct err *e)
{
	if (make_password(l, e) < 0 || add_endpoints(l, o, e) < 0)
		return -1;
	l->hall = hall_open(run_visit, e);
	l->revoke = l->hall ? revoke_start(e) : NULL;
	if (!l->revoke)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (open_endpoint(l, &l->endpoint[i], e) < 0)
			return err_prefix(e, "%s", l->endpoint[i].is.host);
	return make_shows(l, e) < 0 ? -1 : hall_start(l->hall, e);
}

struct lab *lab_start(const struct lab_options *o, struct err *e)
{
	struct lab *l = calloc(1, sizeof *l);

	if (!l) {
		err_sys(e, _("make room for a lab"));
		return NULL;
	}
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->made, NULL);
	if (begin(l, o, e) == 0)
		return l;
	lab_stop(l);
	return NULL;
}

size_t lab_count(const struct lab *l)
{
	return l->n;
}

const struct lab_endpoint *lab_endpoint(const struct lab *l, size_t i)
{
	return &l->endpoint[i].is;
}

const char *lab_user(const struct lab *l)
{
	(void)l;
	return "lab";
}

const char *lab_password(const struct lab *l)
{
	return l->password;
}

int lab_wait(struct lab *l, size_t i, struct err *e)
{
	return wait_show(l, l->endpoint[i].show, e);
}

void lab_seen(struct lab *l, size_t i, int forget, struct seen *out)
{
	visit_seen(&l->endpoint[i].seen, forget, out);
}

static void free_endpoint(struct endpoint *p)
{
	for (size_t i = 0; i < QUEUE; i++)
		if (p->queued[i] >= 0)
			(void)close(p->queued[i]);
	if (p->listener >= 0)
		(void)close(p->listener);
	handshake_free(p->tls);
}

void lab_stop(struct lab *l)
{
	hall_close(l->hall);
	if (l->patient)
		(void)pthread_join(l->patience, NULL);
	revoke_stop(l->revoke);
	for (size_t i = 0; i < l->n; i++)
		free_endpoint(&l->endpoint[i]);
	for (size_t i = 0; i < l->shows; i++)
		forge_free(l->show[i].forge);
	forge_forget();
	(void)pthread_cond_destroy(&l->made);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->show);
	free(l->endpoint);
	free(l);
}

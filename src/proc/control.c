/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/control.h"

#include "base/i18n.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int control_address(struct sockaddr_un *sun, const char *path, struct err *e)
{
	*sun = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof sun->sun_path)
		return err_set(e, ERR_USER, _("the path %s is too long for a socket"), path);
	memcpy(sun->sun_path, path, strlen(path));
	return 0;
}

int control_listen(const char *path, struct err *e)
{
	struct sockaddr_un sun;
	mode_t old;
	int fd = -1;
	int rc;

	if (control_address(&sun, path, e) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, _("make the control socket"));
	/* The lock says that no other dbtls runs here: what lies there is left over. */
	(void)unlink(path);
	old = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof sun);
	(void)umask(old);
	if (rc < 0 || listen(fd, 16) < 0) {
		err_sys(e, _("listen on %s"), path);
		close(fd);
		return -1;
	}
	return fd;
}

int control_accept(int listener, struct err *e)
{
	struct ucred who = { 0 };
	socklen_t n = sizeof who;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return err_sys(e, _("accept on the control socket"));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	    (who.uid == 0 || who.uid == geteuid()))
		return fd;
	close(fd);
	return err_set(e, ERR_PEER, _("uid %u may not use the control socket"), who.uid);
}

int control_send(int fd, const json_t *object, struct err *e)
{
	char *text = json_dumps(object, JSON_COMPACT);
	int rc = 0;

	if (!text)
		return err_set(e, ERR_LOCAL, _("out of memory"));
	if (strlen(text) > CONTROL_MAX)
		rc = err_set(
		    e, ERR_LOCAL, _("a control message of %zu bytes is too long"), strlen(text));
	else if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		rc = err_sys(e, _("send on the control socket"));
	free(text);
	return rc;
}

json_t *control_recv(int fd, struct err *e)
{
	char *text = malloc(CONTROL_MAX);
	json_t *object = NULL;
	json_error_t why;
	ssize_t n;

	if (!text) {
		err_set(e, ERR_LOCAL, _("out of memory"));
		return NULL;
	}
	n = recv(fd, text, CONTROL_MAX, 0);
	if (n < 0)
		err_sys(e, _("receive on the control socket"));
	else if (n == 0)
		err_set(e, ERR_PEER, _("the control socket was closed"));
	else {
		object = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &why);
		if (!object)
			err_set(e, ERR_PEER, _("the control message is no JSON: %s"), why.text);
	}
	free(text);
	if (object && !json_is_object(object)) {
		json_decref(object);
		err_set(e, ERR_PEER, _("the control message is no JSON object"));
		return NULL;
	}
	return object;
}

static int control_connect(const char *path, struct err *e)
{
	struct sockaddr_un sun;
	int fd;

	if (control_address(&sun, path, e) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, _("make a socket"));
	if (connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
		return fd;
	err_sys(e, _("no dbtls answers at %s"), path);
	close(fd);
	return -1;
}

int control_call(const char *path, json_t *request, struct err *e)
{
	int fd = control_connect(path, e);

	if (fd >= 0 && control_send(fd, request, e) < 0) {
		close(fd);
		fd = -1;
	}
	json_decref(request);
	return fd;
}

json_t *control_hear(int fd, struct err *e)
{
	json_t *reply = control_recv(fd, e);
	const char *why = json_string_value(json_object_get(reply, "error"));

	if (!reply || json_is_true(json_object_get(reply, "ok")))
		return reply;
	err_set(e, ERR_LOCAL, "%s", why ? why : _("dbtls refused and gave no reason"));
	json_decref(reply);
	return NULL;
}

json_t *control_ask(const char *path, json_t *request, int ms, struct err *e)
{
	int fd = control_call(path, request, e);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	json_t *reply = NULL;

	if (fd < 0)
		return NULL;
	if (poll(&p, 1, ms) > 0)
		reply = control_hear(fd, e);
	else
		err_set(e, ERR_LOCAL, _("dbtls did not answer within %d seconds"), ms / 1000);
	close(fd);
	return reply;
}

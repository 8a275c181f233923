/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/names.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOSTS_MAX (1 << 20)

const char *names_id(enum names_how how)
{
	static const char *const ids[] = { "none", "private", "preload" };

	return ids[how];
}

int names_needed(const struct condition *c)
{
	static const char *const causes[] = { "hostname-mismatch", "no-san", "name-constraint",
		"sni-required", "dns-failure" };

	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (strcmp(c->cause, causes[i]) == 0)
			return 1;
	return 0;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* A name that is not the lab's is to resolve by no means: that is what is wrong with it. */
static int is_ours(const char *host)
{
	size_t n = strlen(host), top = strlen(LAB_DOMAIN);

	return n > top && strcmp(host + n - top, LAB_DOMAIN) == 0;
}

static int add_names(const struct lab *l, struct buf *out)
{
	const char *last = "";

	for (size_t i = 0; i < lab_count(l); i++) {
		const struct lab_endpoint *at = lab_endpoint(l, i);

		if (!is_ours(at->host) || strcmp(at->host, last) == 0)
			continue;
		if (buf_fmt(out, "%s %s\n", at->address, at->host) < 0)
			return -1;
		last = at->host;
	}
	return 0;
}

/* In place, since it is this very file that lies over /etc/hosts. */
static int write_in_place(const char *path, const struct buf *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int rc;

	if (fd < 0)
		return err_sys(e, "%s", path);
	rc = file_write_all(fd, text->p, text->n, e);
	close(fd);
	return rc < 0 ? err_prefix(e, "%s", path) : 0;
}

/* own: what was in /etc/hosts; l NULL: no more than that. */
static int write_hosts(const char *path, struct buf *own, const struct lab *l, struct err *e)
{
	struct buf text = buf_new(HOSTS_MAX * 2);
	int rc = 0;

	if (own->n == 0)
		rc = buf_fmt(&text, "127.0.0.1 localhost\n");
	if (rc == 0)
		rc = buf_add(&text, own->p, own->n);
	if (rc == 0 && own->n > 0 && own->p[own->n - 1] != '\n')
		rc = buf_add(&text, "\n", 1);
	if (rc == 0 && l)
		rc = add_names(l, &text);
	if (rc < 0)
		(void)err_set(e, ERR_LOCAL, _("%s would be too long"), path);
	if (rc == 0)
		rc = write_in_place(path, &text, e);
	buf_free(&text);
	return rc;
}

int names_write(const char *path, const struct lab *l, struct err *e)
{
	struct buf own = { 0 };
	struct err none;
	int rc;

	/* A machine without one has names all the same. */
	if (file_read("/etc/hosts", HOSTS_MAX, &own, &none) < 0)
		buf_free(&own);
	rc = write_hosts(path, &own, l, e);
	buf_free(&own);
	return rc;
}

/* ---- a view of one's own --------------------------------------------------------------------- */

/* What lies over what, where the latter is there. */
struct cover {
	char from[PATH_MAX];
	const char *over;
	int must;
};

enum { COVERS = 4 };

/* "hosts: resolve [!UNAVAIL=return] files dns": then a daemon answers, which sees another file. */
static int asks_files_first(const struct buf *conf)
{
	const char *at = (const char *)conf->p, *end = at + conf->n;

	while (at < end) {
		const char *line = at + strspn(at, " \t");

		if (strncmp(line, "hosts:", 6) == 0) {
			line += 6;
			line += strspn(line, " \t");
			return strncmp(line, "files", 5) == 0;
		}
		at += strcspn(at, "\n");
		at += at < end;
	}
	return 1;
}

static int copy_nsswitch(const struct buf *conf, struct buf *out)
{
	const char *at = (const char *)conf->p;
	int rc = 0;

	while (rc == 0 && *at) {
		size_t n = strcspn(at, "\n");

		n += at[n] == '\n';
		if (strncmp(at + strspn(at, " \t"), "hosts:", 6) == 0)
			rc = buf_fmt(out, "hosts: files dns\n");
		else
			rc = buf_add(out, at, n);
		at += n;
	}
	return rc;
}

/* DIR/nsswitch.conf, where the machine's own would not look into the file; else "". */
static int nsswitch_file(const char *dir, char path[PATH_MAX], struct err *e)
{
	struct buf conf = { 0 }, own = buf_new(HOSTS_MAX);
	struct err none;
	int rc = 0;

	path[0] = '\0';
	if (file_read("/etc/nsswitch.conf", HOSTS_MAX / 2, &conf, &none) < 0)
		goto out;
	conf.max++;
	if (buf_add(&conf, "", 1) < 0 || asks_files_first(&conf))
		goto out;
	if (copy_nsswitch(&conf, &own) < 0)
		goto out;
	(void)snprintf(path, PATH_MAX, "%s/nsswitch.conf", dir);
	rc = write_in_place(path, &own, e);
out:
	buf_free(&conf);
	buf_free(&own);
	return rc;
}

/* Each user and group as themselves: files keep their owners, and new ones get the right one. */
static int map_ids(uid_t uid, gid_t gid)
{
	char text[64];
	const struct {
		const char *path;
		unsigned id;
	} maps[] = { { "/proc/self/uid_map", uid }, { "/proc/self/gid_map", gid } };
	int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 || write(fd, "deny", 4) != 4 ? -1 : 0;

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		int n = snprintf(text, sizeof text, "%u %u 1", maps[i].id, maps[i].id);

		fd = open(maps[i].path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, text, (size_t)n) != n)
			rc = -1;
		if (fd >= 0)
			close(fd);
	}
	return rc;
}

/* -1 with errno. Nothing is mounted unless it is sure that only this process will see it. */
static int enter(int flags, const struct cover *covers)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(flags) < 0)
		return -1;
	if ((flags & CLONE_NEWUSER) && map_ids(uid, gid) < 0)
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -1;
	for (size_t i = 0; i < COVERS; i++) {
		if (!covers[i].from[0] || (!covers[i].must && access(covers[i].over, F_OK) < 0))
			continue;
		if (mount(covers[i].from, covers[i].over, NULL, MS_BIND, NULL) < 0 &&
		    covers[i].must)
			return -1;
	}
	return 0;
}

/* In a child first: of what fails half way, half can't be taken back. 0, or errno. */
static int enter_in_child(int flags, const struct cover *covers)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter(flags, covers) == 0 ? 0 : errno);
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

/* 0, or errno of the last attempt. */
static int enter_somehow(const struct cover *covers)
{
	static const int ways[] = { CLONE_NEWNS, CLONE_NEWNS | CLONE_NEWUSER };
	int sys = EPERM;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		sys = enter_in_child(ways[i], covers);
		if (sys == 0)
			return enter(ways[i], covers) == 0 ? 0 : errno;
	}
	return sys;
}

/* ---- where that can't be --------------------------------------------------------------------- */

static int find_library(char path[PATH_MAX])
{
	static const char *const places[] = { "/usr/lib/*/libnss_wrapper.so",
		"/usr/lib64/libnss_wrapper.so", "/usr/lib/libnss_wrapper.so",
		"/usr/local/lib*/libnss_wrapper.so" };
	glob_t found;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int got = glob(places[i], 0, NULL, &found) == 0;

		if (got)
			(void)snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
		globfree(&found);
		if (got)
			return 1;
	}
	return 0;
}

static void fall_back(struct names *n, const char *why)
{
	n->how = find_library(n->library) ? NAMES_PRELOAD : NAMES_NONE;
	(void)snprintf(n->why, sizeof n->why, "%s", why);
}

/* An empty folder over nscd's: it would answer from the machine's own file. */
static int make_covers(
    const char *dir, const struct names *n, struct cover c[COVERS], struct err *e)
{
	struct cover empty = { .over = "/run/nscd" };

	memset(c, 0, COVERS * sizeof *c);
	c[0].over = "/etc/hosts";
	c[0].must = 1;
	(void)snprintf(c[0].from, PATH_MAX, "%s", n->hosts);
	c[1].over = "/etc/nsswitch.conf";
	c[1].must = 1;
	if (nsswitch_file(dir, c[1].from, e) < 0)
		return -1;
	(void)snprintf(empty.from, PATH_MAX, "%s/empty", dir);
	if (mkdir(empty.from, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "%s", empty.from);
	c[2] = c[3] = empty;
	c[3].over = "/var/run/nscd";
	return 0;
}

int names_enter(const char *dir, struct names *n, struct err *e)
{
	struct cover covers[COVERS];
	char why[300];
	int sys;

	memset(n, 0, sizeof *n);
	if (snprintf(n->hosts, sizeof n->hosts, "%s/hosts", dir) >= PATH_MAX - 16)
		return err_set(e, ERR_USER, _("%s: the folder's name is too long"), dir);
	if (names_write(n->hosts, NULL, e) < 0 || make_covers(dir, n, covers, e) < 0)
		return -1;
	sys = enter_somehow(covers);
	if (sys == 0) {
		n->how = NAMES_PRIVATE;
		return 0;
	}
	(void)snprintf(why, sizeof why,
	    _("no mount namespace could be had here (%s), in which names would resolve"),
	    strerror(sys));
	fall_back(n, why);
	return 0;
}

static int resolves(const struct lab_endpoint *at)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char text[NI_MAXHOST] = "";

	if (getaddrinfo(at->host, NULL, &hints, &found) != 0)
		return 0;
	(void)getnameinfo(
	    found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(found);
	return strcmp(text, at->address) == 0;
}

int names_fill(struct names *n, const struct lab *l, struct err *e)
{
	size_t i = 0;

	if (names_write(n->hosts, l, e) < 0)
		return -1;
	while (i < lab_count(l) && !is_ours(lab_endpoint(l, i)->host))
		i++;
	if (n->how == NAMES_PRIVATE && i < lab_count(l) && !resolves(lab_endpoint(l, i)))
		fall_back(n, _("names do not resolve although they are in /etc/hosts"));
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "proc/landlock.h"

#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/test_landlock.XXXXXX";
static char in_dir[64], beside[64];

/* Runs f in a child, since there is no way back. _exit, so that no sanitizer looks for files. */
static int in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int open_errno(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

#define CHECK(n, cond)                                                                             \
	do {                                                                                       \
		if (!(cond))                                                                       \
			return n;                                                                  \
	} while (0)

static int nothing_allowed(void)
{
	struct err e;
	int abi, kept = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	char c;

	CHECK(1, landlock_restrict(NULL, 0, NULL, &abi, &e) == 0);
	CHECK(77, abi > 0);
	CHECK(2, open_errno("/etc/passwd", O_RDONLY) == EACCES);
	CHECK(3, open_errno("/", O_RDONLY | O_DIRECTORY) == EACCES);
	CHECK(4, open_errno(beside, O_WRONLY | O_CREAT) == EACCES);
	CHECK(5, read(kept, &c, 1) == 1);
	return 0;
}

static int rules_hold(void)
{
	const struct landlock_rule rules[] = {
		{ "/usr", LANDLOCK_EXECUTE },
		{ "/etc", LANDLOCK_READ },
		{ "/dev/null", LANDLOCK_DEVICE },
		{ dir, LANDLOCK_WRITE },
		{ "/no/such/folder", LANDLOCK_READ },
	};
	struct err e;
	int abi;

	CHECK(1, landlock_restrict(rules, 5, NULL, &abi, &e) == 0);
	CHECK(77, abi > 0);
	CHECK(2, open_errno("/etc/passwd", O_RDONLY) == 0);
	CHECK(3, open_errno("/proc/self/maps", O_RDONLY) == EACCES);
	CHECK(4, open_errno("/dev/null", O_RDWR) == 0);
	CHECK(5, open_errno(in_dir, O_WRONLY | O_CREAT | O_TRUNC) == 0);
	CHECK(6, open_errno(beside, O_WRONLY | O_CREAT) == EACCES);
	CHECK(7, unlink(in_dir) == 0);
	CHECK(8, access("/usr/bin/env", X_OK) == 0);
	CHECK(9, symlink("/proc/self/maps", in_dir) == 0);
	CHECK(10, open_errno(in_dir, O_RDONLY) == EACCES);
	unlink(in_dir);
	return 0;
}

static int runs_from_usr_only(void)
{
	const struct landlock_rule rules[] = { { "/usr", LANDLOCK_EXECUTE },
		{ dir, LANDLOCK_WRITE } };
	struct err e;
	int abi;

	CHECK(1, landlock_restrict(rules, 2, NULL, &abi, &e) == 0);
	CHECK(77, abi > 0);
	execl(in_dir, in_dir, (char *)NULL);
	CHECK(2, errno == EACCES);
	execl("/usr/bin/true", "true", (char *)NULL);
	return 3;
}

static int network_and_signals(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct err e;
	int abi, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(1, landlock_restrict(NULL, 0, NULL, &abi, &e) == 0);
	/* Each from the version on that knows it; before, it is not denied. */
	CHECK(2, connect(s, (struct sockaddr *)&a, sizeof a) < 0);
	CHECK(3, (errno == EACCES) == (abi >= 4));
	CHECK(4, (kill(getppid(), 0) < 0) == (abi >= 6));
	return 0;
}

static int connect_errno(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	rc = connect(s, (struct sockaddr *)&a, sizeof a) < 0 ? errno : 0;
	close(s);
	return rc;
}

/* The discard port and its neighbour: nobody listens there. */
static int ports_that_are_named(void)
{
	static const uint16_t ports[] = { 9, 0 };
	struct err e;
	int abi;

	CHECK(1, landlock_restrict(NULL, 0, ports, &abi, &e) == 0);
	CHECK(2, connect_errno(9) != EACCES);
	CHECK(3, (connect_errno(10) == EACCES) == (abi >= 4));
	return 0;
}

/* 77: the kernel has no Landlock. The call must say so and not fail. */
static void held(int (*f)(void), const char *what)
{
	int got = in_child(f);

	ok(got == 0 || got == 77, "%s%s", what, got == 77 ? " (this kernel has no Landlock)" : "");
	if (got != 0)
		printf("# step %d\n", got);
}

static void versions(void)
{
	is_int(landlock_fs_rights(0), 0, "no version: no rights");
	is_int(landlock_fs_rights(-1), 0, "a nonsense version: no rights");
	is_int(landlock_fs_rights(1), 0x1fff, "version 1: thirteen rights");
	is_int(landlock_fs_rights(2), 0x3fff, "version 2: and refer");
	is_int(landlock_fs_rights(3), 0x7fff, "version 3: and truncate");
	is_int(landlock_fs_rights(4), 0x7fff, "version 4: no more files");
	is_int(landlock_fs_rights(5), 0xffff, "version 5: and ioctl");
	is_int(landlock_fs_rights(99), 0xffff, "a version of the future: what is known today");
}

static void program_in_dir(void)
{
	int fd = open(in_dir, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	ok(fd >= 0 && write(fd, "#!/usr/bin/true\n", 16) == 16, "a program lies in the folder");
	close(fd);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(in_dir, sizeof in_dir, "%s/file", dir);
	(void)snprintf(beside, sizeof beside, "%s.beside", dir);
	versions();
	held(nothing_allowed, "no rules: no file opens, what is open stays");
	held(rules_hold, "rules: each gives what it says and no more");
	program_in_dir();
	held(runs_from_usr_only, "a folder that can be written runs nothing");
	held(network_and_signals,
	    "no TCP and no signal to the outside, from the version on that can");
	held(ports_that_are_named, "TCP goes to the ports that are named, and to no others");
	unlink(in_dir);
	rmdir(dir);
	return tap_done();
}

// SPDX-License-Identifier: Apache-2.0
#include "proc/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's own numbers and structs, written here because <linux/landlock.h> is as old as the
 * build machine, while the kernel that runs this may be newer.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif
#define CREATE_VERSION    1u /* LANDLOCK_CREATE_RULESET_VERSION */
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT     2

#define FS_EXECUTE    (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE  (1ull << 2)
#define FS_READ_DIR   (1ull << 3)
#define FS_ABI_1      ((1ull << 13) - 1) /* those, and removing and making of every kind */
#define FS_REFER      (1ull << 13)
#define FS_TRUNCATE   (1ull << 14)
#define FS_IOCTL_DEV  (1ull << 15)
/* Of all rights, those that mean something on a file that is no folder; others are EINVAL there. */
#define FS_OF_A_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define NET_TCP      3ull /* bind, connect */
#define NET_CONNECT  2ull
#define SCOPE_ALL    3ull /* abstract Unix sockets, signals */

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

struct net_port {
	uint64_t allowed, port;
};

static const struct {
	uint64_t fs, net, scoped;
	size_t size; /* of ruleset_attr as that kernel knows it; a longer one would be E2BIG */
} known[] = {
	{ 0, 0, 0, 0 },
	{ FS_ABI_1, 0, 0, 8 },
	{ FS_ABI_1 | FS_REFER, 0, 0, 8 },
	{ FS_ABI_1 | FS_REFER | FS_TRUNCATE, 0, 0, 8 },
	{ FS_ABI_1 | FS_REFER | FS_TRUNCATE, NET_TCP, 0, 16 },
	{ FS_ABI_1 | FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV, NET_TCP, 0, 16 },
	{ FS_ABI_1 | FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV, NET_TCP, SCOPE_ALL, 24 },
};
#define KNOWN_MAX ((int)(sizeof known / sizeof known[0]) - 1)

static const uint64_t access_rights[] = {
	[LANDLOCK_READ] = FS_READ_FILE | FS_READ_DIR,
	[LANDLOCK_EXECUTE] = FS_READ_FILE | FS_READ_DIR | FS_EXECUTE,
	[LANDLOCK_DEVICE] = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
	[LANDLOCK_WRITE] = ~(uint64_t)(FS_EXECUTE | FS_IOCTL_DEV),
};

static int clamp(int abi)
{
	if (abi < 0)
		return 0;
	return abi > KNOWN_MAX ? KNOWN_MAX : abi;
}

uint64_t landlock_fs_rights(int abi)
{
	return known[clamp(abi)].fs;
}

/* 0: none. EPERM is what container runtimes older than Landlock answer to an unknown call. */
static int kernel_abi(struct err *e)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	if (v >= 0)
		return (int)v;
	if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
		return 0;
	return err_sys(e, "ask the kernel for Landlock");
}

static int add_rule(int set, const struct landlock_rule *r, int abi, struct err *e)
{
	struct path_beneath beneath = { .allowed = access_rights[r->access] & known[abi].fs };
	struct stat st;
	int rc = -1;
	int fd = open(r->path, O_PATH | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(e, "open %s for Landlock", r->path);
		goto out;
	}
	if (!S_ISDIR(st.st_mode))
		beneath.allowed &= FS_OF_A_FILE;
	beneath.fd = fd;
	if (syscall(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &beneath, 0) < 0) {
		err_sys(e, "allow %s in Landlock", r->path);
		goto out;
	}
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

static int add_ports(int set, const uint16_t *ports, int abi, struct err *e)
{
	struct net_port rule = { .allowed = NET_CONNECT & known[abi].net };

	for (; rule.allowed && ports && *ports; ports++) {
		rule.port = *ports;
		if (syscall(SYS_landlock_add_rule, set, RULE_NET_PORT, &rule, 0) < 0)
			return err_sys(e, "allow port %u in Landlock", *ports);
	}
	return 0;
}

static int restrict_to(
    const struct landlock_rule *rules, size_t n, const uint16_t *ports, int abi, struct err *e)
{
	struct ruleset_attr attr = { known[abi].fs, known[abi].net, known[abi].scoped };
	int set = (int)syscall(SYS_landlock_create_ruleset, &attr, known[abi].size, 0);
	int rc = -1;

	if (set < 0)
		return err_sys(e, "make Landlock's rules");
	for (size_t i = 0; i < n; i++) {
		if (add_rule(set, &rules[i], abi, e) < 0)
			goto out;
	}
	if (add_ports(set, ports, abi, e) < 0)
		goto out;
	if (syscall(SYS_landlock_restrict_self, set, 0) < 0) {
		err_sys(e, "enter Landlock");
		goto out;
	}
	rc = 0;
out:
	close(set);
	return rc;
}

int landlock_restrict(
    const struct landlock_rule *rules, size_t n, const uint16_t *ports, int *abi, struct err *e)
{
	int v;

	*abi = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "give up new privileges");
	v = kernel_abi(e);
	if (v <= 0)
		return v;
	if (restrict_to(rules, n, ports, clamp(v), e) < 0)
		return -1;
	*abi = v;
	return 0;
}

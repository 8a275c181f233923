/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/sandbox.h"

#include "base/i18n.h"
#include "proc/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int sandbox_become(unsigned uid, unsigned gid, int parent_pid, struct err *e)
{
	struct rlimit none = { 0, 0 };

	if (uid != 0 && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
			    setresuid(uid, uid, uid) < 0))
		return err_sys(e, "become uid %u", uid);
	/* After setuid, which clears it. The parent may have died in between: then go as well. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(e, "bind the life to the parent's");
	if (getppid() != parent_pid)
		return err_set(e, ERR_LOCAL, "the parent has gone");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, "give up new privileges");
	/* As an ordinary user all roles share one uid: none may read another's memory. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return err_sys(e, "forbid dumps");
	return 0;
}

#ifdef DBTLS_SANDBOX_OFF

int sandbox_enter(enum role role, const uint16_t *ports, struct sandbox_state *state, struct err *e)
{
	(void)role;
	(void)ports;
	(void)e;
	*state = (struct sandbox_state) { .off = DBTLS_SANDBOX_OFF };
	return 0;
}

int sandbox_parent(struct err *e)
{
	(void)e;
	return 0;
}

#else

/*
 * The calls that every role makes. What is on no list is answered with EPERM, so that a call that a
 * new libc makes out of habit does no harm; what only an intruder would try ends the process.
 */
static const int calls_all[] = { SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl) };

static const int calls_relay[] = { SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(shutdown),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername) };

#define SOCKET_TYPE_MASK 0xf /* the rest of the argument is flags; include/linux/net.h */

/* No honest path leads here. */
static const int calls_evil[] = { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(vfork), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(bpf), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load),
	SCMP_SYS(mount), SCMP_SYS(chroot), SCMP_SYS(setuid), SCMP_SYS(setresuid), SCMP_SYS(keyctl),
	SCMP_SYS(userfaultfd), SCMP_SYS(unshare), SCMP_SYS(setns) };

static int add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, action, calls[i], 0) < 0)
			return -1;
	return 0;
}

/* Memory: never executable. */
static int add_memory(scmp_filter_ctx ctx)
{
	static const struct scmp_arg_cmp no_exec = {
		.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0
	};

	if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_exec) < 0 ||
	    seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_exec) < 0)
		return -1;
	return 0;
}

/*
 * Sending goes to who is at the other end, never to an address: a socket that was cut loose would
 * be connected by TCP Fast Open, which Landlock does not see. Signals go to oneself: abort().
 */
static int add_sending(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp to_nobody[] = {
		{ .arg = 3, .op = SCMP_CMP_MASKED_EQ, .datum_a = MSG_FASTOPEN, .datum_b = 0 },
		{ .arg = 4, .op = SCMP_CMP_EQ, .datum_a = 0 }
	};
	const struct scmp_arg_cmp no_fast_open = {
		.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = MSG_FASTOPEN, .datum_b = 0
	};
	const struct scmp_arg_cmp to_self = {
		.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)getpid()
	};

	if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2, to_nobody) < 0 ||
	    seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, &no_fast_open) < 0 ||
	    seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &to_self) < 0)
		return -1;
	return 0;
}

/*
 * Flags, and copies. Not who hears of a descriptor and by which signal: that reaches whatever runs
 * as the same user, and any signal will do.
 */
static int add_fcntl(scmp_filter_ctx ctx)
{
	static const int commands[] = { F_GETFL, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC };
	static const struct scmp_arg_cmp no_signals[] = {
		{ .arg = 1, .op = SCMP_CMP_EQ, .datum_a = F_SETFL },
		{ .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = O_ASYNC, .datum_b = 0 }
	};

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const struct scmp_arg_cmp command = {
			.arg = 1, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)commands[i]
		};

		if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, &command) < 0)
			return -1;
	}
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2, no_signals);
}

/* Makes sockets of these families, for TCP or what is local, and of no others. */
static int add_sockets(scmp_filter_ctx ctx, const int *families, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct scmp_arg_cmp stream[] = {
			{ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)families[i] },
			{ .arg = 1,
			    .op = SCMP_CMP_MASKED_EQ,
			    .datum_a = SOCKET_TYPE_MASK,
			    .datum_b = SOCK_STREAM },
			/* The family's own protocol: Landlock's ports are TCP's, not MPTCP's. */
			{ .arg = 2, .op = SCMP_CMP_EQ, .datum_a = 0 }
		};

		if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, stream) < 0)
			return -1;
	}
	return 0;
}

static int add_role(scmp_filter_ctx ctx, enum role role, const uint16_t *ports)
{
	/* The sockets that a relay makes lead to databases: on this machine, or over TCP. */
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };

	if (role != ROLE_RELAY)
		return 0;
	if (add_sockets(ctx, families, ports && *ports ? 3 : 1) < 0)
		return -1;
	return add_all(ctx, SCMP_ACT_ALLOW, calls_relay, sizeof calls_relay / sizeof *calls_relay);
}

static int enter_seccomp(enum role role, const uint16_t *ports, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = -1;

	if (!ctx)
		return err_set(e, ERR_LOCAL, "seccomp: out of memory");
	if (add_all(ctx, SCMP_ACT_ALLOW, calls_all, sizeof calls_all / sizeof *calls_all) < 0 ||
	    add_all(ctx, SCMP_ACT_KILL_PROCESS, calls_evil,
		sizeof calls_evil / sizeof *calls_evil) < 0 ||
	    add_memory(ctx) < 0 || add_sending(ctx) < 0 || add_fcntl(ctx) < 0 ||
	    add_role(ctx, role, ports) < 0 || (rc = seccomp_load(ctx)) < 0) {
		errno = rc < -1 ? -rc : EINVAL;
		rc = err_sys(e, "seccomp");
	}
	seccomp_release(ctx);
	return rc;
}

int sandbox_enter(enum role role, const uint16_t *ports, struct sandbox_state *state, struct err *e)
{
	struct rlimit none = { 0, 0 };

	*state = (struct sandbox_state) { 0 };
	/* The time zone's file is opened by the first conversion of a time: have it done. */
	tzset();

	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		return err_sys(e, "limit processes");
	if (landlock_restrict(NULL, 0, ports, &state->landlock, e) < 0)
		return err_prefix(e, "landlock");
	if (enter_seccomp(role, ports, e) < 0)
		return -1;
	state->seccomp = 1;
	return 0;
}

/*
 * To become another user; to end what runs as one; to make, mend and read folders that belong to
 * one. Not among them: the network, devices, mounts, modules, other processes' memory.
 */
static const int caps_parent[] = { CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_CHOWN, CAP_FOWNER,
	CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH };

static void limit_heirs(const uint32_t keep[2])
{
	/* As far as we may: no_new_privs holds what is started to what we have ourselves. */
	for (int c = 0; c < 64 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (!(keep[c / 32] & 1U << c % 32))
			(void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
}

int sandbox_parent(struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint32_t keep[2] = { 0, 0 };

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < sizeof caps_parent / sizeof *caps_parent; i++)
		keep[caps_parent[i] / 32] |= 1U << caps_parent[i] % 32;
	limit_heirs(keep);
	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "read the capabilities");
	for (int i = 0; i < 2; i++) {
		/* A container's root may have fewer. */
		data[i].permitted &= keep[i];
		data[i].effective &= keep[i];
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data) < 0)
		return err_sys(e, "give up capabilities");
	return 0;
}

#endif

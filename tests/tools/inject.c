/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes another process that lives execute system calls, as one that was taken over would:
 *
 *	inject PID CALL [ARG…] [, CALL [ARG…]]…
 *
 * CALL is its name; an ARG is a number, or ":TEXT" or "=HEX" for the address of these bytes, which
 * are put on the process's stack. Prints "ok VALUE", "errno NAME" or "killed SIGNAL" for each;
 * between the calls the process does nothing else, and afterwards, if it lives, it goes on as if
 * nothing had been. Exit 2: it could not be done.
 *
 * The process must sit in a system call, as one in epoll_wait or poll does: the instruction that
 * called it is used again. x86-64 alone.
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__

int main(void)
{
	(void)fprintf(stderr, "inject: this processor's registers are not known here\n");
	return 2;
}

#else

#define ARGS      6
#define CALLS_MAX 8
#define TRIES     400
#define BELOW     1024 /* under the stack pointer: past the red zone of 128 bytes */
#define BYTES_MAX 512

struct call {
	long number;
	unsigned long arg[ARGS];
	unsigned char bytes[BYTES_MAX]; /* what the addresses among the args stand for */
	size_t n;
	unsigned points; /* a bit for each arg that is an offset into bytes */
};

static int fail(const char *what)
{
	(void)fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return -1;
}

/* ---- the command line ------------------------------------------------------------------------ */

static int put_bytes(struct call *c, int at, const void *p, size_t n)
{
	size_t room = (n + 7) / 8 * 8;

	if (c->n + room > sizeof c->bytes) {
		errno = E2BIG;
		return fail("arguments");
	}
	memcpy(c->bytes + c->n, p, n);
	c->arg[at] = c->n;
	c->points |= 1U << at;
	c->n += room;
	return 0;
}

static int put_hex(struct call *c, int at, const char *hex)
{
	unsigned char raw[BYTES_MAX];
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n && i < sizeof raw; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		raw[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return put_bytes(c, at, raw, n < sizeof raw ? n : sizeof raw);
}

static int put_arg(struct call *c, int at, const char *arg)
{
	if (arg[0] == ':')
		return put_bytes(c, at, arg + 1, strlen(arg));
	if (arg[0] == '=')
		return put_hex(c, at, arg + 1);
	c->arg[at] = (unsigned long)strtol(arg, NULL, 0);
	return 0;
}

/* Reads words up to a comma or the end. Returns how many they were, or -1. */
static int read_call(struct call *c, char **word)
{
	int n = 1;

	*c = (struct call) { .number = seccomp_syscall_resolve_name(word[0]) };
	for (; word[n] && strcmp(word[n], ",") != 0; n++)
		if (n > ARGS || put_arg(c, n - 1, word[n]) < 0)
			c->number = -1;
	if (c->number >= 0)
		return n;
	errno = EINVAL;
	return fail(word[0]);
}

static int read_calls(struct call *c, char **word)
{
	int calls = 0;

	while (*word && calls < CALLS_MAX) {
		int n = read_call(&c[calls++], word);

		if (n < 0)
			return -1;
		word += n + (word[n] != NULL);
	}
	return calls;
}

/* ---- the other process ----------------------------------------------------------------------- */

static int let_go(pid_t pid)
{
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0 ? fail("let it go") : 0;
}

/* 1: it stopped behind its `syscall`; 0: it was at work; -1: error. */
static int stop_in_call(pid_t pid, struct user_regs_struct *regs)
{
	int status;
	long code;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return fail("attach");
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid ||
	    !WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, pid, NULL, regs) < 0)
		return fail("stop it");
	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, pid, regs->rip - 2, NULL);
	if (errno == 0 && (code & 0xffff) == 0x050f && (long)regs->orig_rax >= 0)
		return 1;
	return let_go(pid);
}

static int stop(pid_t pid, struct user_regs_struct *regs)
{
	for (int i = 0; i < TRIES; i++) {
		int rc = stop_in_call(pid, regs);

		if (rc != 0)
			return rc;
		(void)usleep(2000);
	}
	errno = EBUSY;
	return fail("find it in a system call");
}

static int write_stack(pid_t pid, unsigned long at, const struct call *c)
{
	for (size_t i = 0; i < c->n; i += 8) {
		unsigned long word;

		memcpy(&word, c->bytes + i, sizeof word);
		if (ptrace(PTRACE_POKEDATA, pid, at + i, word) < 0)
			return fail("write to its stack");
	}
	return 0;
}

static int set_up(pid_t pid, struct user_regs_struct r, const struct call *c)
{
	unsigned long stack = (r.rsp - BELOW) & ~15UL;
	unsigned long a[ARGS];

	for (int i = 0; i < ARGS; i++)
		a[i] = c->arg[i] + (c->points & 1U << i ? stack : 0);
	r.rip -= 2;
	r.rax = (unsigned long)c->number;
	r.orig_rax = (unsigned long)-1; /* or the kernel would begin its own call again */
	r.rdi = a[0];
	r.rsi = a[1];
	r.rdx = a[2];
	r.r10 = a[3];
	r.r8 = a[4];
	r.r9 = a[5];
	if (write_stack(pid, stack, c) < 0)
		return -1;
	return ptrace(PTRACE_SETREGS, pid, NULL, &r) < 0 ? fail("set its registers") : 0;
}

/* One instruction. 0: it stopped behind it; 1: that was its end, and *status says how. */
static int step(pid_t pid, int *status)
{
	for (;;) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 ||
		    waitpid(pid, status, __WALL) != pid)
			return fail("step");
		if (WIFEXITED(*status) || WIFSIGNALED(*status))
			return 1;
		if (WSTOPSIG(*status) == SIGTRAP && *status >> 16 == 0)
			return 0;
	}
}

static void print_result(long value, long number, pid_t pid)
{
	/* A child that should not be has this process's memory and nobody to watch it. */
	if (value > 0 && value != pid && (number == SYS_fork || number == SYS_clone))
		(void)kill((pid_t)value, SIGKILL);
	if (value < 0 && value > -4096)
		printf("errno %s\n", strerrorname_np((int)-value));
	else
		printf("ok %ld\n", value);
}

static void print_end(int status)
{
	if (WIFSIGNALED(status))
		printf("killed SIG%s\n", sigabbrev_np(WTERMSIG(status)));
	else
		printf("ended %d\n", WEXITSTATUS(status));
}

/* 0: made; 1: that was the process's end; -1: error. */
static int make_call(pid_t pid, const struct user_regs_struct *before, const struct call *c)
{
	struct user_regs_struct after;
	int status, rc;

	if (set_up(pid, *before, c) < 0)
		return -1;
	rc = step(pid, &status);
	if (rc == 1)
		print_end(status);
	if (rc != 0)
		return rc;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &after) < 0)
		return fail("read its registers");
	print_result((long)after.rax, c->number, pid);
	return 0;
}

static int inject(pid_t pid, const struct call *c, int calls)
{
	struct user_regs_struct before;
	int rc = 0;

	if (stop(pid, &before) < 0)
		return -1;
	for (int i = 0; i < calls && rc == 0; i++)
		rc = make_call(pid, &before, &c[i]);
	if (rc == 1)
		return 0;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &before) < 0 || let_go(pid) < 0)
		return fail("put it back");
	return rc;
}

int main(int argc, char **argv)
{
	static struct call calls[CALLS_MAX];
	int n;

	if (argc < 3 || atoi(argv[1]) <= 0) {
		(void)fprintf(stderr, "usage: inject PID CALL [NUMBER|:TEXT|=HEX…] [, CALL …]\n");
		return 2;
	}
	n = read_calls(calls, argv + 2);
	return n < 0 || inject(atoi(argv[1]), calls, n) < 0 ? 2 : 0;
}

#endif

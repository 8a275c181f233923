/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *log_role = "dbtls";
static int log_fd = 2;
static int log_pid; /* 0: not yet asked for */

void log_init(const char *role)
{
	log_role = role;
	log_pid = 0;
}

void log_to(int fd)
{
	log_fd = fd;
}

void log_line(const char *fmt, ...)
{
	char line[1024];
	struct timespec now;
	struct tm tm;
	va_list ap;
	size_t n;
	int m;

	if (!log_pid)
		log_pid = (int)getpid();
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(
	    line + n, sizeof line - n, ".%03ldZ %s[%d] ", now.tv_nsec / 1000000, log_role, log_pid);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	n = (size_t)m < sizeof line - n - 1 ? n + (size_t)m : sizeof line - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* A log that can't be written must not stop the work it tells of. */
	if (write(log_fd, line, n) < 0)
		return;
}

void log_quote(char *out, size_t size, const void *text, size_t n)
{
	const unsigned char *p = text;
	size_t o = 0;

	if (size == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		int plain = p[i] > ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\';
		size_t need = plain ? 1 : 4;

		if (o + need + 4 > size) { /* room for "..." and NUL stays */
			if (size >= 4)
				o += (size_t)snprintf(out + o, size - o, "...");
			break;
		}
		if (plain)
			out[o++] = (char)p[i];
		else
			o += (size_t)snprintf(out + o, size - o, "\\x%02X", p[i]);
	}
	out[o] = '\0';
}

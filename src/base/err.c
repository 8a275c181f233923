/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/i18n.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What glibc says of errno, for the catalogue: no program reads this. */
#define ERR_WORDS                                                                                  \
	N_("Address already in use")                                                               \
	N_("Address family not supported by protocol")                                             \
	N_("Argument list too long")                                                               \
	N_("Bad address")                                                                          \
	N_("Bad file descriptor")                                                                  \
	N_("Broken pipe")                                                                          \
	N_("Cannot allocate memory")                                                               \
	N_("Cannot assign requested address")                                                      \
	N_("Connection refused")                                                                   \
	N_("Connection reset by peer")                                                             \
	N_("Connection timed out")                                                                 \
	N_("Device or resource busy")                                                              \
	N_("Directory not empty")                                                                  \
	N_("Disk quota exceeded")                                                                  \
	N_("Exec format error")                                                                    \
	N_("File exists")                                                                          \
	N_("File name too long")                                                                   \
	N_("File too large")                                                                       \
	N_("Function not implemented")                                                             \
	N_("Input/output error")                                                                   \
	N_("Interrupted system call")                                                              \
	N_("Invalid argument")                                                                     \
	N_("Invalid cross-device link")                                                            \
	N_("Is a directory")                                                                       \
	N_("Message too long")                                                                     \
	N_("Network is down")                                                                      \
	N_("Network is unreachable")                                                               \
	N_("No buffer space available")                                                            \
	N_("No child processes")                                                                   \
	N_("No route to host")                                                                     \
	N_("No space left on device")                                                              \
	N_("No such device")                                                                       \
	N_("No such file or directory")                                                            \
	N_("No such process")                                                                      \
	N_("Not a directory")                                                                      \
	N_("Operation not permitted")                                                              \
	N_("Operation not supported")                                                              \
	N_("Permission denied")                                                                    \
	N_("Protocol not supported")                                                               \
	N_("Read-only file system")                                                                \
	N_("Resource temporarily unavailable")                                                     \
	N_("Socket operation on non-socket")                                                       \
	N_("Success")                                                                              \
	N_("Text file busy")                                                                       \
	N_("Too many levels of symbolic links")                                                    \
	N_("Too many open files")                                                                  \
	N_("Too many open files in system")                                                        \
	N_("Transport endpoint is not connected")

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	*e = (struct err) { .kind = kind };
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	utf8_drop_cut(e->text);
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	int n;

	*e = (struct err) { .kind = ERR_SYS, .sys = sys };
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->text)
		(void)snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", _(strerror(sys)));
	utf8_drop_cut(e->text);
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[sizeof e->text];
	va_list ap;
	int n;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->text)
		(void)snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", old);
	utf8_drop_cut(e->text);
	return -1;
}

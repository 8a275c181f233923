/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one line an event, written in one write() so that lines of several processes never mix.
 * A process logs to the descriptor it was given (2 unless log_to says otherwise); it opens nothing.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

/*
 * Names this process in its lines. role is kept, not copied. A forked child that logs before it has
 * another program calls it anew: the number is asked for once.
 */
void log_init(const char *role);

/* Sends the lines to another open descriptor, borrowed. */
void log_to(int fd);

/* Writes "TIME ROLE[PID] TEXT\n". Bytes below space and DEL become '?'. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Copies text that a stranger sent into out, made safe to stand inside quotes in a log line:
 * letters, digits, punctuation as they are; '"', '\\' and all else as \xHH. Always ends in NUL;
 * what does not fit is cut and ends in "...".
 */
void log_quote(char *out, size_t size, const void *text, size_t n);

#endif

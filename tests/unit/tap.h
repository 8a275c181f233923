/* SPDX-License-Identifier: Apache-2.0 */
/* TAP from C: ok(), is_int(), is_str(), then `return tap_done();`. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

#define ok(cond, ...)                                                                              \
	do {                                                                                       \
		int tap_ok = !!(cond);                                                             \
		printf("%sok %d - ", tap_ok ? "" : "not ", ++tap_count);                           \
		printf(__VA_ARGS__);                                                               \
		printf("\n");                                                                      \
		if (!tap_ok) {                                                                     \
			tap_failed++;                                                              \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);                        \
		}                                                                                  \
	} while (0)

#define is_int(got, want, ...)                                                                     \
	do {                                                                                       \
		long long tap_got = (long long)(got), tap_want = (long long)(want);                \
		ok(tap_got == tap_want, __VA_ARGS__);                                              \
		if (tap_got != tap_want)                                                           \
			printf("# got %lld, want %lld\n", tap_got, tap_want);                      \
	} while (0)

#define is_str(got, want, ...)                                                                     \
	do {                                                                                       \
		const char *tap_got = (got), *tap_want = (want);                                   \
		ok(strcmp(tap_got, tap_want) == 0, __VA_ARGS__);                                   \
		if (strcmp(tap_got, tap_want) != 0)                                                \
			printf("# got  \"%s\"\n# want \"%s\"\n", tap_got, tap_want);               \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/machine.h"

#include "base/file.h"

#define RELEASE_MAX 65536

/* os-release(5) */
static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };

const struct remedy_who *machine_system(void)
{
	const struct remedy_who *found = NULL;

	for (size_t i = 0; !found && i < sizeof files / sizeof *files; i++) {
		struct buf text = buf_new(RELEASE_MAX);
		struct err unused = { 0 };

		if (file_read(files[i], RELEASE_MAX, &text, &unused) == 0)
			found = remedy_system(span_of(text.p, text.n));
		buf_free(&text);
	}
	return found;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* my.cnf and AWS's config: what is read lies in the file, and is what it should be. */
#include "fuzz.h"
#include "trust/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span_of(data, size);
	struct ini i = ini_of(file);
	struct ini_item item;

	while (ini_next(&i, &item)) {
		HOLDS(inside(file, item.section) && inside(file, item.key) &&
		      inside(file, item.value));
		HOLDS(item.key.n > 0 && item.value.n > 0);
		HOLDS(item.key.n + item.value.n < INI_LINE_MAX + 1);
		HOLDS(!memchr(item.key.p, '\n', item.key.n) &&
		      !memchr(item.value.p, '\n', item.value.n));
		(void)ini_is(item.key, "ssl-ca");
	}
	HOLDS(i.rest.n == 0);
	return 0;
}

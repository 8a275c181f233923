/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of HTTP, or what isn't one; and what else it may be taken for. */
#include "probe/strange.h"
#include "fuzz.h"
#include "wire/httpanswer.h"

static void is_strange(struct span in)
{
	struct span payload;
	enum strange is = strange_is(in);

	HOLDS(is < STRANGES && strange_words(is));
	if (strange_packet(in, &payload) == 0)
		HOLDS(payload.n > 0 && inside(in, payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct httpanswer a = { 0 };
	enum httpanswer_read is = httpanswer_read(in, &a);

	HOLDS(is <= HTTPANSWER_NONSENSE);
	HOLDS(a.body.n == 0 || inside(in, a.body));
	if (is == HTTPANSWER_WHOLE || is == HTTPANSWER_TO_END)
		HOLDS(a.status >= 0 && a.status <= 999 && a.status / 100 != 1);
	is_strange(in);
	return 0;
}

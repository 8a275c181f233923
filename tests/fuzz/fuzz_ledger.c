/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger that the parent reads, written by a relay that was taken over. */
#include "front/ledger.h"
#include "front/library.h"
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>

static void text(const char *t, size_t size)
{
	size_t n = strnlen(t, size);

	HOLDS(n < size);
	for (size_t i = 0; i < n; i++)
		HOLDS(t[i] >= ' ' && t[i] <= '~');
}

static void row(const struct ledger_row *r)
{
	HOLDS(r->cause > CAUSE_NONE && r->cause < CAUSES && r->count > 0);
	HOLDS(r->family == AF_INET || r->family == AF_INET6);
	HOLDS(strnlen(r->library, sizeof r->library) < sizeof r->library);
	HOLDS(!r->library[0] || library_known(r->library));
	text(r->endpoint, sizeof r->endpoint);
	text(r->name, sizeof r->name);
	text(r->user, sizeof r->user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ledger l;
	struct ledger_row a, b;
	size_t n = 0;

	memset(&l, 0, sizeof l);
	memcpy(l.row, data, size < sizeof l.row ? size : sizeof l.row);
	for (size_t i = 0; i < LEDGER_ROWS; i++)
		if (ledger_read(&l, i, &b)) {
			row(&b);
			if (n++)
				ledger_add(&a, &b);
			else
				a = b;
		}
	if (n) {
		a.count |= 1; /* the sum of many may be 0 */
		row(&a);
		ledger_note(&l, &a, 1);
	}
	return 0;
}

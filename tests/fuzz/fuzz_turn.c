/* SPDX-License-Identifier: Apache-2.0 */
/* What passes through a session, from either end: its first byte says from which, and before what.
 */
#include "fuzz.h"
#include "wire/turn.h"

static const uint32_t lefts[] = { 0, 1, 5, 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct turn_state before = { 0 }, up, down;

	if (size == 0 || (data[0] & 7) > TURN_MANY)
		return 0;
	before.whose = data[0] & 7;
	if (before.whose == TURN_CLIENT)
		before.left = lefts[data[0] >> 6];
	if (before.whose == TURN_HALF)
		before.left = lefts[data[0] >> 6] + 1;
	up = down = before;
	turn_up(&up, data + 1, size - 1);
	turn_down(&down, data + 1, size - 1);
	HOLDS(up.whose <= TURN_MANY && down.whose <= TURN_MANY);
	HOLDS((before.whose == TURN_UNKNOWN) == (up.whose == TURN_UNKNOWN));
	HOLDS((before.whose == TURN_UNKNOWN) == (down.whose == TURN_UNKNOWN));
	HOLDS(before.whose != TURN_MANY || (up.whose == TURN_MANY && down.whose == TURN_MANY));
	/* Only a client begins, and only the database ends what was begun. */
	HOLDS(size == 1 || (down.whose != TURN_SERVER && down.whose != TURN_HALF));
	HOLDS(up.whose != TURN_CLIENT || before.whose == TURN_CLIENT);
	HOLDS(size == 1 || up.whose != TURN_SERVER || before.whose != TURN_SERVER);
	/* What is half there has a rest, and nothing but a command of the client's has. */
	HOLDS((up.whose == TURN_HALF) <= (up.left > 0));
	HOLDS(up.left == 0 || up.whose == TURN_HALF || up.whose == TURN_CLIENT);
	HOLDS(size == 1 || down.left == 0);
	/* A whole command has a header with the sequence id 0. */
	HOLDS(
	    size == 1 || up.whose != TURN_SERVER || before.left > 0 || (size >= 6 && data[4] == 0));
	return 0;
}

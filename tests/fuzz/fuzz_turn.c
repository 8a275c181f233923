/* SPDX-License-Identifier: Apache-2.0 */
/* What passes through a session, from either end: its first byte says from which, and before what.
 */
#include "fuzz.h"
#include "wire/turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum turn before, up, down;

	if (size == 0)
		return 0;
	before = (enum turn)(data[0] & 3);
	up = turn_up(before, data + 1, size - 1);
	down = turn_down(before, data + 1, size - 1);
	HOLDS(up <= TURN_MIDDLE && down <= TURN_MIDDLE);
	HOLDS((before == TURN_UNKNOWN) == (up == TURN_UNKNOWN));
	HOLDS((before == TURN_UNKNOWN) == (down == TURN_UNKNOWN));
	/* Only a client begins, and only the database ends what was begun. */
	HOLDS(down != TURN_SERVER);
	HOLDS(up != TURN_CLIENT || before == TURN_CLIENT);
	HOLDS(up != TURN_SERVER || before != TURN_SERVER);
	/* A whole command has a header with the sequence id 0. */
	HOLDS(up != TURN_SERVER || (size >= 6 && data[4] == 0));
	return 0;
}

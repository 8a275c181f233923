/* SPDX-License-Identifier: Apache-2.0 */
#include "front/bridge.h"

#include "pki/digest.h"

#define SHA2_PLUGIN   "caching_sha2_password"
#define NATIVE_PLUGIN "mysql_native_password"

void bridge_login(struct bridge *b, const struct mysql_login *in)
{
	b->sha2 = span_is(in->plugin, SHA2_PLUGIN);
}

size_t bridge_switch(struct bridge *b, struct span payload, uint8_t seq, uint8_t out[BRIDGE_TEXT])
{
	struct span plugin;
	size_t n = 0;

	if (!b->on || !b->sha2 || b->stage != BRIDGE_OUT ||
	    mysql_switch(payload, &plugin, b->scramble) < 0 || !span_is(plugin, NATIVE_PLUGIN))
		return 0;
	b->stage = BRIDGE_SWITCHED;
	b->next_seq = (uint8_t)(seq + 1);
	/* The scramble is the database's own: what the client makes of it is not looked at. */
	out[n++] = 0xfe;
	memcpy(out + n, SHA2_PLUGIN, sizeof SHA2_PLUGIN);
	n += sizeof SHA2_PLUGIN;
	memcpy(out + n, b->scramble, sizeof b->scramble);
	n += sizeof b->scramble;
	out[n++] = 0;
	return n;
}

/* Without a password the client sends nothing, or a lone NUL; then it must not be asked for one. */
static int is_empty(struct span payload)
{
	return payload.n == 0 || (payload.n == 1 && payload.p[0] == 0);
}

enum bridge_do bridge_hear(
    struct bridge *b, struct span payload, uint8_t out[BRIDGE_TEXT], size_t *n)
{
	int asked = b->stage == BRIDGE_ASKED;

	*n = 0;
	b->stage = BRIDGE_OUT;
	if (!asked && is_empty(payload))
		return BRIDGE_ANSWERS; /* with nothing, as native does without a password */
	if (!asked) {
		b->stage = BRIDGE_ASKED;
		out[(*n)++] = 0x01; /* AuthMoreData */
		out[(*n)++] = 0x04; /* perform full authentication */
		return BRIDGE_ASK;
	}
	if (payload.n == 0 || memchr(payload.p, 0, payload.n) != payload.p + payload.n - 1)
		return BRIDGE_BROKEN;
	*n = BRIDGE_ANSWER;
	return mysql_native_answer((const char *)payload.p, b->scramble, out) < 0 ? BRIDGE_BROKEN
										  : BRIDGE_ANSWERS;
}

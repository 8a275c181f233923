/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/messages.h"

#include "proc/channel.h"

#define CONFIG_MAX 512

static const struct message_rule rules[] = {
	{ MSG_CONFIG, "config", ROLE_PARENT, ROLE_RELAY, 1, CONFIG_MAX, 0 },
	{ MSG_ENDPOINT, "endpoint", ROLE_PARENT, ROLE_RELAY, 1, CONFIG_MAX, 0 },
	{ MSG_UPSTREAM, "upstream", ROLE_PARENT, ROLE_RELAY, 1, CHANNEL_MAX, 0 },
	{ MSG_LISTENER, "listener", ROLE_PARENT, ROLE_RELAY, 4, 4, 1 },
	{ MSG_STATS, "stats", ROLE_PARENT, ROLE_RELAY, 0, 0, 1 },
	{ MSG_ACCESS, "access", ROLE_PARENT, ROLE_RELAY, 4, 4, 1 },
	{ MSG_SENDERS, "senders", ROLE_PARENT, ROLE_RELAY, 4, 4, 1 },
	{ MSG_CERTIFICATE, "certificate", ROLE_PARENT, ROLE_RELAY, 5, CHANNEL_MAX, 0 },
	{ MSG_CLIENTS, "clients", ROLE_PARENT, ROLE_RELAY, 4, 4, 1 },
	{ MSG_TICKETS, "tickets", ROLE_PARENT, ROLE_RELAY, 1, CONFIG_MAX, 0 },
	{ MSG_KEYS, "keys", ROLE_PARENT, ROLE_RELAY, 0, 0, 1 },
	{ MSG_START, "start", ROLE_PARENT, ROLE_RELAY, 0, 0, 0 },
	{ MSG_ACCEPT, "accept", ROLE_PARENT, ROLE_RELAY, 0, 0, 0 },
	{ MSG_DRAIN, "drain", ROLE_PARENT, ROLE_RELAY, 0, 0, 0 },
	{ MSG_CLOSE, "close", ROLE_PARENT, ROLE_RELAY, 0, 0, 0 },
	{ MSG_DONE, "done", ROLE_RELAY, ROLE_PARENT, 4, 4, 0 },
	{ MSG_FAILED, "failed", ROLE_RELAY, ROLE_PARENT, 4, 1024, 0 },
	{ MSG_CLIENT, "client", ROLE_PARENT, ROLE_KEYS, 0, 0, 1 },
	{ MSG_KEY, "key", ROLE_PARENT, ROLE_KEYS, 0, 0, 1 },
	{ MSG_FORGET, "forget", ROLE_PARENT, ROLE_KEYS, 32, 32, 0 },
	{ MSG_PUBLIC_KEY, "public-key", ROLE_KEYS, ROLE_PARENT, 1, 2048, 0 },
	{ MSG_SIGN, "sign", ROLE_RELAY, ROLE_KEYS, sizeof(struct sign_request) + 1,
	    sizeof(struct sign_request) + SIGN_TEXT_MAX, 0 },
	{ MSG_SIGNATURE, "signature", ROLE_KEYS, ROLE_RELAY, sizeof(struct sign_reply),
	    sizeof(struct sign_reply) + SIGNATURE_MAX, 0 },
	{ MSG_ISSUE, "issue", ROLE_PARENT, ROLE_CA, sizeof(struct issue_request) + 1, CHANNEL_MAX,
	    0 },
	{ MSG_ISSUED, "issued", ROLE_CA, ROLE_PARENT, sizeof(struct issued) + 1, CHANNEL_MAX, 0 },
	{ MSG_REFUSED, "refused", ROLE_KEYS, ROLE_PARENT, 1, 1024, 0 },
	{ MSG_REFUSED, "refused", ROLE_CA, ROLE_PARENT, 1, 1024, 0 },
};

const struct message_rule *message_rule(enum message_type type, enum role from, enum role to)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].type == type && rules[i].from == from && rules[i].to == to)
			return &rules[i];
	return NULL;
}

const char *role_name(enum role role)
{
	static const char *const names[] = { "parent", "relay", "keys", "ca" };

	return names[role];
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "front/stats.h"

#define MS 1000
#define S  1000000ULL

/* On one host it is done within a millisecond, over a network within some hundred. */
#define ON_THE_NET                                                                                 \
	{                                                                                          \
		MS / 4, MS / 2, MS, 5 * MS / 2, 5 * MS, 10 * MS, 25 * MS, 100 * MS, 250 * MS, S,   \
		    5 * S, 10 * S                                                                  \
	}

const uint64_t stats_bounds[DURATIONS][DURATION_BOUNDS] = {
	[DURATION_GREETING] = ON_THE_NET,
	[DURATION_HANDSHAKE] = ON_THE_NET,
	[DURATION_LOGIN] = ON_THE_NET,
	[DURATION_SESSION] = { 10 * MS, 100 * MS, S, 5 * S, 15 * S, 60 * S, 300 * S, 900 * S,
	    3600 * S, 4 * 3600 * S, 24 * 3600 * S, 7 * 24 * 3600ULL * S },
	/* A signature is some 30 to 600 microseconds of work. */
	[DURATION_KEY] = { 50, 100, 250, 500, MS, 5 * MS / 2, 5 * MS, 10 * MS, 25 * MS, 100 * MS,
	    500 * MS, 2 * S },
};

const struct suite stats_suites[SUITES] = {
	{ "1.3", "TLS_AES_128_GCM_SHA256" },
	{ "1.3", "TLS_AES_256_GCM_SHA384" },
	{ "1.3", "TLS_CHACHA20_POLY1305_SHA256" },
	{ "1.2", "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ "1.2", "ECDHE-RSA-AES128-GCM-SHA256" },
	{ "1.2", "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ "1.2", "ECDHE-RSA-AES256-GCM-SHA384" },
	{ "1.2", "ECDHE-ECDSA-CHACHA20-POLY1305" },
	{ "1.2", "ECDHE-RSA-CHACHA20-POLY1305" },
	{ "other", "other" },
};

size_t stats_suite(const char *name)
{
	size_t i = 0;

	while (i < SUITES - 1 && strcmp(stats_suites[i].name, name) != 0)
		i++;
	return i;
}

static uint64_t mix(uint64_t h, const char *text)
{
	while (*text)
		h = (h ^ (uint8_t)*text++) * 0x100000001b3; /* FNV-1a */
	return h;
}

uint64_t stats_layout(void)
{
	uint64_t h = sizeof(struct relay_memory);

	for (int i = 0; i < REASONS; i++)
		h = mix(h, reason_row((enum reason)i)->id);
	for (int i = 0; i < CAUSES; i++)
		h = mix(h, cause_row((enum cause)i)->id);
	for (size_t i = 0; i < SUITES; i++)
		h = mix(h, stats_suites[i].name);
	return h & INT64_MAX; /* it travels as JSON */
}

void stats_time(struct stats *s, enum duration what, uint64_t us)
{
	struct histogram *h = &s->duration[what];
	size_t i = 0;

	while (i < DURATION_BOUNDS && us > stats_bounds[what][i])
		i++;
	stats_add(&h->n[i], 1);
	stats_add(&h->us, us);
}

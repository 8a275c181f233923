/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session ticket keys (RFC 5077 4, RFC 8446 4.6.1): made by the parent, the same in every relay, so
 * that a client may come back to any of them; renewed by time, the one before still opening what it
 * sealed.
 */
#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

#include <stdint.h>

#define TICKET_LIFE 28800 /* seconds: keys are renewed, and tickets expire, after 8 hours */

struct ticket_key {
	uint8_t name[16];
	uint8_t aes[32];
	uint8_t hmac[32];
};

struct ticket_keys {
	struct ticket_key current; /* seals and opens */
	struct ticket_key before;  /* opens only */
};

#endif

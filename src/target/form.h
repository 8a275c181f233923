/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of a target: each takes a text apart that begins as that form does, and gives what it
 * found to target_read_option and its like. text is r->text or begins in it. -1: ERR_USER.
 */
#ifndef TARGET_FORM_H
#define TARGET_FORM_H

#include "target/read.h"

/* scheme://user:password@host:port/database?name=value&… (RFC 3986), with "jdbc:" or without. */
int target_url(struct target_reading *r, struct err *e);

/* user:password@tcp(host:port)/database?name=value&… */
int target_dsn(struct target_reading *r, struct err *e);

/* Whether it looks like one. */
int target_dsn_like(struct span text);

/* A line for a POSIX shell. */
int target_command(struct target_reading *r, struct err *e);

/* Whether its first word is a client's program. */
int target_command_like(struct span text);

/* The settings as they stand in a program: host="…", port=4000, ssl={"ca": "…"}. */
int target_code(struct target_reading *r, struct err *e);

/* Whether a host stands there so. */
int target_code_like(struct span text);

/* dynamodb:REGION, dynamodb-streams:REGION. */
int target_service(struct target_reading *r, struct err *e);

/*
 * Sets service and region of a host that is known, and the port and protocol where the text says
 * none.
 */
void target_service_host(struct target_reading *r);

#endif

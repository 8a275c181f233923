/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of systems (systems.h), SDKs (sdks.h) and browsers (browsers.h): who of them trusts
 * the CAs that Amazon's endpoints are signed by. What AWS's guide says and what is so today are
 * kept apart, each with its source; what neither says is said to be unsaid. No I/O.
 */
#ifndef KNOW_KNOW_H
#define KNOW_KNOW_H

/* "Troubleshooting SSL/TLS connection establishment issues in DynamoDB": the guide. */
#define KNOW_GUIDE "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ats-certs.html"

/* Where two sources have one date: Mozilla's list as Node.js took it over, with the four roots. */
#define KNOW_MOZILLA "https://github.com/nodejs/node/commit/db585c9b4d (April 2017)"

enum know_trusts {
	KNOW_YES,
	KNOW_WITH_UPDATE, /* with the update that is named, and not without */
	KNOW_NO,
	KNOW_SYSTEM, /* an SDK that takes the operating system's: as that does */
	KNOW_UNSAID
};

/* "yes", "with-update", "no", "system", "unsaid": for programs. */
const char *know_trusts_name(enum know_trusts t);

/* N_(): the same for people. */
const char *know_trusts_words(enum know_trusts t);

#endif

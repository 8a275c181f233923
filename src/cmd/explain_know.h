/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls explain --system`, `--sdk`, `--browser`: what is known of them (D9, D10, D12). */
#ifndef CMD_EXPLAIN_KNOW_H
#define CMD_EXPLAIN_KNOW_H

enum { EXPLAIN_OPEN = 3 }; /* it depends on what was not said, or nobody says */

/* Each tells what is known and returns the exit code; name "list": all rows. */
int explain_know_system(const char *name); /* "this": this machine's */
int explain_know_sdk(const char *name);
int explain_know_browser(const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What trust stores say, as it is told. */
#ifndef DOCTOR_STORES_SHOW_H
#define DOCTOR_STORES_SHOW_H

#include "doctor/stores.h"

#include <jansson.h>
#include <stdio.h>

/* STORES_FEW: how many, and which differ; STORES_ALL: each of them, by what it says. */
void stores_show_text(FILE *to, const struct stores *s);

/* An array, an object each; docs/check.md names the members. */
json_t *stores_show_json(const struct stores *s);

/* Where each of Amazon's roots stands in the programmes that browsers and systems go by. */
json_t *stores_show_roots(void);

#endif

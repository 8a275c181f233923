/* SPDX-License-Identifier: Apache-2.0 */
/* The variables and counters that the lab's MySQL names, as a server of today has them. */
#ifndef LAB_VARIABLES_H
#define LAB_VARIABLES_H

#include "lab/query.h"

enum variable_kind { VARIABLE_TEXT, VARIABLE_NUMBER, VARIABLE_SWITCH /* 1 and 0, or ON and OFF */ };

#define VARIABLES_ROOM 64

/* The tables end in a row whose name is NULL. */
struct variable {
	const char *name;
	enum variable_kind kind;
	const char *value; /* as SELECT has it; NULL: what of() says, in room or elsewhere */
	const char *(*of)(const struct query_session *s, char room[VARIABLES_ROOM]);
};
extern const struct variable variables_all[], variables_status[];

/* The variable of that name, with its scope ("session.") or without; NULL: there is none. */
const struct variable *variables_find(struct span name);

/* Its value, as SELECT has it. */
const char *variables_value(
    const struct variable *v, const struct query_session *s, char room[VARIABLES_ROOM]);

#endif

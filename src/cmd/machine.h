/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine is. */
#ifndef CMD_MACHINE_H
#define CMD_MACHINE_H

#include "know/remedy.h"

/* By its os-release; NULL: that is not there, or names none that is known. */
const struct remedy_who *machine_system(void);

#endif

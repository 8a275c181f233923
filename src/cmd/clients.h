/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_CLIENTS_H
#define CMD_CLIENTS_H

/* `dbtls status clients`: asks the door what is wrong with whom, and prints it. The exit status. */
int clients_status(void);

#endif

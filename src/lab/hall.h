/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepts connections on many listeners and gives each a thread of its own, up to HALL_SEATS at a
 * time: the others wait in the listeners' queues.
 */
#ifndef LAB_HALL_H
#define LAB_HALL_H

#include "base/err.h"

#define HALL_SEATS 1024

struct hall;

/* Runs in the connection's own thread. The hall closes fd when it returns. */
typedef void hall_visit(void *where, int fd);

/* Nobody is let in before hall_start. */
struct hall *hall_open(hall_visit *visit, struct err *e);

/* A listener, non-blocking, which stays the caller's; where is handed to its visits. */
int hall_add(struct hall *h, int listener, void *where, struct err *e);
int hall_start(struct hall *h, struct err *e);

/*
 * Takes NULL. Lets nobody in any more, shuts every connection down so that its visit comes to an
 * end, waits for all of them and frees the hall.
 */
void hall_close(struct hall *h);

#endif

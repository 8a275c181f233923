/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the parent share. One per process. */
#ifndef PARENT_STATE_H
#define PARENT_STATE_H

#include "base/buf.h"
#include "base/span.h"
#include "conf/access.h"
#include "conf/serve.h"
#include "conf/state.h"
#include "engine/engine.h"
#include "engine/users.h"
#include "front/relay.h"
#include "front/stats.h"
#include "net/hostnames.h"
#include "net/loop.h"
#include "parent/parent.h"
#include "pki/chain.h"
#include "proc/channel.h"
#include "tls/tickets.h"

#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define RELAYS_MAX    128 /* with those that still drain */
#define CORES_MAX     32
#define LISTENERS_MAX 64
#define CONNECTIONS   1000 /* sessions that the engine takes, beside the logins under way */
#define LOGINS        128  /* logins under way in one relay, each with a connection to the engine */

/* A process that the parent started and starts again when it dies. */
struct child {
	pid_t pid; /* 0: not running */
	struct channel channel;
	struct watch watch;
	uint64_t started;  /* clock_us() */
	uint64_t again_at; /* when to start it again; 0: it runs */
	unsigned restarts;
	unsigned quick_deaths; /* in a row, soon after a start: the pause before the next grows */
};

struct relay_slot {
	struct child child;  /* first */
	struct stats *stats; /* shared with it; stays when it dies */
	int stats_fd;
	unsigned generation; /* the plan that it serves; an older one: it drains */
	uint32_t sites;      /* how many endpoints that plan has */
	int ready;
	unsigned unanswered;  /* messages it was sent and has not answered */
	uint64_t heard_at;    /* clock_us() of its last answer, or of the first of these messages */
	unsigned access_owed; /* of them, access lists */
	uint32_t own_access;  /* a bit for each endpoint: it has a list of its own */
	uint64_t certificate_due; /* when to send it the certificates again; 0: it has them */
};

struct listener {
	struct addr addr;
	int fd;
	uint32_t site; /* whose it is: the endpoint's number */
};

/* An endpoint as the parent keeps it; the relays know it by its number. */
struct site {
	const struct serve_endpoint *conf;
	struct tls_policy tls;
	int access_fd; /* its own access list, packed, sealed; -1: the one for all */
	size_t access_entries;
	int senders_fd; /* whose PROXY headers are believed, packed, sealed */
	struct upstream_config upstream[SERVE_UPSTREAMS];
	struct buf upstream_ca[SERVE_UPSTREAMS]; /* PEM; empty: no TLS to that database */
	char pem_file[STATE_PATH + 80];
	struct buf names; /* what the certificate must hold, each ending in NUL */
	struct buf pem;   /* the certificate in use: leaf, then CA */
	struct cert_facts leaf;
	uint64_t certificate_tried; /* clock_us() of the last try to renew */
	struct chain own; /* the operator's, if conf->certificate; pem, names, leaf are of it */
	int key_fd;       /* its key's file, for the key process to read again; -1: none */
	time_t own_said;  /* when the log last said that it ends soon */
	int clients_fd;   /* who is let in by certificate, sealed; -1: none is asked for one */
	time_t crl_until; /* when the list of what is revoked expires; 0: never */
	int crl_said;     /* that it has */
};

/*
 * What a configuration comes to. A reload makes the next one beside the one in force, and goes over
 * to it once relays stand that serve it.
 */
struct plan {
	struct serve serve;        /* what the file says, or `up` was told */
	uint64_t certificate_life; /* seconds */
	struct site site[SERVE_ENDPOINTS];
	size_t sites;
	struct listener listener[LISTENERS_MAX];
	size_t listeners;
	unsigned generation; /* of the relays that serve it */
	int handed_over;     /* it is no more than the listeners of the version before (handover.c),
				whose     relays serve them until a reload has gone over to a whole one
			      */
};

struct parent {
	const struct parent_options *options;
	struct state paths;
	struct loop loop;
	struct role_users users;
	int lock_fd, log_fd, signal_fd, control_fd;
	time_t since;
	int stopping;

	json_t *settings;  /* what was asked for, now or before; conf/up.h's texts are in it */
	struct plan *plan; /* the one in force; what follows is its */
	struct site *site;
	size_t sites;
	struct listener *listener;
	size_t listeners;

	struct child keys;
	struct buf spki; /* the leaf's public key, from the key process */
	struct relay_slot relay[RELAYS_MAX];
	unsigned relay_restarts;   /* of all relays that died before their time */
	size_t relays;             /* places that are or were in use: the first of relay[] */
	struct engine engine;      /* without a file; with one there is none */
	struct child engine_child; /* its life; the channel is not used */
	int engine_ready;

	struct hostnames host;
	struct cert_facts ca;

	struct ticket_keys tickets;
	uint64_t tickets_made;
	int access_fd;         /* the list for all that is in force, packed, sealed; -1: none yet */
	size_t access_entries; /* in it; "host" is one */
	int answering; /* a caller that waits for the relays' word on a new access list; -1: none */
	int access_refused;   /* a relay could not take the list that the caller waits for */
	unsigned generation;  /* the last one that was made */
	unsigned accepting;   /* the generation of relays that is to accept; 0: none any more */
	uint64_t drain_until; /* clock_us(): then it stops, whoever is left; 0: it does not drain */
	int key_changed;      /* the key process has another key than the certificate */
	int insist;           /* the reload that begins may put a worse certificate in force */
};

extern struct parent parent;

/* ---- roles.c: starting and watching ---------------------------------------------------------- */
int keys_start(struct err *e);

/* Starts the key process if none runs that is ours. */
int keys_ensure(struct err *e);

/* Starts relays for the plan in force, one a core. */
int relays_start(struct err *e);

/* Of the relays of that generation: whether all stand ready; has them accept; drain; ends them. */
int relays_are_ready(unsigned generation);
int relays_others_have_answered(unsigned generation); /* all that they were told */
void relays_accept(unsigned generation);
void relays_drain_others(unsigned generation);
void relays_kill_all(unsigned generation);

/* Has none accept any more; each ends with its last session, and none comes back. */
void relays_close(void);
size_t relays_running(void);
uint64_t relays_sessions(void); /* that are open */
int engine_begin(const char *root_hash, struct err *e);

/* How the database is to be started now. */
void engine_config_now(struct engine_config *c);

/* A relay of the version before: its channel, and its counters (-1: they can't be read). */
int relay_adopt(struct relay_slot *r, int channel, int stats, struct err *e);

/* Sends to every relay that runs; one that does not take it is killed, and comes back with it. */
void relays_tell(enum message_type type, const void *p, size_t n, int fd);
void relays_tell_access(void);
int relays_keep_own_access(void); /* some accept with lists of a plan that is not in force */
void relays_tell_certificate(const struct site *t);

/*
 * Kills a relay that hangs: it would go on with what is no longer in force, an access list say.
 * Call it when what the relays have answered was just heard.
 */
void relays_check(void);

/* Somebody's pid has ended: notes it, and when to start it again. */
void roles_reap(void);

/* Starts what is due again, asks the engine whether it answers. ms until it wants to be called. */
int roles_tend(void);

/* Ends all in order: relays, engine, keys. */
void roles_stop(void);

/* ---- certificate.c --------------------------------------------------------------------------- */
/* Takes the certificates of the state folder, or has them issued where they will not do. */
int certificate_get(struct err *e);

/* Renews them when their time is near, or when this host has new names. */
void certificate_tend(void);

/* Fills parent.host and every site's names anew; 1: an address or name has changed. */
int names_get(struct err *e);

/* The name by which clients on this network best reach a site, and its first port. */
const char *site_host(const struct site *t, char out[HOST_NAME_TEXT]);
unsigned site_port(const struct site *t);

/* The file of the CA that clients need for a site's certificate; its path from the root. */
const char *site_ca(const struct site *t, char out[PATH_MAX]);

/* Has the CA issue a client's certificate for that key; appends its PEM, and says what it is. */
struct client_request {
	struct span spki; /* DER */
	const char *name;
	uint64_t seconds;
};
int certificate_client(
    const struct client_request *r, struct buf *pem, struct cert_facts *f, struct err *e);

/* ---- own.c: certificates of the operator's own ----------------------------------------------- */
/*
 * Reads the site's certificate, and hands its key to the key process. -1, and the one in force
 * stays: it will not do, the key is another's, or it is worse than the one of the plan before.
 */
int own_get(struct site *t, struct err *e);

/* The key process was started: hands it all keys that are in use, from the files opened before. */
int own_keys_again(struct err *e);

/* For an upgrade: the open files of the keys in use, and how many; one that was handed over. */
size_t own_key_files(int out[SERVE_ENDPOINTS]);
void own_adopt(int fd);

/* Has keys forgotten that no plan uses any more; says in the log what ends soon. */
void own_tend(void);

/* ---- clients.c ------------------------------------------------------------------------------- */
/* Reads whom the endpoints let in by certificate; the CA's own file must be there. */
int clients_get(struct err *e);

/* Says so in the log when a list of what is revoked expires. */
void clients_tend(void);
int clients_crl_expired(const struct site *t);

/* ---- admit.c: the access lists --------------------------------------------------------------- */
/* Reads them, the one for all and the endpoints' own, packs them and tells the relays. */
int access_publish(struct err *e);

/* Packs what its `proxy-from` lines say, for the relays. */
int senders_get(struct site *t, struct err *e);

/* ---- answer.c: the control socket ------------------------------------------------------------ */
int answer_listen(struct err *e);

/* Goes on with the socket of the version before, and what those who ask must show. */
int answer_go_on(const char *token, struct err *e);
const char *answer_token(void);

/* A relay has answered on the access list, or has died: answers the caller once none is owed. */
void answer_access(void);

/* ---- whom.c ---------------------------------------------------------------------------------- */
/* The answer to "clients": what is wrong with whom, of all relays there have been. */
json_t *whom_json(const json_t *request);

/* ---- settings.c ------------------------------------------------------------------------------ */
/* A plan from serve's file, or from what `up` is told, now or before. NULL: that is wrong. */
struct plan *settings_plan(struct err *e);

/* Binds the plan's listeners; those that are old's as well (NULL: none are) are taken over. */
int settings_listen(struct plan *p, const struct plan *old, struct err *e);

/* Closes them, for good: relays that have them too must have been told. */
void listeners_close(void);

/* From now on the plan is the one in force. */
void plan_enter(struct plan *p);

/* Frees it; its listeners are closed but for those that are heir's as well. */
void plan_free(struct plan *p, const struct plan *heir);

/* ---- reload.c -------------------------------------------------------------------------------- */
/*
 * Begins to go over to what serve's file says now: makes the plan, and starts relays for it. fd:
 * whoever asked, to be answered when it is decided; -1: nobody. -1: nothing has changed.
 */
int reload_begin(int fd, struct err *e);

/* Looks how far it is: goes over, or back. */
void reload_tend(void);
int reload_is_under_way(void);

/* The plan that is being left, while a reload is under way; else NULL. */
const struct plan *reload_before(void);

/* Answers whoever asked, and closes; why: NULL, or what went wrong. fd -1: nobody did. */
void reload_answer(int fd, const char *why);

/* If one is under way and not decided, goes back, and says why to whoever asked for it. */
void reload_give_up(const char *why);

/* A relay of the new plan could not start: why, in n bytes. */
void reload_failed(const char *why, size_t n);

/* Whether relays of that generation are to be there: the plan in force, or the one to go back to.
 */
int plan_is_alive(unsigned generation);

/* ---- handover.c ------------------------------------------------------------------------------ */
/*
 * Becomes another program, dbtlsd of another version, with all that runs. asked: whoever is to hear
 * how it went. Returns only if it can't: -1, and nothing has changed.
 */
int handover_begin(const char *program, int asked, struct err *e);

/* In the new program: takes what the one before left in the memory file. */
int handover_take(int fd, struct err *e);

/* The same, for trying: reads it and what the configuration says, and changes nothing. */
int handover_try(int fd, struct err *e);

/* Goes over to relays of this version, and tries again if that failed. */
void handover_tend(void);

/* ---- drain.c --------------------------------------------------------------------------------- */
/*
 * Accepts no more from now on, and stops with the last session, at the latest in so many seconds;
 * when it drains already, this is its new time. fd: whoever asked, to be answered when it stops.
 * -1: nothing has changed.
 */
int drain_begin(int fd, uint64_t seconds, struct err *e);

/* Looks whether the time has come. */
void drain_tend(void);
uint64_t drain_seconds_left(void);

/* The door stops, drained or not: tells those who wait for it how many sessions are left. */
void drain_answer(void);

/* ---- upstream.c ------------------------------------------------------------------------------ */
/* Finds out where the databases are: names are resolved once, at start. */
int upstreams_get(struct err *e);

/* Whether a database answered the relay that tried it last. */
int upstream_answers(size_t site, size_t upstream);

/* ---- banner.c -------------------------------------------------------------------------------- */
void banner_progress(const char *what);
/* Prints that all is ready; hands over root's first password (NULL: it has one). */
int banner_ready(const char *password, struct err *e);

#endif

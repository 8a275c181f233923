/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which operating systems, and which versions of Java, trust the CAs that Amazon's endpoints are
 * signed by (D12). A system is a row of `systems`, what is known of its versions a row of
 * `releases`, a name that stands for a version a row of `codes`, all in systems.c.
 */
#ifndef KNOW_SYSTEMS_H
#define KNOW_SYSTEMS_H

#include "base/err.h"
#include "know/know.h"
#include "know/words.h"

/* How its versions are told. */
enum systems_counts {
	SYSTEMS_NUMBERS,
	SYSTEMS_NAMES, /* "XP": the numbers are for comparing alone */
	SYSTEMS_JAVA   /* "5 update 2" */
};

struct systems_system {
	const char *name;   /* "Debian" */
	const char *called; /* what else it is called, ", " between */
	enum systems_counts counts;
	const char *store;  /* N_(): where it keeps its CAs, and whose list that is; "" */
	const char *add;    /* N_(): how a CA is added */
	const char *source; /* of store */
};

/* What has changed since the guide was written, or is so besides. */
struct systems_today {
	const char *text; /* N_() */
	const char *source;
};

struct systems_release {
	const char *system;
	const char *from, *to; /* versions, both included; "": no end on that side */
	enum know_trusts trusts;
	const char *since; /* "2005-01"; "" */
	/* What the guide names of these, ", " between; "later": and all later ones; "all". "": the
	 * guide does not name them. */
	const char *cited;
	const char *sentence;              /* N_(): why */
	const struct systems_today *today; /* or NULL */
	const char *root;                  /* as in trust/roots.h, where that is known; "" */
	const char *source;
};

struct systems_code {
	const char *system;
	const char *name, *version;
};

struct systems_answer {
	const struct systems_system *system;
	const struct systems_release *release;
	char version[64]; /* as it is called: "XP", "12"; "": none was given */
	enum know_trusts trusts;
	const char
	    *needs; /* the version from which it does, if the one given may be older; or "" */
};

/*
 * From a name as people and programs write it: "RHEL 5", "jammy", the contents of /etc/os-release,
 * the first line of `java -version`. -1: no system of that name is known; the sentence has the
 * nearest.
 */
int systems_find(const char *text, struct systems_answer *out, struct err *e);

/* A version of a row of that system's, as people call it: "Vista". */
const char *systems_version(const char *system, const char *version);

/* The n-th row of each table; NULL: there are no more. */
const struct systems_system *systems_at(size_t n);
const struct systems_release *systems_release_at(size_t n);

#endif

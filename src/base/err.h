/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One error: what went wrong, as a sentence for a person.
 *
 * A function that can fail takes a struct err * as its last argument, returns 0 or -1 (or a
 * pointer or NULL), and fills the error where the fault is found. A caller may put a few words in
 * front (err_prefix), never replace the sentence.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_kind {
	ERR_NONE,
	ERR_SYS,  /* a system call failed; sys holds errno */
	ERR_TLS,  /* OpenSSL refused; ssl holds its code */
	ERR_USER, /* what a person wrote is wrong; the text says what to write */
	ERR_PEER, /* the other end broke its protocol */
	ERR_LOCAL /* dbtls or its files are not in the state this needs */
};

struct err {
	enum err_kind kind;
	int sys; /* ERR_SYS: errno; of a name: getaddrinfo's code (net/resolve.h) */
	unsigned long ssl;
	char
	    text[1000]; /* UTF-8, in whole letters; with a number in front it is a message (proc) */
};

/* Fills *e from a format; returns -1, so that `return err_set(...)` is the whole failure. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set with ERR_SYS, and appends ": " and the text of errno. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts words in front of the sentence already there: "WORDS: SENTENCE". Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

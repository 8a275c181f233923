/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/password.h"

#include "base/i18n.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define CHECK_MIN     8
#define CHECK_MAX     64
#define CHECK_CLASSES 3

/* Letters and digits first, so that a prefix of the alphabet is what may stand at the ends. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
#define EVERYWHERE (sizeof alphabet - 1)
#define AT_ENDS    (EVERYWHERE - 3)

/*
 * Half of all draws lack one of the classes, so a sound source needs two attempts on average and
 * fails 256 with a chance of 2^-256. One that always says the same must not hang the start.
 */
#define ATTEMPTS 256

/* Random bytes, fetched a handful at a time. */
struct draw {
	random_bytes *rnd;
	uint8_t pool[64];
	size_t left;
};

enum { UPPER = 1, LOWER = 2, DIGIT = 4, SPECIAL = 8, ALL_CLASSES = 15 };

static int class_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return UPPER;
	if (c >= 'a' && c <= 'z')
		return LOWER;
	return c >= '0' && c <= '9' ? DIGIT : SPECIAL;
}

int password_random(void *p, size_t n)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

/* One of the first n letters of the alphabet, each as likely: what is past n is drawn again. */
static int draw_letter(struct draw *d, size_t n, char *out)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		uint8_t v;

		if (d->left == 0 && d->rnd(d->pool, sizeof d->pool) < 0)
			return -1;
		if (d->left == 0)
			d->left = sizeof d->pool;
		v = d->pool[sizeof d->pool - d->left--] & 0x7f;
		if (v < n) {
			*out = alphabet[v];
			return 0;
		}
	}
	return -1;
}

/* Draws all letters; the classes that came up, or -1. */
static int draw_all(struct draw *d, char out[PASSWORD_LENGTH])
{
	int classes = 0;

	for (size_t i = 0; i < PASSWORD_LENGTH; i++) {
		int end = i == 0 || i == PASSWORD_LENGTH - 1;

		if (draw_letter(d, end ? AT_ENDS : EVERYWHERE, &out[i]) < 0)
			return -1;
		classes |= class_of(out[i]);
	}
	return classes;
}

int password_generate(char out[PASSWORD_LENGTH + 1], random_bytes *rnd, struct err *e)
{
	struct draw d = { .rnd = rnd };
	int classes = 0;

	/* The whole draw is thrown away when a class lacks: mending it would favour some strings.
	 */
	for (int i = 0; i < ATTEMPTS && classes >= 0 && classes != ALL_CLASSES; i++)
		classes = draw_all(&d, out);
	out[PASSWORD_LENGTH] = '\0';
	explicit_bzero(&d, sizeof d);
	if (classes == ALL_CLASSES)
		return 0;
	explicit_bzero(out, PASSWORD_LENGTH + 1);
	return err_set(e, ERR_LOCAL, _("can't make a password: the system gives no random bytes"));
}

int password_check(const char *text, struct err *e)
{
	size_t n = strlen(text);
	int classes = 0;

	if (n < CHECK_MIN || n > CHECK_MAX)
		return err_set(e, ERR_USER,
		    _("a password has %d to %d characters; this one has %zu"), CHECK_MIN, CHECK_MAX,
		    n);
	for (size_t i = 0; i < n; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return err_set(e, ERR_USER,
			    _("character %zu of the password is not printable ASCII; use letters, "
			      "digits and signs that are"),
			    i + 1);
		classes |= class_of(text[i]);
	}
	if (__builtin_popcount((unsigned)classes) < CHECK_CLASSES)
		return err_set(e, ERR_USER,
		    _("a password needs three of these four: upper case, lower case, digits, "
		      "other characters"));
	return 0;
}

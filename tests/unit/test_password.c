/* SPDX-License-Identifier: Apache-2.0 */
/* T4: "Auto-generate" makes a 16-character root password of four classes. */
#include "engine/password.h"

#include "tap.h"

#include <ctype.h>
#include <stdlib.h>

#define PASSWORDS 20000

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
enum { CLASSES = 4, LETTERS = 65 };
static const int class_size[CLASSES] = { 26, 26, 10, 3 };

static int class_of(char c)
{
	if (isalnum((unsigned char)c))
		return isupper((unsigned char)c) ? 0 : islower((unsigned char)c) ? 1 : 2;
	return 3;
}

static int classes_in(const char *s)
{
	int classes = 0;

	for (; *s; s++)
		classes |= 1 << class_of(*s);
	return classes;
}

/* ---- sources of randomness: the same in every run -------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static int from_seed(void *p, size_t n)
{
	uint8_t *at = p;

	for (size_t i = 0; i < n; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		at[i] = (uint8_t)(z ^ z >> 31);
	}
	return 0;
}

static int failing(void *p, size_t n)
{
	(void)p;
	(void)n;
	return -1;
}

static int stuck_at;
static int stuck(void *p, size_t n)
{
	memset(p, stuck_at, n);
	return 0;
}

/* A fixed good draw ("Aa0-" again and again), but for one byte. */
static size_t odd_place;
static uint8_t odd_byte;
static int nearly_fixed(void *p, size_t n)
{
	static const uint8_t good[4] = { 0, 26, 52, 62 };
	uint8_t *at = p;

	for (size_t i = 0; i < n; i++)
		at[i] = good[i % 4];
	at[15] = 0;
	at[odd_place] = odd_byte;
	return 0;
}

/* ---- what every password is ------------------------------------------------------------------ */

static void test_form(random_bytes *rnd, const char *name)
{
	int length = 0, foreign = 0, ends = 0, all = 0, accepted = 0, made = 0;
	struct err e;

	for (int i = 0; i < PASSWORDS; i++) {
		char p[PASSWORD_LENGTH + 1];

		made += password_generate(p, rnd, &e) == 0;
		length += strlen(p) == 16;
		foreign += strspn(p, letters) != strlen(p);
		ends += isalnum((unsigned char)p[0]) && isalnum((unsigned char)p[15]);
		all += classes_in(p) == 15;
		accepted += password_check(p, &e) == 0;
	}
	is_int(made, PASSWORDS, "T4: %s: %d passwords", name, PASSWORDS);
	is_int(length, PASSWORDS, "T4: each of 16 characters");
	is_int(foreign, 0, "T4: of A-Z, a-z, 0-9 and -._ alone");
	is_int(ends, PASSWORDS, "T4: first and last a letter or digit");
	is_int(all, PASSWORDS, "T4: with all four classes");
	is_int(accepted, PASSWORDS, "each is one that a person may set");
}

/* ---- uniformity ------------------------------------------------------------------------------ */

static double power(double v, int n)
{
	return n == 0 ? 1 : v * power(v, n - 1);
}

/*
 * How many strings (as a share of all that fit the places) have every class but `given`, which a
 * place that is at an end (or not) holds already: inclusion and exclusion over what is missing.
 */
static double strings(int given, int given_at_end)
{
	double sum = 0;

	for (int missing = 0; missing < 1 << CLASSES; missing++) {
		int out_middle = 0, out_end = 0;
		double v;

		if (given >= 0 && missing >> given & 1)
			continue;
		for (int c = 0; c < CLASSES; c++) {
			out_middle += missing >> c & 1 ? class_size[c] : 0;
			out_end += missing >> c & 1 && c != 3 ? class_size[c] : 0;
		}
		v = power((65.0 - out_middle) / 65, given >= 0 && !given_at_end ? 13 : 14) *
		    power((62.0 - out_end) / 62, given >= 0 && given_at_end ? 1 : 2);
		sum += __builtin_popcount((unsigned)missing) % 2 ? -v : v;
	}
	return sum;
}

/* Exact chance of a letter of class c at a place, among all valid passwords. */
static double chance(int c, int at_end)
{
	if (at_end && c == 3)
		return 0;
	return strings(c, at_end) / (at_end ? 62 : 65) / strings(-1, 0);
}

/* Chi-square over all letters at all places; *cells: how many were summed. */
static double chi_square(random_bytes *rnd, int *cells)
{
	static int seen[PASSWORD_LENGTH][LETTERS];
	double sum = 0;
	struct err e;

	memset(seen, 0, sizeof seen);
	for (int i = 0; i < PASSWORDS; i++) {
		char p[PASSWORD_LENGTH + 1];

		if (password_generate(p, rnd, &e) < 0)
			return -1;
		for (int k = 0; k < PASSWORD_LENGTH; k++)
			seen[k][strchr(letters, p[k]) - letters]++;
	}
	*cells = 0;
	for (int k = 0; k < PASSWORD_LENGTH; k++)
		for (int l = 0; l < LETTERS; l++) {
			double want = PASSWORDS * chance(class_of(letters[l]),
						      k == 0 || k == PASSWORD_LENGTH - 1);

			if (want == 0)
				continue;
			sum += (seen[k][l] - want) * (seen[k][l] - want) / want;
			(*cells)++;
		}
	return sum;
}

static void test_chi_square(void)
{
	double sum = 0, whole = 0;
	int cells = 0;

	for (int l = 0; l < LETTERS; l++)
		whole += chance(class_of(letters[l]), 0);
	ok(whole > 1 - 1e-12 && whole < 1 + 1e-12,
	    "the chances of the letters at one place add up to 1");
	sum = chi_square(from_seed, &cells);
	is_int(cells, 14 * 65 + 2 * 62, "every letter at every place is counted");
	/* Some 1000 degrees of freedom: the deviation is 45, and six of them are left. */
	ok(sum > 0 && sum < cells + 6 * 45, "T4: letters as often as they should be");
	printf("# chi-square %.0f over %d cells\n", sum, cells);
}

/* Every letter comes from as many values of a byte as every other: no modulo bias. */
static void test_no_bias(size_t place, int allowed, char otherwise)
{
	int from[256] = { 0 }, least = 256, most = 0;
	struct err e;

	odd_place = place;
	for (int b = 0; b < 256; b++) {
		char p[PASSWORD_LENGTH + 1];

		odd_byte = (uint8_t)b;
		if (password_generate(p, nearly_fixed, &e) == 0)
			from[(unsigned char)p[place]]++;
	}
	for (int l = 0; l < allowed; l++) {
		if (letters[l] == otherwise)
			continue; /* what stands there when the odd byte is passed over */
		least = from[(unsigned char)letters[l]] < least ? from[(unsigned char)letters[l]]
								: least;
		most =
		    from[(unsigned char)letters[l]] > most ? from[(unsigned char)letters[l]] : most;
	}
	ok(least > 0 && least == most, "T4: place %zu: each letter from as many bytes (%d to %d)",
	    place, least, most);
}

/* ---- what can go wrong ----------------------------------------------------------------------- */

static void test_bad_sources(void)
{
	char p[PASSWORD_LENGTH + 1] = "untouched";
	struct err e = { 0 };
	int refused = 0;

	is_int(password_generate(p, failing, &e), -1, "no random bytes: no password");
	is_str(p, "", "and nothing is left in its place");
	ok(strstr(e.text, "random"), "the sentence says why: %s", e.text);
	for (stuck_at = 0; stuck_at < 256; stuck_at++)
		refused += password_generate(p, stuck, &e) < 0;
	is_int(refused, 256, "a source that says the same for ever is given up on");
}

static void test_check(void)
{
	static const struct {
		const char *text;
		int rc;
		const char *says;
	} rows[] = {
		{ "Abcdef12", 0, "" },
		{ "abcdef1-", 0, "" },
		{ "ABCDEF1 ", 0, "" },
		{ "Abc'\"\\`;", 0, "" },
		{ "Abcde12", -1, "8 to 64" },
		{ "", -1, "8 to 64" },
		{ "Aa1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, "" },
		{ "Aa1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1,
		    "has 65" },
		{ "abcdefgh", -1, "three" },
		{ "abcdefg1", -1, "three" },
		{ "ABCDefgh", -1, "three" },
		{ "Abcdef1\n", -1, "character 8" },
		{ "Abcdef1\x7f", -1, "character 8" },
		{ "A\xc3\xa4"
		  "bcdef1",
		    -1, "character 2" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err e = { 0 };

		is_int(
		    password_check(rows[i].text, &e), rows[i].rc, "password %zu of the table", i);
		ok(strstr(e.text, rows[i].says), "and its sentence: %s", e.text);
		ok(strlen(rows[i].text) == 0 || !strstr(e.text, rows[i].text),
		    "which does not repeat the password");
	}
}

int main(void)
{
	char a[PASSWORD_LENGTH + 1] = "", b[PASSWORD_LENGTH + 1] = "";
	struct err e;

	test_form(from_seed, "from a seed");
	test_form(password_random, "from the kernel");
	ok(password_generate(a, password_random, &e) == 0 &&
		password_generate(b, password_random, &e) == 0 && strcmp(a, b) != 0,
	    "two are not the same");
	test_chi_square();
	test_no_bias(0, 62, 'a');
	test_no_bias(1, 65, '0');
	test_no_bias(15, 62, 'A');
	test_bad_sources();
	test_check();
	return tap_done();
}

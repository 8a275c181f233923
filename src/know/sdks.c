/* SPDX-License-Identifier: Apache-2.0 */
#include "know/sdks.h"

#include "base/i18n.h"
#include "know/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- the SDKs -------------------------------------------------------------------------------- */

#define OF_SYSTEM                                                                                  \
	N_("see to the operating system's store: dbtls explain --system this; dbtls trust audit")
#define OF_PYTHON                                                                                  \
	N_("upgrade it (pip install --upgrade boto3 awscli certifi); or name a bundle that "       \
	   "has the CA: AWS_CA_BUNDLE=FILE, or ca_bundle = FILE in ~/.aws/config")

static const struct sdks_sdk sdks[] = {
	{ "Python", "boto, botocore, boto2",
	    N_("the package certifi's bundle if that can be imported, else "
	       "botocore/cacert.pem: two answers on one machine"),
	    "botocore 1.43.11, httpsession.py", "boto3", OF_PYTHON },
	{ "boto3", "",
	    N_("the package certifi's bundle if that can be imported, else "
	       "botocore/cacert.pem: two answers on one machine"),
	    "botocore 1.43.11, httpsession.py", "boto3", OF_PYTHON },
	{ "AWS CLI", "awscli, cli, aws command line interface, command line interface",
	    N_("version 1: as boto3, certifi's bundle or botocore/cacert.pem; version 2: a copy of "
	       "its own, awscli/botocore/cacert.pem"),
	    "botocore 1.43.11, httpsession.py", "AWS CLI, boto3", OF_PYTHON },
	{ ".NET", "dotnet, c#, csharp",
	    N_("on Windows the system's store; on Linux OpenSSL's file and folder, which "
	       "SSL_CERT_FILE "
	       "and SSL_CERT_DIR change"),
	    "https://learn.microsoft.com/dotnet/standard/security/cross-platform-cryptography",
	    "OpenSSL", OF_SYSTEM },
	{ "Java", "kotlin, jvm",
	    N_("the guide counts it to the operating system; it is the JVM's own file cacerts, "
	       "unless -Djavax.net.ssl.trustStore names another"),
	    "https://openjdk.org/jeps/319", "Java",
	    N_("see to the JVM's store: dbtls explain --system 'Java VERSION'; dbtls trust add "
	       "amazon-root-ca-1 --java") },
	{ "PHP", "",
	    N_("what openssl.cafile in php.ini names, else the bundle that PHP was compiled with"),
	    "https://docs.aws.amazon.com/sdk-for-php/v3/developer-guide/faq.html", "OpenSSL, curl",
	    OF_SYSTEM },
	{ "Go", "golang",
	    N_("on Linux the first of the system's bundles that is there, which SSL_CERT_FILE and "
	       "SSL_CERT_DIR change; tls.Config.RootCAs takes its place; on macOS and Windows the "
	       "system's"),
	    "Go 1.19, crypto/x509/root_linux.go", "Go", OF_SYSTEM },
	{ "JavaScript", "js, node, nodejs, typescript",
	    N_("the guide counts it to the operating system; in Node.js it is the list built into "
	       "node, to which NODE_EXTRA_CA_CERTS adds a file; in a browser the browser's (dbtls "
	       "explain --browser NAME)"),
	    "https://docs.aws.amazon.com/sdk-for-javascript/v2/developer-guide/"
	    "node-registering-certs.html",
	    "Node", N_("upgrade Node.js; or export NODE_EXTRA_CA_CERTS=FILE with the CA in it") },
	{ "C++", "cpp, c ++",
	    N_("the operating system's: on Linux what curl, or s2n-tls, finds there; "
	       "ClientConfiguration's caFile and caPath name another"),
	    "https://docs.aws.amazon.com/sdk-for-cpp/latest/api/", "curl, OpenSSL", OF_SYSTEM },
	{ "Ruby", "",
	    N_("OpenSSL's file and folder, although a bundle comes along: that one is used after "
	       "Aws.use_bundled_cert!, another by ssl_ca_bundle"),
	    "https://github.com/aws/aws-sdk-core-ruby/issues/166", "Ruby",
	    N_("upgrade it (gem update aws-sdk-core) and call Aws.use_bundled_cert!; or see to the "
	       "operating system's store: dbtls explain --system this") },
	{ "Rust", "",
	    N_("the operating system's, by rustls-native-certs, unless the HTTP client is given a "
	       "TrustStore of its own"),
	    "https://docs.rs/aws-smithy-http-client, tls::TrustStore", "OpenSSL", OF_SYSTEM },
	{ 0 },
};

/* ---- what is known of their releases --------------------------------------------------------- */

#define TOO_OLD    N_("AWS's guide: releases of October 29, 2013 and before must be upgraded")
#define NEW_ENOUGH N_("AWS's guide: releases after October 29, 2013 support Amazon Trust Services")
#define NO_BUNDLE                                                                                  \
	N_("AWS's guide: it bundles no certificates, and takes those of the operating system")
#define RUBY_HAS N_("AWS's guide: since June 10, 2015 at least one CA that is needed comes along")

/* In order; the first that fits counts. */
static const struct sdks_release releases[] = {
	{ "Python", "", "", "2013-10-29", KNOW_NO, "2013-10-29", TOO_OLD, KNOW_GUIDE },
	{ "Python", "", "2013-10-30", "", KNOW_YES, "", NEW_ENOUGH, KNOW_GUIDE },
	{ "boto3", "", "", "", KNOW_YES, "",
	    N_("AWS's guide wants releases of Python's SDK after October 29, 2013, and all of "
	       "boto3 are later: 1.1.0 is of July 2015"),
	    "https://libraries.io/pypi/boto3/versions" },
	{ "AWS CLI", "2", "", "", KNOW_YES, "",
	    N_("AWS's guide wants releases after October 29, 2013, and all of version 2 are later"),
	    KNOW_GUIDE "; https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration.html" },
	{ "AWS CLI", "", "", "2013-10-29", KNOW_NO, "2013-10-29", TOO_OLD, KNOW_GUIDE },
	{ "AWS CLI", "", "2013-10-30", "", KNOW_YES, "", NEW_ENOUGH, KNOW_GUIDE },
	{ ".NET", "", "", "", KNOW_SYSTEM, "none", NO_BUNDLE, KNOW_GUIDE },
	{ "Java", "", "", "", KNOW_SYSTEM, "none", NO_BUNDLE, KNOW_GUIDE },
	{ "PHP", "", "", "", KNOW_SYSTEM, "none", NO_BUNDLE, KNOW_GUIDE },
	{ "Go", "", "", "", KNOW_SYSTEM, "none", NO_BUNDLE, KNOW_GUIDE },
	{ "JavaScript", "", "", "", KNOW_SYSTEM, "none", NO_BUNDLE, KNOW_GUIDE },
	{ "C++", "", "", "", KNOW_SYSTEM, "none", NO_BUNDLE, KNOW_GUIDE },
	{ "Ruby", "3", "", "", KNOW_YES, "",
	    N_("AWS's guide: since June 10, 2015 at least one CA that is needed comes along, and "
	       "all of version 3 is later"),
	    KNOW_GUIDE
	    "; "
	    "https://aws.amazon.com/blogs/developer/aws-sdk-for-ruby-modularization-version-3-2/" },
	{ "Ruby", "", "2015-06-10", "", KNOW_YES, "2015-06-10", RUBY_HAS, KNOW_GUIDE },
	{ "Ruby", "2", "", "2015-06-09", KNOW_SYSTEM, "none",
	    N_("AWS's guide: before June 10, 2015 version 2 bundled no certificates; what it "
	       "trusts is "
	       "the operating system's"),
	    KNOW_GUIDE },
	{ "Ruby", "", "", "2015-06-09", KNOW_UNSAID, "",
	    N_("AWS's guide: before June 10, 2015 version 2 bundled no certificates; of "
	       "version 1 it says nothing"),
	    KNOW_GUIDE },
	{ "Rust", "", "", "", KNOW_UNSAID, "",
	    N_("AWS's guide does not name it; it takes the certificates of the operating system"),
	    KNOW_GUIDE },
	{ 0 },
};

const struct sdks_sdk *sdks_at(size_t n)
{
	return n < sizeof sdks / sizeof *sdks - 1 ? &sdks[n] : NULL;
}

const struct sdks_release *sdks_release_at(size_t n)
{
	return n < sizeof releases / sizeof *releases - 1 ? &releases[n] : NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

static size_t named(const struct sdks_sdk *s, const char *text)
{
	size_t n = know_words_begin(text, s->name), other = know_words_begin(text, s->called);

	return n > other ? n : other;
}

/* The first name in the text; of those that begin there the longest. Returns what is behind it. */
static const char *find_sdk(const char *text, const struct sdks_sdk **found)
{
	const char *rest = text;

	for (*found = NULL; *text && !*found; text = know_words_next(text)) {
		size_t best = 0;

		for (size_t i = 0; sdks[i].name; i++) {
			size_t n = named(&sdks[i], text);

			if (n <= best)
				continue;
			best = n;
			*found = &sdks[i];
			rest = text + n + (text[n] == ' ');
		}
	}
	return rest;
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/*
 * "2014", "2014-06", "2014-06-10" at the beginning of text, as the days between; returns its
 * length, 0 if it is none.
 */
static size_t read_date(const char *text, char first[SDKS_DATE], char last[SDKS_DATE])
{
	size_t n = 4;

	if (digits(text) != 4 || (strncmp(text, "20", 2) != 0 && strncmp(text, "19", 2) != 0))
		return 0;
	while (n < 10 && text[n] == '-' && digits(text + n + 1) == 2)
		n += 3;
	(void)snprintf(first, SDKS_DATE, "%.*s%s", (int)n, text, &"-01-01"[n - 4]);
	(void)snprintf(last, SDKS_DATE, "%.*s%s", (int)n, text, &"-12-31"[n - 4]);
	return n;
}

/* Takes the date out of text: what is left has a blank in its place. */
static void take_date(char *text, struct sdks_answer *out)
{
	for (char *at = text; *at; at++) {
		size_t n = at > text && isdigit((unsigned char)at[-1])
			       ? 0
			       : read_date(at, out->first, out->last);

		if (n == 0)
			continue;
		memset(at, ' ', n);
		return;
	}
}

/* "v 2", "version 1.2", "2 14": the first number. */
static void take_version(const char *text, struct sdks_answer *out)
{
	while (*text && !isdigit((unsigned char)*text))
		text = know_words_next(text);
	(void)snprintf(
	    out->version, sizeof out->version, "%.*s", (int)know_words_length(text), text);
}

static int unknown(const char *text, struct err *e)
{
	struct know_near near = know_near_to(text);

	for (size_t i = 0; sdks[i].name; i++) {
		know_near_try(&near, text, sdks[i].name, sdks[i].name);
		know_near_try(&near, text, sdks[i].name, sdks[i].called);
	}
	if (!near.name)
		return err_set(e, ERR_USER,
		    _("no SDK is known as \"%.80s\"; dbtls explain --sdk list has all"), text);
	return err_set(e, ERR_USER,
	    _("no SDK is known as \"%.80s\"; did you mean %s? dbtls explain --sdk list has all"),
	    text, near.name);
}

/* ---- what is known of it --------------------------------------------------------------------- */

static int is_major(const char *major, const char *version)
{
	size_t n = strlen(major);

	return n == 0 || (strncmp(version, major, n) == 0 && (version[n] == '.' || !version[n]));
}

/* Whether all days on which it may have been released are the row's. */
static int holds(const struct sdks_release *r, const struct sdks_answer *a)
{
	if (*r->from && (!*a->first || strcmp(a->first, r->from) < 0))
		return 0;
	return !*r->to || (*a->last && strcmp(a->last, r->to) <= 0);
}

static void answer(struct sdks_answer *out)
{
	const struct sdks_release *later = NULL;

	for (const struct sdks_release *r = releases; r->sdk; r++) {
		if (strcmp(r->sdk, out->sdk->name) != 0 || !is_major(r->major, out->version))
			continue;
		if (holds(r, out)) {
			out->release = r;
			out->trusts = r->trusts;
			return;
		}
		if (!later || r->trusts == KNOW_YES)
			later = r;
	}
	if (!later) /* of every SDK there is a row for all releases, or one that does */
		return;
	out->release = later;
	out->trusts = KNOW_WITH_UPDATE;
	out->needs = later->from;
}

int sdks_find(const char *text, struct sdks_answer *out, struct err *e)
{
	char plain[KNOW_TEXT], folded[KNOW_TEXT];
	const char *rest;

	*out = (struct sdks_answer) { .needs = "" };
	(void)snprintf(plain, sizeof plain, "%s", text);
	take_date(plain, out);
	know_words_fold(folded, plain);
	rest = find_sdk(folded, &out->sdk);
	if (!out->sdk)
		return unknown(folded, e);
	take_version(rest, out);
	answer(out);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "know/systems.h"

#include "base/i18n.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- the systems ----------------------------------------------------------------------------- */

#define DEBIAN_ADD                                                                                 \
	N_("dbtls trust add amazon-root-ca-1; where dbtls does not run, put the file into "        \
	   "/usr/local/share/ca-certificates, its name ending in .crt, and run "                   \
	   "update-ca-certificates")
#define RHEL_ADD                                                                                   \
	N_("dbtls trust add amazon-root-ca-1; where dbtls does not run, put the file into "        \
	   "/etc/pki/ca-trust/source/anchors and run update-ca-trust extract; up to version 5 "    \
	   "append it to /etc/pki/tls/certs/ca-bundle.crt")
#define SUSE_ADD                                                                                   \
	N_("dbtls trust add amazon-root-ca-1; where dbtls does not run, put the file into "        \
	   "/etc/pki/trust/anchors and run update-ca-certificates")
#define OF_MOZILLA                                                                                 \
	N_("/etc/pki/tls/certs/ca-bundle.crt of the package ca-certificates: Mozilla's list")
#define AS_RHEL N_("/etc/pki/tls/certs/ca-bundle.crt of the package ca-certificates: RHEL's list")
#define OF_SUSE N_("/etc/ssl/ca-bundle.pem of the package ca-certificates-mozilla: Mozilla's list")

#define NUMBERS SYSTEMS_NUMBERS
#define NAMES   SYSTEMS_NAMES
#define JAVA    SYSTEMS_JAVA

static const struct systems_system systems[] = {
	{ "Windows", "microsoft windows, windows nt, win", NAMES,
	    N_("the system's own store, filled by Windows Update from Microsoft's programme"),
	    N_("as administrator: certutil -addstore -f ROOT amazon-root-ca-1.pem"),
	    "dbtls trust add --commands windows; certutil of Windows" },
	{ "macOS", "mac os x, mac os, macosx, os x, osx, mac", NUMBERS,
	    N_("the keychain System Roots, filled by updates of the system from Apple's programme"),
	    N_("sudo security add-trusted-cert -d -r trustRoot -k "
	       "/Library/Keychains/System.keychain amazon-root-ca-1.pem"),
	    "https://support.apple.com/en-us/103272" },
	{ "Red Hat Enterprise Linux", "rhel, red hat, redhat", NUMBERS, OF_MOZILLA, RHEL_ADD,
	    "update-ca-trust(8)" },
	{ "CentOS", "centos linux, centos stream", NUMBERS, AS_RHEL, RHEL_ADD,
	    "update-ca-trust(8)" },
	{ "Ubuntu", "ubuntu linux, kubuntu, xubuntu", NUMBERS,
	    N_("/etc/ssl/certs/ca-certificates.crt of the package ca-certificates: Debian's"),
	    DEBIAN_ADD, "update-ca-certificates(8)" },
	{ "Debian", "debian gnu linux, debian linux", NUMBERS,
	    N_("/etc/ssl/certs/ca-certificates.crt of the package ca-certificates: Mozilla's list"),
	    DEBIAN_ADD, "update-ca-certificates(8)" },
	{ "Amazon Linux", "amazon linux ami, amzn, al, amazonlinux", NUMBERS,
	    N_("/etc/pki/tls/certs/ca-bundle.crt of the package ca-certificates"), RHEL_ADD,
	    "update-ca-trust(8)" },
	{ "Java", "openjdk, jdk, jre, java se, jvm, oracle jdk, temurin, corretto", JAVA,
	    N_("its own file cacerts, lib/security/cacerts (up to 8 jre/lib/security/cacerts), "
	       "unless -Djavax.net.ssl.trustStore names another; not the operating system's, "
	       "if the distribution does not make one of the other"),
	    N_("dbtls trust add amazon-root-ca-1 --java; where dbtls does not run, keytool "
	       "-importcert "
	       "-alias amazon-root-ca-1 -file amazon-root-ca-1.pem -keystore cacerts"),
	    "https://openjdk.org/jeps/319" },
	{ "Rocky Linux", "rocky", NUMBERS, AS_RHEL, RHEL_ADD, "update-ca-trust(8)" },
	{ "AlmaLinux", "alma linux, alma", NUMBERS, AS_RHEL, RHEL_ADD, "update-ca-trust(8)" },
	{ "Oracle Linux", "oracle linux server, oraclelinux, ol", NUMBERS, AS_RHEL, RHEL_ADD,
	    "update-ca-trust(8)" },
	{ "Fedora", "fedora linux, fedora core", NUMBERS, OF_MOZILLA, RHEL_ADD,
	    "update-ca-trust(8)" },
	{ "SUSE Linux Enterprise", "suse linux enterprise server, sles, suse", NUMBERS, OF_SUSE,
	    SUSE_ADD, "update-ca-certificates(8)" },
	{ "openSUSE", "opensuse leap, opensuse tumbleweed, leap", NUMBERS, OF_SUSE, SUSE_ADD,
	    "update-ca-certificates(8)" },
	{ "Alpine", "alpine linux", NUMBERS,
	    N_("/etc/ssl/certs/ca-certificates.crt of the package ca-certificates-bundle: "
	       "Mozilla's "
	       "list; images made from scratch have none at all"),
	    N_("dbtls trust add amazon-root-ca-1; or apk add ca-certificates, put the file into "
	       "/usr/local/share/ca-certificates, its name ending in .crt, and run "
	       "update-ca-certificates"),
	    "update-ca-certificates(8)" },
	{ "Arch Linux", "arch, archlinux, manjaro", NUMBERS,
	    N_("/etc/ca-certificates/extracted of the package ca-certificates-mozilla: Mozilla's "
	       "list"),
	    N_("dbtls trust add amazon-root-ca-1; or trust anchor amazon-root-ca-1.pem"),
	    "trust(1)" },
	{ "Android", "", NUMBERS, N_("the system's list, which comes with the system alone"),
	    N_("update the system; what an app trusts besides is the app's own to say"),
	    "https://www.digicert.com/blog/official-list-trusted-root-certificates-android" },
	{ "iOS", "ipados, iphone os, iphone, ipad", NUMBERS,
	    N_("the system's list, which comes with updates of the system: from iOS 12 on it "
	       "is that of macOS"),
	    N_("update the system"), "https://support.apple.com/en-us/103272" },
	{ 0 },
};

/* ---- what is known of their versions --------------------------------------------------------- */

#define NAMED N_("AWS's guide names it among the systems that support Amazon Trust Services")
#define AND_LATER                                                                                  \
	N_("AWS's guide names it, or an earlier version with all that came later, among the "      \
	   "systems that support Amazon Trust Services")

#define HAS_FOUR                                                                                   \
	N_("the guide does not name it; its list is Mozilla's, which had Amazon Root CA 1 to 4 "   \
	   "before this version came out")
#define OF_RHEL                                                                                    \
	N_("the guide does not name it; it is built from RHEL's packages, ca-certificates among "  \
	   "them, and RHEL of this version is named")
#define OF_RHEL_8                                                                                  \
	N_("the guide does not name it; it is built from RHEL's packages, and their list of CAs "  \
	   "is Mozilla's, which had Amazon Root CA 1 to 4 before this version came out")
#define SINCE_THEN                                                                                 \
	N_("the guide names an earlier version alone; the list has been Mozilla's all along, "     \
	   "which kept the CA that made it so until April 2025, and took in Amazon's own in 2017")
#define UNSAID  N_("the guide does not name it, and nothing else at hand says when it had them")
#define C2      "starfield-class-2"
#define R1      "amazon-root-ca-1"
#define MOZILLA KNOW_MOZILLA
#define REMOVED "https://wiki.mozilla.org/CA/Root_CA_Lifecycles; " KNOW_MOZILLA
#define SHIPS   "ca-certificates 20230311, read 2026-11"
#define COPIES  "testssl.sh's copies of the stores, 2026-06"

/* The roots' own dates are those of trust/roots.c. */
static const struct systems_today old = {
	N_("As it came it can have Starfield Class 2 alone: the other roots were made in 2009 and "
	   "2015. Since August 2024 AWS sends no certificate that leads there, so it needs a newer "
	   "list of CAs, or Amazon Root CA 1. AWS also wants TLS 1.2 since June 2023: dbtls check "
	   "dynamodb:REGION from there, or openssl s_client, shows whether it has that"),
	"https://aws.amazon.com/blogs/security/"
	"acm-will-no-longer-cross-sign-certificates-with-starfield-class-2-starting-august-2024; "
	"https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/"
};
static const struct systems_today follows = {
	N_("Its list is Mozilla's, which has Amazon Root CA 1 to 4 since April 2017 at the latest: "
	   "with a list of that time or later it trusts what AWS serves today"),
	MOZILLA
};
static const struct systems_today openjdk = {
	N_("That is of Oracle's builds: OpenJDK's own had an empty list before version 10 (JEP "
	   "319), and distributions gave them theirs. What is in this one: dbtls trust audit"),
	"https://openjdk.org/jeps/319"
};
static const struct systems_today oracle = {
	N_("Oracle's list had Amazon's roots and Starfield Class 2 in June 2026; Debian's Java 17 "
	   "has Debian's. What is in this one: dbtls trust audit"),
	COPIES
};
static const struct systems_today apple = {
	N_("Apple's list of June 2026 has Amazon Root CA 1 to 4 and Starfield Class 2 (dbtls trust "
	   "roots amazon)"),
	COPIES
};

/*
 * In order. Of those that a version is in the first counts; one that is in none is the next
 * before's.
 */
static const struct systems_release releases[] = {
	{ "Windows", "", "5.2", KNOW_WITH_UPDATE, "2005-01", "Windows",
	    N_("with the updates of January 2005 or later"), &old, C2, KNOW_GUIDE },
	{ "Windows", "6.0", "6.0", KNOW_YES, "", "Windows Vista, Windows Server 2008", NAMED, &old,
	    C2, KNOW_GUIDE },
	{ "Windows", "6.1", "", KNOW_YES, "", "Windows 7, later", AND_LATER, NULL, "", KNOW_GUIDE },

	{ "macOS", "", "10.3", KNOW_NO, "", "", N_("the guide's list begins with Mac OS X 10.4"),
	    NULL, "", KNOW_GUIDE },
	{ "macOS", "10.4", "10.4", KNOW_WITH_UPDATE, "", "10.4",
	    N_("with Java for Mac OS X 10.4, Release 5"), &old, C2, KNOW_GUIDE },
	{ "macOS", "10.5", "10.6", KNOW_YES, "", "10.5", AND_LATER, &old, C2, KNOW_GUIDE },
	{ "macOS", "10.7", "", KNOW_YES, "", "later", AND_LATER, NULL, "", KNOW_GUIDE },

	{ "Red Hat Enterprise Linux", "", "4", KNOW_NO, "", "",
	    N_("the guide's list begins with version 5 (March 2007)"), NULL, "", KNOW_GUIDE },
	{ "Red Hat Enterprise Linux", "5", "5", KNOW_YES, "2007-03", "5", NAMED, &old, C2,
	    KNOW_GUIDE },
	{ "Red Hat Enterprise Linux", "6", "7", KNOW_YES, "", "6, 7", NAMED, &follows, "",
	    KNOW_GUIDE },
	{ "Red Hat Enterprise Linux", "8", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },

	{ "CentOS", "", "4", KNOW_NO, "", "", N_("the guide's list begins with version 5"), NULL,
	    "", KNOW_GUIDE },
	{ "CentOS", "5", "5", KNOW_YES, "", "5", NAMED, &old, C2, KNOW_GUIDE },
	{ "CentOS", "6", "7", KNOW_YES, "", "6, 7", NAMED, &follows, "", KNOW_GUIDE },
	{ "CentOS", "8", "", KNOW_YES, "", "", OF_RHEL_8, NULL, R1, MOZILLA },

	{ "Ubuntu", "", "8.09", KNOW_NO, "", "", N_("the guide's list begins with Ubuntu 8.10"),
	    NULL, "", KNOW_GUIDE },
	{ "Ubuntu", "8.10", "8.10", KNOW_YES, "", "8.10", NAMED, &old, C2, KNOW_GUIDE },
	{ "Ubuntu", "9", "17", KNOW_YES, "", "", SINCE_THEN, &follows, "", REMOVED },
	{ "Ubuntu", "18", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },

	{ "Debian", "", "4", KNOW_NO, "", "", N_("the guide's list begins with Debian 5.0"), NULL,
	    "", KNOW_GUIDE },
	{ "Debian", "5", "5", KNOW_YES, "", "5.0", NAMED, &old, C2, KNOW_GUIDE },
	{ "Debian", "6", "9", KNOW_YES, "", "", SINCE_THEN, &follows, "", REMOVED },
	{ "Debian", "10", "11", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },
	{ "Debian", "12", "12", KNOW_YES, "", "",
	    N_("the guide names 5.0 alone; the package ca-certificates of Debian 12 has all six "
	       "roots"),
	    NULL, R1, SHIPS },
	{ "Debian", "13", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },

	{ "Amazon Linux", "", "", KNOW_YES, "", "all", N_("AWS's guide names all versions of it"),
	    NULL, "", KNOW_GUIDE },

	{ "Java", "", "1.4.2_11", KNOW_NO, "", "", N_("the guide's list begins with Java 1.4.2_12"),
	    NULL, "", KNOW_GUIDE },
	{ "Java", "1.4.2_12", "1.4", KNOW_YES, "", "1.4.2_12", NAMED, &old, C2, KNOW_GUIDE },
	{ "Java", "5 update 0", "5 update 1", KNOW_NO, "", "",
	    N_("the guide's list has Java 5 from update 2 on"), NULL, "", KNOW_GUIDE },
	{ "Java", "5 update 2", "5", KNOW_YES, "", "5 update 2", NAMED, &old, C2, KNOW_GUIDE },
	{ "Java", "6", "8", KNOW_YES, "", "6, 7, 8", NAMED, &openjdk, "", KNOW_GUIDE },
	{ "Java", "9", "", KNOW_YES, "", "later", AND_LATER, &oracle, "", KNOW_GUIDE },

	{ "Rocky Linux", "", "", KNOW_YES, "", "", OF_RHEL_8, NULL, R1, MOZILLA },
	{ "AlmaLinux", "", "", KNOW_YES, "", "", OF_RHEL_8, NULL, R1, MOZILLA },
	{ "Oracle Linux", "", "4", KNOW_UNSAID, "", "", UNSAID, NULL, "", KNOW_GUIDE },
	{ "Oracle Linux", "5", "5", KNOW_YES, "", "", OF_RHEL, &old, C2, KNOW_GUIDE },
	{ "Oracle Linux", "6", "7", KNOW_YES, "", "", OF_RHEL, &follows, "", KNOW_GUIDE },
	{ "Oracle Linux", "8", "", KNOW_YES, "", "", OF_RHEL_8, NULL, R1, MOZILLA },
	{ "Fedora", "", "26", KNOW_UNSAID, "", "", UNSAID, &follows, "", KNOW_GUIDE },
	{ "Fedora", "27", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },
	{ "SUSE Linux Enterprise", "", "14", KNOW_UNSAID, "", "", UNSAID, &follows, "",
	    KNOW_GUIDE },
	{ "SUSE Linux Enterprise", "15", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },
	{ "openSUSE", "42", "42", KNOW_UNSAID, "", "", UNSAID, &follows, "", KNOW_GUIDE },
	{ "openSUSE", "", "14", KNOW_UNSAID, "", "", UNSAID, &follows, "", KNOW_GUIDE },
	{ "openSUSE", "15", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },
	{ "Alpine", "", "3.6", KNOW_UNSAID, "", "", UNSAID, &follows, "", KNOW_GUIDE },
	{ "Alpine", "3.7", "", KNOW_YES, "", "", HAS_FOUR, NULL, R1, MOZILLA },
	{ "Arch Linux", "", "", KNOW_WITH_UPDATE, "2017-04", "",
	    N_("the guide does not name it; with the package ca-certificates-mozilla of April 2017 "
	       "or later"),
	    NULL, R1, MOZILLA },
	{ "Android", "", "7", KNOW_UNSAID, "", "", UNSAID, NULL, "", KNOW_GUIDE },
	{ "Android", "8", "", KNOW_YES, "2017-08", "",
	    N_("the guide does not name it; Android 8.0 took in Amazon Root CA 1 to 4"), NULL, R1,
	    "https://www.thesslstore.com/blog/"
	    "changes-trusted-root-certificates-android-8-0-oreo/" },
	{ "iOS", "", "", KNOW_UNSAID, "", "", UNSAID, &apple, "", KNOW_GUIDE },
	{ 0 },
};

/* ---- names that stand for versions ----------------------------------------------------------- */

static const struct systems_code codes[] = {
	{ "Windows", "95", "4.0" },
	{ "Windows", "98", "4.10" },
	{ "Windows", "ME", "4.90" },
	{ "Windows", "2000", "5.0" },
	{ "Windows", "XP", "5.1" },
	{ "Windows", "Server 2003", "5.2" },
	{ "Windows", "2003", "5.2" },
	{ "Windows", "Vista", "6.0" },
	{ "Windows", "Server 2008", "6.0" },
	{ "Windows", "2008", "6.0" },
	{ "Windows", "7", "6.1" },
	{ "Windows", "Server 2008 R2", "6.1" },
	{ "Windows", "2008 R2", "6.1" },
	{ "Windows", "8", "6.2" },
	{ "Windows", "Server 2012", "6.2" },
	{ "Windows", "8.1", "6.3" },
	{ "Windows", "Server 2012 R2", "6.3" },
	{ "Windows", "10", "10.0" },
	{ "Windows", "11", "10.0.22000" },
	{ "Windows", "Server 2016", "10.0.14393" },
	{ "Windows", "Server 2019", "10.0.17763" },
	{ "Windows", "Server 2022", "10.0.20348" },
	{ "Windows", "Server 2025", "10.0.26100" },

	{ "macOS", "Cheetah", "10.0" },
	{ "macOS", "Puma", "10.1" },
	{ "macOS", "Jaguar", "10.2" },
	{ "macOS", "Panther", "10.3" },
	{ "macOS", "Tiger", "10.4" },
	{ "macOS", "Leopard", "10.5" },
	{ "macOS", "Snow Leopard", "10.6" },
	{ "macOS", "Lion", "10.7" },
	{ "macOS", "Mountain Lion", "10.8" },
	{ "macOS", "Mavericks", "10.9" },
	{ "macOS", "Yosemite", "10.10" },
	{ "macOS", "El Capitan", "10.11" },
	{ "macOS", "Sierra", "10.12" },
	{ "macOS", "High Sierra", "10.13" },
	{ "macOS", "Mojave", "10.14" },
	{ "macOS", "Catalina", "10.15" },
	{ "macOS", "Big Sur", "11" },
	{ "macOS", "Monterey", "12" },
	{ "macOS", "Ventura", "13" },
	{ "macOS", "Sonoma", "14" },
	{ "macOS", "Sequoia", "15" },
	{ "macOS", "Tahoe", "26" },

	{ "Debian", "sarge", "3.1" },
	{ "Debian", "etch", "4" },
	{ "Debian", "lenny", "5.0" },
	{ "Debian", "squeeze", "6" },
	{ "Debian", "wheezy", "7" },
	{ "Debian", "jessie", "8" },
	{ "Debian", "stretch", "9" },
	{ "Debian", "buster", "10" },
	{ "Debian", "bullseye", "11" },
	{ "Debian", "bookworm", "12" },
	{ "Debian", "trixie", "13" },
	{ "Debian", "forky", "14" },

	{ "Ubuntu", "dapper", "6.06" },
	{ "Ubuntu", "edgy", "6.10" },
	{ "Ubuntu", "feisty", "7.04" },
	{ "Ubuntu", "gutsy", "7.10" },
	{ "Ubuntu", "hardy", "8.04" },
	{ "Ubuntu", "intrepid", "8.10" },
	{ "Ubuntu", "jaunty", "9.04" },
	{ "Ubuntu", "karmic", "9.10" },
	{ "Ubuntu", "lucid", "10.04" },
	{ "Ubuntu", "precise", "12.04" },
	{ "Ubuntu", "trusty", "14.04" },
	{ "Ubuntu", "xenial", "16.04" },
	{ "Ubuntu", "bionic", "18.04" },
	{ "Ubuntu", "focal", "20.04" },
	{ "Ubuntu", "jammy", "22.04" },
	{ "Ubuntu", "noble", "24.04" },
	{ 0 },
};

const struct systems_system *systems_at(size_t n)
{
	return n < sizeof systems / sizeof *systems - 1 ? &systems[n] : NULL;
}

const struct systems_release *systems_release_at(size_t n)
{
	return n < sizeof releases / sizeof *releases - 1 ? &releases[n] : NULL;
}

/* ---- whose name it is ------------------------------------------------------------------------ */

/* A text under way. */
struct reading {
	const struct systems_system *system;
	const char *rest; /* behind its name */
	struct know_version version;
	char *shown; /* of the answer */
	size_t size;
};

/* os-release(5) has the name for people in one line of many. */
static void take_pretty(char out[KNOW_TEXT], const char *text)
{
	const char *line = strstr(text, "PRETTY_NAME=");

	if (line)
		text = line + strlen("PRETTY_NAME=");
	(void)snprintf(out, KNOW_TEXT, "%.*s", (int)strcspn(text, "\n"), text);
}

static size_t named(const struct systems_system *s, const char *text)
{
	size_t n = know_words_begin(text, s->name), other = know_words_begin(text, s->called);

	return n > other ? n : other;
}

/* The first name in the text; of those that begin there the longest. */
static void find_system(struct reading *r, const char *text)
{
	for (; *text && !r->system; text = know_words_next(text)) {
		size_t best = 0;

		for (size_t i = 0; systems[i].name; i++) {
			size_t n = named(&systems[i], text);

			if (n <= best)
				continue;
			best = n;
			r->system = &systems[i];
			r->rest = text + n + (text[n] == ' ');
		}
	}
}

static const struct systems_system *system_of(const char *name)
{
	for (size_t i = 0; systems[i].name; i++)
		if (strcmp(systems[i].name, name) == 0)
			return &systems[i];
	return NULL;
}

/* The code that the text begins with, of that system or of any; the longest. */
static const struct systems_code *code_at(const char *text, const struct systems_system *s)
{
	const struct systems_code *found = NULL;
	size_t best = 0;

	for (const struct systems_code *c = codes; c->system; c++) {
		size_t n =
		    s && strcmp(s->name, c->system) != 0 ? 0 : know_words_begin(text, c->name);

		if (n <= best)
			continue;
		best = n;
		found = c;
	}
	return found;
}

const char *systems_version(const char *system, const char *version)
{
	if (system_of(system)->counts != NAMES)
		return version;
	for (const struct systems_code *c = codes; c->system; c++)
		if (strcmp(c->system, system) == 0 && strcmp(c->version, version) == 0)
			return c->name;
	return version;
}

static void show(struct reading *r, const char *words, size_t n)
{
	(void)snprintf(r->shown, r->size, "%.*s", (int)n, words);
}

/* "1.8.0.181" and "8 u 181", as Java's own pages write it. */
static void show_java(struct reading *r)
{
	const struct know_version *v = &r->version;

	if (v->part[0] == 1 && v->n > 3)
		(void)snprintf(r->shown, r->size, "%u.%u.%u_%02u", v->part[0], v->part[1],
		    v->part[2], v->part[3]);
	else if (v->part[0] >= 5 && v->part[0] <= 8 && v->n > 2)
		(void)snprintf(r->shown, r->size, "%u update %u", v->part[0], v->part[2]);
	else if (v->part[0] >= 5 && v->part[0] <= 8)
		(void)snprintf(r->shown, r->size, "%u", v->part[0]);
}

static void take_code(struct reading *r, const struct systems_code *c)
{
	char folded[KNOW_TEXT];

	know_words_fold(folded, c->version);
	know_version_read(&r->version, folded, 0);
	if (!r->system)
		r->system = system_of(c->system);
	show(r, r->system->counts == NAMES ? c->name : c->version, KNOW_TEXT);
}

/* The first word that is a version or stands for one. */
static void find_version(struct reading *r, const char *text)
{
	for (; *text && r->version.n == 0; text = know_words_next(text)) {
		const struct systems_code *c = code_at(text, r->system);

		if (c) {
			take_code(r, c);
			return;
		}
		know_version_read(&r->version, text, r->system->counts == JAVA);
		if (r->version.n > 0)
			show(r, text, know_words_length(text));
	}
	if (r->system->counts == JAVA && r->version.n > 0)
		show_java(r);
}

/* "jammy", "Leopard", without the system's name. */
static void find_code(struct reading *r, const char *text)
{
	const struct systems_code *c = isdigit((unsigned char)*text) ? NULL : code_at(text, NULL);

	if (c)
		take_code(r, c);
}

static int unknown(const char *text, struct err *e)
{
	struct know_near near = know_near_to(text);

	for (size_t i = 0; systems[i].name; i++) {
		know_near_try(&near, text, systems[i].name, systems[i].name);
		know_near_try(&near, text, systems[i].name, systems[i].called);
	}
	if (!near.name)
		return err_set(e, ERR_USER,
		    _("no system is known as \"%.80s\"; dbtls explain --system list has all"),
		    text);
	return err_set(e, ERR_USER,
	    _("no system is known as \"%.80s\"; did you mean %s? dbtls explain --system list has "
	      "all"),
	    text, near.name);
}

/* ---- what is known of it --------------------------------------------------------------------- */

static void bound(struct know_version *v, const char *text, const struct systems_system *s)
{
	char folded[KNOW_TEXT];

	know_words_fold(folded, text);
	know_version_read(v, folded, s->counts == JAVA);
}

static int begins(const struct systems_release *r, const struct reading *of)
{
	struct know_version from;

	bound(&from, r->from, of->system);
	return from.n == 0 || know_version_compare(&of->version, &from) >= 0;
}

static int ends(const struct systems_release *r, const struct reading *of)
{
	struct know_version to;

	bound(&to, r->to, of->system);
	return to.n > 0 && know_version_within(&of->version, &to) > 0;
}

/* Whether the version given is none, or may be one before r as well. */
static int open_before(const struct systems_release *r, const struct reading *of)
{
	struct know_version from;

	bound(&from, r->from, of->system);
	if (from.n == 0)
		return 0;
	return of->version.n == 0 || know_version_open(&of->version, &from);
}

static void answer(const struct reading *r, struct systems_answer *out)
{
	int within = 0;

	for (const struct systems_release *one = releases; one->system; one++) {
		if (strcmp(one->system, r->system->name) != 0)
			continue;
		if (one->trusts == KNOW_YES && open_before(one, r)) {
			out->release = one;
			out->trusts = KNOW_WITH_UPDATE;
			out->needs = systems_version(one->system, one->from);
			return;
		}
		if (within || !begins(one, r))
			continue;
		out->release = one;
		out->trusts = one->trusts;
		within = !ends(one, r);
	}
}

int systems_find(const char *text, struct systems_answer *out, struct err *e)
{
	char pretty[KNOW_TEXT], folded[KNOW_TEXT];
	struct reading r = { .shown = out->version, .size = sizeof out->version };

	*out = (struct systems_answer) { .needs = "" };
	take_pretty(pretty, text);
	know_words_fold(folded, pretty);
	find_system(&r, folded);
	if (r.system)
		find_version(&r, r.rest);
	else
		find_code(&r, folded);
	if (!r.system)
		return unknown(folded, e);
	out->system = r.system;
	answer(&r, out);
	return 0;
}

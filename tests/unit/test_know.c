/* SPDX-License-Identifier: Apache-2.0 */
/* D9 D10 D12: names and versions as people write them, and that every row is reached and sound. */
#include "know/browsers.h"
#include "know/sdks.h"
#include "know/systems.h"
#include "tap.h"
#include "trust/roots.h"

#include <stdlib.h>

/* ---- systems --------------------------------------------------------------------------------- */

static const struct {
	const char *text, *name, *version;
	enum know_trusts trusts;
	const char *needs;
} names[] = {
	{ "RHEL 5", "Red Hat Enterprise Linux", "5", KNOW_YES, "" },
	{ "rhel7", "Red Hat Enterprise Linux", "7", KNOW_YES, "" },
	{ "Red Hat Enterprise Linux Server release 7.9 (Maipo)", "Red Hat Enterprise Linux", "7.9",
	    KNOW_YES, "" },
	{ "Red Hat Enterprise Linux AS release 4 (Nahant Update 9)", "Red Hat Enterprise Linux",
	    "4", KNOW_NO, "" },
	{ "CentOS Linux release 7.9.2009 (Core)", "CentOS", "7.9.2009", KNOW_YES, "" },
	{ "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n", "Debian",
	    "12", KNOW_YES, "" },
	{ "NAME=\"Alpine Linux\"\nPRETTY_NAME=\"Alpine Linux v3.18\"\nID=alpine\n", "Alpine",
	    "3.18", KNOW_YES, "" },
	{ "debian etch", "Debian", "4", KNOW_NO, "" },
	{ "Debian 5.0.10", "Debian", "5.0.10", KNOW_YES, "" },
	{ "Ubuntu 22.04.4 LTS", "Ubuntu", "22.04.4", KNOW_YES, "" },
	{ "jammy", "Ubuntu", "22.04", KNOW_YES, "" },
	{ "Ubuntu 8.04", "Ubuntu", "8.04", KNOW_NO, "" },
	{ "ubuntu 8.9", "Ubuntu", "8.9", KNOW_NO, "" },
	{ "ubuntu 8.10", "Ubuntu", "8.10", KNOW_YES, "" },
	{ "Ubuntu 8", "Ubuntu", "8", KNOW_WITH_UPDATE, "8.10" },
	{ "Ubuntu", "Ubuntu", "", KNOW_WITH_UPDATE, "8.10" },
	{ "Amazon Linux AMI release 2018.03", "Amazon Linux", "2018.03", KNOW_YES, "" },
	{ "Amazon Linux", "Amazon Linux", "", KNOW_YES, "" },
	{ "al2023", "Amazon Linux", "2023", KNOW_YES, "" },
	{ "Windows XP Professional", "Windows", "XP", KNOW_WITH_UPDATE, "" },
	{ "Microsoft Windows [Version 5.2.3790]", "Windows", "5.2.3790", KNOW_WITH_UPDATE, "" },
	{ "Microsoft Windows [Version 10.0.19045.3803]", "Windows", "10.0.19045.3803", KNOW_YES,
	    "" },
	{ "win7", "Windows", "7", KNOW_YES, "" },
	{ "windows server 2008 r2 standard", "Windows", "Server 2008 R2", KNOW_YES, "" },
	{ "Windows Server Standard 2003", "Windows", "2003", KNOW_WITH_UPDATE, "" },
	{ "Windows 95", "Windows", "95", KNOW_WITH_UPDATE, "" },
	{ "Windows", "Windows", "", KNOW_WITH_UPDATE, "Vista" },
	{ "macOS 10.4.11", "macOS", "10.4.11", KNOW_WITH_UPDATE, "" },
	{ "Mac OS X 10.5", "macOS", "10.5", KNOW_YES, "" },
	{ "OS X Panther", "macOS", "10.3", KNOW_NO, "" },
	{ "El Capitan", "macOS", "10.11", KNOW_YES, "" },
	{ "macOS 26.1", "macOS", "26.1", KNOW_YES, "" },
	{ "Java 1.4.2_11", "Java", "1.4.2_11", KNOW_NO, "" },
	{ "Java 1.4.2_12", "Java", "1.4.2_12", KNOW_YES, "" },
	{ "java version \"1.4.2_09\"", "Java", "1.4.2_09", KNOW_NO, "" },
	{ "Java 1.4.2", "Java", "1.4.2", KNOW_WITH_UPDATE, "1.4.2_12" },
	{ "Java 5 update 1", "Java", "5 update 1", KNOW_NO, "" },
	{ "Java 5 update 2", "Java", "5 update 2", KNOW_YES, "" },
	{ "java version \"1.5.0_01\"", "Java", "5 update 1", KNOW_NO, "" },
	{ "1.5.0_10 of Java 1.5.0_02", "Java", "5 update 2", KNOW_YES, "" },
	{ "java 5u22", "Java", "5 update 22", KNOW_YES, "" },
	{ "Java 5", "Java", "5", KNOW_WITH_UPDATE, "5 update 2" },
	{ "jdk1.8.0_181", "Java", "8 update 181", KNOW_YES, "" },
	{ "openjdk version \"17.0.9\" 2023-10-17\nOpenJDK Runtime Environment", "Java", "17.0.9",
	    KNOW_YES, "" },
	{ "java-17-openjdk-amd64", "Java", "17", KNOW_YES, "" },
	{ "Oracle Linux Server 7.9", "Oracle Linux", "7.9", KNOW_YES, "" },
	{ "Rocky Linux 9.3 (Blue Onyx)", "Rocky Linux", "9.3", KNOW_YES, "" },
	{ "AlmaLinux 8", "AlmaLinux", "8", KNOW_YES, "" },
	{ "SLES 12 SP5", "SUSE Linux Enterprise", "12", KNOW_UNSAID, "" },
	{ "openSUSE Leap 42.3", "openSUSE", "42.3", KNOW_UNSAID, "" },
	{ "openSUSE Leap 15.5", "openSUSE", "15.5", KNOW_YES, "" },
	{ "Android 7.1", "Android", "7.1", KNOW_UNSAID, "" },
	{ "Android 8.0", "Android", "8.0", KNOW_YES, "" },
	{ "iPadOS 17", "iOS", "17", KNOW_UNSAID, "" },
};

static void test_names(void)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct systems_answer a;
		struct err e = { 0 };
		int rc = systems_find(names[i].text, &a, &e);

		ok(rc == 0 && strcmp(a.system->name, names[i].name) == 0, "%.50s is %s",
		    names[i].text, names[i].name);
		if (rc < 0)
			continue;
		is_str(a.version, names[i].version, "… its version");
		is_str(know_trusts_name(a.trusts), know_trusts_name(names[i].trusts), "… trusts");
		is_str(a.needs, names[i].needs, "… needs");
	}
}

static void test_unknown(void)
{
	struct systems_answer a;
	struct err e = { 0 };
	char text[2000];

	ok(systems_find("debain 12", &a, &e) < 0 && e.kind == ERR_USER && strstr(e.text, "Debian"),
	    "of an unknown system the nearest is named");
	ok(systems_find("Linux Mint 21", &a, &e) < 0 && !strstr(e.text, "did you mean"),
	    "and none where none is near");
	ok(systems_find("", &a, &e) < 0 && systems_find("7", &a, &e) < 0, "a number is no name");
	ok(systems_find("Javanese 8", &a, &e) < 0, "a name is a whole word");
	memset(text, 'x', sizeof text);
	memcpy(text, "Debian ", 7);
	text[sizeof text - 1] = '\0';
	ok(systems_find(text, &a, &e) == 0 && a.system && a.release, "what is too long is cut");
}

/* Each of its versions has an answer, from the row that it is in or from one before it. */
static void test_releases(void)
{
	const struct systems_system *s;
	const struct systems_release *r;
	struct systems_answer a;
	struct err e = { 0 };

	for (size_t i = 0; (s = systems_at(i)); i++) {
		static const char *const some[] = { "", " 0", " 1", " 5", " 7.10", " 42", " 2018" };
		size_t answered = 0;

		for (size_t v = 0; v < sizeof some / sizeof *some; v++) {
			char text[64];

			(void)snprintf(text, sizeof text, "%s%s", s->name, some[v]);
			answered += systems_find(text, &a, &e) == 0 && a.system == s && a.release;
		}
		ok(answered == sizeof some / sizeof *some, "%s: an answer for every version",
		    s->name);
		ok(*s->store && *s->add && *s->source, "… its store, its command, its source");
	}
	for (size_t i = 0; (r = systems_release_at(i)); i++) {
		char text[64];

		(void)snprintf(text, sizeof text, "%s %s%s", r->system,
		    r->from[0] && strcmp(r->system, "Windows") == 0 ? "NT " : "",
		    *r->from ? r->from : r->to);
		ok(systems_find(text, &a, &e) == 0 && strcmp(a.system->name, r->system) == 0,
		    "%s is a system", text);
		ok(a.release == r && a.trusts == r->trusts && !*a.needs, "… and finds its own row");
		ok(*r->sentence && *r->source, "… which says why, and who says so");
		ok(!*r->root || roots_named(r->root), "… with a root that ships");
		ok(!*r->cited || strcmp(r->source, KNOW_GUIDE) == 0,
		    "… and claims the guide's authority for itself alone");
	}
}

/* ---- SDKs ------------------------------------------------------------------------------------ */

static const struct {
	const char *text, *name, *version;
	enum know_trusts trusts;
	const char *needs;
} kits[] = {
	{ "ruby v2 2014", "Ruby", "2", KNOW_SYSTEM, "" },
	{ "ruby 2015-06-09", "Ruby", "", KNOW_UNSAID, "" },
	{ "ruby 2015-06-10", "Ruby", "", KNOW_YES, "" },
	{ "ruby v1 2014", "Ruby", "1", KNOW_UNSAID, "" },
	{ "ruby v2 2015-06-09", "Ruby", "2", KNOW_SYSTEM, "" },
	{ "ruby v2 2015-06", "Ruby", "2", KNOW_WITH_UPDATE, "2015-06-10" },
	{ "ruby 2015", "Ruby", "", KNOW_WITH_UPDATE, "2015-06-10" },
	{ "AWS SDK for Ruby, version 2", "Ruby", "2", KNOW_WITH_UPDATE, "2015-06-10" },
	{ "ruby v3", "Ruby", "3", KNOW_YES, "" },
	{ "boto3", "boto3", "", KNOW_YES, "" },
	{ "boto 2.38", "Python", "2.38", KNOW_WITH_UPDATE, "2013-10-30" },
	{ "python 2013-10-29", "Python", "", KNOW_NO, "" },
	{ "python 2013-10-30", "Python", "", KNOW_YES, "" },
	{ "Python 2012", "Python", "", KNOW_NO, "" },
	{ "aws-cli 1.2", "AWS CLI", "1.2", KNOW_WITH_UPDATE, "2013-10-30" },
	{ "aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64", "AWS CLI", "2.15.0", KNOW_YES, "" },
	{ "aws cli 2013-10-01", "AWS CLI", "", KNOW_NO, "" },
	{ ".NET", ".NET", "", KNOW_SYSTEM, "" },
	{ "AWS SDK for Java 2.x", "Java", "2", KNOW_SYSTEM, "" },
	{ "go", "Go", "", KNOW_SYSTEM, "" },
	{ "aws-sdk-php v3", "PHP", "3", KNOW_SYSTEM, "" },
	{ "AWS SDK for JavaScript v3", "JavaScript", "3", KNOW_SYSTEM, "" },
	{ "Node.js", "JavaScript", "", KNOW_SYSTEM, "" },
	{ "c++", "C++", "", KNOW_SYSTEM, "" },
	{ "rust", "Rust", "", KNOW_UNSAID, "" },
};

static void test_sdks(void)
{
	struct sdks_answer a;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof kits / sizeof *kits; i++) {
		int rc = sdks_find(kits[i].text, &a, &e);

		ok(rc == 0 && strcmp(a.sdk->name, kits[i].name) == 0, "%s is %s", kits[i].text,
		    kits[i].name);
		if (rc < 0)
			continue;
		is_str(a.version, kits[i].version, "… its version");
		is_str(know_trusts_name(a.trusts), know_trusts_name(kits[i].trusts), "… trusts");
		is_str(a.needs, kits[i].needs, "… needs");
	}
	ok(sdks_find("pyhton", &a, &e) < 0 && e.kind == ERR_USER && strstr(e.text, "Python"),
	    "of an unknown SDK the nearest is named");
}

static void test_sdk_rows(void)
{
	const struct sdks_release *r;
	const struct sdks_sdk *s;
	struct sdks_answer a;
	struct err e = { 0 };

	for (size_t i = 0; (s = sdks_at(i)); i++) {
		char text[64];

		(void)snprintf(text, sizeof text, "%s 9", s->name);
		ok(sdks_find(text, &a, &e) == 0 && a.sdk == s && a.release,
		    "%s: an answer without a date", s->name);
		ok(*s->store && *s->source && *s->users && *s->add, "… its store, its source");
	}
	for (size_t i = 0; (r = sdks_release_at(i)); i++) {
		char text[64];

		(void)snprintf(text, sizeof text, "%s %s%s %s", r->sdk, *r->major ? "v" : "",
		    r->major, *r->from ? r->from : r->to);
		ok(sdks_find(text, &a, &e) == 0 && a.release == r && a.trusts == r->trusts,
		    "%s finds its own row", text);
		ok(!*r->cited || strcmp(r->source, KNOW_GUIDE) == 0,
		    "… and claims the guide's authority for itself alone");
	}
}

/* ---- browsers -------------------------------------------------------------------------------- */

static void test_browsers(void)
{
	static const struct {
		const char *text, *name;
	} some[] = { { "Mozilla Firefox 128.3.0esr", "Firefox" }, { "chromium", "Chrome" },
		{ "Google Chrome 131", "Chrome" }, { "MS Edge", "Edge" }, { "safari", "Safari" } };
	const struct browsers_browser *b;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		b = browsers_find(some[i].text, &e);
		ok(b && strcmp(b->name, some[i].name) == 0, "%s is %s", some[i].text, some[i].name);
	}
	ok(!browsers_find("firefux", &e) && e.kind == ERR_USER && strstr(e.text, "Firefox"),
	    "of an unknown browser the nearest is named");
	for (size_t i = 0; (b = browsers_at(i)); i++)
		ok(browsers_find(b->name, &e) == b && *b->store && *b->updates && *b->own &&
			strncmp(b->manual, "https://", 8) == 0 && *b->source,
		    "%s: a row with all that is told", b->name);
}

int main(void)
{
	test_names();
	test_unknown();
	test_releases();
	test_sdks();
	test_sdk_rows();
	test_browsers();
	return tap_done();
}

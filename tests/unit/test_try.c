/* SPDX-License-Identifier: Apache-2.0 */
/* What a client's doings are judged to be, what is advised, and how it is reported. */
#include "lab/advice.h"
#include "lab/judge.h"
#include "lab/report.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define MOST 8

static struct lab_endpoint endpoints[MOST];
static struct trial trials[MOST];
static enum flaw flaw[MOST];
static size_t count;

static void begin(void)
{
	memset(trials, 0, sizeof trials);
	memset(flaw, 0, sizeof flaw);
	count = 0;
}

/* The client came so far at the endpoint of that condition, and ended so. */
static struct trial *add(const char *name, enum lab_protocol p, unsigned saw, int status)
{
	struct trial *t = &trials[count];

	endpoints[count] = (struct lab_endpoint) { .condition = condition_of(name), .protocol = p };
	t->at = &endpoints[count++];
	t->refuse = t->at->condition->refuse;
	t->state = TRIAL_DONE;
	t->seen.what = saw;
	t->status = status;
	return t;
}

#define NEAR  (SAW_CONNECTION | SAW_FIRST_BYTE | SAW_TLS)
#define IN    (NEAR | SAW_TLS_LOGIN | SAW_LOGGED_IN | SAW_QUERY)
#define PLAIN (SAW_CONNECTION | SAW_FIRST_BYTE | SAW_PLAIN_LOGIN | SAW_LOGGED_IN)

static const struct {
	const char *what, *condition;
	unsigned saw;
	int status, timed_out;
	enum outcome outcome;
	int right;
} judged[] = {
	{ "in, where all is well", "good", IN, 0, 0, OUTCOME_ACCEPTED, 1 },
	{ "out, where all is well", "good", NEAR, 1, 0, OUTCOME_REFUSED, 0 },
	{ "in, at a stranger's", "wrong-host", IN, 0, 0, OUTCOME_ACCEPTED, 0 },
	{ "out, at a stranger's", "wrong-host", NEAR, 1, 0, OUTCOME_REFUSED, 1 },
	{ "never there", "wrong-host", 0, 1, 0, OUTCOME_REFUSED, 1 },
	{ "no, behind its login", "wrong-host", IN, 1, 0, OUTCOME_SENT, 0 },
	{ "a login, and no answer", "wrong-host", NEAR | SAW_TLS_LOGIN, 1, 0, OUTCOME_SENT, 0 },
	{ "a login in plaintext, whatever it says of it", "no-tls", PLAIN, 1, 0, OUTCOME_PLAINTEXT,
	    0 },
	{ "plaintext where all is well", "good", PLAIN, 0, 0, OUTCOME_PLAINTEXT, 0 },
	{ "stays with a stranger", "wrong-host", IN, 137, 1, OUTCOME_ACCEPTED, 0 },
	{ "hangs at a stranger's, and has said nothing", "wrong-host", NEAR, 137, 1, OUTCOME_HUNG,
	    1 },
	{ "hangs in silence", "silence", SAW_CONNECTION, 137, 1, OUTCOME_HUNG, 0 },
	{ "gives silence up", "silence", SAW_CONNECTION, 1, 0, OUTCOME_REFUSED, 1 },
	{ "notices the end behind its login", "close-after-login", NEAR | SAW_TLS_LOGIN, 1, 0,
	    OUTCOME_SENT, 1 },
	{ "does not notice it", "close-after-login", IN, 0, 0, OUTCOME_ACCEPTED, 0 },
	{ "takes nobody there for done", "connection-refused", 0, 0, 0, OUTCOME_LIED, 0 },
};

static void test_judged(void)
{
	for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
		struct trial *t;

		begin();
		t = add(judged[i].condition, LAB_MYSQL, judged[i].saw, judged[i].status);
		t->timed_out = judged[i].timed_out;
		(void)add("expired", LAB_MYSQL, NEAR, 1);
		judge_all(trials, count, 1);
		is_str(judge_id(t->outcome), judge_id(judged[i].outcome), "%s: %s", judged[i].what,
		    judge_id(judged[i].outcome));
		is_int(t->right, judged[i].right, "%s: %s", judged[i].what,
		    judged[i].right ? "right" : "wrong");
	}
}

/* `mysql … || true` */
static void test_always_zero(void)
{
	struct trial *in, *out, *behind;

	begin();
	in = add("wrong-host", LAB_MYSQL, IN, 0);
	out = add("expired", LAB_MYSQL, NEAR, 0);
	behind = add("close-after-login", LAB_MYSQL, IN, 0);
	judge_all(trials, count, 1);
	ok(in->outcome == OUTCOME_ACCEPTED && !in->right, "always 0: in is in");
	ok(out->outcome == OUTCOME_LIED && out->right, "always 0: out is out, whatever it says");
	ok(behind->outcome == OUTCOME_LIED && behind->right,
	    "always 0: nobody knows whether it noticed");
	is_int(judge_wrong(trials, count, LAB_MUST), 1, "one must is wrong");

	begin();
	in = add("wrong-host", LAB_MYSQL, IN, 3);
	out = add("expired", LAB_MYSQL, NEAR, 3);
	judge_all(trials, count, 0);
	ok(in->outcome == OUTCOME_ACCEPTED && !in->right, "never 0: in is in");
	ok(out->outcome == OUTCOME_REFUSED && out->right, "never 0: out is out");
}

static void test_https(void)
{
	struct trial *t;

	begin();
	t = add("self-signed", LAB_HTTPS, NEAR | SAW_TLS_LOGIN | SAW_QUERY, 0);
	judge_all(trials, count, 1);
	ok(t->outcome == OUTCOME_ACCEPTED && judge_got_in(t), "HTTPS: a request is all there is");
	t->seen.what = NEAR;
	ok(!judge_got_in(t), "HTTPS: a handshake is none");
	t->at = NULL;
}

static void is_words(const char *said, const char *want, const char *what)
{
	char words[TRIAL_WORDS];

	judge_words(said, strlen(said), words);
	is_str(words, want, "words: %s", what);
}

static void test_words(void)
{
	static char many[1000];

	is_words("", "", "none");
	is_words("\n \n", "", "blanks alone");
	is_words("1\n1\n", "1", "an answer");
	is_words("curl: (60) SSL certificate problem: self-signed certificate\nMore details here: "
		 "https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of "
		 "the server\n",
	    "curl: (60) SSL certificate problem: self-signed certificate", "curl's");
	is_words("Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n    "
		 "raise ssl_error\nssl.SSLCertVerificationError: certificate verify failed\n",
	    "ssl.SSLCertVerificationError: certificate verify failed", "Python's, behind a stack");
	is_words("Exception in thread \"main\" java.lang.RuntimeException: x\n\tat "
		 "error.Main.main(Main.java:1)\nCaused by: java.io.IOException: Connection reset\n",
	    "Caused by: java.io.IOException: Connection reset", "Java's, the last cause");
	is_words("error \033[31mred\a\r\nfine\n", "error ?[31mred?", "nothing for a terminal");
	is_words("error \xff\xc3\xa4\xc2\x9b\xe2\x82",
	    "error ?ä??"
	    "??",
	    "whole UTF-8 alone");
	memset(many, 'e', sizeof many - 1);
	is_int(strlen(many), 999, "a long line");
	{
		char words[TRIAL_WORDS];

		judge_words(many, 999, words);
		ok(strlen(words) < TRIAL_WORDS && strstr(words, "…"), "words: what is cut says so");
	}
}

/* ---- advice ---------------------------------------------------------------------------------- */

static const struct {
	const char *const command[8];
	const char *script, *agent, *title;
} known[] = {
	{ { "curl", "-k", "x" }, "", "", "curl" },
	{ { "/usr/bin/curl" }, "", "", "curl" },
	{ { "mysql", "--ssl-ca=x" }, "", "", "mariadb" },
	{ { "mysql", "--ssl-mode=REQUIRED" }, "", "", "mysql (Oracle's)" },
	{ { "sh", "-c", "mysql --ssl-mode=REQUIRED -e x" }, "", "", "mysql (Oracle's)" },
	{ { "./check.sh" }, "#!/bin/sh\ncurl -sk $1\n", "", "curl" },
	{ { "python3", "x.py" }, "import pymysql\n", "libmariadb", "PyMySQL" },
	{ { "python3", "x.py" }, "import boto3", "", "boto3" },
	{ { "node", "x.js" }, "require('mysql2/promise')", "", "mysql2 (Node.js)" },
	{ { "java", "-jar", "x.jar" }, "", "MySQL Connector/J 9.1", "MySQL Connector/J" },
	{ { "./app" }, "", "Go-MySQL-Driver", "go-sql-driver" },
	{ { "./app" }, "", "Wget/1.21", "wget" },
	{ { "mycli" }, "", "pymysql", "mycli" },
	{ { "aws", "dynamodb", "list-tables" }, "", "", "AWS CLI" },
	{ { "./app" }, "", "something", NULL },
	{ { "./app" }, "", "", NULL },
};

static void test_known(void)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const struct advice_client *c = advice_client((char *const *)known[i].command,
		    known[i].script, strlen(known[i].script), known[i].agent);

		is_str(c ? advice_title(c) : "nobody", known[i].title ? known[i].title : "nobody",
		    "client %zu is %s", i, known[i].title ? known[i].title : "not known");
	}
}

static const char *advised(const char *const *command, enum flaw f)
{
	char *const *words = (char *const *)command;
	const char *text = advice_for(advice_client(words, "", 0, ""), f, words, "", 0);

	return text ? text : "";
}

static void test_advice(void)
{
	static const char *const insecure[] = { "curl", "-sSk", "x", NULL };
	static const char *const secure[] = { "curl", "--cacert", "x-k", NULL };
	static const char *const required[] = { "mysql", "--ssl-mode=REQUIRED", NULL };
	static const char *const other[] = { "./app", NULL };

	ok(strstr(advised(insecure, FLAW_CHAIN), "leave out -k"), "-k is found among others");
	ok(!strstr(advised(secure, FLAW_CHAIN), "leave out") &&
		strstr(advised(secure, FLAW_CHAIN), "--cacert {ca}"),
	    "and not where there is none");
	ok(strstr(advised(required, FLAW_NAME), "--ssl-mode=VERIFY_IDENTITY --ssl-ca={ca}"),
	    "REQUIRED becomes VERIFY_IDENTITY");
	for (enum flaw f = FLAW_PLAINTEXT; f <= FLAW_HANGS; f++)
		ok(*advised(other, f), "a client that nobody knows is told something of %s",
		    flaw_id(f));
}

static void test_flaws(void)
{
	begin();
	(void)add("wrong-host", LAB_MYSQL, IN, 0);
	(void)add("cn-only", LAB_MYSQL, IN, 0);
	(void)add("expired", LAB_MYSQL, NEAR, 1);
	(void)add("no-tls", LAB_MYSQL, PLAIN, 0);
	judge_all(trials, count, 1);
	flaws_of(trials, count, flaw);
	is_str(flaw_id(flaw[0]), "any-name", "another host's certificate: no name is compared");
	is_str(flaw_id(flaw[1]), "any-name", "so the common name is no flaw of its own");
	is_str(flaw_id(flaw[2]), "none", "right is right");
	is_str(flaw_id(flaw[3]), "plaintext", "plaintext");

	trials[0].seen.what = NEAR;
	trials[0].status = 1;
	judge_all(trials, count, 1);
	flaws_of(trials, count, flaw);
	is_str(flaw_id(flaw[1]), "loose-name", "the common name alone is one");

	(void)add("untrusted-root", LAB_MYSQL, IN, 0);
	judge_all(trials, count, 1);
	flaws_of(trials, count, flaw);
	is_str(flaw_id(flaw[1]), "any-certificate", "who takes any certificate takes any name");
	is_str(flaw_id(flaw[3]), "plaintext", "and plaintext is another thing");
}

/* ---- reports --------------------------------------------------------------------------------- */

#define HOSTILE "<b>&\"'`*_|[x](y)\\\n# {x}\001"

static struct report report_of(void)
{
	static const struct names names = { .how = NAMES_PRIVATE };

	begin();
	(void)add("good", LAB_MYSQL, IN, 0);
	(void)snprintf(
	    add("wrong-host", LAB_MYSQL, IN, 0)->words, TRIAL_WORDS, "%s", "<i>&| ]]> `x`");
	(void)add("expired", LAB_MYSQL, NEAR, 1);
	(void)add("cn-only", LAB_MYSQL, IN, 0);
	judge_all(trials, count, 1);
	flaws_of(trials, count, flaw);
	return (struct report) { .command = HOSTILE,
		.client = "curl",
		.agent = "<agent>",
		.protocol = LAB_MYSQL,
		.names = &names,
		.trials = trials,
		.n = count,
		.flaw = flaw,
		.advice = { [FLAW_NAME] = "say <this>" },
		.ms = 1234,
		.believe = 1 };
}

static const char *made(int (*make)(const struct report *r, struct buf *out))
{
	static char text[65536];
	struct buf out = buf_new(sizeof text - 1);
	struct report r = report_of();
	int rc = make(&r, &out);

	(void)snprintf(text, sizeof text, "%.*s", rc < 0 ? 0 : (int)out.n, (const char *)out.p);
	buf_free(&out);
	return text;
}

static int make_text(const struct report *r, struct buf *out)
{
	struct report_look look = { .width = 60, .all = 1 };

	return report_text(r, &look, out);
}

static int widest(const char *text)
{
	int most = 0, now = 0;

	for (; *text; text++) {
		now = *text == '\n' ? 0 : now + ((*text & 0xc0) != 0x80);
		most = now > most ? now : most;
	}
	return most;
}

static void test_text(void)
{
	const char *text = made(make_text);

	ok(strstr(text, "WRONG at 1 of the 3 endpoints"), "the verdict");
	ok(strstr(text, "wrong-host: accepted"), "what was accepted");
	ok(strstr(text, "→ say <this>"), "and what mends it");
	ok(!strchr(text, '\033'), "no colour unless it is asked for");
	ok(widest(text) <= 110, "folded: %d columns", widest(text));
	ok(strstr(text, "right  must      expired"), "each, as asked");
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void test_files(void)
{
	const char *text = made(report_junit);

	ok(strstr(text, "tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\""),
	    "JUnit: a must that is wrong fails, what is less grave does not");
	ok(strstr(text, "value=\"&lt;b&gt;&amp;&quot;&#39;"), "JUnit: quoted");
	ok(!strstr(text, "<i>") && !strchr(text, '\001'), "JUnit: nothing of the client's own");
	is_int(times(text, "<testcase"), times(text, "</testcase>"), "JUnit: closed");
	text = made(report_html);
	ok(strstr(text, "&lt;i&gt;&amp;|") && !strstr(text, "<i>") && !strstr(text, "<b>") &&
		!strstr(text, "<agent>"),
	    "HTML: quoted");
	is_int(times(text, "<tr>"), 5, "HTML: a row each, and the head");
	text = made(report_markdown);
	ok(strstr(text, "&lt;i>&amp;\\|") || strstr(text, "&lt;i\\>&amp;\\|"), "Markdown: quoted");
	ok(strstr(text, "\n    # {x}"), "Markdown: the command is code, all of it");
	ok(strstr(text, "| wrong-host |") || strstr(text, "| wrong\\-host |"),
	    "Markdown: names are names");
}

static void test_json(void)
{
	struct report r = report_of();
	json_t *all = report_json(&r);
	json_t *trial = json_array_get(json_object_get(all, "trials"), 1);

	ok(all && json_is_false(json_object_get(all, "good")), "JSON: the verdict");
	is_int(json_array_size(json_object_get(all, "trials")), 4, "JSON: each");
	is_str(json_string_value(json_object_get(trial, "outcome")), "accepted", "JSON: outcome");
	is_str(json_string_value(json_object_get(trial, "flaw")), "any-name", "JSON: flaw");
	ok(json_is_false(json_object_get(trial, "right")), "JSON: right or wrong");
	json_decref(all);
}

static void test_not_tried(void)
{
	struct report r = report_of();

	trials[1].state = TRIAL_LEFT_OUT;
	trials[1].why = "no names";
	flaw[1] = FLAW_NONE;
	ok(!report_good(&r), "a must that was not tried is none that is right");
	trials[1].state = TRIAL_DONE;
	trials[1].right = 1;
	ok(report_good(&r), "and then it is, whatever else is wrong");
}

int main(void)
{
	test_judged();
	test_always_zero();
	test_https();
	test_words();
	test_known();
	test_advice();
	test_flaws();
	test_text();
	test_files();
	test_json();
	test_not_tried();
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The text that Prometheus reads, and the histograms behind it. */
#include "parent/metrics.h"
#include "tap.h"

#include <stdlib.h>

static struct metrics_facts facts = { .version = "1.2.3",
	.since = 1700000000,
	.ca_not_after = 2000000000,
	.relays = 2,
	.access_entries = 3,
	.restarts = { { "relay", 4 }, { "keys", 0 } },
	.endpoints = 2,
	.endpoint = { { .name = "shop",
			  .not_after = 1800000000,
			  .upstreams = 3,
			  .upstream = { { "db1:3306", 1 }, { "db2:3306", 0 }, { "db1:3306", 0 } } },
	    { .name = "a\"b\\c\nd\xc3\xa9",
		.not_after = 1800000001,
		.upstreams = 1,
		.upstream = { { "engine", 1 } } } } };

static struct stats stats;

/* The text; the caller frees it. */
static char *text_now(void)
{
	struct buf out;
	struct err e;
	char *text;

	if (metrics_text(&facts, &stats, &out, &e) < 0)
		return NULL;
	text = strndup((const char *)out.p, out.n);
	buf_free(&out);
	return text;
}

static void has(const char *text, const char *lines, const char *what)
{
	ok(text && strstr(text, lines), "%s", what);
}

static void test_golden(void)
{
	char *text;

	stats.open = 5;
	stats.plaintext = 3;
	stats.sessions_plaintext = 8;
	stats.sessions = 18446744073709551615U;
	stats.handshakes[1][1] = 7;
	stats.suites[0] = 6;
	stats.ended[REASON_DENIED] = 9;
	stats.bytes_up = 10;
	stats.bytes_down = 11;
	stats.upstream_open[0][0] = 2;
	stats.upstream_open[0][1] = 1;
	stats.upstream_open[0][2] = 3;
	text = text_now();
	ok(text && strncmp(text, "# HELP dbtls_build_info ", 24) == 0, "it begins with a HELP");
	has(text, "\n# TYPE dbtls_build_info gauge\ndbtls_build_info{version=\"1.2.3\"} 1\n# HELP ",
	    "TYPE, a sample with a label, and the next");
	has(text, "\ndbtls_start_time_seconds 1700000000\n", "a sample without one");
	has(text,
	    "\ndbtls_certificate_not_after_seconds{endpoint=\"shop\"} 1800000000\n"
	    "dbtls_certificate_not_after_seconds{endpoint=\"a\\\"b\\\\c\\nd\\\\xc3\\\\xa9\"} "
	    "1800000001\n# HELP ",
	    "each endpoint; its name escaped");
	has(text,
	    "\n# TYPE dbtls_sessions_total counter\n"
	    "dbtls_sessions_total 18446744073709551615\n",
	    "the largest number");
	has(text, "\ndbtls_plaintext_sessions_open 3\n", "T8: sessions in the clear, now");
	has(text, "\ndbtls_plaintext_sessions_total 8\n", "T8: and in all");
	has(text, "\ndbtls_sessions_ended_total{cause=\"denied\"} 9\n", "endings by cause");
	has(text, "\ndbtls_sessions_ended_total{cause=\"tls-version\"} 0\n",
	    "also of what never happened");
	has(text, "\ndbtls_access_denied_total 9\n", "denials");
	has(text, "\ndbtls_handshakes_total{version=\"1.3\",resumed=\"yes\"} 7\n", "handshakes");
	has(text,
	    "\ndbtls_handshake_ciphers_total{version=\"1.3\",cipher=\"TLS_AES_128_GCM_SHA256\"} "
	    "6\n",
	    "by cipher");
	has(text,
	    "\ndbtls_bytes_total{direction=\"from_clients\"} 10\n"
	    "dbtls_bytes_total{direction=\"to_clients\"} 11\n",
	    "bytes");
	has(text,
	    "\ndbtls_upstream_sessions{endpoint=\"shop\",upstream=\"db1:3306\"} 5\n"
	    "dbtls_upstream_sessions{endpoint=\"shop\",upstream=\"db2:3306\"} 1\n"
	    "dbtls_upstream_sessions{endpoint=\"a",
	    "databases; two with one label are one series");
	has(text,
	    "\ndbtls_upstream_up{endpoint=\"shop\",upstream=\"db1:3306\"} 1\n"
	    "dbtls_upstream_up{endpoint=\"shop\",upstream=\"db2:3306\"} 0\n",
	    "one that answers, one that doesn't");
	has(text,
	    "\ndbtls_process_restarts_total{role=\"relay\"} 4\n"
	    "dbtls_process_restarts_total{role=\"keys\"} 0\n# HELP ",
	    "restarts, by role");
	free(text);
}

/* Every line is a comment of a metric, or one of its samples, and each metric comes once. */
static void test_lines(void)
{
	char *text = text_now(), *rest = text, *line = NULL, name[64] = "", seen[4096] = " ",
	     key[80];
	int bad = 0, twice = 0, n = 0;

	while (rest && (line = strsep(&rest, "\n")) && rest) {
		if (strncmp(line, "# HELP ", 7) == 0) {
			(void)snprintf(
			    name, sizeof name, "%.*s", (int)strcspn(line + 7, " "), line + 7);
			(void)snprintf(key, sizeof key, " %s ", name);
			twice += strstr(seen, key) != NULL;
			strncat(seen, key + 1, sizeof seen - strlen(seen) - 1);
			bad += strncmp(name, "dbtls_", 6) != 0;
			continue;
		}
		bad += strncmp(line + (*line == '#' ? 7 : 0), name, strlen(name)) != 0;
		n++;
	}
	ok(n > 100 && bad == 0, "lines stand below their HELP");
	is_int(twice, 0, "no metric comes twice");
	ok(line && *line == '\0', "the last line ends");
	free(text);
}

static void test_histograms(void)
{
	const uint64_t *bounds = stats_bounds[DURATION_KEY];
	char *text;

	memset(&stats, 0, sizeof stats);
	stats_time(&stats, DURATION_KEY, 0);
	stats_time(&stats, DURATION_KEY, bounds[0]);
	stats_time(&stats, DURATION_KEY, bounds[0] + 1);
	stats_time(&stats, DURATION_KEY, bounds[DURATION_BOUNDS - 1]);
	stats_time(&stats, DURATION_KEY, bounds[DURATION_BOUNDS - 1] + 1);
	is_int(stats.duration[DURATION_KEY].n[0], 2, "a bound is within");
	is_int(stats.duration[DURATION_KEY].n[1], 1, "more than it is in the next");
	is_int(stats.duration[DURATION_KEY].n[DURATION_BOUNDS], 1, "the longest is beyond all");
	text = text_now();
	has(text,
	    "\n# TYPE dbtls_key_duration_seconds histogram\n"
	    "dbtls_key_duration_seconds_bucket{le=\"0.00005\"} 2\n"
	    "dbtls_key_duration_seconds_bucket{le=\"0.0001\"} 3\n",
	    "buckets add up what is below them");
	has(text,
	    "\ndbtls_key_duration_seconds_bucket{le=\"2\"} 4\n"
	    "dbtls_key_duration_seconds_bucket{le=\"+Inf\"} 5\n"
	    "dbtls_key_duration_seconds_sum 4.000102\n"
	    "dbtls_key_duration_seconds_count 5\n",
	    "+Inf is the count; the sum is in seconds");
	has(text,
	    "\ndbtls_session_duration_seconds_bucket{le=\"604800\"} 0\n"
	    "dbtls_session_duration_seconds_bucket{le=\"+Inf\"} 0\n"
	    "dbtls_session_duration_seconds_sum 0\n",
	    "none yet: all are 0");
	free(text);
	for (int i = 0; i < DURATIONS; i++)
		for (int j = 1; j < DURATION_BOUNDS; j++)
			if (stats_bounds[i][j] <= stats_bounds[i][j - 1])
				ok(0, "bounds of %d grow at %d", i, j);
}

static void test_suites(void)
{
	for (size_t i = 0; i < SUITES; i++)
		is_int(stats_suite(stats_suites[i].name), i, "suite %s", stats_suites[i].name);
	is_int(stats_suite("AES128-SHA"), SUITES - 1, "one that has no row is another");
	is_int(stats_suite(""), SUITES - 1, "and so is none");
}

/* As many endpoints and databases as there may be. */
static void test_most(void)
{
	static struct metrics_facts most;
	static char labels[UPSTREAMS_MAX][LABEL_TEXT];
	struct buf out;
	struct err e;

	most = facts;
	most.endpoints = ENDPOINTS_MAX;
	for (size_t i = 0; i < ENDPOINTS_MAX; i++) {
		most.endpoint[i] =
		    (struct metrics_endpoint) { .name = "an-endpoint", .upstreams = UPSTREAMS_MAX };
		for (size_t j = 0; j < UPSTREAMS_MAX; j++) {
			(void)snprintf(
			    labels[j], LABEL_TEXT, "db%zu.eu-west-1.example.com:3306", j);
			most.endpoint[i].upstream[j].label = labels[j];
		}
	}
	is_int(metrics_text(&most, &stats, &out, &e), 0, "all endpoints and databases fit");
	buf_free(&out);
	for (size_t j = 0; j < UPSTREAMS_MAX; j++)
		memset(labels[j], '\xff', LABEL_TEXT - 1);
	for (size_t j = 0; j < UPSTREAMS_MAX; j++)
		labels[j][0] = (char)('a' + j);
	is_int(metrics_text(&most, &stats, &out, &e), -1, "what is too long is refused");
	is_str(e.text, "the metrics are too long for one answer", "and said");
	buf_free(&out);
}

int main(void)
{
	test_golden();
	test_lines();
	test_histograms();
	test_suites();
	test_most();
	return tap_done();
}

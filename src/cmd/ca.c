/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls ca`: the CA's certificate, for those who are to trust it (T7). */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "pki/cert.h"
#include "pki/pair.h"
#include "pki/truststore.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX 65536

#define DAYS     365
#define DAYS_MAX 398 /* ca/authority.h */

static struct {
	const char *out, *client, *days;
	int force;
} given;

static const struct opt options[] = {
	{ .name = "out",
	    .arg = "FILE",
	    .text = &given.out,
	    .help = N_("export: into this new file, not to stdout; issue: the certificate, with "
		       "its key in FILE.key") },
	{ .name = "force", .flag = &given.force, .help = N_("replace the file when it is there") },
	{ .name = "client",
	    .arg = "NAME",
	    .text = &given.client,
	    .help = N_("issue: whose it is: a host name, or an e-mail address") },
	{ .name = "days",
	    .arg = "N",
	    .text = &given.days,
	    .help = N_("issue: how long it is valid, 1 to 398 (365)") },
	CLI_STATE,
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

static int write_new(const char *path, mode_t mode, const struct buf *pem, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int rc;

	if (fd < 0)
		return err_sys(e, _("create %s (--force replaces a file)"), path);
	rc = file_write_all(fd, pem->p, pem->n, e);
	close(fd);
	if (rc < 0)
		(void)unlink(path);
	return rc;
}

static int put(const char *path, mode_t mode, const struct buf *pem, struct err *e)
{
	return given.force ? file_replace(path, mode, pem->p, pem->n, e)
			   : write_new(path, mode, pem, e);
}

static int ca_export(const struct state *s, const struct buf *pem)
{
	struct err e = { 0 };
	int rc;

	(void)s;
	if (!given.out) {
		(void)fwrite(pem->p, 1, pem->n, stdout);
		return CLI_OK;
	}
	rc = put(given.out, 0644, pem, &e);
	if (rc < 0)
		return cli_fail(&e);
	printf(_("the CA certificate is in %s\n"), given.out);
	return CLI_OK;
}

/* Clients of an endpoint with a certificate of the operator's own have no use for our CA. */
static void note_own(const json_t *endpoint)
{
	const json_t *leaf = json_object_get(endpoint, "certificate");
	const char *name = json_string_value(json_object_get(endpoint, "endpoint"));
	const char *ca = json_string_value(json_object_get(endpoint, "ca"));

	if (!name || !ca || !json_object_get(leaf, "file"))
		return;
	if (strcmp(ca, truststore_system()) == 0)
		(void)fprintf(stderr,
		    _("note: endpoint %s has a certificate of its own: its clients need what their "
		      "system trusts, here %s\n"),
		    name, ca);
	else
		(void)fprintf(stderr,
		    _("note: endpoint %s has a certificate of its own: its clients need %s\n"),
		    name, ca);
}

/* Only a door that runs, and hears us, knows of any. */
static void note_all_own(void)
{
	struct err e = { 0 };
	json_t *status = cli_ask_word("status", &e);
	const json_t *all = json_object_get(status, "endpoints");

	(void)fflush(stdout);
	for (size_t i = 0; i < json_array_size(all); i++)
		note_own(json_array_get(all, i));
	json_decref(status);
}

static void show_json(const struct state *s, const struct cert_facts *f, long long days)
{
	char from[CLI_TIME_TEXT], to[CLI_TIME_TEXT];

	cli_print_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "subject", f->subject,
	    "issuer", f->issuer, "serial", f->serial, "not_before",
	    cli_iso_time((long long)f->not_before, from), "not_after",
	    cli_iso_time((long long)f->not_after, to), "days_left", (json_int_t)days, "fingerprint",
	    f->fingerprint, "file", s->ca_pem));
}

static int ca_show(const struct state *s, const struct buf *pem)
{
	struct cert_facts f;
	struct err e = { 0 };
	char from[CLI_TIME_TEXT], to[CLI_TIME_TEXT];
	long long days;

	if (cert_facts_pem(&f, pem->p, pem->n, &e) < 0) {
		err_prefix(&e, "%s", s->ca_pem);
		e.kind = ERR_LOCAL; /* not what was typed is wrong */
		return cli_fail(&e);
	}
	days = ((long long)f.not_after - (long long)time(NULL)) / 86400;
	if (cli.json) {
		show_json(s, &f, days);
		return CLI_OK;
	}
	printf(_("subject      %s\n"), f.subject);
	printf(_("serial       %s\n"), f.serial);
	printf(_("valid        %s to %s, %lld days left\n"),
	    cli_time((long long)f.not_before, from), cli_time((long long)f.not_after, to), days);
	printf(_("SHA-256      %s\n"), f.fingerprint);
	printf(_("file         %s\n"), s->ca_pem);
	return CLI_OK;
}

/* ---- issue ----------------------------------------------------------------------------------- */

static int days_of(const char *text, long *days)
{
	char *end;

	*days = text ? strtol(text, &end, 10) : DAYS;
	if (!text || (end != text && !*end && *days >= 1 && *days <= DAYS_MAX))
		return 0;
	return cli_wrong(_("--days %s: there are 1 to %d"), text, DAYS_MAX);
}

/* Has the running door's CA certify spki; the key stays here. */
static json_t *certify(const struct state *s, const struct buf *spki, long days, struct err *e)
{
	struct buf hex = buf_new(2 * spki->n + 1);
	json_t *request;

	for (size_t i = 0; i < spki->n; i++)
		(void)buf_fmt(&hex, "%02x", spki->p[i]);
	request = json_pack("{s:s, s:s, s:s%, s:I}", "do", "client", "name", given.client, "spki",
	    hex.p, hex.n, "seconds", (json_int_t)days * 86400);
	buf_free(&hex);
	return cli_ask(s, request, e);
}

static int keep(const struct buf *key, const json_t *reply, struct err *e)
{
	const char *pem = json_string_value(json_object_get(reply, "certificate"));
	struct buf leaf = buf_new(PEM_MAX);
	char path[4096];
	int rc = -1;

	if ((size_t)snprintf(path, sizeof path, "%s.key", given.out) >= sizeof path)
		return err_set(e, ERR_USER, _("%s: the path is too long"), given.out);
	if (!pem || buf_add(&leaf, pem, strlen(pem)) < 0)
		return err_set(e, ERR_PEER, _("the door's answer can't be read"));
	if (put(path, 0600, key, e) == 0)
		rc = put(given.out, 0644, &leaf, e);
	if (rc == 0 && !cli.json)
		printf(_("the certificate is in %s, its key in %s: give both to %s alone\n"),
		    given.out, path, given.client);
	buf_free(&leaf);
	return rc;
}

static int ca_issue(const struct state *s, const struct buf *pem)
{
	struct buf key = buf_new(PEM_MAX), spki = buf_new(PEM_MAX);
	struct err e = { 0 };
	json_t *reply = NULL;
	long days;
	int rc;

	(void)pem;
	if (!given.client || !given.out)
		return cli_wrong(_("say for whom and where to: dbtls ca issue --client NAME --out "
				   "FILE"));
	rc = days_of(given.days, &days);
	if (rc != 0)
		return rc;
	if (pair_make(&key, &spki, &e) == 0)
		reply = certify(s, &spki, days, &e);
	rc = reply && keep(&key, reply, &e) == 0 ? CLI_OK : cli_fail(&e);
	if (rc == CLI_OK && cli.json)
		cli_print_json(json_incref(reply));
	json_decref(reply);
	buf_wipe(&key);
	buf_free(&spki);
	return rc;
}

static const char *const verbs[] = { "export", "show", "issue", NULL };
static int (*const verb_runs[])(
    const struct state *s, const struct buf *pem) = { ca_export, ca_show, ca_issue };

static int no_ca(const struct state *s, struct err *e)
{
	if (cli_nobody(e))
		err_set(e, ERR_LOCAL,
		    _("there is no CA in %s yet: it is made with the first certificate that dbtls "
		      "issues, by `dbtls up`, or `dbtls serve` with an endpoint without "
		      "`certificate`, or with `client-certificate` and without `client-ca`"),
		    s->dir);
	return cli_fail(e);
}

static int ca_run(int argc, char **argv)
{
	int verb = cli_choose(verbs, argv[1]);
	struct buf pem = buf_new(PEM_MAX);
	struct state s;
	struct err e = { 0 };
	int rc;

	(void)argc;
	if (verb < 0)
		return CLI_WRONG;
	if (state_paths(&s, cli.state, &e) < 0)
		return cli_fail(&e);
	rc = file_read(s.ca_pem, PEM_MAX, &pem, &e) < 0 ? no_ca(&s, &e) : verb_runs[verb](&s, &pem);
	if (verb_runs[verb] == ca_export)
		note_all_own();
	buf_free(&pem);
	return rc;
}

const struct command cmd_ca = {
	.name = "ca",
	.sentence = N_("show or hand out the CA's certificate, issue one for a client"),
	.words = "export|show|issue",
	.min = 1,
	.max = 1,
	.more = N_(
	    "A client that trusts this certificate, and checks the name, knows whom it talks to.\n"
	    "The CA's private key never leaves the state folder. `issue` has the running door's "
	    "CA\n"
	    "certify a client, by whose certificate --client-certificate lets it in.\n"
	    "Of an endpoint with a certificate of your own, `export` says what its clients "
	    "need.\n"),
	.example = "  dbtls ca export --out ca.pem\n  dbtls ca show\n"
		   "  dbtls ca issue --client app1 --out app1.pem\n",
	.options = options,
	.first = verbs,
	.width = sizeof *verbs,
	.run = ca_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls ca`: the CA's certificate, for those who are to trust it (T7). */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "pki/cert.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PEM_MAX 65536

static struct {
	const char *out;
	int force;
} given;

static const struct opt options[] = {
	{ .name = "out",
	    .arg = "FILE",
	    .text = &given.out,
	    .help = N_("export: into this new file, not to stdout") },
	{ .name = "force",
	    .flag = &given.force,
	    .help = N_("export: replace the file when it is there") },
	CLI_STATE,
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

static int write_new(const char *path, const struct buf *pem, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int rc;

	if (fd < 0)
		return err_sys(e, _("create %s (--force replaces a file)"), path);
	rc = file_write_all(fd, pem->p, pem->n, e);
	close(fd);
	if (rc < 0)
		(void)unlink(path);
	return rc;
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
	rc = given.force ? file_replace(given.out, 0644, pem->p, pem->n, &e)
			 : write_new(given.out, pem, &e);
	if (rc < 0)
		return cli_fail(&e);
	printf(_("the CA certificate is in %s\n"), given.out);
	return CLI_OK;
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

static const char *const verbs[] = { "export", "show", NULL };
static int (*const verb_runs[])(
    const struct state *s, const struct buf *pem) = { ca_export, ca_show };

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
	if (file_read(s.ca_pem, PEM_MAX, &pem, &e) < 0) {
		if (cli_nobody(&e))
			err_set(
			    &e, ERR_LOCAL, _("there is no CA in %s yet; dbtls up makes it"), s.dir);
		return cli_fail(&e);
	}
	rc = verb_runs[verb](&s, &pem);
	buf_free(&pem);
	return rc;
}

const struct command cmd_ca = {
	.name = "ca",
	.sentence = N_("show or hand out the CA's certificate"),
	.words = "export|show",
	.min = 1,
	.max = 1,
	.more = N_(
	    "A client that trusts this certificate, and checks the name, knows whom it talks to.\n"
	    "The CA's private key never leaves the state folder.\n"),
	.example = "  dbtls ca export --out ca.pem\n  dbtls ca show\n",
	.options = options,
	.first = verbs,
	.width = sizeof *verbs,
	.run = ca_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust`: what this machine's programs trust (D7, D9, D11). */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"
#include "trust/known.h"

#include <stdio.h>
#include <string.h>

#define FILES_MAX 256

static struct trust_given given;

static const struct opt options[] = {
	{ .name = "amazon",
	    .flag = &given.amazon,
	    .help = N_("audit: for the roots that Amazon's endpoints end in (so without --ca and "
		       "endpoints)") },
	{ .name = "ca",
	    .arg = "FILE",
	    .list = &given.ca,
	    .help = N_("audit: for the CAs in this file (may be repeated)") },
	{ .name = "root",
	    .arg = "DIR",
	    .text = &given.root,
	    .help = N_("list, audit: look into the system whose files are below this folder") },
	{ .name = "anchors", .flag = &given.anchors, .help = N_("list: each certificate as well") },
	{ .name = "quick",
	    .flag = &given.quick,
	    .help = N_("list, audit: don't run Node or Ruby to ask what they have built in") },
	{ .name = "format",
	    .arg = "FORMAT",
	    .text = &given.format,
	    .help = N_("export: pem, der, jks or pkcs12") },
	{ .name = "only",
	    .arg = "NAME",
	    .list = &given.only,
	    .help = N_("export: this one alone (may be repeated): a root by its name in `roots`, a "
		       "SHA-256, or words of a subject") },
	{ .name = "out",
	    .arg = "FILE",
	    .text = &given.out,
	    .help = N_("export: into this new file (pem: else to stdout)") },
	{ .name = "store",
	    .arg = "PATH",
	    .list = &given.store,
	    .help = N_("add, remove: this file or folder (may be repeated)") },
	{ .name = "system",
	    .flag = &given.system,
	    .help = N_("add, remove: the system's stores, by its own command (so without another "
		       "scope)") },
	{ .name = "java",
	    .flag = &given.java,
	    .help = N_("add, remove: each of Java's stores that is found") },
	{ .name = "nss",
	    .flag = &given.nss,
	    .help = N_("add, remove: each NSS database that is found (Chromium, Firefox)") },
	{ .name = "all",
	    .flag = &given.all,
	    .help = N_("add, remove: all of these, and what to set for the others; undo: every "
		       "change") },
	{ .name = "dry-run",
	    .flag = &given.dry,
	    .help = N_("add, remove: say what would be done, and change nothing") },
	{ .name = "yes-a-leaf",
	    .flag = &given.leaf,
	    .help = N_("add: even if it is a server's certificate and no CA") },
	{ .name = "yes-expired",
	    .flag = &given.expired,
	    .help = N_("add: even if it has expired") },
	{ .name = "commands",
	    .arg = "SYSTEM",
	    .text = &given.commands,
	    .help = N_("add, remove: print what one types on macos or windows, and do nothing") },
	{ .name = "journal",
	    .arg = "DIR",
	    .text = &given.journal,
	    .help = N_("add, remove, undo: where changes are kept that can be taken back "
		       "(/var/lib/dbtls-trust, or below ~/.local/state)") },
	{ .name = "list", .flag = &given.list, .help = N_("undo: which changes there are") },
	{ .name = "force", .flag = &given.force, .help = N_("replace the file when it is there") },
	{ .name = "password-file",
	    .arg = "FILE",
	    .text = &given.password_file,
	    .help = N_("the password of the JKS and PKCS12 stores that are read (else "
		       "\"changeit\", \"changeme\" and none are tried)") },
	{ .name = "out-password-file",
	    .arg = "FILE",
	    .text = &given.out_password_file,
	    .help = N_("export: the new store's password (changeit)") },
	CLI_JSON,
	CLI_HELP,
	{ 0 },
};

int trust_password(const char *path, char out[TRUST_PASSWORD_MAX], struct err *e)
{
	struct buf text;
	size_t n;

	out[0] = '\0';
	if (!path)
		return 0;
	if (file_read(path, TRUST_PASSWORD_MAX - 1, &text, e) < 0)
		return -1;
	n = text.n > 0 ? strcspn(memcpy(out, text.p, text.n), "\r\n") : 0;
	out[n < text.n ? n : text.n] = '\0';
	buf_wipe(&text);
	return 0;
}

/* Those named, or all that there are; not read yet. */
static int find(
    struct store_list *list, const struct store_where *w, char **files, int n, struct err *e)
{
	if (n == 0)
		return store_find(list, w, e);
	if (w->root)
		return err_set(e, ERR_USER,
		    _("with --root all stores below it are read; leave out %s"), files[0]);
	for (int i = 0; i < n; i++)
		if (store_name(list, files[i], e) < 0)
			return -1;
	return 0;
}

int trust_stores(
    const struct trust_given *g, char **files, int n, struct store_list *list, struct err *e)
{
	const struct store_where w = { .root = g->root, .quick = g->quick, .known = known_new() };
	char password[TRUST_PASSWORD_MAX];
	const struct store_secret secret = { .given = g->password_file ? password : NULL };
	int rc = trust_password(g->password_file, password, e);

	if (rc == 0)
		rc = find(list, &w, files, n, e);
	for (size_t i = 0; rc == 0 && i < list->n; i++)
		store_read(&list->v[i], &w, &secret);
	for (size_t i = 0; i < list->n; i++)
		list->v[i].known = NULL;
	known_free(w.known);
	explicit_bzero(password, sizeof password);
	return rc;
}

const char *trust_day(time_t when, char out[16])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
	return out;
}

static const char *const verbs[] = { "list", "audit", "roots", "export", "add", "remove", "undo",
	NULL };
static int (*const verb_runs[])(const struct trust_given *g, char **files, int n) = { trust_list,
	trust_audit, trust_roots, trust_export, trust_add, trust_remove, trust_undo };

static int trust_run(int argc, char **argv)
{
	int verb = cli_choose(verbs, argv[1]);

	return verb < 0 ? CLI_WRONG : verb_runs[verb](&given, argv + 2, argc - 2);
}

const struct command cmd_trust = {
	.name = "trust",
	.sentence =
	    N_("which CAs the programs of this machine trust; add and remove them, and undo it"),
	.words = "list|audit|roots|export|add|remove|undo [FILE|ENDPOINT…]",
	.min = 1,
	.max = FILES_MAX,
	.more =
	    N_("`list` finds the trust stores of this machine by itself, or reads those that "
	       "you name.\n"
	       "`audit` says of each whether its users reach Amazon's endpoints, those of a CA "
	       "that you\n"
	       "name, or an endpoint (HOST:PORT, https://…, mysql://…), which is asked for its "
	       "certificates;\n"
	       "and what else is wrong with it. The exit status is 1 if one does not.\n"
	       "`roots amazon` are the roots that Amazon's endpoints end in; they ship with "
	       "dbtls.\n"
	       "`export` makes a trust store for one application, of the roots that ship with "
	       "dbtls,\n"
	       "or of what is in the stores that you name.\n"
	       "`add FILE|NAME` puts CAs into trust stores, the system's unless you say which; "
	       "`remove` takes\n"
	       "them out, by FILE, NAME or SHA-256; `undo` takes the last change back. NAME is one "
	       "of `roots`.\n"),
	.example = "  dbtls trust list\n  dbtls trust audit --amazon\n"
		   "  dbtls trust audit db1.example.com:4000\n  dbtls trust roots amazon\n"
		   "  dbtls trust export --format jks --only amazon-root-ca-1 --out ats.jks\n"
		   "  sudo dbtls trust add ca.pem --all\n  sudo dbtls trust undo\n",
	.options = options,
	.first = verbs,
	.width = sizeof *verbs,
	.run = trust_run,
};

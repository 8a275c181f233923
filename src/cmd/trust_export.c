/* SPDX-License-Identifier: Apache-2.0 */
/* `dbtls trust export`: a trust store for one application (D11). */
#include "base/file.h"
#include "base/i18n.h"
#include "cmd/cli.h"
#include "cmd/trust.h"
#include "trust/export.h"
#include "trust/roots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const formats[] = { "pem", "der", "jks", "pkcs12", NULL };

/* What is read: the stores named, or that of the roots that ship with dbtls. */
static int read_stores(
    const struct trust_given *g, char **files, int n, struct store_list *list, struct err *e)
{
	const struct store_where here = { 0 };
	char password[TRUST_PASSWORD_MAX];
	const struct store_secret secret = { .given = g->password_file ? password : NULL };
	int rc = trust_password(g->password_file, password, e);

	for (int i = 0; rc == 0 && i < n; i++)
		rc = store_name(list, files[i], e);
	for (size_t i = 0; rc == 0 && i < list->n; i++) {
		store_read(&list->v[i], &here, &secret);
		/* A store made from half of another would be a trap. */
		if (!list->v[i].readable) {
			*e = list->v[i].why;
			rc = -1;
		}
	}
	explicit_bzero(password, sizeof password);
	return rc;
}

static int choose(
    const struct store_list *list, const char *only, struct export_pick *pick, struct err *e)
{
	int found = 0;

	for (size_t i = 0; i < list->n; i++) {
		int more = export_choose(pick, &list->v[i], only, e);

		if (more < 0)
			return -1;
		found += more;
	}
	if (found == 0 && only)
		return err_set(e, ERR_USER,
		    _("--only %s: there is no such CA for servers in what was read"), only);
	return found == 0 ? err_set(e, ERR_USER, _("there is no CA for servers in what was read"))
			  : 0;
}

static int choose_all(const struct trust_given *g, const struct store_list *list,
    struct export_pick *pick, struct err *e)
{
	if (g->only.n == 0)
		return choose(list, NULL, pick, e);
	for (size_t i = 0; i < g->only.n; i++)
		if (choose(list, g->only.v[i], pick, e) < 0)
			return -1;
	return 0;
}

/* The same content again is no fault. */
static int is_there(const char *path, const struct buf *out)
{
	struct err none = { 0 };
	struct buf old;
	int same;

	if (file_read(path, STORE_FILE_MAX, &old, &none) < 0)
		return 0;
	same = old.n == out->n && memcmp(old.p, out->p, out->n) == 0;
	buf_free(&old);
	return same;
}

static int put(const struct trust_given *g, const struct buf *out, struct err *e)
{
	if (is_there(g->out, out))
		return 0;
	if (!g->force && access(g->out, F_OK) == 0)
		return err_set(e, ERR_USER, _("%s is there already; --force replaces it"), g->out);
	return file_replace(g->out, 0644, out->p, out->n, e);
}

static void tell(const struct trust_given *g, const struct export_pick *pick, int format)
{
	if (cli.json) {
		cli_print_json(json_pack("{s:s, s:s, s:I}", "file", g->out, "format",
		    formats[format], "anchors", (json_int_t)pick->n));
		return;
	}
	printf(ngettext("%s: %zu CA\n", "%s: %zu CAs\n", pick->n), g->out, pick->n);
	for (size_t i = 0; i < pick->n; i++)
		printf("    %s\n", pick->v[i]->subject);
	if (format >= EXPORT_JKS && !g->out_password_file)
		printf(_("its password is changeit\n"));
}

static int make(
    const struct trust_given *g, const struct export_pick *pick, int format, struct err *e)
{
	struct buf out = buf_new(STORE_FILE_MAX);
	char password[TRUST_PASSWORD_MAX];
	int rc = trust_password(g->out_password_file, password, e);

	if (rc == 0)
		rc = export_write(pick, (enum export_format)format,
		    g->out_password_file ? password : "changeit", &out, e);
	if (rc == 0 && g->out)
		rc = put(g, &out, e);
	if (rc == 0 && g->out)
		tell(g, pick, format);
	if (rc == 0 && !g->out)
		(void)fwrite(out.p, 1, out.n, stdout);
	explicit_bzero(password, sizeof password);
	buf_free(&out);
	return rc;
}

/* 0, or the exit code. */
static int check(const struct trust_given *g, int n, int *format)
{
	*format = cli_choose(formats, g->format ? g->format : "pem");
	if (*format < 0)
		return CLI_WRONG;
	if (*format != EXPORT_PEM && !g->out)
		return cli_wrong(
		    _("say where to: --out FILE; %s is not for a terminal"), formats[*format]);
	if (n > 0 || g->only.n > 0)
		return 0;
	return cli_wrong(_("say of what: --only NAME, of the roots that ship with dbtls (dbtls "
			   "trust roots amazon), or the stores to take them from"));
}

int trust_export(const struct trust_given *g, char **files, int n)
{
	struct store_list list = { 0 };
	struct export_pick pick = { 0 };
	struct err e = { 0 };
	int format, rc = check(g, n, &format);

	if (rc != 0)
		return rc;
	rc = n > 0 ? read_stores(g, files, n, &list, &e) : store_shipped(&list, &e);
	if (rc == 0)
		rc = choose_all(g, &list, &pick, &e);
	if (rc == 0)
		rc = make(g, &pick, format, &e);
	export_free(&pick);
	store_free(&list);
	return rc < 0 ? cli_fail(&e) : CLI_OK;
}

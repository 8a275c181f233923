/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/serve.h"

#include "base/file.h"
#include "net/cidr.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 65536

/* The file that is being read, and the endpoint: the rows below say where in them a value goes. */
static struct serve reading;
static struct serve_endpoint now;
static struct opt_list upstreams; /* as text; check_upstream has put them into `now` */

static int check_upstream(const char *value, struct err *e)
{
	if (now.upstreams == SERVE_UPSTREAMS)
		return err_set(
		    e, ERR_USER, _("more than %d upstreams behind one endpoint"), SERVE_UPSTREAMS);
	if (upstream_parse(&now.upstream[now.upstreams], value, e) < 0)
		return -1;
	now.upstreams++;
	return 0;
}

static int check_id(const char *value, struct err *e)
{
	size_t n =
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	if (n > 0 && n < 64 && !value[n])
		return 0;
	return err_set(e, ERR_USER,
	    _("endpoint %s: a name has letters, digits, - _ and ., 63 at most"), value);
}

/* "FILE KEY [ca FILE]", cut into its words: it lies in the text of the file that is being read. */
static int check_certificate(const char *value, struct err *e)
{
	char *at = (char *)value, *word, *more;

	(void)opt_word(&at);
	now.certificate_key = opt_word(&at);
	word = opt_word(&at);
	now.certificate_ca = opt_word(&at);
	more = opt_word(&at);
	if (!now.certificate_key || (word && strcmp(word, "ca") != 0) || more)
		return err_set(e, ERR_USER,
		    _("certificate: write two files, FILE KEY, and behind them, for a CA of your "
		      "own, ca FILE"));
	return !word || now.certificate_ca
		   ? 0
		   : err_set(e, ERR_USER, _("\"%s\" needs a value behind it"), word);
}

static int check_sender(const char *value, struct err *e)
{
	struct cidr c;

	return cidr_parse(&c, value, e) < 0 ? err_prefix(e, "proxy-from") : 0;
}

static int check_protocol(const char *value, struct err *e)
{
	if (strcmp(value, "mysql") == 0 || strcmp(value, "tls") == 0)
		return 0;
	return err_set(e, ERR_USER, _("protocol %s: there are mysql and tls"), value);
}

int serve_is_mysql(const struct serve_endpoint *p)
{
	return !p->protocol || strcmp(p->protocol, "mysql") == 0;
}

/* ENDPOINT: of each of them; ALL: said once, before the first. */
enum scope { ALL, ENDPOINT };

static const struct word {
	struct opt o; /* first */
	enum scope scope;
} words[] = {
	{ { .name = "log",
	      .arg = "FILE | -",
	      .text = &reading.log,
	      .help = N_("where the log goes; - is the terminal (DIR/log)") },
	    ALL },
	{ { .name = "certificate-life",
	      .arg = "TIME",
	      .text = &reading.certificate_life,
	      .check = up_check_life,
	      .help = N_("how long a certificate is valid: 90d, 12h; renewed in time (90d)") },
	    ALL },
	{ { .name = "endpoint",
	      .arg = "NAME",
	      .text = &now.id,
	      .check = check_id,
	      .help = N_("what follows is about this one; a file with one needs no such line") },
	    ENDPOINT },
	{ { .name = "listen",
	      .arg = "PORT | ADDRESS:PORT | [ADDRESS]:PORT",
	      .list = &now.listen,
	      .check = up_check_listen,
	      .help = N_("where clients reach it; may be said again (4000)") },
	    ENDPOINT },
	{ { .name = "protocol",
	      .arg = "mysql | tls",
	      .text = &now.protocol,
	      .check = check_protocol,
	      .help = N_("tls: any service over TCP or a Unix socket; TLS begins with the first "
			 "byte, and nothing in it is looked at (mysql)") },
	    ENDPOINT },
	{ { .name = "name",
	      .arg = "NAME",
	      .list = &now.name,
	      .check = up_check_name,
	      .help = N_("a host name or address for its certificate; may be said again") },
	    ENDPOINT },
	{ { .name = "certificate",
	      .arg = "FILE KEY [ca FILE]",
	      .text = &now.certificate,
	      .check = check_certificate,
	      .help = N_("your own certificate, intermediates behind it, and its key, in PEM. ca: "
			 "the CA that clients have for it, if it is no public one (dbtls's CA "
			 "issues a certificate)") },
	    ENDPOINT },
	{ { .name = "access-list",
	      .arg = "FILE",
	      .text = &now.access_list,
	      .help = N_("who may come in here, in the form of the access list, and in its place "
			 "(the access list of `dbtls access`)") },
	    ENDPOINT },
	{ { .name = "tls-version",
	      .arg = "1.2 | 1.3 | both",
	      .text = &now.tls_version,
	      .check = up_check_versions,
	      .help = N_("accept this version alone (both)") },
	    ENDPOINT },
	{ { .name = "login-bridge",
	      .arg = "on | off",
	      .text = &now.login_bridge,
	      .check = up_check_bridge,
	      .help = N_("let in clients that know caching_sha2_password alone, although the "
			 "database does not have it (off)") },
	    ENDPOINT },
	{ { .name = "plaintext",
	      .arg = "allow | refuse",
	      .text = &now.plaintext,
	      .check = up_check_plaintext,
	      .help = N_("allow: let in clients without TLS, too; whoever is on the way can read "
			 "and change all that they say, and act in their name (refuse)") },
	    ENDPOINT },
	{ { .name = "proxy-from",
	      .arg = "CIDR",
	      .list = &now.proxy_from,
	      .check = check_sender,
	      .help = N_("a load balancer: its connections must begin with a PROXY header, which "
			 "is believed; may be said again") },
	    ENDPOINT },
	{ { .name = "client-certificate",
	      .arg = "off | optional | required",
	      .text = &now.client_certificate,
	      .check = up_check_clients,
	      .help = N_("ask clients for a certificate; optional: one that is shown must be "
			 "right, who shows none is let in too (off)") },
	    ENDPOINT },
	{ { .name = "client-ca",
	      .arg = "FILE",
	      .text = &now.client_ca,
	      .help = N_("PEM of the CAs that clients' certificates come from (the door's own, "
			 "from which `dbtls ca issue --client NAME` has them)") },
	    ENDPOINT },
	{ { .name = "client-name",
	      .arg = "NAME",
	      .list = &now.client_name,
	      .help = N_("let in this name of a client's certificate, letter by letter; may be "
			 "said again (all whom the CA vouches for)") },
	    ENDPOINT },
	{ { .name = "client-crl",
	      .arg = "FILE",
	      .text = &now.client_crl,
	      .help = N_("PEM of what client-ca has revoked; with one that has expired no "
			 "certificate is right") },
	    ENDPOINT },
	{ { .name = "upstream",
	      .arg =
		  "unix:PATH [proxy] | HOST:PORT ca FILE [name NAME] [proxy] | HOST:PORT insecure "
		  "[proxy]",
	      .list = &upstreams,
	      .check = check_upstream,
	      .help = N_("a database: its Unix socket; or TCP, under TLS that is verified. May be "
			 "said again: then new sessions go where there are least, and to others "
			 "while one does not answer. proxy: it is told the client's address") },
	    ENDPOINT },
	{ { 0 }, ALL },
};

/* ---- the file -------------------------------------------------------------------------------- */

static const struct word *row_of(const char *name)
{
	for (const struct word *w = words; w->o.name; w++)
		if (strcmp(w->o.name, name) == 0)
			return w;
	return NULL;
}

static int wrong_word(const char *word, struct err *e)
{
	const struct opt_words known = { words, sizeof *words,
		_("`dbtls serve --example` has all words") };

	return opt_unknown(&known, word, e);
}

static int take_value(const struct opt *o, const char *value, struct err *e)
{
	if (!*value)
		return err_set(e, ERR_USER, _("\"%s\" needs a value behind it"), o->name);
	if (o->text && *o->text)
		return err_set(e, ERR_USER, _("\"%s\" is said twice"), o->name);
	return opt_take(o, value, e);
}

/* Words about MySQL, where it is not spoken. */
static int check_tls(const struct serve_endpoint *p, struct err *e)
{
	if (serve_is_mysql(p))
		return 0;
	if (p->login_bridge)
		return err_set(e, ERR_USER,
		    _("\"login-bridge\" is about MySQL's logins: with \"protocol tls\" leave it "
		      "out"));
	if (p->plaintext)
		return err_set(e, ERR_USER,
		    _("with \"protocol tls\" nobody comes in without TLS: leave out "
		      "\"plaintext\""));
	return 0;
}

int serve_check(const struct serve_endpoint *p, const char *dashes, struct err *e)
{
	/* Whoever names clients takes the door for closed to all others. */
	if (!p->client_certificate && (p->client_ca || p->client_crl || p->client_name.n))
		return err_set(e, ERR_USER,
		    _("it is said which clients, but none is asked for a certificate: add "
		      "\"%sclient-certificate required\""),
		    dashes);
	if (up_clients(p->client_certificate) == CLIENTS_REQUIRED && up_plaintext(p->plaintext))
		return err_set(e, ERR_USER,
		    _("without TLS there is no certificate: with \"%sclient-certificate required\" "
		      "goes \"%splaintext refuse\""),
		    dashes, dashes);
	return check_tls(p, e);
}

/* The endpoint that was being read is whole, or is it? */
static int end_endpoint(struct err *e)
{
	if (!now.id)
		now.id = "default";
	if (now.upstreams == 0)
		return err_set(e, ERR_USER,
		    _("endpoint %s has no \"upstream\": where is the database?"), now.id);
	if (serve_check(&now, "", e) < 0)
		return err_prefix(e, _("endpoint %s"), now.id);
	for (size_t i = 0; i < reading.endpoints; i++)
		if (strcmp(reading.endpoint[i].id, now.id) == 0)
			return err_set(
			    e, ERR_USER, _("there are two endpoints of the name %s"), now.id);
	if (reading.endpoints == SERVE_ENDPOINTS)
		return err_set(e, ERR_USER, _("more than %d endpoints"), SERVE_ENDPOINTS);
	reading.endpoint[reading.endpoints++] = now;
	return 0;
}

static void begin_endpoint(void)
{
	now = (struct serve_endpoint) { .id = NULL };
	upstreams.n = 0;
}

/* Whether anything was said of an endpoint since it began. */
static int is_begun(void)
{
	return now.id || now.upstreams || now.listen.n || now.name.n || now.protocol ||
	       now.certificate || now.access_list || now.tls_version || now.login_bridge ||
	       now.plaintext || now.proxy_from.n || now.client_certificate || now.client_ca ||
	       now.client_crl || now.client_name.n;
}

/* `endpoint NAME` ends the one before; what no endpoint was named for would be lost. */
static int next_endpoint(struct err *e)
{
	if (!is_begun())
		return 0;
	if (!now.id)
		return err_set(e, ERR_USER,
		    _("lines above are about an endpoint without a name: put them behind a line "
		      "\"endpoint NAME\""));
	if (end_endpoint(e) < 0)
		return -1;
	begin_endpoint();
	return 0;
}

/* One line, its newline already cut off. */
static int take_line(char *line, struct err *e)
{
	const struct word *w;
	char *name, *end;

	line[strcspn(line, "#\r")] = '\0';
	name = opt_word(&line);
	if (!name)
		return 0;
	w = row_of(name);
	if (!w)
		return wrong_word(name, e);
	line += strspn(line, " \t");
	for (end = line + strlen(line); end > line && strchr(" \t", end[-1]); end--)
		end[-1] = '\0';
	if (w->scope == ALL && (now.id || reading.endpoints))
		return err_set(
		    e, ERR_USER, _("\"%s\" is about all endpoints: put it above the first"), name);
	if (w->o.text == &now.id && next_endpoint(e) < 0)
		return -1;
	return take_value(&w->o, line, e);
}

static int is_utf8(const void *p, size_t n)
{
	json_t *text = json_stringn(p, n);
	int is = text != NULL;

	json_decref(text);
	return is;
}

static int parse(const char *path, const void *text, size_t n, struct err *e)
{
	unsigned number = 1;
	char *line, *next;

	if (n && (memchr(text, '\0', n) || !is_utf8(text, n)))
		return err_set(e, ERR_USER, _("%s: this is no text in UTF-8"), path);
	if (buf_add(&reading.text, text, n) < 0 || buf_add(&reading.text, "", 1) < 0)
		return err_set(e, ERR_USER, _("%s is larger than %d bytes"), path, FILE_MAX);
	for (line = (char *)reading.text.p; line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (take_line(line, e) < 0)
			return err_prefix(e, "%s:%u", path, number);
	}
	return end_endpoint(e) < 0 ? err_prefix(e, "%s", path) : 0;
}

int serve_parse(struct serve *s, const char *path, const void *text, size_t n, struct err *e)
{
	int rc;

	begin_endpoint();
	reading = (struct serve) { .text = buf_new(FILE_MAX + 1) };
	rc = parse(path, text, n, e);
	*s = reading;
	if (rc < 0)
		serve_free(s);
	return rc;
}

void serve_free(struct serve *s)
{
	buf_free(&s->text);
	s->endpoints = 0;
}

void serve_from_up(struct serve *s, const char *socket)
{
	struct serve_endpoint *p = &s->endpoint[0];

	*s = (struct serve) {
		.endpoints = 1, .log = up.log, .certificate_life = up.certificate_life
	};
	*p = (struct serve_endpoint) { .id = "default",
		.listen = up.listen,
		.name = up.name,
		.tls_version = up.tls_version,
		.login_bridge = up.login_bridge ? up.login_bridge : "on",
		.plaintext = up.plaintext,
		.client_certificate = up.client_certificate,
		.client_name = up.client_name,
		.upstreams = 1 };
	(void)snprintf(p->upstream[0].path, sizeof p->upstream[0].path, "%s", socket);
	p->upstream[0].proxy = up_client_addresses(up.client_addresses);
}

int serve_read(struct serve *s, const char *path, struct err *e)
{
	struct buf text;
	int rc;

	if (file_read(path, FILE_MAX, &text, e) < 0)
		return -1;
	rc = serve_parse(s, path, text.p, text.n, e);
	buf_free(&text);
	return rc;
}

void serve_example(void)
{
	printf("%s", _("# dbtls serve -c FILE: a word and its value a line\n"));
	for (const struct word *w = words; w->o.name; w++)
		printf("\n# %s\n#%s %s\n", _(w->o.help), w->o.name, w->o.arg);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "know/remedy.h"

#include "base/i18n.h"

#include <strings.h>

const struct remedy_who remedy_whos[] = {
	{ "debian", REMEDY_SYSTEM, "Debian, Ubuntu", "ubuntu linuxmint raspbian kali pop" },
	{ "rhel", REMEDY_SYSTEM, "RHEL, Fedora, Amazon Linux",
	    "fedora centos rocky almalinux alma ol amzn amazon" },
	{ "suse", REMEDY_SYSTEM, "SUSE", "opensuse opensuse-leap opensuse-tumbleweed sles sled" },
	{ "alpine", REMEDY_SYSTEM, "Alpine", "" },
	{ "arch", REMEDY_SYSTEM, "Arch", "manjaro archarm" },
	{ "macos", REMEDY_SYSTEM, "macOS", "darwin osx mac" },
	{ "windows", REMEDY_SYSTEM, "Windows", "win win32" },

	{ "mariadb", REMEDY_CLIENT, "mariadb", "" },
	{ "mysql", REMEDY_CLIENT, "mysql", "libmysqlclient" },
	{ "mycli", REMEDY_CLIENT, "mycli", "" },
	{ "python", REMEDY_CLIENT, "Python, mysqlclient", "mysqlclient mysqldb" },
	{ "pymysql", REMEDY_CLIENT, "Python, PyMySQL", "" },
	{ "sqlalchemy", REMEDY_CLIENT, "SQLAlchemy", "" },
	{ "django", REMEDY_CLIENT, "Django", "" },
	{ "java", REMEDY_CLIENT, "Java, Connector/J", "jdbc connector-j" },
	{ "go", REMEDY_CLIENT, "Go, go-sql-driver", "golang" },
	{ "gorm", REMEDY_CLIENT, "GORM", "" },
	{ "node", REMEDY_CLIENT, "Node.js, mysql2", "nodejs" },
	{ "sequelize", REMEDY_CLIENT, "Sequelize", "" },
	{ "prisma", REMEDY_CLIENT, "Prisma", "" },
	{ "ruby", REMEDY_CLIENT, "Ruby", "rails" },
	{ "php", REMEDY_CLIENT, "PHP", "mysqli pdo" },
	{ "dotnet", REMEDY_CLIENT, ".NET", ".net csharp" },
	{ "cpp", REMEDY_CLIENT, "C++", "c++" },
	{ "curl", REMEDY_CLIENT, "curl", "" },
	{ "wget", REMEDY_CLIENT, "wget", "" },
	{ "aws", REMEDY_CLIENT, "aws", "aws-cli awscli" },
	{ "boto3", REMEDY_CLIENT, "boto3", "botocore" },
	{ "aws-sdk-js", REMEDY_CLIENT, "AWS SDK for JavaScript", "javascript" },
	{ "urllib", REMEDY_CLIENT, "Python, urllib", "" },
	{ "node-https", REMEDY_CLIENT, "Node.js, https", "" },
	{ "go-http", REMEDY_CLIENT, "Go, net/http", "" },
	{ "java-http", REMEDY_CLIENT, "Java, HttpClient", "" },
	{ "browser", REMEDY_CLIENT, N_("browsers"), "firefox chrome chromium edge safari" },

	{ "mariadb-server", REMEDY_SERVER, N_("MariaDB's server"), "mariadbd mariadb" },
	{ "mysql-server", REMEDY_SERVER, N_("MySQL's server"), "mysqld mysql" },
	{ "tidb", REMEDY_SERVER, "TiDB", "tidb-server" },
	{ "haproxy", REMEDY_SERVER, "HAProxy", "" },
	{ "nginx", REMEDY_SERVER, "nginx", "" },
	{ "dbtls", REMEDY_SERVER, "dbtls", "" },
	{ "aws", REMEDY_SERVER, "AWS", "amazon dynamodb" },
	{ NULL, 0, NULL, NULL },
};

static const struct remedy *const tables[REMEDY_KINDS] = {
	[REMEDY_SYSTEM] = remedy_systems,
	[REMEDY_CLIENT] = remedy_clients,
	[REMEDY_SERVER] = remedy_servers,
};

/* Whether word, of n bytes, is one of those in list. */
static int has_word(const char *list, const char *word, size_t n)
{
	while (*list) {
		size_t m = strcspn(list, " ");

		if (n > 0 && m == n && strncasecmp(list, word, n) == 0)
			return 1;
		list += m;
		list += strspn(list, " ");
	}
	return 0;
}

static const struct remedy_who *who_of(enum remedy_kind kind, const char *name, size_t n)
{
	for (const struct remedy_who *w = remedy_whos; w->name; w++)
		if (w->kind == kind && (has_word(w->name, name, n) || has_word(w->also, name, n)))
			return w;
	return NULL;
}

const struct remedy_who *remedy_who(enum remedy_kind kind, const char *name)
{
	return name ? who_of(kind, name, strlen(name)) : NULL;
}

/* The value of that name, without quotes (os-release(5)); "" where it does not stand there. */
static void value_of(struct span text, const char *name, char *out, size_t size)
{
	const char *at = (const char *)text.p, *end = at + text.n;
	size_t n = strlen(name), m = 0;

	*out = '\0';
	while (at < end) {
		const char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		at = stop < end ? stop + 1 : end;
		if ((size_t)(stop - line) <= n || strncmp(line, name, n) != 0)
			continue;
		for (line += n; line < stop && m + 1 < size; line++)
			if (*line != '"' && *line != '\'')
				out[m++] = *line;
		out[m] = '\0';
		return;
	}
}

const struct remedy_who *remedy_system(struct span os_release)
{
	const struct remedy_who *found;
	char id[64], like[256];

	value_of(os_release, "ID=", id, sizeof id);
	value_of(os_release, "ID_LIKE=", like, sizeof like);
	found = remedy_who(REMEDY_SYSTEM, id);
	for (const char *at = like; !found && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		found = who_of(REMEDY_SYSTEM, at, n);
		at += n;
	}
	return found;
}

const struct remedy *remedy_next(
    const struct remedy *after, const char *cause, const struct remedy_who *who)
{
	const struct remedy *r = after ? after + 1 : tables[who->kind];

	for (; r->causes; r++)
		if (has_word(r->causes, cause, strlen(cause)) &&
		    has_word(r->who, who->name, strlen(who->name)))
			return r;
	return NULL;
}

const char *remedy_kind_name(enum remedy_kind k)
{
	static const char *const names[REMEDY_KINDS] = { "system", "client", "server" };

	return names[k];
}

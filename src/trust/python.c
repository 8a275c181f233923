/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles that Python packages bring along: certifi's in each Python and virtual environment, the
 * copy of it in pip, and botocore's.
 */
#include "base/i18n.h"
#include "trust/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where packages are: below each a folder *-packages. */
static const char *const places[] = {
	"/usr/lib/python3*",
	"/usr/local/lib/python3*",
	"/usr/lib64/python3*",
	"~/.local/lib/python3*",
	"~/.pyenv/versions/*/lib/python3*",
	"~/.asdf/installs/python/*/lib/python3*",
	"~/.local/share/uv/tools/*/lib/python3*",
	"~/.local/share/pipx/venvs/*/lib/python3*",
	"~/.local/pipx/venvs/*/lib/python3*",
	"~/.local/share/virtualenvs/*/lib/python3*",
	"~/.virtualenvs/*/lib/python3*",
	"~/.cache/pypoetry/virtualenvs/*/lib/python3*",
	"~/miniconda3/lib/python3*",
	"~/miniconda3/envs/*/lib/python3*",
	"~/anaconda3/lib/python3*",
	"~/anaconda3/envs/*/lib/python3*",
	/* virtual environments, in a project's folder or as one */
	"~/*/lib/python3*",
	"~/*/venv/lib/python3*",
	"~/*/.venv/lib/python3*",
	"~/*/*/venv/lib/python3*",
	"~/*/*/.venv/lib/python3*",
	"/opt/*/lib/python3*",
	"/opt/*/venv/lib/python3*",
	"/opt/*/.venv/lib/python3*",
	"/srv/*/lib/python3*",
	"/srv/*/venv/lib/python3*",
	"/srv/*/.venv/lib/python3*",
	NULL,
};

/* The environment that is in force, and what lies in the folder that one is in. */
static const char *const here[] = { "venv/lib/python3*", ".venv/lib/python3*", NULL };

static const struct hunt_row packages[] = {
	{ "certifi/cacert.pem", N_("Python (requests, httpx, urllib3, boto3)") },
	{ "pip/_vendor/certifi/cacert.pem", N_("pip") },
	{ "botocore/cacert.pem", N_("boto3, AWS CLI, where there is no certifi") },
	{ "awscli/botocore/cacert.pem", N_("AWS CLI, where there is no certifi") },
	{ 0 },
};

static const struct hunt_row apart[] = {
	{ "/usr/local/aws-cli/v2/*/dist/awscli/botocore/cacert.pem", N_("AWS CLI 2") },
	{ "~/aws-cli/v2/*/dist/awscli/botocore/cacert.pem", N_("AWS CLI 2") },
	{ "/usr/share/python-wheels/certifi*/cacert.pem", N_("pip") },
	{ 0 },
};

static int look(struct hunt *h, const char *place)
{
	char pattern[PATH_MAX];

	for (const struct hunt_row *p = packages; p->pattern; p++) {
		if ((size_t)snprintf(pattern, sizeof pattern, "%s/*-packages/%s", place,
			p->pattern) >= sizeof pattern)
			continue;
		if (hunt_pattern(h, pattern, p->who) < 0)
			return -1;
	}
	return 0;
}

static int look_here(struct hunt *h)
{
	const char *told = getenv("VIRTUAL_ENV");
	char place[PATH_MAX];

	for (size_t i = 0; here[i]; i++)
		if (look(h, here[i]) < 0)
			return -1;
	if (!told || *told != '/' || strpbrk(told, "*?["))
		return 0;
	(void)snprintf(place, sizeof place, "%s/lib/python3*", told);
	return look(h, place);
}

static int python_find(struct hunt *h)
{
	for (size_t i = 0; places[i]; i++)
		if (look(h, places[i]) < 0)
			return -1;
	if (hunt_here(h) && look_here(h) < 0)
		return -1;
	return hunt_rows(h, apart);
}

const struct store_kind python_kind = { .name = "python", .find = python_find };

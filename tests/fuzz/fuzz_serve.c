/* SPDX-License-Identifier: Apache-2.0 */
/* The file of `dbtls serve`: what is taken is bounded, and never a way to reach it unverified. */
#include "conf/serve.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serve s;
	struct err e = { 0 };
	char text[512];

	if (serve_parse(&s, "FILE", data, size, &e) < 0) {
		HOLDS(e.text[0] && strlen(e.text) < sizeof e.text && !strchr(e.text, '\n'));
		return 0;
	}
	HOLDS(s.upstream && (s.to.path[0] == '/' || (s.to.host[0] && s.to.port)));
	HOLDS(!s.to.path[0] || !s.to.ca[0]);
	HOLDS(!s.to.ca[0] || s.to.name[0]);
	HOLDS(strlen(serve_upstream_text(&s.to, text)) < sizeof text);
	for (size_t i = 0; i < up.listen.n; i++)
		HOLDS(up_check_listen(up.listen.v[i], &e) == 0);
	serve_free(&s);
	return 0;
}

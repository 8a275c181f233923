/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/issuers.h"

#include <string.h>

size_t issuers_add(struct shape *s, const char *cn, size_t issuer)
{
	size_t at = s->certs++;

	s->cert[at] = s->cert[INTERMEDIATE];
	s->cert[at].cn = cn;
	s->cert[at].issuer = issuer;
	s->cert[at].pathlen = -1;
	s->cert[at].pool = NULL;
	return at;
}

void issuers_lengthen(struct shape *s, size_t n)
{
	static const char *const names[] = {
		"dbtls lab * second CA",
		"dbtls lab * third CA",
		"dbtls lab * fourth CA",
		"dbtls lab * fifth CA",
		"dbtls lab * sixth CA",
	};
	size_t issuer = ROOT;

	s->cert[ROOT].pathlen = -1;
	s->sends = 2 + n;
	for (size_t i = n; i-- > 0;) {
		issuer = issuers_add(s, names[i], issuer);
		s->send[2 + i] = issuer;
	}
	s->cert[INTERMEDIATE].issuer = issuer;
}

void issuers_send(struct shape *s, const size_t *indexes, size_t n)
{
	memcpy(s->send, indexes, n * sizeof *indexes);
	s->sends = n;
}

void issuers_rsa(struct shape *s)
{
	for (size_t i = 0; i < s->certs; i++)
		s->cert[i].key = FORGE_RSA2048;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The first bytes of whoever connects. */
#include "fuzz.h"
#include "wire/mysql.h"

static void is_packet(struct span s, uint8_t seq, uint32_t least, uint32_t most)
{
	struct mysql_header h;

	HOLDS(mysql_header(&s, &h) == 0);
	HOLDS(seq == 1 && h.seq == 1);
	HOLDS(h.length >= least && h.length <= most);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	uint8_t seq = 99, again = 99;
	enum mysql_first is = mysql_first(data, size, &seq);

	HOLDS(size >= 8 || is == MYSQL_FIRST_NONSENSE);
	HOLDS(size < MYSQL_HEADER || seq == data[3]);
	if (is == MYSQL_FIRST_SSLREQUEST)
		is_packet(s, seq, MYSQL_SSLREQUEST, MYSQL_SSLREQUEST);
	if (is == MYSQL_FIRST_PLAINTEXT)
		is_packet(s, seq, MYSQL_SSLREQUEST + 1, MYSQL_LOGIN_MAX);
	if (is == MYSQL_FIRST_OLD)
		is_packet(s, seq, 5, MYSQL_LOGIN_MAX);
	HOLDS(is != MYSQL_FIRST_TLS || data[0] == 0x16);
	HOLDS(is != MYSQL_FIRST_HTTP || (data[0] >= 'A' && data[0] <= 'Z'));
	/* What has been said of eight bytes stays said when more arrive. */
	HOLDS(size < 8 || mysql_first(data, 8, &again) == is);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/hosts: whatever it holds, only names come out that a certificate may carry. */
#include "net/hostnames.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hostnames h;

	memset(&h, 0, sizeof h);
	h.addresses = addr_parse_ip(&h.address[0], "192.0.2.7") == 0;
	hostnames_read(&h, "foo", span_of(data, size));
	if (h.names < 2 || h.names > HOST_NAMES_MAX ||
	    strcmp(h.name[h.names - 1], "localhost") != 0)
		abort();
	for (size_t i = 0; i < h.names; i++)
		if (!hostname_valid(h.name[i]))
			abort();
	return 0;
}

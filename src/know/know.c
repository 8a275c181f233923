/* SPDX-License-Identifier: Apache-2.0 */
#include "know/know.h"

const char *know_trusts_name(enum know_trusts t)
{
	static const char *const names[] = {
		[KNOW_YES] = "yes",
		[KNOW_WITH_UPDATE] = "with-update",
		[KNOW_NO] = "no",
		[KNOW_SYSTEM] = "system",
		[KNOW_UNSAID] = "unsaid",
	};

	return names[t];
}

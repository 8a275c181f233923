/* SPDX-License-Identifier: Apache-2.0 */
/* Names of systems, SDKs and browsers from anywhere. */
#include "fuzz.h"
#include "know/browsers.h"
#include "know/sdks.h"
#include "know/systems.h"

static void ask(const char *text)
{
	struct systems_answer system;
	struct sdks_answer sdk;
	struct err e = { 0 };

	if (systems_find(text, &system, &e) == 0)
		HOLDS(system.system && system.release && system.needs);
	else
		HOLDS(e.kind == ERR_USER && *e.text);
	if (sdks_find(text, &sdk, &e) == 0)
		HOLDS(sdk.sdk && sdk.release && strlen(sdk.first) == strlen(sdk.last));
	(void)browsers_find(text, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	HOLDS(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	ask(text);
	free(text);
	return 0;
}

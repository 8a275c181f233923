/* SPDX-License-Identifier: Apache-2.0 */
#include "know/browsers.h"

#include "base/i18n.h"
#include "know/words.h"

#include <string.h>

static const struct browsers_browser browsers[] = {
	{ "Firefox", "mozilla firefox, mozilla, firefox esr, tor browser",
	    N_("its own, Mozilla's, built into NSS on every system; with "
	       "security.enterprise_roots.enabled also what somebody added to Windows' or macOS's"),
	    N_("with the browser: about:preferences, Firefox Updates; a distribution's Firefox "
	       "with the distribution"),
	    N_("about:preferences, Certificates, Authorities, Import; or on Linux: dbtls trust add "
	       "amazon-root-ca-1 --nss"),
	    "https://support.mozilla.org/kb/update-firefox-latest-release",
	    "https://wiki.mozilla.org/CA/FAQ; "
	    "https://firefox-admin-docs.mozilla.org/reference/policies/certificates/" },
	{ "Chrome", "google chrome, chromium, brave, opera, vivaldi",
	    N_("its own, the Chrome Root Store: on Windows and macOS since version 108 (begun with "
	       "105), on Linux and ChromeOS since 114, on Android since 115; before that the "
	       "system's, and on iOS still Apple's. What somebody added to the system's counts as "
	       "well"),
	    N_("by itself, about every three months, without a new version of the browser; before "
	       "these versions with the system, so that there it is the system that wants the "
	       "update"),
	    N_("on Linux: dbtls trust add amazon-root-ca-1 --nss; on Windows and macOS in the "
	       "system's store: dbtls trust add --commands windows, or macos"),
	    "https://support.google.com/chrome/answer/95414",
	    "https://chromium.googlesource.com/chromium/src/+/main/net/data/ssl/chrome_root_store/"
	    "faq.md (2024-06-01)" },
	{ "Edge", "microsoft edge, ms edge",
	    N_("its own, from Microsoft's programme: on Windows and macOS since version 112 (begun "
	       "with 109); before that the system's, and on iOS still Apple's. What somebody added "
	       "to the system's counts as well"),
	    N_("with the browser: edge://settings/help; before these versions with the system, by "
	       "Windows Update"),
	    N_("in the system's store: dbtls trust add --commands windows amazon-root-ca-1, or "
	       "macos"),
	    "https://support.microsoft.com/microsoft-edge",
	    "https://learn.microsoft.com/deployedge/microsoft-edge-security-cert-verification" },
	{ "Safari", "apple safari, mobile safari",
	    N_("the system's, Apple's: macOS and iOS share one list since macOS 10.14 and iOS 12"),
	    N_("with the system: updating Safari alone brings no newer list"),
	    N_("in the system's keychain: dbtls trust add --commands macos amazon-root-ca-1"),
	    "https://support.apple.com/guide/safari", "https://support.apple.com/en-us/103272" },
	{ "Internet Explorer", "ie, msie, microsoft internet explorer",
	    N_("the system's, Microsoft's"),
	    N_("with the system, by Windows Update: a newer Internet Explorer brings no newer "
	       "list"),
	    N_("in the system's store: dbtls trust add --commands windows amazon-root-ca-1"),
	    "https://support.microsoft.com/windows",
	    "https://learn.microsoft.com/security/trusted-root/program-requirements" },
	{ 0 },
};

const struct browsers_browser *browsers_at(size_t n)
{
	return n < sizeof browsers / sizeof *browsers - 1 ? &browsers[n] : NULL;
}

static const struct browsers_browser *nearest(const char *text)
{
	const struct browsers_browser *near = NULL;
	size_t least = strlen(text) / 3 + 1;

	for (const struct browsers_browser *b = browsers; b->name; b++) {
		size_t d = know_words_distance(text, b->name);

		if (d >= least)
			continue;
		least = d;
		near = b;
	}
	return near;
}

const struct browsers_browser *browsers_find(const char *text, struct err *e)
{
	const struct browsers_browser *near;
	char folded[KNOW_TEXT];

	know_words_fold(folded, text);
	for (const char *at = folded; *at; at = know_words_next(at))
		for (const struct browsers_browser *b = browsers; b->name; b++)
			if (know_words_begin(at, b->name) || know_words_begin(at, b->called))
				return b;
	near = nearest(folded);
	if (near)
		(void)err_set(e, ERR_USER,
		    _("no browser is known as \"%.80s\"; did you mean %s? dbtls explain "
		      "--browser list has all"),
		    folded, near->name);
	else
		(void)err_set(e, ERR_USER,
		    _("no browser is known as \"%.80s\"; dbtls explain --browser list has all"),
		    folded);
	return NULL;
}

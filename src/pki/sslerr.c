/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/sslerr.h"

#include "base/i18n.h"
#include "base/utf8.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* OpenSSL has no words of its own for what errno says. */
static const char *reason(unsigned long code)
{
	const char *text = NULL;

	if (code == 0)
		return _("OpenSSL gives no reason");
	if (ERR_SYSTEM_ERROR(code))
		return _(strerror(ERR_GET_REASON(code)));
	text = ERR_reason_error_string(code);
	return text ? text : _("an error that OpenSSL has no words for");
}

int err_ssl(struct err *e, const char *fmt, ...)
{
	const char *data = "";
	int flags = 0;
	unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
	int more = code && (flags & ERR_TXT_STRING) && *data;
	va_list ap;
	int n;

	*e = (struct err) { .kind = ERR_TLS, .ssl = code };
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->text)
		(void)snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s%s%s%s", reason(code),
		    more ? " (" : "", more ? data : "", more ? ")" : "");
	utf8_drop_cut(e->text);
	ERR_clear_error();
	return -1;
}

int sslerr_is_pem_end(void)
{
	unsigned long code = ERR_peek_last_error();
	int end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;

	if (end)
		ERR_clear_error();
	return end;
}

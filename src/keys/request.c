/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/request.h"

#include "keys/form.h"
#include "proc/messages.h"

int request_check(
    struct span payload, const struct identity *key, struct request *out, struct err *e)
{
	struct sign_request r;
	struct span head;

	*out = (struct request) { 0 };
	if (span_take(&payload, sizeof r, &head) < 0)
		return err_set(e, ERR_PEER, "a request of %zu bytes is too short", payload.n);
	memcpy(&r, head.p, sizeof r);
	out->id = r.id;
	out->text = payload;
	out->scheme = scheme_find(r.algorithm);
	if (memcmp(r.key, key->hash, sizeof r.key) != 0)
		return err_set(e, ERR_PEER, "it asks for a key that is not here");
	if (!out->scheme || out->scheme->key != key->kind)
		return err_set(e, ERR_PEER, "algorithm 0x%04x is not one of this key", r.algorithm);
	if (payload.n > SIGN_TEXT_MAX || form_check(payload, r.algorithm) < 0)
		return err_set(e, ERR_PEER, "its text of %zu bytes is no TLS server's", payload.n);
	return 0;
}

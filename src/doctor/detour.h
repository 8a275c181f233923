/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proxy that HTTPS clients on this machine go through, by HTTPS_PROXY and NO_PROXY as SDKs read
 * them. The doctor itself goes straight there. Pure.
 */
#ifndef DOCTOR_DETOUR_H
#define DOCTOR_DETOUR_H

#include <stddef.h>

/*
 * proxy, no_proxy: the values of these variables; NULL: not set. 1: who asks for host goes through
 * the proxy, and out says "proxy.example.com:3128": neither its user nor its password. 0: straight.
 */
int detour_of(const char *proxy, const char *no_proxy, const char *host, char *out, size_t size);

#endif

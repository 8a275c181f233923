/* SPDX-License-Identifier: Apache-2.0 */
/* Text in UTF-8 that had no room. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/* Drops the bytes at text's end that begin a letter and do not end it, as a full buffer leaves
 * them. What is no UTF-8 stays. */
void utf8_drop_cut(char *text);

#endif

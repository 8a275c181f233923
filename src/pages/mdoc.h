/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a manual page in mdoc(7) to standard output, from texts that know nothing of it. */
#ifndef PAGES_MDOC_H
#define PAGES_MDOC_H

/* The page's head, up to its description. title: "DBTLS-CAUSES"; what: N_(), as apropos shows it.
 */
void mdoc_page(const char *title, const char *name, const char *what);

void mdoc_section(const char *title);
void mdoc_subsection(const char *title);

/* A paragraph's text: a sentence begins a line, as mdoc wants it, and an address is a link. */
void mdoc_text(const char *text);
void mdoc_paragraph(const char *text);

/* A list of headed items: mdoc_list, then heads with their texts, then mdoc_list_end. */
void mdoc_list(void);
void mdoc_item(const char *head);
void mdoc_list_end(void);

/* Lines as they are. */
void mdoc_literal(const char *lines);

/* "dbtls 1, dbtls-causes 7": the others, without the page's own name. */
void mdoc_see_also(const char *self, const char *const *pages);

#endif

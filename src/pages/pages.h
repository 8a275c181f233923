/* SPDX-License-Identifier: Apache-2.0 */
/* The manual's pages of section 7, each made of the rows of tables; one file a page. */
#ifndef PAGES_PAGES_H
#define PAGES_PAGES_H

/* Each writes what stands between the page's description and its end. */
void pages_causes(void);
void pages_systems(void);
void pages_settings(void);
void pages_clients(void);

#endif

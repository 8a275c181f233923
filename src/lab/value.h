/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values in a statement: constants, parameters, variables, functions, and sums of numbers. Each
 * function takes what it reads, and returns -1 with the reader's answer filled when it can't.
 */
#ifndef LAB_VALUE_H
#define LAB_VALUE_H

#include "lab/reader.h"

#define VALUE_MAX 1024 /* bytes, and a NUL */

struct value {
	enum mysqlserver_kind kind;
	int null;
	int64_t number; /* of a BIGINT */
	char text[VALUE_MAX];
	size_t n;
};

/* A sum, with IS NULL or IS NOT NULL behind it or without. */
int value_expression(struct reader *r, struct value *v);
int value_sum(struct reader *r, struct value *v);
int value_atom(struct reader *r, struct value *v); /* one of what is summed up */

/* A name, quoted or not, as text that ends in NUL. */
int value_name(struct reader *r, struct value *v);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client is by its ClientHello: the TLS library, and by it the driver where that sets the
 * library up in a way of its own. Good for words to a person, who looks for the one machine among
 * many that can't connect; not for a decision, since anybody can send anybody's hello.
 *
 * The rows go by what a library's code makes and its builds keep (the order of its extensions, of
 * its signature algorithms, of a driver's own cipher suites), not by a sum over all bytes. Each was
 * measured, see tests/data/hello/README; .NET alone is by its source.
 *
 * What the bytes can't tell, since the hellos are the same but for random numbers and names:
 *	Connector/J, MariaDB Connector/J and any other program on the same JDK
 *	go-sql-driver and any other program of the same Go
 *	mysql2, mysql and mariadb on Node.js, which set one list
 *	mysqli and PDO of PHP; Oracle's mysql and all that is built with libmysqlclient
 *	programs that leave OpenSSL's lists as they are: mariadb and all that is built with
 *	libmariadb (mysqlclient and Ruby's mysql2 of Debian), Debian's Python with PyMySQL, Python
 *	before 3.10, curl
 *	OpenSSL's releases 3.0 to 3.4, and all since 1.1.1 once TLS 1.3 is off
 *	a driver whose user gave it cipher suites: what remains is the library's name
 * SNI tells no more: libmariadb sends it since 3.4, and hardly anybody does for an IP address.
 */
#ifndef FRONT_LIBRARY_H
#define FRONT_LIBRARY_H

#include "wire/hello.h"

/* A name to put behind an address, not translated. NULL: it is nobody that we know. */
const char *library_name(const struct hello *h);

/* The same name as library_name gives it, which lives for ever; NULL: it gives no such name. */
const char *library_known(const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What DynamoDB answers, byte by byte; and signatures, as botocore 1.43 makes them. */
#include "block.h"
#include "lab/dynamo.h"
#include "tap.h"

#define HOST    "Host: db1.lab.dbtls.test:8443\r\n"
#define TABLES  "X-Amz-Target: DynamoDB_20120810.ListTables\r\n"
#define STREAMS "X-Amz-Target: DynamoDBStreams_20120810.ListStreams\r\n"
#define TYPE    "Content-Type: application/x-amz-json-1.0\r\n"
#define DATE    "X-Amz-Date: 20261122T071600Z\r\n"
#define SIGNED(user, names, signature)                                                             \
	"Authorization: AWS4-HMAC-SHA256 Credential=" user                                         \
	"/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=" names ", Signature=" signature \
	"\r\n"
#define NAMES   "content-type;host;x-amz-date;x-amz-target"
#define TABLES_ "db1e734a41566cf4f4f0597c82cbeb52fe79408ea26ae309eadafea11e14310d"
#define SPACES_ "b3a471e882bf7320c056d487d6c8aed929e2f5e65ecc9ab372491ffc61be466d"
#define GOOD    SIGNED("lab", NAMES, TABLES_)
#define CORAL   "{\"__type\":\"com.amazon.coral.service#"
#define JSON    "application/x-amz-json-1.0"
#define XML     "<UnknownOperationException/>\n"
#define UNSIGNED                                                                                   \
	CORAL "MissingAuthenticationTokenException\",\"message\":\"Request is missing "            \
	      "Authentication Token\"}"
#define POST "POST / HTTP/1.1\r\n" HOST

struct row {
	const char *name, *head, *body;
	int status;
	const char *type, *answer; /* answer: how it begins */
	enum sigv4 login;
};

static const struct row rows[] = {
	{ "GET /", "GET / HTTP/1.1\r\n" HOST, "", 200, NULL, "healthy: db1.lab.dbtls.test ",
	    SIGV4_NONE },
	{ "D5: healthy", "GET / HTTP/1.1\r\nHost: dynamodb.us-east-1.amazonaws.com\r\n", "", 200,
	    NULL, "healthy: dynamodb.us-east-1.amazonaws.com ", SIGV4_NONE },
	{ "GET /ping", "GET /ping HTTP/1.1\r\n" HOST, "", 200, NULL, "healthy: db1.lab.dbtls.test ",
	    SIGV4_NONE },
	{ "HEAD", "HEAD / HTTP/1.1\r\n" HOST, "", 200, NULL, "healthy: db1.lab.dbtls.test ",
	    SIGV4_NONE },
	{ "another path", "GET /x HTTP/1.1\r\n" HOST, "", 404, NULL, XML, SIGV4_NONE },
	{ "a query", "GET /?x HTTP/1.1\r\n" HOST, "", 404, NULL, XML, SIGV4_NONE },
	{ "OPTIONS", "OPTIONS / HTTP/1.1\r\n" HOST, "", 404, NULL, XML, SIGV4_NONE },
	{ "PUT", "PUT / HTTP/1.1\r\n" HOST, "", 404, NULL, XML, SIGV4_NONE },
	{ "POST elsewhere", "POST /x HTTP/1.1\r\n" HOST TYPE TABLES, "{}", 404, NULL, XML,
	    SIGV4_NONE },
	{ "no type", POST TABLES, "{}", 404, NULL, XML, SIGV4_NONE },
	{ "another type", POST TABLES "Content-Type: text/plain\r\n", "{}", 404, NULL, XML,
	    SIGV4_NONE },
	{ "unsigned ListTables", POST TYPE TABLES, "{}", 400, JSON, UNSIGNED, SIGV4_NONE },
	{ "unsigned ListStreams", POST TYPE STREAMS, "{}", 400, JSON, UNSIGNED, SIGV4_NONE },
	{ "unsigned, of another type", POST "Content-Type: application/json; charset=x\r\n" TABLES,
	    "{}", 400, "application/json", UNSIGNED, SIGV4_NONE },
	{ "signed for something else", POST TYPE TABLES "Authorization: Basic eA==\r\n", "{}", 400,
	    JSON, UNSIGNED, SIGV4_NONE },
	{ "no JSON", POST TYPE TABLES, "{", 400, JSON, CORAL "SerializationException\"}",
	    SIGV4_NONE },
	{ "no object", POST TYPE TABLES, "[]", 400, JSON, CORAL "SerializationException\"}",
	    SIGV4_NONE },
	{ "no operation", POST TYPE, "{}", 400, JSON, CORAL "UnknownOperationException\"}",
	    SIGV4_NONE },
	{ "another operation", POST TYPE "X-Amz-Target: DynamoDB_20120810.GetItem\r\n", "{}", 400,
	    JSON, CORAL "UnknownOperationException\"}", SIGV4_NONE },
	{ "an operation of the other API",
	    POST TYPE "X-Amz-Target: DynamoDB_20120810.ListStreams\r\n", "{}", 400, JSON,
	    CORAL "UnknownOperationException\"}", SIGV4_NONE },
	{ "signed", POST TYPE TABLES DATE GOOD, "{}", 200, JSON, "{\"TableNames\":[\"test\"]}",
	    SIGV4_GOOD },
	{ "signed, with several blanks",
	    POST TYPE STREAMS DATE
	    "X-Spaces: a   b  c\r\n" SIGNED("lab", NAMES ";x-spaces", SPACES_),
	    "{\"Limit\": 1}", 200, JSON, "{\"Streams\":[]}", SIGV4_GOOD },
	{ "another body than the signed", POST TYPE TABLES DATE GOOD, "{ }", 400, JSON,
	    CORAL "InvalidSignatureException\"", SIGV4_WRONG },
	{ "another time than the signed", POST TYPE TABLES "X-Amz-Date: 20261122T071601Z\r\n" GOOD,
	    "{}", 400, JSON, CORAL "InvalidSignatureException\"", SIGV4_WRONG },
	{ "another host than the signed", "POST / HTTP/1.1\r\nHost: db2\r\n" TYPE TABLES DATE GOOD,
	    "{}", 400, JSON, CORAL "InvalidSignatureException\"", SIGV4_WRONG },
	{ "a signature that is cut", POST TYPE TABLES DATE SIGNED("lab", NAMES, "db1e734a41566cf4"),
	    "{}", 400, JSON, CORAL "InvalidSignatureException\"", SIGV4_WRONG },
	{ "a signed field that is not there",
	    POST TYPE TABLES DATE SIGNED("lab", NAMES ";x-absent", TABLES_), "{}", 400, JSON,
	    CORAL "InvalidSignatureException\"", SIGV4_WRONG },
	{ "another user", POST TYPE TABLES DATE SIGNED("eve", NAMES, TABLES_), "{}", 400, JSON,
	    CORAL "UnrecognizedClientException\"", SIGV4_STRANGER },
	{ "no signature", POST TYPE TABLES DATE SIGNED("lab", NAMES, ""), "{}", 400, JSON,
	    CORAL "IncompleteSignatureException\"", SIGV4_INCOMPLETE },
	{ "Host is not signed", POST TYPE TABLES DATE SIGNED("lab", "x-amz-date", TABLES_), "{}",
	    400, JSON, CORAL "IncompleteSignatureException\"", SIGV4_INCOMPLETE },
	{ "no time", POST TYPE TABLES GOOD, "{}", 400, JSON, CORAL "IncompleteSignatureException\"",
	    SIGV4_INCOMPLETE },
	{ "nothing but the algorithm", POST TYPE TABLES DATE "Authorization: AWS4-HMAC-SHA256\r\n",
	    "{}", 400, JSON, CORAL "IncompleteSignatureException\"", SIGV4_INCOMPLETE },
};

static int begins(const struct buf *b, const char *text)
{
	return b->n >= strlen(text) && memcmp(b->p, text, strlen(text)) == 0;
}

static void answers(const struct row *row, const char *password, int status)
{
	char head[2048];
	int n = snprintf(head, sizeof head, "%s\r\n", row->head);
	struct span all = block(head, (size_t)n), body = block(row->body, strlen(row->body));
	struct dynamo_answer a = { 0 };
	struct http_request r;
	size_t length;

	ok(http_read(all, &r, &length) == HTTP_WHOLE, "%s: it is a request", row->name);
	ok(dynamo_answer(&r, body, "lab", password, &a) == 0 && a.status == status,
	    "%s: the answer is %d", row->name, status);
	if (status == row->status) {
		ok(begins(&a.body, row->answer), "%s: what it says", row->name);
		ok((row->type && a.type) ? strcmp(row->type, a.type) == 0 : row->type == a.type,
		    "%s: the answer's type", row->name);
		is_int(a.login, row->login, "%s: what the signature is worth", row->name);
	}
	dynamo_free(&a);
	drop(body);
	drop(all);
}

static uint32_t crc_of(const char *text)
{
	struct span s = block(text, strlen(text));
	uint32_t crc = dynamo_crc32(s);

	drop(s);
	return crc;
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		answers(&rows[i], "secret", rows[i].status);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].login == SIGV4_GOOD)
			answers(&rows[i], "another", 400);
	is_int(strlen(UNSIGNED), 125, "the service's own error has 125 bytes");
	is_int(crc_of(UNSIGNED), 2088342776, "… and this x-amz-crc32");
	is_int(crc_of("healthy: dynamodb.us-east-1.amazonaws.com "), 3128867991,
	    "D5: x-amz-crc32 of what us-east-1 answers");
	is_int(crc_of(""), 0, "x-amz-crc32 of nothing");
	return tap_done();
}

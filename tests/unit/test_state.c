/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/state.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static void places(void)
{
	struct state s;
	struct err e = { 0 };

	is_int(state_paths(&s, "/srv/db", &e), 0, "a folder that is named");
	is_str(s.dir, "/srv/db", "dir");
	is_str(s.ca_pem, "/srv/db/ca.pem", "ca_pem");
	is_str(s.server_pem, "/srv/db/server.pem", "server_pem");
	is_str(s.access, "/srv/db/access", "access");
	is_str(s.settings, "/srv/db/settings", "settings");
	is_str(s.log, "/srv/db/log", "log");
	is_str(s.lock, "/srv/db/lock", "lock");
	is_str(s.ca_dir, "/srv/db/ca", "ca_dir");
	is_str(s.keys_dir, "/srv/db/keys", "keys_dir");
	is_str(s.engine_dir, "/srv/db/engine", "engine_dir");
	is_str(s.engine_run, "/srv/db/run/engine", "engine_run");
	is_str(s.engine_socket, "/srv/db/run/engine/sql", "engine_socket");
	is_str(s.control, "/srv/db/run/control", "control");
}

static void forms(void)
{
	struct state s;
	struct err e = { 0 };

	ok(state_paths(&s, "/srv/db///", &e) == 0 && !strcmp(s.dir, "/srv/db"),
	    "slashes at the end");
	ok(chdir("/usr") == 0 && state_paths(&s, "db", &e) == 0 && !strcmp(s.dir, "/usr/db"),
	    "a relative one");
	ok(chdir("/") == 0 && state_paths(&s, "db", &e) == 0 &&
		!strcmp(s.control, "/db/run/control"),
	    "a relative one in /");
	is_int(state_paths(&s, "/", &e), -1, "/ is refused");
	is_int(state_paths(&s, "", &e), -1, "no name is refused");
	ok(strstr(e.text, "--state DIR"), "and says what to write");
}

static void lengths(void)
{
	char dir[128];
	struct state s;
	struct err e = { 0 };

	memset(dir, 'a', sizeof dir);
	dir[0] = '/';
	dir[92] = '\0';
	is_int(state_paths(&s, dir, &e), 0, "92 bytes");
	is_int(strlen(s.engine_socket), 107, "make the longest path that a socket may have");
	is_str(s.engine_socket + 92, "/run/engine/sql", "uncut");
	dir[92] = 'a';
	dir[93] = '\0';
	is_int(state_paths(&s, dir, &e), -1, "93 bytes");
	ok(strstr(e.text, "has 93 bytes and may have 92"), "and says how many there may be");
}

static void environment(void)
{
	struct state s;
	struct err e = { 0 };
	int root = geteuid() == 0;

	(void)unsetenv("DBTLS_STATE");
	(void)setenv("HOME", "/home/x", 1);
	(void)setenv("XDG_STATE_HOME", "/x/state", 1);
	if (root)
		ok(state_paths(&s, NULL, &e) == 0 && !strcmp(s.dir, "/var/lib/dbtls"),
		    "root's own place");
	if (root && seteuid(65534) < 0)
		return;
	ok(state_paths(&s, NULL, &e) == 0 && !strcmp(s.dir, "/x/state/dbtls"), "XDG_STATE_HOME");
	(void)setenv("XDG_STATE_HOME", "state", 1);
	ok(state_paths(&s, NULL, &e) == 0 && !strcmp(s.dir, "/home/x/.local/state/dbtls"),
	    "a relative XDG_STATE_HOME is ignored");
	(void)unsetenv("XDG_STATE_HOME");
	ok(state_paths(&s, NULL, &e) == 0 && !strcmp(s.dir, "/home/x/.local/state/dbtls"), "HOME");
	(void)unsetenv("HOME");
	is_int(state_paths(&s, NULL, &e), -1, "no HOME");
	ok(strstr(e.text, "DBTLS_STATE"), "and says what to set");
	(void)setenv("DBTLS_STATE", "/named", 1);
	ok(state_paths(&s, NULL, &e) == 0 && !strcmp(s.dir, "/named"), "DBTLS_STATE");
	ok(state_paths(&s, "/other", &e) == 0 && !strcmp(s.dir, "/other"),
	    "what is named goes first");
	(void)setenv("DBTLS_STATE", "", 1);
	is_int(state_paths(&s, NULL, &e), -1, "an empty DBTLS_STATE is none");
	if (root)
		ok(seteuid(0) == 0, "root again");
}

int main(void)
{
	places();
	forms();
	lengths();
	environment();
	return tap_done();
}

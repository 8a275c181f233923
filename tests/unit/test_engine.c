// SPDX-License-Identifier: Apache-2.0
/* With a real mariadbd, as root (then with the roles' users) or as anyone. */
#include "engine/engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "engine/admin.h"
#include "engine/sql.h"
#include "engine/users.h"
#include "pki/digest.h"
#include "proc/landlock.h"
#include "wire/mysql.h"

#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST  "Correct-Horse-1"
#define SECOND "Battery.Staple-2"

static struct state state;
static struct role_users users;
static struct engine_config config = { .state = &state, .max_connections = 100 };
static struct engine g;
static char dir[] = "/tmp/dbtls-engine.XXXXXX";

/* ---- what the caller of the engine does ------------------------------------------------------ */

static int set_up(void)
{
	struct err e;
	char run[160];

	(void)umask(022);
	if (!mkdtemp(dir) || chmod(dir, 0755) < 0 || state_paths(&state, dir, &e) < 0)
		return -1;
	(void)snprintf(run, sizeof run, "%s/run", dir);
	if (users_get(&users, &e) < 0)
		return -1;
	config.uid = geteuid() == 0 ? users.engine : 0;
	config.gid = users.engine_gid;
	config.lock_fd = open(state.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	config.log_fd = open(state.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file_folder(run, 0755, getuid(), getgid(), &e) < 0 ||
	    file_folder(state.engine_dir, 0700, users.engine, users.engine_gid, &e) < 0 ||
	    file_folder(state.engine_run, 0710, users.engine, users.relay_gid, &e) < 0)
		return -1;
	return flock(config.lock_fd, LOCK_EX | LOCK_NB);
}

static void show_log(void)
{
	struct buf b;
	struct err e;

	if (file_read(state.log, 1 << 20, &b, &e) < 0)
		return;
	if (b.n > 3000)
		buf_drop(&b, b.n - 3000);
	for (size_t i = 0; i < b.n; i++) {
		if (i == 0 || b.p[i - 1] == '\n')
			printf("# ");
		putchar(b.p[i]);
	}
	putchar('\n');
	buf_free(&b);
}

static int wait_ready(struct err *e)
{
	uint64_t end = clock_us() + 30 * 1000000ull, slowest = 0;
	int rc = 0;

	while (rc == 0 && clock_us() < end) {
		uint64_t t = clock_us();

		rc = engine_ready(&g, e);
		t = clock_us() - t;
		slowest = t > slowest ? t : slowest;
		(void)usleep(rc == 0 ? 50000 : 0);
	}
	printf("# the slowest call of engine_ready took %llu us\n", (unsigned long long)slowest);
	return rc;
}

static int start(const char *password)
{
	struct err e = { 0 };
	char hash[42];
	int rc = -1;

	if (password && mysql_native_hash(password, hash) < 0)
		return -1;
	if (engine_start(&g, &config, password ? hash : NULL, &e) == 0)
		rc = wait_ready(&e);
	if (rc != 1) {
		printf("# %s\n", e.text);
		show_log();
	}
	return rc;
}

static int stop(int signal)
{
	int status = -1;

	if (signal == SIGTERM)
		engine_stop(&g);
	if (signal == SIGKILL && g.pid > 0)
		(void)kill(g.pid, SIGKILL);
	if (g.pid > 0)
		(void)waitpid(g.pid, &status, 0);
	engine_gone(&g);
	return status;
}

/* ---- logging in ------------------------------------------------------------------------------ */

/* A login without a password, which admin_login can't: 0 is in, else the server's error. */
static int empty_login(const char *user)
{
	struct buf b = buf_new(512);
	uint8_t head[MYSQL_HEADER], p[1024];
	int fd = admin_connect(state.engine_socket);
	unsigned code = 9999;
	struct span text;
	ssize_t n;

	if (fd < 0 || recv(fd, p, sizeof p, 0) <= 0)
		return -1;
	(void)buf_le(&b, MYSQL_PROTOCOL_41 | MYSQL_PLUGIN_AUTH | 0x8000u, 4);
	(void)buf_le(&b, 4096, 4);
	(void)buf_le(&b, 45, 1);
	for (int i = 0; i < 23; i++)
		(void)buf_le(&b, 0, 1);
	(void)buf_add(&b, user, strlen(user) + 1);
	(void)buf_le(&b, 0, 1);
	(void)buf_add(&b, "mysql_native_password", sizeof "mysql_native_password");
	mysql_header_put(head, (uint32_t)b.n, 1);
	(void)send(fd, head, sizeof head, MSG_NOSIGNAL);
	(void)send(fd, b.p, b.n, MSG_NOSIGNAL);
	n = recv(fd, p, sizeof p, 0);
	if (n > MYSQL_HEADER && p[MYSQL_HEADER] == 0)
		code = 0;
	if (n > MYSQL_HEADER && p[MYSQL_HEADER] == 0xff)
		(void)mysql_err(span_of(p + 4, (size_t)n - 4), &code, &text);
	buf_free(&b);
	close(fd);
	return (int)code;
}

/* As another user of the system, who has reached the socket. */
static int empty_login_as(uid_t uid, const char *user)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setgid(users.relay_gid) < 0 || setuid(uid) < 0)
			_exit(99);
		_exit(empty_login(user) == 1045 ? 45 : 1);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A session of root's, or -1. */
static int login(const char *user, const char *password)
{
	char version[64];
	struct err e;
	int fd = admin_connect(state.engine_socket);

	if (fd < 0 || admin_login(fd, user, password, version, sizeof version, &e) == 0)
		return fd;
	close(fd);
	return -1;
}

static int can_login(const char *user, const char *password)
{
	int fd = login(user, password);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Runs statements that return no rows; the first error, or 0. */
static unsigned run(const char *password, const char *const *sql)
{
	int fd = login("root", password);
	unsigned code = fd < 0 ? 1 : 0;
	struct err e;

	for (; fd >= 0 && *sql; sql++) {
		if (admin_query(fd, *sql, &code, &e) < 0) {
			printf("# %s: %s\n", *sql, e.text);
			break;
		}
	}
	if (fd >= 0)
		close(fd);
	return code;
}
#define RUN(password, ...) run(password, (const char *const[]) { __VA_ARGS__, NULL })

static _Noreturn void exec_mariadb(const char *password, const char *sql, int out)
{
	char socket[160];

	(void)snprintf(socket, sizeof socket, "--socket=%s", state.engine_socket);
	(void)setenv("MYSQL_PWD", password, 1);
	(void)dup2(out, 1);
	(void)dup2(out, 2);
	execlp("mariadb", "mariadb", "--no-defaults", socket, "--user=root", "--batch",
	    "--skip-column-names", "-e", sql, (char *)NULL);
	_exit(127);
}

/* What the command `mariadb` prints as root. */
static const char *ask(const char *password, const char *sql)
{
	static char out[8192];
	size_t n = 0;
	ssize_t m;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return "";
	pid = fork();
	if (pid == 0)
		exec_mariadb(password, sql, p[1]);
	close(p[1]);
	while ((m = read(p[0], out + n, sizeof out - 1 - n)) > 0)
		n += (size_t)m;
	close(p[0]);
	(void)waitpid(pid, NULL, 0);
	out[n] = '\0';
	if (n > 0 && out[n - 1] == '\n')
		out[n - 1] = '\0';
	return out;
}

/* The call's sentence is worth showing when it failed only. */
static void works(int rc, const struct err *e, const char *what)
{
	ok(rc == 0, "%s", what);
	if (rc != 0)
		printf("# %s\n", e->text);
}

/* ---- the tests ------------------------------------------------------------------------------- */

static int exists(const char *name)
{
	char path[200];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/%s", state.engine_dir, name);
	return lstat(path, &st) == 0;
}

/* Until no one has the lock that a dead parent's children inherited. */
static int lock_is_free(void)
{
	int fd = open(state.lock, O_RDWR | O_CLOEXEC);
	int rc = -1;

	for (int i = 0; i < 200 && rc < 0; i++) {
		rc = flock(fd, LOCK_EX | LOCK_NB);
		(void)usleep(rc < 0 ? 50000 : 0);
	}
	close(fd);
	return rc == 0;
}

/* A child that has the lock to itself, as a dbtls that is killed has. */
static pid_t other_dbtls(void (*f)(void))
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(config.lock_fd);
	config.lock_fd = open(state.lock, O_RDWR | O_CLOEXEC);
	if (flock(config.lock_fd, LOCK_EX | LOCK_NB) < 0)
		_exit(9);
	f();
	_exit(0);
}

static void just_install(void)
{
	struct err e;
	int made;

	(void)engine_install(&config, &made, &e);
}

static void just_start(void)
{
	if (start(NULL) != 1)
		_exit(1);
}

static void cut_off_installation(void)
{
	pid_t pid;
	int status, i;

	(void)flock(config.lock_fd, LOCK_UN);
	pid = other_dbtls(just_install);
	for (i = 0; i < 500 && !exists("data.new/mysql"); i++)
		(void)usleep(2000);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && exists("data.new") && !exists("data"),
	    "an installation is cut off in its middle");
	ok(lock_is_free(), "what it had started ends, and lets go of the lock");
	ok(flock(config.lock_fd, LOCK_EX | LOCK_NB) == 0, "the next one takes the lock");
}

static void installation(void)
{
	struct err e = { 0 };
	int made = -1;

	works(engine_find(&e), &e, "mariadbd is there");
	cut_off_installation();
	works(engine_install(&config, &made, &e), &e, "the next installation works");
	is_int(made, 1, "and says that it was made now");
	ok(exists("data/mysql/global_priv.frm") && !exists("data.new"),
	    "the data are there, whole");
	is_int(engine_install(&config, &made, &e), 0, "asked again, all is well");
	is_int(made, 0, "and nothing is made");
	is_int(engine_is_finished(&config), 0, "it is not finished");
	is_int(engine_start(&g, &config, NULL, &e), -1, "without root's hash it doesn't start");
	is_int(engine_start(&g, &config, "*' or 1", &e), -1, "nor with what is no hash");
}

static void no_way_in(const char *user)
{
	is_int(empty_login(user), 1045, "'%s' without a password is refused", user);
	if (geteuid() != 0)
		return;
	is_int(empty_login_as(users.relay, user), 45, "'%s' as the relay's user", user);
	is_int(empty_login_as(users.keys, user), 45, "'%s' as the key process' user", user);
	is_int(empty_login_as(users.engine, user), 45, "'%s' as the engine's user", user);
	is_int(empty_login_as(65534, user), 45, "'%s' as nobody", user);
}

static void accounts(const char *password)
{
	no_way_in("root");
	no_way_in("");
	no_way_in(ENGINE_ADMIN);
	no_way_in("mariadb.sys");
	no_way_in("dbtls-relay");
	no_way_in("dbtls-engine");
	no_way_in("nobody");
	ok(!can_login("root", "wrong"), "a wrong password is refused");
	ok(can_login("root", password), "the right one is taken");
	ok(strlen(g.admin_password) == 40 && can_login(ENGINE_ADMIN, g.admin_password),
	    "so is the administrator's");
}

static void first_start(void)
{
	char grants[160], hash[42];

	is_int(start(FIRST), 1, "it starts");
	ok(strstr(engine_version(&g), "MariaDB") && strncmp(engine_version(&g), "5.5.5-", 6) != 0,
	    "its version is %s", engine_version(&g));
	accounts(FIRST);
	is_str(ask(FIRST, "SELECT CONCAT(User,'@',Host) FROM mysql.global_priv ORDER BY 1"),
	    ENGINE_ADMIN "@localhost\nmariadb.sys@localhost\nroot@%", "no other account is left");
	is_str(ask(FIRST, "SELECT count(*) FROM mysql.proxies_priv"), "0", "no proxy either");
	(void)mysql_native_hash(FIRST, hash);
	(void)snprintf(grants, sizeof grants,
	    "GRANT ALL PRIVILEGES ON *.* TO `root`@`%%` IDENTIFIED BY PASSWORD '%s' WITH GRANT "
	    "OPTION",
	    hash);
	is_str(ask(FIRST, "SHOW GRANTS"), grants, "root may do everything");
	is_str(ask(FIRST, "SHOW DATABASES LIKE 'test'"), "test", "the database test is there");
	ok(atoi(ask(FIRST, "SELECT count(*) FROM mysql.user")) == 3,
	    "the view mysql.user works, whose definer is locked");
}

/* The account that a client would get into as the relay, whose uid it has for the engine. */
static void no_unix_socket(void)
{
	const struct passwd *p = getpwuid(users.relay);
	char sql[200];
	int status;
	pid_t pid;

	ok(RUN(FIRST, "INSTALL SONAME 'auth_socket'") != 0, "unix_socket doesn't come back");
	(void)snprintf(sql, sizeof sql,
	    "INSERT INTO mysql.global_priv VALUES ('%%','%s','{\"plugin\":\"unix_socket\"}')",
	    p ? p->pw_name : "");
	is_int(RUN(FIRST, sql, "FLUSH PRIVILEGES"), 0, "an account by unix_socket");
	pid = fork();
	if (pid == 0 && geteuid() == 0 && (setgid(users.relay_gid) < 0 || setuid(users.relay) < 0))
		_exit(99);
	if (pid == 0)
		_exit(empty_login(p ? p->pw_name : "") > 0 ? 0 : 1);
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "lets the relay's user not in");
	is_int(RUN(FIRST, "DELETE FROM mysql.global_priv WHERE Priv LIKE '%unix_socket%'",
		   "FLUSH PRIVILEGES"),
	    0, "away with it");
}

static void variables(void)
{
	is_str(
	    ask(FIRST, "SELECT @@require_secure_transport, @@skip_networking, @@max_connections"),
	    "1\t1\t100", "secure transport only, no network");
	is_str(ask(FIRST, "SELECT @@character_set_server, @@max_allowed_packet, @@local_infile"),
	    "utf8mb4\t67108864\t1", "what clients know from TiDB");
	is_str(ask(FIRST, "SELECT LOAD_FILE('/etc/passwd') IS NULL"), "1",
	    "a file outside can't be read");
	ok(RUN(FIRST, "SELECT 'x' INTO OUTFILE '/tmp/dbtls-outfile'") == 1290,
	    "nor can one be written");
	no_unix_socket();
	is_str(ask(FIRST, "CREATE TABLE test.big (x LONGBLOB); SET @x=REPEAT('x',20000000);"
			  "INSERT INTO test.big VALUES (@x); SELECT LENGTH(x) FROM test.big"),
	    "20000000", "a row of 20 MB passes");
}

static int has_line(const char *file, const char *text)
{
	char path[64], line[512];
	int found = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)g.pid, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		found |= strncmp(line, text, strlen(text)) == 0;
	if (f)
		(void)fclose(f);
	return found;
}

static int has_fd_of(dev_t dev, ino_t ino)
{
	char path[320];
	struct dirent *d;
	struct stat st;
	int found = 0;
	DIR *fds;

	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)g.pid);
	fds = opendir(path);
	while (fds && (d = readdir(fds))) {
		(void)snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)g.pid, d->d_name);
		if (stat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino)
			found++;
	}
	if (fds)
		closedir(fds);
	return found;
}

static void process(const struct stat *leak)
{
	char uid[64];
	struct stat lock;

	(void)snprintf(uid, sizeof uid, "Uid:\t%u\t%u\t%u\t%u", users.engine, users.engine,
	    users.engine, users.engine);
	ok(has_line("status", uid), "it runs as the engine's user");
	ok(geteuid() != 0 || has_line("status", "Groups:\t \n"), "with no other group");
	ok(has_line("status", "CapEff:\t0000000000000000"), "without capabilities");
	ok(has_line("status", "NoNewPrivs:\t1"), "and can get none");
	ok(has_line("limits", "Max core file size        0                    0 "),
	    "it leaves no core");
	is_int(getsid(g.pid), g.pid, "in a session of its own");
	ok(fstat(config.lock_fd, &lock) == 0 && has_fd_of(lock.st_dev, lock.st_ino),
	    "it has the lock");
	ok(!has_fd_of(leak->st_dev, leak->st_ino), "and no other descriptor of its parent");
}

static int landlock_version(void)
{
	int status, abi;
	struct err e;
	pid_t pid = fork();

	if (pid == 0)
		_exit(landlock_restrict(NULL, 0, NULL, &abi, &e) == 0 ? abi : 0);
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* root may name any file as the log of statements; only Landlock says no to one outside. */
static void outside(void)
{
	char sql[200], path[] = "/tmp/dbtls-outside.XXXXXX";
	int clean;

	if (!mkdtemp(path) || chmod(path, 0777) < 0)
		return;
	(void)snprintf(sql, sizeof sql, "CREATE TABLE test.o (x INT) DATA DIRECTORY='%s'", path);
	(void)RUN(FIRST, sql);
	ok(rmdir(path) == 0 && mkdir(path, 0777) == 0 && chmod(path, 0777) == 0,
	    "no table's file lies outside of its folder");
	(void)snprintf(
	    sql, sizeof sql, "SET GLOBAL general_log_file='%s/log', general_log=1", path);
	(void)RUN(FIRST, sql, "DO 1", "SET GLOBAL general_log=0");
	clean = rmdir(path) == 0;
	ok(clean || landlock_version() == 0, "nor does a log%s",
	    clean ? "" : " (it does: this kernel has no Landlock)");
}

static void new_root_password(void)
{
	struct err e = { 0 };
	unsigned code;
	char hash[42];
	int open_session = login("root", FIRST);

	(void)mysql_native_hash(SECOND, hash);
	works(engine_set_root(&g, hash, &e), &e, "root's password is set");
	ok(can_login("root", SECOND), "the new one is in force at once");
	ok(!can_login("root", FIRST), "the old one is not");
	is_int(admin_query(open_session, "DO 1", &code, &e), 0, "an open session goes on");
	close(open_session);
	is_int(engine_set_root(&g, "x'; DROP DATABASE test; --", &e), -1, "what is no hash is not");
	ok(can_login("root", SECOND), "and changes nothing");
}

static void reset(const char *what)
{
	struct err e = { 0 };
	char hash[42];

	(void)mysql_native_hash(SECOND, hash);
	works(engine_set_root(&g, hash, &e), &e, what);
	ok(can_login("root", SECOND), "root: %s: logs in", what);
}

static void administrator(void)
{
	int fd = login(ENGINE_ADMIN, g.admin_password);
	unsigned code = 0;
	struct err e;

	ok(fd >= 0 && admin_query(fd, "CREATE DATABASE no", &code, &e) < 0 && code == 1044,
	    "the administrator may do nothing to data");
	works(admin_query(fd, "DROP USER root@localhost", &code, &e), &e, "but it may to accounts");
	close(fd);
}

static void whatever_root_became(void)
{
	(void)RUN(SECOND, "DROP USER root@'%'");
	ok(!can_login("root", SECOND), "root was dropped");
	reset("dropped");
	ok(strstr(ask(SECOND, "SHOW GRANTS"), "GRANT ALL PRIVILEGES ON *.* TO `root`@`%`") &&
		strstr(ask(SECOND, "SHOW GRANTS"), "WITH GRANT OPTION"),
	    "with all its privileges");
	is_int(RUN(SECOND, "ALTER USER root@'%' ACCOUNT LOCK"), 0, "lock it");
	reset("locked");
	is_int(RUN(SECOND, "ALTER USER root@'%' REQUIRE SSL"), 0, "REQUIRE SSL");
	ok(!can_login("root", SECOND), "which the door can't give");
	reset("REQUIRE SSL");
	is_int(RUN(SECOND, "SET PASSWORD FOR root@'%' = PASSWORD('')"), 0, "empty password");
	reset("without a password");
	is_int(empty_login("root"), 1045, "root: without a password: no more");
	is_int(
	    RUN(SECOND, "CREATE USER root@localhost IDENTIFIED BY 'other'"), 0, "root@localhost");
	ok(!can_login("root", SECOND), "which comes first");
	reset("root@localhost in front of it");
	administrator();
	is_int(RUN(SECOND, "SET GLOBAL read_only=1"), 0, "a read-only server");
	reset("read-only");
	is_int(RUN(SECOND, "SET GLOBAL read_only=0", "KILL USER '" ENGINE_ADMIN "'"), 0,
	    "the administrator's connection is killed");
	reset("after a kill");
}

/* The password never reached its user, and dbtls starts with another one. */
static void not_handed_over(void)
{
	is_int(RUN(FIRST, "CREATE USER stray@'%'"), 0,
	    "an account that no user of ours can have made");
	(void)stop(SIGTERM);
	is_int(start(SECOND), 1, "not handed over: the next start takes another password");
	ok(can_login("root", SECOND) && !can_login("root", FIRST), "which is root's then");
	is_str(ask(SECOND, "SELECT CONCAT(User,'@',Host) FROM mysql.global_priv ORDER BY 1"),
	    ENGINE_ADMIN "@localhost\nmariadb.sys@localhost\nroot@%", "and no account is left");
	(void)stop(SIGTERM);
	is_int(start(FIRST), 1, "and so once more");
}

static void later_starts(void)
{
	static const char repaired[] = "INSERT INTO mysql.global_priv VALUES ('localhost','root',"
				       "'{\"access\":18446744073709551615}'), "
				       "('localhost','','{}'), ('127.0.0.1','root','{}')";
	struct err e = { 0 };
	char hash[42];
	int status;

	works(engine_finish(&config, &e), &e, "the password was handed over");
	is_int(engine_is_finished(&config), 1, "which is noted");
	is_int(RUN(SECOND, "CREATE USER app@'%' IDENTIFIED BY 'app-password'",
		   "CREATE TABLE test.t (x INT)", "INSERT INTO test.t VALUES (42)", repaired,
		   "FLUSH PRIVILEGES"),
	    0, "a user's own account; and, by some repair, the installation's again");
	is_int(empty_login("root"), 0, "which let anyone in");
	status = stop(SIGTERM);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "SIGTERM ends it with 0");
	is_str(engine_version(&g), "", "no version then");
	(void)mysql_native_hash(FIRST, hash);
	is_int(engine_start(&g, &config, hash, &e), -1, "finished, it takes no first password");
	is_int(start(NULL), 1, "the second start");
	accounts(SECOND);
	ok(can_login("app", "app-password"), "the user's own account stays");
	is_str(ask(SECOND, "SELECT x FROM test.t"), "42", "so do the data");
	is_str(ask(SECOND, "SELECT CONCAT(User,'@',Host) FROM mysql.global_priv ORDER BY 1"),
	    "app@%\n" ENGINE_ADMIN "@localhost\nmariadb.sys@localhost\nroot@%",
	    "the installation's accounts don't");
}

static void killed(void)
{
	char old[41];
	int status;

	(void)snprintf(old, sizeof old, "%s", g.admin_password);
	is_int(RUN(SECOND, "INSERT INTO test.t VALUES (43)"), 0, "a row");
	(void)stop(SIGKILL);
	is_int(start(NULL), 1, "kill -9: it starts again over the stale socket");
	is_str(ask(SECOND, "SELECT sum(x) FROM test.t"), "85", "with what was committed");
	ok(strcmp(old, g.admin_password) != 0 && !can_login(ENGINE_ADMIN, old),
	    "the administrator has a new password");
	status = stop(SIGTERM);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "and ends");
}

static void parent_dies(void)
{
	pid_t pid;
	int status;

	(void)flock(config.lock_fd, LOCK_UN);
	pid = other_dbtls(just_start);
	(void)waitpid(pid, &status, 0);
	is_int(status, 0, "another dbtls starts it and is gone");
	ok(lock_is_free(), "it goes with it, and the lock is free");
	(void)flock(config.lock_fd, LOCK_EX | LOCK_NB);
}

/* The init file stops at the first error, and mariadbd serves all the same: then it must end. */
static void first_statements_fail(void)
{
	char finished[200];
	int status = 0;

	(void)snprintf(finished, sizeof finished, "%s/finished", state.engine_dir);
	is_int(start(NULL), 1, "it starts once more");
	is_int(RUN(SECOND, "DROP TABLE mysql.proxies_priv"), 0, "a system table is gone");
	(void)stop(SIGTERM);
	(void)unlink(finished);
	printf("# what follows in the log is meant to be there\n");
	is_int(start(FIRST), -1, "the first statements fail: not ready");
	for (int i = 0; i < 100 && waitpid(g.pid, &status, WNOHANG) == 0; i++)
		(void)usleep(50000);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "and it was killed");
	engine_gone(&g);
}

static void gone_while_starting(void)
{
	struct err e = { 0 };
	char data[200], away[220];
	int rc;

	(void)snprintf(data, sizeof data, "%s/data", state.engine_dir);
	(void)snprintf(away, sizeof away, "%s.away", data);
	ok(rename(data, away) == 0, "the data are gone");
	rc = start(FIRST);
	is_int(rc, -1, "mariadbd doesn't start, and engine_ready says so");
	(void)waitpid(g.pid, NULL, 0);
	engine_gone(&g);
	(void)rename(away, data);
	is_int(engine_ready(&g, &e), -1, "not started: not ready");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)at;
	return kind == FTW_DP ? rmdir(path) : unlink(path);
}

int main(void)
{
	struct stat leak;
	int leak_fd;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (set_up() < 0) {
		printf("Bail out! no folder for the test: %s\n", strerror(errno));
		return 1;
	}
	/* Not close-on-exec, on purpose. */
	leak_fd = open("/etc/hostname", O_RDONLY);
	(void)fstat(leak_fd, &leak);
	installation();
	first_start();
	if (g.version[0]) {
		variables();
		process(&leak);
		outside();
		not_handed_over();
		new_root_password();
		whatever_root_became();
		later_starts();
		killed();
		parent_dies();
		first_statements_fail();
		gone_while_starting();
	}
	(void)stop(SIGKILL);
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		printf("# %s stays\n", dir);
	return tap_done();
}

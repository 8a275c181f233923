/* SPDX-License-Identifier: Apache-2.0 */
/* What is done on the machine that can't connect. How to read a row: remedy.h. */
#include "know/remedy.h"

#include "base/i18n.h"

#define LINUX "debian rhel suse alpine arch"

/* The CA is to be trusted. */
#define TRUST "untrusted-root self-signed intercepted"
/* What a clock that is wrong makes of a right certificate. */
#define CLOCK "clock-skew not-yet-valid expired"
/* What a system's policy for OpenSSL, GnuTLS, Java decides. */
#define POLICY "protocol-version no-shared-cipher weak-key weak-signature"
#define AWAY   "connect-timeout network-unreachable connection-refused"

const struct remedy remedy_systems[] = {
	/* ---- a CA into the system's store: update-ca-certificates(8), update-ca-trust(8),
	   trust(1), security(1), certutil of Windows */
	{ .causes = TRUST,
	    .who = "debian",
	    .file = "/usr/local/share/ca-certificates/ca.crt",
	    .run = "cp ca.pem /usr/local/share/ca-certificates/ca.crt && update-ca-certificates",
	    .say = N_("one certificate a file, as PEM, and the name ends in .crt") },
	{ .causes = TRUST,
	    .who = "alpine",
	    .file = "/usr/local/share/ca-certificates/ca.crt",
	    .run = "apk add ca-certificates && cp ca.pem /usr/local/share/ca-certificates/ca.crt "
		   "&& update-ca-certificates",
	    .say = N_("an image made from scratch has no store at all: copy "
		      "/etc/ssl/certs/ca-certificates.crt into it") },
	{ .causes = TRUST,
	    .who = "rhel",
	    .file = "/etc/pki/ca-trust/source/anchors/ca.pem",
	    .run = "cp ca.pem /etc/pki/ca-trust/source/anchors/ && update-ca-trust extract" },
	{ .causes = TRUST,
	    .who = "suse",
	    .file = "/etc/pki/trust/anchors/ca.pem",
	    .run = "cp ca.pem /etc/pki/trust/anchors/ && update-ca-certificates" },
	{ .causes = TRUST,
	    .who = "arch",
	    .file = "/etc/ca-certificates/trust-source/anchors/ca.pem",
	    .run = "cp ca.pem /etc/ca-certificates/trust-source/anchors/ && trust extract-compat" },
	{ .causes = TRUST,
	    .who = "macos",
	    .file = "/Library/Keychains/System.keychain",
	    .run = "sudo security add-trusted-cert -d -r trustRoot -k "
		   "/Library/Keychains/System.keychain ca.pem",
	    .say = N_("programs that stand on OpenSSL read a file instead: name ca.pem to them") },
	{ .causes = TRUST,
	    .who = "windows",
	    .run = "certutil -addstore -f ROOT ca.pem",
	    .say = N_("as administrator; Java, Node.js, Python and OpenSSL have stores of their "
		      "own") },
	{ .causes = "missing-intermediate",
	    .who = "macos windows",
	    .run = "openssl s_client -connect {host}:{port} -servername {host} -showcerts",
	    .say = N_("this system's own programs fetch what is missing, and so does a browser: "
		      "that they connect proves nothing") },

	/* ---- a CA that the store forbids */
	{ .causes = "distrusted",
	    .who = "debian alpine",
	    .file = "/etc/ca-certificates.conf",
	    .run = "grep '^!' /etc/ca-certificates.conf",
	    .say = N_("a line that begins with ! takes a CA out; without it, and after "
		      "update-ca-certificates, it is back") },
	{ .causes = "distrusted",
	    .who = "rhel",
	    .file = "/etc/pki/ca-trust/source/blocklist/",
	    .run = "trust list --filter=blocklist" },
	{ .causes = "distrusted",
	    .who = "suse",
	    .file = "/etc/pki/trust/blocklist/",
	    .run = "trust list --filter=blocklist" },
	{ .causes = "distrusted",
	    .who = "arch",
	    .file = "/etc/ca-certificates/trust-source/blocklist/",
	    .run = "trust list --filter=blocklist" },
	{ .causes = "distrusted", .who = "macos", .run = "security dump-trust-settings -d" },
	{ .causes = "distrusted", .who = "windows", .run = "certutil -store Disallowed" },

	/* ---- the roots of the day */
	{ .causes = "root-leaving",
	    .who = "debian",
	    .run = "apt-get update && apt-get install ca-certificates" },
	{ .causes = "root-leaving", .who = "rhel", .run = "dnf upgrade ca-certificates" },
	{ .causes = "root-leaving", .who = "suse", .run = "zypper update ca-certificates-mozilla" },
	{ .causes = "root-leaving",
	    .who = "alpine",
	    .run = "apk update && apk add --upgrade ca-certificates" },
	{ .causes = "root-leaving", .who = "arch", .run = "pacman -Syu" },
	{ .causes = "root-leaving",
	    .who = "macos",
	    .run = "softwareupdate --list",
	    .say = N_("the roots come with the system's updates") },
	{ .causes = "root-leaving",
	    .who = "windows",
	    .run = "certutil -generateSSTFromWU roots.sst",
	    .say = N_("fetches the roots of the day from Windows Update; where that can't be "
		      "reached, they stay old") },

	/* ---- where a list of CAs is, for a client that wants a file */
	{ .causes = "ca-file-unreadable",
	    .who = "debian alpine arch",
	    .file = "/etc/ssl/certs/ca-certificates.crt",
	    .say = N_("the CAs of this system, in one file") },
	{ .causes = "ca-file-unreadable",
	    .who = "rhel",
	    .file = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	    .say = N_("the CAs of this system, in one file") },
	{ .causes = "ca-file-unreadable",
	    .who = "suse",
	    .file = "/var/lib/ca-certificates/ca-bundle.pem",
	    .say = N_("the CAs of this system, in one file") },
	{ .causes = "ca-file-unreadable",
	    .who = "macos",
	    .file = "/etc/ssl/cert.pem",
	    .say = N_("public CAs in one file; what was added to a keychain is not in it") },
	{ .causes = "ca-file-unreadable",
	    .who = "windows",
	    .run = "certutil -dump ca.pem",
	    .say = N_("no file holds this system's CAs; in a URL or a JDBC option write / and "
		      "not \\") },

	/* ---- the clock */
	{ .causes = CLOCK,
	    .who = "debian rhel suse arch",
	    .run = "timedatectl set-ntp true",
	    .say = N_("where this machine's clock is the wrong one") },
	{ .causes = CLOCK,
	    .who = "alpine",
	    .run = "setup-ntp chrony",
	    .say = N_("where this machine's clock is the wrong one; a container has its host's "
		      "clock") },
	{ .causes = CLOCK,
	    .who = "macos",
	    .run = "sudo sntp -sS time.apple.com",
	    .say = N_("where this machine's clock is the wrong one") },
	{ .causes = CLOCK,
	    .who = "windows",
	    .run = "w32tm /resync",
	    .say = N_("where this machine's clock is the wrong one") },

	/* ---- the policy */
	{ .causes = POLICY,
	    .who = "debian",
	    .file = "/etc/ssl/openssl.cnf",
	    .run = "openssl ciphers -s -v",
	    .say = N_("OpenSSL's floor here is security level 2: TLS 1.2, RSA of 2048 bits, "
		      "SHA-256. Lowering it lowers it for every program: mend the server") },
	{ .causes = POLICY,
	    .who = "rhel suse",
	    .file = "/etc/crypto-policies/config",
	    .run = "update-crypto-policies --show",
	    .say = N_("the policy FUTURE refuses RSA below 3072 bits, DEFAULT below 2048; in "
		      "FIPS mode (/proc/sys/crypto/fips_enabled is 1) only approved algorithms "
		      "are there") },
	{ .causes = POLICY,
	    .who = "alpine arch",
	    .file = "/etc/ssl/openssl.cnf",
	    .run = "openssl ciphers -s -v",
	    .say = N_("what OpenSSL offers by itself; CipherString and MinProtocol in that file "
		      "change it") },
	{ .causes = POLICY,
	    .who = "windows",
	    .file = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\"
		    "Protocols\\TLS 1.2\\Client",
	    .write = "Enabled=1 DisabledByDefault=0",
	    .run = "powershell Get-TlsCipherSuite",
	    .say = N_("for .NET and what else stands on Schannel") },

	/* ---- the way there */
	{ .causes = AWAY,
	    .who = "debian alpine arch",
	    .run = "nft list ruleset",
	    .say = N_("what this machine's own firewall lets out; in a container, or with "
		      "older rules: iptables -S") },
	{ .causes = AWAY,
	    .who = "rhel suse",
	    .run = "firewall-cmd --list-all",
	    .say = N_("what this machine's own firewall does") },
	{ .causes = AWAY " not-tls greeting-timeout",
	    .who = "macos",
	    .run = "nc -vz {host} {port}" },
	{ .causes = AWAY " not-tls greeting-timeout",
	    .who = "windows",
	    .run = "powershell Test-NetConnection {host} -Port {port}" },
	{ .causes = "local-failure",
	    .who = "rhel",
	    .run = "semanage port -a -t mysqld_port_t -p tcp {port}; setsebool -P "
		   "httpd_can_network_connect_db on",
	    .say = N_("where SELinux keeps a web server's programs from the network (Permission "
		      "denied): ausearch -m avc -ts recent; of MySQL's ports it knows 3306 by "
		      "itself, and not 4000") },
	{ .causes = "local-failure",
	    .who = LINUX,
	    .run = "ulimit -n",
	    .say = N_("too many open files: of a service it is LimitNOFILE= in its unit") },
	{ .causes = "handshake-timeout session-timeout",
	    .who = "debian rhel suse arch",
	    .run = "tracepath -n {host}",
	    .say = N_("the path's MTU, where small packets pass and large ones don't") },
	{ .causes = "handshake-timeout session-timeout",
	    .who = "macos",
	    .run = "ping -D -s 1472 {host}",
	    .say = N_("no answer, and one with -s 1200: the path's MTU is below 1500") },
	{ .causes = "handshake-timeout session-timeout",
	    .who = "windows",
	    .run = "ping -f -l 1472 {host}",
	    .say = N_("no answer, and one with -l 1200: the path's MTU is below 1500") },

	/* ---- names */
	{ .causes = "dns-failure slow",
	    .who = "debian arch",
	    .file = "/etc/resolv.conf",
	    .run = "getent ahosts {host}",
	    .say = N_("where systemd-resolved is at work: resolvectl query {host}") },
	{ .causes = "dns-failure slow",
	    .who = "rhel",
	    .run = "getent ahosts {host}; nmcli device show",
	    .say = N_("IP4.DNS is whom it asks") },
	{ .causes = "dns-failure slow",
	    .who = "suse",
	    .file = "/etc/sysconfig/network/config",
	    .run = "getent ahosts {host}",
	    .say = N_("NETCONFIG_DNS_STATIC_SERVERS there says whom it asks, netconfig update "
		      "makes it so") },
	{ .causes = "dns-failure slow",
	    .who = "alpine",
	    .file = "/etc/resolv.conf",
	    .run = "getent hosts {host}",
	    .say = N_("musl asks all name servers at once and takes the first answer; before "
		      "Alpine 3.18 long answers fail") },
	{ .causes = "dns-failure slow",
	    .who = "macos",
	    .run = "dscacheutil -q host -a name {host}" },
	{ .causes = "dns-failure slow",
	    .who = "windows",
	    .run = "powershell Resolve-DnsName {host}",
	    .say = N_("an old answer is dropped by ipconfig /flushdns") },
	{ .causes = "hostname-mismatch sni-required",
	    .who = LINUX " macos",
	    .file = "/etc/hosts",
	    .say = N_("where no resolver knows the name that the certificate has: a line with "
		      "the server's address and that name") },
	{ .causes = "hostname-mismatch sni-required",
	    .who = "windows",
	    .file = "C:\\Windows\\System32\\drivers\\etc\\hosts",
	    .say = N_("where no resolver knows the name that the certificate has: a line with "
		      "the server's address and that name") },

	/* ---- a proxy */
	{ .causes = "proxy-unused intercepted",
	    .who = LINUX,
	    .file = "/etc/environment",
	    .write = "NO_PROXY={host}",
	    .run = "env | grep -i proxy" },
	{ .causes = "proxy-unused intercepted", .who = "macos", .run = "scutil --proxy" },
	{ .causes = "proxy-unused intercepted",
	    .who = "windows",
	    .run = "netsh winhttp show proxy" },
	{ .causes = NULL },
};

# SPDX-License-Identifier: Apache-2.0
"""
The document's own samples, word by word but for what is to be filled in (T9 to T14). As a program
it runs one of them in a new folder: SAMPLE BASE HOST PORT CA USER PASSWORD; BASE: where what
`dbtls connect` needs for the same client is installed.
"""
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

DBTLS = os.path.join(os.path.abspath(os.environ.get("DBTLS_BUILD", "build/release")), "dbtls")

GO = """
package main
import (
  "crypto/tls"
  "crypto/x509"
  "database/sql"
  "fmt"
  "io/ioutil"
  "log"

  "github.com/go-sql-driver/mysql"
)
func main() {
  rootCertPool := x509.NewCertPool()
  pem, err := ioutil.ReadFile("ca.pem")
  if err != nil {
    log.Fatal(err)
  }
  if ok := rootCertPool.AppendCertsFromPEM(pem); !ok {
    log.Fatal("Failed to append PEM.")
  }
  mysql.RegisterTLSConfig("tidb", &tls.Config{
    RootCAs:    rootCertPool,
    MinVersion: tls.VersionTLS12,
    ServerName: "{host}",
  })
  db, err := sql.Open("mysql", "{user}:{password}@tcp({host}:{port})/test?tls=tidb")
  if err != nil {
    log.Fatal("failed to connect database", err)
  }
  defer db.Close()

  var dbName string
  err = db.QueryRow("SELECT DATABASE();").Scan(&dbName)
  if err != nil {
    log.Fatal("failed to execute query", err)
  }
  fmt.Println(dbName)
}
"""

NODE = """
var mysql = require('mysql2');
var fs = require('fs');
var connection = mysql.createConnection({
  host: '{host}',
  port: {port},
  user: '{user}',
  password: '{password}',
  database: 'test',
  ssl: {
    ca: fs.readFileSync('ca.pem'),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true
  }
});
connection.connect(function(err) {
  if (err) {
    throw err
  }
  connection.query('SELECT DATABASE();', function(err, rows) {
    if (err) {
      throw err
    }
    console.log(rows[0]['DATABASE()']);
    connection.end()
  });
});
"""

JAVA = """
import com.mysql.jdbc.Driver;
import java.sql.*;

class Main {
  public static void main(String args[]) throws SQLException, ClassNotFoundException {
    Class.forName("com.mysql.cj.jdbc.Driver");
    try {
      Connection conn = DriverManager.getConnection("jdbc:mysql://{host}:{port}/test?user={user}&\
password={password}&sslMode=VERIFY_IDENTITY&tlsVersions=TLSv1.2&\
trustCertificateKeyStoreUrl=file:truststore.p12&trustCertificateKeyStorePassword=changeit");
      Statement stmt = conn.createStatement();
      try {
        ResultSet rs = stmt.executeQuery("SELECT DATABASE();");
        if (rs.next()) {
          System.out.println("using db:" + rs.getString(1));
        }
      } catch (Exception e) {
        System.out.println("exec error:" + e);
      }
    } catch (Exception e) {
      System.out.println("connect error:" + e);
    }
  }
}
"""

PYTHON = """
import os
import MySQLdb

connection = MySQLdb.connect(host="{host}", port={port}, user="{user}", password=os.environ["PW"], \
database="test", ssl_mode="VERIFY_IDENTITY", ssl={"ca": "ca.pem"})

with connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DATABASE();")
        m = cursor.fetchone()
        print(m[0])
"""

# What one types is the password, and then the query.
MYSQL = ("printf '%s\\n' \"$PW\" | mysql --connect-timeout 15 --ssl-mode=VERIFY_IDENTITY "
         "--ssl-ca=ca.pem --tls-version=TLSv1.2 -u {user} -h {host} -P {port} -D test -p "
         "-e 'SELECT DATABASE()'")
MYCLI = ("MYSQL_PWD=\"$PW\" mycli --ssl-ca=ca.pem --ssl-verify-server-cert -u {user} -h {host} "
         "-P {port} -D test -e 'SELECT DATABASE()'")


def fill(text, told):
    """Each {name} of told; there are other braces in a program."""
    for name, value in told.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def in_double(password):
    return password.replace("\\", "\\\\").replace('"', '\\"')


def in_single(password):
    return password.replace("\\", "\\\\").replace("'", "\\'")


def in_url(password):
    return urllib.parse.quote(password, safe="")


# The client of `dbtls connect`; the file and its text; how the password stands in it; the line.
SAMPLES = {
    "T9": ("mysql", "", "", str, MYSQL),
    "T10": ("mycli", "", "", str, MYCLI),
    "T11": ("java", "Main.java", JAVA, in_url, "java -cp 'target/dependency/*' Main.java"),
    "T12": ("python", "document.py", PYTHON, str, ".venv/bin/python document.py"),
    "T13": ("go", "document/main.go", GO, in_double, "go run ./document"),
    "T14": ("node", "document.cjs", NODE, in_single, "node document.cjs"),
}


def write(sample, folder, told, password):
    """Writes the sample into a project of its client. The line that runs it, with $PW set."""
    _, path, text, quoted, line = SAMPLES[sample]
    told = {**told, "password": quoted(password)}
    if path:
        os.makedirs(os.path.dirname(f"{folder}/{path}"), exist_ok=True)
        with open(f"{folder}/{path}", "w") as f:
            f.write(fill(text, told))
    return fill(line, told)


def main(sample, base, host, port, ca, user, password):
    folder = os.path.join(tempfile.mkdtemp(dir=os.path.dirname(base), prefix=f"{host}-"), "it")
    told = subprocess.run([DBTLS, "connect", SAMPLES[sample][0], "--save", folder, "--json",
                           "--host", host, "--port", port, "--ca-path", ca, "--user", user],
                          check=True, capture_output=True).stdout
    for name in set(os.listdir(base)) - set(os.listdir(folder)):
        os.symlink(f"{base}/{name}", f"{folder}/{name}")
    line = write(sample, folder, json.loads(told), password)
    os.chdir(folder)
    os.environ["PW"] = password
    os.execlp("sh", "sh", "-c", line)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A realm of its own on this machine: a key distribution centre on a free port, with its users and their keys."""
import os
import pathlib
import shutil
import socket
import subprocess
import time

REALM = "OTTLA.TEST"


def missing():
    """Which programs are not there."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [name for name in ("krb5kdc", "kadmin.local", "kdb5_util", "kinit") if not shutil.which(name, path=path)]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Realm:
    """home/krb5.conf for everybody; home/NAME.keytab for each user."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.process = None
        self.port = free_port()
        (self.home / "krb5.conf").write_text(f"""[libdefaults]
  default_realm = {REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  default_ccache_name = FILE:{self.home}/cache
[realms]
  {REALM} = {{
    kdc = 127.0.0.1:{self.port}
  }}
[domain_realm]
  localhost = {REALM}
""")
        (self.home / "kdc.conf").write_text(f"""[realms]
  {REALM} = {{
    database_name = {self.home}/principal
    key_stash_file = {self.home}/stash
    kdc_listen = 127.0.0.1:{self.port}
    kdc_tcp_listen = 127.0.0.1:{self.port}
    max_life = 1h
  }}
[logging]
  kdc = FILE:{self.home}/kdc.log
""")
        self.environment = os.environ | {"KRB5_CONFIG": str(self.home / "krb5.conf"), "KRB5_KDC_PROFILE": str(self.home / "kdc.conf"),
                                         "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
        self.do("kdb5_util", "-r", REALM, "create", "-s", "-P", "ottla-test")
        self.start()

    def do(self, *words, input=None):
        done = subprocess.run(words, env=self.environment, input=input, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def add(self, principal, keytab):
        self.do("kadmin.local", "-r", REALM, "-q", f"addprinc -randkey {principal}")
        self.do("kadmin.local", "-r", REALM, "-q", f"ktadd -k {self.home / keytab} {principal}")

    def start(self):
        self.process = subprocess.Popen(["krb5kdc", "-n", "-r", REALM], env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self.listens():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError("the key distribution centre does not listen")
            time.sleep(0.05)

    def listens(self):
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None

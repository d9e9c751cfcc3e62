"""Certificates for a cluster on this machine, in order and not: what a client must believe, and what it must not."""
import pathlib
import shutil
import subprocess

PASSWORD = "ottla-test"
NAMES = "DNS:localhost,IP:127.0.0.1"


class CertificateError(Exception):
    """What openssl said."""


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise CertificateError(f"openssl {arguments[0]}: {done.stdout.strip()[-500:]}")


def authority(home, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={name}",
            "-keyout", home / f"{name}.key", "-out", home / f"{name}.pem")


def signed(home, name, by, names=NAMES, days=30):
    """NAME.pem (the chain), NAME.key, and both as NAME.p12."""
    request, extensions, own = home / f"{name}.csr", home / f"{name}.ext", home / f"{name}.own"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", home / f"{name}.key", "-out", request)
    extensions.write_text(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", request, "-CA", home / f"{by}.pem", "-CAkey", home / f"{by}.key", "-CAcreateserial",
            "-days", days, "-extfile", extensions, "-out", own)
    (home / f"{name}.pem").write_text(own.read_text() + (home / f"{by}.pem").read_text())
    openssl("pkcs12", "-export", "-in", home / f"{name}.pem", "-inkey", home / f"{name}.key", "-out", home / f"{name}.p12",
            "-passout", f"pass:{PASSWORD}")
    for path in (request, extensions, own):
        path.unlink()


def make_all(directory):
    home = pathlib.Path(directory)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    authority(home, "ca")
    authority(home, "other-ca")
    signed(home, "broker", "ca")
    signed(home, "outdated", "ca", days=-1)
    signed(home, "client", "ca")
    signed(home, "stranger", "other-ca")

"""Signed tokens for a cluster on this machine: the key of an authority, the public half as brokers read it, and RS256 by openssl."""
import base64
import json
import pathlib
import subprocess

from .certificates import openssl

ISSUER, AUDIENCE, KEY_ID = "https://id.ottla.test", "kafka", "ottla-test"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_keys(directory):
    """directory/signing.key, and directory/jwks.json for sasl.oauthbearer.jwks.endpoint.url."""
    home = pathlib.Path(directory)
    home.mkdir(parents=True, exist_ok=True)
    openssl("genrsa", "-out", home / "signing.key", "2048")
    said = subprocess.run(["openssl", "rsa", "-in", str(home / "signing.key"), "-noout", "-modulus"], capture_output=True, text=True, check=True)
    modulus = bytes.fromhex(said.stdout.strip().removeprefix("Modulus="))
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": base64url(modulus), "e": base64url((65537).to_bytes(3, "big"))}
    (home / "jwks.json").write_text(json.dumps({"keys": [key]}) + "\n")


def signed(directory, claims):
    """A JWT that brokers with that jwks.json believe."""
    said = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}, claims))
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(pathlib.Path(directory) / "signing.key")], input=said.encode(),
                          capture_output=True, check=True)
    return f"{said}.{base64url(done.stdout)}"


def unsigned(claims):
    """A JWT that nobody signed, for brokers that take such."""
    return ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)) + "."

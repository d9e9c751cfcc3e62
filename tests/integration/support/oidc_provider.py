"""A small OpenID provider: a token endpoint for client credentials, over HTTP or HTTPS, that a test tells how to behave."""
import base64
import http.server
import json
import math
import ssl
import sys
import threading
import time
import urllib.parse

from . import targets

sys.path.insert(0, str(targets.ROOT / "tools"))
from kafka_nodes import tokens  # noqa: E402  the cluster's own keys sign what its brokers believe

CLIENT, SECRET = "alice", "alice-secret"


class Provider:
    """keys: a folder of kafka_nodes.tokens, or None for tokens that nobody signed. tls: (certificate, key) as paths."""

    def __init__(self, keys=None, tls=None):
        self.keys = keys
        self.lifetime = 600
        self.answer = None  # of a test: (status, body), or a function that has it; None: a token
        self.asked = []  # when
        self.forms = []
        self.lock = threading.Lock()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                status, body = provider.respond(self.headers.get("Authorization", ""), form)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a client that does not believe our certificate is what some tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if tls:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, tls))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}/realms/ottla/token"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def respond(self, authorization, form):
        with self.lock:
            self.asked.append(time.monotonic())
            self.forms.append(urllib.parse.parse_qs(form))
        if self.answer is not None:
            status, body = self.answer() if callable(self.answer) else self.answer
            return status, body.encode()
        wanted = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != wanted:
            return 401, b'{"error": "invalid_client", "error_description": "Invalid client or Invalid client credentials"}'
        if urllib.parse.parse_qs(form).get("grant_type") != ["client_credentials"]:
            return 400, b'{"error": "unsupported_grant_type"}'
        return 200, json.dumps({"access_token": self.token(), "token_type": "Bearer", "expires_in": self.lifetime}).encode()

    def token(self, **claims):
        now = time.time()  # Kafka counts in whole seconds: a token must not end before expires_in
        all_claims = {"iss": tokens.ISSUER, "aud": tokens.AUDIENCE, "sub": CLIENT, "iat": now, "exp": math.ceil(now) + self.lifetime, "scope": "kafka"} | claims
        return tokens.signed(self.keys, all_claims) if self.keys else tokens.unsigned(all_claims)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

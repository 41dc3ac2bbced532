"""A small OpenID Connect provider in a process of its own: discovery, keys, the code flow with PKCE, RS256 ID tokens.

`python provider.py PORT` serves it; it answers each authorization at once for whoever `POST /person` named last. What
it says wrong on purpose is set there, too: `{"claims": {...}, "fault": "alg-none" | "other-key" | "alg-hs256"}`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "sereno-test", "a secret between the two"


class Provider(ThreadingHTTPServer):
    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.other = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.person: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        issuer = self.server.issuer
        if parts.path == "/.well-known/openid-configuration":
            return self._json(
                {
                    "issuer": self.server.person.get("issuer", issuer),
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )
        if parts.path == "/keys":
            return self._json({"keys": [self.server.key.as_dict(private=False)]})
        if parts.path == "/authorize":
            wanted = {"client_id": CLIENT_ID, "response_type": "code", "code_challenge_method": "S256"}
            if any(query.get(name) != value for name, value in wanted.items()) or "openid" not in query["scope"]:
                return self._json({"error": "invalid_request"}, 400)
            code = secrets.token_urlsafe(12)
            self.server.codes[code] = query
            back = {"code": code, "state": query["state"], "iss": self.server.person.get("iss", issuer)}
            self.send_response(302)
            self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
            return self.end_headers()
        return self._json({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if self.path == "/person":
            self.server.person = json.loads(body)
            if self.server.person.get("new_key"):
                self.server.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig", "alg": "RS256"})
            return self._json({})
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.server.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        login = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {login}":
            return self._json({"error": "invalid_client"}, 401)
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or proof.decode() != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"]
        ):
            return self._json({"error": "invalid_grant"}, 400)
        return self._json({"access_token": "t", "token_type": "Bearer", "id_token": self._token(asked["nonce"])})

    def _token(self, nonce: str) -> str:
        person, now = self.server.person, int(time.time())
        claims = {"iss": self.server.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= person["claims"]
        claims = {name: value for name, value in claims.items() if value is not None}
        fault = person.get("fault")
        if fault == "alg-none":
            head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}."
        if fault == "alg-hs256":
            shared = OctKey.import_key(CLIENT_SECRET)
            return jwt.encode({"alg": "HS256", "kid": "k1"}, claims, shared, algorithms=["HS256"])
        key = self.server.other if fault == "other-key" else self.server.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key, algorithms=["RS256"])

    def _json(self, document: Any, status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = Provider(int(sys.argv[1]))
    print("ready", flush=True)
    server.serve_forever()

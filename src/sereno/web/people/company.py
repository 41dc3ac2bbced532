"""Signing in through the company's OpenID Connect provider: the code flow with PKCE, state and nonce.

Invariant: nobody comes in but with an ID token that this provider signed for this installation and this very attempt,
and an account is found only by the provider's own subject, or once by an address the provider has verified.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

from sereno.web.wiring import Company, wiring

_ATTEMPT = "company"
_ATTEMPT_SECONDS = 600
_TIMEOUT = 10
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures only the provider can make: `none` and those made with a shared secret are not among them."""
_STRONG = {"mfa", "otp", "hwk", "swk", "sms", "fpt", "face"}
"""Values of `amr` (RFC 8176) that tell of more than a password."""


class CompanyTrouble(Exception):  # noqa: N818
    """The provider cannot be reached or what it said does not hold; the text is for the log, not for the page."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the ID token says. `is_verified`: the provider has made sure that the address is the person's."""

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str
    is_strong: bool
    following: str


def company() -> Company:
    """Raises LookupError where none is set."""
    found = wiring().company
    if found is None:
        raise LookupError("no provider is set")
    return found


def begin(request: HttpRequest, following: str) -> str:
    """The address of the provider's sign-in page. What comes back must fit what is kept in the session here."""
    where = company()
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with _client(where) as client:
        address, state = client.create_authorization_url(
            _metadata(where)["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
    request.session[_ATTEMPT] = {
        "state": state, "nonce": nonce, "verifier": verifier, "next": following, "at": time.time(),
    }  # fmt: skip
    return address


def finish(request: HttpRequest) -> Claims:
    """What the provider says of the person who comes back. An attempt is good once, and for ten minutes."""
    where = company()
    attempt: dict[str, Any] = request.session.pop(_ATTEMPT, None) or {}
    state = request.GET.get("state", "")
    if not attempt or not secrets.compare_digest(attempt["state"].encode(), state.encode()):
        raise CompanyTrouble("the state is not that of an attempt begun in this browser")
    if time.time() - attempt["at"] > _ATTEMPT_SECONDS:
        raise CompanyTrouble("the attempt took longer than ten minutes")
    if "error" in request.GET or "code" not in request.GET:
        raise CompanyTrouble(f"the provider refused: {request.GET.get('error', 'no code')[:100]}")
    metadata = _metadata(where)
    if request.GET.get("iss", metadata["issuer"]) != metadata["issuer"]:
        raise CompanyTrouble("the answer is of another provider")  # RFC 9207
    token = _token(where, metadata, request.GET["code"], attempt["verifier"])
    claims = _verified(where, metadata, token, attempt["nonce"])
    return Claims(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        email=str(claims.get("email") or "").strip().lower(),
        is_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or "")[:150],
        is_strong=bool(_STRONG & {str(one) for one in claims.get("amr") or ()}),
        following=attempt["next"],
    )


def _client(where: Company) -> Any:
    # Imported here: few installations have a provider, and it is a tenth of a second.
    from authlib.integrations.httpx_client import OAuth2Client

    return OAuth2Client(
        where.client_id,
        where.client_secret,
        scope="openid email profile",
        redirect_uri=f"{wiring().base_url}{reverse('company-back')}",
        code_challenge_method="S256",
        timeout=_TIMEOUT,
        follow_redirects=False,
    )


def _metadata(where: Company) -> dict[str, Any]:
    key = f"company:{where.issuer}"
    found = cache.get(key)
    if found is None:
        found = _fetch(f"{where.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != where.issuer:
            raise CompanyTrouble(f"the provider at {where.issuer} calls itself {found.get('issuer')!r}")
        cache.set(key, found, 3600)
    return found


def _fetch(address: str) -> dict[str, Any]:
    import httpx2

    try:
        answer = httpx2.get(address, timeout=_TIMEOUT, follow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise CompanyTrouble(f"{address}: {error}") from error
    if not isinstance(found, dict):
        raise CompanyTrouble(f"{address} is no JSON object")
    return found


def _token(where: Company, metadata: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
    from authlib.integrations.base_client import OAuthError
    from httpx2 import HTTPError

    methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    try:
        with _client(where) as client:
            if "client_secret_basic" not in methods:
                client.token_endpoint_auth_method = "client_secret_post"  # noqa: S105 - a method's name
            return dict(client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier))
    except (HTTPError, OAuthError, ValueError) as error:
        raise CompanyTrouble(f"no token for the code: {error}") from error


def _verified(where: Company, metadata: dict[str, Any], token: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The ID token's claims. The provider's keys are asked for anew when it has begun to sign with one not seen yet."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    text = str(token.get("id_token") or "")
    for is_fresh in (False, True):
        keys = _keys(where, metadata, is_fresh=is_fresh)
        try:
            read = jwt.decode(text, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
            break
        except (JoseError, ValueError) as error:
            if is_fresh:
                raise CompanyTrouble(f"the ID token's signature: {error}") from error
    rules = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": where.client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    expected = {"nonce": nonce, "client_id": where.client_id, "access_token": token.get("access_token")}
    claims = CodeIDToken(read.claims, read.header, rules, expected)
    try:
        claims.validate(leeway=60)
    except JoseError as error:
        raise CompanyTrouble(f"the ID token: {error}") from error
    return dict(claims)


def _keys(where: Company, metadata: dict[str, Any], *, is_fresh: bool) -> Any:
    key = f"company-keys:{where.issuer}"
    found = None if is_fresh else cache.get(key)
    if found is None:
        found = _fetch(metadata["jwks_uri"])
        cache.set(key, found, 3600)
    return found

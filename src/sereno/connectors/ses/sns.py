"""Notices by way of Amazon SNS: signed with a certificate of Amazon's, which is fetched when it is first seen.

Invariant: everybody's topics are signed by the same certificates, so a notice is believed only of the topic the
connection names; a certificate comes from Amazon's own address, or from nowhere. The door fetches nothing while
somebody waits: it asks the sender to come back (`key_unknown`), and the key is there by then.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors.mailing import verify_shared
from sereno.connectors.reading import parse_object
from sereno.sdk.connector import Unmappable, Verdict

TYPE = "x-amz-sns-message-type"
_HOST = r"https://sns\.[a-z]{2}(-[a-z]{1,12}){1,2}-\d\.amazonaws\.com(\.cn)?/"
CERTIFICATE = re.compile(_HOST + r"SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
CONFIRMATION = re.compile(_HOST + r"\?Action=ConfirmSubscription&[^\s]{1,1500}")
_SUBJECT = re.compile(r"sns(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
ASKED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
MOST = 16
_KEYS: dict[str, Any] = {}
"""Public keys by the address of their certificate, for this process."""


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    """By SNS's signature where it comes from there, else by the password EventBridge was given."""
    if TYPE not in headers:
        return verify_shared(secrets, headers, body, now, settings)
    message = _message(body)
    url, topic = str(message.get("SigningCertURL") or ""), str(settings.get("topic") or "")
    if not topic or message.get("TopicArn") != topic or CERTIFICATE.fullmatch(url) is None:
        return "bad_signature"
    key = _KEYS.get(url)
    if key is None:
        return "key_unknown"
    return "ok" if _is_signed(key, message) else "bad_signature"


def _is_signed(key: Any, message: Mapping[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    way = {"1": SHA1, "2": SHA256}.get(str(message.get("SignatureVersion")))
    if way is None:
        return False
    try:
        signature = b64decode(str(message.get("Signature") or ""), validate=True)
        key.verify(signature, signed_text(message), PKCS1v15(), way())
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_text(message: Mapping[str, Any]) -> bytes:
    """What Amazon signs: names and values of these fields, a line each."""
    names = NOTIFICATION if message.get("Type") == "Notification" else ASKED
    return "".join(f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None).encode()


def learn(body: bytes, settings: Mapping[str, Any], fetch: Callable[[str], bytes]) -> None:
    """Fetch the certificate a notice of the connection's own topic names. Raises ValueError for what is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509.oid import NameOID

    message = _message(body)
    url = str(message.get("SigningCertURL") or "")
    if message.get("TopicArn") != settings.get("topic") or CERTIFICATE.fullmatch(url) is None:
        return
    found = x509.load_pem_x509_certificate(fetch(url))
    names = [str(one.value) for one in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or not any(_SUBJECT.fullmatch(one) for one in names):
        raise ValueError(f"the certificate at {url} is not one of Amazon SNS: {names}")
    while len(_KEYS) >= MOST:
        _KEYS.pop(next(iter(_KEYS)))
    _KEYS[url] = key


def _message(body: bytes) -> Mapping[str, Any]:
    try:
        return parse_object(body)
    except Unmappable:
        return {}

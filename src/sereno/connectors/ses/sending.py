"""How Amazon SES is handed a mail (API v2), whole; requests are signed as AWS wants it (Signature Version 4).

SES gives each mail a Message-ID of its own and has no key for idempotency: an answer that was lost may mean a second
copy. The effect's key goes as a header, and comes back with every event.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sereno.connectors.mailing import hand_over, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest, Mail
from sereno.sdk.result import Result
from sereno.sdk.stores import Answer, Exchange, Probe, StoreApi


def send(exchange: Exchange, mail: Mail, whole: bytes) -> Result:
    body = {"Content": {"Raw": {"Data": b64encode(whole).decode()}}, "Destination": {"ToAddresses": [mail.to]}}
    chosen = exchange.access.get("configuration_set")
    body |= {"ConfigurationSetName": chosen} if chosen else {}
    refused = {"Local address contains": "recipient.refused", "Missing final": "recipient.refused"}
    answer = hand_over(exchange, f"{_host(exchange)}/v2/email/outbound-emails", {}, body, mail, refused)
    return taken(mail, (answer.body or {}).get("MessageId")) if isinstance(answer, Answer) else answer


def probe(exchange: Exchange) -> Probe:
    answer = exchange.send("GET", f"{_host(exchange)}/v2/email/account")
    found = answer.body or {}
    is_open = found.get("ProductionAccessEnabled") is True and found.get("SendingEnabled") is True
    return Probe(lacking=() if is_open else ("ProductionAccessEnabled",))


def _host(exchange: Exchange) -> str:
    return f"https://email.{exchange.access.get('region', '')}.amazonaws.com"


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    access = exchange.access
    return signed(request, access.get("key_id", ""), access.get("key", ""), access.get("region", ""), datetime.now(UTC))


def signed(
    request: HttpRequest, key_id: str, key: str, region: str, now: datetime, service: str = "ses"
) -> HttpRequest:
    """The request with its `Authorization`: AWS Signature Version 4 over host, date, body and path (which must need no
    quoting, and have no query)."""
    at, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    place = urlsplit(request.url)
    headers = {"host": place.netloc, "x-amz-date": at}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    digest = hashlib.sha256(request.body or b"").hexdigest()
    canonical = "\n".join((request.method, place.path or "/", place.query, lines, names, digest))
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    step = f"AWS4{key}".encode()
    for part in (day, region, service, "aws4_request"):
        step = hmac.digest(step, part.encode(), "sha256")
    signature = hmac.digest(step, text.encode(), "sha256").hex()
    said = f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    given: Mapping[str, str] = {**request.headers, "X-Amz-Date": at, "Authorization": said}
    return HttpRequest(request.method, request.url, given, request.body, request.timeout)


SENDING = StoreApi(
    access=(
        Setting("key_id", _("Access key ID"), "text", True, begins="AKIA"),
        Setting("key", _("Secret access key"), "secret", True),
        Setting("region", _("Region"), "text", True, _("Such as eu-west-1.")),
        Setting("configuration_set", _("Configuration set"), "text", False, _("The one whose events come here.")),
    ),
    steps=(
        _("In AWS open IAM and make a user that may do ses:SendEmail and ses:GetAccount."),
        _("Make an access key for that user and copy both of its parts."),
    ),
    probe=probe,
    sign=sign,
    mail=send,
)

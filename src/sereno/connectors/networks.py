"""What connectors of social networks have in common: forms with files, words of refusals, looking for a post by its
text. Invariant: only what surely was not published is said to be refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from sereno.sdk.channels import ChannelCall, ChannelRefused, json_of
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting

TOKEN = Setting("token", _("Access token"), "secret", True)
KEY_REFUSED = "social.key_refused"
REFUSED = "post.refused"
GONE = "post.gone"
DUPLICATE = "post.duplicate"


def form(fields: Mapping[str, str], files: Iterable[tuple[str, str, str, bytes]] = ()) -> tuple[bytes, str]:
    """A multipart form: body and content type. `files` are (field, file name, type, bytes). The boundary is made from
    what is sent, so that the same form is the same bytes."""
    files = list(files)
    digest = blake2b(repr(sorted(fields.items())).encode(), digest_size=16)
    for _name, _file, _type, body in files:
        digest.update(body)
    boundary = f"sereno{digest.hexdigest()}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, file, kind, body in files:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(f"--{boundary}\r\n{head}".encode() + body + b"\r\n")
    return b"".join((*parts, f"--{boundary}--\r\n".encode())), f"multipart/form-data; boundary={boundary}"


def send_form(
    call: ChannelCall, url: str, headers: Mapping[str, str], fields: Mapping[str, str], files: Any = ()
) -> tuple[int, Any]:
    body, kind = form(fields, files)
    answer = call.ask("POST", url, {"Accept": "application/json", **headers, "Content-Type": kind}, body)
    return answer.status, json_of(answer.body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def rows(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def refuse(network: str, status: int, text: object, code: str = "") -> ChannelRefused:
    """What a status below 500 means where the network says nothing better."""
    said = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    if not code:
        code = KEY_REFUSED if status in (401, 403) else GONE if status in (404, 410) else REFUSED
    return ChannelRefused(code, f"{network}: {said or status}"[:300])


def number(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same, spaces aside."""
    return " ".join(one.split()) == " ".join(other.split())

"""How a push service is asked: one POST per browser.

A second copy of a message takes the place of the first (`Topic`, and the notification's tag), so what may have been
sent is sent again. A browser that is gone (404, 410) is said to be so, and forgotten by who asked.
"""

from __future__ import annotations

import json
from hashlib import blake2b

from sereno.connectors.webpush.sealing import MOST, SubscriptionInvalid, authorization, make_key, public_of, seal
from sereno.sdk.channels import ChannelApi, ChannelCall, ChannelRefused, Outgoing, Sent, json_of

LASTS = 24 * 3600
"""Seconds a service keeps a message for a browser that is off."""


def send(call: ChannelCall, message: Outgoing) -> Sent:
    """`message.to` is the subscription as the browser gave it."""
    held = json_of(message.to.encode())
    keys = held.get("keys") or {}
    endpoint = str(held.get("endpoint") or "")
    if not endpoint.startswith("https://") and not call.settings.get("is_local"):
        raise ChannelRefused("address.invalid", "The browser's push service has no https address.")
    topic = blake2b((message.topic or call.key).encode(), digest_size=16).hexdigest()
    try:
        body = seal(_content(message, topic), str(keys.get("p256dh") or ""), str(keys.get("auth") or ""))
    except SubscriptionInvalid as error:
        raise ChannelRefused("address.invalid", str(error)) from error
    contact = str(call.settings.get("contact") or "mailto:nobody@localhost")
    headers = {
        "Authorization": authorization(call.access.get("key", ""), endpoint, contact, call.now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(LASTS),
        "Topic": topic,
        "Urgency": "normal",
    }
    answer = call.ask("POST", endpoint, headers, body)
    if answer.status in (404, 410):
        raise ChannelRefused("address.gone", f"The browser is gone ({answer.status}).")
    if answer.status >= 300:
        said = answer.body[:200].decode("utf-8", "replace")
        code = "channel.key_refused" if answer.status in (401, 403) else "message.refused"
        raise ChannelRefused(code, f"The push service answered {answer.status}: {said}")
    return Sent(answer.headers.get("location", "") or topic)


def _content(message: Outgoing, tag: str) -> bytes:
    """JSON for our service worker, the text cut so that it fits."""
    text = message.text
    while True:
        said = {"title": message.title, "body": text, "url": message.url, "tag": tag}
        content = json.dumps(said, ensure_ascii=False).encode()
        if len(content) <= MOST or not text:
            return content
        text = text[: len(text) - max(1, (len(content) - MOST) // 4)]


def probe(call: ChannelCall) -> str:
    """There is no account: the key is ours."""
    return ""


CHANNEL = ChannelApi(
    channel="push",
    access=(),
    settings=(),
    steps=(),
    probe=probe,
    send=send,
    collapses=True,
    make_access=lambda: {"key": make_key()},
    public_of=lambda access: public_of(access["key"]) if access.get("key") else "",
)

"""How Mailchimp tells what its members say: forms, not signed; the address carries the secret, and is looked at once
by GET when it is saved.

Invariant: what we wrote there ourselves (source `API`) is not told back: the webhook is set to leave it out, and the
newest word wins by its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sereno.connectors.mailing import answer
from sereno.connectors.outside import greet_all, hash_of_body, mapped, said, sign_token, verify_token
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, Setting, Unmappable
from sereno.sdk.plugin import connector


def fields_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500))


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return fields_of(body).get("type", "")[:60]


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    try:
        fields = fields_of(delivery.body)
    except ValueError as error:
        raise Unmappable("The form has too many fields.") from error
    kind, at = fields.get("type", ""), _utc(fields.get("fired_at", ""))
    if not kind:
        raise Unmappable("The form does not say what happened (type).")
    email, list_ = fields.get("data[email]", ""), fields.get("data[list_id]", "")
    received = delivery.received_at
    name = f"{kind}|{list_}|{email}|{at}"
    if kind == "subscribe":
        return mapped([said("mailchimp", name, email, True, at, received)])
    if kind == "unsubscribe":
        reason = fields.get("data[reason]", "")
        told = [said("mailchimp", name, email, False, at, received, reason=reason)]
        if reason == "abuse":
            told.append(answer("complained", name, email, at, received, reason="abuse"))
        return mapped(told)
    if kind == "cleaned":
        # "hard": it bounced; "abuse": the reader called it spam.
        reason = fields.get("data[reason]", "")
        if reason == "abuse":
            return mapped([answer("complained", name, email, at, received, reason=reason)])
        return mapped([answer("bounced", name, email, at, received, reason=reason, is_permanent=True)])
    if kind == "upemail":
        old, new = fields.get("data[old_email]", ""), fields.get("data[new_email]", "")
        return mapped(
            [
                said("mailchimp", f"{name}|{old}", old, False, at, received, reason=f"now {new}"),
                said("mailchimp", f"{name}|{new}", new, True, at, received),
            ]
        )
    return Mapped(reason="type.not_used")


def _utc(text: str) -> str:
    """Mailchimp writes `2009-03-26 21:35:57`, in UTC."""
    return f"{text.strip().replace(' ', 'T')}Z" if text.strip() else ""


def _load() -> Any:
    from sereno.connectors.mailchimp.tool import TOOL

    return TOOL


MAILCHIMP = connector(
    Connector(
        kind="mailchimp",
        name="Mailchimp",
        verify=verify_token,
        topic=topic,
        dedupe_key=hash_of_body,
        map=map_webhook,
        sign=sign_token,
        greet=greet_all,
        guide=Guide(
            brings=_("Keeps people on your audiences, and hears who leaves them."),
            is_store=False,
            settings=(Setting("secret", _("Secret"), "secret", True, _("Any long text; one can be made here.")),),
            steps=(
                _("In Mailchimp open Audience, Settings, Webhooks, and create one."),
                _("Give it this connection's address with ?secret= and the secret behind it."),
                _("Tick subscribes, unsubscribes, cleaned addresses and changed addresses, made by a subscriber."),
            ),
            topics=("subscribe", "unsubscribe", "cleaned", "upemail"),
        ),
        load_store=_load,
    )
)

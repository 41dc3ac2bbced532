"""What channels bring, as events: somebody wrote (`channel.heard`), what became of a message (`channel.told`), somebody
of the staff answered a question (`desk.pressed`) or said who they are (`desk.linked`).

Invariant: a fact has one id however often its provider repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sereno.engine.durations import format_instant
from sereno.sdk.connector import NewEvent
from sereno.sdk.desk import Press

LONGEST = 4096
Status = Literal["sent", "delivered", "read", "failed"]


def heard(channel: str, address: str, message_id: str, text: str, at: datetime, **more: str | None) -> NewEvent:
    """`more`: `name` of the person, `kind` of message, `choice` (the id of what was pressed), `reply_to`, `link`, and
    `meant` (`stop` or `start`, where the provider itself took it for one, in whatever words)."""
    data: dict[str, Any] = {
        "channel": channel,
        "address": address[:320],
        "message_id": message_id[:200],
        "text": text[:LONGEST],
        "written_at": format_instant(at),
        **{name: str(value)[:500] for name, value in more.items() if value},
    }
    return NewEvent(f"heard:{channel}:{message_id}"[:200], "channel.heard", f"chat:{channel}.{address}"[:200], at, data)


def told(
    channel: str, provider_id: str, status: Status, at: datetime, *, effect: str = "", reason: str = "", text: str = ""
) -> NewEvent:
    """`reason`: why it failed, a code as of `ChannelRefused`; `text`: the provider's own words."""
    data: Mapping[str, Any] = {
        "channel": channel,
        "provider_id": provider_id[:200],
        "status": status,
        "effect": effect[:300],
        "reason": reason,
        "text": text[:300],
        "told_at": format_instant(at),
    }
    id_ = f"told:{channel}:{provider_id}:{status}"[:200]
    return NewEvent(id_, "channel.told", f"message:{channel}.{provider_id}"[:200], at, data)


def pressed(press: Press, own: str, at: datetime) -> NewEvent:
    """Somebody of the staff pressed a button under a question. `own` names the press."""
    data: Mapping[str, Any] = {
        "channel": press.kind,
        "account": press.account[:100],
        "chat": press.chat[:100],
        "message": press.message[:200],
        "value": press.value[:100],
        "reply": press.reply[:500],
        "name": press.name[:200],
        "pressed_at": format_instant(at),
    }
    id_ = f"pressed:{press.kind}:{own}"[:200]
    return NewEvent(id_, "desk.pressed", f"desk:{press.kind}.{press.chat}"[:200], at, data)


def linked(channel: str, account: str, own: str, word: str, at: datetime) -> NewEvent:
    """Somebody opened the bot by the link that says who of the staff they are."""
    data: Mapping[str, Any] = {"channel": channel, "account": account[:100], "word": word[:100]}
    return NewEvent(f"linked:{channel}:{own}"[:200], "desk.linked", f"desk:{channel}.{account}"[:200], at, data)

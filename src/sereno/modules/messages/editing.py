"""What people do to a shop's messages: begin one, change its draft, take that back, publish, return to a version.

Each is one transaction with its line in the audit. A refusal is a ValueError (its text a code) or a LookupError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from sereno.modules.messages import own
from sereno.modules.messages.documents import Document, Kind, Purpose, read, write
from sereno.sdk.site import handle_of
from sereno.store import scope
from sereno.store.models import Audit, MessageChange, MessageTemplate, MessageVersion

KEPT = 200
"""How many states of a draft can be gone back to."""
TOGETHER = timedelta(seconds=45)
"""Typing on in one place within this time is one change."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def create(shop_id: int, title: str, document: Document, by: str, *, name: str | None = None) -> MessageTemplate:
    """A new message, as a draft. `name` None: one made from the title. Raises ValueError `name.taken`."""
    title = " ".join(title.split())[:200]
    if not title:
        raise ValueError("title.empty")
    with transaction.atomic():
        taken = set(MessageTemplate.objects.filter(shop_id=shop_id).values_list("name", flat=True))
        chosen = name if name is not None else _free(handle_of(title)[:80].strip("-") or "message", taken)
        if not NAME.fullmatch(chosen) or chosen in taken:
            raise ValueError("name.taken")
        now = datetime.now(UTC)
        held = write(document)
        row = MessageTemplate.objects.create(
            shop_id=shop_id,
            name=chosen,
            title=title,
            kind=document.kind,
            purpose=document.purpose,
            about=document.about,
            draft=held,
            created_at=now,
            updated_at=now,
            updated_by=by[:200],
        )
        MessageChange.objects.create(template=row, position=0, document=held, what="created", at=now, by=by[:200])
        _audit(row, by, "message.created", {"kind": document.kind})
    return row


def change(
    shop_id: int, name: str, apply: Callable[[Document], Document], *, what: str, target: str = "", by: str
) -> MessageTemplate:
    """Change the draft. `apply` is given the draft as it is now and may refuse by raising. What was undone before can
    be redone no more. A change that changes nothing leaves no trace."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        before = read(row.draft)
        after = apply(before)
        if after == before:
            return row
        now = datetime.now(UTC)
        changes = MessageChange.objects.filter(template=row)
        changes.filter(position__gt=row.position).delete()
        last = changes.filter(position=row.position).first()
        held = write(after)
        is_same = last is not None and (last.what, last.target, last.by) == (what, target[:200], by[:200])
        if what == "text" and is_same and last is not None and now - last.at < TOGETHER:
            changes.filter(pk=last.pk).update(document=held, at=now)
        else:
            row.position += 1
            MessageChange.objects.create(
                template=row, position=row.position, document=held, what=what, target=target[:200], at=now, by=by[:200]
            )
            changes.filter(position__lte=row.position - KEPT).delete()
            _audit(row, by, "message.changed", {"what": what, "target": target})
        _set_draft(row, after, by, now)
    return row


def undo(shop_id: int, name: str, by: str) -> MessageChange:
    """Go back by one state; gives the change that was taken back. Raises LookupError when there is none."""
    return _step(shop_id, name, by, back=True)


def redo(shop_id: int, name: str, by: str) -> MessageChange:
    """Bring back what was taken back last. Raises LookupError when there is none."""
    return _step(shop_id, name, by, back=False)


def rename(shop_id: int, name: str, title: str, by: str) -> None:
    title = " ".join(title.split())[:200]
    if not title:
        raise ValueError("title.empty")
    with transaction.atomic():
        row = _locked(shop_id, name)
        if row.title != title:
            _audit(row, by, "message.renamed", {"before": row.title, "after": title})
            row.title = title
            row.save(update_fields=["title"])


def set_nature(shop_id: int, name: str, purpose: Purpose, about: str, by: str) -> MessageTemplate:
    """What the message is for, and which record it is about."""
    return change(shop_id, name, lambda document: replace(document, purpose=purpose, about=about), what="nature", by=by)


def publish(shop_id: int, name: str, by: str, note: str = "") -> int:
    """Make the draft the next version: what is sent from now on. Gives its number. Whether it may be is for the caller
    to find out (`checks`)."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        number = _publish(row, read(row.draft), by, note)
    _tell()
    return number


def roll_back(shop_id: int, name: str, number: int, by: str) -> int:
    """Publish an older version again, as the next; the draft becomes it. Gives the new number."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        held = MessageVersion.objects.filter(template=row, number=number).first()
        if held is None:
            raise LookupError("version.unknown")
        document = read(held.document)
        change(shop_id, name, lambda _before: document, what="rolled_back", target=str(number), by=by)
        row.refresh_from_db()
        new = _publish(row, document, by, "", rolled_back_to=number)
    _tell()
    return new


def withdraw(shop_id: int, name: str, by: str) -> None:
    """No flow may name it any more; a shipped mail of the same name is sent again instead. The draft stays."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        if row.version is not None:
            row.version = None
            row.save(update_fields=["version"])
            _audit(row, by, "message.withdrawn", {})
    _tell()


def remove(shop_id: int, name: str, by: str) -> Mapping[str, Any]:
    """Take a message that is not published away for good; gives what `restore` needs. Raises ValueError when it is
    published."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        if row.version is not None:
            raise ValueError("message.published")
        held = {"name": row.name, "title": row.title, "draft": row.draft}
        _audit(row, by, "message.removed", held)
        row.delete()
    return held


def copy(shop_id: int, name: str, title: str, by: str) -> MessageTemplate:
    """A new message that begins as the draft of another."""
    row = MessageTemplate.objects.filter(shop_id=shop_id, name=name).first()
    if row is None:
        raise LookupError("message.unknown")
    return create(shop_id, title, read(row.draft), by)


def draft_of(row: MessageTemplate) -> Document:
    return read(row.draft)


def blank(kind: Kind, purpose: Purpose, about: str, locale: str) -> Document:
    """A message to begin with: a mail has a heading, a text and a button; the others a text."""
    if kind != "email":
        return read({"kind": kind, "purpose": purpose, "about": about, "languages": [locale]})
    blocks: list[dict[str, Any]] = [{"id": "b1", "kind": "heading"}, {"id": "b2", "kind": "text"}]
    if about != "customer":
        blocks.append({"id": "b3", "kind": "items"})
    link = {"order": "{{ order.status_url }}", "cart": "{{ cart_url }}"}.get(about, "{{ store.website }}")
    blocks.append({"id": "b4", "kind": "button", "settings": {"link": link}})
    return read({"kind": kind, "purpose": purpose, "about": about, "languages": [locale], "blocks": blocks})


# --- inside -------------------------------------------------------------------------------------


def _locked(shop_id: int, name: str) -> MessageTemplate:
    row = MessageTemplate.objects.select_for_update().filter(shop_id=shop_id, name=name).first()
    if row is None:
        raise LookupError("message.unknown")
    return row


def _set_draft(row: MessageTemplate, document: Document, by: str, now: datetime) -> None:
    row.draft, row.revision = write(document), row.revision + 1
    row.purpose, row.about = document.purpose, document.about
    row.updated_at, row.updated_by = now, by[:200]
    row.save(update_fields=["draft", "revision", "position", "purpose", "about", "updated_at", "updated_by"])


def _step(shop_id: int, name: str, by: str, *, back: bool) -> MessageChange:
    with transaction.atomic():
        row = _locked(shop_id, name)
        target = row.position + (-1 if back else 1)
        states = {held.position: held for held in row.changes.filter(position__in=(row.position, target))}
        if target not in states:
            raise LookupError("nothing.to_undo" if back else "nothing.to_redo")
        told = states[row.position] if back else states[target]
        row.position = target
        _set_draft(row, read(states[target].document), by, datetime.now(UTC))
        _audit(row, by, "message.undone" if back else "message.redone", {"what": told.what, "target": told.target})
    return told


def _publish(row: MessageTemplate, document: Document, by: str, note: str, **more: Any) -> int:
    last = MessageVersion.objects.filter(template=row).order_by("-number").values_list("number", flat=True).first()
    number = (last or 0) + 1
    MessageVersion.objects.create(
        template=row,
        number=number,
        document=write(document),
        published_at=datetime.now(UTC),
        published_by=by[:200],
        note=note[:500],
    )
    row.version = number
    row.save(update_fields=["version"])
    _audit(row, by, "message.published", {"version": number, "note": note, **more})
    return number


def _audit(row: MessageTemplate, by: str, action: str, details: Mapping[str, Any]) -> None:
    Audit.objects.create(
        shop_id=row.shop_id, at=datetime.now(UTC), by=by[:200], action=action, target=row.name, details=dict(details)
    )


def _tell() -> None:
    """Let this process see it at once; others do within a second."""
    own.library().forget()
    scope.changed()


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(found for number in range(2, 10_000) if (found := f"{name}-{number}") not in taken)

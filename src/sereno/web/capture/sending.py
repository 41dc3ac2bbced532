"""What a form that was filled in comes to, whichever way it came: read, held against what bots do, and taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from sereno.modules.forms import reading
from sereno.modules.forms.services import Kept
from sereno.runtime.forms import taking
from sereno.runtime.forms.taking import Consent, Sent, Taken, View
from sereno.sdk.languages import said
from sereno.web.people.addresses import client_address, place_of
from sereno.web.people.tries import Limit

PLACES = Limit("form", 20, timedelta(hours=1))
"""Forms sent from one place."""
ADDRESSES = Limit("form-address", 5, timedelta(hours=1))
"""Forms sent with one address, so that nobody fills a stranger's mailbox with mails that ask to confirm."""


class TooOften(Exception):  # noqa: N818
    """Too many from one place, or of one address."""


class Incomplete(Exception):  # noqa: N818
    """`wrong`: by field why it cannot stand."""

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__(wrong)
        self.wrong = wrong


def take(
    request: HttpRequest,
    kept: Kept,
    shop_id: int,
    shop_locale: str,
    view: View,
    values: Mapping[str, Sequence[str]],
    *,
    page: str,
    locale: str,
) -> tuple[Taken, str]:
    """Gives what was taken and the code to show, its own or everybody's. Raises Incomplete and TooOften."""
    form = kept.form
    given, wrong = reading.read_given(form, values)
    if wrong:
        raise Incomplete(wrong)
    address = client_address(request)
    place = place_of(address)
    if not PLACES.take(f"{shop_id}|{place}") or not ADDRESSES.take(f"{shop_id}|{given.email or given.phone}"):
        raise TooOften
    labels = {one.id: one.label for one in form.fields}
    proof: dict[str, Any] = {
        "version": kept.version,
        "page": page,
        "language": locale,
        "ip": address[:64],
        "agent": request.headers.get("User-Agent", "")[:200],
        **({"variant": view.variant} if view.variant else {}),
    }
    sent = Sent(
        answers=given.answers,
        email=given.email,
        phone=given.phone,
        name=given.name,
        birthday=given.birthday,
        consents=tuple(
            Consent(channel, said(labels[id], locale, shop_locale)) for channel, id in given.consents.items()
        ),
        points=reading.points_of(form, given),
        page=page,
        locale=locale,
        pool=form.after.pool,
        proof=proof,
    )
    taken = taking.take(shop_id, view, sent)
    return taken, taken.code or form.after.code

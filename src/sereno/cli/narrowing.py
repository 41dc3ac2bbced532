"""The options every list command takes, and what they mean.

Invariant: with `--json` and without `--limit` a list is complete; for people it is the newest fifty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import Parameter

from sereno.cli.output import WrongUse, no_such

PEOPLE_LIMIT = 50
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


Json = Annotated[bool, Parameter(negative="", help="One JSON document on standard output.")]
ShopName = Annotated[str | None, Parameter(help="The shop, where there are several.")]
Flag = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """What to list."""

    shop: Annotated[str | None, Parameter(help="Only this shop (its name or slug).")] = None
    since: Annotated[str | None, Parameter(help="From this instant on: 2026-11-01, 2026-11-01T09:00Z, 24h, 7d.")] = None
    until: Annotated[str | None, Parameter(help="Before this instant.")] = None
    type: Annotated[
        str | None, Parameter(help="Only this type of event, topic of delivery or name of action; 'order.*' works.")
    ] = None
    flow: Annotated[str | None, Parameter(help="Only what belongs to this flow.")] = None
    subject: Annotated[str | None, Parameter(help="Only what is about this subject, such as order:1001.")] = None
    status: Annotated[str | None, Parameter(help="Only this status.")] = None
    limit: Annotated[int | None, Parameter(help="At most so many, the newest.")] = None
    json: Json = False

    def most(self) -> int | None:
        """How many rows; None is all of them."""
        if self.limit is not None and self.limit < 0:
            raise WrongUse("--limit: a number from 0 on")
        return self.limit if self.limit is not None or self.json else PEOPLE_LIMIT


def instant_of(option: str, text: str, now: datetime | None = None) -> datetime:
    """An instant as written by a person: ISO 8601 (UTC where no offset is given) or a time ago, such as `24h`."""
    ago = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if ago:
        return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise WrongUse(
            f"{option}: {text!r} is neither an instant (2026-11-01T09:00Z) nor a time ago (24h, 7d)"
        ) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def shop_named(name: str | None):
    """The shop row of this slug or name; the only one there is when `name` is None. Raises WrongUse."""
    from sereno.store.models import Shop

    shops = list(Shop.objects.order_by("id"))
    if not shops:
        raise WrongUse("there is no shop yet: make one with `sereno shop add NAME --currency EUR`")
    if name is None:
        if len(shops) == 1:
            return shops[0]
        raise WrongUse(f"which shop? Add --shop with one of: {', '.join(shop.slug for shop in shops)}")
    for shop in shops:
        if name.casefold() in (shop.slug.casefold(), shop.name.casefold()):
            return shop
    raise no_such("shop", name, [shop.slug for shop in shops])


def flow_named(shop, name: str):
    """The flow row of this name. Raises WrongUse with the nearest."""
    from sereno.store.models import Flow

    found = Flow.objects.filter(shop=shop, name=name).first()
    if found is None:
        names = list(Flow.objects.filter(shop=shop).order_by("name").values_list("name", flat=True))
        raise no_such("flow", name, names, "" if names else "Bring one in with `sereno flow apply FILE`.")
    return found

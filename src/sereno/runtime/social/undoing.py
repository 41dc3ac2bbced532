"""Taking back what is public, by a person. One line in the audit."""

from __future__ import annotations

from sereno.runtime.social.plan import PostInvalid
from sereno.runtime.social.port import LiveSocial
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.channels import ChannelError
from sereno.sdk.ports import Http
from sereno.store.database import Database
from sereno.store.fields import to_micros


def withdraw(shop_id: int, copy: int, *, by: str, http: Http, database: Database | None = None) -> None:
    """Raises PostInvalid where there is nothing to take back, or the network does not let us."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        facts = staff.world.shops.find(tx, shop_id).facts
    try:
        LiveSocial(staff.database, facts, now, http).remove(copy)
    except ChannelError as error:
        raise PostInvalid(str(error), "social.no_answer") from error
    with staff.database.transaction() as tx:
        audit(tx, shop_id, to_micros(now), by, "social.withdrawn", str(copy), {})

"""The live `Social` port.

Invariant: before a network is asked, a row says so, and it is committed. What was published is never posted again; what
may have been is looked for, or posted again only under a key the network still knows. So a copy is published once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from sereno.runtime import inbox
from sereno.runtime.social import writing
from sereno.runtime.social.accounts import Account, accounts_of
from sereno.runtime.social.plan import PostInvalid
from sereno.runtime.staff import Staff, open_staff
from sereno.sdk.channels import ChannelBusy, ChannelCall, ChannelError, ChannelLimited, ChannelRefused, ChannelUnclear
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.ports import Http
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.social import Held, Picture, Post, Published
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

SOURCE = "sereno"
PAUSE = timedelta(seconds=30)
SHOWS_AFTER = timedelta(minutes=1)
"""So long after it was asked, a network's own list is believed not to have a post."""
UNCLEAR_FOR = timedelta(minutes=3)
HELD_FOR = timedelta(hours=12)
"""Networks forget a picture that no post shows after a day."""
DUPLICATE = "post.duplicate"
KEY_TROUBLE = frozenset({"social.key_refused", "channel.blocked"})
FINAL = ("published", "failed", "unclear", "removed")


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy with what is needed of its post."""

    id: int
    post: int
    account: int
    text: str
    status: str
    provider_id: str
    url: str
    at: datetime
    begun_at: datetime | None
    post_status: str
    revision: int
    pictures: Sequence[Mapping[str, str]]
    link: str
    title: str
    held: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"social-{self.id}"


class LiveSocial:
    """Of one shop."""

    def __init__(self, database: Database, shop: ShopFacts, now: datetime, http: Http) -> None:
        self._database, self._shop, self._now, self._http = database, shop, now, http

    @property
    def _staff(self) -> Staff:
        return open_staff(self._database)

    # --- planning ---------------------------------------------------------------------------

    def write(self, origin: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        staff = self._staff
        with self._database.transaction() as tx:
            accounts = accounts_of(tx, self._shop.id).values()
            networks, languages = given.get("networks") or (), given.get("languages") or ()
            chosen = [
                one.id
                for one in accounts
                if one.is_active
                and (not networks or one.network in networks)
                and (not languages or (one.language or self._shop.locale[:2]) in languages)
            ]
            if not chosen:
                raise PostInvalid("no account of these networks is connected", "post.nowhere")
            named = {**given, "accounts": chosen}
            post, at = writing.write_by_flow(tx, staff, self._shop.id, origin, named, "")
        return {"post": post, "at": at, "accounts": len(chosen)}

    def open(self, post: int, revision: int) -> Sequence[Mapping[str, Any]]:
        staff = self._staff
        with self._database.transaction() as tx:
            row = tx.one("lock_social_post", {"shop": self._shop.id, "id": post})
            if row is None:
                return []
            held = writing.read_row(row)
            if held.revision != revision or held.status not in writing.PLANNED:
                return []
            if held.status == "waiting":
                # Its flow comes here only when somebody agreed, which may not be noted yet.
                mark = {"id": post, "shop": self._shop.id, "status": "scheduled", "now": self._micros}
                tx.run("mark_social_post", mark)
            self._repeat(tx, staff, held)
            copies = tx.all("social_copies", {"shop": self._shop.id, "post": post})
            return [{"copy": row[0], "account": row[1]} for row in copies if row[3] not in ("published", "removed")]

    def _repeat(self, tx: Transaction, staff: Staff, held: writing.PostRow) -> None:
        """The post after this one, where it repeats: made once, however often this is asked."""
        if held.at is None:
            return
        zone, plan = ZoneInfo(self._shop.timezone), held.written.plan
        following = plan.next(held.at, zone)
        while following is not None and following <= self._now:
            following = plan.next(following, zone)
        accounts = accounts_of(tx, self._shop.id)
        is_somewhere = any(one in accounts and accounts[one].is_active for one in held.written.accounts)
        if following is not None and is_somewhere:
            writing.keep(tx, staff, self._shop.id, f"after:{held.id}", held.written, held.by, following)

    def refuse(self, post: int, revision: int, what: Literal["refused", "approved"]) -> None:
        with self._database.transaction() as tx:
            row = tx.one("lock_social_post", {"shop": self._shop.id, "id": post})
            held = writing.read_row(row) if row is not None else None
            if held is None or held.revision != revision or held.status != "waiting":
                return
            status = "scheduled" if what == "approved" else "refused"
            tx.run("mark_social_post", {"id": post, "shop": self._shop.id, "status": status, "now": self._micros})

    # --- publishing -------------------------------------------------------------------------

    def publish(self, copy: int, revision: int) -> Result:
        with self._database.read() as tx:
            held = self._copy(tx, copy)
            account = accounts_of(tx, self._shop.id).get(held.account) if held is not None else None
        if held is None or account is None:
            return Done({"is_published": False, "reason": "post.taken_back"})
        if held.status == "published":
            return _done(held.provider_id, held.url)
        if held.status == "removed" or held.revision != revision or held.post_status not in ("scheduled", "failed"):
            return Done({"is_published": False, "reason": "post.taken_back"})
        if not account.is_active or not account.is_readable:
            return self._refused(held, account, "social.not_connected", f"{account.title} is not connected any more.")
        call = account.call(self._http, held.key, self._now)
        try:
            if held.status in ("begun", "unclear"):
                known = self._again(held, account, call)
                if known is not None:
                    return known
            return self._hand_over(held, account, call)
        except ChannelLimited as error:
            self._free(held)
            return Retry("social.rate_limited", str(error), kind="limited", after=error.after or timedelta(minutes=5))
        except ChannelBusy as error:
            self._free(held)
            return Retry("social.busy", str(error), after=PAUSE)
        except ChannelUnclear as error:
            return Retry("social.unclear", str(error), after=PAUSE)
        except ChannelRefused as error:
            # An answer was lost, and now the network has these words already: they may be ours.
            is_unclear = error.code == DUPLICATE and held.begun_at is not None
            return self._refused(held, account, error.code, str(error), "unclear" if is_unclear else "failed")

    def _hand_over(self, held: Copy, account: Account, call: ChannelCall) -> Result:
        post = self._post(held, account)
        with self._database.transaction() as tx:
            tx.run("begin_social_copy", {"id": held.id, "shop": self._shop.id, "now": self._micros})
        return self._settle(held, account, account.api.publish(call, post))

    def _again(self, held: Copy, account: Account, call: ChannelCall) -> Result | None:
        """What an attempt before this one tells; None when it may be posted."""
        api, begun = account.api, held.begun_at or self._now
        if api.is_keyed and (api.keyed_for is None or self._now - begun < api.keyed_for):
            return None
        if api.find is None:
            return self._give_up(held, account, begun)
        if self._now - begun < SHOWS_AFTER:
            return Retry("social.unclear", "It is looked for in a moment.", after=SHOWS_AFTER)
        try:
            found = api.find(call, self._post(held, account))
        except ChannelRefused as error:
            # Not every key may read. A person has looked by now, where it is tried again after that was said.
            return self._refused(held, account, error.code, str(error), "unclear") if held.status == "begun" else None
        except ChannelError as error:
            return Retry("social.unclear", str(error), after=PAUSE)
        return self._settle(held, account, found) if found is not None else None

    def _give_up(self, held: Copy, account: Account, begun: datetime) -> Result | None:
        """Of a network that can be asked nothing: a person looks, and may have it posted again."""
        if held.status == "unclear":
            return None
        if self._now - begun < UNCLEAR_FOR:
            return Retry("social.unclear", "Nobody can tell yet whether it was published.", after=PAUSE)
        what = "The answer was lost, so it may be public. It is not posted again by itself: look, and replay it if not."
        return self._refused(held, account, "social.unclear", what, "unclear")

    def _post(self, held: Copy, account: Account) -> Post:
        digests = [one["name"].partition(".")[0] for one in held.pictures]
        rows: dict[str, Sequence[Any]] = {}
        if digests:
            with self._database.read() as tx:
                found = tx.all("social_picture_bodies", {"shop": self._shop.id, "digests": digests})
                rows = {row[0]: row for row in found}
        pictures: list[Picture] = []
        for one, digest in zip(held.pictures, digests, strict=True):
            row = rows.get(digest)
            if row is None or row[4] is None:
                raise ChannelRefused("picture.unknown", "A picture of it is not kept any more: choose another.")
            url = f"{self._shop.base_url.rstrip('/')}/media/{one['name']}"
            pictures.append(Picture(bytes(row[4]), row[1], one["alt"], url, row[2], row[3]))
        language = account.language or self._shop.locale[:2]
        begun = held.begun_at or self._now
        there = Held(held.held, lambda known: self._hold(held, known))
        return Post(held.text, held.link, language, tuple(pictures), held.at, begun, there)

    def _hold(self, held: Copy, known: Mapping[str, str]) -> None:
        row = {"id": held.id, "shop": self._shop.id, "held": encode(dict(known)), "now": self._micros}
        with self._database.transaction() as tx:
            tx.run("hold_social_copy", row)

    # --- keeping ----------------------------------------------------------------------------

    def _settle(self, held: Copy, account: Account, found: Published) -> Result:
        self._end(held, account, "published", found.id, found.url, "", "")
        return _done(found.id, found.url)

    def _refused(self, held: Copy, account: Account, code: str, said: str, status: str = "failed") -> Result:
        self._end(held, account, status, "", "", code, said)
        return Fail(code, said)

    def _free(self, held: Copy) -> None:
        with self._database.transaction() as tx:
            tx.run("free_social_copy", {"id": held.id, "shop": self._shop.id})

    def _end(
        self, held: Copy, account: Account, status: str, id: str, url: str, reason: str, said: str
    ) -> None:  # fmt: skip
        """The copy's end, what it means for its post, and the event that tells of it: together."""
        row = {
            "id": held.id, "shop": self._shop.id, "status": status, "provider_id": storable(id)[:300],
            "url": storable(url)[:500], "reason": reason[:64], "said": storable(said)[:300], "now": self._micros,
        }  # fmt: skip
        with self._database.transaction() as tx:
            tx.one("lock_social_post", {"shop": self._shop.id, "id": held.post})
            tx.run("end_social_copy", row)
            trouble = reason if reason in KEY_TROUBLE else ""
            tx.run("trouble_social_account", {"id": account.id, "trouble": trouble, "now": self._micros})
            states = dict(cast("list[tuple[str, int]]", tx.all("social_copy_states", {"post": held.post})))
            if not set(states) - set(FINAL):
                is_good = not (states.get("failed") or states.get("unclear"))
                state = "published" if is_good else "failed"
                mark = {"id": held.post, "shop": self._shop.id, "status": state, "now": self._micros}
                tx.run("mark_social_post", mark)
            self._tell(tx, held, account, status, url, reason)

    def _tell(self, tx: Transaction, held: Copy, account: Account, status: str, url: str, reason: str) -> None:
        type_ = "social.published" if status == "published" else "social.failed"
        data = {"post": held.post, "title": held.title, "network": account.network, "account": account.title}
        data |= {"url": url} if url else {}
        data |= {"reason": reason} if reason else {}
        id_ = f"social:{held.post}:{held.id}:{status}" + (f":{self._micros}" if status != "published" else "")
        event = NewEvent(id_, type_, f"post:{held.post}", self._now, data, {"post": str(held.post)})
        inbox.put(tx, [inbox.Incoming(self._shop.id, None, None, SOURCE, self._micros, event)])

    # --- after ------------------------------------------------------------------------------

    def measure(self, post: int) -> int:
        """Raises ChannelError where no network answers."""
        with self._database.read() as tx:
            copies = tx.all("social_copies", {"shop": self._shop.id, "post": post})
            accounts = accounts_of(tx, self._shop.id)
        counted: list[tuple[Any, ...]] = []
        trouble: ChannelError | None = None
        for id_, account_id, _network, status, provider_id, *_rest in copies:
            account = accounts.get(account_id)
            if status != "published" or not provider_id or account is None or not account.is_active:
                continue
            if (count := account.api.measure) is None:
                continue
            try:
                found = count(account.call(self._http, f"measure-{id_}", self._now), [provider_id]).get(provider_id)
            except ChannelError as error:
                trouble = error
                continue
            if found is not None:
                figures = (found.likes, found.reposts, found.replies, found.clicks, found.views)
                counted.append((id_, *figures, self._micros))
        if counted:
            with self._database.transaction() as tx:
                tx.many("measure_social_copies", counted)
        elif trouble is not None:
            raise trouble
        return len(counted)

    def remove(self, copy: int) -> None:
        """Take a published copy back from its network. Raises ChannelError, PostInvalid where the network cannot."""
        with self._database.read() as tx:
            held = self._copy(tx, copy)
            account = accounts_of(tx, self._shop.id).get(held.account) if held is not None else None
        if held is None or account is None or held.status != "published":
            raise PostInvalid("there is nothing of it to take back", "post.status")
        if account.api.remove is None:
            raise PostInvalid(f"{account.api.label} lets nobody take a post back: do it there", "social.no_removal")
        account.api.remove(account.call(self._http, held.key, self._now), held.provider_id)
        row = {"id": held.id, "shop": self._shop.id, "status": "removed", "provider_id": held.provider_id}
        with self._database.transaction() as tx:
            tx.run("end_social_copy", {**row, "url": "", "reason": "", "said": "", "now": self._micros})

    def _copy(self, tx: Transaction, id: int) -> Copy | None:
        row = tx.one("social_copy", {"id": id, "shop": self._shop.id})
        if row is None:
            return None
        (id_, post, account, _network, text, status, provider_id, url, _reason, _said, at, begun_at, *of_post) = row
        post_status, revision, pictures, link, title, there, held_at = of_post
        begun = from_micros(begun_at) if begun_at is not None else None
        is_fresh = held_at is not None and self._now - from_micros(held_at) < HELD_FOR
        return Copy(
            id_, post, account, text, status, provider_id, url, from_micros(at), begun, post_status, revision,
            decode(pictures), link, title, decode(there or "{}") if is_fresh else {},
        )  # fmt: skip

    @property
    def _micros(self) -> int:
        return to_micros(self._now)


def _done(id: str, url: str) -> Done:
    return Done({"is_published": True, "id": id, "url": url})

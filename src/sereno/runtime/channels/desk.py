"""The live `Desk` port: questions to staff in chats, and what their buttons decide.

Invariant: a question is decided by the same call as on the page and by mail (`services.decide_approval`,
`limits.answer`), which lets it be decided once; nothing here decides. A card follows its question: whatever closed the
question, its card is found open and is changed, again until the chat has taken it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sereno.runtime import asking
from sereno.runtime.channels import people, staffing
from sereno.runtime.channels.accounts import Account, accounts_of
from sereno.sdk.channels import (
    ChannelBusy,
    ChannelError,
    ChannelLimited,
    ChannelRefused,
    ChannelUnclear,
    Heard,
)
from sereno.sdk.context import ShopFacts
from sereno.sdk.desk import About, Card, DeskApi, DeskQuestion, Posted, Press, Taken, TakenAs, read_value
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.store.database import Database
from sereno.store.fields import from_micros, storable, to_micros
from sereno.store.secrets import SecretsUnreadable

PAUSE = timedelta(seconds=30)
RUN_THE_SHOP = frozenset({"owner", "operator"})
"""Who may let a flow go past its limit: whose role has the ability `settings` on the pages."""


class LiveDesk:
    """Of one shop."""

    def __init__(self, database: Database, plugins: Plugins, shop: ShopFacts, now: datetime, http: Http) -> None:
        self._database = database
        self._plugins = plugins
        self._shop = shop
        self._now = now
        self._http = http

    # --- questions --------------------------------------------------------------------------

    def question(self, key: str) -> DeskQuestion | None:
        if key.startswith(asking.LIMIT):
            return self._question("limit", int(key.removeprefix(asking.LIMIT)))
        with self._database.read() as tx:
            row = tx.one("desk_approval_of_key", {"key": key, "shop": self._shop.id})
        return self._question("approval", row[0]) if row is not None else None

    def _question(self, about: About, number: int) -> DeskQuestion | None:
        with self._database.read() as tx:
            statement = "desk_limit" if about == "limit" else "desk_approval"
            row = tx.one(statement, {"number": number, "shop": self._shop.id})
        if row is None:
            return None
        base = self._shop.base_url.rstrip("/")
        if about == "limit":
            id_, title, status, at, by, note, kind, limit, wanted, currency = row
            facts = {"kind": kind, "limit": limit, "wanted": wanted, "currency": currency}
            return DeskQuestion(
                about, id_, "", title, f"{base}/limits", "operator", "", status, None, _at(at), by or "", note, facts
            )
        id_, text, title, uid, by, not_by, status, expires, at, decided_by, note = row
        link = f"{base}/runs/{uid}"
        decided = (_at(at), decided_by or "", note)
        return DeskQuestion(about, id_, text, title, link, by, not_by, status, _at(expires), *decided)

    # --- cards ------------------------------------------------------------------------------

    def post(self, kind: str, to: str, question: DeskQuestion, card: Card, *, key: str) -> Result:
        found = self._desk(kind)
        if isinstance(found, Fail):
            return found
        account, desk = found
        chat = to or str(account.settings.get(desk.place) or "")
        with self._database.read() as tx:
            held = tx.one("desk_post", {"key": key})
        if held is not None and held[0] != "begun":
            return Done({"chat": held[1], "message": held[2]})
        if not self._is_within(account, chat):
            return Done({"sent": False, "reason": "window.closed", "to": chat})
        call = account.call(self._http, key, self._now)
        try:
            posted = desk.find(call, chat, from_micros(held[3])) if held is not None and desk.find is not None else None
            if posted is None:
                self._begin(kind, question, chat, key)
                posted = desk.post(call, chat, card)
        except (ChannelBusy, ChannelLimited, ChannelRefused) as error:
            if held is None:
                self._run("forget_desk_post", key=key)
            return judged(error)
        except ChannelUnclear as error:
            return judged(error)
        self._run("end_desk_post", key=key, chat=posted.chat[:100], message=posted.message[:200], now=self._micros)
        return Done({"sent": True, "chat": posted.chat, "message": posted.message})

    def _begin(self, kind: str, question: DeskQuestion, chat: str, key: str) -> None:
        about = {"kind": kind, "about": question.about, "number": question.number}
        self._run("begin_desk_post", shop=self._shop.id, key=key, chat=storable(chat)[:100], now=self._micros, **about)

    def _is_within(self, account: Account, chat: str) -> bool:
        """Free words go by some channels only for a time after the other one wrote."""
        window = account.api.window
        if window is None:
            return True
        with self._database.read() as tx:
            row = people.contact(tx, self._shop.id, account.api.channel, chat)
        return row is not None and row[1] is not None and self._now - from_micros(row[1]) < window

    def posted(self, post: int) -> DeskQuestion | None:
        with self._database.read() as tx:
            row = tx.one("desk_post_by_id", {"id": post, "shop": self._shop.id})
        return self._question(row[0], row[1]) if row is not None else None

    def change(self, post: int, card: Card) -> Result:
        with self._database.read() as tx:
            row = tx.one("desk_post_by_id", {"id": post, "shop": self._shop.id})
        if row is None:
            return Done({"changed": False})
        _about, _number, kind, chat, message, _status = row
        found = self._desk(kind)
        if isinstance(found, Fail) or found[1].change is None:
            # Nothing sends there any more, or what was said there stands: who presses is told.
            self._run("settle_desk_post", id=post, now=self._micros)
            return Done({"changed": False})
        account, desk = found
        assert desk.change is not None
        try:
            desk.change(account.call(self._http, f"desk/{post}", self._now), Posted(chat, message), card)
        except ChannelRefused as error:
            if error.code != "message.gone":
                return judged(error)
        except ChannelError as error:
            return judged(error)
        self._run("settle_desk_post", id=post, now=self._micros)
        return Done({"changed": True})

    # --- presses ----------------------------------------------------------------------------

    def take(self, press: Press) -> Taken | Result:
        said = read_value(press.value)
        question = self._question(said[0], said[1]) if said is not None else None
        if said is None or question is None:
            return Taken("broken")
        self._adopt(press, question)
        try:
            who = self._who(press)
        except (ChannelError, SecretsUnreadable) as error:
            return judged(error)
        with self._database.read() as tx:
            role = staffing.role_of(tx, self._shop.id, who, self._micros) if who else None
            standing = asking.standing_for(tx, self._shop.id, who, self._micros) if who else []
        if not question.is_open:
            return Taken(_closed(question, who, yes=said[2]), question, who)
        if question.expires_at is not None and question.expires_at <= self._now:
            return Taken("over", question, who)
        if role is None:
            return Taken("stranger", question)
        if not _may(question, role, who, standing):
            return Taken("not-yours", question, who)
        return self._decide(press, question, said[2], who, asking.stands_for(question.by, role, who, standing))

    def _decide(self, press: Press, question: DeskQuestion, yes: bool, who: str, instead_of: str) -> Taken:
        from sereno.runtime import services  # They stand on this module.
        from sereno.runtime.limiting import limits

        given: dict[str, Any] = {"via": press.kind, "database": self._database}
        try:
            if question.about == "limit":
                limits.answer(self._shop.id, question.number, yes, who, **given)
            else:
                services.decide_approval(question.number, yes, who, instead_of=instead_of, **given)
            state: TakenAs = "done"
        except (LookupError, ValueError):
            # Somebody was quicker, or the run moved on, or they have given their word already.
            state = "again"
        now = self._question(question.about, question.number)
        if state == "again" and now is not None and not now.is_open:
            state = _closed(now, who, yes=yes)
        return Taken(state, now, who)

    def _who(self, press: Press) -> str:
        """The address of who pressed: the one entered for the account, else the one the chat vouches for."""
        with self._database.read() as tx:
            row = tx.one(
                "desk_person", {"shop": self._shop.id, "kind": press.kind, "account": storable(press.account)[:100]}
            )
        if press.kind == "whatsapp":
            # Who pressed has written: for a day they can be asked again.
            with self._database.transaction() as tx:
                heard = Heard("whatsapp", press.account, self._now, press.name)
                people.heard(tx, self._shop.id, heard, self._micros)
        if row is not None:
            return str(row[0])
        found = self._desk(press.kind)
        if isinstance(found, Fail) or found[1].address_of is None:
            return ""
        account, desk = found
        assert desk.address_of is not None
        return desk.address_of(account.call(self._http, "who", self._now), press.account)

    def _adopt(self, press: Press, question: DeskQuestion) -> None:
        """A card we do not know of (its answer was lost) is known from now on, so that it, too, is changed."""
        where = {"chat": storable(press.chat)[:100], "message": storable(press.message)[:200]}
        row = {"shop": self._shop.id, "kind": press.kind, "about": question.about, "number": question.number, **where}
        if not press.message:
            return
        with self._database.transaction() as tx:
            if tx.one("desk_post_there", row) is None:
                key = f"desk/{self._shop.id}/{press.kind}/{press.chat}/{press.message}"
                tx.run("adopt_desk_post", {**row, "key": key[:300], "now": self._micros})

    def reply(self, press: Press, text: str, *, is_done: bool) -> Result:
        found = self._desk(press.kind)
        if isinstance(found, Fail) or (is_done and not found[1].says_done):
            return Done({"replied": False})
        account, desk = found
        try:
            desk.reply(account.call(self._http, f"reply/{press.reply}"[:200], self._now), press, text)
        except (ChannelBusy, ChannelLimited) as error:
            return judged(error)
        except (ChannelUnclear, ChannelRefused):
            # It may have been read, or cannot be said any more. What was decided stands on the card.
            return Done({"replied": False})
        return Done({"replied": True})

    # --- who is who -------------------------------------------------------------------------

    def link(self, kind: str, account: str, word: str) -> str:
        with self._database.transaction() as tx:
            return staffing.follow(tx, self._shop.id, kind, account, word, self._now)

    def say(self, kind: str, to: str, text: str) -> Result:
        found = self._desk(kind)
        if isinstance(found, Fail):
            return found
        account, desk = found
        try:
            desk.post(account.call(self._http, f"say/{to}", self._now), to, Card(text))
        except ChannelUnclear:
            return Done({"sent": False})
        except ChannelError as error:
            return judged(error)
        return Done({"sent": True})

    def _desk(self, kind: str) -> tuple[Account, DeskApi] | Fail:
        try:
            with self._database.read() as tx:
                account = accounts_of(tx, self._plugins, self._shop.id).get(kind)
        except SecretsUnreadable as error:
            return Fail("channel.key_unreadable", str(error))
        if account is None or account.api.desk is None:
            return Fail("channel.not_connected", f"Nobody is asked by {kind} here: see Channels.")
        return account, account.api.desk

    @property
    def _micros(self) -> int:
        return to_micros(self._now)

    def _run(self, name: str, **values: Any) -> None:
        with self._database.transaction() as tx:
            tx.run(name, values)


def judged(error: Exception) -> Retry | Fail:
    """What becomes of an effect whose chat said this."""
    if isinstance(error, ChannelLimited):
        return Retry("channel.rate_limited", str(error), kind="limited", after=error.after or PAUSE)
    if isinstance(error, ChannelRefused):
        return Fail(error.code, str(error))
    if isinstance(error, SecretsUnreadable):
        return Fail("channel.key_unreadable", str(error))
    code = "channel.busy" if isinstance(error, ChannelBusy) else "channel.unclear"
    return Retry(code, str(error))


def _may(question: DeskQuestion, role: str, who: str, standing: list[asking.Standing]) -> bool:
    if question.about == "limit":
        return bool(RUN_THE_SHOP & {role, *(rank for rank, _ in standing)})
    return asking.may_answer(question.by, role, who, standing, question.not_by)


def _closed(question: DeskQuestion, who: str, *, yes: bool) -> TakenAs:
    """Of a question that is closed: whether it was this very press that closed it, before its effect died."""
    ours = {"approved", "raised"} if yes else {"refused", "kept"}
    if question.status in ours and who and question.decided_by == who:
        return "done"
    return "over" if question.status in ("expired", "closed", "settled") else "answered"


def _at(micros: int | None) -> datetime | None:
    return from_micros(micros) if micros is not None else None

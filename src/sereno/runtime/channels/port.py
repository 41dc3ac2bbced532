"""The live `Channels` port.

Invariant: before a provider is asked, a row says so, and it is committed. What has been taken is never handed over
again; what may have been taken only where a second copy does no harm or the provider can be asked. So one effect
reaches a person by one channel, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sereno.runtime.channels import people
from sereno.runtime.channels.accounts import Account, accounts_of, every_account
from sereno.sdk.channels import (
    CHANNELS,
    USUAL_ORDER,
    ChannelBusy,
    ChannelError,
    ChannelLimited,
    ChannelRefused,
    ChannelUnclear,
    Heard,
    Known,
    Outgoing,
    Sent,
)
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.store.database import Database
from sereno.store.documents import decode
from sereno.store.fields import from_micros, storable, to_micros
from sereno.store.secrets import SecretsUnreadable, decrypt

PAUSE = timedelta(seconds=30)
UNCLEAR_FOR = timedelta(minutes=3)
"""For so long a status may yet tell what became of a message whose answer was lost."""
RANKS = {"begun": 0, "unclear": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}
"""What is known of a message only ever goes on; one that arrived has not failed."""
BY_ALL = ("email", *CHANNELS)
ARRIVED = frozenset({"delivered", "read"})
LEFT = frozenset({"begun", "sent", "delivered", "read", "unclear"})


class LiveChannels:
    """Of one shop. `by`: only by the account of this connection, whichever its channel goes by."""

    def __init__(
        self, database: Database, plugins: Plugins, now: datetime, shop_id: int, http: Http, *, by: str = ""
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._now = now
        self._shop_id = shop_id
        self._http = http
        self._by = by

    def connected(self) -> frozenset[str]:
        with self._database.read() as tx:
            return frozenset(accounts_of(tx, self._plugins, self._shop_id))

    def is_off(self, channel: str) -> bool:
        with self._database.read() as tx:
            return tx.one("channel_switch", {"shop": self._shop_id, "name": channel}) is not None

    # --- sending ----------------------------------------------------------------------------

    def send(self, channel: str, message: Outgoing, *, customer: str, key: str) -> Result:
        now = self._now
        try:
            with self._database.read() as tx:
                accounts = [
                    one for one in every_account(tx, self._plugins, self._shop_id) if one.api.channel == channel
                ]
                held = tx.one("channel_message", {"key": key, "channel": channel})
        except SecretsUnreadable as error:
            return Fail("channel.key_unreadable", str(error))
        if held is not None:
            # What was handed over went by the account and to the address of then, whatever is known by now.
            went = next((one for one in accounts if one.connection == held[7]), None)
            if (known := self._again(went, channel, replace(message, to=held[6]), key, held)) is not None:
                return known
            self._forget(channel, key)
        if not accounts:
            return Fail("channel.not_connected", f"Nothing sends by {channel} here: see Channels.")
        account = next((one for one in accounts if one.connection == self._by), accounts[0])
        if (closed := self._closed(account, message)) is not None:
            return self._refuse(account, message, customer, key, closed)
        self._begin(account, message, customer, key)
        try:
            sent = self._hand_over(account, message, customer, key)
        except ChannelLimited as error:
            self._forget(channel, key)
            return Retry("channel.rate_limited", str(error), kind="limited", after=error.after or PAUSE)
        except ChannelBusy as error:
            self._forget(channel, key)
            return Retry("channel.busy", str(error))
        except ChannelUnclear as error:
            return Retry("channel.unclear", str(error), after=PAUSE)
        except ChannelRefused as error:
            return self._refuse(account, message, customer, key, error)
        self._end(account, key, "sent", sent, now=to_micros(now))
        return _done(channel, sent)

    def _hand_over(self, account: Account, message: Outgoing, customer: str, key: str) -> Sent:
        call = account.call(self._http, key, self._now)
        if account.api.channel != "push":
            return account.api.send(call, message)
        return self._push(account, message, customer, key)

    def _push(self, account: Account, message: Outgoing, customer: str, key: str) -> Sent:
        """To each of the customer's browsers; those that are gone are forgotten. Done when one took it."""
        with self._database.read() as tx:
            browsers = tx.all("browsers_of", {"shop": self._shop_id, "customer": storable(message.to)})
        sent: list[Sent] = []
        gone: list[int] = []
        troubles: list[ChannelError] = []
        for id_, sealed in browsers:
            call = account.call(self._http, key, self._now)
            try:
                sent.append(account.api.send(call, replace(message, to=decrypt(sealed)[0])))
            except ChannelRefused as error:
                if error.code.startswith("address."):
                    gone.append(id_)
                else:
                    troubles.append(error)
            except (ChannelBusy, ChannelLimited, ChannelUnclear) as error:
                troubles.append(error)
        if gone:
            with self._database.transaction() as tx:
                tx.run("drop_browsers", {"ids": gone})
        if not sent:
            # One browser that may have shown it counts for more than another that surely did not.
            troubles.sort(key=lambda one: (not isinstance(one, ChannelUnclear), isinstance(one, ChannelRefused)))
            gone_all = ChannelRefused("address.gone", "No browser of theirs takes messages any more.")
            raise troubles[0] if troubles else gone_all
        return Sent(sent[0].id, len(sent))

    def _again(
        self, account: Account | None, channel: str, message: Outgoing, key: str, held: Sequence[Any]
    ) -> Result | None:
        """What an attempt before this one, by that account, tells; None when it may be handed over. Nobody can ask an
        account that has been ended meanwhile."""
        status, reason, said, provider_id, segments, at = held[:6]
        if status in ("sent", *ARRIVED):
            return _done(channel, Sent(provider_id, segments))
        if status == "failed":
            return Fail(reason, said)
        if account is None:
            return self._unclear(channel, key)
        if account.api.find is not None:
            try:
                sent = account.api.find(account.call(self._http, key, self._now), message, from_micros(at))
            except (ChannelBusy, ChannelUnclear, ChannelLimited) as error:
                return Retry("channel.unclear", str(error), after=PAUSE)
            except ChannelRefused as error:
                return Fail(error.code, str(error))
            if sent is None:
                return None
            self._end(account, key, "sent", sent, now=to_micros(self._now))
            return _done(channel, sent)
        if account.api.collapses:
            return None
        if self._now - from_micros(at) < UNCLEAR_FOR:
            return Retry("channel.unclear", "Nobody can tell yet whether it was taken.", after=PAUSE)
        return self._unclear(channel, key)

    def _unclear(self, channel: str, key: str) -> Fail:
        self._settle(channel, key, "unclear", "", "", "", 1, to_micros(self._now))
        what = "The answer was lost, so it may have arrived. It is not sent again by itself; replay it if it did not."
        return Fail("channel.unclear", what)

    def _closed(self, account: Account, message: Outgoing) -> ChannelRefused | None:
        """Free words outside the time in which the provider takes them."""
        window = account.api.window
        if window is None or message.approved is not None:
            return None
        with self._database.read() as tx:
            row = people.contact(tx, self._shop_id, account.api.channel, message.to)
        wrote = from_micros(row[1]) if row is not None and row[1] is not None else None
        if wrote is not None and self._now - wrote < window:
            return None
        hours = int(window.total_seconds() // 3600)
        what = f"They have not written within {hours} hours: only an approved text may go. Name one as the template."
        return ChannelRefused("window.closed", what)

    def _begin(self, account: Account, message: Outgoing, customer: str, key: str) -> None:
        self._write_begun(account.api.channel, account.connection, message.to, customer, key)

    def _write_begun(self, channel: str, connection: str, address: str, customer: str, key: str) -> None:
        now = to_micros(self._now)
        row = {
            "shop": self._shop_id,
            "key": key,
            "channel": channel,
            "address": storable(address)[:320],
            "customer": storable(customer)[:200],
            "connection": connection,
            "now": now,
        }
        with self._database.transaction() as tx:
            tx.run("begin_channel_message", row)
            if channel not in ("push", "email"):
                people.meet(tx, self._shop_id, channel, address, customer=customer, now=now)

    def _end(self, account: Account, key: str, status: str, sent: Sent, *, now: int) -> None:
        self._settle(account.api.channel, key, status, sent.id, "", "", max(1, sent.segments), now)

    def _refuse(self, account: Account, message: Outgoing, customer: str, key: str, error: ChannelRefused) -> Result:
        self._begin(account, message, customer, key)
        now = to_micros(self._now)
        self._settle(account.api.channel, key, "failed", "", error.code, str(error), 1, now)
        return Fail(error.code, str(error))

    def _settle(
        self, channel: str, key: str, status: str, provider_id: str, reason: str, said: str, segments: int, now: int
    ) -> None:
        row = {
            "key": key,
            "channel": channel,
            "status": status,
            "provider_id": storable(provider_id)[:200],
            "reason": reason[:64],
            "said": storable(said)[:300],
            "segments": segments,
            "now": now,
        }
        with self._database.transaction() as tx:
            tx.run("end_channel_message", row)

    def _forget(self, channel: str, key: str) -> None:
        """It surely was not sent."""
        with self._database.transaction() as tx:
            tx.run("forget_channel_message", {"key": key, "channel": channel})

    def failed(self, key: str) -> Mapping[str, str]:
        # Not a transaction of its own: whoever asks may be in one.
        found = self._database.peek("failed_channels", {"key": key})
        return {channel: reason for channel, reason in zip(BY_ALL, found, strict=True) if reason is not None}

    def begun(self, key: str) -> tuple[str, str] | None:
        channel, address = self._database.peek("begun_channel", {"key": key})
        return (channel, address) if channel is not None else None

    def begin_mail(self, address: str, customer: str, key: str) -> None:
        self._write_begun("email", "smtp", address, customer, key)

    def forget_mail(self, key: str) -> None:
        self._forget("email", key)

    def note_mail(self, address: str, customer: str, key: str, trouble: Fail | None) -> None:
        status, reason, said = ("failed", trouble.reason, trouble.message) if trouble is not None else ("sent", "", "")
        self._write_begun("email", "smtp", address, customer, key)
        self._settle("email", key, status, "", reason, said, 1, to_micros(self._now))

    # --- what comes back --------------------------------------------------------------------

    def heard(self, heard: Heard) -> Known:
        with self._database.transaction() as tx:
            return people.heard(tx, self._shop_id, heard, to_micros(self._now))

    def told(
        self, channel: str, provider_id: str, effect: str, status: str, reason: str, said: str, at: Any
    ) -> Known | None:
        by_effect = {"shop": self._shop_id, "channel": channel, "key": effect}
        by_provider = {"shop": self._shop_id, "channel": channel, "provider_id": provider_id}
        with self._database.transaction() as tx:
            row = tx.one("channel_message_of_effect", by_effect) if effect else None
            row = row or tx.one("channel_message_of_provider", by_provider)
            if row is None:
                return None
            id_, key, _channel, customer, address, held = row
            is_news = RANKS[status] > RANKS[held] and not (status == "failed" and held in ARRIVED)
            if is_news:
                now = to_micros(self._now)
                move = {"id": id_, "status": status, "reason": reason[:64], "said": storable(said)[:300], "now": now}
                tx.run("move_channel_message", {**move, "provider_id": provider_id})
            reach: Mapping[str, Any] = people.reach_of(tx, self._shop_id, customer) if customer else {}
            return Known(customer, is_news, reach, address, key)

    def fall_back(self, effect: str) -> Literal["asked", "busy", "none"]:
        with self._database.transaction() as tx:
            row = tx.one("channel_effect", {"shop": self._shop_id, "key": effect})
            if row is None:
                return "none"
            tried = dict[str, str](tx.all("channels_of_effect", {"key": effect}))  # pyright: ignore[reportArgumentType]
            left = [one for one in decode(row[1]).get("channels") or USUAL_ORDER if one not in tried]
            if not left or any(status in LEFT for status in tried.values()):
                return "none"
            if row[0] in ("pending", "running"):
                return "busy"
            given = {"shop": self._shop_id, "key": effect, "now": to_micros(self._now)}
            return "asked" if tx.run("fall_back_effect", given) else "none"


def _done(channel: str, sent: Sent) -> Done:
    return Done({"provider_id": sent.id, "segments": sent.segments, "channel": channel})

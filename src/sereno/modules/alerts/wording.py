"""What an alert says, by its code: a title, and what to do next. In the language that is active.

A code that is not here is shown by its name and facts; a room that raises alerts of its own adds its line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.sdk.ports import AlertFacts


@dataclass(frozen=True, slots=True)
class Words:
    """`place` is the page where it is seen and mended, without the host."""

    title: str
    advice: str
    place: str = "/watch"


def words_of(alert: AlertFacts) -> Words:
    """Of any alert, whatever its facts lack."""
    facts = dict(alert.facts)
    facts.setdefault("name", alert.about.partition(":")[2] or alert.about)
    made = _WORDS.get(alert.code)
    if made is None:
        said = ", ".join(f"{name}: {value}" for name, value in sorted(alert.facts.items()))
        return Words(f"{alert.code} · {alert.about}", said)
    return made(_Lenient(facts))


class _Lenient(dict[str, Any]):
    """Facts of an older alert may lack one."""

    def __missing__(self, key: str) -> str:
        return "?"


def _what_failed(facts: Mapping[str, Any]) -> Words:
    title = _("“%(name)s”: step %(what)s fails with %(reason)s") % facts
    return Words(title, _("Mend the cause, then try all of them again, or let them be."), "/attention")


def _run_failed(facts: Mapping[str, Any]) -> Words:
    title = _("“%(name)s”: runs fail at step %(what)s (%(reason)s)") % facts
    return Words(
        title, _("Look at the step; runs that failed stay as they are."), f"/runs?status=failed&q={facts['name']}"
    )


def _stage_returned(facts: Mapping[str, Any]) -> Words:
    what = {
        "effects_failed": _("actions that failed"),
        "runs_failed": _("runs that failed"),
        "unsubscribes": _("people who unsubscribed"),
        "complaints": _("mails marked as spam"),
        "bounces": _("dead addresses"),
        "effects": _("actions, against the live version"),
    }.get(str(facts["limit"]), str(facts["limit"]))
    title = _("“%(flow)s”: version %(version)s went back by itself") % facts
    said = _("%(what)s: %(hits)s of %(tries)s. The live version serves everybody; look at what the new one did.")
    given = {"what": what[:1].upper() + what[1:], "hits": facts["hits"], "tries": facts["tries"]}
    return Words(title, said % given, f"/flows/{facts['flow']}/roll-out")


def _delivery_failed(facts: Mapping[str, Any]) -> Words:
    title = _("What “%(name)s” sends cannot be read: %(reason)s") % facts
    return Words(title, _("It is kept. When the cause is mended, read it again from the attention list."), "/attention")


def _event_failed(facts: Mapping[str, Any]) -> Words:
    title = _("Events of the type %(place)s cannot be offered to the flows (%(reason)s)") % facts
    return Words(title, _("A plug-in is probably broken. When it is mended, offer them again."), "/attention")


def _connection_silent(facts: Mapping[str, Any]) -> Words:
    title = _("“%(name)s” is silent: nothing has come in for unusually long") % facts
    advice = _("Look whether the shop sells, and whether the webhooks over there still exist; a test tells.")
    return Words(title, advice)


def _flow_silent(facts: Mapping[str, Any]) -> Words:
    title = _("“%(name)s” has not started for unusually long") % facts
    return Words(title, _("What starts it still comes in. Look at its condition, and at what was skipped."))


def _event_silent(facts: Mapping[str, Any]) -> Words:
    title = _("No %(name)s for unusually long, and flows wait for it") % facts
    return Words(title, _("Other things still come in. Look whether the store still sends this one."))


def _busy(facts: Mapping[str, Any]) -> Words:
    title = _("“%(name)s” is unusually busy: %(count)s in this hour, the most before was %(most)s") % facts
    return Words(title, _("A sale, a bot, or two systems that answer each other: look at the newest ones."))


_WORDS: dict[str, Callable[[Mapping[str, Any]], Words]] = {
    "effects.failed": _what_failed,
    "runs.failed": _run_failed,
    "deliveries.failed": _delivery_failed,
    "stage.returned": _stage_returned,
    "limit.effects_per_hour": lambda facts: Words(
        _("“%(flow)s” wanted to send its effect number %(wanted)s within the hour; its limit is %(limit)s") % facts,
        _("It paused itself and kept what it wanted to do. Say whether it may go on."),
        "/limits",
    ),
    "limit.spend_per_day": lambda facts: Words(
        _("“%(flow)s” wanted to spend %(wanted)s %(currency)s in a day; its limit is %(limit)s %(currency)s") % facts,
        _("It paused itself and kept what it wanted to do. Say whether it may go on."),
        "/limits",
    ),
    "events.failed": _event_failed,
    "connection.silent": _connection_silent,
    "flow.silent": _flow_silent,
    "event.silent": _event_silent,
    "connection.busy": _busy,
    "flow.busy": _busy,
    "event.busy": _busy,
    "subscription.deleted": lambda facts: Words(
        _("“%(name)s”: the store took its leave, nothing will come any more") % facts,
        _("The app was removed over there. Install it again, or close the connection here."),
        "/connections",
    ),
    "store.key_refused": lambda facts: Words(
        _("“%(name)s” does not take Sereno's key any more") % facts,
        _("Nothing is written there until a good one is given. What failed meanwhile can be tried again."),
        f"/connections/{facts['connection']}",
    ),
    "subscription.gone": lambda facts: Words(
        _("“%(name)s”: the store does not send %(topics)s any more") % facts,
        _("Its webhooks were deleted or switched off. Make them anew; meanwhile reading back finds what is missed."),
        "/connections",
    ),
    "subscription.remade": lambda facts: Words(
        _("“%(name)s”: the store had let go of %(topics)s, and sends it again") % facts,
        _("Its webhooks were made anew. What they missed is found by reading back."),
        "/connections",
    ),
    "reading.stopped": lambda facts: Words(
        _("“%(name)s”: the store cannot be read (%(reason)s)") % facts,
        _("Look at its key and its address; what it says: %(message)s") % facts,
        "/connections",
    ),
    "feed.held": lambda facts: Words(
        _("“%(name)s”: a file was not taken whole") % facts,
        _("What could not be read is held back with the reason. Mend it there, or drop it."),
        f"/feeds/{facts['name']}",
    ),
    "feed.not_fetched": lambda facts: Words(
        _("“%(name)s”: its feed cannot be fetched (%(reason)s)") % facts,
        _("Look at its address and its key; what it says: %(message)s") % facts,
        f"/feeds/{facts['name']}",
    ),
    "audience.stopped": lambda facts: Words(
        _("The list “%(name)s” is not in step with its segment (%(reason)s)") % facts,
        _("%(connection)s does not take people now; what it says: %(message)s") % facts,
        "/audiences",
    ),
    "worker.gone": lambda facts: Words(
        _("A worker on %(name)s went without a word, and none took its place") % facts,
        _("Start it again where Sereno runs; its log says why it went."),
        "/",
    ),
    "timers.late": lambda facts: Words(
        _("%(count)s timers are overdue") % facts,
        _("The workers do not keep up. Look at their load, or start one more."),
        "/runs",
    ),
    "queue.late": lambda facts: Words(
        _("What comes in waits for more than five minutes (%(what)s)") % facts,
        _("The workers do not keep up, or none runs. Look at them, or start one more."),
        "/deliveries",
    ),
    "effects.late": lambda facts: Words(
        _("%(count)s effects should have gone out long ago") % facts,
        _("The workers do not keep up, or a mail server is slow. What waits stands among the effects."),
        "/effects",
    ),
    "webhook.stopped": lambda facts: Words(
        _("The outgoing webhook “%(name)s” was switched off") % facts,
        _("Nothing could be delivered for days. Switch it on again when the other side answers."),
        "/webhooks",
    ),
    "webhook.failing": lambda facts: Words(
        _("The outgoing webhook “%(name)s” has not taken anything for an hour") % facts,
        _("Its messages are tried again for a day. Look whether the other side answers."),
        "/webhooks",
    ),
    "disk.full": lambda facts: Words(
        _("The disk is nearly full: %(free_mb)s MB are left") % facts,
        _("Make room where Sereno keeps its data. When it is full, nothing can be taken in."),
    ),
}

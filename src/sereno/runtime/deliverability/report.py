"""What became of a shop's mail by day and mailbox provider, and whether it is as good as it has to be.

The thresholds are those of the large mailbox providers: complaints below 0.1 % and never 0.3 % (Google's and Yahoo's
rules for bulk senders); hard bounces below 2 % as providers of mail ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sereno.runtime.staff import open_staff
from sereno.store.database import Database

WHAT = (
    *("sent", "delivered", "bounced", "bounced_soft", "complained", "opened", "opened_machine"),
    *("clicked", "clicked_machine", "unsubscribed"),
)
LIMITS = {"bounced": (0.02, 0.05), "complained": (0.001, 0.003), "bounced_soft": (0.05, 0.15)}
"""Share of the mails sent: from the first on to be looked at, from the second on bad."""
ENOUGH = 100
"""Of fewer mails no share is judged: one bounce would be a bad one."""
LONGEST = 366


@dataclass(frozen=True, slots=True)
class Line:
    """`name` is a mailbox provider or a day."""

    name: str
    counts: Mapping[str, int] = field(default_factory=dict[str, int])

    def count(self, what: str) -> int:
        return self.counts.get(what, 0)

    def share(self, what: str) -> float | None:
        """Of the mails sent; None while there are none."""
        sent = self.count("sent")
        return self.count(what) / sent if sent else None

    def tone(self, what: str) -> str:
        """`ok`, `warn` or `bad`; "" where there is too little to say."""
        share = self.share(what)
        if share is None or what not in LIMITS or self.count("sent") < ENOUGH:
            return ""
        warn, bad = LIMITS[what]
        return "bad" if share >= bad else "warn" if share >= warn else "ok"


@dataclass(frozen=True, slots=True)
class Report:
    since: date
    until: date
    total: Line
    providers: Sequence[Line]
    days: Sequence[Line]

    @property
    def advice(self) -> list[tuple[str, str, str]]:
        """(tone, what, mailbox provider or "" for all): what to look at, the worst first."""
        found = [(line.tone(what), what, line.name) for line in (self.total, *self.providers) for what in LIMITS]
        bad = [one for one in found if one[0] in ("bad", "warn")]
        return sorted(bad, key=lambda one: (one[0] != "bad", one[2] != "", one[1]))


def report(shop_id: int, since: date, until: date, *, database: Database | None = None) -> Report:
    """Both days counted in, in UTC."""
    asked = {"shop": shop_id, "since": since.isoformat(), "until": until.isoformat()}
    with open_staff(database).database.read() as tx:
        rows = tx.all("mail_tallies", asked)
    total: dict[str, int] = {}
    by_provider: dict[str, dict[str, int]] = {}
    by_day: dict[str, dict[str, int]] = {}
    for day, provider, what, count in rows:
        for counts in (total, by_provider.setdefault(provider, {}), by_day.setdefault(day, {})):
            counts[what] = counts.get(what, 0) + int(count)
    providers = [Line(name, counts) for name, counts in by_provider.items()]
    span = min((until - since).days, LONGEST)
    days = [(since + timedelta(days=number)).isoformat() for number in range(span + 1)]
    return Report(
        since,
        until,
        Line("", total),
        sorted(providers, key=lambda line: (-line.count("sent"), line.name)),
        [Line(day, by_day.get(day, {})) for day in days],
    )

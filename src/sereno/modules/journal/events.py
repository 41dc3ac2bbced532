"""Facts that come from the clock and from people, not from a shop's records."""

from __future__ import annotations

from sereno.commerce.records import REQUESTED, SCHEDULED
from sereno.sdk.plugin import ALL_ROOTS, event

event("schedule.fired", description="A flow's schedule was due.", data=SCHEDULED, supplies=ALL_ROOTS)
event("date.reached", description="A date on a record was reached.", data=SCHEDULED, supplies=ALL_ROOTS)
event("run.requested", description="A person pressed Run.", data=REQUESTED, supplies=ALL_ROOTS)

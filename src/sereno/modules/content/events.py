"""When what stores' own sites say is to be looked at; and the flow that does."""

from __future__ import annotations

from sereno.sdk.plugin import derived_flow, event

event(
    "content.due",
    description="A campaign of the site that writes into the store has begun, ended or changed.",
    data=None,
    supplies=frozenset(),
)
derived_flow(
    "site-content",
    """\
flow: site-content
name: Have the store's site be as campaigns want it
trigger: {event: content.due}
reentry: always
steps:
  - content.settle: {}
""",
)

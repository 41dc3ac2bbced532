"""What the shop's own people do in a chat."""

from __future__ import annotations

from sereno.commerce.records.desk import DESK_LINKED, DESK_PRESSED
from sereno.sdk.plugin import derived_flow, event

event(
    "desk.pressed",
    description="Somebody pressed a button under a question to staff, in a chat.",
    data=DESK_PRESSED,
    supplies=frozenset(),
)
event(
    "desk.linked",
    description="Somebody opened the shop's bot by the link that says who of the staff they are.",
    data=DESK_LINKED,
    supplies=frozenset(),
)
derived_flow(
    "take-presses",
    """\
flow: take-presses
name: Take answers of staff in chats
trigger: {event: desk.pressed}
reentry: always
steps:
  - alerts.take_press: {}
""",
)
derived_flow(
    "take-desk-links",
    """\
flow: take-desk-links
name: Take in who of the staff is who in a chat
trigger: {event: desk.linked}
reentry: always
steps:
  - alerts.take_link: {}
""",
)

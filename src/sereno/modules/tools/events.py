"""What outside tools tell."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, items, string, timestamp
from sereno.commerce.records.outside import CONTACT, DEALING, LISTING
from sereno.commerce.schema import record
from sereno.sdk.plugin import derived_flow, event

OF_CUSTOMER = frozenset({"customer"})

TICKET = record(
    "ticket",
    "A question somebody asked, as the help desk has it.",
    (
        string("id", "The help desk's number."),
        string("tool", "Where it is: `zendesk`, ..."),
        string("subject", "What it is about, in a line."),
        string("status", "How it stands: `open` (also new), `pending` (the customer is to answer), `solved`."),
        string("was", "How it stood before; null where it is not told."),
        string("urgency", "`low`, `normal`, `high` or `urgent`."),
        items("tags", "string", "The help desk's own tags."),
        string("customer_id", "Who asks, where we asked in their name."),
        string("email", "Who asks: the address, lower case; null where the notice does not say."),
        string("url", "Where it can be seen."),
        timestamp("changed_at", "When."),
    ),
)
CARD = record(
    "card",
    "A task on a board.",
    (
        string("id", "The board's own id."),
        string("tool", "Where it is: `trello`, ..."),
        string("title", "What stands on it."),
        string("list", "The list it is in now, by name."),
        string("was_in", "The list it was in before."),
        boolean("is_done", "Whether it was put away, or its task ticked off."),
        string("by", "Who moved it, as the board calls them."),
        string("url", "Where it can be seen."),
        timestamp("changed_at", "When."),
    ),
)
PERSON_NAMED = record(
    "person_named",
    "A tool says that something about a person changed, and names them by an id of its own.",
    (
        string("tool", "The kind of tool: `hubspot`, ..."),
        string("person", "The tool's own id of them, or of the sale."),
        string("what", "What changed: `accepts_email`; `contact`, how the CRM has them; `deal`, a sale."),
        boolean("value", "What it is now, of `accepts_email`."),
        timestamp("changed_at", "When."),
    ),
)

for _name, _what in {
    "ticket.opened": "A question came in at the help desk.",
    "ticket.changed": "A ticket stands otherwise than before, or got new words.",
    "ticket.solved": "A ticket was solved.",
}.items():
    event(_name, description=_what, data=TICKET, supplies=OF_CUSTOMER)
for _name, _what in {
    "card.moved": "A card was moved into another list.",
    "card.done": "A card's task was done: ticked off, or put away.",
}.items():
    event(_name, description=_what, data=CARD, supplies=frozenset())
event(
    "person.named",
    description="A tool says that something of somebody changed, without saying who: they are looked up there.",
    data=PERSON_NAMED,
    supplies=frozenset(),
)
for _name, _what, _data in (
    ("list.joined", "A customer was put on a list of another tool that is read back here.", LISTING),
    ("list.left", "A customer is on a list of another tool no more.", LISTING),
    ("contact.changed", "The CRM has a customer at another stage, or with another owner, than before.", CONTACT),
    ("deal.changed", "A sale to a customer began in the CRM, or came to another stage.", DEALING),
):
    event(_name, description=_what, data=_data, supplies=OF_CUSTOMER, projects="customer")
SUBSCRIPTION_ASKED = record(
    "subscription_asked",
    "A service asks whether it may tell us things, and waits for its address to be called.",
    (
        string("tool", "The kind of service: `ses`, ..."),
        string("url", "The address to be called."),
        string("topic", "What it would tell of, by its own name."),
    ),
)
event(
    "subscription.asked",
    description="A service that was told to tell us things asks whether that is meant; it is answered at once.",
    data=SUBSCRIPTION_ASKED,
    supplies=frozenset(),
)
derived_flow(
    "confirm-notices",
    """\
flow: confirm-notices
name: Confirm that a service may tell us things
trigger: {event: subscription.asked}
key: event.url
reentry: always
steps:
  - http.request: {method: GET, url: "{{ event.url }}"}
""",
)
derived_flow(
    "look-up-person",
    """\
flow: look-up-person
name: Look up of whom something changed in another tool
trigger: {event: person.named}
key: event.person
reentry: always
steps:
  - tools.look_up:
      person: "{{ event.person }}"
      tool: "{{ event.tool }}"
      what: "{{ event.what }}"
      changed_at: "{{ event.changed_at }}"
""",
)

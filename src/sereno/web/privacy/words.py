"""The words of the privacy pages: kinds and states of requests, places, bases of consent."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as mark

KINDS: dict[str, str | Promise] = {
    "export": mark("Hand over everything"),
    "erase": mark("Erase the person"),
    "erase_store": mark("Forget the store"),
}
STATES: dict[str, tuple[str, str | Promise]] = {
    "asked": ("lamp", mark("Waits for your yes")),
    "planned": ("info", mark("Planned")),
    "running": ("info", mark("Under way")),
    "done": ("ok", mark("Done")),
    "failed": ("bad", mark("Failed")),
    "cancelled": ("", mark("Cancelled")),
}
STAGES: dict[str, str | Promise] = {
    "find": mark("Finding everything"),
    "stop": mark("Ending their runs"),
    "runs": mark("Emptying runs and messages"),
    "events": mark("Emptying events and deliveries"),
    "records": mark("Removing records"),
    "texts": mark("Looking through notes and drafts"),
    "verify": mark("Searching for what is left"),
    "sweep": mark("Reading through everything once more"),
}
SOURCES: dict[str, str | Promise] = {
    "staff": mark("by hand"),
    "api": mark("by API"),
    "cli": mark("on the command line"),
    "platform": mark("by the store"),
}
PLACES: dict[str, str | Promise] = {
    "event": mark("Events"),
    "delivery": mark("Deliveries as received"),
    "run": mark("Runs"),
    "run_trace": mark("What runs saw"),
    "effect": mark("Messages and other actions"),
    "approval": mark("Questions to staff"),
    "skip": mark("Starts that were refused"),
    "flow_entry": mark("Entries into flows"),
    "tag": mark("Tags"),
    "consent": mark("Lines of consent"),
    "suppression": mark("Not written to"),
    "audit": mark("Audit trail"),
    "customers_customer": mark("Customer records"),
    "orders_order": mark("Orders"),
    "orders_cart": mark("Carts"),
    "backtest_run": mark("Runs of back-tests"),
    "backtest_skip": mark("Refused starts of back-tests"),
    "message_slot": mark("Planned and sent messages"),
    "shadow_slot": mark("Messages of flows in shadow, not sent"),
    "exposure": mark("Groups of experiments"),
    "alert": mark("Alerts"),
    "api_answer": mark("Answers of the API"),
    "flow": mark("Drafts of flows"),
    "flow_version": mark("Versions of flows"),
    "flow_draft_change": mark("Changes to drafts"),
    "message_template": mark("Messages"),
    "inbox": mark("Demo inbox"),
}
PURPOSES: dict[str, str | Promise] = {"marketing": mark("Marketing"), "transactional": mark("About orders")}
BASES: dict[str, str | Promise] = {
    "consent": mark("They agreed"),
    "contract": mark("Part of a contract"),
    "legitimate_interest": mark("Legitimate interest"),
    "existing_customer": mark("Existing customer"),
}
PROOF: dict[str, str | Promise] = {
    "text": mark("Words they saw"),
    "said": mark("Words they saw"),
    "text_version": mark("Version of the words"),
    "language": mark("Language"),
    "ip": mark("Came from"),
    "agent": mark("Browser"),
    "by": mark("Recorded by"),
    "event": mark("Event"),
    "from": mark("Connection"),
    "state": mark("State"),
    "opt_in_level": mark("How it was given"),
    "effect": mark("Message"),
    "confirmed": mark("Confirmed"),
    "country": mark("Country"),
}

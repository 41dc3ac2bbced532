"""What somebody leaves in a form, and how ready a lead is to buy."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, integer, mapping, nested, string, timestamp
from sereno.commerce.schema import record

STAGES = ("new", "engaged", "qualified", "customer")

SIGNUP = record(
    "signup",
    "What a customer left last in one of the shop's forms.",
    (
        string("form", "Name of the form."),
        string("page", "The page it was filled in on."),
        mapping("answers", "By field: a choice, a list of choices, or a text."),
        timestamp("submitted_at", "When."),
    ),
)

LEAD = record(
    "lead",
    "How far somebody who came by a form is on the way to a first order.",
    (
        string("stage", "How far; it never goes back.", *STAGES),
        integer("points", "What their answers and acts came to when the stage changed."),
        string("form", "The form they came by first."),
        timestamp("since", "When they came."),
        timestamp("changed_at", "When the stage changed."),
    ),
)

FORM_SUBMITTED = record(
    "form_submitted",
    "Somebody sent one of the shop's forms.",
    (
        string("id", "The customer, by the platform's id, or `email:` and the address, or the number."),
        string("form", "Name of the form."),
        string("variant", "Which of its texts they read.", "a", "b"),
        string("name", "Their name, where the form asks."),
        string("email", "Their address, lower case."),
        string("phone", "Their number; as `+34600111222` where its country is known."),
        string("birthday", "`YYYY-MM-DD`, or `--MM-DD`."),
        string("locale", "The language they read it in."),
        string("page", "The page it was filled in on."),
        mapping("answers", "By field: a choice, a list of choices, or a text."),
        mapping("consent", "By channel what came of a yes: `granted`, `pending` until confirmed, or `unchanged`."),
        integer("points", "What the form says the submission is worth."),
        boolean("is_customer", "Whether they had ordered before."),
        nested("signup", SIGNUP, "What is kept with the customer."),
    ),
)

LEAD_CHANGED = record(
    "lead_changed",
    "Somebody who came by a form is a step further.",
    (
        string("id", "The customer."),
        string("email", "Their address, lower case."),
        string("stage", "How far they are now.", *STAGES),
        integer("points", "What their answers and acts come to."),
        string("form", "The form they came by first."),
        nested("lead", LEAD, "What is kept with the customer."),
    ),
)

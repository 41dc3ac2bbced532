"""Words of fields, shapes and stages, and of what is wrong with a form."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

Text = str | Promise
KINDS: list[tuple[str, Text]] = [
    ("email", _("E-mail")),
    ("phone", _("Telephone")),
    ("name", _("Name")),
    ("birthday", _("Birthday")),
    ("choice", _("One of several")),
    ("choices", _("Any of several")),
    ("text", _("In their own words")),
    ("consent", _("A yes to marketing")),
]
CHANNELS: list[tuple[str, Text]] = [("email", _("By e-mail")), ("sms", _("By text message")), ("whatsapp", "WhatsApp")]
SHAPES: list[tuple[str, Text]] = [
    ("popup", _("Pop-up")),
    ("slide", _("Slides in")),
    ("bar", _("Bar")),
    ("embedded", _("In the page")),
]
SIDES: dict[str, list[tuple[str, Text]]] = {
    "slide": [("right", _("Right")), ("left", _("Left"))],
    "bar": [("bottom", _("Bottom")), ("top", _("Top"))],
}
TEXTS: list[tuple[str, Text, Text]] = [
    ("title", _("Title"), ""),
    ("intro", _("Below it"), ""),
    ("button", _("Button"), ""),
    ("next", _("Button to the next step"), _("Only where a form has steps.")),
    ("thanks", _("Thanks"), ""),
    ("thanks_text", _("Below the thanks"), ""),
    ("teaser", _("Small button after closing"), _("Left empty: once closed, it is gone.")),
]
STAGES: dict[str, Word] = {
    "new": Word(_("New"), "circle", "idle"),
    "engaged": Word(_("Engaged"), "activity", "info"),
    "qualified": Word(_("Ready to buy"), "flag", "lamp"),
    "customer": Word(_("Customer"), "circle-check", "ok"),
}
RULES: dict[str, tuple[Text, Text]] = {
    "qualified_at": (_("Ready to buy from"), _("Points at which `lead.qualified` is told.")),
    "clicked": (_("Follows a link in a message"), ""),
    "opened": (_("Opens a message"), _("What a mail program opens by itself does not count.")),
    "looked": (_("Looks at a product"), ""),
    "cart": (_("Begins a cart"), ""),
    "checkout": (_("Begins a checkout"), ""),
    "waits": (_("Waits for a product"), ""),
    "wishes": (_("Wishes a product"), ""),
    "answered": (_("Answers a survey"), ""),
}
PROBLEMS: dict[str, Text] = {
    "title.missing": _("A form needs a title in at least one language."),
    "fields.missing": _("A form needs at least one field."),
    "fields.many": _("A form has at most 12 fields. Ask for less: each one costs answers."),
    "kind.twice": _("E-mail, telephone, name and birthday are asked once each."),
    "address.missing": _("Ask for an e-mail address or a telephone number: else nobody can be written to."),
    "step.empty": _("A step has no field. Number the steps 1, 2, 3 without a gap."),
    "consent.nowhere": _("A yes to mail needs an e-mail field, a yes to text messages or WhatsApp a telephone field."),
    "label.missing": _("Every field needs words in at least one language."),
    "text.long": _("A text is too long."),
    "choices.wrong": _("A field with choices needs from 1 to 12 of them, one a line."),
    "look.colour": _("A colour is written like #1f4e5f."),
    "look.contrast": _("The text cannot be read on this ground: choose colours further apart."),
    "when.pages": _("A page is written like /products/*, one a line, at most 20."),
    "after.redirect": _("The page after it is written like /thanks or https://www.example.com/thanks."),
    "after.code": _("Give either a code for everybody or a pool, not both."),
    "number.range": _("A number is too small or too large."),
}


def problem(code: str) -> str:
    """What is wrong, and what to do."""
    return str(PROBLEMS.get(code, _("This is no form: check its fields.")))

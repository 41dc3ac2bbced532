"""Words of questions' kinds, of spans, and of what is wrong with a survey."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: list[tuple[str, str | Promise]] = [
    ("rating", _("Rating from 1 to 5")),
    ("nps", _("Would you recommend us, 0 to 10")),
    ("choice", _("One of several")),
    ("choices", _("Any of several")),
    ("yes_no", _("Yes or no")),
    ("text", _("In their own words")),
]
SPANS: dict[str, str | Promise] = {
    "30": _("Last 30 days"),
    "90": _("Last 90 days"),
    "365": _("Last year"),
}
PROBLEMS: dict[str, str | Promise] = {
    "questions.missing": _("A survey needs at least one question."),
    "questions.many": _("A survey has at most 20 questions; people stop long before."),
    "text.missing": _("The title and every question need words in at least one language."),
    "text.long": _("A text is too long."),
    "choices.wrong": _("A question with choices needs from 1 to 12 of them, one a line."),
}


def problem(code: str) -> str:
    """What is wrong, and what to do."""
    return str(PROBLEMS.get(code, _("This is no survey: check its questions.")))

"""A message tried in two wordings, as the builder offers it: another subject, or another template. What a file says
beyond that (three wordings, shares of their own) is shown as it is, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.sdk.plugin import registry
from sereno.web.builder.forms.controls import Choice, Control, Part, Raw, TextField, one, pick

OTHER = "test-other"
KEY = ("test", "b")


def wordings(step: Part, name: str, templates: tuple[tuple[str, Any, Any], ...], sent: str | None) -> list[Control]:
    """The control for a message's second wording; none for what is no message. `sent` is the template just chosen."""
    definition = registry().actions.get(name)
    config = step.get(name)
    if definition is None or definition.message(config if isinstance(config, dict) else {}) is None:
        return []
    chosen = sent if sent is not None else pick(step, (name, "template"))
    key = "template" if chosen else "subject"
    if not _is_simple(step.get("test"), key) or (key == "subject" and key not in definition.config.model_fields):
        return []
    help_ = _("Half of the people get it, always the same ones. Results says which does better, once that is certain.")
    if chosen:
        options = (("", _("None: one wording for everybody"), ""), *templates)
        said = _("Try another template")
        return [OtherTemplate(name=OTHER, keys=(*KEY, key), label=said, help=help_, options=options, style="picker")]
    said = _("Try another subject")
    return [OtherSubject(name=OTHER, keys=(*KEY, key), label=said, help=help_, is_template=True, max_length=500)]


def _is_simple(test: Any, key: str) -> bool:
    """Whether the builder could have written it."""
    if test is None:
        return True
    return isinstance(test, Mapping) and set(test) == {"a", "b"} and not test["a"] and set(test["b"] or ()) <= {key}


def _settle(part: Part) -> None:
    """A test has both wordings, or is none."""
    other = pick(part, KEY)
    if isinstance(other, Mapping) and other:
        part["test"] = {"a": {}, "b": dict(other)}
    else:
        part.pop("test", None)


@dataclass(frozen=True, kw_only=True)
class OtherSubject(TextField):
    """Another subject for the same text."""

    def write(self, part: Part, raw: Raw) -> None:
        super().write(part, raw)
        _settle(part)


@dataclass(frozen=True, kw_only=True)
class OtherTemplate(Choice):
    """Another template; the step's own again is no test."""

    def write(self, part: Part, raw: Raw) -> None:
        super().write(part, raw)
        if one(raw, self.name) in {pick(part, (head, "template")) for head in part if isinstance(part[head], dict)}:
            part.pop("test", None)
        _settle(part)

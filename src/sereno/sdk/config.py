"""An action's config: form field, API schema and validation, written once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from sereno.engine.catalog import ConfigProblem

TEMPLATE = "template"
HTML = "html"


class Config(BaseModel):
    """Base of every action's config. Unknown keys are refused. A field made with `text(template=True)` may hold
    Liquid; it is checked when the flow is saved and rendered when the step is reached."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def unwise(cls, values: Mapping[str, Any]) -> list[ConfigProblem]:
        """What must not stand in a flow although it could be carried out: a password, say. Looked at when the flow is
        saved, on the config as it is written there."""
        return []

    @classmethod
    def suggesting(cls, offer: str) -> frozenset[str]:
        """Names of the fields whose form offers this list (`suggest`)."""
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        return frozenset(
            name
            for name, extra in extras.items()
            if isinstance(extra, Mapping) and cast("Mapping[str, Any]", extra).get("suggest") == offer
        )


def mark(message: str) -> str:
    """The message itself, found by the extractor when called as `_`; who shows it translates it."""
    return message


def text(
    label: str,
    *,
    default: Any = ...,
    template: bool = False,
    html: bool = False,
    max_length: int | None = None,
    multiline: bool = False,
    help: str = "",
    suggest: str | None = None,
) -> Any:
    """A text field. `html`: a template whose values are escaped for HTML. `suggest` names a list
    the form offers (`tags`, `message_templates`, `channels`, ...)."""
    extra: dict[str, Any] = {TEMPLATE: template, HTML: html, "multiline": multiline, "suggest": suggest}
    return Field(default, title=label, description=help, max_length=max_length, json_schema_extra=extra)


def option(label: str, *, default: Any = ..., template: bool = False, help: str = "") -> Any:
    """A field of any other type; the annotation says which (bool, Literal[...], int, dict). `template`: every text
    inside it may hold Liquid."""
    return Field(default, title=label, description=help, json_schema_extra={TEMPLATE: template})


def template_keys(config: type[Config]) -> frozenset[str]:
    """Names of the fields that hold Liquid."""
    return frozenset(name for name, info in config.model_fields.items() if _has(info, TEMPLATE))


def html_keys(config: type[Config]) -> frozenset[str]:
    """Names of the fields whose Liquid writes HTML."""
    return frozenset(name for name, info in config.model_fields.items() if _has(info, HTML))


def problems(config: type[Config], values: Mapping[str, Any]) -> list[ConfigProblem]:
    """What is wrong with `values`, all of it. A template that holds Liquid is not checked beyond being text."""
    try:
        config.model_validate(dict(values))
    except ValidationError as error:
        found = [
            ConfigProblem(
                key=".".join(str(part) for part in item["loc"]), message=item["msg"].removeprefix("Value error, ")
            )
            for item in error.errors()
            if not _is_unrendered(item["loc"], item["input"], template_keys(config))
        ]
        if found:
            return found
    return config.unwise(values)


def _is_unrendered(loc: tuple[int | str, ...], value: object, templates: frozenset[str]) -> bool:
    """Whether the value is Liquid yet to be rendered: how long it gets, or what it says, is not known yet."""
    return bool(loc) and loc[0] in templates and isinstance(value, str) and ("{{" in value or "{%" in value)


def _has(info: FieldInfo, mark: str) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, Mapping) and cast("Mapping[str, Any]", extra).get(mark) is True

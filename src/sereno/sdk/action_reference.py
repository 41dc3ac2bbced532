"""The reference page of all actions, made from what they register: config, description, needs and result."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sereno.sdk.config import html_keys, template_keys
from sereno.sdk.plugin import ActionDefinition, Plugins

_HEAD = """\
# Actions

Made from the code by `sereno.sdk.action_reference`; do not edit.

An action is a step of a flow: `- orders.add_tag: {tag: vip}`. Beside its config a step may have `as: name` (its result
is then `vars.name`, and the run waits for it) and `on_error: stop | continue | [steps]` (what happens when it fails for
good). Keys marked *Liquid* are templates, filled in when the step is reached: `tag: "channel:{{ order.channel }}"`.

Every action carries an idempotency key, the same on each attempt. Trouble that passes (a time-out, a busy server) is
tried again; a server that asks to wait is left in peace for that long; what fails for good is on the attention list,
from where it can be replayed.
"""
_SETTINGS = (
    (
        "`sender_email`, `sender_name`, `reply_to`",
        "Whom mails come from, and where answers go. Without them: no-reply at Sereno's own host, the shop's name, "
        "`support_email`.",
    ),
    ("`alert_email`", "Where `alerts.notify: {channel: email}` goes."),
    ("`slack_webhook`", "Where `alerts.notify: {channel: slack}` goes."),
    ("`allowed_hosts`", "Hosts (`host` or `host:port`) that `http.request` may call although they are not public."),
    (
        "`secrets`",
        "Secrets by name: flows name them (`secret: crm`, `Authorization: Bearer secret:erp`) and never hold them.",
    ),
    (
        "`website`, `support_email`, `support_phone`, `postal_address`",
        "Named in mails. The law asks for a postal address in marketing.",
    ),
    ("`brand_color`", "Colour of buttons in mails, such as `#2f5d50`."),
    (
        "`recovery_code`, `recovery_percent`",
        "What the cart mails offer: a code, and how much it takes off; without a percentage it means free shipping, "
        "without a code nothing is promised.",
    ),
    (
        "`reviews`",
        "What the cart mails may quote: a list of `text`, `author`, `rating` (1 to 5) and `product_id` or `sku`.",
    ),
)


def action_reference(plugins: Plugins) -> str:
    """Sereno's own actions, by name; those of other distributions have pages of their own."""
    own = [item for item in plugins.actions if item.run.__module__.startswith("sereno.")]
    found = [item for item in own if not item.is_internal]
    sections = [_section(item) for item in sorted(found, key=lambda item: item.name)]
    settings = ["## Settings of the shop that actions read", "", "| setting | what for |", "|---|---|"]
    settings += [f"| {names} | {what} |" for names, what in _SETTINGS]
    return "\n".join([_HEAD, *sections, *settings, ""])


def _section(item: ActionDefinition) -> str:
    templates, html = template_keys(item.config), html_keys(item.config)
    lines = [f"## `{item.name}`", "", item.description, "", "| key | what | kind |", "|---|---|---|"]
    for name, info in item.config.model_fields.items():
        kind = _kind(info.annotation)
        if name in templates:
            kind += ", Liquid with values escaped for HTML" if name in html else ", Liquid"
        lines.append(f"| `{name}`{'' if info.is_required() else ' (optional)'} | {_what(info)} | {kind} |")
    lines += ["", _notes(item), ""]
    if item.result is not None:
        lines += ["Result: " + item.result.description, "", "| field | kind | what |", "|---|---|---|"]
        lines += [f"| `{field.name}` | {field.kind} | {field.description} |" for field in item.result.fields.values()]
        lines.append("")
    return "\n".join(lines)


def _what(info: FieldInfo) -> str:
    said = ". ".join(part.rstrip(".") for part in (info.title or "", info.description or "") if part)
    return f"{said}.".replace("|", "\\|")


def _notes(item: ActionDefinition) -> str:
    needs = sorted(item.needs({}))
    parts = [f"Needs {' and '.join(f'`{name}`' for name in needs)}." if needs else ""]
    parts.append(f"Changes {' and '.join(f'`{name}`' for name in sorted(item.writes))}." if item.writes else "")
    parts.append(f"When it fails for good: `{item.on_error}`.")
    parts.append("Local: happens exactly once." if item.connection is None else "Leaves the house: at least once.")
    return " ".join(part for part in parts if part)


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " \\| ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, UnionType):
        return " \\| ".join(_kind(part) for part in get_args(annotation) if part is not NoneType)
    if origin is dict:
        return "mapping"
    names = {str: "text", bool: "true or false", int: "whole number"}
    return names.get(annotation, "anything JSON can say")

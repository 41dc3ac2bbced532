"""The reference page of what can be written to which platform, made from the connectors and actions themselves."""

from __future__ import annotations

from sereno.runtime.stores.abilities import TAGGING, WORDS
from sereno.sdk.connector import Connector
from sereno.sdk.plugin import Plugins
from sereno.sdk.writes import WRITES, Write

_HEAD = """\
# What Sereno can do in a store

Made from the code by `make docs`; do not edit.

A connection listens. Given a key it also writes: on the connection's page under *What Sereno may do there*, by
`sereno connection access NAME --set ...`, or by `PUT /api/v1/connections/{name}/access`. How it is done, and what it
costs: [let Sereno write in your store](../how-to/write-to-your-store.md).

## By platform

"""
_NEEDS = """
## By action

What a flow's step asks of the store. Where no store of the shop can do it, the builder greys the step and says why;
publishing warns.

| action | needs |
|---|---|
"""
_KEYS = """
## What a key is made of

| platform | values (those in bold are needed) |
|---|---|
"""


def store_reference(plugins: Plugins) -> str:
    """Of the platforms Sereno itself knows how to write to."""
    platforms = sorted(
        (
            one
            for one in plugins.connectors
            if one.store and one.store.is_platform and one.map.__module__.startswith("sereno.")
        ),
        key=lambda one: one.name,
    )
    return _HEAD + _table(platforms) + _NEEDS + _actions(plugins) + _KEYS + _keys(platforms)


def _table(platforms: list[Connector]) -> str:
    lines = [
        "| ability | what | " + " | ".join(one.name for one in platforms) + " |",
        "|---|---|" + ":-:|" * len(platforms),
    ]
    for write in WRITES:
        has = ["yes" if one.store is not None and write in one.store.writes else "–" for one in platforms]
        lines.append(f"| `{write.ability}` | {WORDS[write.ability]} | {' | '.join(has)} |")
    return "\n".join(lines) + "\n"


def _actions(plugins: Plugins) -> str:
    needs = {
        one.name: one.ability.ability
        for one in plugins.actions
        if one.ability is not None
        and issubclass(one.ability, Write)
        and not one.is_internal
        and one.run.__module__.startswith("sereno.")
    }
    lines = [f"| `{name}` | `{ability}` |" for name, ability in sorted(needs.items())]
    lines += [
        f"| `{name}` | nothing; carried over where there is `{ability}` |"
        for name, ability in sorted(TAGGING.items())
        if name not in needs
    ]
    return "\n".join(lines) + "\n"


def _keys(platforms: list[Connector]) -> str:
    lines: list[str] = []
    for one in platforms:
        assert one.store is not None
        values = [f"**`{asked.name}`**" if asked.is_required else f"`{asked.name}`" for asked in one.store.access]
        lines.append(f"| {one.name} | {', '.join(values)} |")
    return "\n".join(lines) + "\n"

"""What flows hear of posts on social networks."""

from __future__ import annotations

from sereno.commerce.records.fields import integer, items, string, timestamp
from sereno.commerce.schema import record

SOCIAL_PLANNED = record(
    "social_planned",
    "A post that was planned.",
    (
        integer("post", "The post's number."),
        integer("revision", "Which state of it."),
        string("title", "What it is called."),
        timestamp("at", "When it is to go."),
        string("approver", "Whose agreement it needs; empty: nobody's."),
        items("networks", "string", "Where it goes."),
    ),
)
SOCIAL_TOLD = record(
    "social_told",
    "What became of a post on one account.",
    (
        integer("post", "The post's number."),
        string("title", "What it is called."),
        string("network", "Such as `mastodon`."),
        string("account", "What the account is called."),
        string("url", "Where people see it."),
        string("reason", "Why it was not published: a code."),
    ),
)

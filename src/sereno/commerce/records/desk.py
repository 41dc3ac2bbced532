"""What staff answer in a chat, and who they say they are there."""

from __future__ import annotations

from sereno.commerce.records.fields import string, timestamp
from sereno.commerce.schema import record

DESK_CHATS = ("slack", "telegram", "whatsapp")

DESK_PRESSED = record(
    "desk_pressed",
    "A button pressed under a question to staff.",
    (
        string("channel", "In which chat.", *DESK_CHATS),
        string("account", "Who pressed it, as the chat calls them."),
        string("chat", "Where the question stands."),
        string("message", "Which message it is there."),
        string("value", "What the button says: which question, yes or no."),
        string("reply", "What an answer to them alone needs."),
        string("name", "As the chat calls them."),
        timestamp("pressed_at", "When."),
    ),
)

DESK_LINKED = record(
    "desk_linked",
    "An account in a chat that says whose of the staff it is.",
    (
        string("channel", "In which chat.", *DESK_CHATS),
        string("account", "Which account."),
        string("word", "The word of the link Sereno made for them."),
    ),
)

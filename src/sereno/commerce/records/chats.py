"""What people write to the shop by a channel, and how they are reached."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, items, nested, string, timestamp
from sereno.commerce.schema import record

CHATS = ("sms", "whatsapp", "telegram")

REACH = record(
    "reach",
    "How a customer is reached beside mail, as they showed it themselves.",
    (
        string("last_channel", "By which they last wrote to the shop.", *CHATS),
        string("telegram", "Their chat with the shop's bot."),
        boolean("push", "A browser of theirs takes messages."),
        timestamp("sms_at", "When they last wrote a text message."),
        timestamp("whatsapp_at", "When they last wrote by WhatsApp; free words go to them for 24 hours from then."),
        timestamp("telegram_at", "When they last wrote to the bot."),
        timestamp("reached_at", "When they last wrote by any of them."),
        items("order", "string", "By which channels they want to be written to, in their own order."),
    ),
)

CUSTOMER_REACHED = record(
    "customer_reached",
    "How a customer is reached, as it is now.",
    (
        string("id", "Whom."),
        nested("reach", REACH, "How they are reached."),
    ),
)

_MESSAGE = (
    string("channel", "By which it came.", *CHATS),
    string("address", "From whom: a number such as +34600000000, or the chat's id."),
    string("name", "As the channel calls them."),
    string("text", "What they wrote, or the words of what they pressed."),
    string("kind", "`text`, `choice` (a quick reply or a row of a list was pressed), `image`, `audio`, ..."),
    string("choice", "The id of what was pressed."),
    string("message_id", "The channel's name for it."),
    string("reply_to", "Which message of the shop's it answers, where the channel says so."),
    timestamp("written_at", "When they wrote it."),
)

CHANNEL_HEARD = record(
    "channel_heard",
    "A message as a channel brought it.",
    (
        *_MESSAGE,
        string("link", "Of a chat begun by a link of the shop's: its last part."),
        string("meant", "What the provider itself took it for, in whatever words.", "stop", "start"),
    ),
)

CHAT_MESSAGE = record(
    "chat_message",
    "A message somebody wrote to the shop.",
    (
        *_MESSAGE,
        string("customer_id", "Who wrote, where that is known."),
        boolean("is_stop", "They asked for no more of it, and get no more marketing by this channel."),
        boolean("is_start", "They asked for it again."),
    ),
)

CHANNEL_TOLD = record(
    "channel_told",
    "What a channel says became of a message.",
    (
        string("channel", "By which it went.", "sms", "whatsapp", "telegram", "push"),
        string("provider_id", "The provider's name for it."),
        string("effect", "The key of its effect, where the provider brings that back."),
        string("status", "What became of it.", "sent", "delivered", "read", "failed"),
        string("reason", "Why it failed: `address.unreachable`, `message.refused`, ..."),
        string("text", "The provider's own words."),
        timestamp("told_at", "When it was so."),
    ),
)

"""What channels bring: that somebody wrote, and what became of messages."""

from __future__ import annotations

from sereno.commerce.records.chats import CHANNEL_HEARD, CHANNEL_TOLD, CHAT_MESSAGE, CUSTOMER_REACHED
from sereno.sdk.plugin import derived_flow, event

OF_CUSTOMER = frozenset({"customer"})

event(
    "channel.heard",
    description="A channel brought a message; who wrote it is told by `chat.message_received`.",
    data=CHANNEL_HEARD,
    supplies=frozenset(),
)
event(
    "channel.told",
    description="A channel said what became of a message; flows hear of it as `message.delivered` and the like.",
    data=CHANNEL_TOLD,
    supplies=frozenset(),
)
event(
    "chat.message_received",
    description="Somebody wrote to the shop by text message, WhatsApp or Telegram.",
    data=CHAT_MESSAGE,
    supplies=OF_CUSTOMER,
)
event(
    "customer.reached",
    description="A customer wrote by a channel, or opened one: how they are reached has changed.",
    data=CUSTOMER_REACHED,
    supplies=OF_CUSTOMER,
    projects="customer",
)
derived_flow(
    "hear-channels",
    """\
flow: hear-channels
name: Take in what people write by channels
trigger: {event: channel.heard}
reentry: always
steps:
  - messages.hear: {}
""",
)
derived_flow(
    "follow-messages",
    """\
flow: follow-messages
name: Follow what becomes of messages by channels
trigger: {event: channel.told}
reentry: always
steps:
  - messages.take_word: {}
""",
)

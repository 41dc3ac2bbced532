"""Rows. No behaviour: rules are pure functions in the rooms, hot loops are named SQL in `store/sql`."""

from sereno.store.models.accounts import Identity, Invitation, RecoveryCode, SecondFactor, SignIn, Tries
from sereno.store.models.content import MessageChange, MessagePicture, MessageTemplate, MessageVersion
from sereno.store.models.drafts import FlowDraftChange
from sereno.store.models.effects import Approval, ConnectionBudget, Effect
from sereno.store.models.flows import Flow, FlowEntry, FlowSchedule, FlowVersion, FlowWaking
from sereno.store.models.inbox import Delivery, Event, EventLink, EventQueue
from sereno.store.models.keys import ApiKey
from sereno.store.models.origins import FlowOrigin
from sereno.store.models.people import Audit, Consent, Suppression, Tag
from sereno.store.models.rollouts import StepTally
from sereno.store.models.runs import Run, RunLink, RunTrace, Skip
from sereno.store.models.shops import Connection, Membership, Shop, Worker
from sereno.store.models.webhooks import ApiAnswer, Webhook

__all__ = [
    "ApiAnswer",
    "ApiKey",
    "Approval",
    "Audit",
    "Connection",
    "ConnectionBudget",
    "Consent",
    "Delivery",
    "Effect",
    "Event",
    "EventLink",
    "EventQueue",
    "Flow",
    "FlowDraftChange",
    "FlowEntry",
    "FlowOrigin",
    "FlowSchedule",
    "FlowVersion",
    "FlowWaking",
    "Identity",
    "Invitation",
    "Membership",
    "MessageChange",
    "MessagePicture",
    "MessageTemplate",
    "MessageVersion",
    "RecoveryCode",
    "Run",
    "RunLink",
    "RunTrace",
    "SecondFactor",
    "Shop",
    "SignIn",
    "Skip",
    "StepTally",
    "Suppression",
    "Tag",
    "Tries",
    "Webhook",
    "Worker",
]

"""Rows. No behaviour: rules are pure functions in the rooms, hot loops are named SQL in `store/sql`."""

from sereno.store.models.accounts import Identity, Invitation, RecoveryCode, SecondFactor, SignIn, Tries
from sereno.store.models.arbiter import MessageSlot, ShadowSlot
from sereno.store.models.backtests import Backtest, BacktestEffect, BacktestRun, BacktestSkip, BacktestUpload
from sereno.store.models.content import MessageChange, MessagePicture, MessageTemplate, MessageVersion
from sereno.store.models.drafts import FlowDraftChange
from sereno.store.models.effects import Approval, ConnectionBudget, Effect
from sereno.store.models.experiments import ExperimentSum, Exposure
from sereno.store.models.flows import Flow, FlowEntry, FlowSchedule, FlowVersion, FlowWaking
from sereno.store.models.inbox import Delivery, Event, EventLink, EventQueue
from sereno.store.models.keys import ApiKey
from sereno.store.models.limits import Deputy, FlowUse, LimitQuestion, Switch
from sereno.store.models.origins import FlowOrigin
from sereno.store.models.people import Audit, Consent, Suppression, Tag
from sereno.store.models.privacy import Erased, PrivacyRequest
from sereno.store.models.reading import Backfill, Reading, ReadingGap
from sereno.store.models.rollouts import StepTally
from sereno.store.models.runs import Run, RunLink, RunTrace, Skip
from sereno.store.models.shops import Connection, Membership, Shop, Worker
from sereno.store.models.stages import FlowStage, FlowStageStep, FlowStageTally
from sereno.store.models.storefronts import StorefrontKey
from sereno.store.models.stores import StoreEcho
from sereno.store.models.watching import (
    Alert,
    AlertListener,
    AlertNote,
    AlertTelling,
    WatchHour,
    WatchPause,
    WatchSeries,
    WatchTurn,
)
from sereno.store.models.webhooks import ApiAnswer, Webhook

__all__ = [
    "Alert",
    "AlertListener",
    "AlertNote",
    "AlertTelling",
    "ApiAnswer",
    "ApiKey",
    "Approval",
    "Audit",
    "Backfill",
    "Backtest",
    "BacktestEffect",
    "BacktestRun",
    "BacktestSkip",
    "BacktestUpload",
    "Connection",
    "ConnectionBudget",
    "Consent",
    "Delivery",
    "Deputy",
    "Effect",
    "Erased",
    "Event",
    "EventLink",
    "EventQueue",
    "ExperimentSum",
    "Exposure",
    "Flow",
    "FlowDraftChange",
    "FlowEntry",
    "FlowOrigin",
    "FlowSchedule",
    "FlowStage",
    "FlowStageStep",
    "FlowStageTally",
    "FlowUse",
    "FlowVersion",
    "FlowWaking",
    "Identity",
    "Invitation",
    "LimitQuestion",
    "Membership",
    "MessageChange",
    "MessagePicture",
    "MessageSlot",
    "MessageTemplate",
    "MessageVersion",
    "PrivacyRequest",
    "Reading",
    "ReadingGap",
    "RecoveryCode",
    "Run",
    "RunLink",
    "RunTrace",
    "SecondFactor",
    "ShadowSlot",
    "Shop",
    "SignIn",
    "Skip",
    "StepTally",
    "StoreEcho",
    "StorefrontKey",
    "Suppression",
    "Switch",
    "Tag",
    "Tries",
    "WatchHour",
    "WatchPause",
    "WatchSeries",
    "WatchTurn",
    "Webhook",
    "Worker",
]

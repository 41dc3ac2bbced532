"""The command line: `run(argv)` gives the exit status, see `status`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Group

from sereno import __version__
from sereno.cli import (
    alerts,
    approvals,
    audiences,
    backtests,
    catalog,
    channels,
    codes,
    connecting,
    consents,
    content,
    customers,
    decisions,
    deliverability,
    feeds,
    forms,
    guardrails,
    installation,
    interests,
    lists,
    loyalty,
    newsletters,
    orders,
    people,
    privacy,
    purchasing,
    reading,
    recommendations,
    results,
    risk,
    running,
    scores,
    segments,
    self_service,
    shops,
    social,
    staying,
    stock,
    surveys,
    switches,
    topics,
    webhooks,
)
from sereno.cli.flows import app as flows
from sereno.cli.status import status_of

EVERYDAY = Group("Every day", sort_key=1)
SETUP = Group("Setting up", sort_key=2)
LOOKING = Group("Looking in", sort_key=3)


COMMANDS = (
    (staying.serve, EVERYDAY),
    (staying.work, EVERYDAY),
    (running.demo, EVERYDAY),
    (running.ingest, EVERYDAY),
    (reading.reconcile, EVERYDAY),
    (social.calendar, EVERYDAY),
    (installation.init, SETUP),
    (installation.migrate, SETUP),
    (installation.doctor, SETUP),
    (installation.reseal, SETUP),
    (running.bench, SETUP),
    (connecting.connect, SETUP),
)
PARTS = (
    (reading.backfill, EVERYDAY),
    (flows, EVERYDAY),
    (backtests.backtest, EVERYDAY),
    (switches.switch, EVERYDAY),
    (switches.limits, EVERYDAY),
    (approvals.approval, EVERYDAY),
    (orders.order, EVERYDAY),
    (self_service.self_service, EVERYDAY),
    (decisions.decisions, EVERYDAY),
    (customers.customer, EVERYDAY),
    (risk.risk, EVERYDAY),
    (feeds.feed, EVERYDAY),
    (stock.stock, EVERYDAY),
    (catalog.catalog, EVERYDAY),
    (recommendations.recommend, EVERYDAY),
    (interests.interest, EVERYDAY),
    (results.results, EVERYDAY),
    (scores.score, EVERYDAY),
    (segments.segment, EVERYDAY),
    (audiences.audience, EVERYDAY),
    (newsletters.newsletter, EVERYDAY),
    (social.social, EVERYDAY),
    (surveys.survey, EVERYDAY),
    (forms.form, EVERYDAY),
    (forms.lead, EVERYDAY),
    (content.content, EVERYDAY),
    (codes.code, EVERYDAY),
    (loyalty.loyalty, EVERYDAY),
    (deliverability.mail, EVERYDAY),
    (channels.channel, EVERYDAY),
    (purchasing.purchase, EVERYDAY),
    (purchasing.supplier, EVERYDAY),
    (purchasing.demand, EVERYDAY),
    (people.user, SETUP),
    (shops.key, SETUP),
    (shops.shop, SETUP),
    (alerts.alert, SETUP),
    (connecting.connection, SETUP),
    (webhooks.webhook, SETUP),
    (guardrails.guardrails, SETUP),
    (privacy.privacy, SETUP),
    (consents.consent, SETUP),
    (topics.topic, SETUP),
    (lists.event, LOOKING),
    (lists.run, LOOKING),
    (lists.effect, LOOKING),
    (lists.delivery, LOOKING),
)
"""Commands with commands below them, and where help lists them."""


def make_app() -> App:
    """The whole tree of commands."""
    app = App(
        name="sereno",
        help="The open, self-hosted automation of an online shop.",
        version=__version__,
        help_format="plaintext",
        help_flags=["--help", "-h"],
    )
    for command, group in COMMANDS:
        app.command(command, group=group)
    for part, group in PARTS:
        part.group = (group,)
        app.command(part)
    return app


def run(argv: Sequence[str]) -> int:
    """Carry out one command. Never raises for what a user did wrong."""

    def carried_out() -> Any:
        try:
            return make_app()(list(argv), exit_on_error=False, print_error=False, result_action="return_value")
        except CycloptsError as error:
            return _wrong_use(error, argv)

    return status_of(carried_out)


def _wrong_use(error: CycloptsError, argv: Sequence[str]) -> int:
    first = next(iter(argv), "")
    command = f"sereno {first}" if first in make_app() else "sereno"
    print(f"sereno: {str(error).strip()}", file=sys.stderr)
    print(f"Try `{command} --help`.", file=sys.stderr)
    return 2

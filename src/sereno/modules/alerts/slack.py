"""Messages into the shop's Slack channel, by the webhook Slack gave it."""

from __future__ import annotations

import json
from datetime import timedelta

from sereno.sdk.context import Context
from sereno.sdk.ports import Http, HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.result import Done, Fail, Result, Retry


def to_slack(text: str, ctx: Context) -> Result:
    """Put the text into the shop's Slack channel."""
    webhook = str(ctx.shop.settings.get("slack_webhook") or "")
    if not webhook:
        return Fail("alerts.no_webhook", "Set the shop's slack_webhook to the address Slack gave you.")
    # Slack reads <, > and & as its own marks.
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = json.dumps({"text": safe}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": ctx.effect_key}
    try:
        answer = ctx.port(Http).send(HttpRequest("POST", webhook, headers, body))
    except LookupError:
        return Fail("alerts.no_http", "This shop cannot call other systems.")
    except HttpBlocked as blocked:
        return Fail("http.address_blocked", f"{blocked}: add the host to the shop's setting `allowed_hosts`.")
    except HttpFailed as failed:
        return Retry("http.no_answer", str(failed))
    return judge_slack(answer.status, answer.headers.get("retry-after"), answer.body)


def judge_slack(status: int, wait: str | None, body: bytes) -> Result:
    """What Slack's answer means: 429 names its wait in seconds; a 4xx says that the webhook is wrong or gone."""
    said = body[:200].decode("utf-8", "replace")
    if 200 <= status < 300:
        return Done({"channel": "slack"})
    if status == 429:
        seconds = int(wait) if wait and wait.isascii() and wait.isdigit() else 30
        return Retry("slack.rate_limited", said, kind="limited", after=timedelta(seconds=min(seconds, 3600)))
    if status >= 500:
        return Retry("slack.unavailable", f"HTTP {status}: {said}")
    return Fail("slack.refused", f"Slack answered {status} {said!r}: check the shop's slack_webhook.")

"""The reference page of the API, made from its own description: addresses, scopes, codes, events of webhooks."""

from __future__ import annotations

import json
from typing import Any

from sereno.api import problems
from sereno.api.keys import scope_needed
from sereno.api.version1 import api
from sereno.runtime.hooks import TYPES
from sereno.store.keys import SCOPES

_HEAD = """\
# The API

Made from the code by `make docs`; do not edit.

Everything the pages show and do, under `/api/v1/`. Your installation serves the full description:
`/api/v1/docs` to read, `/api/v1/openapi.json` (OpenAPI 3.1) for programs.

```console
sereno key add reporting --scope read
curl -H "Authorization: Bearer sereno_..." http://127.0.0.1:8000/api/v1/runs?flow=cart-recovery
```

A key belongs to one shop, is shown once, and does what its scopes say: {scopes}. `write` stands for the three in the
middle.

## Lists

The newest first, a page at a time: `limit`, then `before` with the `next` of the last answer (`after`, for flows, which
are listed by name). `next` is null on the last page. `since`, `type`, `flow`, `subject` and `status` narrow lists of
what happened. Rows have the names of the [command line's](command-line.md) lists.

## Writes that may come twice

Send an `Idempotency-Key` of your own with any write: the first answer is kept for 24 hours and given to every repeat
(with `Idempotency-Replayed: true`); nothing is done twice, not even when two come at the same moment. The second of
those gets 409 `idempotency.in_progress` with `Retry-After`. The same key with another request is 422
`idempotency.mismatch`. Answers of 401, 403 and 5xx are not kept.

## Drafts that two people edit

A draft has an `ETag`. Send it as `If-Match` with a change: when somebody else was quicker the answer is 412
`draft.conflict` with the draft as it stands in `current`; without `If-Match` it is 428.

```console
curl -i -H "$AUTH" $BASE/flows/big-orders/draft                       # ETag: "7"
curl -X PUT -H "$AUTH" -H 'If-Match: "7"' -d @change.json $BASE/flows/big-orders/draft
```

## What is refused

In one shape, `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, and `code`, which never
changes its meaning. `detail` says what to do next; `message` is the same under its older name. `request.invalid`
adds `fields`, `flow.invalid` adds `problems`, each with its line.

| code | status | what it means |
| --- | --- | --- |
"""
_TAIL = """\

## Outgoing webhooks

Sereno posts its own events to your systems as [Standard Webhooks](https://www.standardwebhooks.com) describe: any of
their libraries verifies them. The body is `{"type", "timestamp", "data"}`; the headers are `webhook-id` (the same on
every attempt), `webhook-timestamp` and `webhook-signature`. Answer 2xx. Anything else is tried again seven times within
about 28 hours; 429 waits as long as `Retry-After` says; 410 switches the webhook off, and so do five days without a
success (the shop's `alert_email` is told). Failed messages can be sent again. See [tell other
systems](../how-to/tell-other-systems.md).

| type | when |
| --- | --- |
"""
_DOOR = """\

## The door

`POST /hooks/{connection}` is no part of the API: it needs no key, but a signature. It answers 200 with an empty body
once the webhook is stored, 401 for a bad signature, 404 for an unknown connection, 413 for a body over 5 MB, 503 with
`Retry-After` when it cannot write.
"""


def page() -> str:
    """The whole page."""
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    parts = [_HEAD.replace("{scopes}", ", ".join(f"`{one}`" for one in SCOPES))]
    parts += [f"| `{code}` | {status} | {title} |\n" for code, (status, title) in problems.CODES.items()]
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            scope = scope_needed(method, path)
            what = operation["description"].partition("\n")[0]
            by_tag.setdefault(operation["tags"][0], []).append(f"| `{method.upper()} {path}` | {what} | `{scope}` |\n")
    for tag, lines in by_tag.items():
        parts += [f"\n## {tag}\n\n| address | what it does | scope |\n| --- | --- | --- |\n", *lines]
    parts += [_TAIL, *(f"| `{name}` | {what} |\n" for name, what in TYPES.items()), _DOOR]
    return "".join(parts)

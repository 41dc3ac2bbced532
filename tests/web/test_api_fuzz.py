"""The whole API against its own description: whatever is sent, the answer is one that the description names.

Bounded: the same examples each time, a few for every operation. `SERENO_FUZZ_EXAMPLES=200` looks further.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from seeding import Seeded, seed

from emptying import SqliteEmptier
from installation import ready
from sereno.store.keys import issue

EXAMPLES = int(os.environ.get("SERENO_FUZZ_EXAMPLES", "6"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

ready()

from sereno.site.wsgi import application  # noqa: E402

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture(scope="module", autouse=True)
def empty(empty_tables: SqliteEmptier) -> None:
    """Once for all: what one request leaves behind the next ones may find."""
    empty_tables()


@pytest.fixture(scope="module")
def seeded(empty: None) -> Seeded:
    return seed()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_it(case: Any, seeded: Seeded) -> None:
    _make_real(case, seeded)
    headers = {"Authorization": f"Bearer {_token(seeded)}"}
    case.call_and_validate(headers=headers, checks=CHECKS)


def _token(seeded: Seeded) -> str:
    """A new one each time: a request may have revoked the last."""
    return issue(seeded.shop.pk, "fuzz", "read write settings", "ana@example.com")


def _make_real(case: Any, seeded: Seeded) -> None:
    """Half of the requests are about things that are there, so that they get past \"not found\"."""
    place = case.path_parameters or {}
    if hash(repr(place)) % 2:
        return
    real = {
        "flows": {"name": seeded.thanks.name, "number": 1},
        "runs": {"id": seeded.run.uid},
        "effects": {"id": seeded.failed_effect.pk},
        "events": {"number": seeded.event.pk},
        "deliveries": {"id": seeded.delivery.pk},
        "approvals": {"id": seeded.approval.pk},
        "connections": {"name": seeded.connection.name},
    }.get(case.path.strip("/").split("/")[2], {})
    place.update({name: value for name, value in real.items() if name in place})

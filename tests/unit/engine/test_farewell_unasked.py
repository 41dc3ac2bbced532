"""Whoever could not be asked is never taken off: the mails of the farewell did not go out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from flows.replaying import plugins
from sereno.engine.flow import compile_flow
from sereno.engine.run import EffectFinished, NewEffect
from sereno.sdk.templates import shipped_flow

from .simulator import START, Simulator, event

PERSON = {"id": "7", "email": "ana@example.com", "accepts_email": True, "last_seen_on": "2025-08-01"}


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_a_mail_that_did_not_go_out_takes_nobody_off(asked: int) -> None:
    shipped = shipped_flow("farewell")
    assert shipped is not None
    document = yaml.safe_load(shipped.text) | {"trigger": {"event": "customer.updated"}}
    mails: list[str] = []

    def answer(effect: NewEffect) -> EffectFinished:
        mails.append(str(effect.config.get("template")))
        return EffectFinished(effect.key, ok=True, value={"sent": len(mails) <= asked})

    simulator = Simulator(
        compile_flow(yaml.safe_dump(document), plugins()), lambda subject: {"customer": PERSON}, answer
    )
    simulator.deliver(event("1", "customer.updated", "customer:7", at=START, data={**PERSON}))
    simulator.pass_time(timedelta(days=40))
    state = simulator.only()
    done = [effect.action for _run, effect in simulator.effects.values()]
    assert mails == ["farewell-question", "farewell-last-chance", "farewell-goodbye"][: asked + 1]
    assert ("customers.end_marketing" in done) == (asked == 2)
    assert state.status == ("stopped" if asked < 2 else "finished")

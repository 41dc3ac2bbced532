"""How often each step of each version was reached: what the live view shows without reading a trace."""

from __future__ import annotations

from django.db import models

from sereno.store.models.flows import Flow


class StepTally(models.Model):
    """A count, written in the transaction that moves the runs. `place` is a step's path ("2.then.0"), `!` and the path
    for runs that failed there, or `=` and a word for the flow as a whole (`=started`, `=skipped`, `=finished`,
    `=exited`, `=exit:order.created`). `hour` is hours since 1970, 0 for all time; hours past a week are forgotten.
    `shard` keeps workers from waiting for each other: a number is the sum over its shards."""

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    version = models.IntegerField()
    hour = models.IntegerField(db_index=True)
    place = models.CharField(max_length=250)
    shard = models.SmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "step_tally"
        constraints = (
            models.UniqueConstraint(fields=("flow", "version", "hour", "place", "shard"), name="step_tally_once"),
        )

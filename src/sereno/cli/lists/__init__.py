"""Looking in: events, runs, effects and deliveries, one file each."""

from sereno.cli.lists.deliveries import app as delivery
from sereno.cli.lists.effects import app as effect
from sereno.cli.lists.events import app as event
from sereno.cli.lists.runs import app as run

__all__ = ["delivery", "effect", "event", "run"]

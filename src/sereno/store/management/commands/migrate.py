"""Django's `migrate`, which fills an empty database at once."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from sereno.store.at_once import make_at_once


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in ("app_label", "plan", "check_unapplied", "fake", "fake_initial")):
            make_at_once(connections[options["database"]])
        super().handle(*args, **options)

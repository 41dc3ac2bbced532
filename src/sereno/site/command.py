"""The `sereno` command: sets Django up, then hands over to the command line's room."""

from __future__ import annotations

import os
import sys


def main() -> None:
    from sereno.site.environment import SettingInvalid

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
    import django

    try:
        django.setup()
    except SettingInvalid as error:
        print(f"sereno: {error}", file=sys.stderr)
        sys.exit(2)
    from sereno.cli.main import run
    from sereno.site.plugins import load_plugins

    load_plugins()
    sys.exit(run(sys.argv[1:]))

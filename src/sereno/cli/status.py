"""What became of a command: 0 done, 1 the thing failed, 2 wrong use.

Invariant: a reason for failing goes to standard error in one or a few lines, never as a traceback of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from sereno.cli.output import Failed


def status_of(command: Callable[[], Any]) -> int:
    """Carry it out. Raises only for a fault of ours."""
    try:
        result = command()
        sys.stdout.flush()
    except Failed as error:
        print(f"sereno: {error}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # The reader went away (`| head`): not our failure. Python would complain again at exit without this.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        reason = _of_database(error)
        if reason is None:
            raise
        print(f"sereno: {reason}", file=sys.stderr)
        return 1
    return result if isinstance(result, int) else 0


def _of_database(error: Exception) -> str | None:
    """What to say when the database is locked, gone or full; None for anything else, which is a fault of ours."""
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    for one in chain:
        if type(one).__name__ in ("OperationalError", "Unwritable", "InterfaceError"):
            return f"the database cannot be used just now: {one}. `sereno doctor` looks at it."
    return None

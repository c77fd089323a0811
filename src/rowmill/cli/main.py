"""The entry point. It imports next to nothing, so that an interruption finds it ready however early it comes."""

import os
import sys

from rowmill.cli.form import asks_for_json

_IN_JSON = '{"event": "interrupted", "level": "error", "message": "interrupted", "exit_code": 130}\n'


def main(arguments: "list[str] | tuple[str, ...] | None" = None) -> int:
    """Run one command line, that of the process if none is given, and return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        from rowmill.cli.surroundings import prepared

        with prepared() as exit_code:
            from rowmill.cli.commands import run

            return exit_code(run(words))
    except KeyboardInterrupt:
        if os.environ.get("ROWMILL_TRACEBACK") == "1":
            raise
        if sys.stderr is not None:
            sys.stderr.write(_IN_JSON if asks_for_json(words) else "rowmill: interrupted\n")
        return 130

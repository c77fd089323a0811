"""The entry point. It imports next to nothing, so that an interruption finds it ready however early it comes."""

import os
import sys

from rowmill.cli.form import asks_for_json

_IN_JSON = '{"event": "interrupted", "level": "error", "message": "interrupted", "exit_code": %d}\n'
_INTERRUPTED = 130


def main(arguments: "list[str] | tuple[str, ...] | None" = None) -> int:
    """Run one command line, that of the process if none is given, and return its exit code."""
    words, code = sys.argv[1:] if arguments is None else list(arguments), _INTERRUPTED
    try:
        from rowmill.cli.surroundings import prepared

        with prepared() as exit_code:
            try:
                from rowmill.cli.commands import run

                return run(words, exit_code)
            except KeyboardInterrupt:
                code = exit_code(_INTERRUPTED)
                raise
    except KeyboardInterrupt:
        if os.environ.get("ROWMILL_TRACEBACK") == "1":
            raise
        if sys.stderr is not None:
            sys.stderr.write(_IN_JSON % code if asks_for_json(words) else "rowmill: interrupted\n")
        return code

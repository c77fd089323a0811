"""The entry point. It imports next to nothing, so that an interruption finds it ready however early it comes."""

import os
import sys


def main(arguments: "list[str] | tuple[str, ...] | None" = None) -> int:
    """Run one command line, that of the process if none is given, and return its exit code."""
    try:
        from rowmill.cli.surroundings import prepared

        with prepared() as exit_code:
            from rowmill.cli.commands import run

            return exit_code(run(arguments))
    except KeyboardInterrupt:
        if os.environ.get("ROWMILL_TRACEBACK") == "1":
            raise
        if sys.stderr is not None:
            sys.stderr.write("rowmill: interrupted\n")
        return 130

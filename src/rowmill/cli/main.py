"""The entry point. It imports next to nothing, so that an interruption finds it ready however early it comes."""

import os
import sys

_VARIABLE, _FLAG, _KEY = "ROWMILL_RUN__LOG_FORMAT", "--log-format", "run.log_format"
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


def asks_for_json(words: "list[str]") -> bool:
    """Return whether a command line asks for log records in JSON: what ends it may come before it is understood."""
    asked = os.environ.get(_VARIABLE, "")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.removeprefix("--set=").partition("=")
        if name == _FLAG:
            asked = value or following
        elif name == _KEY:
            asked = value
    return words[:1] == ["generate"] and asked.strip().lower() == "json"

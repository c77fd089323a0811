"""In which form a command speaks. It imports next to nothing: what ends a command may come before the rest."""

import os

_VARIABLE, _FLAG, _KEY = "ROWMILL_RUN__LOG_FORMAT", "--log-format", "run.log_format"


def asks_for_json(words: "list[str]") -> bool:
    """Return whether a command line asks for log records in JSON, as far as its words and the environment tell."""
    asked, assigned = os.environ.get(_VARIABLE, ""), ""
    for place, word in enumerate(words):
        name, equals, value = word.removeprefix("--set=").partition("=")
        if name == _FLAG:
            asked = value if equals else "".join(words[place + 1 : place + 2])
        elif name == _KEY:
            assigned = value
    # Assignments go over flags, and flags over variables.
    return words[:1] == ["generate"] and (assigned or asked).strip().lower() == "json"

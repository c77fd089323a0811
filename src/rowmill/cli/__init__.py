"""The command line: thin commands over the library, loaded one by one so that help is instant."""

from rowmill.cli.main import main

__all__ = ["main"]

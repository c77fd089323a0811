"""Every error a user can meet: the message holds value received, rule and fix; the class sets the exit code."""

from __future__ import annotations


class RowmillError(Exception):
    """Something went wrong that is not the user's input: exit code 1."""

    exit_code = 1


class UsageError(RowmillError):
    """A flag, a file or a combination of them cannot be used as given: exit code 2."""

    exit_code = 2


class SpecError(UsageError):
    """A value of the configuration breaks a rule of the domain: exit code 2."""


class DeclarationError(UsageError, ValueError):
    """A field or a schema contradicts itself: exit code 2."""


class DestinationError(UsageError):
    """The destination cannot take this run: another spec, an unfinished run, no permission: exit code 2."""


class DiskError(RowmillError):
    """The destination stopped taking bytes (no space, lost mount): exit code 1, nothing is published."""


class EndpointError(RowmillError):
    """A language model gave no usable answer within its limits: exit code 1, nothing is written."""


class IntegrityError(RowmillError):
    """What lies at the destination is not what the manifest says: exit code 3."""

    exit_code = 3


class Interrupted(RowmillError):
    """The user stopped the run; finished parts keep their receipts: exit code 130."""

    exit_code = 130

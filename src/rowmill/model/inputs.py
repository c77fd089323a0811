"""A user's files: where they lie, what a spec keeps of them, and how those of a domain are read.

A spec keeps digests of what was read, never a path: the same content under another name, in another format or in
another order is the same data, and any other content is refused. A path and a content travel apart, so that a machine
where a file does not lie can be handed what is in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.paths import local_path
from rowmill.core.scratch import scratch_folder
from rowmill.model.spec import Spec, nearest

FLAG = "--catalog"
"""What gives a file by its name to every command that reads one."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file."""

    path: str
    """Where it lies on the machine of the user, absolute."""
    content: bytes | None = field(default=None, repr=False)
    """All of it, for a machine where it does not lie; None where it is read from its path."""


Inputs = Mapping[str, Input]
"""Files by the names that a domain has for them."""
NO_INPUTS: Inputs = MappingProxyType({})


def inputs_of(paths: Mapping[str, str | os.PathLike[str]], where: str = "inputs") -> dict[str, Input]:
    """Return files by name from their paths, which become absolute.

    Args:
        paths: by name.
        where: where they were given, for errors.

    Raises:
        UsageError: for anything but paths of this machine by name.
    """
    if not isinstance(paths, Mapping):
        raise UsageError(f"{where}: got {paths!r}; give paths by name, such as {{'name': 'file.csv'}}")
    for name, path in paths.items():
        if not isinstance(path, str | os.PathLike):
            raise UsageError(f"{where}.{name}: got {path!r}; give a path")
    return {name: Input(local_path(path, f"{where}.{name}")) for name, path in paths.items()}


def with_contents(inputs: Inputs) -> dict[str, Input]:
    """Return files with all that is in them, for a machine where they do not lie. They are held in memory.

    Raises:
        UsageError: if one cannot be read.
    """
    return {name: file if file.content is not None else _read(name, file) for name, file in inputs.items()}


def _read(name: str, file: Input) -> Input:
    try:
        return replace(file, content=Path(file.path).read_bytes())
    except OSError as error:
        raise UsageError(f"{file.path}: cannot be read as {name}: {error.strerror}; give a file") from None


@contextmanager
def at_hand(inputs: Inputs) -> Iterator[dict[str, str]]:
    """Yield paths of this machine by name: a content that was handed over lies in a temporary folder meanwhile."""
    paths = {name: file.path for name, file in inputs.items()}
    handed = {name: file.content for name, file in inputs.items() if file.content is not None}
    if not handed:
        yield paths
        return
    with scratch_folder() as folder:
        for name, content in handed.items():
            # The ending of a name says how its content is compressed.
            place = folder / name / Path(inputs[name].path).name
            place.parent.mkdir()
            place.write_bytes(content)
            paths[name] = str(place)
        yield paths


S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class InputContent:
    """What was read from a file."""

    value: Any
    digest: str
    """Of all that rows may depend on, whatever the file's format and the order of its rows; 32 hexadecimal digits."""
    notes: tuple[str, ...] = ()
    """What of the file is not used, a line each."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[S]):
    """What one file is read with."""

    name: str
    spec: S
    paths: Mapping[str, str]
    """Of the file and of those that are read together with it, by name, on this machine."""
    before: Mapping[str, Any]
    """Values of the files that were read before."""

    @property
    def path(self) -> str:
        """Return where the file lies on this machine."""
        return self.paths[self.name]

    def meet(self, digest: str) -> None:
        """Refuse a content that is not the one that the spec was made with, if it was made with one."""
        known = self.spec.inputs.get(self.name, digest)
        if digest != known:
            raise UsageError(
                f"{self.path}: another {self.name} file than the data was made with (digest {digest}, not {known}); "
                "give the file as it was, or make new data"
            )


@dataclass(frozen=True, slots=True)
class Reader(Generic[S]):
    """How the file of one name is read."""

    read: Callable[[Reading[S]], InputContent]
    beside: tuple[str, ...] = ()
    """Files that are read together with it; its digest is theirs too."""
    needed: Callable[[S], bool] = lambda _: True
    """Whether rows of a spec that has its digest depend on the file: it may say all that is in it."""


@dataclass(frozen=True, slots=True)
class Read(Generic[S]):
    """What was read for a spec."""

    spec: S
    """With the digest of every file that was read."""
    values: Mapping[str, Any]
    """What the readers made of the files, by name."""
    notes: tuple[str, ...]


def read_inputs(spec: S, inputs: Inputs, readers: Mapping[str, Reader[S]]) -> Read[S]:
    """Read the files that a dataset is made from.

    Args:
        spec: with the digests of files that it was made with before.
        inputs: the files, by name.
        readers: of every name that the domain knows, in the order to read them in.

    Raises:
        SpecError: if the spec has the digest of a file that the domain does not know.
        UsageError: if a name is unknown, a file is missing, cannot be used, or is another than the spec was made with.
    """
    _refuse_unknown(spec, inputs, readers)
    digests, values, notes = dict(spec.inputs), dict[str, Any](), list[str]()
    with at_hand(inputs) as paths:
        for name, reader in readers.items():
            told = name in spec.inputs and not reader.needed(spec)
            if name not in paths and not told:
                _refuse_missing(name, reader, spec, paths)
            elif not told:
                mine = {each: paths[each] for each in (name, *reader.beside) if each in paths}
                reading = Reading(name, spec, mine, MappingProxyType(values))
                found = reader.read(reading)
                reading.meet(found.digest)
                digests[name], values[name] = found.digest, found.value
                notes += found.notes
    return Read(spec.model_copy(update={"inputs": digests}), values, tuple(notes))


def _refuse_unknown(spec: Spec, inputs: Inputs, readers: Mapping[str, Reader[Any]]) -> None:
    known = [each for name, reader in readers.items() for each in (name, *reader.beside)]
    for name in inputs:
        if name not in known:
            raise UsageError(f"input {name!r}: unknown; {nearest(name, known)}")
    for name in spec.inputs:
        if name not in readers:
            raise SpecError(f"data.inputs: got {name!r}, of which no file is read; {nearest(name, readers)}")


def _refuse_missing(name: str, reader: Reader[Any], spec: Spec, paths: Mapping[str, str]) -> None:
    """Refuse to go on without a file that the data stands on, or to which others belong that were given."""
    for other in reader.beside:
        if other in paths:
            raise UsageError(f"{other}: belongs to a {name}; give it too, with {FLAG} {name}=FILE")
    if name in spec.inputs:
        more = "".join(f" (and {FLAG} {other}=FILE, if it had one)" for other in reader.beside)
        raise UsageError(f"{name}: this data stands on a file of your own; give it with {FLAG} {name}=FILE{more}")

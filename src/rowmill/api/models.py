"""SQL models over a destination: which files they read, and what came of building them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from rowmill.core.errors import IntegrityError, UsageError
from rowmill.core.paths import local_path
from rowmill.domains.registry import domain, names_of
from rowmill.model.engine import HasModels, ModelResults, ModelRun, WrittenTables
from rowmill.run.books.manifest import Manifest, read
from rowmill.run.books.rebuild import stored_spec
from rowmill.run.checks.strangers import strangers
from rowmill.run.landing.repair import losses
from rowmill.run.making.executors import usable_cores
from rowmill.sinks.registry import destination


def build_models(
    out: str | Path, command: str = "build", *, database: str | Path | None = None, threads: int | None = None
) -> ModelResults:
    """Build the models of a destination's domain over its files.

    Args:
        out: the destination, a local directory.
        command: which of the domain's commands.
        database: DuckDB file to build in; None for the domain's own beside the tables.
        threads: models to build at once; None for one a usable core.

    Raises:
        UsageError: if the domain has no models or no such command, or something is missing.
        DestinationError: if nothing is committed there.
        RowmillError: if building could not begin.
    """
    manifest = read(out)
    family = _family(manifest)
    if command not in family.model_commands:
        raise UsageError(f"dbt {command}: unknown; known: {', '.join(family.model_commands)}")
    folder = folder_of(out)
    place = folder / family.model_database if database is None else Path(local_path(database, "database"))
    _refuse_within(out, place, "database")
    return family.run_models(_written(out, manifest), ModelRun(command, place, threads or usable_cores()))


def copy_models(out: str | Path, folder: str | Path) -> None:
    """Copy the models of a destination's domain into a folder, ready for a user's own dbt.

    Raises:
        UsageError: if the domain has no models, something is missing, or the folder is not empty.
        DestinationError: if nothing is committed at the destination.
    """
    manifest = read(out)
    place = Path(local_path(folder, "folder"))
    _refuse_within(out, place, "project")
    _family(manifest).copy_models(_written(out, manifest), place)


def folder_of(out: str | Path) -> Path:
    """Return the folder that the models read.

    Raises:
        UsageError: if the destination is none of this machine.
    """
    target = destination(out)
    if target.local_folder is None:
        raise UsageError(f"{target.shown}: models read files of a local folder; copy what lies there to one")
    return target.local_folder


def _refuse_within(out: str | Path, place: Path, what: str) -> None:
    """Refuse to leave something among the rows of a table or the records of a run."""
    if folder_of(out).resolve() in place.resolve().parent.parents:
        raise UsageError(f"{what} {place}: lies in a folder of {out}, which holds rows alone; name a place elsewhere")


def _family(manifest: Manifest) -> HasModels:
    family = domain(manifest.domain)
    if not isinstance(family, HasModels):
        raise UsageError(f"{manifest.domain}: has no SQL models; {names_of(HasModels)} has")
    return family


def _written(out: str | Path, manifest: Manifest) -> WrittenTables:
    """Return what lies at a destination.

    Raises:
        IntegrityError: if it is not what the manifest says: the models read whole folders, and nobody counts then.
        UsageError: if days between are missing.
    """
    stored_spec(str(out), manifest.identity)
    target = destination(out)
    for loss in losses(target, manifest.slices):
        if not loss.bytes:
            raise IntegrityError(
                f"{out}: {loss.file.path} is missing or no file; `rowmill verify {out}` says what else is wrong"
            )
    for path in strangers(target, manifest.identity):
        raise IntegrityError(f"{out}: {path} is in no manifest, and models would read it; remove it")
    main_whole = manifest.columns is None
    folders = {
        name: folder_of(out) / manifest.identity.folder(name)
        for name in manifest.tables
        if (main_whole or name != manifest.main) and all(entry.layout.format == "parquet" for entry in manifest.slices)
    }
    for before, after in pairwise(manifest.slices):
        if after.windows[0] != before.windows[1]:
            raise UsageError(f"{out}: has a gap between {before.label} and {after.label}; write what lies between too")
    return WrittenTables(manifest.spec, folders, (manifest.slices[0].windows[0], manifest.slices[-1].windows[1]))

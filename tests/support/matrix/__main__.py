"""Try cases, and print how many they were and which went wrong as one JSON object.

``python -m support.matrix SEED NAME …``, each name that of a case, or of all cases of a kind, such as
``file/payments/overwrite/crash``.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from support.matrix.grounds import GROUNDS
from support.matrix.jobs import JOBS, Scene
from support.matrix.judge import cell
from support.matrix.kinds import KINDS
from support.matrix.subjects import SUBJECTS


def tried(name: str, seed: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the cases of a name, and what is wrong with each."""
    ground, domain, job, kind, *number = name.split("/")
    what = KINDS[kind]
    for each in ("ground", "elsewhere"):
        (folder / each).mkdir()
    at = (what.ground or GROUNDS[ground])(folder / "ground")
    scene = Scene(SUBJECTS[domain], folder / "elsewhere", at.harm)
    whole = f"{ground}/{domain}/{job}/{kind}"
    with what.open(cell(at, scene, JOBS[job], f"{seed} {whole}")) as series:
        numbers = map(int, number) if number else what.some(series.numbers, ground)
        for each in numbers:
            said = series.case(each)
            if said is not None:
                yield f"{whole}/{each}", said
            elif series.ends:
                break


def main() -> None:
    """Do what the command line asks for."""
    warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
    logging.disable()
    seed, *names = sys.argv[1:]
    rows, wrong = Counter[tuple[str, str, str]](), {}
    for subject in SUBJECTS.values():
        # Once here, and not in every fork.
        assert subject.dataset.spec.seed != subject.other.spec.seed
    memory = Path("/dev/shm")
    for name in names:
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="rowmill-") as folder:
            for case, said in tried(name, seed, Path(folder)):
                ground, domain, _, kind, _ = case.split("/")
                rows[ground, domain, kind] += 1
                if said:
                    wrong[case] = said
                    sys.stderr.write(f"{case}: {said}\n")
    bad = Counter(tuple(case.split("/")[i] for i in (0, 1, 3)) for case in wrong)
    sys.stdout.write(json.dumps({"rows": [[*row, cases, bad[row]] for row, cases in rows.items()], "wrong": wrong}))


if __name__ == "__main__":
    main()

"""What a comparison comes to, in words: first how faithful, then what was copied, then how useful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rowmill.quality.compare.risks import Risk
from rowmill.quality.compare.scores import NEAR, Answer, Score, Standing

_PARTLY: Final = 0.5
_WHOLE: Final = 0.9
"""Share of copied rows from which on the table itself is called a copy."""
_STANDINGS: Final[Mapping[Standing, str]] = {
    "as real": "as a hold-out of real rows",
    "near real": "near a hold-out of real rows",
    "apart": "between a hold-out and made-up rows",
    "as unrelated": "no better than made-up rows",
    "cannot be told": "cannot be told at this size",
    "not known": "not computed",
}
_USES: Final[Mapping[Standing, str]] = {
    "as real": "Useful",
    "near real": "Useful",
    "apart": "Less useful",
    "as unrelated": "Not useful",
    "cannot be told": "Whether it is useful cannot be told",
    "not known": "Whether it is useful is not known",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said first."""

    fidelity: float | None
    """The worst closeness of any headline: 1 as real rows, 0 at the floor; None where nothing is known."""
    copied: float
    """Share of the synthetic rows that are copies beyond what real rows share by chance; 0 where none is shown."""
    copy: bool
    """Whether the table, or so many rows that chance is ruled out, is copied."""
    words: tuple[str, ...]
    """Sentences for people."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "fidelity": self.fidelity, "copy": self.copy, "copied_share": round(self.copied, 6),
            "words": list(self.words),
        }  # fmt: skip


def judged(
    fidelity: Sequence[Answer], privacy: Sequence[Answer], utility: Sequence[Answer], copied: Risk, *, identical: bool
) -> Verdict:
    """Return the verdict on chapters.

    Args:
        fidelity: chapters whose worst closeness counts.
        privacy: chapters, copies and nearness first.
        utility: one chapter or none.
        copied: of rows that are equal to real ones.
        identical: whether both tables have the same rows.
    """
    worst = min((each.closeness for each in fidelity if each.closeness is not None), default=None)
    share = 1.0 if identical else copied.excess if copied.shown else 0.0
    words = [_faithful(fidelity, worst), _copied(share, copied)]
    if share > 0:
        # How faithful a copy is matters little.
        words.reverse()
    words += [*_near(privacy), *(line for each in utility for line in _useful(each))]
    return Verdict(worst, share, share > 0, tuple(words))


def standing(score: Score) -> str:
    """Return where a score lies, as a sentence's end."""
    return score.reason if score.value is None and score.reason else _STANDINGS[score.standing]


def _faithful(chapters: Sequence[Answer], worst: float | None) -> str:
    heads = [score for each in chapters for score in each.headlines]
    blind = [each for each in heads if each.standing == "cannot be told"]
    if worst is None:
        return (
            "Fidelity cannot be told at this size: real rows may score as made-up ones do, by every metric."
            if blind
            else "Fidelity is not known: no metric could be computed."
        )
    rest = f" Of {len(heads)} metrics, {len(blind)} cannot be told at this size." if blind else ""
    found = [score for score in heads if score.closeness is not None]
    if worst >= 1:
        return f"Faithful: no metric tells the synthetic rows from a hold-out of real ones at this size.{rest}"
    bad = sorted((each for each in found if (each.closeness or 0) < 1), key=lambda each: each.closeness or 0)
    listed = "; ".join(f"{each.metric} ({each.of}) is {standing(each)}" for each in bad[:3])
    effect = any(score.told for each in chapters if each.name == "treatment effect" for score in each.headlines)
    grade = "Faithful" if worst >= NEAR and not effect else "Partly faithful" if worst >= _PARTLY else "Unfaithful"
    return f"{grade}: {listed}.{rest}"


def _copied(share: float, copied: Risk) -> str:
    if share >= _WHOLE:
        return "A copy: the synthetic table holds the rows of the real one."
    if share > 0:
        return f"Copied in part: {share:.1%} of the synthetic rows are rows of the real table."
    if copied.control > _PARTLY:
        return (
            f"No copy is shown, but {copied.control:.0%} of the real rows repeat one another: a small one would not be."
        )
    return f"No exact copies beyond chance: at most {max(0.0, copied.interval[1]):.1%} of the rows."


def _near(chapters: Sequence[Answer]) -> list[str]:
    """Return what the other chapters of privacy found: their first sentence where a score is beyond chance."""
    found = []
    for each in chapters:
        guessed = each.name == "linkage" and any("guessed right" in line for line in each.said)
        if each.name != "copies" and (guessed or any(score.told for score in each.headlines)):
            found.append(f"{each.said[0][0].upper()}{each.said[0][1:]}.")
    return [*found, "None of this proves that the table is anonymous."]


def _useful(chapter: Answer) -> list[str]:
    return [f"{_USES[each.standing]}: {each.metric} ({each.of}) is {standing(each)}." for each in chapter.headlines]

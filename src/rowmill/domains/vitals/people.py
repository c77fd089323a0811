"""Who takes part: sites, ages, sexes and identifiers of subjects, each a function of the subject's number."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowmill.domains.vitals.plan import Trial
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.normal import four_normals
from rowmill.draw.words import below, bits, words

_SITES_AT_ONCE = 10
_MOST_SITES = 9990
_EMPTY_ID = np.frombuffer(b"RM0000-000000000", np.uint8)
_SITE_DIGITS, _NUMBER_DIGITS = 4, 9


def sites(trial: Trial, subject: Ints) -> Ints:
    """Return the site of each subject, from 0; a site has about as many subjects as the model says.

    Sites open ten at a time, so that a subject's site is the same however many subjects come after.
    """
    group = subject // (trial.model.people.subjects_per_site * _SITES_AT_ONCE)
    return (group * _SITES_AT_ONCE + below(words(trial.key.child("site"), subject), _SITES_AT_ONCE)) % _MOST_SITES


def site_levels(trial: Trial, purpose: str, site: Ints) -> Ints:
    """Return a number from 0 to 65,535 for each site, uniform, and one in each tenth of that range over ten sites.

    So a share of the sites, those below a level, is nearly exact however few sites there are.
    """
    key = trial.key.child(purpose)
    known, at = np.unique(site, return_inverse=True)
    ten = (known // _SITES_AT_ONCE * _SITES_AT_ONCE)[:, None] + np.arange(_SITES_AT_ONCE)
    order = words(key, ten.ravel()).reshape(ten.shape)
    own = words(key, known)
    rank = (order < own[:, None]).sum(axis=1)
    level: Ints = ((rank << 16) + below(words(key.child("within"), known), 1 << 16)) // _SITES_AT_ONCE
    return level[at]


def ages(trial: Trial, subject: Ints) -> Ints:
    """Return ages in years: normal, cut to the model's range."""
    people = trial.model.people
    value = four_normals(words(trial.key.child("age"), subject))[0] * people.age_sd + people.age_mean
    return np.clip(np.rint(value), *people.age_range).astype(np.int64)


def women(trial: Trial, subject: Ints) -> Flags:
    """Return who is a woman."""
    limit = round(trial.model.people.female * (1 << 32))
    return bits(words(trial.key.child("sex"), subject), 32, 32) < limit


def subject_ids(site: Ints, subject: Ints) -> pa.Array:
    """Return subject identifiers: RM, the site in four digits, a dash, the subject's number from 1 in nine."""
    size = len(_EMPTY_ID)
    text = np.repeat(_EMPTY_ID[:, None], len(subject), axis=1)
    site_end = 2 + _SITE_DIGITS
    _write(site + 1, text[2:site_end])
    _write(subject + 1, text[size - _NUMBER_DIGITS :])
    offsets = np.arange(0, (len(subject) + 1) * size, size, dtype=np.int32)
    content = np.ascontiguousarray(text.T)
    return pa.StringArray.from_buffers(len(subject), pa.py_buffer(offsets), pa.py_buffer(content))


def unique_ids(study: str, ids: pa.Array) -> pa.Array:
    """Return USUBJID of subjects: the study, a dash, the subject's identifier."""
    return pc.binary_join_element_wise(study, ids, "-")


def _write(number: Ints, digits: NDArray[np.uint8]) -> None:
    """Write the last digits of numbers, one row of text a digit, the last row the units."""
    rest = number
    for place in range(len(digits) - 1, -1, -1):
        higher = rest // 10
        digits[place] += (rest - higher * 10).astype(np.uint8)
        rest = higher


def subject_numbers(ids: pa.Array) -> Ints:
    """Return the numbers from 0 that identifiers end with; −1 where one does not end with nine digits."""
    tails = pc.utf8_slice_codeunits(ids, start=-_NUMBER_DIGITS)
    known = pc.match_substring_regex(tails, f"^[0-9]{{{_NUMBER_DIGITS}}}$")
    numbers: Ints = pc.if_else(known, tails, "0").cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers - 1

"""The rows that a scenario returns: drafts, in episodes, before they have a window or an identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from rowmill.draw.arrays import Flags, Ints
from rowmill.model import episodes

FRAUD, LOOK_ALIKE, VISIT = episodes.OWED, episodes.LOOK_ALIKE, episodes.FREE
"""Roles of scheduled rows."""
PHONE, COMPUTER, NEW_DEVICE = 0, 1, 2
"""Devices of a customer; later devices count on from ``NEW_DEVICE``."""
OWN_NETWORK = -1
_EMPTY = np.zeros(0, np.int64)
ARRAYS = MappingProxyType(
    {
        "campaign": np.int64,
        "kind": np.int64,
        "online": np.bool_,
        "merchant": np.int64,
        "ticket": np.int64,
        "exact": np.bool_,
        "device": np.int64,
        "network": np.int64,
        "magstripe": np.bool_,
    }
)
"""What makes a planned row a payment, with its type."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Rows of a scenario, struct of arrays; all of one length, but for the stops."""

    episode: Ints
    place: Ints
    """Number of the row in its episode, below 32."""
    card: Ints
    """Active card of the block."""
    time: Ints
    """Microseconds from the start of the cycle."""
    role: Ints
    campaign: Ints
    """Number that rows of one campaign share; −1 for none."""
    kind: Ints
    online: Flags
    merchant: Ints
    ticket: Ints
    """Hundredths of a US cent at price level 1."""
    exact: Flags
    """Whether the amount keeps its digits, instead of ending as prices do."""
    device: Ints
    """Number of the customer's device; below 0, a stranger's device numbered −1 − n."""
    network: Ints
    """−1 for the customer's own line, else a place in the pool of networks."""
    magstripe: Flags
    """Whether a card-present row was read from the stripe."""
    stop_card: Ints = field(default_factory=lambda: _EMPTY)
    """Cards that leave their owners' hands."""
    stop_time: Ints = field(default_factory=lambda: _EMPTY)
    """When they do, microseconds from the start of the cycle."""

    def rows(self) -> episodes.EpisodeDraft:
        """Return the draft as rows of cards."""
        values = {name: getattr(self, name) for name in ARRAYS}
        return episodes.EpisodeDraft(
            self.episode, self.place, self.card, self.time, self.role, values, self.stop_card, self.stop_time
        )


def joined(drafts: Sequence[Draft]) -> Draft:
    """Return the rows of several drafts as one."""
    names = Draft.__dataclass_fields__
    return Draft(**{name: np.concatenate([getattr(draft, name) for draft in drafts]) for name in names})


def at_till(draft: Draft) -> Draft:
    """Return a draft as card-present rows."""
    return replace(draft, online=np.zeros(len(draft.card), np.bool_))

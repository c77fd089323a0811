"""A user's merchants at work: the kind of spending of each, and what a spec becomes where they are all there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.core.keys import Key
from rowmill.domains.payments.kinds import Kind
from rowmill.domains.payments.merchants import Merchants, jitter_limit, popularity, terminals
from rowmill.domains.payments.own.entities import OwnMerchants
from rowmill.domains.payments.reference import Reference
from rowmill.domains.payments.settings import PlacesSettings
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import bits, words
from rowmill.model.userfile import MISSING


@dataclass(frozen=True)
class Trade:
    """What each of a user's merchants sells, and how."""

    spec: PaymentsSpec
    """Without the kinds of spending that nobody sells; a kind is paid online, or at a till, if anybody is there."""
    kind: Ints
    """Index into the kinds of that spec."""
    online: Flags


def trade_of(own: OwnMerchants, spec: PaymentsSpec, reference: Reference, key: Key) -> Trade:
    """Return what merchants sell: the kind of spending that names their code, else the one that names none.

    Raises:
        SpecError: if a code belongs to no kind, or no kind that is sold has a share.
    """
    names = list(spec.kinds)
    rest = next((at for at, kind in enumerate(spec.kinds.values()) if not kind.codes), -1)
    of_code = [
        next((at for at, kind in enumerate(spec.kinds.values()) if code in kind.codes), rest) for code in reference.mccs
    ]
    kind = np.array(of_code, np.int64)[own.code]
    if (kind < 0).any():
        code = reference.mccs[int(own.code[np.argmax(kind < 0)])]
        raise SpecError(f"data.kinds: no kind has the code {code} of merchants; add it to the codes of one")
    share = np.array([round(one.online * (1 << 16)) for one in spec.kinds.values()], np.int64)
    drawn = bits(words(key.child("own online"), own.number), 48, 16) < share[kind]
    online = np.where(own.online == MISSING, drawn, own.online == 1)
    sold = np.unique(kind)
    away, there = np.zeros(len(names), np.bool_), np.zeros(len(names), np.bool_)
    away[kind[online]], there[kind[~online]] = True, True
    kinds = {}
    for at in sold.tolist():
        kinds[names[at]] = _as_sold(spec.kinds[names[at]], online=bool(away[at]), till=bool(there[at]))
    if not any(one.share for one in kinds.values()):
        raise SpecError(f"data.kinds: merchants sell {', '.join(kinds)} alone, whose shares are 0; give one a share")
    standing = {name: weight for name, weight in spec.standing.items() if away[names.index(name)]}
    if not any(standing.values()):
        # Every card needs a standing payment: that bounds how far back its last payment lies.
        standing = {max(kinds, key=lambda name: (kinds[name].online, kinds[name].share)): 1.0}
    adapted = spec.model_copy(update={"kinds": kinds, "standing": standing})
    return Trade(adapted, np.searchsorted(sold, kind), online)


def _as_sold(kind: Kind, *, online: bool, till: bool) -> Kind:
    if online and till:
        return kind
    return kind.model_copy(update={"online": 1.0 if online else 0.0})


def own_merchants(own: OwnMerchants, trade: Trade, places: PlacesSettings, key: Key) -> Merchants:
    """Return a user's merchants; what their file does not say is drawn, keyed by their ids.

    Args:
        own: what the file says.
        trade: what they sell.
        places: settings of merchants.
        key: key of the merchants table.
    """
    reach = np.full(len(own.number), jitter_limit(places))
    return Merchants(
        city=own.city.astype(np.int32),
        country=own.country.astype(np.int32),
        kind=trade.kind.astype(np.int32),
        online=trade.online,
        code=own.code.astype(np.int32),
        weight=popularity(own.number, places, key),
        latitude=own.latitude,
        longitude=own.longitude,
        terminals=terminals(own.number, trade.online, own.latitude, own.longitude, reach, key),
        numbers=own.number,
    )

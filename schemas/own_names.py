"""What a user's own attribute names say: they stand among the details of a row, since no reader knows that they name anything.

Knows:   where readers keep the attributes of a record that they have no use for, `{"attributes": {name: value}}`.
Ignores: what an attribute means (identity.py).
"""

from __future__ import annotations

import orjson
import polars as pl

from schemas.identity import fold

Attributes = tuple[tuple[str, str], ...]


def own_names(details: pl.Series, names: frozenset[str]) -> dict[int, Attributes]:
    """Row → its further attributes whose folded name is one of `names`; rows without any are left out."""
    found: dict[int, Attributes] = {}
    rows = details.str.contains('"attributes"', literal=True).arg_true()
    for row, text in zip(rows.to_list(), details.gather(rows).to_list(), strict=True):
        further = orjson.loads(text).get("attributes")
        if isinstance(further, dict):
            told = tuple((name, value) for name, value in further.items() if isinstance(value, str) and value and fold(name) in names)
            if told:
                found[row] = told
    return found

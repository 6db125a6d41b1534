"""The four grades in which every judge of changes speaks, so that no kind of evidence is weighed on its own.

Knows:   what an experienced engineer would call a clue, a fair clue, a strong clue and a proof, in nats: odds of 1.6, 2.7, 4.5 and 20 to one.
Ignores: who uses them.
"""

from __future__ import annotations

from typing import Final

from correlate.parameters import DEFAULTS

CLUE: Final = DEFAULTS.clue_nats
FAIR: Final = 2 * CLUE
STRONG: Final = 3 * CLUE
PROOF: Final = 6 * CLUE

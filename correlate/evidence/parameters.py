"""The few numbers by which a change is judged, each with its unit and its reason.

Knows:   nothing but these numbers.
Ignores: who uses them.  Word tables are data, not parameters (vocabulary.py, mechanisms.py).

The four grades are one scale: what an experienced engineer would call a clue, a fair clue, a strong clue and a proof.  Every
judge speaks in grades, so that no kind of evidence is tuned on its own.
"""

from __future__ import annotations

from typing import Final

CHANGE_SHARE: Final = 0.7
"""Share of incidents that some change begins (1): "about 70 % of outages are due to changes in a live system", Google SRE book ch. 8."""

DELAY_S: Final = 600.0
"""Delay after which a change is half as likely (s): the common soak time of a release; the law is heavy-tailed, leaks take hours."""

HOP: Final = 0.5
"""Share of blame that reaches a neighbour which shows nothing itself (1): a silent dependency, a caller that overloads."""

DEVIATES_SD: Final = 3.0
"""Robust standard deviations at which a replica behaves otherwise than before (1): one in 740 by chance for each comparison."""

MUTE_S: Final = 180.0
"""Time after which a replica that has served nothing is not starting but stuck (s): three one-minute scrapes."""

CLUE: Final = 0.5
FAIR: Final = 1.0
STRONG: Final = 1.5
PROOF: Final = 3.0
"""Grades (nats): odds of 1.6, 2.7, 4.5 and 20 to one."""

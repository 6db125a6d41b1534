"""How texts are cut into lines: at line feeds only.

Knows:   LF and CR LF.
Ignores: what else Python or Unicode call a line break: audit records hold 0x1D, messages hold U+2028, and neither ends a line.
"""

from __future__ import annotations

from collections.abc import Iterator


def numbered(document: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their number from 1."""
    for number, line in enumerate(document.split("\n"), start=1):
        if line.strip():
            yield number, line.removesuffix("\r")

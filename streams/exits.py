"""How a worker ends when it must not go on.

Knows:   the exit codes and how to leave at once without losing the last log lines.
Ignores: what went wrong.

Crash-only: after a bug nothing may be acknowledged, so no clean-up code is given the chance.  A restart re-reads from the last commit.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

EXIT_UNAVAILABLE = 69
"""sysexits EX_UNAVAILABLE: no broker could be reached at start."""

EXIT_BUG = 70
"""sysexits EX_SOFTWARE: an exception nobody planned for.  Restarting re-reads the batch; if it happens again, it is the batch."""

EXIT_STUCK = 75
"""sysexits EX_TEMPFAIL: the consumer stopped moving, or a stop took too long.  A restart is the cure."""

logger = logging.getLogger(__name__)


def die(code: int, reason: str, error: BaseException | None = None) -> NoReturn:
    """Log, flush, and end the process without running anything else."""
    logger.critical("%s; ending the process with exit code %d", reason, code, exc_info=error)
    for handler in logging.getLogger().handlers:
        handler.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

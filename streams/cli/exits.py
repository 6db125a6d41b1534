"""Exit codes of the commands, beside click's own 2 for wrong usage."""

from __future__ import annotations

EXIT_FAILURE = 1
EXIT_CONFIGURATION = 3
EXIT_UNREACHABLE = 4
EXIT_PROBLEMS = 5
EXIT_INTERRUPTED = 130

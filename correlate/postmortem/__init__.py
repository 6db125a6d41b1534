"""The draft postmortem: facts of an incident → sentences that cite evidence → twelve fields → Markdown."""

from __future__ import annotations

from correlate.postmortem.drafting import draft

__all__ = ["draft"]

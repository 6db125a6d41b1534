"""The template: twelve fields in fixed order, each with its heading and the question that a person answers there (C38–C54).

Prompts ask what allowed something, never who did it (C77), and for what was known at the time (C80).
Changing a key, the order or a heading is a new `TEMPLATE_VERSION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEMPLATE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    heading: str
    prompt: str


FIELDS: Final = (
    Field("title_and_id", "Title and ID", "Does the title name what was felt and where, so that others find it?"),
    Field("authors_and_reviewers", "Authors and reviewers", "Which role writes, which facilitates, and whose sign-off is required?"),
    Field("summary", "Summary", "What broke, for how long, and what fixed it, in words that anyone understands in thirty seconds?"),
    Field("impact", "Impact", "How many users, requests, how much revenue and error budget, and which SLOs?"),
    Field("timeline", "Timeline", "What is missing between these moments: decisions, attempts, what was known at the time?"),
    Field("root_cause", "Root cause", "Which deepest condition, had it been different, would have prevented this? What allowed it?"),
    Field("contributing_factors", "Contributing factors", "What else made it possible, worse or longer? List every one."),
    Field("detection", "Detection", "How was it found, and what would have told earlier?"),
    Field("what_went_well", "What went well", "Which tools, decisions and preparations helped?"),
    Field("what_was_difficult", "What was difficult", "Where did information, access, tools or instructions stand in the way?"),
    Field(
        "action_items",
        "Action items",
        "Which change of the system makes this less likely or less costly? One owner, one date, a test of done.",
    ),
    Field("lessons_learned", "Lessons learned", "What can other teams and services take from this?"),
)

"""One incident in a terminal: header, causes, chain in words, timeline; and the same while it grows.

Knows:   how an incident looks on a screen of any width, with or without colours.
Ignores: where incidents come from.

Everything that came from outside is shown as plain text: no control sequences, no markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from schemas.incident import Cause, Chain, Incident, Node, Phase, TimelineEntry
from schemas.plain import one_line

ROWS_MOST: Final = 30
"""Of the timeline: a screen; the oldest rows and the newest are shown, with the number left out between them."""
CAUSES_MOST: Final = 3

_SEVERITY: Final = {"SEV1": "bold white on red", "SEV2": "bold red", "SEV3": "bold yellow", "SEV4": "bold cyan"}
_PHASE: Final = {
    Phase.OPEN: "red",
    Phase.MITIGATED: "yellow",
    Phase.RECOVERING: "yellow",
    Phase.RESOLVED: "green",
    Phase.MERGED: "dim",
}
_KIND: Final = {
    "onset": "bold red",
    "detection": "bold yellow",
    "change": "magenta",
    "scaling": "magenta",
    "alert": "yellow",
    "escalation": "bold yellow",
    "alert_resolved": "green",
    "recovery": "green",
    "resolved": "bold green",
}
_ROLE: Final = {"root": "root", "critical_failure": "failure", "propagation": "spreads", "impact": "impact"}


def render(incident: Incident, console: Console | None = None) -> None:
    """Prints the whole picture of one incident to standard output, or to the console given."""
    (console or Console()).print(picture(incident))


def picture(incident: Incident, *, rows: int = ROWS_MOST) -> RenderableType:
    """Header, causes, chain and timeline, one below the other."""
    return Group(*_header(incident), *_causes(incident), *_chain(incident.chain), *_timeline(incident, rows))


class Growing:
    """Shows revisions of one incident as they come: in place on a terminal, as lines of what is new elsewhere.

    with Growing() as growing:
        growing.show(incident)  # for each revision
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop") if self._console.is_terminal else None
        self._seen: dict[str, TimelineEntry] = {}
        self._last: Incident | None = None

    def __enter__(self) -> Growing:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.update("", refresh=True)
            self._live.stop()
        if self._last is not None and kind is None:
            self._console.print(picture(self._last))

    def show(self, incident: Incident) -> None:
        """Draws this revision; an older one than the last is left out."""
        if self._last is not None and self._last.incident_id == incident.incident_id and incident.revision < self._last.revision:
            return
        if self._live is not None:
            self._live.update(picture(incident, rows=max(5, self._console.height - 22)), refresh=True)
        else:
            for line in self._news(incident):
                self._console.print(line)
        self._last = incident

    def _news(self, incident: Incident) -> Iterator[Text]:
        """What the revision added or changed, a line each."""
        if self._last is None or self._last.incident_id != incident.incident_id:
            self._seen = {}
        if self._last is None or self._last.incident_id != incident.incident_id or self._last.status is not incident.status:
            yield _headline(incident)
        for entry in incident.timeline:
            before = self._seen.get(entry.entry_id)
            if before is None or (before.at, before.text) != (entry.at, entry.text):
                yield Text.assemble(
                    ("  ~ " if before else "  + "),
                    (_clock(entry.at), "dim"),
                    " ",
                    (f"{_plain(entry.kind):<14} ", _KIND.get(entry.kind, "")),
                    _plain(entry.text),
                )
            self._seen[entry.entry_id] = entry
        first = incident.causes[0] if incident.causes else None
        last = self._last.causes[0] if self._last is not None and self._last.causes else None
        if first is not None and (last is None or (last.service, last.change) != (first.service, first.change)):
            yield Text.assemble("  ? ", ("first cause now: ", "bold"), _plain(first.because))


def _headline(incident: Incident) -> Text:
    return Text.assemble(
        (f" {_plain(incident.severity)} ", _SEVERITY.get(incident.severity, "bold")),
        " ",
        (incident.status.value, _PHASE.get(incident.status, "")),
        "  ",
        (_plain(incident.title), "bold"),
    )


def _header(incident: Incident) -> Iterator[RenderableType]:
    yield _headline(incident)
    times = [f"onset {_clock(incident.onset_at)}", f"detected {_clock(incident.detected_at)}"]
    times += [f"mitigated {_clock(incident.mitigated_at)}"] if incident.mitigated_at else []
    times += [f"resolved {_clock(incident.resolved_at)}"] if incident.resolved_at else []
    yield Text(
        f"{_plain(incident.incident_id)}  revision {incident.revision}  estate {_plain(incident.estate)}  "
        f"{_plain(incident.onset_at)[:10]} UTC: {', '.join(times)}  {incident.signal_count:,} signals",
        style="dim",
    )


def _causes(incident: Incident) -> Iterator[RenderableType]:
    yield Text("\nCauses", style="bold")
    if not incident.causes:
        yield Text("  none proposed yet", style="dim")
    for cause in incident.causes[:CAUSES_MOST]:
        yield Padding(_cause(cause), (0, 0, 0, 2))


def _cause(cause: Cause) -> RenderableType:
    lines = Text.assemble((f"{cause.rank}. {cause.score:4.0%} ", "bold" if cause.rank == 1 else "dim"), _plain(cause.because))
    if cause.rank == 1:
        for mark, style, texts in (("-", "red", [argument.text for argument in cause.against]), ("?", "dim", list(cause.missing))):
            for text in texts[:2]:
                lines.append(f"\n   {mark} {_plain(text)}", style=style)
    return lines


def _chain(chain: Chain) -> Iterator[RenderableType]:
    """The chain in words, each node under what led to it."""
    if not chain.nodes:
        return
    yield Text("\nCausal chain", style="bold")
    nodes = {node.id: node for node in chain.nodes}
    into = {edge.target: edge for edge in sorted(chain.edges, key=lambda edge: edge.score)}
    depth: dict[str, int] = {}
    for node in chain.nodes:
        edge = into.get(node.id)
        depth[node.id] = depth.get(edge.source, 0) + 1 if edge is not None else 0
        yield Padding(_node(nodes[node.id], _plain(edge.text) if edge is not None else ""), (0, 0, 0, 2 + 2 * min(depth[node.id], 6)))


def _node(node: Node, how: str) -> RenderableType:
    line = Text.assemble(
        "→ " if how else "● ", (f"{_ROLE.get(node.role) or _plain(node.role)} ", "bold"), (_clock(node.at), "dim"), " ", _plain(node.text)
    )
    return line.append(f"\n  {how}", style="dim") if how else line


def _timeline(incident: Incident, rows: int) -> Iterator[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True, title_justify="left")
    table.add_column("UTC", style="dim", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("what happened", ratio=1, overflow="fold")
    entries = list(incident.timeline)
    left = max(0, len(entries) - rows)
    head = len(entries) if not left else rows // 2
    for entry in entries[:head]:
        table.add_row(*_row(entry))
    if left:
        table.add_row("…", "", Text(f"{left} more", style="dim"))
        for entry in entries[head + left :]:
            table.add_row(*_row(entry))
    yield Text("\nTimeline", style="bold")
    yield table


def _row(entry: TimelineEntry) -> tuple[RenderableType, RenderableType, RenderableType]:
    text = Text(_plain(entry.text))
    marks = [f"×{entry.count}"] if entry.count > 1 else []
    marks += ["late"] if entry.late else []
    marks += ["provisional"] if entry.provisional else []
    if marks:
        text.append(f"  {' '.join(marks)}", style="dim")
    return Text(_clock(entry.at)), Text(_plain(entry.kind), style=_KIND.get(entry.kind, "")), text


def _clock(at: str) -> str:
    """`08:43:10` of an RFC 3339 time."""
    return _plain(at)[11:19]


def _plain(text: str) -> str:
    return one_line(text)

"""The first four fields: title and ID, authors and reviewers, summary, impact (C40–C44, C56)."""

from __future__ import annotations

from collections.abc import Iterator

from correlate.postmortem.facts import Facts
from correlate.postmortem.ledger import Ledger, ask, unknown
from correlate.words import clause, listed, number, percent, plural, shown, span
from schemas.postmortem import Sentence


def title_and_id(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    incident = facts.incident
    told = facts.refs("onset", "detection")
    yield ledger.say(f"{incident.title}.", told)
    yield ledger.say(
        f"Incident {incident.incident_id}, {incident.severity}, {incident.onset_at[:10]}, estate {incident.estate}, {incident.status.value}",
        told,
    )
    yield ledger.say(
        f"{incident.severity} by policy: {clause(incident.severity_reason) or 'no rule recorded'}", facts.refs("alert", "metric") or told
    )


def authors_and_reviewers(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    yield unknown("Writer, as a role")
    yield unknown("Facilitator, as a role, and not the one most involved")
    yield unknown("Required sign-offs")


def summary(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """Two or three sentences: what broke and for how long, why, what ended it."""
    incident = facts.incident
    where = listed(incident.services) or "an unnamed component"
    if incident.resolved_at is not None:
        length = f"for {span(facts.between_ns(incident.onset_at, incident.resolved_at))}"
    else:
        length = f"and {'have' if len(incident.services) > 1 else 'has'} not recovered yet"
    one, many = ("was", "were") if incident.resolved_at is not None else ("is", "are")
    verb = many if len(incident.services) > 1 else one
    yield ledger.say(
        f"From {shown(incident.onset_at)} on, {where} {verb} outside normal {length}{_felt(facts)}",
        facts.refs("onset", "resolved", "metric"),
    )
    causes = facts.root_causes
    if causes:
        yield ledger.say(causes[0].because, facts.refs_of_cause(causes[0]))
    else:
        yield unknown("Root cause (no candidate has earned it)" if incident.causes else "Root cause")
    healing = facts.healing
    if healing is not None:
        yield ledger.say(f"Recovery followed the {clause(healing.text)}", [*healing.evidence, *facts.refs("resolved")])
    elif incident.resolved_at is not None:
        yield unknown("What fixed it (no change precedes the recovery)")


def _felt(facts: Facts) -> str:
    ratio, failed = facts.incident.impact.error_ratio_peak, facts.incident.impact.requests_failed
    told = [f"up to {percent(ratio)} of requests failed"] if ratio else []
    told += [f"{number(failed)} in all"] if failed is not None and told else []
    return f"; {', '.join(told)}" if told else ""


def impact(facts: Facts, ledger: Ledger) -> Iterator[Sentence]:
    """Every figure with its formula; what telemetry does not tell is unknown."""
    figures = facts.incident.impact
    told = facts.refs("metric", "onset", "resolved", "detection")
    ends = facts.refs("onset", "resolved")
    duration = f"{span(round(figures.duration_s * 1e9))}" if figures.duration_s is not None else None
    rows = (
        ("Duration", duration, "duration_s", ends),
        ("Requests", _value(figures.requests_total), "requests_total", told),
        ("Failed requests", _value(figures.requests_failed), "requests_failed", told),
        ("Peak error ratio", percent(figures.error_ratio_peak) if figures.error_ratio_peak is not None else None, "error_ratio_peak", told),
        ("Peak latency", f"{number(figures.latency_peak_s)} s" if figures.latency_peak_s is not None else None, "latency_peak_s", told),
    )
    for name, value, key, refs in rows:
        if value is None:
            reason = figures.formulas.get(key, "").removeprefix("unknown: ")
            yield unknown(f"{name} ({reason})" if reason else name)
        else:
            yield ledger.say(f"{name}: {value} ({figures.formulas.get(key, '')})", refs)
    services = listed(figures.services and facts.incident.services, 8)
    yield (
        ledger.say(f"{plural(len(figures.services), 'component')} affected: {services}", told)
        if services
        else unknown("Affected components")
    )
    yield unknown("Users affected")
    yield unknown("Revenue lost")
    yield unknown("Error budget burned, SLOs breached")
    yield ask("what did customers see and say?")


def _value(figure: float | None) -> str | None:
    return number(figure) if figure is not None else None

"""Bursts of alerts: when they are an incident, where they begin, and whom they accuse (C15)."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from correlate.alarms import Alarms
from correlate.alarms.alarm import Alarm, alarm_of, complaint_of
from correlate.alarms.burst import Burst
from correlate.alarms.ranking import accuse
from correlate.scene import Position
from correlate.units import HOUR_NS, MINUTE_NS, SECOND_NS
from schemas import severity
from schemas.signal import Kind, Signal, Subject
from tests.twins import bursts as slow


def alarm(at_ns: int, entity: str, name: str, *, number: int = severity.WARN, **labels: str) -> Alarm:
    subject = Subject(Kind.ALERT, f"service:{entity}", name, attributes=tuple(sorted(labels.items())))
    return alarm_of(Signal(subject, at_ns, severity_number=number))


def storm(start_ns: int, entities: int, *, step_ns: int = SECOND_NS) -> list[Alarm]:
    return [alarm(start_ns + n * step_ns, f"svc-{n}", f"Broken{n % 7}", number=severity.WARN) for n in range(entities)]


def test_a_quiet_stream_is_opened_by_one_page() -> None:
    """After a day in which nothing fired, one alert that pages is an incident."""
    alarms = Alarms()
    alarms.listen(0)
    alarms.feed(alarm(24 * HOUR_NS, "checkout", "ErrorBudgetBurn", number=severity.CRITICAL))
    assert alarms.open is not None
    assert alarms.open.onset_ns == 24 * HOUR_NS


def test_a_warning_alone_opens_nothing() -> None:
    alarms = Alarms()
    alarms.listen(0)
    alarms.feed(alarm(24 * HOUR_NS, "checkout", "DiskFillsUp"))
    assert alarms.open is None


def test_what_fires_every_few_minutes_is_no_news() -> None:
    """A flapping alert that pages all day opens nothing after it has been heard for hours."""
    alarms = Alarms()
    alarms.listen(0)
    opened = 0
    for n in range(200):
        alarms.feed(alarm(n * 5 * MINUTE_NS, "batch", "Flapping", number=severity.CRITICAL))
        opened += alarms.count and alarms.open is not None and n > 100
    assert opened == 0


def test_a_burst_begins_with_its_first_news_not_with_its_detection() -> None:
    """Onset and detection are two times (C11)."""
    alarms = Alarms()
    alarms.listen(0)
    for member in storm(10 * HOUR_NS, 40, step_ns=SECOND_NS):
        alarms.feed(member)
    assert alarms.open is not None
    assert alarms.open.onset_ns == 10 * HOUR_NS
    assert alarms.open.detected_ns > alarms.open.onset_ns


def test_two_storms_five_minutes_apart_are_two_bursts() -> None:
    """Overlapping incidents are told apart by new news in time."""
    alarms = Alarms()
    alarms.listen(0)
    first, second = storm(10 * HOUR_NS, 60), storm(10 * HOUR_NS + 5 * MINUTE_NS, 120, step_ns=SECOND_NS // 4)
    for member in sorted([*first, *second], key=lambda member: member.time_ns):
        alarms.feed(member)
    assert [burst.onset_ns for burst in alarms.bursts.values()] == [10 * HOUR_NS, 10 * HOUR_NS + 5 * MINUTE_NS]


def test_silence_closes_a_burst() -> None:
    alarms = Alarms()
    alarms.listen(0)
    for member in storm(10 * HOUR_NS, 40):
        alarms.feed(member)
    alarms.listen(10 * HOUR_NS + 10 * MINUTE_NS)
    assert alarms.open is None
    assert alarms.bursts[1].closed


def test_what_everybody_shows_accuses_nobody() -> None:
    """All services are slow, one also lost its database connections: that one is accused."""
    alarms = Alarms()
    alarms.listen(0)
    names = [f"svc-{n}" for n in range(10)]
    alarms.entities.update(f"service:{name}" for name in names)
    for n, name in enumerate(names):
        alarms.feed(alarm(10 * HOUR_NS + n * SECOND_NS, name, "Slow"))
        alarms.feed(alarm(10 * HOUR_NS + n * SECOND_NS, name, "QueueGrows"))
    alarms.feed(alarm(10 * HOUR_NS + 11 * SECOND_NS, "svc-7", "NoDatabaseConnections", number=severity.CRITICAL))
    assert alarms.open is not None
    assert alarms.accuse(alarms.open)[0].entity == "service:svc-7"


def test_labels_that_name_entities_are_not_what_is_wrong() -> None:
    """The same complaint of two pods is one kind of complaint; another operation is another."""
    one, other = (
        complaint_of(Subject(Kind.ALERT, "service:cart", "Slow", attributes=(("k8s.pod.name", pod), ("operation", operation))))
        for pod, operation in (("cart-1", "get"), ("cart-2", "get"))
    )
    assert one.kind == other.kind
    assert one.ident != other.ident


idents = st.sampled_from([("u", "a", ""), ("u", "b", ""), ("v", "a", "p")])
firings = st.lists(st.tuples(st.integers(0, 40), idents, st.floats(1e-6, 1.0)), min_size=1, max_size=40)


@given(firings)
def test_the_sliding_window_holds_the_news_that_the_slow_twin_counts(steps: list[tuple[int, tuple[str, str, str], float]]) -> None:
    window, history, now = Burst(60 * SECOND_NS), [], 0
    for wait_s, ident, per_s in steps:
        now += wait_s * SECOND_NS
        window.expire(now)
        window.add(now, ident, per_s, exposure_s=3600.0, in_incident=False)
        history.append((now, ident, per_s))
        assert math.isclose(window.nats, slow.news(history, now, window.window_ns), abs_tol=1e-6)


@given(firings, st.floats(0, 50))
def test_the_onset_is_the_slow_twins_change_point(steps: list[tuple[int, tuple[str, str, str], float]], drift: float) -> None:
    window, now = Burst(60 * SECOND_NS), 0
    for wait_s, ident, per_s in steps:
        now += wait_s * SECOND_NS
        window.expire(now)
        window.add(now, ident, per_s, exposure_s=3600.0, in_incident=False)
    recent = [(time_ns, nats) for time_ns, _, nats in window.recent]
    fast, twin = window.onset_ns(drift), slow.onset(recent, drift, window.window_ns)
    assert fast == twin or math.isclose(_before(recent, fast, drift), _before(recent, twin, drift), abs_tol=1e-6)


def _before(window: list[tuple[int, float]], at_ns: int, drift: float) -> float:
    place = max(n for n, (time_ns, _) in enumerate(window) if time_ns == at_ns)
    return min(
        sum(nats for _, nats in window[:n]) - drift * (at_ns - window[0][0]) / (60 * SECOND_NS)
        for n in range(place + 1)
        if window[n][0] == at_ns
    )


def test_an_alarm_points_to_its_record() -> None:
    signal = Signal(Subject(Kind.ALERT, "service:a", "X"), 5, topic="telemetry.alerts", partition=2, offset=9, row=1)
    assert alarm_of(signal).position == Position("telemetry.alerts", 2, 9, 1)


def test_a_host_answers_for_the_units_it_carries() -> None:
    """Pods of three services on one host complain, and so does the host: the host is accused, not the pod that complains most."""
    alarms = Alarms()
    alarms.listen(0)
    alarms.entities.update(f"service:svc-{n}" for n in range(12))

    def on_host(at_s: int, service: str, name: str) -> Alarm:
        labels = (("k8s.pod.name", f"{service}-pod"),)
        subject = Subject(Kind.ALERT, f"service:{service}", name, ancestors=("host:node-1",), attributes=labels)
        return alarm_of(Signal(subject, 10 * HOUR_NS + at_s * SECOND_NS, severity_number=severity.CRITICAL))

    for at_s, service in enumerate(("svc-1", "svc-2", "svc-3", "svc-4", "svc-5")):
        alarms.feed(on_host(at_s, service, f"Throttled{service}"))
    alarms.feed(alarm_of(Signal(Subject(Kind.ALERT, "host:node-1", "CpuSaturated"), 10 * HOUR_NS + 5 * SECOND_NS, severity_number=18)))
    assert alarms.open is not None
    assert alarms.accuse(alarms.open)[0].entity == "host:node-1"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8), st.integers(0, 4)), min_size=1, max_size=60), st.integers(1, 9))
def test_judged_as_they_come_is_judged_at_once(rows: list[tuple[int, int, int]], every: int) -> None:
    """What a burst keeps of its first complaints changes no answer: judged every few alarms, or once at the end, or from the alarms alone."""
    now_ns, often, once = 10 * HOUR_NS, Alarms(), Alarms()
    for number, member in enumerate([*storm(now_ns, 40, step_ns=MINUTE_NS // 60), *storm(2 * now_ns, 40)]):
        for alarms in (often, once):
            alarms.feed(member)
        if number % every == 0 and often.open is not None:
            often.accuse(often.open)
    now_ns = 2 * now_ns + 40 * SECOND_NS
    for number, (step_s, entity, name) in enumerate(rows):
        now_ns += step_s * SECOND_NS
        for alarms in (often, once):
            alarms.feed(alarm(now_ns, f"svc-{entity}", f"Odd{name}", pod=f"svc-{entity}-{name % 2}"))
        if number % every == 0 and often.open is not None:
            often.accuse(often.open)
    assert often.bursts.keys() == once.bursts.keys()
    for number, burst in often.bursts.items():
        assert often.accuse(burst) == once.accuse(once.bursts[number])
        if not burst.closed:
            assert often.accuse(burst) == accuse(burst.first, burst.onset_ns, often.past, len(often.entities))

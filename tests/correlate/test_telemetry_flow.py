"""What an entity asks of others for each request: code that returns early asks for less, though every answer is fast and right."""

from __future__ import annotations

from tests.correlate.estate import Curve, Estate, metric, ns

BROKEN_S = 1500


def counter(per_s: Curve) -> Curve:
    """A counter that grows by a rate; summed by tens of seconds, its sampling."""

    def value(at_s: float) -> float:
        return sum(10 * (per_s(second) or 0.0) for second in range(0, int(at_s), 10))

    return value


def shop(asked: Curve, requests: float = 20.0) -> Estate:
    """web asks orders twenty times a second, or as given; orders asks stock as often as `asked` says."""
    estate = Estate()
    for name in ("web", "orders", "stock"):
        estate.service(name, lambda _: 0.1)
    total = "traces_service_graph_request_total"
    estate.series(metric("orders", total, client="web", server="orders"), counter(lambda _: requests), 10)
    estate.series(metric("stock", total, client="orders", server="stock"), counter(asked), 10)
    return estate


def test_a_caller_that_asks_for_less_is_accused_and_not_the_callee() -> None:
    """C15: no latency, error or log has moved; the ratio of calls to requests names the caller and cites the edge."""
    estate = shop(lambda at_s: 20.0 if at_s < BROKEN_S else 4.0).play(BROKEN_S + 240)
    (number,) = estate.told()
    trouble = estate.book.incidents[number]
    assert next(iter(trouble.blame)) == "service:orders"
    assert trouble.kind("service:orders") == "code"
    finding = next(f for f in estate.telemetry.findings(trouble.onset_ns, ns(estate.now_s)) if f.family == "calls")
    assert finding.entity == "service:orders"
    assert finding.expected > 0.9 > 0.5 > finding.observed
    assert finding.position is not None


def test_less_traffic_on_the_whole_way_is_no_news() -> None:
    """Where the requests fall with the calls, nothing is asked for less."""
    estate = Estate()
    for name in ("web", "orders", "stock"):
        estate.service(name, lambda _: 0.1)
    total = "traces_service_graph_request_total"
    for client, server in (("web", "orders"), ("orders", "stock")):
        estate.series(metric(server, total, client=client, server=server), counter(lambda at_s: 20.0 if at_s < BROKEN_S else 8.0), 10)
    assert estate.play(BROKEN_S + 300).told() == []


def test_many_requests_do_not_make_news_of_a_change_by_three_hundredths() -> None:
    """Two thousand requests a second count the ratio to a thousandth; the mix of requests changes by more."""
    estate = shop(lambda at_s: 2000.0 if at_s < BROKEN_S else 2060.0, 2000.0).play(BROKEN_S + 300)
    assert estate.told() == []

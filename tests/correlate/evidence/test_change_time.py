"""A cause comes before its effect, and usually shortly before (C14)."""

from correlate.evidence import change_time
from tests.correlate.evidence.bench import hear, nats, outage
from tests.correlate.evidence.outages.tell import Change, Log

LEAK = "@@\n \tresp, err := c.Do(req)\n-\tdefer resp.Body.Close()\n"


def test_a_change_just_before_the_onset_is_more_suspect_than_an_old_one() -> None:
    told = outage(Change("near", 2, "orders"), Change("far", 300, "orders"))
    assert nats(change_time.judge, told, "near") > 0 > nats(change_time.judge, told, "far")


def test_a_change_after_the_onset_is_worse_off_than_the_oldest() -> None:
    told = outage(Change("after", -2, "orders"), Change("old", 1400, "orders"))
    assert nats(change_time.judge, told, "after") <= nats(change_time.judge, told, "old")
    assert "after the onset" in hear(change_time.judge, told, "after")[0].text


def test_clocks_a_few_seconds_apart_do_not_acquit() -> None:
    told = outage(Change("skewed", -0.5, "orders"))
    assert nats(change_time.judge, told, "skewed") > 0


def test_a_leak_may_take_hours_where_other_faults_take_minutes() -> None:
    logs = (Log("error", "orders", 8, "accept: too many open files, {i} in use"),)
    told = outage(Change("leak", 180, "orders", diff=LEAK), Change("other", 180, "orders"), logs=logs)
    assert nats(change_time.judge, told, "leak") > nats(change_time.judge, told, "other") + 1


def test_the_argument_cites_the_row_that_put_the_change_into_effect() -> None:
    (argument,) = hear(change_time.judge, outage(Change("c", 2, "orders")), "c")
    assert argument.refs[0].entity == "service:orders"

"""Severity by a written policy, with the rule that fired on record (C58, C59, C62, C68, C69)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlate.impact import impact
from correlate.severity_policy import POLICY, Facts, judge, severity
from tests.correlate.outage import Outage, bad_deploy


def facts(entries=(), ratio=None, services=1, alert=0) -> Facts:
    return Facts(tuple(entries), ratio, services, alert)


@pytest.mark.parametrize(
    ("seen", "level", "rule"),
    [
        (facts(["service:web"], 0.6), "SEV1", "customers see an outage"),
        (facts(["service:web"], 0.06), "SEV2", "customers see serious errors"),
        (facts(["service:web"], None, alert=18), "SEV2", "a page fired and customers are affected"),
        (facts([], 0.6), "SEV2", "a service is down"),
        (facts([], None, services=5, alert=18), "SEV2", "many services are affected and a page fired"),
        (facts(["service:web"], None), "SEV3", "customers may notice"),
        (facts([], 0.02), "SEV3", "requests fail"),
        (facts([], None, alert=17), "SEV3", "an alert of severity error or above fired"),
        (facts([], None, services=2), "SEV3", "several services are affected"),
        (facts([], None), "SEV4", "one component departs from its normal"),
    ],
)
def test_each_rule_of_the_policy_decides_where_it_is_the_first_to_apply(seen, level, rule):
    """The table, row by row."""
    verdict = judge(seen)
    assert (verdict.level, verdict.reason.partition(" (")[0]) == (level, rule)


def test_an_alert_that_nothing_confirms_is_a_sev4_however_loud_it_is():
    """A page at the entry service, and no series of it moved."""
    seen = Facts(("service:web",), None, 1, 21, unconfirmed=True)
    assert (judge(seen).level, judge(seen).reason.partition(" (")[0]) == ("SEV4", "an alert fired with nothing behind it")


def test_the_policy_is_written_most_severe_first_and_always_answers():
    """What nothing confirms stands before the table: it decides whatever the alert claims."""
    levels = [rule.level for rule in POLICY[1:]]
    assert levels == sorted(levels)
    assert POLICY[-1].applies(facts())


def test_an_unknown_error_ratio_is_said_and_never_guessed():
    assert "error ratio unknown" in judge(facts(["service:web"])).reason


def test_a_bad_deploy_at_the_entry_service_is_a_sev2_and_says_why():
    account = bad_deploy().account()
    verdict = severity(account, impact(account))
    assert verdict.level == "SEV2"
    assert verdict.reason == (
        "customers see serious errors (peak error ratio 20 %, entry services affected: frontend, 3 components affected, highest severity of an alert 18 of 24)"
    )


def test_a_resolved_alert_alone_raises_nothing():
    """Only what fires counts."""
    outage = Outage()
    outage.fails("api", 0)
    outage.resolve("api", 30)
    account = outage.account()
    assert severity(account, impact(account)).level == "SEV4"


seen = st.builds(
    Facts,
    st.sampled_from([(), ("service:web",)]),
    st.one_of(st.none(), st.floats(0, 1)),
    st.integers(1, 50),
    st.integers(0, 24),
)


@given(seen, seen)
def test_what_is_worse_in_every_fact_is_never_less_severe(one, other):
    """Monotone: more errors, more services, a louder alert or a customer in sight cannot lower the level."""
    worse = Facts(
        max(one.entries, other.entries),
        max((ratio for ratio in (one.error_ratio, other.error_ratio) if ratio is not None), default=None),
        max(one.services, other.services),
        max(one.alert_severity, other.alert_severity),
    )
    assert judge(worse).level <= min(judge(one).level, judge(other).level)

"""An account told as an incident: title, causes in words, contributing factors; always the same bytes, never too large."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from correlate.postmortem import draft
from correlate.telling import tell
from schemas.incident import Incident, Phase
from tests.correlate.outage import Outage, bad_deploy, because

KAFKA_RECORD_BYTES = 1_000_000
"""The default of Kafka's max.message.bytes, less headers."""


def factors(outage: Outage, **fields) -> dict[str, str]:
    return {factor.kind: factor.text for factor in tell(outage.account(**fields)).contributing_factors}


def test_a_bad_deploy_has_a_name_a_severity_and_its_services_in_order():
    incident = tell(bad_deploy().account())
    assert incident.title == "Errors on frontend and 2 more components after a change to payment"
    assert (incident.severity, incident.status) == ("SEV2", Phase.RESOLVED)
    assert incident.services == ("payment", "checkout", "frontend")
    assert (incident.onset_at, incident.detected_at) == ("2023-11-14T22:13:20.000Z", "2023-11-14T22:14:20.000Z")


def test_the_first_cause_says_what_is_suspected_because_of_what_against_and_what_would_settle_it():
    """C23: one plain sentence of the strongest reasons, and the rest beside it."""
    first, second = tell(bad_deploy().account()).causes
    assert first.because == (
        "The upgrade of payment (“v1 → v2”, step 1 of 1) is the likeliest cause: "
        "its new replicas fail while the old ones do not; it came 30 s before payment first failed."
    )
    assert [argument.kind for argument in first.evidence] == ["rollout", "change_time"]
    assert [argument.kind for argument in first.against] == ["elsewhere"]
    assert first.missing == ("the diff between v1 and v2",)
    assert (first.service, first.change) == ("payment", "service.upgraded-payment--30")
    assert second.because.startswith("A fault in the code of checkout is a possible cause: nothing measured")


def test_that_no_change_is_to_be_suspected_is_a_cause_of_its_own():
    """“No change is guilty” reads as an explanation, not as an error."""
    outage = Outage()
    outage.fails("api", 0)
    outage.suspect(None, 0.7, "none", None, because("the same error comes from all versions"))
    (cause,) = tell(outage.account()).causes
    assert (cause.service, cause.change) == (None, None)
    assert cause.because == (
        "That none of the known changes caused it is the likeliest explanation: the same error comes from all versions."
    )


def test_a_title_names_no_change_that_has_not_earned_it():
    outage = Outage()
    outage.fails("api", 0, "latency")
    outage.suspect("api", 0.49, "change", outage.change("api", -10))
    assert tell(outage.account()).title == "Slow responses on api"


def test_a_rollout_in_one_step_lacked_a_canary():
    """C27: only because the deploy's own event says so."""
    assert factors(bad_deploy())["no_canary"].startswith("The rollout went to all replicas in one step")


def test_a_rollout_that_says_nothing_of_its_steps_is_not_accused_of_lacking_a_canary():
    outage = Outage()
    outage.fails("api", 0)
    outage.suspect("api", 0.9, "change", outage.change("api", -10))
    assert "no_canary" not in factors(outage)


def test_a_guilty_setting_is_an_unvalidated_one():
    """C27."""
    outage = Outage()
    outage.fails("api", 0)
    outage.suspect("api", 0.9, "config", outage.change("api", -10, "timeout 5 s → 5 ms", "config.changed"))
    assert "without a check that stopped it" in factors(outage)["unvalidated_config"]


def test_errors_that_pass_on_to_a_caller_show_that_no_fallback_took_over():
    """C27: read off two failures and the call between them; several such calls are one factor."""
    outage = Outage(calls={"frontend": {"payment"}})
    outage.fails("payment", 0)
    outage.fails("frontend", 30)
    outage.suspect("payment", 0.8)
    assert factors(outage)["dependency_without_fallback"] == "Errors of payment became errors of frontend: no fallback took over."
    assert factors(bad_deploy())["dependency_without_fallback"] == (
        "Errors passed on along payment → checkout and checkout → frontend: no fallback took over."
    )


def test_late_detection_is_a_factor_with_its_length():
    """C49: the delay is customer pain that monitoring missed."""
    assert "detection_delay" not in factors(bad_deploy())
    assert factors(bad_deploy(), detected_s=372)["detection_delay"] == "Nothing told of it for 6 min 12 s after the onset."


def test_an_origin_that_no_alert_watches_is_a_factor():
    assert factors(bad_deploy())["missing_alert"] == "No alert fired on payment, where it began; alerts fired on frontend."


def test_an_alert_that_comes_and_goes_is_noise():
    """C27, C101."""
    outage = Outage()
    outage.fails("api", 0)
    for at_s in (10, 110, 210):
        outage.alert("api", at_s)
        outage.resolve("api", at_s + 50)
    assert factors(outage)["noisy_alert"] == "HighErrorRate on api fired 3 times over, resolved in between."


def test_an_alert_that_is_only_repeated_is_not_noise():
    """Alertmanager's repeat_interval is no flapping."""
    outage = Outage()
    outage.fails("api", 0)
    for at_s in (10, 110, 210, 310):
        outage.alert("api", at_s)
    assert "noisy_alert" not in factors(outage)


def test_ten_distinct_alerts_for_one_incident_are_fatigue():
    """C101."""
    outage = Outage()
    outage.fails("api", 0)
    for number in range(10):
        outage.alert("api", 10 + number, name=f"Alert{number}")
    assert factors(outage)["alert_fatigue"] == "10 distinct alerts fired for one incident."


def test_shed_rows_are_on_record():
    """Nothing is dropped silently: counted, and named as what may be missing."""
    incident = tell(bad_deploy().account(shed={"logs_over_cap": 1_200, "late": 0}))
    assert incident.shed == {"late": 0, "logs_over_cap": 1_200}
    assert [factor.text for factor in incident.contributing_factors if factor.kind == "telemetry_shed"] == [
        "1,200 rows were left out (logs over cap)."
    ]


def test_room_made_for_newer_examples_is_no_loss():
    """Counted on the record, but nothing that contributed: every line was counted before it went."""
    incident = tell(bad_deploy().account(shed={"log_exemplars_over_cap": 1_326, "late_metric_rows": 7}))
    assert incident.shed["log_exemplars_over_cap"] == 1_326
    assert [factor.text for factor in incident.contributing_factors if factor.kind == "telemetry_shed"] == [
        "7 samples came after their time was closed and could not be weighed."
    ]


def test_a_title_says_what_customers_feel_before_what_is_most_affected():
    """The database departs most; the shop's front answers with errors and slowly."""
    outage = Outage(calls={"frontend": {"db"}})
    outage.fails("db", 0, "latency", nats=60)
    outage.fails("frontend", 5, "latency", nats=30)
    outage.fails("frontend", 9, "errors", nats=8)
    assert tell(outage.account()).title == "Errors on frontend and 1 more component"


def test_a_merged_incident_says_where_it_went():
    incident = tell(bad_deploy().account(resolved_s=None, phase=Phase.MERGED, merged_into="inc-0"))
    assert incident.merged_into == "inc-0"
    assert [entry.text for entry in incident.timeline if entry.kind == "merge"] == ["Merged into incident inc-0."]


def test_notes_of_the_engine_reach_the_reader():
    notes = ("deploy 10:02 arrived 6 min late; cause 2 became cause 1",)
    assert tell(bad_deploy().account(notes=notes)).changes_since == notes


def test_an_account_with_nothing_but_times_is_told_without_inventing_anything():
    """The emptiest case: nothing known is nothing said."""
    incident = tell(Outage().account(resolved_s=None))
    assert (incident.causes, incident.contributing_factors, incident.services) == ((), (), ())
    assert incident.severity == "SEV4"
    assert {entry.kind for entry in incident.timeline} == {"onset", "detection"}
    assert draft(incident, revision=1).sections


def test_what_is_told_can_be_read_back():
    """The record on the topic is the incident, all of it."""
    incident = tell(bad_deploy().account())
    assert msgspec.json.decode(msgspec.json.encode(incident), type=Incident) == incident


@pytest.fixture(scope="module")
def storm() -> Incident:
    """Hundreds of everything, each with a text of four-byte characters as long as texts get."""
    outage = bad_deploy()
    text = "🔥" * 4_000
    for number in range(400):
        name = f"s{number}"
        outage.fails(name, number / 10, text=text)
        outage.log(name, number, text + name, template_id=1_000 + number)
        outage.alert(name, number, name=f"Alert{number}" + "🚨" * 300, text=text)
        outage.suspect(name, 0.01, "code", None, *(because(text[:2_000], 1 + k) for k in range(3)))
    return tell(outage.account())


def test_the_worst_storm_fits_into_a_kafka_record_with_its_draft(storm):
    """A snapshot and a draft stay under the broker's default limit whatever others wrote."""
    assert len(msgspec.json.encode(storm)) < KAFKA_RECORD_BYTES
    assert len(msgspec.json.encode(draft(storm, revision=1))) < KAFKA_RECORD_BYTES


_TELL = """
import sys, msgspec
from tests.correlate.outage import bad_deploy
from correlate.telling import tell
from correlate.postmortem import draft
incident = tell(bad_deploy().account())
sys.stdout.buffer.write(msgspec.json.encode(incident) + msgspec.json.encode(draft(incident, revision=1)))
"""


def test_another_process_with_another_hash_seed_tells_the_same_bytes():
    """Sets and hashes of texts differ from process to process; what is told does not."""
    told = {
        subprocess.run(
            [sys.executable, "-c", _TELL],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
    assert len(told.pop()) > 10_000

"""Words, names and files that a change and the failing lines share."""

from dataclasses import replace

from correlate.evidence import text
from correlate.evidence.docket import open_docket
from correlate.evidence.grades import FAIR, STRONG
from correlate.scene import Finding
from schemas.signal import Kind, Subject
from tests.correlate.evidence.bench import candidate, hear, nats, outage
from tests.correlate.evidence.outages.tell import T0, Change, Log

LOGS = (Log("error", "orders", 12, "decode failed: required property 'postal_code' absent, order {i}"),)
RENAMES = Change("renames", 5, "orders", diff='@@\n-  @SerializedName("postal_code")\n+  @SerializedName("postcode")\n')
TALKS = Change("talks", 5, "orders", "fix: say which required property is absent when decode failed", diff="@@\n+// decode failed\n")


def texts(told, change: str) -> list[str]:  # type: ignore[no-untyped-def]
    return [argument.text for argument in hear(text.judge, told, change)]


def test_a_name_that_one_change_alone_moves_and_the_errors_say_is_strong() -> None:
    arguments = hear(text.judge, outage(RENAMES, TALKS, logs=LOGS), "renames")
    (named,) = [argument for argument in arguments if "postal_code" in argument.text]
    assert named.nats == STRONG
    assert "postal_code" in named.refs[0].text


def test_a_name_that_two_changes_move_tells_them_not_apart() -> None:
    twin = Change("twin", 6, "orders", diff=RENAMES.diff)
    assert not any("alone" in said for said in texts(outage(RENAMES, twin, logs=LOGS), "renames"))


def test_a_change_that_talks_about_the_symptom_is_less_suspect_than_one_that_touches_it() -> None:
    told = outage(RENAMES, TALKS, logs=LOGS)
    assert nats(text.judge, told, "renames") > nats(text.judge, told, "talks")


def test_however_many_words_are_shared_they_say_no_more_than_a_fair_clue() -> None:
    logs = (Log("error", "orders", 9, "reservation ledger rebalance stalled while warehouse picker waits {i}"),)
    says_all = "@@\n-    reservation.ledger.rebalance(warehouse.picker)\n-    warehouse.picker.waits(reservation.ledger.stalled)\n"
    told = outage(Change("all", 5, "orders", diff=says_all), Change("none", 5, "orders", diff="@@\n-    x = 1\n+    x = 2\n"), logs=logs)
    assert nats(text.judge, told, "none") < 0 < nats(text.judge, told, "all") == FAIR


def test_words_of_healthy_lines_accuse_less() -> None:
    touches = Change("touches", 5, "orders", diff="@@\n-    window = merge(postal)\n+    window = postal\n")
    idle = Change("idle", 5, "orders", diff="@@\n-    x = 1\n+    x = 2\n")
    failing = Log("error", "orders", 9, "merge window stuck {i}")
    usual = outage(touches, idle, logs=(failing, Log("info", "orders", 9, "merge window opened {i}")))
    assert nats(text.judge, outage(touches, idle, logs=(failing,)), "touches") > nats(text.judge, usual, "touches")


def test_a_stack_trace_points_to_the_file() -> None:
    logs = (Log("error", "orders", 9, "IndexError at pricing.py line {i}"),)
    told = outage(
        Change("there", 5, "orders", files=("orders/pricing.py",)), Change("else", 5, "orders", files=("orders/mail.py",)), logs=logs
    )
    assert nats(text.judge, told, "there") >= nats(text.judge, told, "else") + FAIR


def test_the_change_that_raises_the_error_is_told() -> None:
    logs = (Log("error", "orders", 9, "quota of basket lines exceeded for {i}"),)
    raises = Change("raises", 5, "orders", diff='@@\n+        raise Rejected("quota of basket lines exceeded")\n')
    assert "It raises the very error that is seen." in texts(outage(raises, logs=logs), "raises")


def test_an_error_that_was_raised_before_under_another_name_is_not_new() -> None:
    logs = (Log("error", "orders", 12, "token lacks the scope that orders asks for, client {i}"),)
    said = "`token lacks the scope that orders asks for`"
    renamed = Change("renamed", 5, "orders", diff=f"@@\n-    throw new Unauthorized({said})\n+    throw new Forbidden({said})\n")
    new = Change("new", 5, "orders", diff=f"@@\n+    throw new Forbidden({said})\n")
    assert not any("very error" in each for each in texts(outage(renamed, logs=logs), "renamed"))
    assert any("very error" in each for each in texts(outage(new, logs=logs), "new"))


def test_without_diffs_a_message_that_says_what_the_trouble_is_shares_nothing_by_that() -> None:
    """Whoever answers to a trouble speaks of it; whoever began it speaks of the thing that he changed."""
    logs = (Log("error", "orders", 12, "liveness probe of carrier lookup failed: timed out after 1 s, {i}"),)
    answers = Change("answers", 5, "orders", "tell why the probe timed out", ("orders/a.py",))
    touches = Change("touches", 6, "orders", "carrier lookup in one place", ("orders/b.py",))
    told = outage(answers, touches, logs=logs)
    assert nats(text.judge, told, "touches") > 0 > nats(text.judge, told, "answers")


def test_an_upgrade_of_the_very_library_that_the_errors_come_from_is_strong() -> None:
    logs = (Log("error", "orders", 12, "com.fasterxml.jackson.databind.exc.InvalidFormatException: cannot read order {i}"),)
    context = "     <artifactId>jackson-datatype-jsr310</artifactId>\n"
    guilty = Change("guilty", 5, "orders", diff=f"@@\n{context}-    <version>2.15.4</version>\n+    <version>2.17.1</version>\n")
    other = Change("other", 6, "orders", diff="@@\n-netty-handler==4.1.100\n+netty-handler==4.1.108\n")
    told = outage(guilty, other, logs=logs)
    (named,) = [argument for argument in hear(text.judge, told, "guilty") if "version of jackson" in argument.text]
    assert named.nats == STRONG
    assert not any("version of" in each for each in texts(told, "other"))


def test_the_names_of_metrics_that_departed_are_words_of_the_outage() -> None:
    change = Change("reader", 5, "orders", diff="@@\n-    return envelope_checksum(x)\n+    return x\n")
    idle = Change("idle", 6, "orders", diff="@@\n-    a = 1\n+    a = 2\n")
    scene = outage(change, idle).scene()
    subject = Subject(kind=Kind.METRIC, entity="service:orders", name="envelope_checksum_mismatch", source="test")
    finding = Finding("service:orders", "other", 20.0, subject, T0, T0, 9.0, 0.0, "")
    link = {}
    for name, seen in (("told", replace(scene, findings=[finding])), ("untold", scene)):
        docket = open_docket(seen)
        link[name] = docket.link(candidate(docket, "reader")).nats
    assert link["told"] > link["untold"] == 0

"""Whether what a change does can begin this kind of trouble, or would rather ease it."""

from correlate.evidence import mechanism
from tests.correlate.evidence.bench import hear, nats, outage
from tests.correlate.evidence.outages.tell import Change, Log

EXHAUSTED = (Log("error", "orders", 12, "could not acquire a connection from the pool within 5000 ms, {n} waiting"),)
LOWERED = Change("lowered", 5, "orders", files=("orders/db.yaml",), diff="@@\n-  pool_size: 40\n+  pool_size: 4\n")
RAISED = Change("raised", 5, "orders", files=("orders/db.yaml",), diff="@@\n-  pool_size: 4\n+  pool_size: 40\n")


def test_a_lowered_pool_can_exhaust_it_and_a_raised_one_works_against_it() -> None:
    told = outage(LOWERED, RAISED, logs=EXHAUSTED)
    assert nats(mechanism.judge, told, "lowered") > 1.5
    assert nats(mechanism.judge, told, "raised") < 0
    assert any("works against" in argument.text for argument in hear(mechanism.judge, told, "raised"))


def test_the_same_effect_elsewhere_and_on_something_else_weighs_less() -> None:
    elsewhere = Change("elsewhere", 5, "billing", files=("billing/mail.yaml",), diff="@@\n-  max_attachments: 40\n+  max_attachments: 4\n")
    told = outage(LOWERED, elsewhere, logs=EXHAUSTED)
    assert nats(mechanism.judge, told, "lowered") > 2 * nats(mechanism.judge, told, "elsewhere")


def test_an_added_check_is_no_cause_of_a_null_pointer() -> None:
    logs = (Log("error", "orders", 9, "NullPointerException at Total.java:{i}"),)
    added = Change("added", 5, "orders", diff="@@\n+    if (coupon == null) {\n+        return price;\n+    }\n")
    assert nats(mechanism.judge, outage(added, logs=logs), "added") < 0


def test_what_only_logs_or_comments_breaks_nothing() -> None:
    logs = Change("logs", 5, "orders", diff='@@\n+    logger.warn("pool exhausted");\n')
    words = Change("words", 5, "orders", diff="@@\n-// pool of ten\n+// pool of forty\n")
    told = outage(logs, words, logs=EXHAUSTED)
    for change in ("logs", "words"):
        (argument,) = hear(mechanism.judge, told, change)
        assert (argument.nats, argument.text) == (-1.5, "It only observes or comments.")


def test_without_a_diff_reworking_is_likelier_guilty_than_protecting_and_than_observing() -> None:
    said = {"reworks": "refactor: simplify pool settings", "protects": "fix: handle a lost connection", "observes": "feat: pool metrics"}
    told = outage(*(Change(id_, 5, "orders", message, ("orders/db.py",)) for id_, message in said.items()), logs=EXHAUSTED)
    reworks, protects, observes = (nats(mechanism.judge, told, id_) for id_ in said)
    assert reworks > protects > observes


def test_a_metrics_pipeline_is_not_taken_for_observing() -> None:
    told = outage(Change("c", 5, "metric-ingestor", "tidy metric names", ("ingest/names.py",)), logs=EXHAUSTED)
    assert nats(mechanism.judge, told, "c") > 0


def test_without_a_diff_what_a_change_is_about_must_be_where_such_trouble_begins() -> None:
    about = Change("about", 5, "orders", "connection limits of orders", ("orders/db.py",))
    other = Change("other", 5, "orders", "encoding of names", ("orders/names.py",))
    told = outage(about, other, logs=EXHAUSTED)
    assert nats(mechanism.judge, told, "about") > 0 > nats(mechanism.judge, told, "other")

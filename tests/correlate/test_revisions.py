"""What a revision changed against the one before, for a reader who will not compare them."""

from __future__ import annotations

from dataclasses import replace

from correlate.citing import position_of
from correlate.revisions import changes_since
from correlate.scene import Account
from correlate.telling import tell
from schemas.incident import Phase
from tests.correlate.outage import bad_deploy, because, ns


def difference(before: Account, after: Account) -> tuple[str, ...]:
    return changes_since(tell(before), tell(after))


def test_the_first_revision_and_an_equal_one_have_nothing_to_say():
    account = bad_deploy().account()
    assert changes_since(None, tell(account)) == ()
    assert difference(account, account) == ()


def test_a_deploy_that_arrives_late_and_takes_the_lead_is_told_as_such():
    """The promise about late data: the diff says what came late and what it did to the causes."""
    outage = bad_deploy()
    guilty = outage.suspects.pop(0)
    outage.members.remove(guilty.change)
    before = outage.account(revision=1)
    outage.suspects.insert(0, guilty)
    outage.members = [guilty.change, *outage.members]
    told = difference(before, outage.account(revision=2, late=frozenset([position_of(guilty.change)])))
    assert told == (
        "Change service.upgraded-payment--30 to payment, formerly not among the causes, is now the first cause (83 %), before checkout (code).",
        "Arrived late, of 2023-11-14T22:12:50Z: upgrade of payment (“v1 → v2”, step 1 of 1).",
    )


def test_a_cause_that_overtakes_another_says_where_it_stood():
    outage = bad_deploy()
    before = outage.account()
    after = bad_deploy()
    after.suspects.clear()
    after.suspect("checkout", 0.7, "code", None, because("x"))
    assert difference(before, after.account())[0].startswith("checkout (code), formerly cause 2, is now the first cause (70 %)")


def test_status_severity_onset_and_spread_are_told_and_small_changes_of_a_score_are_not():
    outage = bad_deploy()
    before = outage.account(resolved_s=None)
    after = bad_deploy()
    after.suspects[0] = replace(after.suspects[0], score=0.86)
    after.fails("cart", 50)
    assert difference(before, after.account(onset_ns=ns(-12), phase=Phase.RESOLVED)) == (
        "Status went from open to resolved.",
        "The onset moved 12 s earlier, to 2023-11-14T22:13:08Z.",
        "It spread to cart.",
    )

"""Words of code and words of messages meet."""

import pytest

from correlate.evidence.tokens import core, name_words, names, words


@pytest.mark.parametrize("spelling", ["poolSize", "pool_size", "pool-size", "PoolSize", "pool size", "the pool sizes"])
def test_a_pair_of_words_is_one_pair_however_it_is_spelled(spelling: str) -> None:
    assert "=pool size" in words(spelling)


def test_words_of_two_sentences_are_no_pair() -> None:
    assert "=pool size" not in words("the pool. Size matters")


def test_words_that_only_join_make_no_pair() -> None:
    assert words("the pool and its size") == {"pool", "size"}


def test_grammar_does_not_part_a_word_from_itself() -> None:
    assert words("decoding") & words("decoded") & words("decodes") & words("decoder")


def test_a_name_that_a_programmer_chose_is_told_from_prose() -> None:
    assert names("set SMTP_PASSWORD and postal_code for erp.corp.example, please") == {"SMTP_PASSWORD", "postal_code", "erp.corp.example"}


def test_a_service_is_known_without_what_says_that_it_is_one() -> None:
    assert core("paymentservice") == core("payment-svc") == core("Payment") == "payment"
    assert "payment" in name_words("paymentservice")

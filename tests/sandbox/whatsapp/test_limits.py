"""Throughput of the number, pace per person, and people per day."""

import pytest

from tests.support.meta_clients import Clock, WhatsAppClient, code, frozen


@pytest.fixture
def clock(phone: WhatsAppClient) -> Clock:
    return frozen(phone.sandbox)


def phone_number(number: int) -> str:
    return f"+628120000{number:04}"


def test_a_second_takes_no_more_than_the_rate(phone: WhatsAppClient, clock: Clock) -> None:
    phone.set_option(rate=5)
    answers = [phone.template(to=phone_number(n)) for n in range(7)]
    assert [a.status_code for a in answers] == [200] * 5 + [400] * 2
    assert code(answers[-1]) == (400, 130429, None)
    clock.move(seconds=0.2)
    assert phone.template(to=phone_number(8)).ok
    assert code(phone.template(to=phone_number(9)))[1] == 130429


def test_one_person_gets_45_at_once_and_then_one_every_six_seconds(
    phone: WhatsAppClient, clock: Clock
) -> None:
    phone.set_option(rate=1000)
    answers = [phone.template() for _ in range(46)]
    assert all(answer.ok for answer in answers[:45])
    assert code(answers[45]) == (400, 131056, None)
    assert phone.template(to=phone_number(1)).ok, "others are not affected"
    clock.move(seconds=5.9)
    assert code(phone.template())[1] == 131056
    clock.move(seconds=0.1)
    assert phone.template().ok


def test_a_day_reaches_only_so_many_different_people(phone: WhatsAppClient, clock: Clock) -> None:
    phone.set_option(daily_recipients=2)
    assert [phone.template(to=phone_number(n)).ok for n in (1, 2, 1)] == [True] * 3
    assert code(phone.template(to=phone_number(3))) == (400, 131048, None)
    phone.wrote(from_=phone_number(3))
    assert phone.template(to=phone_number(3)).ok, "inside the window nobody counts"
    clock.move(hours=24)
    assert phone.template(to=phone_number(4)).ok


def test_a_person_counts_for_a_day_from_the_last_message_on(phone: WhatsAppClient, clock: Clock) -> None:
    phone.set_option(daily_recipients=1)
    assert phone.template(to=phone_number(1)).ok
    clock.move(hours=23)
    assert phone.template(to=phone_number(1)).ok
    clock.move(hours=23)
    assert code(phone.template(to=phone_number(2)))[1] == 131048
    clock.move(hours=1)
    assert phone.template(to=phone_number(2)).ok


def test_a_message_that_is_refused_renews_nothing(phone: WhatsAppClient, clock: Clock) -> None:
    phone.set_option(daily_recipients=1, pair_burst=1, pair_interval=100_000)
    assert phone.template(to=phone_number(1)).ok
    clock.move(hours=23)
    assert code(phone.template(to=phone_number(1)))[1] == 131056
    clock.move(hours=1)
    assert phone.template(to=phone_number(2)).ok

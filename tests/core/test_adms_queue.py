"""The life of a command (protocol-adms §7.2)."""

from dataclasses import replace

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.syncid.core.adms.commands import LONG, Command, CommandKind
from custom_components.syncid.core.adms.queue import (
    MOST_TRIES,
    PER_POLL,
    RESEND_AFTER,
    CommandRow,
    answer_text,
    enqueue,
    finish,
    poll,
)
from custom_components.syncid.core.adms.results import CommandResult

SERIAL = "X1"


def row(id_: int, kind: CommandKind = "info", user_id: str = "") -> CommandRow:
    """Return a command that was queued at 0."""
    return enqueue(SERIAL, id_, Command(kind, f"{kind} {id_}", user_id), 0)


def ids(rows: tuple[CommandRow, ...]) -> list[int]:
    """Return the ids of rows."""
    return [one.id for one in rows]


def test_a_life() -> None:
    """Queued, sent, and done: and then nothing of what it said is left."""
    (sent,) = poll([row(1)], 5).changed
    assert (sent.state, sent.tries, sent.sent_at) == ("sent", 1, 5)
    assert not poll([sent], 6).changed
    done = finish([sent], [CommandResult("1", 0, "INFO")], 7)
    (ended,) = done.rows
    assert (ended.state, ended.code, ended.reason) == ("done", 0, None)
    assert (ended.ended_at, ended.text) == (7, "")
    assert done.results == ((sent, CommandResult("1", 0, "INFO")),)
    assert not finish([ended], [CommandResult("1", -1)], 8).rows
    assert not poll([ended], 1e9).changed
    assert "info 1" not in repr(sent)


def test_failed() -> None:
    """A result may be that nothing was done."""
    sent = poll([row(1, "write_user", "7")], 0).sent
    (failed,) = finish(sent, [CommandResult("1", -1001)], 1).rows
    assert (failed.state, failed.code, failed.reason) == ("failed", -1001, "full")
    sent = poll([row(2, "enroll", "7")], 0).sent
    (failed,) = finish(sent, [CommandResult("2", 6)], 1).rows
    assert (failed.state, failed.reason) == ("failed", "cancelled")


def test_unknown_results() -> None:
    """A result of nothing that was sent changes nothing, and is told."""
    rows = [row(1), *poll([row(2)], 0).sent]
    results = [CommandResult(id_, 0) for id_ in ("1", "3", "x", "02", "2")]
    done = finish(rows, results, 1)
    assert ids(done.rows) == [2]
    assert [known and known.id for known, _ in done.results] == [None] * 4 + [2]


def test_sent_again() -> None:
    """What was not answered is sent again, a few times, and is over then."""
    one, now = row(1), 0.0
    for tries in range(1, MOST_TRIES + 1):
        (one,) = poll([one], now).changed
        assert (one.state, one.tries) == ("sent", tries)
        now += RESEND_AFTER - 1
        assert not poll([one], now).changed
        now += 1
    polled = poll([one], now)
    assert not polled.sent
    (one,) = polled.expired
    assert (one.state, one.text) == ("expired", "")
    # It may have been done all the same.
    (one,) = finish([one], [CommandResult("1", 0)], now + 9999).rows
    assert one.state == "done"


@pytest.mark.parametrize("kind", ["unlock", "remove_user", "restart", "clear_log"])
def test_never_twice(kind: CommandKind) -> None:
    """What must not be done twice is sent once, whatever is heard of it."""
    (one,) = poll([row(1, kind)], 0).sent
    for now in range(0, RESEND_AFTER, 10):
        assert not poll([one], now).changed
    polled = poll([one], RESEND_AFTER)
    assert not polled.sent
    assert [one.state for one in polled.expired] == ["expired"]


def test_too_late() -> None:
    """A door that somebody wanted opened an hour ago stays shut."""
    assert poll([row(1, "unlock")], 29).sent
    polled = poll([row(1, "unlock"), row(2, "write_user", "7")], 3600)
    assert (ids(polled.sent), ids(polled.expired)) == ([2], [1])


def test_too_late_to_say_again() -> None:
    """What waited for a month, and was sent in vain, is not sent once more."""
    (one,) = poll([row(1, "write_user", "7")], LONG - 1).sent
    assert not poll([one], LONG).changed
    polled = poll([one], LONG + RESEND_AFTER)
    assert (ids(polled.sent), ids(polled.expired)) == ([], [1])


@pytest.mark.parametrize("back", [30, 7200, 40 * 86400])
def test_too_late_by_another_clock(back: int) -> None:
    """A clock that is set back opens no door, and loses nothing that can wait."""
    rows = [row(1, "unlock"), row(2, "write_user", "7")]
    polled = poll(rows, -back)
    assert (ids(polled.sent), ids(polled.expired)) == ([2], [1])
    assert ids(poll([row(1, "unlock")], -1).sent) == [1]


def test_at_once() -> None:
    """Of 25 commands ten are sent, in their order."""
    rows = [row(id_) for id_ in range(25, 0, -1)]
    assert ids(poll(rows, 0).sent) == [*range(1, PER_POLL + 1)]
    late = replace(row(99, "unlock"), expires_at=-1)
    # What is behind them is looked at when its turn comes.
    assert not poll([*rows, late], 0).expired


def test_not_longer_than_a_terminal_takes() -> None:
    """Long commands go one by one, and one that is too long goes alone."""
    rows = [replace(row(id_), text="x" * 500_000) for id_ in (1, 2)]
    assert ids(poll(rows, 0).sent) == [1]
    assert ids(poll([replace(row(1), text="x" * 2_000_000), row(2)], 0).sent) == [1]


def test_nothing_behind_a_restart() -> None:
    """What a terminal would hear behind a restart, it may never do."""
    rows = [row(1), row(2, "restart"), row(3)]
    polled = poll(rows, 0)
    assert ids(polled.sent) == [1, 2]


def test_order_of_what_is_about_one_user() -> None:
    """What was written is not written again behind a removal, which waits for it."""
    write, remove = row(1, "write_user", "7"), row(2, "remove_user", "7")
    other, again = row(3, "remove_user", "8"), row(4, "write_user", "7")
    first = poll([write, remove, other, again], 0)
    assert ids(first.sent) == [1, 3]
    write, other = first.sent
    assert not poll([write, remove, other, again], 1).sent
    (write,) = finish([write], [CommandResult("1", 0)], 2).rows
    second = poll([write, remove, other, again], 3)
    assert ids(second.sent) == [2]
    (remove,) = finish(second.sent, [CommandResult("2", 0)], 4).rows
    assert ids(poll([write, remove, other, again], 5).sent) == [4]


def test_templates_go_with_their_user() -> None:
    """What may be said twice about a user goes at once."""
    rows = [row(1, "write_user", "7"), row(2, "write_template", "7")]
    assert ids(poll(rows, 0).sent) == [1, 2]


def test_clock_that_was_set_back() -> None:
    """What was sent in the future is sent again."""
    (one,) = poll([row(1)], 80_000).sent
    assert ids(poll([one], 500).sent) == [1]


def test_answers() -> None:
    """Families want other ends between commands."""
    rows = [row(1), row(2)]
    assert answer_text([], "att") == answer_text([], "acc") == "OK"
    assert answer_text(rows, "att") == "C:1:info 1\nC:2:info 2\n"
    assert answer_text(rows, "acc") == "C:1:info 1\r\n\r\nC:2:info 2\n"


NEW, OLD = "DATA UPDATE USERINFO PIN=7\tName=Ann", "DATA USER PIN=7\tName=Ann"


@pytest.mark.parametrize("code", [-1, -22, -1002])
def test_old_words(code: int) -> None:
    """What a firmware does not know is said once more in old words (§7.5.2)."""
    sent = poll([enqueue(SERIAL, 1, Command("write_user", NEW, "7"), 0)], 1).sent
    refused = finish(sent, [CommandResult("1", code), CommandResult("1", code)], 2)
    (again,) = refused.rows
    assert (again.state, again.text, refused.knows_old) == ("queued", OLD, None)
    # That it was refused may be told twice: until it is said again, it changes nothing.
    assert not finish([again], [CommandResult("1", code)], 3).rows
    sent = poll([again], 4).sent
    done = finish(sent, [CommandResult("1", 0)], 5)
    assert ([one.state for one in done.rows], done.knows_old) == (["done"], True)
    (failed,) = finish(sent, [CommandResult("1", -1002)], 5).rows
    assert (failed.state, failed.code) == ("failed", code)
    (failed,) = finish(sent, [CommandResult("1", -1001)], 5).rows
    assert (failed.code, failed.reason) == (-1001, "full")


def test_new_words_after_all() -> None:
    """Who was believed to know old words only, and refuses one, hears the new one."""
    row_ = enqueue(SERIAL, 1, Command("write_user", NEW, "7"), 0)
    sent = poll([row_], 1, in_old=True).sent
    assert sent[0].text == OLD
    (again,) = finish(sent, [CommandResult("1", -1002)], 2).rows
    sent = poll([again], 3, in_old=True).sent
    assert sent[0].text == NEW
    done = finish(sent, [CommandResult("1", 0)], 4)
    assert (done.rows[0].state, done.knows_old) == ("done", False)


def test_refusal_that_comes_again() -> None:
    """A refusal of the new words, told once more, is none of the old ones."""
    sent = poll([enqueue(SERIAL, 1, Command("write_user", NEW, "7"), 0)], 1).sent
    refused = CommandResult("1", -1002)
    (again,) = finish(sent, [refused], 2).rows
    sent = poll([again], 3).sent
    done = finish(sent, [refused, CommandResult("1", 0)], 4)
    assert (done.rows[-1].state, done.knows_old) == ("done", True)


def test_words_of_who_is_known() -> None:
    """Who refused all but old words hears no others, where there are some."""
    rows = [
        enqueue(SERIAL, 1, Command("write_user", NEW, "7"), 0),
        enqueue(SERIAL, 2, Command("change_user", NEW, "7"), 0),
        row(3),
    ]
    texts = [one.text for one in poll(rows, 1, in_old=True).sent]
    # A part of a user is not said in words that may lose the rest.
    assert texts == [OLD, NEW, "info 3"]
    (failed,) = finish(poll(rows[1:2], 1).sent, [CommandResult("2", -1002)], 2).rows
    assert failed.state == "failed"


KINDS: tuple[CommandKind, ...] = ("write_user", "remove_user", "write_template", "info")


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.sampled_from("12")),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.booleans())),
)
@settings(max_examples=200)
def test_any_life(
    kinds: list[tuple[CommandKind, str]], steps: list[tuple[int, int, bool]]
) -> None:
    """However terminals poll and answer: nothing dangerous twice, and order is kept."""
    rows = {n: row(n, kind, user) for n, (kind, user) in enumerate(kinds, 1)}
    now, said = 0.0, list[int]()
    for wait, answered, does_fail in steps:
        now += (1, 200, 301)[wait]
        polled = poll([*rows.values()], now)
        assert len(polled.sent) <= PER_POLL
        rows |= {one.id: one for one in polled.changed}
        for one in polled.sent:
            for dangerous in rows.values():
                if dangerous.kind == "remove_user" and dangerous.user_id == one.user_id:
                    # Never while it is on its way, unless it is the removal itself.
                    assert dangerous is one or dangerous.state != "sent"
        said += ids(polled.sent)
        result = CommandResult(str(answered), -1 if does_fail else 0)
        rows |= {one.id: one for one in finish([*rows.values()], [result], now).rows}
    for one in rows.values():
        assert said.count(one.id) == one.tries <= MOST_TRIES
        assert one.tries <= 1 or one.kind != "remove_user"
        assert one.is_open == bool(one.text)

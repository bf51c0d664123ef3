"""Records that are no punch of their own, and what is remembered of them."""

import json

from hypothesis import given, strategies as st

from custom_components.syncid.core.adms.content import Upload
from custom_components.syncid.core.adms.state import TerminalState
from custom_components.syncid.core.adms.surplus import Records
from custom_components.syncid.core.times import text_second

from .adms_kit import Talk

TIME = "2026-03-12 08:05:00"
EIGHT = text_second(TIME) or 0


def records(body: str, *, times: int = 1, table: str = "ATTLOG") -> Records:
    """Return the records of an upload that came so often."""
    found = Records()
    for _ in range(times):
        found.hear(Talk().upload(table, body.encode()))
    return found


def test_double_taps() -> None:
    """Of what somebody does within a second, the first is a punch."""
    body = f"7\t{TIME}\t0\t1\n7\t{TIME}\t0\t1\n7\t{TIME}\t1\t15\n8\t{TIME}\t0\t1\n"
    found = records(body, times=2)
    assert len(found) == 4
    assert found.surplus(0, ()) == [EIGHT, EIGHT]


def test_who_was_erased() -> None:
    """No punch that was erased is one; all others are, whoever has the number."""
    found = records(f"7\t{TIME}\t0\t1\n8\t{TIME}\t0\t1\n8\t{TIME}\t0\t1\n")
    assert found.keys == {(EIGHT, "7"), (EIGHT, "8")}
    assert found.surplus(0, {(EIGHT, "8")}) == [EIGHT, EIGHT]
    assert found.surplus(0, found.keys) == [EIGHT, EIGHT, EIGHT]
    assert found.surplus(0, {(EIGHT - 1, "7"), (EIGHT + 1, "7")}) == [EIGHT]


def test_rows_that_are_no_punch() -> None:
    """They have their time where others have it, or stand for another one."""
    found = records(f"\t{TIME}\t0\t1\n7\tnever\t0\t1\nwhatever\n")
    assert len(found) == 3
    assert sorted(found.surplus(1, ())) == [1, 1, EIGHT]


def test_other_tables() -> None:
    """What is no record of the log is not counted."""
    found = records("nonsense\n", table="OPERLOG")
    found.hear(Upload("attlog", 1, is_pack=True))
    assert len(found) == 0


@given(
    st.lists(st.integers(0, 100), max_size=20),
    st.lists(st.integers(20, 80), max_size=20),
)
def test_what_is_remembered(before: list[int], now: list[int]) -> None:
    """A period is known by what came of it last, and all is kept as JSON."""
    state = TerminalState(serial="X").with_surplus(0, 100, before)
    assert state.surplus_between(0, 100) == len(before)
    state = state.with_surplus(20, 80, now)
    assert state.surplus_between(20, 80) == len(now)
    outside = [one for one in before if not 20 <= one <= 80]
    assert state.surplus_between(0, 100) == len(now) + len(outside)
    assert TerminalState.from_json(json.loads(json.dumps(state.as_json()))) == state


def test_no_more_than_that() -> None:
    """It is not remembered without end; of too much, the latest is."""
    state = TerminalState(serial="X").with_surplus(0, 9999, range(5000))
    assert state.surplus_between(0, 9999) == 1000
    assert state.surplus_between(4000, 9999) == 1000

"""What the ledger takes of punches that were erased, and what it keeps of them."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import blake2b
from itertools import count
from pathlib import Path
import sqlite3
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.ledger.queries import PunchQuery
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import (
    NO_PUNCHES,
    Batch,
    Ingested,
    Punch,
    Punches,
    PunchKey,
    Unreadable,
)
from custom_components.syncid.core.shelf import Shelf

from .kit import ZONE, open_ledger

DAY = 86_400
OTHER_KEY = bytes(32)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Return a ledger that knows two terminals, whose user 7 was erased at one."""
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        for serial in ("A", "B"):
            ledger.register(serial, ZONE).result()
        come(shelf, 2, 4)
        shelf.erase_users([("A", "7")])
        yield shelf


def come(
    shelf: Shelf, *days: int, serial: str = "A", user_id: str = "7"
) -> tuple[int, int]:
    """Have somebody punch on some days; return how many were new, and were known."""
    return ingest(shelf.ledger, serial, [(day * DAY, user_id) for day in days])


def ingest(ledger: Ledger, serial: str, keys: Iterable[PunchKey]) -> tuple[int, int]:
    """Have punches come; return how many were new, and were known."""
    punches = Punches.of(
        Punch(user_id, at, "unknown", "unknown") for at, user_id in keys
    )
    told: Ingested = ledger.ingest(Batch(serial, "import", punches)).result()
    return told.new, told.duplicates


def stored(ledger: Ledger, serial: str) -> set[PunchKey]:
    """Return what names the punches of a terminal."""
    found = ledger.punches(PunchQuery(serials=(serial,)))
    return {(one.punch.local_second, one.punch.user_id) for one in found}


def all_rows(ledger: Ledger) -> dict[str, list[Any]]:
    """Return all that is in the ledger's tables."""

    def read(connection: Any) -> dict[str, list[Any]]:
        execute = connection.exec_driver_sql
        names = execute("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        return {
            # That counts on, so that no number is given twice.
            name: execute(f"SELECT * FROM {name}").all()  # noqa: S608
            for name in names.all()
            if name != "sqlite_sequence"
        }

    return ledger.read(read)


def numbers(ledger: Ledger) -> list[int]:
    """Return what is kept of what was erased."""
    return [number for (number,) in all_rows(ledger)["erased"]]


# --- what is taken --------------------------------------------------------------------


def test_what_was_erased(shelf: Shelf) -> None:
    """It is known, and kept away."""
    assert come(shelf, 2, 4) == (0, 2)
    assert shelf.ledger.statistics()["punches"] == 0


def test_who_has_the_number(shelf: Shelf) -> None:
    """Whatever else has that number is stored: before that, in between, or after."""
    assert come(shelf, 1, 2, 3, 4, 5) == (3, 2)
    assert stored(shelf.ledger, "A") == {(day * DAY, "7") for day in (1, 3, 5)}


def test_somebody_else(shelf: Shelf) -> None:
    """Another one, or that one elsewhere, punches in the same second."""
    assert come(shelf, 2, user_id="8") == (1, 0)
    assert come(shelf, 2, serial="B") == (1, 0)


def test_erased_twice(shelf: Shelf) -> None:
    """Who has the number next may be erased too."""
    come(shelf, 3, 6)
    shelf.erase_users([("A", "7")])
    assert come(shelf, 1, 2, 3, 4, 5, 6) == (2, 4)


def test_wrong_clock(shelf: Shelf) -> None:
    """What a wrong clock dated years from now is kept away as well, and nothing else."""
    far = 2**31 // DAY - 1
    come(shelf, 6, far)
    shelf.erase_users([("A", "7")])
    assert come(shelf, 6, far - 1, far) == (1, 2)


def test_nobody(shelf: Shelf) -> None:
    """Of who has not punched, or of no terminal that is known, nothing is noted."""
    before = numbers(shelf.ledger)
    shelf.erase_users([("A", "8"), ("C", "7")])
    assert numbers(shelf.ledger) == before
    assert come(shelf, 3, user_id="8") == (1, 0)


def test_which_of_them(shelf: Shelf) -> None:
    """Who asks is told which punches were erased."""
    ask = shelf.ledger.erased_among
    assert ask("A", {(day * DAY, "7") for day in range(9)}) == {
        (2 * DAY, "7"),
        (4 * DAY, "7"),
    }
    assert ask("A", {(2 * DAY, "8")}) == ask("B", {(2 * DAY, "7")}) == set()


def test_erasing_that_fails(shelf: Shelf) -> None:
    """Nothing is noted of what was not deleted in the end."""
    come(shelf, 6)

    def fail(connection: Any, erased: Any) -> None:
        erased.note(connection, [(1, "7")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shelf.ledger.erase(fail).result()
    assert len(numbers(shelf.ledger)) == 2
    assert shelf.ledger.erased_among("A", {(6 * DAY, "7")}) == set()


PUNCHES = st.sets(
    # Names of which one may be taken for another, written one behind the other.
    st.tuples(
        st.sampled_from(["-", "-1"]),
        st.integers(0, 20),
        st.sampled_from(["1", "11", "2"]),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Return a ledger for terminals that are new each time."""
    with open_ledger(tmp_path_factory.mktemp("shared")) as ledger:
        yield ledger


_SITES = count()


@given(before=PUNCHES, gone=PUNCHES, then=PUNCHES)
def test_any(
    shared: Ledger,
    before: set[tuple[str, int, str]],
    gone: set[tuple[str, int, str]],
    then: set[tuple[str, int, str]],
) -> None:
    """Of what comes, all is stored but what was erased."""
    site = next(_SITES)
    users = {(serial, user_id) for serial, _, user_id in gone}
    erased = {one for one in before if (one[0], one[2]) in users}
    for serial in ("-", "-1"):
        shared.register(f"{site}{serial}", ZONE).result()

    def bring(punches: set[tuple[str, int, str]]) -> int:
        return sum(
            ingest(
                shared,
                f"{site}{serial}",
                [(second, user_id) for of, second, user_id in punches if of == serial],
            )[0]
            for serial in ("-", "-1")
        )

    bring(before)
    noted = len(numbers(shared))
    counts = Shelf(shared).erase_users([(f"{site}{one}", user) for one, user in users])
    assert counts["punches"] == len(erased) == len(numbers(shared)) - noted
    assert bring(then) == len(then - before)
    assert {
        (serial, *key)
        for serial in ("-", "-1")
        for key in stored(shared, f"{site}{serial}")
    } == (before | then) - erased


# --- what is kept ---------------------------------------------------------------------


def test_nothing_remains(tmp_path: Path) -> None:
    """There is a number for each punch, and else no row that was not there before."""
    user_id, seconds = "USER-4711", [day * DAY + 61 for day in range(1203)]
    with open_ledger(tmp_path) as ledger:
        shelf = Shelf(ledger)
        for serial in ("A", "B"):
            ledger.register(serial, ZONE).result()
        come(shelf, 2, user_id="8")
        before = all_rows(ledger)
        person = Person(id="p1", name="Amina")
        shelf.save_people([person], [Mapping(one, user_id, "p1") for one in "AB"])
        for serial in ("A", "B"):
            ingest(ledger, serial, [(second, user_id) for second in seconds])
        aside = [Unreadable(b"1203", user_id, "time")]
        ledger.ingest(Batch("A", "import", NO_PUNCHES, aside)).result()
        counts = shelf.erase("p1")
        assert (counts["punches"], counts["quarantine"]) == (2406, 1)
        kept = numbers(ledger)
        assert all_rows(ledger) == before | {"erased": [(one,) for one in kept]}
        # Neither is one of them a time, nor do many fit between two others.
        assert len({*kept}) == 2406
        assert not {*kept} & {*seconds}
        assert max(kept) - min(kept) > 2**62
        for serial in ("A", "B"):
            again = [(second, user_id) for second in seconds]
            assert ingest(ledger, serial, again) == (0, 1203)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for trace in (
        user_id.encode(),
        b"Amina",
        blake2b(f"A\n{user_id}".encode(), digest_size=16).digest(),
    ):
        assert trace not in files


def test_after_a_restart(shelf: Shelf, tmp_path: Path) -> None:
    """It is kept in the file."""
    shelf.ledger.close()
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        assert ledger.key_fits
        assert come(Shelf(ledger), 2, 3) == (1, 1)


def test_another_key(shelf: Shelf, tmp_path: Path) -> None:
    """Without the key, nobody and nothing is known again by what is kept."""
    before = numbers(shelf.ledger)
    shelf.ledger.close()
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        ledger.register("A", ZONE).result()
        assert not ledger.key_fits
        assert ledger.erased_among("A", {(2 * DAY, "7"), (4 * DAY, "7")}) == set()
        shelf = Shelf(ledger)
        assert come(shelf, 2, 4) == (2, 0)
        shelf.erase_users([("A", "7")])
        # Of the same punches, other numbers.
        assert len({*numbers(ledger)} - {*before}) == 2
        assert come(shelf, 2, 4) == (0, 2)
    # Not even then it is the one: the former may come back.
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert not ledger.key_fits
    with open_ledger(tmp_path) as ledger:
        assert ledger.key_fits


def test_nothing_erased(tmp_path: Path) -> None:
    """With a ledger from which nothing was erased, each key fits, and the last counts."""
    with open_ledger(tmp_path):
        pass
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert ledger.key_fits
        ledger.register("A", ZONE).result()
        come(Shelf(ledger), 2)
        Shelf(ledger).erase_users([("A", "7")])
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert ledger.key_fits
    with open_ledger(tmp_path) as ledger:
        assert not ledger.key_fits


def test_file_of_which_no_key_is_known(shelf: Shelf, tmp_path: Path) -> None:
    """That of a ledger that was made before any was kept is taken as it is."""
    shelf.ledger.close()
    with closing(sqlite3.connect(tmp_path / "syncid.db")) as connection:
        connection.execute("DROP TABLE erased_key")
    with open_ledger(tmp_path) as ledger:
        assert ledger.key_fits
        ledger.register("A", ZONE).result()
        assert come(Shelf(ledger), 2) == (0, 1)
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert not ledger.key_fits


def test_file_that_took_the_place(shelf: Shelf, tmp_path: Path) -> None:
    """A ledger that is begun anew takes the key that is there."""
    shelf.ledger.close()
    (tmp_path / "syncid.db").write_bytes(b"This is no database. " * 1000)
    with open_ledger(tmp_path, OTHER_KEY) as ledger:
        assert ledger.key_fits
        assert len(all_rows(ledger)["erased_key"]) == 1


def test_nothing_was_ever_erased(tmp_path: Path) -> None:
    """Of a ledger from which nothing was erased, nothing is found."""
    with open_ledger(tmp_path) as ledger:
        assert ledger.erased_among("A", {(2 * DAY, "7")}) == set()

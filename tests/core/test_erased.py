"""What the ledger takes of users who were erased, and what it does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_components.syncid.core.records import Batch, Ingested, Punch, Punches
from custom_components.syncid.core.shelf import Shelf

from .kit import ZONE, open_ledger

DAY = 86_400


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
    punches = [Punch(user_id, day * DAY, "unknown", "unknown") for day in days]
    told: Ingested = shelf.ledger.ingest(
        Batch(serial, "import", Punches.of(punches))
    ).result()
    return told.new, told.duplicates


def test_what_was_erased(shelf: Shelf) -> None:
    """All that they did between the first and the last punch is known, and kept away."""
    assert come(shelf, 2, 3, 4) == (0, 3)
    assert shelf.ledger.statistics()["punches"] == 0


def test_somebody_else(shelf: Shelf) -> None:
    """Who has the number before or after, another one, or that elsewhere, is stored."""
    assert come(shelf, 1, 3, 5) == (2, 1)
    assert come(shelf, 3, user_id="8") == (1, 0)
    assert come(shelf, 3, serial="B") == (1, 0)


def test_erased_twice(shelf: Shelf) -> None:
    """Who has the number next may be erased too."""
    come(shelf, 6)
    shelf.erase_users([("A", "7")])
    assert come(shelf, 1, 2, 6, 7) == (2, 2)


def test_wrong_clock(shelf: Shelf) -> None:
    """What a wrong clock dated years from now keeps nobody from punching until then."""
    far = 2**31 // DAY - 1
    come(shelf, 6, far)
    shelf.erase_users([("A", "7")])
    assert come(shelf, 6, far - 1) == (1, 1)


def test_nobody(shelf: Shelf) -> None:
    """Of who has not punched, or of no terminal that is known, nothing is noted."""
    shelf.erase_users([("A", "8"), ("C", "7")])
    assert come(shelf, 3, user_id="8") == (1, 0)
    assert shelf.ledger.erased_of("C", ["7"]) == {}
    assert [*shelf.ledger.erased_of("A", ["7", "8"])] == ["7"]


def test_after_a_restart(shelf: Shelf, tmp_path: Path) -> None:
    """It is kept in the file, which does not say who."""
    shelf.ledger.close()
    with open_ledger(tmp_path) as ledger:
        ledger.register("A", ZONE).result()
        assert come(Shelf(ledger), 3) == (0, 1)
        rows = ledger.read(
            lambda one: one.exec_driver_sql("SELECT * FROM erased").all()
        )
    ((terminal_id, who, since, until),) = rows
    assert (terminal_id, len(who), since, until) == (1, 16, 2 * DAY, 4 * DAY)

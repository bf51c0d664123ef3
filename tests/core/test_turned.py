"""Punches that a second road turns: the days that they are on, and were on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.syncid.core.attendance.policy import HOUR, Shift
from custom_components.syncid.core.attendance.schedule import Rules
from custom_components.syncid.core.records import Batch, Punch, Punches

from .book_kit import DAY, Site, at
from .kit import open_ledger

EARLY = Shift(start=6 * HOUR, end=14 * HOUR)
NIGHT = Shift(id="night", name="Night", start=22 * HOUR, end=6 * HOUR)
EVE = DAY - timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site of early shifts; Amina worked the night before."""
    with open_ledger(tmp_path) as ledger:
        site = Site(ledger)
        site.know()
        site.rules = Rules(default=EARLY, shifts=(NIGHT,), rota={("p1", EVE): "night"})
        yield site


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # A log without keys, and then the check-out key by push: of the night.
        (("unknown", None), ("check_out", 1)),
        # And the other way: a gate said out, the key says in.
        (("check_out", None), ("check_in", 0)),
    ],
)
def test_turned_over_the_border_of_two_days(
    site: Site, first: tuple[str, int | None], second: tuple[str, int | None]
) -> None:
    """What another road tells moves a punch to another day: both days are computed anew.

    Its own words point to one of them alone; the other would keep the punch.
    """
    site.read("12:00")
    site.come("22:00", day=EVE)
    for source, (direction, state) in (("poll", first), ("adms", second)):
        told = Punches.of(
            [
                Punch(
                    "1001",
                    at(DAY, "06:05"),
                    direction,  # type: ignore[arg-type]
                    "face",
                    15,
                    state,
                )
            ]
        )
        batch = Batch("A", source, told)  # type: ignore[arg-type]
        result = site.ledger.ingest(batch).result()
        assert result.new or result.turned
        due = site.book.touched(site.case, "A", told, turned=result.turned > 0)
        site.book.work(site.case, due, "punch")
    incremental = site.all()
    everything = site.book.everything_of(site.case, ["p1"])
    site.book.work(site.case, everything, "rules")
    anew = site.all()
    for day in (EVE, DAY):
        if ("p1", day) in incremental:
            assert incremental["p1", day] == anew["p1", day], day


def test_noted_with_the_days_beside(site: Site) -> None:
    """Killed before they are computed, both old days are computed by what was noted."""
    site.read("12:00")
    site.come("22:00", day=EVE)
    site.come("06:05")
    site.book.clear_stale([*site.book.stale()])
    out = Punch("1001", at(DAY, "06:05"), "check_out", "face", 15, 1)
    assert site.ledger.ingest(Batch("A", "adms", Punches.of([out]))).result().turned
    noted = site.book.of_stale(site.case, site.book.stale().values())
    assert noted["p1"] >= {EVE, DAY}

"""A table of people that an admin chose in the browser: looked at, then taken."""

from collections import OrderedDict
from typing import Any, Final, NamedTuple

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..actions.mapping import MAX_FILE, async_import, async_report
from ..attendance.attendance import DATA_ATTENDANCE
from ..const import DOMAIN
from ..core.people_import import Report, Row
from ..hub import DATA_HUB
from .command import PAGE, command, shorten
from .people_payloads import ImportPage, ImportRow, RowProblem
from .uploads import read_upload

# Files that are kept until they are taken: of admins who look at the same time.
_MOST_KEPT: Final = 3
# What is told of a cell, which may hold a book, and of heads that were not understood.
_MOST_LETTERS: Final = 60
_MOST_HEADS: Final = 50
_ORDER: Final = {"refused": 0, "add": 1, "update": 2, "same": 3}


class _Uploaded(NamedTuple):
    """A file, what would come of it, and with which people that was found out."""

    name: str
    data: bytes
    report: Report | None = None
    of: object = None


_DATA_UPLOADS: HassKey[OrderedDict[str, _Uploaded]] = HassKey(f"{DOMAIN}_panel_uploads")


@command(
    "people/import",
    {
        **PAGE,
        # As Home Assistant's own upload called it.
        vol.Required("upload"): str,
        vol.Optional("apply", default=False): bool,
    },
)
async def people_import(hass: HomeAssistant, msg: dict[str, Any]) -> ImportPage:
    """Return what a file that was uploaded would do; do all of it, or nothing."""
    uploads = hass.data.setdefault(_DATA_UPLOADS, OrderedDict())
    upload = msg["upload"]
    if upload not in uploads:
        name, data = await hass.async_add_executor_job(
            read_upload, hass, upload, MAX_FILE
        )
        uploads[upload] = _Uploaded(name, data)
        while len(uploads) > _MOST_KEPT:
            uploads.popitem(last=False)
    kept = uploads[upload]
    if msg["apply"]:
        async with hass.data[DATA_ATTENDANCE].editing:
            report, marks = await async_import(hass, kept.name, kept.data)
        # There may be cards in it; what became of it is told once.
        uploads.pop(upload, None)
        return _page(kept.name, report, msg, done=True, marks=marks)
    directory = hass.data[DATA_HUB].directory
    if kept.report is None or kept.of is not directory:
        report = await async_report(hass, kept.name, kept.data)
        kept = uploads[upload] = kept._replace(report=report, of=directory)
    assert kept.report is not None
    return _page(kept.name, kept.report, msg, done=False, marks=0)


def _page(
    name: str, report: Report, msg: dict[str, Any], *, done: bool, marks: int
) -> ImportPage:
    rows = sorted(report.rows, key=lambda row: (_ORDER[row.action], row.number))
    return ImportPage(
        file=name,
        done=done,
        good=report.is_good,
        counts={str(action): count for action, count in report.counts().items()},
        mappings=len(report.mappings),
        ignored=[shorten(one, _MOST_LETTERS) for one in report.ignored[:_MOST_HEADS]],
        marks=marks,
        count=len(rows),
        rows=[_row(row) for row in rows[msg["offset"] : msg["offset"] + msg["limit"]]],
    )


def _row(row: Row) -> ImportRow:
    return ImportRow(
        row=row.number,
        name=shorten(row.name, _MOST_LETTERS),
        before=shorten(row.before, _MOST_LETTERS),
        action=row.action,
        problems=[
            RowProblem(reason=one.reason, value=shorten(one.value, _MOST_LETTERS))
            for one in row.problems
        ],
    )

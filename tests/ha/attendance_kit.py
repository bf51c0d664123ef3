"""A site whose clock stands still until a test moves it.

    await site.at("2026-11-02 08:17")
    await site.punch("1001")
    assert site.mark("Amina").status == "late"

Punches come from a gateway that pushes, over real HTTP: so their times are the test's.
"""

from collections.abc import Collection
from datetime import date as Date, datetime, timedelta
from typing import Any

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.syncid.attendance.attendance import DATA_ATTENDANCE, Attendance
from custom_components.syncid.const import DOMAIN, EVENT_ATTENDANCE
from custom_components.syncid.core.attendance.marks import Mark
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .kit import TOKEN, KitDevice, SyncIDKit

URL = "/api/v1/biometric/push-log"
MONDAY = "2026-11-02"


class Site:
    """People who punch at gateways, and what is known of them."""

    def __init__(
        self,
        hass: HomeAssistant,
        syncid: SyncIDKit,
        client: TestClient[Any, Any],
        freezer: FrozenDateTimeFactory,
    ) -> None:
        """Hold what there is."""
        self.hass = hass
        self.syncid = syncid
        self.client = client
        self.freezer = freezer
        self.gate: KitDevice
        self.events = async_capture_events(hass, EVENT_ATTENDANCE)

    @property
    def attendance(self) -> Attendance:
        """Return the engine."""
        return self.hass.data[DATA_ATTENDANCE]

    # --- time -------------------------------------------------------------------------

    async def at(self, time: str) -> None:
        """Let it be a time on the wall, and what is due be done."""
        moment = datetime.fromisoformat(time).replace(
            tzinfo=dt_util.get_default_time_zone()
        )
        self.freezer.move_to(moment)
        await self.minute()

    async def minute(self) -> None:
        """Let a minute pass, so that days are looked at."""
        self.freezer.tick(timedelta(seconds=61))
        async_fire_time_changed(self.hass)
        await self.syncid.settle()

    # --- punches ----------------------------------------------------------------------

    async def push(self, *logs: dict[str, Any], token: str = TOKEN) -> None:
        """Have a gateway deliver logs, or only tell that it has none."""
        response = await self.client.post(
            URL, json={"logs": logs}, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status == 200, await response.text()
        await self.syncid.settle()

    async def punch(
        self, user_id: str = "1001", time: str | None = None, **more: Any
    ) -> None:
        """Let somebody punch, now or at a time that has been."""
        told = time or f"{dt_util.now():%Y-%m-%d %H:%M:%S}"
        token = more.pop("token", TOKEN)
        await self.push({"user_id": user_id, "timestamp": told, **more}, token=token)

    async def read_all(self) -> None:
        """Have the gate say that it has no more, and days be closed by that."""
        await self.push()
        await self.minute()

    # --- rules ------------------------------------------------------------------------

    async def rule(self, **options: Any) -> None:
        """Have the site's options be these."""
        await self.rule_soon(**options)
        await self.syncid.settle()

    async def rule_soon(self, **options: Any) -> None:
        """Have the site's options be these, and marks follow when they can."""
        self.hass.config_entries.async_update_entry(self.syncid.site, options=options)
        await self.hass.async_block_till_done()

    # --- people -----------------------------------------------------------------------

    async def call(self, action: str, **data: Any) -> dict[str, Any]:
        """Have an action done, and return the response."""
        response = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        assert response is not None
        await self.syncid.settle()
        return dict(response)

    async def add(self, name: str, user_id: str | None = None, **data: Any) -> str:
        """Add a person who is a user of the gate; return the id."""
        told = await self.call("add_person", name=name, **data)
        if user_id is not None:
            await self.map(name, user_id)
        person_id: str = told["person_id"]
        return person_id

    async def map(
        self, person: str, user_id: str, gate: KitDevice | None = None
    ) -> dict[str, Any]:
        """Say who a user is."""
        device_id = (gate or self.gate).device_id
        return await self.call(
            "map_user", device_id=[device_id], user_id=user_id, person=person
        )

    # --- what is known ----------------------------------------------------------------

    def person_id(self, name: str) -> str:
        """Return the id of who has a name."""
        (found,) = [
            one.id for one in self.attendance.people.values() if one.name == name
        ]
        return found

    def mark(self, name: str = "Amina") -> Mark:
        """Return the mark that counts for a person now."""
        mark = self.attendance.async_current(self.person_id(name))
        assert mark is not None, f"nothing is said of {name} yet"
        return mark

    async def mark_on(self, day: str, name: str = "Amina") -> Mark:
        """Return the mark of a person on a date."""
        date = Date.fromisoformat(day)
        (mark,) = await self.attendance.async_marks(date, date, {self.person_id(name)})
        return mark

    async def all_marks(
        self, people: Collection[str] | None = None
    ) -> dict[tuple[str, str], Mark]:
        """Return all marks by person and date."""
        found = await self.attendance.async_marks(Date.min, Date.max, people)
        return {(one.person_id, one.date.isoformat()): one for one in found}

    def told(self) -> list[tuple[str, str, str | None, str, bool]]:
        """Return what the bus told since this was asked last."""
        found = [
            (
                event.data["person"],
                event.data["date"],
                event.data["from"],
                event.data["to"],
                event.data["final"],
            )
            for event in self.events
        ]
        self.events.clear()
        return found

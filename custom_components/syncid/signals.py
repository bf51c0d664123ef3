"""What all who listen are told: of punches, of alarms, and of what is stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from .core.progress import Going, OnGoing
from .core.records import Batch, Ingested, StoredPunch


@dataclass(frozen=True, slots=True)
class Announcement:
    """What happened at a terminal, as all who listen are told of it."""

    event_type: str
    live: bool
    # The data of the bus event.
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PunchAnnouncement(Announcement):
    """A punch that the ledger did not know."""

    punch: StoredPunch


SIGNAL_PUNCH: SignalTypeFormat[PunchAnnouncement] = SignalTypeFormat("syncid_punch_{}")
SIGNAL_ALARM: SignalTypeFormat[Announcement] = SignalTypeFormat("syncid_alarm_{}")
# The log of a terminal was read to its end for the first time.
SIGNAL_HISTORY_READ: SignalTypeFormat[()] = SignalTypeFormat("syncid_history_{}")
# People were changed at a terminal, which is named by its serial number.
SIGNAL_PEOPLE_CHANGED: SignalType[str] = SignalType("syncid_people_changed")
# People are brought to a terminal: its serial number, and how far that is.
SIGNAL_GOING: SignalType[str, Going] = SignalType("syncid_going")
# Punches were stored that the ledger did not know, news or not, or whose direction it
# did not know. With what became of the batch.
SIGNAL_STORED: SignalType[Batch, Ingested] = SignalType("syncid_stored")
# A person was erased: the id, and the users that the person was, by serial number.
SIGNAL_ERASED: SignalType[str, Collection[tuple[str, str]]] = SignalType(
    "syncid_erased"
)
SIGNAL_LEDGER_REPLACED: SignalType[()] = SignalType("syncid_ledger_replaced")


def teller(hass: HomeAssistant, serial: str) -> OnGoing:
    """Return what tells how far people are brought to a terminal, from any thread."""

    def tell(going: Going) -> None:
        hass.loop.call_soon_threadsafe(
            async_dispatcher_send, hass, SIGNAL_GOING, serial, going
        )

    return tell


def is_about(
    told: Mapping[str, Any], person_id: str, users: Collection[tuple[str, str]]
) -> bool:
    """Tell whether what was told of an event is about a person, or their user."""
    who = told.get("device"), told.get("user_id")
    return told.get("person_id") == person_id or who in users

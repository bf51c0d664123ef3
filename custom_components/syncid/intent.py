"""Intents: who is in, when somebody arrived. Sentences for them can be installed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.util import dt as dt_util

from .assist import Exposed, async_exposed, async_facts, async_named, async_who_is_in
from .core.people import Person

INTENT_WHO_IS_IN: Final = "SyncIDWhoIsIn"
INTENT_WHEN_ARRIVED: Final = "SyncIDWhenArrived"

# Nobody listens to more names than these.
_MOST_NAMES: Final = 10


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Set up the intents."""
    intent.async_register(hass, WhoIsInIntent())
    intent.async_register(hass, WhenArrivedIntent())


def _exposed(intent_obj: intent.Intent) -> Exposed:
    # Who asks without saying as which assistant gets to know no more than Assist.
    return async_exposed(intent_obj.hass, intent_obj.assistant or "conversation")


def _answer(
    intent_obj: intent.Intent, speech: str, **slots: Any
) -> intent.IntentResponse:
    """Return an answer in English; sentences of other languages make theirs of slots."""
    response = intent_obj.create_response()
    response.response_type = intent.IntentResponseType.QUERY_ANSWER
    response.async_set_speech(speech)
    response.async_set_speech_slots(slots)
    return response


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


class WhoIsInIntent(intent.IntentHandler):
    """Answers who is on site now."""

    intent_type = INTENT_WHO_IS_IN
    description = "Tells who is in the building now"

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Say their names."""
        exposed = _exposed(intent_obj)
        names = [one.name for one, _ in async_who_is_in(intent_obj.hass, exposed)]
        if not exposed.is_anything:
            speech = "I may not tell who is in."
        elif names:
            speech = f"{_listed(names)} {'is' if len(names) == 1 else 'are'} in."
        else:
            speech = "Nobody is in" + (
                "." if exposed.everybody else " of whom I may tell."
            )
        return _answer(
            intent_obj,
            speech,
            names=names,
            count=len(names),
            complete=exposed.everybody,
        )


class WhenArrivedIntent(intent.IntentHandler):
    """Answers when somebody arrived."""

    intent_type = INTENT_WHEN_ARRIVED
    description = "Tells when a person arrived, and when they left"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """Return who is asked for."""
        return {vol.Required("person"): intent.non_empty_string}

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Say when, of all who are called so."""
        name = self.async_validate_slots(intent_obj.slots)["person"]["value"].strip()
        exposed = _exposed(intent_obj)
        found = async_named(intent_obj.hass, exposed, name)
        if not found:
            return _answer(intent_obj, f"I know nobody called {name}.", people=[])
        facts = [async_facts(intent_obj.hass, exposed, person) for person in found]
        speech = " ".join(map(_sentence, found, facts))
        return _answer(intent_obj, speech, people=facts)


def _sentence(person: Person, facts: dict[str, Any]) -> str:
    if "arrived" not in facts:
        return f"I may not tell when {person.name} came."
    if facts["arrived"] is None:
        if facts.get("on_site"):
            return f"{person.name} is in, but not by a punch that counts for the day."
        return f"{person.name} has not come yet."
    said = f"{person.name} came {_spoken(facts['arrived'])}"
    if facts.get("left") and not facts.get("on_site"):
        said += f" and left {_spoken(facts['left'])}"
    return f"{said}."


def _spoken(time: str) -> str:
    """Return a time as it is said; with its day, unless that is today."""
    moment = datetime.fromisoformat(time)
    is_today = moment.date() == dt_util.now().date()
    return f"{moment:at %H:%M}" if is_today else f"{moment:on %A at %H:%M}"

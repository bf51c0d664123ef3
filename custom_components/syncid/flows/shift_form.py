"""What is asked of a shift, of the site's own as of all others."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TimeSelector,
)

from ..attendance.rules import CHOICES, WEEKDAYS, shift_of
from ..const import (
    CONF_ABSENT_HOURS,
    CONF_BREAKS,
    CONF_CAP_HOURS,
    CONF_CLOSES_AFTER_HOURS,
    CONF_DEDUCT_AFTER_HOURS,
    CONF_DEDUCT_MINUTES,
    CONF_EARLY_GRACE_MINUTES,
    CONF_END_TIME,
    CONF_FLEXIBLE_MINUTES,
    CONF_FROM_START,
    CONF_GRACE_MINUTES,
    CONF_HALF_DAY_HOURS,
    CONF_HOURS,
    CONF_IN_WINDOW,
    CONF_KEYS,
    CONF_MINIMUM_GAP,
    CONF_MISSING_OUT,
    CONF_OPENS_BEFORE_HOURS,
    CONF_OUT_WINDOW,
    CONF_OVERTIME,
    CONF_OVERTIME_MINUTES,
    CONF_PAID_BREAK_TIMES,
    CONF_PAID_BREAKS,
    CONF_REQUIRED_HOURS,
    CONF_ROUND_ARRIVAL,
    CONF_ROUND_DEPARTURE,
    CONF_ROUND_TOTAL,
    CONF_ROUNDING_MINUTES,
    CONF_START_TIME,
    CONF_WORKDAYS,
)
from ..core.errors import RuleRefused


def choice(
    key: str, options: tuple[str, ...], *, multiple: bool = False
) -> SelectSelector:
    """Return a choice between a few words."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            translation_key=key,
            multiple=multiple,
            mode=SelectSelectorMode.LIST if multiple else SelectSelectorMode.DROPDOWN,
        )
    )


def _number(most: float, step: float = 1) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=0, max=most, step=step, mode=NumberSelectorMode.BOX)
    )


_MINUTES: Final = _number(1440)
_HOURS: Final = _number(24, 0.25)
_LINES: Final = TextSelector(TextSelectorConfig(multiple=True))
_ROUND: Final = choice("rounding", CHOICES["rounding"])

# By the section in which it is shown; nothing is filled in: what is left empty is as
# the rules have it.
SECTIONS: Final[Mapping[str, Mapping[vol.Marker, Any]]] = {
    "times": {
        vol.Optional(CONF_START_TIME): TimeSelector(),
        vol.Optional(CONF_END_TIME): TimeSelector(),
        vol.Optional(CONF_WORKDAYS): choice(CONF_WORKDAYS, WEEKDAYS, multiple=True),
        vol.Optional(CONF_GRACE_MINUTES): _MINUTES,
        vol.Optional(CONF_EARLY_GRACE_MINUTES): _MINUTES,
        vol.Optional(CONF_FLEXIBLE_MINUTES): _MINUTES,
    },
    "punches": {
        vol.Optional(CONF_IN_WINDOW): TextSelector(),
        vol.Optional(CONF_OUT_WINDOW): TextSelector(),
        vol.Optional(CONF_OPENS_BEFORE_HOURS): _HOURS,
        vol.Optional(CONF_CLOSES_AFTER_HOURS): _HOURS,
        vol.Optional(CONF_KEYS): choice(CONF_KEYS, CHOICES[CONF_KEYS]),
        vol.Optional(CONF_MINIMUM_GAP): _number(3600),
        vol.Optional(CONF_MISSING_OUT): choice(
            CONF_MISSING_OUT, CHOICES[CONF_MISSING_OUT]
        ),
        vol.Optional(CONF_CAP_HOURS): _HOURS,
    },
    "working_time": {
        vol.Optional(CONF_HOURS): choice(CONF_HOURS, CHOICES[CONF_HOURS]),
        vol.Optional(CONF_REQUIRED_HOURS): _HOURS,
        vol.Optional(CONF_HALF_DAY_HOURS): _HOURS,
        vol.Optional(CONF_ABSENT_HOURS): _HOURS,
        vol.Optional(CONF_FROM_START): BooleanSelector(),
        vol.Optional(CONF_BREAKS): _LINES,
        vol.Optional(CONF_PAID_BREAK_TIMES): _LINES,
        vol.Optional(CONF_PAID_BREAKS): BooleanSelector(),
        vol.Optional(CONF_DEDUCT_MINUTES): _MINUTES,
        vol.Optional(CONF_DEDUCT_AFTER_HOURS): _HOURS,
        vol.Optional(CONF_OVERTIME): choice(CONF_OVERTIME, CHOICES[CONF_OVERTIME]),
        vol.Optional(CONF_OVERTIME_MINUTES): _MINUTES,
        vol.Optional(CONF_ROUNDING_MINUTES): _number(120),
        vol.Optional(CONF_ROUND_ARRIVAL): _ROUND,
        vol.Optional(CONF_ROUND_DEPARTURE): _ROUND,
        vol.Optional(CONF_ROUND_TOTAL): _ROUND,
    },
}


def shift_fields() -> dict[vol.Marker, Any]:
    """Return the sections of a form.

    Without a default, which the frontend would show instead of what is kept. Required:
    what left one out would erase it.
    """
    return {
        vol.Required(name): section(
            vol.Schema(dict(fields)), {"collapsed": name != "times"}
        )
        for name, fields in SECTIONS.items()
    }


def flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered without its sections, and without what is empty."""
    found: dict[str, Any] = {}
    for key, value in user_input.items():
        found |= value if key in SECTIONS else {key: value}
    # A line that was added and left blank is none.
    for key, value in found.items():
        if isinstance(value, list):
            found[key] = [one for one in value if one.strip()]
    return {key: value for key, value in found.items() if value not in ("", [])}


def in_sections(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept as a form shows it."""
    return {
        **data,
        **{
            name: {
                str(key): data[str(key)]
                for key in fields
                if data.get(str(key)) is not None
            }
            for name, fields in SECTIONS.items()
        },
    }


def wrong_with(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a shift as an error of its form."""
    try:
        shift_of(data)
    except RuleRefused as err:
        return {"base": f"rule_{err.reason}"}
    return {}

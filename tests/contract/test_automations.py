"""Triggers and conditions: what the code takes, the forms ask, and the texts explain."""

from typing import Any

import pytest
import voluptuous as vol

from custom_components.syncid import condition, device_trigger, trigger
from custom_components.syncid.core.attendance.marks import STATUSES
from custom_components.syncid.core.records import DIRECTIONS, METHODS
from custom_components.syncid.selection import FINALITIES
from homeassistant.helpers.selector import validate_selector

from .source import COMPONENT, read_yaml
from .test_translations import ENGLISH, placeholders, selectors_of_automations, texts

OPTIONS: dict[tuple[str, str], dict[Any, Any]] = {
    ("triggers", "punched"): trigger.PUNCHED_OPTIONS,
    ("triggers", "attendance_changed"): trigger.ATTENDANCE_OPTIONS,
    ("conditions", "is_on_site"): condition.ON_SITE_OPTIONS,
    ("conditions", "attendance_is"): condition.ATTENDANCE_OPTIONS,
}
CHOICES: dict[str, tuple[str, ...]] = {
    "attendance_status": STATUSES,
    "finality": FINALITIES,
    "direction_of_punch": DIRECTIONS,
    "punch_method": METHODS,
    "who": trigger.WHO,
}


def test_all_are_described() -> None:
    """Nothing is there that cannot be chosen, and nothing to choose that is not there."""
    described = {
        (section, name)
        for section in ("triggers", "conditions")
        for name in read_yaml(COMPONENT / f"{section}.yaml")
    }
    in_code = {("triggers", name) for name in trigger.TRIGGERS}
    in_code |= {("conditions", name) for name in condition.CONDITIONS}
    in_english = {
        (section, name)
        for section in ("triggers", "conditions")
        for name in ENGLISH[section]
    }
    assert described == in_code == in_english == set(OPTIONS)


@pytest.mark.parametrize(("section", "name"), sorted(OPTIONS))
def test_fields(section: str, name: str) -> None:
    """Every option has a field with a selector that is right, a name and a text."""
    fields = read_yaml(COMPONENT / f"{section}.yaml")[name]["fields"]
    english = ENGLISH[section][name]
    assert set(english) == {"name", "description", "fields"}
    options = {str(key): key for key in OPTIONS[section, name]}
    assert set(options) == set(fields) == set(english["fields"])
    for option, key in options.items():
        field = fields[option]
        validate_selector(field["selector"])
        assert set(english["fields"][option]) == {"name", "description"}
        if isinstance(key, vol.Required):
            assert field["required"]
        elif not isinstance(key.default, vol.Undefined):
            assert key.default() == field["default"]
    assert not any(placeholders(text) for _, text in texts(english))


def test_choices() -> None:
    """Every choice is one that the code takes, and has a name."""
    asked = {}
    for selector in selectors_of_automations():
        select = selector["select"]
        asked[select["translation_key"]] = set(select["options"])
    assert asked == {key: set(words) for key, words in CHOICES.items()}
    for key, words in CHOICES.items():
        assert set(ENGLISH["selector"][key]["options"]) == set(words)


def test_device_triggers() -> None:
    """Every device trigger has a text."""
    assert set(ENGLISH["device_automation"]) == {"trigger_type"}
    assert set(ENGLISH["device_automation"]["trigger_type"]) == set(
        device_trigger.TRIGGER_TYPES
    )

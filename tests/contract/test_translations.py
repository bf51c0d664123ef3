"""Every text that the code asks for is there, and every text that is there is asked for.

Home Assistant shows a key where a text is missing, and says nothing of it.
"""

import ast
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from importlib import import_module
from pathlib import Path
import re
from string import Formatter
from typing import Any, get_args

import pytest
import voluptuous as vol

from custom_components.syncid import config_flow, const, issues, problems, strangers
from custom_components.syncid.actions import (
    attendance as attendance_actions,
    corrections as correction_actions,
    faces as face_actions,
    fingers as finger_actions,
    imports,
    installer,
    mapping as mapping_actions,
    merging,
    people as people_actions,
    plans as plan_actions,
    sync as sync_actions,
    templates as template_actions,
    terminal as services,
    users as user_actions,
)
from custom_components.syncid.actions.control import CONTROL_ACTIONS
from custom_components.syncid.attendance import changing, holidays, rules
from custom_components.syncid.core.adms.results import Reason
from custom_components.syncid.core.codes import DIRECTION_OPTIONS, VERIFY_OPTIONS
from custom_components.syncid.core.errors import (
    AuthRejected,
    EnrollmentReason,
    LinkError,
    Loss,
    PushRefusedReason,
    RefusedReason,
    RuleReason,
    SheetReason,
)
from custom_components.syncid.core.ledger.schema import metadata
from custom_components.syncid.core.people import KINDS, PersonReason
from custom_components.syncid.core.people_rows import RowReason
from custom_components.syncid.core.records import (
    ALARM_TYPES,
    DIRECTIONS,
    METHODS,
    ROLES,
    Capacity,
)
from custom_components.syncid.core.terminal.vault import VaultReason
from custom_components.syncid.flows import (
    groups as group_flow,
    options as options_flow,
    shift_form,
    shifts as shift_flow,
)
from custom_components.syncid.flows.terminal_form import (
    ANNOUNCED_SCHEMA,
    CONNECTION_SCHEMA,
    PUSH_SCHEMA,
    REAUTH_SCHEMA,
    TERMINAL_SCHEMA,
)
from custom_components.syncid.push import guesses, iclock
from homeassistant.const import Platform

from .source import (
    COMPONENT,
    calls,
    dict_keys,
    dotted,
    keyword,
    ours,
    read_json,
    read_yaml,
    tree,
)

ENGLISH = read_json(COMPONENT / "translations" / "en.json")
CONFIG_FLOW = COMPONENT / "config_flow.py"
OPTIONS_FLOW = COMPONENT / "flows" / "options.py"

# Where a flow begins without anybody being asked.
SILENT_STEPS = {"dhcp", "integration_discovery", "system", "reauth"}
SCHEMAS = {
    "terminal": TERMINAL_SCHEMA,
    "push": PUSH_SCHEMA,
    "announced": ANNOUNCED_SCHEMA,
    "reauth_confirm": REAUTH_SCHEMA,
    "connection": CONNECTION_SCHEMA,
}
# Steps that ask for a choice, or only show something.
MENUS = {"user", "reconfigure"}
PAGES = {"token", "new_token"}
# What those pages show.
SECRETS = {"name", "server", "port", "url", "token", "webhook_url", "example"}
# What Home Assistant's own helpers abort with. That reauth and reconfigure went well,
# it says itself.
OWN_ABORTS = {"already_configured", "already_in_progress"}
# What can go wrong while a terminal is met for the first time.
MEETING = {
    key
    for kind, key in problems.ERROR_KEYS
    if issubclass(kind, (LinkError, AuthRejected))
}


def texts(branch: Any = ENGLISH, *path: str) -> Iterator[tuple[str, str]]:
    """Yield every text, with the keys that lead to it."""
    if isinstance(branch, str):
        yield ".".join(path), branch
        return
    for key, below in branch.items():
        yield from texts(below, *path, key)


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def constant(node: ast.expr | None, module: Any) -> str:
    """Return a word that is written out, or named in a module."""
    match node:
        case ast.Constant(value=str(word)):
            return word
        case ast.Name(id=name):
            return str(getattr(module, name))
    raise AssertionError(f"not a plain word: {node and ast.unparse(node)}")


def fields(path: Path, module: Any) -> set[str]:
    """Return the fields of all schemas of a module."""
    return {
        constant(node.args[0], module)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"Required", "Optional"}
    }


# Entities of a platform that have a module of their own.
BESIDES = [(Platform.SENSOR, "person_sensor"), (Platform.SENSOR, "site_sensor")]


def descriptions() -> Iterator[tuple[str, Any]]:
    """Yield the description of every entity, with its platform."""
    platforms = {*const.PLATFORMS, *const.SITE_PLATFORMS}
    for platform, name in [*((one, one) for one in platforms), *BESIDES]:
        module = import_module(f"custom_components.syncid.{name}")
        for value in vars(module).values():
            for one in value if isinstance(value, tuple) else (value,):
                if is_dataclass(type(one)) and hasattr(one, "translation_key"):
                    yield platform, one


# --- what all texts are ---------------------------------------------------------------


def is_plain(text: str) -> bool:
    """Tell whether the validators take a text."""
    return (
        bool(text)
        and text == text.strip()
        and not re.search(r"[<>]|https?:|www\.|\[%", text)
        and all(
            name.isidentifier() and f"'{{{name}}}'" not in text
            for name in placeholders(text)
        )
    )


def test_plain() -> None:
    """No text has markup, addresses, blanks around it, or odd placeholders."""
    assert [key for key, text in texts() if not is_plain(text)] == []


@pytest.mark.parametrize(
    "text",
    ["", " a", "a ", "<b>a</b>", "see https://a.b", "[%key:a%]", "'{a}'", "{a b}"],
)
def test_not_plain(text: str) -> None:
    """These are the texts that would be refused."""
    assert not is_plain(text)


def test_sections() -> None:
    """There is nothing that nobody reads."""
    assert set(ENGLISH) == {
        "config",
        "conditions",
        "config_panel",
        "config_subentries",
        "device_automation",
        "entity",
        "exceptions",
        "issues",
        "options",
        "selector",
        "services",
        "system_health",
        "triggers",
    }


# --- config flow ----------------------------------------------------------------------


def test_steps() -> None:
    """Every step that asks something has texts."""
    asked = {
        name.removeprefix("async_step_")
        for name in vars(config_flow.SyncIDConfigFlow)
        if name.startswith("async_step_")
    } - SILENT_STEPS
    assert set(ENGLISH["config"]["step"]) == asked == MENUS | PAGES | set(SCHEMAS)


@pytest.mark.parametrize("step", sorted(SCHEMAS))
def test_fields(step: str) -> None:
    """Every field has a name, and says what it is for."""
    asked = {str(key) for key in SCHEMAS[step].schema}
    assert set(ENGLISH["config"]["step"][step]["data"]) == asked
    assert set(ENGLISH["config"]["step"][step]["data_description"]) == asked


def test_menus() -> None:
    """Every choice of a menu has a name."""
    choices = {
        constant(keyword(menu, "step_id"), config_flow): set(
            ast.literal_eval(keyword(menu, "menu_options") or ast.List([]))
        )
        for menu in calls(CONFIG_FLOW, "async_show_menu")
    }
    assert set(choices) == MENUS
    for step, options in choices.items():
        assert set(ENGLISH["config"]["step"][step]["menu_options"]) == options


def test_errors() -> None:
    """Every error of the form has a text."""
    assert set(ENGLISH["config"]["error"]) == MEETING | {
        "invalid_serial",
        "name_missing",
        "unknown",
        "wrong_terminal",
    }


def test_aborts() -> None:
    """Every end without an entry has a text."""
    given = {
        constant(reason, config_flow)
        for call in calls(CONFIG_FLOW, "async_abort", "_abort_if_unique_id_mismatch")
        if isinstance(reason := keyword(call, "reason"), ast.Constant)
    }
    found = MEETING - {"invalid_auth"}  # which asks instead
    assert set(ENGLISH["config"]["abort"]) == given | found | OWN_ABORTS | {"unknown"}


@pytest.mark.parametrize(
    ("step", "passed"),
    [
        ("user", set()),
        ("terminal", set()),
        ("reauth_confirm", {"name"}),
        ("reconfigure", {"name"}),
        ("connection", {"name"}),
        ("push", set()),
        ("announced", {"serial", "address"}),
        ("token", SECRETS),
        ("new_token", SECRETS),
    ],
)
def test_placeholders_of_steps(step: str, passed: set[str]) -> None:
    """The texts of a step name what the step passes."""
    used = {
        name
        for _, text in texts(ENGLISH["config"]["step"][step])
        for name in placeholders(text)
    }
    assert used == passed


def test_placeholders_of_options() -> None:
    """The texts of the options name what the flow passes."""
    passed = {
        key
        for call in calls(OPTIONS_FLOW, "async_show_form")
        for key in dict_keys(keyword(call, "description_placeholders"))
    }
    used = {
        name for _, text in texts(ENGLISH["options"]) for name in placeholders(text)
    }
    assert used == passed


def test_flow_title() -> None:
    """A terminal that was found is called by its name."""
    assert placeholders(ENGLISH["config"]["flow_title"]) == {"name"}


def test_options() -> None:
    """Every option has a name, and says what it is for."""
    asked = fields(OPTIONS_FLOW, options_flow)
    options = ENGLISH["options"]
    assert set(options) == {"error", "step"}
    assert set(options["step"]) == {"init", "general", "attendance", "entities"}
    told: list[str] = []
    for step in options["step"].values():
        assert set(step["data"]) == set(step["data_description"])
        told += step["data"]
    # Two of them ask for a time zone.
    assert {*told} == {*asked}
    general = {str(key) for key in options_flow.SITE_SCHEMA.schema}
    assert set(options["step"]["general"]["data"]) == general
    (menu,) = calls(OPTIONS_FLOW, "async_show_menu")
    choices = ast.literal_eval(keyword(menu, "menu_options") or ast.List([]))
    assert set(options["step"]["init"]["menu_options"]) == set(choices)
    check_rules(options["step"]["attendance"]["sections"], options["error"])


def check_rules(sections: dict[str, Any], errors: dict[str, str]) -> None:
    """See that every field of a shift, and what can be wrong with one, has a text."""
    assert set(sections) == set(shift_form.SECTIONS)
    for name, asked in shift_form.SECTIONS.items():
        assert set(sections[name]) == {
            "data",
            "data_description",
            "description",
            "name",
        }
        for key in ("data", "data_description"):
            assert set(sections[name][key]) == {str(field) for field in asked}
    wrong = set(get_args(RuleReason.__value__)) - set(rules.NEVER_IN_A_SHIFT)
    assert {key for key in errors if key.startswith("rule_")} == {
        f"rule_{reason}" for reason in wrong
    }


def test_shifts() -> None:
    """Every step, field and error of the flow of a shift has a text."""
    shift = ENGLISH["config_subentries"][const.SUBENTRY_SHIFT]
    assert set(shift) == {"entry_type", "initiate_flow", "step", "error"}
    assert set(shift["initiate_flow"]) == set(shift["step"]) == {"user", "reconfigure"}
    asked = {str(key) for key in shift_flow.shift_schema({}).schema}
    for step in shift["step"].values():
        own = asked - set(shift_form.SECTIONS)
        assert set(step["data"]) == set(step["data_description"]) == own
        check_rules(step["sections"], shift["error"])
    own_errors = {"name_missing", "name_reserved", "name_taken", "taken"}
    assert own_errors <= set(shift["error"])
    assert not any(placeholders(text) for _, text in texts(shift))


def test_selectors() -> None:
    """Every choice of a selector has a name."""
    used = {
        constant(call.args[0], options_flow) for call in calls(OPTIONS_FLOW, "choice")
    }
    used |= {
        constant(call.args[0], shift_form)
        for call in calls(COMPONENT / "flows" / "shift_form.py", "choice")
    }
    choices = {
        **rules.CHOICES,
        const.CONF_WORKDAYS: rules.WEEKDAYS,
        "direction": DIRECTION_OPTIONS,
        "mode": const.MODES,
        "unlock_unit": const.UNLOCK_UNITS,
        "verify_codes": VERIFY_OPTIONS,
    }
    in_actions = {
        "direction_of_punch": DIRECTIONS,
        "format": attendance_actions.FORMATS,
        "kind": KINDS,
        "leave_kind": plan_actions.LEAVE_KINDS,
        "mark": correction_actions.MARKS,
        "privilege": tuple(ROLES),
        "table": attendance_actions.TABLES,
    }
    assert used == set(choices)
    choices |= in_actions
    of_automations = {
        one["select"]["translation_key"] for one in selectors_of_automations()
    }
    assert set(ENGLISH["selector"]) == set(choices) | of_automations
    for key, options in choices.items():
        assert set(ENGLISH["selector"][key]["options"]) == set(options)


def selectors_of_automations() -> Iterator[dict[str, Any]]:
    """Yield the selectors of triggers and conditions that have choices of ours."""
    for name in ("triggers", "conditions"):
        for one in read_yaml(COMPONENT / f"{name}.yaml").values():
            for field in one["fields"].values():
                if "select" in field["selector"]:
                    yield field["selector"]


# --- groups ---------------------------------------------------------------------------


def test_groups() -> None:
    """Every step, field, error and end of the flow of a group has a text."""
    assert set(ENGLISH["config_subentries"]) == {
        const.SUBENTRY_GROUP,
        const.SUBENTRY_SHIFT,
    }
    group = ENGLISH["config_subentries"][const.SUBENTRY_GROUP]
    assert set(group) == {"entry_type", "initiate_flow", "step", "error", "abort"}
    assert set(group["initiate_flow"]) == set(group["step"]) == {"user", "reconfigure"}
    asked = {str(key) for key in group_flow.group_schema({}).schema}
    for step in group["step"].values():
        assert set(step["data"]) == set(step["data_description"]) == asked
    path = COMPONENT / "flows" / "groups.py"
    (wrong,) = (
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name == "_wrong"
    )
    errors = {
        constant(node.value.values[0], group_flow)
        for node in ast.walk(wrong)
        if isinstance(node, ast.Return)
        and isinstance(node.value, ast.Dict)
        and node.value.values
    }
    assert set(group["error"]) == errors
    ends = {
        constant(keyword(call, "reason"), group_flow)
        for call in calls(path, "async_abort")
    }
    assert set(group["abort"]) == ends
    assert {
        key: placeholders(text) for key, text in texts(group) if placeholders(text)
    } == {"error.user_ids_invalid": {"value"}}


# --- entities -------------------------------------------------------------------------


def test_entities() -> None:
    """Every entity has a name of ours, or that of its device class."""
    keys: dict[str, set[str]] = {}
    for platform, description in descriptions():
        if description.translation_key is not None:
            assert description.translation_key == description.key
            keys.setdefault(platform, set()).add(description.translation_key)
        else:
            assert description.device_class is not None
    assert keys == {
        platform: set(entities) for platform, entities in ENGLISH["entity"].items()
    }
    assert all("name" in entity for _, entity in entities())


def entities() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the texts of every entity."""
    for platform in ENGLISH["entity"].values():
        yield from platform.items()


def test_units() -> None:
    """What is counted has a unit that can be translated, unless it has one anyway."""
    counted = {
        description.key
        for platform, description in descriptions()
        if platform == Platform.SENSOR
        and description.device_class is None
        and getattr(description, "native_unit_of_measurement", None) is None
    }
    with_unit = {key for key, entity in entities() if "unit_of_measurement" in entity}
    assert with_unit == counted


def test_punch_attributes() -> None:
    """What is known of a punch has a name, and each of its values too."""
    attributes = dict(ENGLISH["entity"]["event"]["punch"]["state_attributes"])
    assert set(attributes["event_type"]["state"]) == set(DIRECTIONS)
    assert set(attributes["method"]["state"]) == set(METHODS)
    # Ids are for automations, not for the eye.
    ids = {"entry_id", "device_id", "person_id"}
    assert set(attributes) - {"event_type"} == event_data("punch") - ids


def test_alarm_attributes() -> None:
    """What is known of an alarm has a name, and each of its types too."""
    attributes = dict(ENGLISH["entity"]["event"]["alarm"]["state_attributes"])
    for key in ("event_type", "type"):
        assert set(attributes[key]["state"]) == set(ALARM_TYPES)
    ids = {"entry_id", "device_id"}
    assert set(attributes) - {"event_type"} == event_data("alarm") - ids


# Where the data of the bus events are put together.
PLACES = {
    "punch": {"_async_place", "async_describe", "_async_announce_punch"},
    "alarm": {"_async_place", "_async_announce_alarm"},
}


def event_data(kind: str) -> set[str]:
    """Return the keys of a bus event: of its own, and of where it happened."""
    return {
        key.value
        for function in ast.walk(tree(COMPONENT / "hub.py"))
        if isinstance(function, ast.FunctionDef) and function.name in PLACES[kind]
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def test_states_have_no_placeholders() -> None:
    """The text of a state is the same for all."""
    states = [text for key, text in texts() if ".state." in key]
    assert states
    assert not any(placeholders(text) for text in states)


# --- exceptions and issues ------------------------------------------------------------


def raised() -> dict[str, set[str]]:
    """Return the keys of our exceptions, with what is passed for their placeholders."""
    found: dict[str, set[str]] = {}
    for path in ours():
        module = import_module(f"custom_components.syncid.{dotted(path)}")
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and not (
                    isinstance(node.func, ast.Attribute)
                    # Issues have texts of their own, and the panel's commands pass
                    # on what was raised.
                    and node.func.attr in ("async_create_issue", "send_error")
                )
                and (domain := keyword(node, "translation_domain")) is not None
            ):
                assert constant(domain, module) == const.DOMAIN
                if ast.unparse(keyword(node, "translation_key") or node) == "key":
                    continue  # of an error with a file
                key = constant(keyword(node, "translation_key"), module)
                passed = dict_keys(keyword(node, "translation_placeholders"))
                assert found.setdefault(key, passed) == passed
    return found


# What may be wrong with a line of an export to a USB stick.
LINES = {"impossible_date", "nobody", "unknown_layout"}


def test_exceptions() -> None:
    """Every error that reaches an admin has a text, and names what it is passed."""
    passed = raised()
    known = {key for _, key in problems.ERROR_KEYS} | {"unknown"}
    refused = set(get_args(RefusedReason.__value__))
    refused |= {f"enrollment_{why}" for why in get_args(EnrollmentReason.__value__)}
    damaged = {f"file_{reason}" for reason in get_args(VaultReason.__value__)}
    damaged |= {"file_not_read", "file_not_written"}
    lost = {f"loss_{what}" for what in get_args(Loss.__value__)}
    by_push = {f"push_{why}" for why in get_args(PushRefusedReason.__value__)}
    answered = {f"push_{why}" for why in get_args(Reason.__value__)}
    people = {f"person_{why}" for why in get_args(PersonReason.__value__)}
    sheets = {f"sheet_{why}" for why in get_args(SheetReason.__value__)}
    wrong = set(get_args(RuleReason.__value__)) - set(rules.NEVER_IN_A_SHIFT)
    # The panel takes the zone of the site, too.
    shifts = {f"rule_{why}" for why in wrong} | {"rule_zone_unknown"}
    lines = {f"attlog_{why}" for why in LINES}
    rows = {f"row_{why}" for why in get_args(RowReason.__value__)}
    assert set(ENGLISH["exceptions"]) == (
        known
        | refused
        | damaged
        | lost
        | by_push
        | answered
        | people
        | sheets
        | rows
        | shifts
        | lines
        | set(passed)
    )
    for key, entry in ENGLISH["exceptions"].items():
        assert set(entry) == {"message"}
        used = placeholders(entry["message"])
        if key in passed:
            assert used <= passed[key]
        elif key in refused:
            assert used <= {"name", "value", "limit"}
        elif key in lost:
            assert used <= {"name", "going", "held"}
        elif key in by_push:
            assert used <= {"name", "value"}
        elif key in answered:
            assert used <= {"name", "code"}
        elif key in people:
            assert used <= {"name", "external_id", "ha_person"}
        elif key in sheets:
            assert used <= {"file", "value"}
        elif key in rows | shifts | lines:
            assert used <= {"value"}
        elif key in damaged:
            assert used <= {"file", "error"}
        elif key == "not_as_written":
            assert used <= {"name", "user_id", "now"}
        else:
            assert used <= {"name", "error"}


def test_errors_of_terminals_and_others() -> None:
    """One key that two kinds of places use is passed what it names by both."""
    (translation,) = (
        node
        for node in ast.walk(tree(COMPONENT / "problems.py"))
        if isinstance(node, ast.FunctionDef) and node.name == "translation_of"
    )
    passed = {
        key.value
        for node in ast.walk(translation)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    for _, key in problems.ERROR_KEYS:
        assert placeholders(ENGLISH["exceptions"][key]["message"]) <= passed


def test_issues() -> None:
    """Every issue has a title and a text, and names what it is passed."""
    created = {
        constant(keyword(call, "translation_key"), const): call
        for call in calls(COMPONENT / "hub.py", "async_create_issue")
    } | {
        constant(keyword(call, "translation_key"), module): call
        for module in (changing, iclock)
        for call in calls(Path(str(module.__file__)), "async_create_issue")
    }
    passed = {
        key: dict_keys(keyword(call, "translation_placeholders"))
        for key, call in created.items()
    }
    fixable = {
        key: ast.literal_eval(keyword(call, "is_fixable") or ast.Constant(None))
        for key, call in created.items()
    }
    for issue in issues.ISSUES:
        found = issue.find_fn(BAD_FACTS[issue.key == "clock_wrong"])
        fixable[issue.key] = False
        assert issue.find_fn(GOOD_FACTS) is None
        assert (found is None) == (issue is issues.UNREACHABLE)
        passed[issue.key] = {"name", *({"hours"} if found is None else found)}
    for trouble in holidays.ISSUES:
        fixable[trouble], passed[trouble] = False, {"entity_id"}
    for key in guesses.ISSUES:
        fixable[key], passed[key] = False, {"addresses"}
    for key in strangers.ISSUES.values():
        fixable[key], passed[key] = False, {"name"}
    fixable[const.ISSUE_ERASED_KEY_LOST] = False
    passed[const.ISSUE_ERASED_KEY_LOST] = set()
    fixable[issues.NOT_SYNCED.key] = False
    passed[issues.NOT_SYNCED.key] = {"name", "error"}
    fixable[issues.PUNCHES_MISSING.key] = False
    passed[issues.PUNCHES_MISSING.key] = {"name", "counted", "stored"}
    fixable[issues.NOT_TOLD.key] = False
    passed[issues.NOT_TOLD.key] = {"name"}
    fixable[issues.PUSH_REFUSED.key] = False
    passed[issues.PUSH_REFUSED.key] = {"name"}
    assert {
        key: {name for _, text in texts(issue) for name in placeholders(text)}
        for key, issue in ENGLISH["issues"].items()
    } == passed
    for key, issue in ENGLISH["issues"].items():
        assert set(issue) == {"title", "fix_flow" if fixable[key] else "description"}


GOOD_FACTS = issues.Facts(
    polled=True,
    capacity=Capacity(1, 1, 1, 1, 10, 10, 10, 10),
    log_cleared=False,
    clock_drift=0,
    clock_sync=False,
    clock_failed=False,
    clock_held=False,
)
_WRONG = replace(GOOD_FACTS, clock_drift=100)
BAD_FACTS = (
    replace(
        _WRONG,
        capacity=Capacity(10, 10, 10, 10, 10, 10, 10, 10),
        log_cleared=True,
        clock_sync=True,
        clock_failed=True,
        clock_held=True,
    ),
    _WRONG,
)


# --- actions --------------------------------------------------------------------------


def test_actions() -> None:
    """Every action has texts and fields: in English, in services.yaml, in the code."""
    described = read_yaml(COMPONENT / "services.yaml")
    schemas = {name: services.DEVICE_SCHEMA for name, *_ in services._ACTIONS}
    schemas |= services._SCHEMAS
    schemas |= {
        control.name: services.DEVICE_SCHEMA.extend(control.fields)
        for control in CONTROL_ACTIONS
    }
    schemas["get_punches"] = services.GET_PUNCHES_SCHEMA
    schemas["import_attlog"] = imports.IMPORT_SCHEMA
    schemas |= dict.fromkeys(installer.INSTALL_ACTIONS, installer.INSTALL_SCHEMA)
    for actions in (
        user_actions.USER_ACTIONS,
        finger_actions.FINGER_ACTIONS,
        face_actions.FACE_ACTIONS,
        template_actions.TEMPLATE_ACTIONS,
        sync_actions.SYNC_ACTIONS,
        people_actions.PEOPLE_ACTIONS,
        mapping_actions.MAPPING_ACTIONS,
        (merging.MERGE_ACTION,),
        attendance_actions.ATTENDANCE_ACTIONS,
        attendance_actions.READING_ACTIONS,
        correction_actions.CORRECTION_ACTIONS,
        plan_actions.PLAN_ACTIONS,
    ):
        schemas |= {action.name: action.schema for action in actions}
    assert set(ENGLISH["services"]) == set(described) == set(schemas)
    for name, action in ENGLISH["services"].items():
        assert set(action) == {"name", "description", "fields"}
        asked = {str(key) for key in schemas[name].schema}
        assert set(action["fields"]) == set(described[name]["fields"]) == asked
        for field in action["fields"].values():
            assert set(field) == {"name", "description"}


def test_required_fields() -> None:
    """A field that is required is so in the form too, with the same default."""
    described = read_yaml(COMPONENT / "services.yaml")
    for key in services.GET_PUNCHES_SCHEMA.schema:
        field = described["get_punches"]["fields"][str(key)]
        assert not field.get("required")
        if "default" in field:
            assert key.default() == field["default"]
    for name, *_ in services._ACTIONS:
        assert described[name]["fields"]["device_id"]["required"]
    for control in CONTROL_ACTIONS:
        fields = described[control.name]["fields"]
        assert fields["device_id"]["required"]
        for key in control.fields:
            assert fields[str(key)].get("required", False) is isinstance(
                key, vol.Required
            )
            if isinstance(key, vol.Optional):
                assert callable(key.default)
                assert key.default() == fields[str(key)]["default"]


# --- system health --------------------------------------------------------------------


def test_system_health() -> None:
    """Every number has a name, and so has what cannot be told."""
    (error,) = (
        node
        for node in ast.walk(tree(COMPONENT / "system_health.py"))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
        if None not in node.value.keys
    )
    counted = {"terminals", "punches", "quarantine"}
    assert counted <= set(metadata.tables)
    assert set(ENGLISH["system_health"]["info"]) == counted | dict_keys(error.value)

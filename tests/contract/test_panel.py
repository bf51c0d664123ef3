"""The panel's two sides: what Python sends is what TypeScript expects."""

import ast
from collections.abc import Iterator
from hashlib import sha256
import inspect
import json
import re
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    TypeAliasType,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import pytest
import voluptuous as vol

from custom_components.syncid.actions.corrections import BY_PUNCHES, MARKS
from custom_components.syncid.actions.mapping import MAX_FILE
from custom_components.syncid.core.attendance.marks import STATUSES
from custom_components.syncid.core.attendance.reasons import _TEXTS
from custom_components.syncid.panel.cards import CARDS
from custom_components.syncid.panel.commands import COMMANDS
from custom_components.syncid.panel.jobs import _STOPPABLE, ACTIONS, PEOPLE_ACTIONS
from custom_components.syncid.panel.payloads import PAYLOADS
from custom_components.syncid.panel.register import DIST, MODULE
from custom_components.syncid.panel.terminals import _FULL

from .source import COMPONENT, ROOT, calls, ours, read_json

SOURCES = ROOT / "frontend" / "src"
TYPES = "".join(
    path.read_text("utf-8")
    for path in (SOURCES / "types.ts", *sorted((SOURCES / "types").iterdir()))
)
API = (SOURCES / "api.ts").read_text("utf-8")
# Bytes: what a phone at the gate has to load, and what every dashboard has to.
MAX_BYTES = {MODULE: 150_000, CARDS: 40_000}
# The pictograms of the panel: one more file, which it asks for once.
ICONS = "syncid-icons.svg"

_PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    Any: "unknown",
}


def in_typescript(kind: Any) -> str:
    """Return a type of Python as it is written in TypeScript."""
    if isinstance(kind, TypeAliasType):
        return kind.__name__
    if is_typeddict(kind):
        return str(kind.__name__)
    if kind in (None, NoneType):
        return "null"
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " | ".join(f'"{word}"' for word in inside)
    if origin is list:
        item = in_typescript(inside[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is dict:
        return f"Record<string, {in_typescript(inside[1])}>"
    assert isinstance(kind, UnionType), f"{kind} is not known in TypeScript"
    return " | ".join(in_typescript(one) for one in inside)


def aliases(kind: Any) -> set[TypeAliasType]:
    """Return the names for types that a type is made of."""
    if isinstance(kind, TypeAliasType):
        return {kind}
    return {found for one in get_args(kind) for found in aliases(one)}


WORDS = sorted(
    {
        found
        for payload in PAYLOADS
        for kind in get_type_hints(payload).values()
        for found in aliases(kind)
    },
    key=lambda alias: alias.__name__,
)


def interface(payload: Any) -> str:
    """Return a payload as TypeScript has it."""
    fields = "".join(
        f"  {name}: {in_typescript(kind)};\n"
        for name, kind in get_type_hints(payload).items()
    )
    return f"export interface {payload.__name__} {{\n{fields}}}\n"


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda one: one.__name__)
def test_payloads(payload: Any) -> None:
    """Field by field the same."""
    assert interface(payload) in TYPES


@pytest.mark.parametrize("alias", WORDS, ids=lambda one: one.__name__)
def test_words(alias: TypeAliasType) -> None:
    """The same words for the same things."""
    said = f"export type {alias.__name__} = {in_typescript(alias.__value__)};"
    assert said in TYPES


def test_no_other_payloads() -> None:
    """The panel expects nothing that nobody sends."""
    assert set(re.findall(r"export interface (\w+)", TYPES)) == {
        payload.__name__ for payload in PAYLOADS
    }


def sides() -> dict[str, tuple[set[str], set[str], str]]:
    """Return the commands of the panel: what must, what may be said, and the answer."""
    found = {}
    for name, fields, answer in re.findall(
        r'^  "([a-z/_]+)": \{ args: \{(.*?)\}; result: ([\w]+) \};$', API, re.MULTILINE
    ):
        said = re.findall(r"(\w+)(\??):", fields)
        found[name] = (
            {key for key, maybe in said if not maybe},
            {key for key, maybe in said if maybe},
            answer,
        )
    return found


HANDLERS: dict[str, Any] = {
    handler._ws_command.removeprefix("syncid/"): handler
    for handler in cast("tuple[Any, ...]", COMMANDS)
}


@pytest.mark.parametrize("name", HANDLERS)
def test_commands(name: str) -> None:
    """Each command takes and answers what the panel thinks."""
    handler = HANDLERS[name]
    must, may, answer = sides()[name]
    keys = {} if handler._ws_schema is False else handler._ws_schema.schema
    fields = {str(key): key for key in keys if str(key) not in ("id", "type")}
    required = {
        name for name, key in fields.items() if type(key).__name__ == "Required"
    }
    assert must == required
    assert may == fields.keys() - required
    hints = get_type_hints(inspect.unwrap(handler))
    if "tell" in hints:
        (told,), _ = get_args(hints["tell"])
        assert answer == told.__name__
    else:
        assert answer == in_typescript(hints["return"])


def test_no_other_commands() -> None:
    """The panel gives no command that nobody takes."""
    assert set(sides()) == set(HANDLERS)


def sources_hash() -> str:
    """Return what names the sources of the module, as frontend/build.mjs does."""
    digest = sha256()
    for path in sorted(SOURCES.rglob("*.ts"), key=lambda path: path.as_posix()):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("name", MAX_BYTES)
def test_module(name: str) -> None:
    """What is shipped was built of what is there, and is small."""
    module = (DIST / name).read_text("utf-8")
    assert f"sources {sources_hash()}" in module
    assert name.removesuffix(".js").removesuffix("s") in module
    assert len(module.encode()) < MAX_BYTES[name]


def test_only_the_modules_are_public() -> None:
    """Home Assistant gives this folder to everybody."""
    assert {path.name for path in DIST.iterdir()} == {*MAX_BYTES, ICONS}


def test_icons() -> None:
    """Each pictogram that the panel names is drawn, and its file has an address."""
    drawn = (DIST / ICONS).read_bytes()
    named = re.findall(
        r'^  (\w+) = "(\w+)",$',
        (SOURCES / "ui" / "icons.ts").read_text("utf-8"),
        re.MULTILINE,
    )
    assert {name for name, _ in named} == {value for _, value in named}
    assert {name for name, _ in named} == set(
        re.findall(r'<symbol id="(\w+)"', drawn.decode())
    )
    address = f"{ICONS}?h={sha256(drawn).hexdigest()[:12]}"
    assert address in (DIST / MODULE).read_text("utf-8")


@pytest.mark.parametrize("call", ["callWS", "callApi", "callService", "sendMessage"])
def test_cards_ask_nothing(call: str) -> None:
    """Whoever sees a card sees what entities tell, and SyncID is asked for no more."""
    for path in (SOURCES / "cards").rglob("*.ts"):
        assert call not in path.read_text("utf-8")


# --- texts ----------------------------------------------------------------------------

ENGLISH = read_json(COMPONENT / "translations" / "en.json")["config_panel"]


# Of a text that depends on how many: the forms of CLDR, and those that a language has.
FORMS = {"zero", "one", "two", "few", "many", "other"}
OWN_FORMS = {
    "ar": FORMS,
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
}
FEW_FORMS = {"one", "other"}


def is_text(branch: Any) -> bool:
    """Tell whether something is one text, be it in several forms."""
    return isinstance(branch, str) or ("other" in branch and branch.keys() <= FORMS)


def keys(branch: Any = ENGLISH, *path: str) -> set[str]:
    """Return the keys of all texts."""
    if is_text(branch):
        return {".".join(path)}
    return {key for name, below in branch.items() for key in keys(below, *path, name)}


def asked() -> set[str]:
    """Return what the sources ask for, with a star where only running tells."""
    branches = "|".join(ENGLISH)
    found = set()
    for path in SOURCES.rglob("*.ts"):
        text = path.read_text("utf-8")
        for branch in re.findall(r'\.word\("([a-z_.]+)"', text):
            found.add(f"{branch}.*")
        text = re.sub(r'\.word\("[a-z_.]+"', "", text)
        for key in re.findall(rf'"((?:{branches})\.[a-z_.0-9]+)"', text):
            found.add(key)
        for key in re.findall(rf"`((?:{branches})\.[^`]+)`", text):
            found.add(re.sub(r"\$\{[^}]+\}", "*", key))
    return found


def asked_here() -> set[str]:
    """Return what Home Assistant itself asks for: of exports, and of outcomes."""
    return {
        f"{ast.literal_eval(branch)}.*"
        for path in ours()
        for call in calls(path, "async_words")
        for branch in call.args[1:]
    }


def fits(pattern: str, key: str) -> bool:
    """Tell whether a text may be asked for so."""
    plain = re.escape(pattern).replace(r"\*", r"[a-z_0-9]+")
    return re.fullmatch(plain, key) is not None


def test_every_text_is_there() -> None:
    """The panel asks for no text that is missing."""
    known = keys()
    assert [one for one in asked() if not any(fits(one, key) for key in known)] == []


def test_every_text_is_asked_for() -> None:
    """No text is left of what is gone."""
    used = asked() | asked_here()
    assert [key for key in keys() if not any(fits(one, key) for one in used)] == []


def flat(branch: Any, *path: str) -> dict[str, Any]:
    """Return texts by their keys, those in several forms with their forms."""
    if is_text(branch):
        return {".".join(path): branch}
    return {
        key: text
        for name, below in branch.items()
        for key, text in flat(below, *path, name).items()
    }


def forms_of(text: Any) -> dict[str, str]:
    """Return the forms of a text."""
    return {"": text} if isinstance(text, str) else text


def wrong_in(language: str, text: Any, english: Any) -> bool:
    """Tell whether a text has other gaps or forms than it has to have."""

    def gaps(form: str) -> set[str]:
        return set(re.findall(r"\{\w+\}", form))

    forms = forms_of(text)
    needed = OWN_FORMS.get(language, FEW_FORMS)
    expected = gaps(next(iter(forms_of(english).values())))
    return (
        isinstance(text, str) != isinstance(english, str)
        or (not isinstance(text, str) and forms.keys() != needed)
        # Also of one: Home Assistant takes English where a text has other gaps.
        or any(gaps(form) != expected for form in forms.values())
        or any(form != form.strip() for form in forms.values())
    )


@pytest.mark.parametrize("language", ["en", "ar", "es", "fr", "hi", "sw", "ur"])
def test_languages(language: str) -> None:
    """All texts are there in all languages, with the same gaps, and all forms."""
    spoken = read_json(COMPONENT / "translations" / f"{language}.json")
    if language != "en":
        assert set(spoken) == {"config_panel"}
    theirs, ours = flat(spoken["config_panel"]), flat(ENGLISH)
    assert set(theirs) == set(ours)
    assert [
        key for key, text in theirs.items() if wrong_in(language, text, ours[key])
    ] == []


def test_words_of_actions() -> None:
    """Whatever can be begun has a name."""
    assert set(ENGLISH["actions"]) == {*ACTIONS, *PEOPLE_ACTIONS}


def constant(module: str, name: str) -> Any:
    """Return what a constant of the panel is."""
    text = (SOURCES / module).read_text("utf-8")
    found = re.search(rf"^const {name} = (.+);$", text, re.MULTILINE)
    assert found is not None
    return json.loads(found[1])


def test_told_twice() -> None:
    """What both sides know is the same on both."""
    assert constant("ui/health.ts", "FULL") == _FULL
    assert constant("ui/import.ts", "MOST_MB") * 1024 * 1024 == MAX_FILE
    assert set(constant("ui/jobs.ts", "STOPPABLE")) == _STOPPABLE
    # Who is inactive is in no list of marks; what is looked for most is first.
    assert {*constant("pages/attendance.ts", "STATUSES"), "inactive"} == {*STATUSES}
    assert set(constant("ui/day.ts", "MARKS")) == {*MARKS, BY_PUNCHES}


def limits() -> Iterator[tuple[str, str, int]]:
    """Yield where the panel asks a command for a page, and how many rows it wants."""
    for path in SOURCES.rglob("*.ts"):
        text = path.read_text("utf-8")
        asks = dict(re.findall(r"(\w+) = new Loaded\(this, \"([a-z/]+)\"\)", text))
        page = re.search(r"^const LIMIT = (\d+);$", text, re.MULTILINE)
        asking = r"this\.(?:(\w+)\.ask\(|askPage\(this\.(\w+), )(.*?)\);"
        for one, other, said in re.findall(asking, text, re.DOTALL):
            asked = one or other
            for wanted in re.findall(r"limit: (\w+)", said):
                assert wanted != "LIMIT" or page
                rows = page[1] if page and wanted == "LIMIT" else wanted
                yield path.name, asks[asked], int(rows)


def test_limits() -> None:
    """The panel asks for no more rows than a command gives."""
    found = [*limits()]
    assert len(found) > 15
    for place, name, rows in found:
        fields = HANDLERS[name]._ws_schema.schema.items()
        (check,) = (check for key, check in fields if str(key) == "limit")
        (most,) = (one.max for one in check.validators if isinstance(one, vol.Range))
        assert (place, name, rows <= most) == (place, name, True)


def test_words_of_reasons() -> None:
    """Why a day is marked so is said in the same words everywhere."""
    assert ENGLISH["why"] == {key: text for key, (text, _) in _TEXTS.items()}


def test_only_one_module_names_elements_of_home_assistant() -> None:
    """They come and go with its versions; elsewhere nothing hangs on them."""
    named = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.ts")
        if re.search(r"</?(ha|mwc|wa|paper|hui)-", path.read_text("utf-8"))
    }
    assert named == {"ui/ha.ts"}

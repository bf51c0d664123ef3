"""Keeps what a terminal has from one process to the next, if asked to."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
import json
from pathlib import Path
from typing import Any

from .journal import Content, Entry
from .records import AdmsPunch, AdmsUser, Photo, Template, decode, encode
from .terminal import AdmsTerminal


def save(terminal: AdmsTerminal, path: Path) -> None:
    """Write it into a file."""
    data = {
        "users": [asdict(user) for user in terminal],
        "templates": [asdict(template) for template in terminal.templates.values()],
        "face_photos": terminal.face_photos,
        "user_photos": terminal.user_photos,
        "authorizations": terminal.authorizations,
        "options": terminal.options,
        "registry_code": terminal.registry_code,
        "journals": {
            journal.table: {
                "position": journal.position,
                "entries": [
                    [entry.stamp, entry.kind, _pack(entry.content)] for entry in journal
                ],
            }
            for journal in terminal.journals.values()
        },
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(data))


def load(terminal: AdmsTerminal, path: Path) -> None:
    """Read it from a file."""
    data = json.loads(path.read_text())
    terminal.users = {user["user_id"]: AdmsUser(**user) for user in data["users"]}
    templates = [Template(**template) for template in data["templates"]]
    terminal.templates = {template.key: template for template in templates}
    terminal.face_photos = data["face_photos"]
    terminal.user_photos = data["user_photos"]
    terminal.authorizations = data["authorizations"]
    terminal.options = data["options"]
    terminal.registry_code = data["registry_code"]
    for table, kept in data["journals"].items():
        entries = [
            Entry(stamp, kind, _unpack(packed))
            for stamp, kind, packed in kept["entries"]
        ]
        terminal.journals[table].restore(entries, kept["position"])
    terminal.continue_log()


def _pack(content: Content) -> str | dict[str, Any]:
    """Return an entry's content as JSON has it."""
    if isinstance(content, str):
        return content
    packed = asdict(content) | {"time": content.time.isoformat()}
    if isinstance(content, Photo):
        packed["data"] = encode(content.data)
    return packed


def _unpack(packed: str | Mapping[str, Any]) -> Content:
    """Return an entry's content."""
    if isinstance(packed, str):
        return packed
    fields = dict(packed) | {"time": datetime.fromisoformat(packed["time"])}
    if "data" in fields:
        return Photo(**fields | {"data": decode(fields["data"])})
    return AdmsPunch(**fields)

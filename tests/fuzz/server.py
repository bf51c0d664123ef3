"""A server in memory, which answers terminals as Home Assistant would."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import override
from urllib.parse import parse_qsl, urlsplit

from custom_components.syncid.core.adms.commands import Commands
from custom_components.syncid.core.adms.dialogue import Answer, Context, answer
from custom_components.syncid.core.adms.phrasebook import Phrasebook
from custom_components.syncid.core.adms.queue import CommandRow, enqueue
from custom_components.syncid.core.adms.requests import Family, read_request
from custom_components.syncid.core.adms.state import TerminalState, Wishes
from custom_components.syncid.core.records import UserChange
from custom_components.syncid.core.rows import RowDecoder
from simulator.http import GOOD_MANNERS, Answer as HttpAnswer, HttpClient, Manner

SERIAL = "FUZZ0001"
NOW = 1_773_300_000.0
DECODER = RowDecoder("push", "auto")
WISHES = Wishes(biometrics=True, photos=True)


@dataclass(frozen=True, slots=True)
class Case:
    """A request as it came."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def table(self) -> str:
        """Return the table that it is of."""
        return dict(self.query).get("table", "")


class Server:
    """What is remembered of one terminal; None for one that nobody added."""

    def __init__(self, *, added: bool = True, family: Family | None = None) -> None:
        """Know nothing but that it was added."""
        self.state: TerminalState | None = None
        if added:
            self.state = TerminalState(
                serial=SERIAL, registry_code="c0de", session_id="5e55", family=family
            )
        self.rows: list[CommandRow] = []
        self.now = NOW

    def say(self, *some: Commands) -> None:
        """Put commands into the queue."""
        for commands in some:
            for command in commands:
                number = len(self.rows) + 1
                self.rows.append(enqueue(SERIAL, number, command, self.now))

    def answer(self, case: Case) -> Answer:
        """Return the answer, and remember what was told."""
        request = read_request(case.method, case.path, case.query, case.body)
        rows = tuple(self.rows) if request.needs_rows else ()
        context = Context(self.now, 18000, DECODER, WISHES, rows)
        said = answer(request, self.state, context)
        if self.state is not None:
            self.state = self.state.with_learned(said.learned)
        changed = {row.id: row for row in said.rows}
        self.rows = [changed.get(row.id, row) for row in self.rows]
        return said


def all_commands(family: Family) -> list[Commands]:
    """Return something of all that can be said to a terminal."""
    say = Phrasebook(family)
    change = UserChange(name="Zoë", password="12", card=77, role="admin", group=1)
    return [
        say.list_users(),
        say.add_user("1001", change),
        say.update_user("1002", replace(change, name="李雷")),
        say.list_fingerprints(),
        say.list_templates(9),
        say.resend_punches(1_773_000_000, 1_773_300_000),
        say.info(),
        say.unlock(),
        say.remove_user("1003"),
    ]


class Recorder(HttpClient):
    """Takes a terminal's requests, and answers them without a connection."""

    def __init__(self, server: Server) -> None:
        """Record nothing yet."""
        super().__init__("http://127.0.0.1")
        self.server = server
        self.cases: list[Case] = []

    @override
    async def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        manner: Manner = GOOD_MANNERS,
    ) -> HttpAnswer:
        """Keep the request, and return the answer."""
        parts = urlsplit(target)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        case = Case(method, parts.path, query, body or b"")
        self.cases.append(case)
        said = self.server.answer(case)
        return HttpAnswer(
            said.status,
            {
                "content-type": said.content_type,
                "date": "Thu, 12 Mar 2026 08:00:00 GMT",
            },
            said.text.encode(),
        )

    @override
    async def close(self) -> None:
        """Do nothing: there is no connection."""

"""What tests of ADMS share: a terminal's requests, and what they are answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from custom_components.syncid.core.adms.content import Upload
from custom_components.syncid.core.adms.dialogue import Answer, Context, answer
from custom_components.syncid.core.adms.queue import CommandRow
from custom_components.syncid.core.adms.requests import read_request
from custom_components.syncid.core.adms.state import NO_WISHES, TerminalState, Wishes
from custom_components.syncid.core.rows import RowDecoder

SERIAL = "CKUJ204260001"
DECODER = RowDecoder("push", "auto")
NOW = 1_773_300_000.0


@dataclass
class Talk:
    """A terminal that talks, and a server that remembers."""

    state: TerminalState | None = field(
        default_factory=lambda: TerminalState(
            serial=SERIAL, registry_code="c0de", session_id="5e55"
        )
    )
    utc_offset: int = 18000
    now: float = NOW
    wishes: Wishes = NO_WISHES
    decoder: RowDecoder = DECODER
    rows: list[CommandRow] = field(default_factory=list)

    def __call__(
        self, method: str, path: str, body: bytes = b"", /, **query: str
    ) -> Answer:
        """Return what is answered, and remember what was told."""
        pairs = [("SN", SERIAL), *query.items()]
        request = read_request(method, f"/iclock/{path}", pairs, body)
        rows = self.rows if request.needs_rows else ()
        context = Context(self.now, self.utc_offset, self.decoder, self.wishes, rows)
        said = answer(request, self.state, context)
        if self.state is not None:
            self.state = self.state.with_learned(said.learned)
        changed = {row.id: row for row in said.rows}
        self.rows = [changed.get(row.id, row) for row in self.rows]
        return said

    @property
    def known(self) -> TerminalState:
        """Return what is remembered of the terminal, which was added."""
        assert self.state is not None
        return self.state

    def upload(self, table: str, body: bytes, **query: str) -> Upload:
        """Return what an upload of a table brought."""
        said = self("POST", "cdata", body, table=table, **query)
        assert said.status == 200
        assert said.upload is not None
        return said.upload

    def options(self) -> dict[str, str]:
        """Return what a handshake is answered."""
        said = self("GET", "cdata", options="all")
        lines = said.text.splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


def stores(said: Answer) -> bool:
    """Tell whether anything is to be stored before this is said."""
    return bool(said.rows) or said.upload is not None


def rejected(upload: Upload) -> Sequence[tuple[int, bytes, str]]:
    """Return what of an upload was rejected: where, what, and why."""
    return [(place, record.raw, record.reason) for place, record in upload.rejected]

"""What goes over the wire of people; as payloads.py, of which this is a part."""

from typing import TypedDict


class PersonPlace(TypedDict):
    """A user of a terminal who is a person."""

    serial: str
    terminal: str
    device_id: str | None
    user_id: str


class PersonRow(TypedDict):
    """Somebody whose attendance is kept; never a card."""

    person_id: str
    name: str
    external_id: str
    kind: str
    groups: list[str]
    # First and last day, as dates; None for always.
    valid_from: str | None
    valid_until: str | None
    users: list[PersonPlace]
    # Of today.
    status: str | None
    presence: str | None


class PeoplePage(TypedDict):
    """People that fit what was asked, of how many."""

    total: int
    count: int
    groups: list[str]
    # Users who punch and are nobody.
    unmapped: int
    people: list[PersonRow]


class Nobody(TypedDict):
    """A user of a terminal who is nobody yet, and who it may be."""

    serial: str
    terminal: str
    device_id: str | None
    user_id: str
    name: str
    punches: int
    person_id: str | None
    person: str | None
    score: float
    # What the suggestion rests on.
    basis: str | None
    # How many others it may be as well.
    rivals: int


class NobodyPage(TypedDict):
    """Users who are nobody yet, those with the best suggestions first."""

    count: int
    # How many of them are sure enough to be taken at once.
    certain: int
    users: list[Nobody]


class Adopted(TypedDict):
    """What came of taking users as people."""

    people: int
    # Of whom no terminal tells a name.
    unnamed: int
    users: int
    marks: int


class DoubleRow(TypedDict):
    """Two people who may be one."""

    first: PersonRow
    second: PersonRow
    # What says so.
    basis: str


class DoublePage(TypedDict):
    """Those who may be there twice, the likeliest first."""

    count: int
    doubles: list[DoubleRow]


class Holding(TypedDict):
    """A person, and how much there is of them."""

    person: PersonRow
    punches: int
    marks: int
    corrections: int
    # Days of the rota, and leave or excuses.
    rota: int
    leave: int


class Holdings(TypedDict):
    """What there is of some people, in the order in which they were named."""

    people: list[Holding]


class RowProblem(TypedDict):
    """What is wrong with a row of a table."""

    reason: str
    value: str


class RowChange(TypedDict):
    """What a row changes of a person; of a card only that it does."""

    field: str
    before: str
    after: str


class ImportRow(TypedDict):
    """What becomes of a row of a table of people."""

    row: int
    name: str
    # The name that it takes the place of, or "".
    before: str
    action: str
    changes: list[RowChange]
    # The users that they become: user ids, and at which terminals.
    users: list[str]
    problems: list[RowProblem]


class ImportPage(TypedDict):
    """What an import would do, or did; of its rows a page, those with problems first."""

    file: str
    done: bool
    # Whether it can be done: all of it, or nothing is.
    good: bool
    # Rows by what becomes of them.
    counts: dict[str, int]
    mappings: int
    # Heads of columns that were not understood.
    ignored: list[str]
    marks: int
    count: int
    rows: list[ImportRow]

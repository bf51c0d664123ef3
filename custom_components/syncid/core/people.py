"""The people of a site, and who of them a terminal's user is.

Stored: a row per `Person`, and a row per `Mapping`: the user id at one terminal, and
the person it belongs to. User ids without a mapping are counted, never guessed:
`suggest_mappings` only suggests.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping as Map, Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Date
from difflib import SequenceMatcher
import re
from typing import Literal, NamedTuple, get_args
import unicodedata

from text_unidecode import unidecode

from .records import DeviceUser, Punches

type Kind = Literal["student", "staff", "visitor"]
KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
type PersonReason = Literal[
    "card_taken", "dates", "ha_person_taken", "id_taken", "name_missing"
]
type Basis = Literal["user_id", "card", "name", "name_order", "name_cut", "name_near"]

# A suggestion's score by what it rests on, highest first.
SCORES: Map[Basis, float] = {
    "user_id": 1.0,
    "card": 0.95,
    "name": 0.9,
    "name_order": 0.85,
    "name_cut": 0.75,
    "name_near": 0.7,
}
# Bytes of a name that every terminal keeps (protocol-4370 §2.5).
_NAME_KEPT = 23
_OLD_NAME_KEPT = 7
# How alike two names must be at least, and how many letters they then have.
_NEAR = 0.85
# What is no letter or digit in a name that was made plain.
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_LETTERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody whose attendance is kept."""

    id: str
    name: str
    external_id: str = ""
    kind: Kind = "staff"
    groups: tuple[str, ...] = ()
    # The entity id of Home Assistant's person, if there is one.
    ha_person: str = ""
    # First and last day; None for always.
    valid_from: Date | None = None
    valid_until: Date | None = None
    # Never shown, logged or exported; only to recognise a terminal's user.
    cards: frozenset[int] = field(default=frozenset(), repr=False)

    def is_valid_on(self, day: Date) -> bool:
        """Tell whether the person belongs to the site on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Mapping(NamedTuple):
    """Who a user of a terminal is."""

    serial: str
    user_id: str
    person_id: str


class Directory:
    """People and mappings, to look up either way."""

    def __init__(self, people: Iterable[Person], mappings: Iterable[Mapping]) -> None:
        """Index them."""
        self.people = {person.id: person for person in people}
        self._person_of: dict[tuple[str, str], str] = {}
        self._users_of: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for serial, user_id, person_id in mappings:
            self._person_of[serial, user_id] = person_id
            self._users_of[person_id].append((serial, user_id))
        self._serials_of: dict[str, Sequence[str]] = {}
        # Mostly all people are known by the same terminals: of which there is one list.
        alike: dict[tuple[str, ...], Sequence[str]] = {}
        for person_id, users in self._users_of.items():
            users.sort()
            serials = tuple(dict.fromkeys(serial for serial, _ in users))
            self._serials_of[person_id] = alike.setdefault(serials, [*serials])

    def person_of(self, serial: str, user_id: str) -> Person | None:
        """Return who punched, if that is known."""
        return self.people.get(self._person_of.get((serial, user_id), ""))

    def first_by_nobody(self, serial: str, punches: Punches) -> int | None:
        """Return the local second of the first punch by users who are nobody."""
        # A batch has many punches of few users, and many batches may come in a second.
        users = {*punches.users}
        known = self._person_of
        nobody = {one for one in users if known.get((serial, one)) not in self.people}
        if len(nobody) == len(users):
            return min(punches.seconds, default=None)
        made = zip(punches.users, punches.seconds, strict=True)
        return min((second for one, second in made if one in nobody), default=None)

    def users_of(self, person_id: str) -> Sequence[tuple[str, str]]:
        """Return the terminals that know a person, each with the user id there."""
        return self._users_of.get(person_id, [])

    def serials_of(self, person_id: str) -> Sequence[str]:
        """Return the terminals that could hold a punch of a person."""
        return self._serials_of.get(person_id, [])

    def is_most(self, users: Collection[tuple[str, str]]) -> bool:
        """Tell whether some users are more than half of those who are somebody."""
        return 2 * len(users) > len(self._person_of)

    def unmapped(self, punched: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
        """Count the punches of users who are nobody yet: serial, user id, count."""
        counted: defaultdict[str, defaultdict[str, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        for serial, user_id in punched:
            if self.person_of(serial, user_id) is None:
                counted[serial][user_id] += 1
        return {serial: dict(users) for serial, users in sorted(counted.items())}


def refusal(person: Person, others: Iterable[Person]) -> PersonReason | None:
    """Return why a person cannot be kept beside others, if so."""
    if not person.name:
        return "name_missing"
    begin, end = person.valid_from, person.valid_until
    if begin is not None and end is not None and end < begin:
        return "dates"
    for one in others:
        if one.id == person.id:
            continue
        if person.external_id and fold_id(person.external_id) == fold_id(
            one.external_id
        ):
            return "id_taken"
        if person.cards & one.cards:
            return "card_taken"
        if person.ha_person and person.ha_person == one.ha_person:
            return "ha_person_taken"
    return None


# --- names ----------------------------------------------------------------------------


def fold_name(name: str) -> str:
    """Return a name without accents, case, and what else people write differently."""
    if not name.isascii():
        plain = unicodedata.normalize("NFKD", name)
        name = "".join(letter for letter in plain if not unicodedata.combining(letter))
        name = unidecode(name)
    return " ".join(_NO_LETTERS.sub(" ", name.casefold()).split())


def fold_id(user_id: str) -> str:
    """Return an id as terminals keep it: without leading zeros, if it is a number."""
    user_id = user_id.strip()
    return user_id.lstrip("0") or "0" if user_id.isdecimal() else user_id.casefold()


# --- suggestions ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Who a terminal's user may be; for a human to accept."""

    serial: str
    user_id: str
    # The name as the terminal has it.
    name: str
    person_id: str
    score: float
    basis: Basis
    # Others who may be meant as well; then none is taken without a look.
    rivals: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Tell whether an id or a card says so, and nobody else may be meant."""
        return self.basis in ("user_id", "card") and not self.rivals


class _Index:
    """People by what a terminal may know of them."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.by_id: defaultdict[str, list[Person]] = defaultdict(list)
        self.by_card: defaultdict[int, list[Person]] = defaultdict(list)
        self.by_name: defaultdict[str, list[Person]] = defaultdict(list)
        self.by_words: defaultdict[tuple[str, ...], list[Person]] = defaultdict(list)
        # Names that share a word or a beginning, which near ones do.
        self.by_hint: defaultdict[str, dict[str, list[Person]]] = defaultdict(dict)
        for person in people:
            if person.external_id:
                self.by_id[fold_id(person.external_id)].append(person)
            for card in person.cards:
                self.by_card[card].append(person)
            if name := fold_name(person.name):
                self.by_name[name].append(person)
                self.by_words[tuple(sorted(name.split()))].append(person)
                for hint in _hints(name):
                    self.by_hint[hint][name] = self.by_name[name]

    def named(self, user: DeviceUser) -> list[Person]:
        """Return who has the very name of a user, whatever the order of its words."""
        name = fold_name(user.name)
        if not name or name == fold_name(user.user_id):
            return []
        return self.by_name.get(name) or self.by_words.get(
            tuple(sorted(name.split())), []
        )

    def find(self, user: DeviceUser) -> tuple[Basis, float, list[Person]] | None:
        """Return who a user may be, by the best that says so."""
        if found := self.by_id.get(fold_id(user.user_id)):
            return "user_id", SCORES["user_id"], found
        if user.card and (found := self.by_card.get(user.card)):
            return "card", SCORES["card"], found
        name = fold_name(user.name)
        if not name or name == fold_name(user.user_id):
            return None
        if found := self.by_name.get(name):
            return "name", SCORES["name"], found
        if found := self.by_words.get(tuple(sorted(name.split()))):
            return "name_order", SCORES["name_order"], found
        return self._alike(user.name, name)

    def _alike(
        self, written: str, name: str
    ) -> tuple[Basis, float, list[Person]] | None:
        candidates: dict[str, list[Person]] = {}
        for hint in _hints(name):
            candidates |= self.by_hint.get(hint, {})
        # A full field may have lost its end; a shorter name has not.
        if len(written.encode()) in (_OLD_NAME_KEPT, 8, _NAME_KEPT, _NAME_KEPT + 1):
            cut = [
                person
                for whole, people in candidates.items()
                if whole.startswith(name)
                for person in people
            ]
            if cut:
                return "name_cut", SCORES["name_cut"], cut
        if len(name) < _LETTERS:
            return None
        best, found = _NEAR, list[Person]()
        letters = Counter(name)
        for other, people in candidates.items():
            # So much alike at the most; to know it costs a tenth of comparing them.
            common = sum(min(count, other.count(one)) for one, count in letters.items())
            if 2 * common < best * (len(name) + len(other)):
                continue
            ratio = SequenceMatcher(None, name, other, autojunk=False).ratio()
            if ratio > best or (ratio == best and found):
                best, found = ratio, [*people, *(found if ratio == best else ())]
        if not found:
            return None
        return "name_near", round(SCORES["name_near"] * best, 3), found


def _hints(name: str) -> set[str]:
    return {*name.split(), name[:3]}


def suggest_mappings(
    people: Iterable[Person],
    users: Map[str, Iterable[DeviceUser]],
    mappings: Iterable[Mapping] = (),
) -> list[Suggestion]:
    """Suggest who the users of terminals are: by id, by card, then by name.

    `users` are those of each terminal, by serial; who is mapped already is left out.
    Best first. Nothing is mapped by this.
    """
    known = {(serial, user_id): person for serial, user_id, person in mappings}
    taken = defaultdict(set)
    for (serial, _), person_id in known.items():
        taken[serial].add(person_id)
    index = _Index(people)
    suggestions = []
    for serial, there in users.items():
        for user in there:
            if (serial, user.user_id) in known or not (found := index.find(user)):
                continue
            basis, score, meant = found
            # One person may have two ids at a terminal, but seldom has.
            free = [one for one in meant if one.id not in taken[serial]] or meant
            first, *rivals = sorted({person.id for person in free})
            # A number may have been given to somebody else than it is listed for.
            named = {person.id for person in index.named(user)}
            if named and named.isdisjoint((first, *rivals)):
                rivals += sorted(named)
            if rivals or first in taken[serial]:
                score = round(score / 2, 3)
            suggestions.append(
                Suggestion(
                    serial,
                    user.user_id,
                    user.name,
                    first,
                    score,
                    basis,
                    tuple(rivals),
                )
            )
    suggestions.sort(key=lambda one: (-one.score, one.serial, one.user_id))
    # Of several users who may be one person the best is; of equals, nobody knows which.
    users_of: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in suggestions:
        users_of[one.serial, one.person_id].append(one.score)
    for number, one in enumerate(suggestions):
        best, *others = users_of[one.serial, one.person_id]
        if one.score < best or best in others:
            suggestions[number] = replace(one, score=round(one.score / 2, 3))
    return sorted(suggestions, key=lambda one: (-one.score, one.serial, one.user_id))

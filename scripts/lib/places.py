"""The demo's places, and the people who punch there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people punch."""

    name: str
    serial: str
    # How punches come from there: realtime, polling, adms, or push (JSON).
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening(Place):
    """Where a terminal hangs that SyncID connects to."""

    profile: str
    mac: str
    # The port that it has in the demo, as long as nobody else has it.
    port: int
    comm_key: int = 0


TERMINALS = (
    Listening(
        name="Main gate",
        profile="speedface",
        serial="CKPG222360187",
        mac="00:17:61:12:ab:03",
        port=4370,
        mode="realtime",
    ),
    Listening(
        name="Warehouse",
        profile="k14",
        serial="3395113600214",
        mac="00:17:61:01:4e:9c",
        port=4371,
        mode="polling",
    ),
    Listening(
        name="Office",
        profile="iface702",
        serial="AJBV184760052",
        mac="00:17:61:10:51:73",
        port=4372,
        mode="realtime",
        comm_key=246810,
    ),
)
# A terminal that calls Home Assistant, and a gateway that posts JSON.
CANTEEN = Place(name="Canteen", serial="CKUJ203460001", mode="adms")
CAR_PARK = Place(name="Car park", serial="car-park", mode="push")

PLACES = (*TERMINALS, CANTEEN, CAR_PARK)

# Name, and the place where the person mostly punches.
PEOPLE = (
    ("1001", "Amina", "Main gate"),
    ("1002", "Bilal", "Main gate"),
    ("1003", "Carmen", "Office"),
    ("1004", "Dawit", "Warehouse"),
    ("1005", "Elif", "Office"),
    ("1006", "Farid", "Warehouse"),
    ("1007", "Grace", "Main gate"),
    ("1008", "Hana", "Office"),
    ("1009", "Idris", "Warehouse"),
    ("1010", "Joana", "Main gate"),
    ("1011", "Kofi", "Warehouse"),
    ("1012", "Leila", "Office"),
    ("1013", "Mina", "Canteen"),
    ("1014", "Noor", "Canteen"),
    ("1015", "Omar", "Car park"),
    ("1016", "Petra", "Car park"),
)
NAMES = {user_id: name for user_id, name, _ in PEOPLE}

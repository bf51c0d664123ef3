"""The whole conversation with a terminal that pushes (protocol-adms §3, §4, §6, §8)."""

from dataclasses import replace
import json

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.syncid.core.adms.commands import ALWAYS
from custom_components.syncid.core.adms.dialogue import (
    NOT_STORED,
    OK,
    Answer,
    Context,
    answer,
)
from custom_components.syncid.core.adms.facts import Facts
from custom_components.syncid.core.adms.handshake import time_zone
from custom_components.syncid.core.adms.phrasebook import Phrasebook
from custom_components.syncid.core.adms.queue import enqueue
from custom_components.syncid.core.adms.requests import Family, read_request
from custom_components.syncid.core.adms.state import (
    NOTHING,
    Learned,
    TerminalState,
    Wishes,
)
from custom_components.syncid.core.times import unpack_time

from .adms_kit import DECODER, NOW, SERIAL, Talk, stores

ROW = b"1001\t2026-03-12 08:05:00\t0\t15\n"
REGISTRY = (
    b"DeviceType=acc,~DeviceName=SpeedFace-V5L,FirmVer=Ver 3.1,MAC=00:17,"
    b"~OEMVendor=ZKTeco Inc., China,IPAddress=192.0.2.7,CommKey=4711"
)


@pytest.fixture
def talk() -> Talk:
    """Return a terminal that was added."""
    return Talk()


@pytest.fixture
def stranger() -> Talk:
    """Return a terminal that nobody added."""
    return Talk(state=None)


# --- the handshake --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["cdata", "cdata.aspx", "CDATA/"])
@pytest.mark.parametrize("query", [{"options": "all"}, {"OPTIONS": "all"}, {}])
def test_handshake(talk: Talk, path: str, query: dict[str, str]) -> None:
    """A terminal hears how to behave, in words of both dialects."""
    said = talk("GET", path, **query)
    lines = said.text.splitlines()
    assert lines[0] == f"GET OPTION FROM: {SERIAL}"
    told = dict(line.split("=", 1) for line in lines[1:])
    assert len(told) == len(lines) - 1
    for stamp in ("ATTLOGStamp", "Stamp", "OPERLOGStamp", "OpStamp", "PhotoStamp"):
        assert told[stamp] == "0"
    assert told["TransFlag"] == "TransData AttLog\tOpLog\tEnrollUser\tChgUser"
    assert (told["Encrypt"], told["Realtime"], told["Delay"]) == ("0", "1", "5")
    assert told["PushProtVer"] == "2.4.1"
    assert "UserCount" in told["PushOptions"].split(",")
    assert "MultiBioDataSupport" not in told
    assert (said.status, said.content_type) == (200, "text/plain")
    assert not stores(said)


def test_stamps(talk: Talk) -> None:
    """What a terminal sent last it hears again, until all shall be sent anew."""
    talk.upload("ATTLOG", ROW, Stamp="82983982")
    talk.upload("OPERLOG", b"", OpStamp="7")
    talk.upload("BIODATA", b"", Stamp="9999")
    talk.upload("nothing", b"", Stamp="1")
    told = talk.options()
    assert told["ATTLOGStamp"] == told["Stamp"] == "82983982"
    assert told["OPERLOGStamp"] == told["OpStamp"] == "7"
    assert told["BIODATAStamp"] == "9999"
    assert told["ATTPHOTOStamp"] == told["ERRORLOGStamp"] == "0"
    talk.state = talk.known.resynced(NOW)
    assert talk.options()["Stamp"] == "0"


def test_biometrics_only_if_asked() -> None:
    """Templates and photos are told of only if somebody wants them."""
    talk = Talk(wishes=Wishes(biometrics=True, photos=True, delay=3))
    told = talk.options()
    assert told["TransFlag"] == (
        "TransData AttLog\tOpLog\tEnrollUser\tChgUser\tEnrollFP\tChgFP\tFACE\tFVEIN"
        "\tBIODATA\tBioPhoto\tUserPic\tAttPhoto"
    )
    assert told["MultiBioDataSupport"].split(":")[9] == "1"
    assert told["Delay"] == "3"


@pytest.mark.parametrize(("delay", "seconds"), [(2, 90), (30, 90), (60, 180)])
def test_silence(delay: int, seconds: int) -> None:
    """A terminal is away after three polls that did not come."""
    assert Wishes(delay=delay).patience == seconds


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        (0, "0"),
        (5 * 3600, "5"),
        (-5 * 3600, "-5"),
        (14 * 3600, "14"),
        (19800, "330"),
        (20700, "345"),
        (-12600, "-210"),
        (-34200, "-570"),
    ],
)
def test_zones(offset: int, zone: str) -> None:
    """In hours, or in minutes where hours do not tell."""
    assert time_zone(offset) == zone
    assert Talk(utc_offset=offset).options()["TimeZone"] == zone


def test_daylight_saving(talk: Talk) -> None:
    """When the offset changes, the terminal is asked once to hear of it."""
    assert not talk("GET", "getrequest").wants
    assert talk.options()["TimeZone"] == "5"
    assert not talk("GET", "getrequest").wants
    talk.utc_offset = 21600
    (check,) = talk("GET", "getrequest").wants
    assert check.text == "CHECK"
    assert not talk("GET", "getrequest").wants
    assert talk.options()["TimeZone"] == "6"
    assert not talk("GET", "getrequest").wants
    talk.utc_offset = 18000
    assert talk("GET", "getrequest").wants


def test_without_a_serial() -> None:
    """A probe gets an answer, and what cannot be anybody's is refused."""
    context = Context(NOW, 0, DECODER)
    probe = read_request("GET", "/iclock/cdata")
    assert answer(probe, None, context) == OK
    nobody = read_request("POST", "/iclock/cdata", [("SN", "../x")], ROW)
    assert answer(nobody, None, context).status == 400


# --- what is acknowledged -------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "body", "text"),
    [
        ("ATTLOG", ROW * 3 + b"bad\n", "OK: 4"),
        ("attlog", b"", "OK: 0"),
        ("OPERLOG", b"USER PIN=1\nOPLOG 4\t0\n", "OK: 2"),
        ("BIODATA", b"BIODATA Pin=1\tTmp=eA==", "OK: 1"),
        ("ERRORLOG", b"ErrCode=1", "OK: 1"),
        ("whatever", b"1\n2", "OK: 2"),
        ("options", b"~DeviceName=F22,UserCount=3", "OK"),
        ("rtlog", b"pin=1\tevent=0\ttime=2026-03-12 08:05:00", "OK"),
        ("rtstate", b"sensor=00", "OK"),
    ],
)
def test_acknowledged(talk: Talk, table: str, body: bytes, text: str) -> None:
    """Each table wants its own words, and a bad row counts as received."""
    said = talk("POST", "cdata", body, table=table)
    assert (said.status, said.text) == (200, text)
    assert stores(said)


@pytest.mark.parametrize(
    ("query", "body", "text"),
    [
        (
            {"table": "tabledata", "tablename": "user"},
            b"user pin=1\nuser pin=2",
            "user=2",
        ),
        (
            {"table": "tabledata", "tablename": "biodata", "count": "1"},
            b"biodata pin=1\ttype=9\ttmp=eA==",
            "biodata=1",
        ),
        ({"type": "tabledata", "tablename": "user"}, b"user pin=1", "user=1"),
        (
            {"table": "tabledata", "tablename": "ATTPHOTO"},
            b"ATTPHOTO pin=20261122080500-1.jpg\tcontent=/9j/4AAQ",
            "ATTPHOTO=1",
        ),
        (
            {"table": "tabledata", "tablename": "user\nC:1:" + "x" * 99},
            b"",
            "userC1" + "x" * 26 + "=0",
        ),
        ({"type": "options", "cmdid": "3"}, b"FirmVer=1", "OK"),
        ({"type": "count", "tablename": "user", "cmdid": "3"}, b"user=12", "OK"),
    ],
)
def test_table_data(talk: Talk, query: dict[str, str], body: bytes, text: str) -> None:
    """Access terminals want the name of the table with the count, as they sent it."""
    path = "cdata" if "table" in query else "querydata"
    said = talk("POST", path, body, **query)
    assert said.text == text
    assert said.upload is not None


def test_not_stored(talk: Talk) -> None:
    """What could not be stored comes again, and its stamp was not remembered."""
    assert NOT_STORED.status == 500
    before = talk.known
    request = read_request(
        "POST",
        "/iclock/cdata",
        [("SN", SERIAL), ("table", "ATTLOG"), ("Stamp", "5")],
        ROW,
    )
    first = answer(request, before, Context(NOW, 0, DECODER))
    again = answer(request, before, Context(NOW, 0, DECODER))
    assert first == again
    assert talk.options()["ATTLOGStamp"] == "0"


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "ping", {}),
        ("POST", "ping", {}),
        ("GET", "test", {}),
        ("POST", "exchange", {"type": "publickey"}),
        ("GET", "nobody-knows", {}),
        ("GET", "cdata", {"table": "RemoteAtt", "PIN": "7"}),
        ("POST", "cdata", {"AuthType": "device"}),
        ("POST", "cdata", {"type": "PostVerifyData"}),
        ("GET", "registry", {}),
        ("DELETE", "cdata", {"table": "ATTLOG"}),
    ],
)
def test_just_ok(talk: Talk, method: str, path: str, query: dict[str, str]) -> None:
    """What we have nothing to say to is answered all the same, and brings nothing."""
    said = talk(method, path, ROW, **query)
    assert (said.status, said.text, stores(said)) == (200, "OK", False)


def test_no_files(talk: Talk) -> None:
    """There is no file here, which no OK may be taken for."""
    assert talk("GET", "file", url="x").status == 404


# --- commands -------------------------------------------------------------------------


def queue(talk: Talk, count: int) -> None:
    """Queue questions for a terminal."""
    talk.rows = [
        enqueue(SERIAL, id_, Phrasebook().info()[0], NOW) for id_ in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("count", "polls"), [(0, [0]), (1, [1, 0]), (25, [10, 10, 5, 0])]
)
@pytest.mark.parametrize("path", ["getrequest", "getrequest.aspx"])
def test_polls(talk: Talk, count: int, polls: list[int], path: str) -> None:
    """A poll takes ten commands at the most, and none twice."""
    queue(talk, count)
    for expected in polls:
        said = talk("GET", path)
        if expected:
            assert said.text.count("C:") == expected
            assert stores(said)
        else:
            assert (said.text, stores(said)) == ("OK", False)


def test_results(talk: Talk) -> None:
    """Results change their commands; what they tell of the terminal is remembered."""
    queue(talk, 2)
    talk("GET", "getrequest")
    body = b"ID=1&Return=0&CMD=INFO\n~DeviceName=F22\nUserCount=3\nCommKey=1\nID=2&return=-1002\nID=9&Return=0"
    said = talk("POST", "devicecmd", body)
    assert said.text == "OK"
    assert [(row.id, row.state) for row in said.rows] == [(1, "done"), (2, "failed")]
    assert [row and row.id for row, _ in said.results] == [1, 2, None]
    assert (talk.known.facts.name, talk.known.facts.users) == ("F22", 3)
    assert talk.known.options == {"devicename": "F22", "usercount": "3"}
    queue(talk, 1)
    talk("GET", "getrequest")
    talk("POST", "devicecmd", b"ID=1&Return=0&CMD=INFO\nINFO=Ver 9,5,0")
    assert (talk.known.facts.firmware, talk.known.facts.users) == ("Ver 9", 5)


def test_unasked_facts(talk: Talk) -> None:
    """A result of nothing that we asked tells us nothing."""
    talk("POST", "devicecmd", b"ID=9&Return=0&CMD=INFO\n~DeviceName=F22")
    assert talk.known.facts == Facts()


def test_info_with_a_poll(talk: Talk) -> None:
    """The first poll after a start says what the terminal is."""
    talk("GET", "getrequest", INFO="Ver 8.0.4.3,12,34,5678,192.0.2.7,10,7,15,3,111")
    assert talk.known.facts == Facts(
        firmware="Ver 8.0.4.3",
        users=12,
        fingerprints=34,
        records=5678,
        address="192.0.2.7",
        fingerprint_version="10",
        face_version="7",
        faces=3,
        faces_enabled=True,
    )


def test_options_are_remembered(talk: Talk) -> None:
    """A terminal tells its options after a handshake."""
    talk.upload(
        "options", b"~DeviceName=F22,MAC=00:17,~Platform=ZMM220,\r\nCommKey=4711"
    )
    assert talk.known.facts.info(SERIAL).platform == "ZMM220"
    assert "4711" not in json.dumps(talk.known.as_json())


def test_options_without_end(talk: Talk) -> None:
    """No terminal fills what is remembered of it: what nobody asks for goes first."""
    talk.upload("options", b"~DeviceName=F22,First=1")
    for some in range(30):
        options = ",".join(f"Opt{some}x{one}={'v' * 150}" for one in range(200))
        talk.upload("options", options.encode())
    talk.upload("options", b"Last=1")
    kept = talk.known.options
    assert len(kept) <= 400
    assert (kept["devicename"], kept["last"]) == ("F22", "1")
    assert "first" not in kept


# --- strangers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "cdata", {"options": "all"}, 200),
        ("GET", "getrequest", {}, 200),
        ("GET", "ping", {}, 200),
        ("POST", "devicecmd", {}, 200),
        ("GET", "nobody-knows", {}, 200),
        ("POST", "cdata", {"table": "ATTLOG"}, 503),
        ("POST", "cdata", {"table": "options"}, 503),
        ("POST", "fdata", {"table": "ATTPHOTO"}, 503),
        ("POST", "querydata", {"type": "tabledata"}, 503),
        ("POST", "push", {}, 503),
        ("POST", "registry", {}, 406),
    ],
)
def test_strangers(
    stranger: Talk, method: str, path: str, query: dict[str, str], status: int
) -> None:
    """Whom nobody added keeps calling, keeps its punches, and is told of."""
    queue(stranger, 1)
    said = stranger(method, path, ROW, **query)
    assert said.status == status
    assert "C:" not in said.text
    assert (stores(said), said.learned) == (False, NOTHING)
    assert said.stranger is not None
    assert said.stranger.serial == SERIAL


def test_clock_of_a_stranger(stranger: Talk) -> None:
    """A terminal's clock hangs on our answer, whoever it belongs to."""
    assert stranger.options()["TimeZone"] == "5"
    assert stranger("GET", "cdata", DeviceType="acc", options="all").text == "OK"
    assert "ServerTZ=+0500" in stranger("GET", "rtdata", type="time").text


def test_what_a_stranger_says(stranger: Talk) -> None:
    """Who it is helps whoever may add it."""
    said = stranger("POST", "registry", REGISTRY)
    assert said.stranger is not None
    told = said.stranger.learned
    assert (told.family, told.facts.name) == ("acc", "SpeedFace-V5L")
    said = stranger("GET", "getrequest", INFO="Ver 6.60,1,0", pushver="2.4.1")
    assert said.stranger is not None
    told = said.stranger.learned
    assert (told.family, told.facts.firmware) == (None, "Ver 6.60")
    assert told.facts.push_version == "2.4.1"


# --- access terminals -----------------------------------------------------------------


def test_registration(talk: Talk) -> None:
    """A terminal registers once, hears of its session, and is known from then on."""
    unregistered = talk(
        "GET", "cdata", options="all", pushver="3.1.2", DeviceType="acc"
    )
    assert unregistered.text == "OK"
    for _ in range(2):
        assert talk("POST", "registry", REGISTRY).text == "RegistryCode=c0de"
    assert talk.known.facts.name == "SpeedFace-V5L"
    assert talk.known.options["oemvendor"] == "ZKTeco Inc., China"
    assert "commkey" not in talk.known.options
    parameters = talk("POST", "push").text.splitlines()
    assert "SessionID=5e55" in parameters
    assert "TransTables=User\tTransaction" in parameters
    told = talk("GET", "cdata", options="all").text.splitlines()
    assert told == ["registry=ok", "RegistryCode=c0de", *parameters]
    talk.wishes = Wishes(biometrics=True)
    assert "BioDataFun=1" in talk("POST", "push").text


def test_commands_by_push(talk: Talk) -> None:
    """Some access terminals poll where they ask for their session."""
    talk("POST", "registry", REGISTRY)
    queue(talk, 2)
    assert "SessionID" in talk("POST", "push").text
    assert talk("POST", "push").text == "C:1:INFO\r\n\r\nC:2:INFO\n"
    assert "SessionID" in talk("POST", "push").text


def test_clock_by_push(talk: Talk) -> None:
    """Who polls there hears of daylight saving, too."""
    talk("POST", "registry", REGISTRY)
    talk("POST", "push")
    talk("GET", "rtdata", type="time")
    assert talk("POST", "push").wants == ()
    talk.utc_offset += 3600
    said = talk("POST", "push")
    assert [command.kind for command in said.wants] == ["set_time"]
    assert "SessionID" in said.text


def test_all_by_push(talk: Talk) -> None:
    """And is asked for all that it holds when the ledger is new, once."""
    talk("POST", "registry", REGISTRY)
    talk.state = talk.known.resynced(NOW)
    assert talk("POST", "push").wants == ()  # it hears of its session first
    assert talk("POST", "push").wants == Phrasebook("acc").resend_punches(*ALWAYS)
    assert talk("POST", "push").wants == ()


@pytest.mark.parametrize(
    ("offset", "zone"),
    [(28800, "+0800"), (-12600, "-0330"), (19800, "+0530"), (0, "+0000")],
)
def test_server_time(offset: int, zone: str) -> None:
    """The time is that of UTC, and the zone stands beside it."""
    said = Talk(utc_offset=offset)("GET", "rtdata", type="time")
    time, _, told = said.text.partition(",")
    assert told == f"ServerTZ={zone}"
    assert unpack_time(int(time.removeprefix("DateTime="))) == NOW


@pytest.mark.parametrize(
    ("steps", "family"),
    [
        ([{"pushver": "2.4.1"}], None),
        ([{"pushver": "3.1.1"}, {"pushver": "2.2.14"}], "acc"),
        ([{"pushver": "3.1.1"}, {"DeviceType": "att"}], "att"),
        ([{"DeviceType": "att", "pushver": "3.1.1"}, {"table": "rtlog"}], "att"),
        ([{"DeviceType": "acc"}, {}], "acc"),
        ([{"DeviceType": "acc"}, {"DeviceType": "att"}], "att"),
    ],
)
def test_sticky_family(
    talk: Talk, steps: list[dict[str, str]], family: Family | None
) -> None:
    """A verdict stays, until the terminal itself says otherwise."""
    for step in steps:
        talk("POST" if "table" in step else "GET", "cdata", **step)
    assert talk.known.family == family


# --- what is remembered ---------------------------------------------------------------


def test_state_as_json(talk: Talk) -> None:
    """What is remembered outlives a restart; what a later version knew does not hurt."""
    talk("POST", "registry", REGISTRY)
    talk.options()
    talk.upload("ATTLOG", ROW, Stamp="5")
    data = json.loads(json.dumps(talk.known.as_json()))
    assert TerminalState.from_json(data) == talk.known
    later = data | {"new": 1, "facts": data["facts"] | {"new": 1}}
    assert TerminalState.from_json(later) == talk.known
    assert TerminalState.from_json({"serial": "X"}) == TerminalState(serial="X")


def test_requests_that_overlap() -> None:
    """What two requests told at a time is both remembered, whichever is done first."""
    state = TerminalState(serial=SERIAL)
    one, other = Learned(stamps={"attlog": "1"}), Learned(stamps={"operlog": "2"})
    assert state.with_learned(one).with_learned(other) == replace(
        state, stamps={"attlog": "1", "operlog": "2"}
    )
    assert one and not NOTHING


def test_secrets_stay_out_of_sight(talk: Talk) -> None:
    """What is logged of an answer has no passwords, templates or commands in it."""
    queue(talk, 0)
    (command,) = Phrasebook().write_fingerprint("7", 1, b"secret")
    talk.rows = [enqueue(SERIAL, 1, command, NOW)]
    said = talk("GET", "getrequest")
    assert "TMP=" in said.text
    assert "c2Vj" not in repr(said) + repr(talk.rows)
    said = talk("POST", "cdata", b"USER PIN=1\tPasswd=4711", table="OPERLOG")
    assert "4711" not in repr(said)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(("GET", "POST", "PUT", "")),
    st.sampled_from(
        ("cdata", "getrequest", "devicecmd", "registry", "push", "rtdata", "querydata")
    ),
    st.dictionaries(
        st.sampled_from(
            ("table", "type", "tablename", "INFO", "Stamp", "pushver", "options")
        ),
        st.one_of(
            st.text(max_size=12), st.sampled_from(("ATTLOG", "options", "count"))
        ),
    ),
    st.binary(max_size=80),
    st.booleans(),
)
def test_any_conversation(
    method: str, path: str, query: dict[str, str], body: bytes, is_known: bool
) -> None:
    """Whatever is asked is answered, and what is remembered can be written down."""
    talk = Talk() if is_known else Talk(state=None)
    queue(talk, 2)
    said: Answer = talk(method, path, body, **query)
    assert said.status in {200, 406, 503}
    if is_known:
        data = json.loads(json.dumps(talk.known.as_json()))
        assert TerminalState.from_json(data) == talk.known
    else:
        assert not stores(said)

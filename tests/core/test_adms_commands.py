"""Commands in a terminal's words (protocol-adms §7.5, §8.5), and what became of them."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from hypothesis import given, strategies as st
import pytest

from custom_components.syncid.core.adms.commands import (
    DANGEROUS,
    MOST_PICTURE,
    Command,
    Commands,
)
from custom_components.syncid.core.adms.content import Photo, PushedUser, Template
from custom_components.syncid.core.adms.facts import (
    Facts,
    facts_of_info,
    facts_of_options,
    has_kind,
    kept_options,
)
from custom_components.syncid.core.adms.phrasebook import Phrasebook
from custom_components.syncid.core.adms.queue import enqueue
from custom_components.syncid.core.adms.results import (
    CommandResult,
    Reason,
    read_results,
)
from custom_components.syncid.core.errors import PushRefused, UserRefused
from custom_components.syncid.core.records import UserChange, local_second

from .adms_kit import Talk

EIGHT = local_second(datetime(2026, 3, 12, 8, 5))
FINGER = b"\x4d\x9bTSS21"
TMP = b64encode(FINGER).decode()
JPEG = b"\xff\xd8\xff\xe0 \0\t\n=&\xff\xd9"
JPG = b64encode(JPEG).decode()
ANN = UserChange(name="Ann", password="4711", card=99, role="admin", group=2)
FACE = Template("biodata", 9, "7", 0, FINGER, 3, 1, 0, 58, 12, 0)

type Say = Callable[[Phrasebook], Commands]

SAID: list[tuple[Say, str | None, str | None]] = [
    (
        lambda say: say.list_users(),
        "DATA QUERY USERINFO",
        "DATA QUERY tablename=user,fielddesc=*,filter=*",
    ),
    (
        lambda say: say.list_users("7"),
        "DATA QUERY USERINFO PIN=7",
        "DATA QUERY tablename=user,fielddesc=*,filter=Pin=7",
    ),
    (
        lambda say: say.update_user("7", ANN),
        "DATA UPDATE USERINFO PIN=7\tName=Ann\tPri=14\tPasswd=4711\tCard=99\tGrp=2",
        (
            "DATA UPDATE user Cardno=99\tPin=7\tPassword=4711\tGroup=2\tName=Ann"
            "\tPrivilege=14"
        ),
    ),
    (
        lambda say: say.update_user("7", UserChange(card=0)),
        "DATA UPDATE USERINFO PIN=7\tCard=",
        "DATA UPDATE user Cardno=\tPin=7",
    ),
    (
        lambda say: say.add_user("7", UserChange(name="Ann")),
        "DATA UPDATE USERINFO PIN=7\tName=Ann",
        (
            "DATA UPDATE user Pin=7\tName=Ann\nDATA UPDATE userauthorize Pin=7"
            "\tAuthorizeTimezoneId=1\tAuthorizeDoorId=1\tDevID=1"
        ),
    ),
    (
        lambda say: say.copy_user(
            PushedUser("7", "A\x01nn", 14, "pw", 99, 0, "0", 0, disabled=False)
        ),
        "DATA UPDATE USERINFO PIN=7\tName=A nn\tPri=14\tPasswd=pw\tCard=99\tGrp=0",
        (
            "DATA UPDATE user Cardno=99\tPin=7\tPassword=pw\tGroup=0\tName=A nn"
            "\tPrivilege=14\nDATA UPDATE userauthorize Pin=7"
            "\tAuthorizeTimezoneId=1\tAuthorizeDoorId=1\tDevID=1"
        ),
    ),
    *(
        (
            lambda say, user=user: say.copy_user(user),
            None,
            (
                "DATA UPDATE user Pin=7\tPrivilege=14\tDisable=1"
                "\nDATA UPDATE userauthorize Pin=7"
                "\tAuthorizeTimezoneId=1\tAuthorizeDoorId=1\tDevID=1"
            ),
        )
        for user in (
            PushedUser("7", privilege=14, disabled=True),
            PushedUser("7", privilege=15),
        )
    ),
    (
        lambda say: say.update_user("7", UserChange(disabled=True)),
        None,
        "DATA UPDATE user Pin=7\tDisable=1",
    ),
    (
        lambda say: say.remove_user("7"),
        "DATA DELETE USERINFO PIN=7",
        "DATA DELETE user Pin=7",
    ),
    (
        lambda say: say.list_fingerprints(),
        "DATA QUERY FINGERTMP",
        "DATA QUERY tablename=templatev10,fielddesc=*,filter=*",
    ),
    (
        lambda say: say.list_fingerprints("7", 5),
        "DATA QUERY FINGERTMP PIN=7\tFID=5",
        "DATA QUERY tablename=templatev10,fielddesc=*,filter=Pin=7",
    ),
    (
        lambda say: say.list_templates(9, "7"),
        "DATA QUERY BIODATA Type=9\tPIN=7",
        "DATA QUERY tablename=biodata,fielddesc=*,filter=Pin=7",
    ),
    (
        lambda say: say.list_templates(9),
        "DATA QUERY BIODATA Type=9",
        "DATA QUERY tablename=biodata,fielddesc=*,filter=Type=9",
    ),
    (
        lambda say: say.write_fingerprint("7", 5, FINGER),
        f"DATA UPDATE FINGERTMP PIN=7\tFID=5\tSize={len(TMP)}\tValid=1\tTMP={TMP}",
        f"DATA UPDATE templatev10 Pin=7\tFingerID=5\tValid=1\tTemplate={TMP}",
    ),
    (
        lambda say: say.write_fingerprint("7", 5, FINGER, 3),
        f"DATA UPDATE FINGERTMP PIN=7\tFID=5\tSize={len(TMP)}\tValid=3\tTMP={TMP}",
        f"DATA UPDATE templatev10 Pin=7\tFingerID=5\tValid=3\tTemplate={TMP}",
    ),
    (
        lambda say: say.write_template(FACE),
        *2
        * (
            (
                "DATA UPDATE BIODATA Pin=7\tNo=0\tIndex=3\tValid=1\tDuress=0\tType=9"
                f"\tMajorVer=58\tMinorVer=12\tFormat=0\tTmp={TMP}"
            ),
        ),
    ),
    (
        lambda say: say.write_template(Template("fvein", 7, "7", 3, FINGER, 2)),
        *2
        * (
            (
                f"DATA UPDATE FVEIN PIN=7\tFID=3\tIndex=2\tSize={len(TMP)}\tValid=1"
                f"\tTMP={TMP}"
            ),
        ),
    ),
    (
        lambda say: say.list_face_photos(),
        "DATA QUERY BIOPHOTO Type=9",
        "DATA QUERY tablename=biophoto,fielddesc=*,filter=*",
    ),
    (
        lambda say: say.list_face_photos("7"),
        "DATA QUERY BIOPHOTO Type=9\tPIN=7",
        "DATA QUERY tablename=biophoto,fielddesc=*,filter=Pin=7",
    ),
    (
        lambda say: say.write_photo(Photo("user", "7", "7.jpg", JPEG)),
        *2 * (f"DATA UPDATE USERPIC PIN=7\tSize={len(JPG)}\tContent={JPG}",),
    ),
    (
        lambda say: say.write_photo(Photo("face", "7", "7.jpg", JPEG, type=9)),
        *2
        * (
            (
                f"DATA UPDATE BIOPHOTO PIN=7\tType=9\tSize={len(JPG)}\tContent={JPG}"
                "\tFormat=0\tUrl=\tPostBackTmpFlag=0"
            ),
        ),
    ),
    (
        lambda say: say.enroll_fingerprint("7", 5, overwrite=True),
        "ENROLL_FP PIN=7\tFID=5\tRETRY=3\tOVERWRITE=1",
        "ENROLL_BIO type=1\tno=5\tpin=7\tcardno=\tretry=3\toverwrite=1",
    ),
    (
        lambda say: say.enroll(9, "7"),
        "ENROLL_BIO TYPE=9\tPIN=7\tCardNo=\tRETRY=3\tOVERWRITE=0",
        "ENROLL_BIO type=9\tno=0\tpin=7\tcardno=\tretry=3\toverwrite=0",
    ),
    (
        lambda say: say.resend_punches(EIGHT, EIGHT + 3600),
        "DATA QUERY ATTLOG StartTime=2026-03-12 08:05:00\tEndTime=2026-03-12 09:05:00",
        "DATA QUERY tablename=transaction,fielddesc=*,filter=*",
    ),
    (
        lambda say: say.count_punches(EIGHT, EIGHT),
        "VERIFY SUM ATTLOG StartTime=2026-03-12 08:05:00\tEndTime=2026-03-12 08:05:00",
        None,
    ),
    (lambda say: say.clear_log(), "CLEAR LOG", "DATA DELETE transaction *"),
    (lambda say: say.restart(), "REBOOT", "CONTROL DEVICE 03000000"),
    (lambda say: say.unlock(), "AC_UNLOCK", "CONTROL DEVICE 01010105"),
    (lambda say: say.unlock(20, 2), "AC_UNLOCK", "CONTROL DEVICE 01020114"),
    (
        lambda say: say.get_options(["FirmVer", "~Platform"]),
        "GET OPTION FROM FirmVer\nGET OPTION FROM ~Platform",
        "GET OPTIONS FirmVer,~Platform",
    ),
    (
        lambda say: say.set_option("VOLUME", "60"),
        "SET OPTION VOLUME=60",
        "SET OPTIONS VOLUME=60",
    ),
    (lambda say: say.set_time(), None, "SET OPTIONS DateTime="),
    (lambda say: say.check(), "CHECK", "CHECK"),
]


@pytest.mark.parametrize(("say", "att", "acc"), SAID)
def test_words(say: Say, att: str | None, acc: str | None) -> None:
    """Each family has its words for what can be said, and none for what cannot."""
    for book, text in ((Phrasebook("att"), att), (Phrasebook("acc"), acc)):
        if text is None:
            with pytest.raises(PushRefused) as refused:
                say(book)
            assert refused.value.reason == "not_over_push"
            continue
        commands = say(book)
        assert "\n".join(command.text for command in commands) == text
        assert "SHELL" not in text
        assert all("4711" not in repr(command) for command in commands)


def test_info() -> None:
    """What a terminal is, it tells at once, or option by option."""
    assert [one.text for one in Phrasebook("att").info()] == ["INFO"]
    (command,) = Phrasebook("acc").info()
    assert command.text.startswith("GET OPTIONS ~DeviceName,")


def test_privilege_as_the_terminal_spells_it() -> None:
    """A terminal that says Privilege is told Privilege."""
    talk = Talk()
    talk.upload("OPERLOG", b"USER PIN=1\tPrivilege=14")
    book = Phrasebook("att", talk.known.privilege_key)
    (command,) = book.update_user("7", UserChange(role="user"))
    assert command.text == "DATA UPDATE USERINFO PIN=7\tPrivilege=0"
    talk.upload("OPERLOG", b"USER PIN=1\tPri=14\nUSER PIN=2\tPrivilege=14")
    assert talk.known.privilege_key == "Privilege"


def test_dangerous() -> None:
    """What must not be done twice is known, and does not wait long where it is about now."""
    book = Phrasebook("att")
    kinds: dict[str, Command] = {}
    for say, att, _ in SAID:
        if att is not None:
            kinds |= {one.kind: one for one in say(book)}
    once = {
        kind for kind, one in kinds.items() if not enqueue("X", 1, one, 0).repeatable
    }
    assert once == DANGEROUS
    assert kinds["unlock"].patience <= 60
    assert kinds["write_user"].patience >= 7 * 86400


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (lambda say: say.update_user("", ANN), "user_id_missing"),
        (lambda say: say.update_user("00", ANN), "user_id_missing"),
        (lambda say: say.remove_user("7\tPri=14"), "user_id_characters"),
        (lambda say: say.remove_user("*"), "user_id_characters"),
        (lambda say: say.list_users("7,filter=*"), "user_id_characters"),
        (lambda say: say.remove_user("1" * 25), "user_id_long"),
        (
            lambda say: say.update_user("7", UserChange(password="12a")),
            "password_digits",
        ),
        (
            lambda say: say.update_user("7", UserChange(password="1" * 9)),
            "password_long",
        ),
        (lambda say: say.update_user("7", UserChange(card=-1)), "card_range"),
        (lambda say: say.update_user("7", UserChange(group=100)), "group_range"),
        (lambda say: say.enroll_fingerprint("7", 10), "finger_range"),
        (lambda say: say.write_fingerprint("7", -1, b""), "finger_range"),
    ],
)
@pytest.mark.parametrize("book", [Phrasebook("att"), Phrasebook("acc")])
def test_refused_users(say: Say, reason: str, book: Phrasebook) -> None:
    """What no terminal can hold is refused as on port 4370."""
    with pytest.raises(UserRefused) as refused:
        say(book)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("say", "reason", "value"),
    [
        (
            lambda say: say.update_user("7", UserChange(name="Ann\tPri=14")),
            "control_characters",
            "name",
        ),
        (
            lambda say: say.update_user("7", UserChange(name="Ann\nC:9:REBOOT")),
            "control_characters",
            "name",
        ),
        (
            lambda say: say.set_option("X", "1\r\nC:9:SHELL"),
            "control_characters",
            "X",
        ),
        (lambda say: say.set_option("X=1\n", "1"), "option_name", "X=1\\n"),
        (lambda say: say.get_options(["a,b"]), "option_name", "a,b"),
        (
            lambda say: replace(say, family="acc").set_option("V", "1,ComKey=7"),
            "comma",
            "V",
        ),
        (lambda say: say.unlock(0), "out_of_range", "0, 1"),
        (lambda say: say.unlock(5, 0), "out_of_range", "5, 0"),
        (lambda say: say.unlock(255), "out_of_range", "255, 1"),
        (
            lambda say: say.write_photo(Photo("face", "7", "", b"GIF89a")),
            "picture_format",
            "",
        ),
        (
            lambda say: say.write_photo(
                Photo("face", "7", "", JPEG + bytes(MOST_PICTURE))
            ),
            "picture_size",
            "512",
        ),
    ],
)
@pytest.mark.parametrize("book", [Phrasebook("att"), Phrasebook("acc")])
def test_injection(say: Say, reason: str, value: str, book: Phrasebook) -> None:
    """What would say something else is not said."""
    with pytest.raises(PushRefused) as refused:
        say(book)
    assert (refused.value.reason, refused.value.value) == (reason, value)


def test_period_that_ends_before_it_begins() -> None:
    """Nothing is asked that has no answer."""
    with pytest.raises(PushRefused):
        Phrasebook().resend_punches(EIGHT, EIGHT - 1)


@given(
    st.text(max_size=40),
    st.text(max_size=40),
    st.text(max_size=12),
    st.sampled_from((Phrasebook("att"), Phrasebook("acc"))),
)
def test_any_user(user_id: str, name: str, password: str, book: Phrasebook) -> None:
    """Whatever a user is called, a command is one line with the fields that it has."""
    user = PushedUser(user_id, name, 0, password, 1, 1)
    try:
        written, *_ = book.copy_user(user)
    except UserRefused, PushRefused:
        return
    assert written.text.splitlines() == [written.text]
    assert written.text.count("\t") == 5
    fields = dict(field.split("=", 1) for field in written.text.split("\t"))
    assert len(fields["Name"].encode()) <= 24


def test_names_fit() -> None:
    """A name is cut between two characters."""
    (command,) = Phrasebook().update_user("7", UserChange(name="é" * 20))
    assert command.text.endswith("Name=" + "é" * 12)


# --- results --------------------------------------------------------------------------


def test_three_results() -> None:
    """Several results come in one post, in any case, with lines of their own."""
    body = (
        b"ID=1&Return=0&CMD=DATA\n"
        b"id=2&return=-1002&cmd=DATA\r\n"
        b"ID=x9&Return=0&CMD=INFO\n~DeviceName=F22\nUserCount=3\nOEM=a&b=c\n"
        b"ID=4&Return=12&CMD=VERIFY SUM&AttlogSum=12\n"
        b"ID=5&CMD=Shell\nID=6&Return=many\n"
    )
    assert read_results(body) == [
        CommandResult("1", 0, "DATA"),
        CommandResult("2", -1002, "DATA"),
        CommandResult(
            "x9", 0, "INFO", {"devicename": "F22", "usercount": "3", "oem": "a&b=c"}
        ),
        CommandResult("4", 12, "VERIFY SUM", {"attlogsum": "12"}),
        CommandResult("5", None, "Shell"),
        CommandResult("6", None),
    ]
    assert read_results(body)[3].counted == 12
    assert read_results(body)[0].counted is None


def test_results_on_one_line() -> None:
    """An id begins a result, wherever it stands on its line."""
    (first, second) = read_results(b"ID=1&Return=0&ID=2&Return=-1")
    assert [(one.id, one.code) for one in (first, second)] == [("1", 0), ("2", -1)]
    (first, second) = read_results(b"Return=0&ID=1&CMD=DATA\nreturn=-1&ID=2\n")
    assert [(one.id, one.code) for one in (first, second)] == [("1", 0), ("2", -1)]
    assert [one.id for one in read_results(b"ID=1&Return=0&ID=2&Return=0")] == [
        "1",
        "2",
    ]


@pytest.mark.parametrize(
    ("code", "enrolls", "reason"),
    [
        (0, False, None),
        (12, False, None),
        (-5000, False, None),
        (-1, False, "parameter"),
        (-10, False, "user_unknown"),
        (-1002, False, "unsupported"),
        (-708, False, "unsupported"),
        (-14, False, "comm_key"),
        (-99999, False, "unknown"),
        (None, False, "unknown"),
        (0, True, None),
        (2, True, "known"),
        (4, True, "failed"),
        (5, True, "known"),
        (6, True, "cancelled"),
        (7, True, "busy"),
        (4, False, None),
        (-1003, True, "timed_out"),
    ],
)
def test_reasons(code: int | None, enrolls: bool, reason: Reason | None) -> None:
    """A code has a word, an unknown one too; what a positive one means, the command says."""
    assert CommandResult("1", code).reason(enrolls=enrolls) == reason


@given(st.binary(max_size=200))
def test_any_results(body: bytes) -> None:
    """Whatever a terminal says of its commands."""
    for result in read_results(body):
        assert result.id
        result.reason()
        assert result.id.encode() in body or not result.id.isascii()


def test_many_results() -> None:
    """More results than we ever sent commands are not kept."""
    assert len(read_results(b"ID=1&Return=0\n" * 5000)) == 1000


# --- facts ----------------------------------------------------------------------------

LONG = "Ver 8.0.4.3-20200615,12,34,5678,192.0.2.7,10,7,15,3,11100"


def test_info_lists() -> None:
    """Of an INFO list, any tail may be missing, and more may follow."""
    assert facts_of_info(LONG + ",0,0,9,x") == Facts(
        firmware="Ver 8.0.4.3-20200615",
        users=12,
        fingerprints=34,
        records=5678,
        address="192.0.2.7",
        fingerprint_version="10",
        face_version="7",
        faces=3,
        faces_enabled=True,
    )
    assert facts_of_info("Ver 6.60,1,0") == Facts(
        firmware="Ver 6.60", users=1, fingerprints=0
    )
    assert facts_of_info("") == Facts()


@given(st.text(max_size=80))
def test_any_info(info: str) -> None:
    """Whatever a list says."""
    facts = facts_of_info(info)
    assert facts.firmware is None or facts.firmware in info


def test_options() -> None:
    """Options say who a terminal is; what could be a secret is not kept."""
    options = {
        "devicename": "F22/ID",
        "fwversion": "Ver 8",
        "platform": "ZMM220_TFT",
        "mac": "00:17:61:11:22:33",
        "usercount": "12",
        "transactioncount": "x",
        "fpversion": "10.3",
        "faceversion": "58",
        "facefunon": "1",
        "lockfunon": "0",
        "commkey": "4711",
        "webpassword": "4711",
        "long": "x" * 1000,
    }
    facts = facts_of_options(options)
    info = facts.info("X1")
    assert (info.name, info.platform, info.firmware) == (
        "F22/ID",
        "ZMM220_TFT",
        "Ver 8",
    )
    assert (info.fingerprint_version, info.face_version) == (10, 58)
    assert info.faces_enabled
    assert (facts.users, facts.records, facts.lock) == (12, None, False)
    kept = kept_options(options)
    assert not {"commkey", "webpassword"} & set(kept)
    assert len(kept["long"]) == 200
    assert len(kept_options({str(n): "" for n in range(1000)})) == 200


@pytest.mark.parametrize(
    ("told", "has"),
    [
        ("0:1:0:0:0:0:0:0:0:1:0", True),
        ("0:1:0:0:0:0:0:0:0:0:1", False),
        # Of older firmware the list ends before it.
        ("0:1:1", False),
        ("", False),
    ],
)
def test_kinds(told: str, has: bool) -> None:
    """A kind of template is there where its place has a 1, and only if that is told."""
    assert has_kind({"multibiodatasupport": told}, "multibiodatasupport", 9) is has
    assert not has_kind({}, "multibiodatasupport", 9)


def test_newer_facts() -> None:
    """What is told anew replaces what was told, and nothing else."""
    old = Facts(name="F22", users=3, lock=True)
    assert old.merged(Facts(users=0, lock=False)) == Facts("F22", users=0, lock=False)
    assert Facts().info("X1").fingerprint_version is None

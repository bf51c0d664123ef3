"""What uploads bring (protocol-adms §5)."""

from base64 import b64encode
from datetime import datetime
import gzip

from hypothesis import example, given, strategies as st
import pytest

from custom_components.syncid.core.adms.content import Photo, PushedUser, Template
from custom_components.syncid.core.adms.fields import (
    photo_name,
    photo_of_punch,
    seconds_of_photo,
)
from custom_components.syncid.core.adms.requests import read_request
from custom_components.syncid.core.adms.text import decode
from custom_components.syncid.core.adms.uploads import read_upload
from custom_components.syncid.core.codes import (
    DIRECTION_OPTIONS,
    DirectionOption,
    direction_of,
    methods,
)
from custom_components.syncid.core.records import Punch, local_second
from custom_components.syncid.core.rows import ATTLOG, RAW_LIMIT, RowDecoder
from custom_components.syncid.core.times import text_second

from .adms_kit import DECODER, SERIAL, Talk, rejected
from .test_adms_text import tgz

EIGHT = local_second(datetime(2026, 3, 12, 8, 5))
FINGER = b"\x4d\x9bTSS21 a finger"
TMP = b64encode(FINGER)


@pytest.fixture
def talk() -> Talk:
    """Return a terminal to talk to."""
    return Talk()


# --- punches --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "punch"),
    [
        (
            "1001\t2026-03-12 08:05:00",
            Punch("1001", EIGHT, "unknown", "unknown"),
        ),
        (
            "1001\t2026-03-12 08:05:00\t0\t15",
            Punch("1001", EIGHT, "check_in", "face", 15, 0),
        ),
        (
            "1001\t2026-03-12 08:05:00\t1\t1\t7\t0\t0",
            Punch("1001", EIGHT, "check_out", "fingerprint", 1, 1, 7),
        ),
        (
            "1001\t2026-03-12 08:05:00\t255\t4\t0\t0\t0\t0\t36.5\t36.5\t0\te30=",
            Punch("1001", EIGHT, "unknown", "card", 4, 255, 0),
        ),
        (
            " A-7 \t2026-03-12T08:05:00\t5\t25\t\t",
            Punch("A-7", EIGHT, "overtime_out", "palm", 25, 5),
        ),
        (
            f"007\t{EIGHT}\t6\t22\tx",
            Punch("007", EIGHT, "unknown", "vein", 22, 6),
        ),
        (
            "1001\t2026/3/12 8:5\t300\t-1\t1",
            Punch("1001", EIGHT, "unknown", "unknown", None, 300, 1),
        ),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_attlog(talk: Talk, row: str, punch: Punch, end: str) -> None:
    """A punch needs two fields, and tells more in up to twelve."""
    upload = talk.upload("ATTLOG", (row + end).encode())
    assert [*upload.punches] == [punch]
    assert upload.received == 1
    assert not upload.rejected


@pytest.mark.parametrize(
    ("row", "user_id", "reason"),
    [
        (b"1001", "", "unknown_layout"),
        (b"1001\t2026-02-31 08:00:00\t0\t1", "1001", "impossible_date"),
        (b"1001\t2026-03-12 24:00:00\t0\t1", "1001", "impossible_date"),
        (b"1001\t1999-12-31 23:59:59\t0\t1", "1001", "impossible_date"),
        (b"1001\t\t0\t1", "1001", "impossible_date"),
        ("1001\t２026-03-12 08:05:00\t0\t1".encode(), "1001", "impossible_date"),
        (b"0\t2026-03-12 08:05:00\t0\t1", "", "nobody"),
        (b"\t2026-03-12 08:05:00\t0\t1", "", "nobody"),
        (b"1\x012\t2026-03-12 08:05:00\t0\t1", "", "unknown_layout"),
        (b"1" * 33 + b"\t2026-03-12 08:05:00\t0\t1", "", "unknown_layout"),
        (b"\xff\xfe\xfd", "", "unknown_layout"),
    ],
)
def test_one_bad_row(talk: Talk, row: bytes, user_id: str, reason: str) -> None:
    """A row that is none is kept as it came, and the other 499 are stored."""
    rows = [f"{1 + n}\t2026-03-12 08:00:{n % 60:02}\t0\t1".encode() for n in range(499)]
    rows.insert(250, row)
    upload = talk.upload("ATTLOG", b"\n".join(rows))
    assert len(upload.punches) == 499
    assert upload.received == 500
    (one,) = upload.rejected
    assert (one.place, *one.record) == (250, row, user_id, reason)
    batch = upload.batch(SERIAL)
    assert (batch.source, len(batch.punches)) == ("adms", 499)
    assert batch.unreadable == [one.record]


def test_empty_rows(talk: Talk) -> None:
    """What is empty is no row."""
    assert talk.upload("ATTLOG", b"").received == 0
    assert talk.upload("ATTLOG", b"\r\n\n \n\t\t\n\0").received == 0


def test_empty_state(talk: Talk) -> None:
    """A door that says nothing of itself brings no row, and none that is ignored."""
    upload = talk.upload("rtstate", b"")
    assert (upload.received, upload.ignored) == (0, 0)


def test_huge_row(talk: Talk) -> None:
    """Of a row that is as long as an upload may be, the begin is kept."""
    (one,) = talk.upload("ATTLOG", b"x" * 1_000_000).rejected
    assert len(one.record.raw) == RAW_LIMIT


def test_a_megabyte(talk: Talk) -> None:
    """The largest upload is read as a whole."""
    row = b"1001\t2026-03-12 08:05:00\t0\t1\t0\t0\t0\n"
    rows = (1 << 20) // len(row)
    upload = talk.upload("ATTLOG", row * rows)
    assert upload.received == len(upload.punches) == rows


DIGITS = st.text("0123456789", min_size=1, max_size=6)
FIELDS = st.one_of(
    DIGITS,
    st.sampled_from(("", " ", "0", "-1", "255", "x", "\r", "\0", "９", "1\u2028")),
    st.text(st.characters(exclude_characters="\t\n"), max_size=12),
)
TIMES = st.one_of(
    st.datetimes(datetime(1990, 1, 1), datetime(2110, 1, 1)).map(
        lambda time: str(time.replace(microsecond=0))
    ),
    st.sampled_from(("2026-02-30 08:00:00", "2026-03-12 8:5:0", "1773302700", "x")),
    FIELDS,
)
ROWS = st.tuples(FIELDS, TIMES, st.lists(FIELDS, max_size=10)).map(
    lambda row: "\t".join((row[0], row[1], *row[2]))
)


@given(st.lists(st.one_of(ROWS, FIELDS), max_size=8))
def test_nothing_is_made_up(rows: list[str]) -> None:
    """Each row is a punch that says what the row says, or is kept as it came."""
    body = "\n".join(rows).encode("utf-8", "surrogatepass")
    upload = read_upload(
        read_request("POST", "/iclock/cdata", [("table", "ATTLOG")], body), DECODER
    )
    left = {one.place: one.record for one in upload.rejected}
    punches = iter(upload.punches)
    seen = 0
    for place, raw in enumerate(body.split(b"\n")):
        if not raw.strip(b" \r\t\0"):
            continue
        seen += 1
        if place in left:
            assert left[place].raw == raw
            continue
        user_id, time, *rest = decode(raw).removesuffix("\r").split("\t")
        rest += ["", "", ""]
        punch = next(punches)
        assert punch.user_id == user_id.strip(" \0\r\t") != ""
        assert punch.local_second == text_second(time)
        for number, text in zip(
            (punch.state_code, punch.verify_code, punch.work_code), rest, strict=False
        ):
            assert number is None or number == int(text)
    assert next(punches, None) is None
    assert seen == upload.received


TABLES = (
    *("ATTLOG", "OPERLOG", "BIODATA", "USERINFO", "FINGERTMP", "options", "ERRORLOG"),
    *("ATTPHOTO", "rtlog", "rtstate", "transaction", "count", "FACE", "", "nobody's"),
)
WORDS = (b"USER", b"FP", b"FACE", b"OPLOG", b"BIODATA", b"USERPIC", b"BIOPHOTO", b"")
PIECES = st.one_of(
    st.sampled_from(
        (
            *(b"\t", b"\n", b"\r\n", b"=", b",", b" ", b"\0", b"~", b"&", b"\xff"),
            *(b"PIN=1", b"Pri=14", b"TMP=" + TMP, b"Content=eA==", b"event=0"),
            *(b"time=2026-03-12 08:05:00", b"pin=1", b"FID=5", b"Type=9", b"Card=[0]"),
        )
    ),
    st.sampled_from(WORDS),
    st.binary(max_size=6),
)


@given(
    st.sampled_from(TABLES),
    st.lists(PIECES, max_size=20).map(b"".join),
    st.sampled_from(("cdata", "fdata", "querydata")),
    st.sampled_from(("", "tgz")),
)
@example("", b"\xe4\xbd\tUSER \n", "querydata", "")
def test_any_upload(table: str, body: bytes, path: str, packed: str) -> None:
    """Any bytes in, no exception out, and what is told of nobody is told of nobody."""
    query = {"table": table, "ContentType": packed, "type": table, "tablename": table}
    request = read_request(
        "POST",
        f"/iclock/{path}",
        query.items(),
        gzip.compress(body) if packed else body,
    )
    upload = read_upload(request, DECODER)
    assert upload.received >= len(upload.punches) + len(upload.users)
    text = decode(body)
    for user in upload.users:
        assert user.user_id in text and user.user_id not in {"", "0"}
        assert user.name is None or "%" in text or user.name in text
    for template in upload.templates:
        assert template.user_id in text and template.content
    for punch in upload.punches:
        assert punch.user_id in text
    repr(upload).encode()


# --- users and templates --------------------------------------------------------------


def test_operation_log(talk: Talk) -> None:
    """Lines of all kinds come in one upload, told apart by their first word."""
    body = (
        b"USER PIN=1\tName=Ann\tPri=14\tPasswd=4711\tCard=[15CD5B07]\tGrp=1"
        b"\tTZ=0000000100000000\tVerify=0\tViceCard=\r\n"
        b"FP PIN=1\tFID=5\tSize=24\tValid=1\tTMP=" + TMP + b"\n"
        b"FACE PIN=1\tFID=2\tValid=1\tSize=24\tTMP=" + TMP + b"\n"
        b"FVEIN Pin=1\tFID=3\tIndex=2\tValid=1\tSize=24\tTmp=" + TMP + b"\n"
        b"USERPIC PIN=1\tFileName=1.jpg\tSize=4\tContent=/9j/\n"
        b"BIOPHOTO PIN=1\tNo=0\tIndex=0\tFileName=../1.jpg\tType=9\tSize=4\tContent=/9j/\n"
        b"OPLOG 4\t14\t2026-03-12 08:05:00\t0\t0\t0\t0\n"
        b"OPLOG 3\t0\t2026-03-12 08:05:00\t55\t0\t0\t0\n"
        b"ENROLL_USER PIN=1\n"
        b"\n"
        b"user privilege=2\tpin=2\n"
        b"FP PIN=1\tFID=5\tTMP=no base64!\n"
        b"USER Name=Nobody\tPasswd=4711\n"
        b"SOMETHING new\n"
    )
    upload = talk.upload("OPERLOG", body)
    assert upload.received == 13
    assert upload.users == (
        PushedUser(
            "1",
            "Ann",
            14,
            "4711",
            123456789,
            1,
            "0000000100000000",
            0,
            privilege_key="Pri",
        ),
        PushedUser("2", privilege=2, privilege_key="Privilege"),
    )
    assert upload.templates == (
        Template("fingertmp", 1, "1", 5, FINGER),
        Template("face", 2, "1", 2, FINGER),
        Template("fvein", 7, "1", 3, FINGER, index=2),
    )
    assert [template.kind for template in upload.templates] == [
        "fingerprint",
        "face",
        "vein",
    ]
    assert upload.photos == (
        Photo("user", "1", "1.jpg", b"\xff\xd8\xff"),
        Photo("face", "1", "1.jpg", b"\xff\xd8\xff", type=9),
    )
    assert [alarm.type for alarm in upload.alarms] == ["tamper"]
    assert upload.ignored == 2
    assert rejected(upload) == [
        (11, b"FP PIN=1\tFID=5\tTMP=(10 characters)", "unknown_layout"),
        (12, b"USER Name=Nobody\tPasswd=(4 characters)", "unknown_layout"),
        (13, b"SOMETHING new", "unknown_layout"),
    ]
    # They are acknowledged: what was in them is kept.
    assert len(upload.batch(SERIAL).unreadable) == len(upload.rejected)
    assert "4711" not in repr(upload) and "TSS21" not in repr(upload)


def test_base64_with_equal_signs(talk: Talk) -> None:
    """A value may end with the sign that parts it from its key."""
    for size in range(1, 9):
        content = bytes(range(size))
        body = b"FP PIN=1\tFID=0\tTMP=" + b64encode(content) + b"\tValid=3"
        (template,) = talk.upload("OPERLOG", body).templates
        assert (template.content, template.valid) == (content, 3)


def test_chinese_name(talk: Talk) -> None:
    """A name in GB2312 is one, and what stands beside it stays."""
    body = "USER PIN=1\tName=张伟\tPri=0\nUSER PIN=2\tName=Ann".encode("gb2312")
    users = talk.upload("OPERLOG", body).users
    assert [user.name for user in users] == ["张伟", "Ann"]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("USERINFO", b"PIN=1\tName=Ann\tPri=2"),
        ("userinfo", b"USERINFO PIN=1\tName=Ann\tPri=2"),
        ("USER", b"USER Pri=2\tName=Ann\tPIN=1"),
    ],
)
def test_answers_to_queries(talk: Talk, table: str, line: bytes) -> None:
    """A table that was asked for names itself in the query, or in each line."""
    (user,) = talk.upload(table, line).users
    assert (user.user_id, user.name, user.privilege) == ("1", "Ann", 2)


def test_held_user() -> None:
    """What is pushed of a user is what a terminal holds, without the secrets."""
    held = PushedUser("7", "Ann", 14, "4711", 99, 2, disabled=True).as_held()
    assert (held.user_id, held.name, held.role, held.disabled) == (
        "7",
        "Ann",
        "admin",
        True,
    )
    assert (held.card, held.group, held.has_password) == (99, 2, True)
    bare = PushedUser("7").as_held()
    assert (bare.name, bare.role, bare.group, bare.has_password) == (
        "",
        "user",
        1,
        False,
    )


def test_enabled_again() -> None:
    """Who was disabled and is told as a user again is disabled no longer."""
    held = PushedUser("7", name="Ann", privilege=1, privilege_key="Pri").as_held()
    assert held.disabled
    assert PushedUser("7", card=99).as_held(held).disabled
    again = PushedUser("7", privilege=0, privilege_key="Pri").as_held(held)
    assert (again.disabled, again.name) == (False, "Ann")
    # Of a door that leaves its field for that out, nobody knows.
    bare = PushedUser("7", privilege=0, privilege_key="Privilege")
    assert bare.as_held(held).disabled
    assert not PushedUser("7", disabled=False).as_held(held).disabled


@pytest.mark.parametrize(
    ("card", "number"),
    [
        ("", 0),
        ("0", 0),
        ("123456789", 123456789),
        ("[15CD5B07]", 123456789),
        ("[0000000000]", 0),
        ("[15CD5B0]", None),
        ("[]", None),
        ("[" + "00" * 9 + "]", None),
        ("12 34", None),
        ("9" * 30, None),
    ],
)
def test_cards(talk: Talk, card: str, number: int | None) -> None:
    """Cards are decimal, or bytes in hex."""
    (user,) = talk.upload("USERINFO", f"PIN=1\tCard={card}".encode()).users
    assert user.card == number


def test_biodata(talk: Talk) -> None:
    """A visible-light face says all that another terminal must know of it."""
    body = (
        b"BIODATA Pin=1\tNo=0\tIndex=3\tValid=1\tDuress=0\tType=9\tMajorVer=58"
        b"\tMinorVer=12\tFormat=0\tTmp=" + TMP
    )
    (face,) = talk.upload("BIODATA", body).templates
    assert face == Template("biodata", 9, "1", 0, FINGER, 3, 1, 0, 58, 12, 0)
    assert face.kind == "visible_face"
    (other,) = talk.upload("BIODATA", b"Pin=1\tType=99\tTmp=" + TMP).templates
    assert other.kind == "unknown"


# --- photos ---------------------------------------------------------------------------

JPEG = b"\xff\xd8\xff\xe0\0\0JFIF\n\0\t\xff\xd9"
NAME = "20260312080500-1001.jpg"
HEAD = f"PIN={NAME}\nSN={SERIAL}\nsize={len(JPEG)}\nCMD=uploadphoto".encode()
PHOTO = Photo("attendance", "1001", NAME, JPEG, EIGHT)


@pytest.mark.parametrize("path", ["cdata", "fdata"])
@pytest.mark.parametrize("tail", [b"", b"\n", b"garbage"])
def test_attendance_photo(talk: Talk, path: str, tail: bytes) -> None:
    """A picture stands behind a NUL, and has more of them within."""
    said = talk("POST", path, HEAD + b"\0" + JPEG + tail, table="ATTPHOTO", Stamp="7")
    assert said.upload is not None
    assert said.upload.photos == (PHOTO,)
    assert said.text == "OK: 1"
    assert talk.known.stamps == {"attphoto": "7"}


def test_other_photos(talk: Talk) -> None:
    """Pictures come as base64 too, and many in an archive."""
    line = f"PIN={NAME}\tSize=4\tContent={b64encode(JPEG).decode()}".encode()
    assert talk.upload("ATTPHOTO", line).photos == (PHOTO,)
    many = tgz({f"photo/{NAME}": JPEG, "20260312080501.jpg": JPEG, "x": b""})
    upload = talk.upload("ATTPHOTO", many, ContentType="tgz")
    assert upload.received == 3
    assert upload.photos == (
        PHOTO,
        Photo("attendance", "", "20260312080501.jpg", JPEG, EIGHT + 1),
    )


def test_photos_that_are_none(talk: Talk) -> None:
    """A head without a picture brings none, and is acknowledged."""
    for body in (HEAD, HEAD + b"\0", b"\0"):
        upload = talk.upload("ATTPHOTO", body)
        assert not upload.photos and upload.received
    upload = talk.upload("ATTPHOTO", b"PIN=1\0" + JPEG)
    assert upload.photos == (Photo("attendance", "", "1", JPEG),)


# --- the rest -------------------------------------------------------------------------


def test_archive(talk: Talk) -> None:
    """A packed upload brings what it would bring as it is."""
    row = b"1001\t2026-03-12 08:05:00\t0\t15"
    upload = talk.upload("ATTLOG", gzip.compress(row), ContentType="tgz")
    assert [punch.user_id for punch in upload.punches] == ["1001"]
    broken = talk.upload("ATTLOG", row, ContentType="TGZ")
    assert rejected(broken) == [(0, row, "unknown_layout")]
    broken = talk.upload("BIODATA", row, ContentType="TGZ")
    assert rejected(broken) == [(0, b"an archive of 29 bytes", "unknown_layout")]


def test_errors(talk: Talk) -> None:
    """What a terminal reports of itself is acknowledged, line by line."""
    body = b"ErrCode=D01E0001\tErrMsg=full\r\n\nErrCode=2\n"
    upload = talk.upload("ERRORLOG", body)
    assert (upload.received, upload.ignored) == (2, 2)


@pytest.mark.parametrize("option", DIRECTION_OPTIONS)
def test_codes_as_from_port_4370(option: DirectionOption) -> None:
    """A number means the same, whichever way it is told."""
    rows = [f"1\t2026-03-12 08:05:00\t{code}\t{code}" for code in range(300)]
    punches, _, _ = RowDecoder("push", option).read(rows, ATTLOG)
    for code, punch in enumerate(punches):
        assert punch.direction == direction_of(code, option)
        assert punch.method == methods("push").get(code, "unknown")


@given(
    st.integers(1_000_000_000, 3_000_000_000),
    st.from_regex(
        r"[A-Za-z1-9][A-Za-z0-9]{0,11}",
        fullmatch=True,
        alphabet=st.characters(codec="ascii"),
    ),
)
def test_photo_of_a_punch(second: int, user_id: str) -> None:
    """What the photo of a punch is called names the punch again."""
    assert photo_name(photo_of_punch(user_id, second)) == (user_id, second)
    around = seconds_of_photo(second)
    assert around[0] == second
    # Each punch that a photo may be of looks for it.
    assert all(second in seconds_of_photo(taken) for taken in around)

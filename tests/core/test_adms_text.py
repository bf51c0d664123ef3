"""Text as terminals send it, and requests as they spell them (protocol-adms §1, §2)."""

import gzip
import io
import tarfile

from hypothesis import example, given, strategies as st
import pytest

from custom_components.syncid.core.adms.archive import unpack
from custom_components.syncid.core.adms.requests import (
    Endpoint,
    Family,
    endpoint_of,
    read_request,
    told_family,
)
from custom_components.syncid.core.adms.text import (
    comma_pairs,
    decode,
    fields,
    lines_of,
    plain,
    redacted,
    tab_pairs,
)
from custom_components.syncid.core.errors import PushRefused


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        ("Ümit\n张伟".encode(), "Ümit\n张伟"),
        ("Name=张伟\tPri=0\nName=李娜".encode("gb2312"), "Name=张伟\tPri=0\nName=李娜"),
        ("José\tx".encode("cp1252"), "José\tx"),
        # Each line by itself.
        ("张伟\n".encode() + "李娜".encode("gb2312"), "张伟\n李娜"),
        # Cut within a character, by a terminal that counts bytes.
        ("Name=张伟".encode()[:-1] + b"\tPri=0", "Name=张\tPri=0"),
        ("Name=张伟".encode()[:-2] + b"\r\nx", "Name=张\r\nx"),
        (b"\x81\xff\x00", "\ufffdÿ\0"),
    ],
)
def test_decoding(body: bytes, text: str) -> None:
    """Names come in the encodings of the field, and no line spoils another one."""
    assert decode(body) == text


@given(st.binary(max_size=300))
@example(b"\xe4\xbd\n\xff\r\n\xb0\xa1")
def test_any_bytes_are_text(body: bytes) -> None:
    """Whatever comes has as many lines as it has, and can be stored."""
    text = decode(body)
    assert text.count("\n") == body.count(b"\n")
    assert len(lines_of(text)) == body.count(b"\n") + 1
    text.encode()
    redacted(text)
    plain(text)
    for pairs in (tab_pairs(text), comma_pairs(text)):
        for key, value in pairs.items():
            assert key == key.lower()
            assert value in text


def test_pairs() -> None:
    """By key, never by position; a value may hold what parts others."""
    assert tab_pairs("PIN=1\tTMP=abc==\t~Pri=14\r\tpin=2\tno pair\t=x\t1 2=3") == {
        "pin": "1",
        "tmp": "abc==",
        "pri": "14",
    }
    assert comma_pairs("~OEMVendor=ZK, Inc., China,MAC=00:17,~Empty=,x,y=1") == {
        "oemvendor": "ZK, Inc., China",
        "mac": "00:17",
        "empty": ",x",
        "y": "1",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Ann ", "Ann"),
        ("Ann\0garbage", "Ann"),
        ("%E5%BC%A0%E4%BC%9F", "张伟"),
        ("Ann %E5%BC%A0", "Ann 张"),
        ("100%25", "100%25"),
        ("100%", "100%"),
        ("%ff%fe", "%ff%fe"),
        ("%C2%85x", "%C2%85x"),
    ],
)
def test_names(text: str, name: str) -> None:
    """A percent sign may stand for itself."""
    assert plain(text) == name


@pytest.mark.parametrize("control", "\t\r\n\0\x1b\x7f\x85\u2028\u2029")
def test_injection(control: str) -> None:
    """A value that would begin another field or command is refused, and not shown."""
    with pytest.raises(PushRefused) as refused:
        fields({"PIN": 1, "Passwd": f"12{control}Pri=14"})
    assert refused.value.reason == "control_characters"
    assert str(refused.value) == "control_characters: Passwd"


def test_fields() -> None:
    """What is not given is left out; what is empty is not."""
    assert (
        fields({"PIN": "1", "Name": None, "Card": "", "Grp": 0})
        == "PIN=1\tCard=\tGrp=0"
    )


def test_redacted() -> None:
    """What is looked at shows no secrets."""
    line = redacted(f"FP PIN=1\tTMP={'A' * 100}\tPasswd=4711\t{'B' * 60}\tFID=3")
    assert line == (
        "FP PIN=1\tTMP=(100 characters)\tPasswd=(4 characters)"
        "\tBBBBBBBB… (60 characters)\tFID=3"
    )


# --- requests -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/iclock/cdata", "cdata"),
        ("/iclock/cdata.aspx", "cdata"),
        ("/iclock/getrequest.php", "getrequest"),
        ("/ICLOCK/GetRequest.ASPX/", "getrequest"),
        ("//iclock//devicecmd/", "devicecmd"),
        ("/secret/iclock/ping", "ping"),
        ("/iclock/registry", "registry"),
        ("/iclock/shell", "unknown"),
        ("/iclock/unknown", "unknown"),
        ("/iclock", "unknown"),
        ("", "unknown"),
    ],
)
def test_endpoints(path: str, endpoint: Endpoint) -> None:
    """Firmwares spell paths as they like."""
    assert endpoint_of(path) == endpoint


@pytest.mark.parametrize(
    ("query", "serial"),
    [
        ([("SN", "CKUJ204260001")], "CKUJ204260001"),
        ([("sn", "a-b_9")], "a-b_9"),
        ([("Sn", " X1 "), ("SN", "X2")], "X1"),
        ([("SN", "")], None),
        ([("SN", "a/../b")], None),
        ([("SN", "é")], None),
        ([("SN", "X1\n")], "X1"),
        ([("SN", "1" * 33)], None),
        ([], None),
    ],
)
def test_serials(query: list[tuple[str, str]], serial: str | None) -> None:
    """What cannot be a serial number is none."""
    assert read_request("get", "/iclock/cdata", query).serial == serial


@pytest.mark.parametrize(
    ("query", "stamp"),
    [
        ({"Stamp": "9999"}, "9999"),
        ({"OpStamp": "12"}, None),
        ({"table": "OPERLOG", "Stamp": "9", "OpStamp": "12"}, "12"),
        ({"table": "OPERLOG", "Stamp": "9"}, "9"),
        ({"table": "ATTLOG", "Stamp": "9", "OpStamp": "12"}, "9"),
        ({"table": "ATTPHOTO", "PhotoStamp": "12"}, "12"),
        ({"stamp": "None"}, "None"),
        ({"Stamp": "1\r\nX=2"}, None),
        ({"Stamp": "1" * 100}, None),
        ({}, None),
    ],
)
def test_stamps(query: dict[str, str], stamp: str | None) -> None:
    """A stamp is echoed as it came, so that it must be one."""
    assert read_request("POST", "/iclock/cdata", query.items()).stamp == stamp


@pytest.mark.parametrize(
    ("method", "path", "query", "told"),
    [
        ("GET", "cdata", {"DeviceType": "att", "pushver": "3.1.1"}, ("att", True)),
        ("GET", "cdata", {"devicetype": "ACC"}, ("acc", True)),
        ("GET", "cdata", {"DeviceType": "middle east"}, None),
        ("GET", "cdata", {"pushver": "3.1.2"}, ("acc", False)),
        ("GET", "cdata", {"pushver": "Ver 3.0.1"}, ("acc", False)),
        ("GET", "cdata", {"pushver": "2.4.1"}, None),
        ("GET", "cdata", {"pushver": "x"}, None),
        ("POST", "registry", {}, ("acc", False)),
        ("POST", "cdata", {"table": "RTLog"}, ("acc", False)),
        ("POST", "cdata", {"table": "ATTLOG"}, None),
    ],
)
def test_families(
    method: str, path: str, query: dict[str, str], told: tuple[Family, bool] | None
) -> None:
    """A terminal says its family, or shows it, or neither."""
    assert told_family(read_request(method, f"/iclock/{path}", query.items())) == told


@given(
    st.text(max_size=20),
    st.text(max_size=60),
    st.lists(st.tuples(st.text(max_size=10), st.text(max_size=40))),
)
def test_any_request(method: str, path: str, query: list[tuple[str, str]]) -> None:
    """Whatever is asked, and however, can be looked at."""
    request = read_request(method, path, query)
    told_family(request)
    assert "pushcommkey" not in repr(request)


# --- archives -------------------------------------------------------------------------


def tgz(files: dict[str, bytes]) -> bytes:
    """Return files in a packed archive."""
    target = io.BytesIO()
    with tarfile.open(
        fileobj=target, mode="w:gz", format=tarfile.GNU_FORMAT
    ) as archive:
        folder = tarfile.TarInfo("photos")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def test_archives() -> None:
    """Files come out as they went in, folders do not."""
    files = {"a.jpg": b"x" * 513, "photos/b.jpg": b"", "c": bytes(1024)}
    assert unpack(tgz(files)) == [*files.items()]
    assert unpack(gzip.compress(b"1\t2")) == [("", b"1\t2")]


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no archive",
        gzip.compress(b"x" * 100)[:-12],
        gzip.compress(bytes(17 * 1024 * 1024)),
        gzip.compress(gzip.decompress(tgz({"a": b"x" * 2000}))[:1100]),
        gzip.compress(gzip.decompress(tgz({"a": b"x"}))[:700]),
        gzip.compress(
            gzip.decompress(tgz({"a": b"x"})).replace(b"00000000001\0", b"9" * 12)
        ),
    ],
)
def test_broken_archives(packed: bytes) -> None:
    """What is cut, far too large or no archive is none."""
    assert unpack(packed) is None


@given(st.binary(max_size=2000), st.booleans())
def test_any_archive(content: bytes, is_archive: bool) -> None:
    """Whatever is packed comes out as what it was, or not at all."""
    if is_archive:
        content = content[:257].ljust(257, b"0") + b"ustar" + content[257:]
    for name, found in unpack(gzip.compress(content)) or ():
        assert found in content
        assert len(name) <= 100
    unpack(content)

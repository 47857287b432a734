import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from aftercare.notify.vapid import VapidKeyError, development_vapid_key, new_vapid_key, read_vapid_key

SUBJECT = "mailto:it@clinic.test"


def test_the_public_half_is_a_point_as_browsers_take_it() -> None:
    public = read_vapid_key(new_vapid_key(), subject=SUBJECT).public
    assert len(public) == 87
    assert public[0] == "B"  # an uncompressed point begins with 4


def test_a_key_may_stand_on_one_line_as_a_variable_does() -> None:
    text = new_vapid_key()
    one_line = text.replace("\n", "\\n")
    assert read_vapid_key(one_line, subject=SUBJECT).public == read_vapid_key(text, subject=SUBJECT).public


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, password: bytes | None = None) -> str:
    seal = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, seal).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        new_vapid_key()[:120],
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
        pem(ec.generate_private_key(ec.SECP256R1()), b"a password"),
    ],
)
def test_what_is_no_key_for_web_push_is_said_in_one_sentence_and_not_repeated(text: str) -> None:
    with pytest.raises(VapidKeyError, match="give a P-256 private key in PEM") as caught:
        read_vapid_key(text, subject=SUBJECT)
    assert caught.value.__cause__ is None
    assert not text or text not in str(caught.value)


def test_several_processes_that_start_at_once_have_one_key_which_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "new" / "vapid.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: development_vapid_key(file, subject=SUBJECT).public, range(16)))
    assert len(set(keys)) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["vapid.pem"]

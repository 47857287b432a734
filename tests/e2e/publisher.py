"""Whoever publishes an app: the keys that Google and Apple gave out for it, and how the two check what is signed with them.

Written from their side, as their manuals say it, with nothing of ours.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_ACCOUNT = "pushes@sample-project.test"
_KEY_ID, _TEAM, _TOPIC = "ABC123DEFG", "TEAM123456", "test.aftercare.app"
_HOUR = 3600


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


class Publisher:
    """One app: a Firebase project and a key of Apple's."""

    project = "sample-project"

    def __init__(self) -> None:
        self._google = rsa.generate_private_key(65537, 2048)
        self._apple = ec.generate_private_key(ec.SECP256R1())

    @property
    def secrets(self) -> dict[str, str]:
        """A line out of the middle of each key."""
        return {
            name: pem(key).splitlines()[2] for name, key in (("Google", self._google), ("Apple", self._apple))
        }

    def settings(self, folder: Path, *, fcm: str, tokens: str, apns: str) -> dict[str, str]:
        """The service's settings for these addresses; the keys are written into `folder`."""
        account = {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": "1",
            "private_key": pem(self._google),
            "client_email": _ACCOUNT,
            "token_uri": tokens,
        }
        (folder / "account.json").write_text(json.dumps(account))
        (folder / "key.p8").write_text(pem(self._apple))
        return {
            "AFTERCARE_FCM_CREDENTIALS_FILE": str(folder / "account.json"),
            "AFTERCARE_FCM_URL": fcm,
            "AFTERCARE_APNS_KEY_FILE": str(folder / "key.p8"),
            "AFTERCARE_APNS_KEY_ID": _KEY_ID,
            "AFTERCARE_APNS_TEAM_ID": _TEAM,
            "AFTERCARE_APNS_TOPIC": _TOPIC,
            "AFTERCARE_APNS_URL": apns,
        }

    def may_have_token(self, form: bytes, tokens: str) -> bool:
        """Whether Google would give an access token for what was posted to the address `tokens`."""
        asked = parse_qs(form.decode())
        try:
            said = jwt.decode(
                asked["assertion"][0], self._google.public_key(), algorithms=["RS256"], audience=tokens
            )
        except (jwt.PyJWTError, KeyError):
            return False
        signed_by = (said["iss"], said["scope"])
        whole = asked["grant_type"] == [_GRANT] and signed_by == (_ACCOUNT, _SCOPE)
        return whole and 0 < said["exp"] - said["iat"] <= _HOUR

    def may_push(self, headers: dict[str, str]) -> bool:
        """Whether Apple would take a push with these headers."""
        scheme, _, token = headers["authorization"].partition(" ")
        try:
            said = jwt.decode(token, self._apple.public_key(), algorithms=["ES256"])
            key_id = jwt.get_unverified_header(token)["kid"]
        except (jwt.PyJWTError, KeyError):
            return False
        signed_by = (scheme, key_id, said["iss"], headers["apns-topic"])
        return signed_by == ("bearer", _KEY_ID, _TEAM, _TOPIC)

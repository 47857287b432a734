"""`aftercare demo` from the built wheel, alone: what a newcomer sees first."""

import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.e2e.processes import environment, free_port, running, wait_until_ready

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked into a folder that comes before the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=_ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = (folder / "dist").glob("aftercare-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target"]
    subprocess.run([*install, str(folder / "site"), str(wheel)], check=True, capture_output=True, timeout=120)
    return folder / "site"


def _printed(log: Path, what: str) -> str:
    match = re.search(what, log.read_text())
    assert match is not None, log.read_text()
    return match[1]


def test_the_demo_from_the_wheel_is_a_clinic_at_work_and_starts_again_at_once(
    installed: Path, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "demo.log"
    env = environment(tmp_path / "data", port, PYTHONPATH=str(installed), COLUMNS="200")
    address = f"http://127.0.0.1:{port}"
    with running("demo", "--patients", "30", env=env, log=log):
        wait_until_ready(address, log, seconds=300)
        password = _printed(log, r"practitioner@demo\.invalid\s+(\S+)")
        with httpx.Client(base_url=address, timeout=60, follow_redirects=True) as http:
            body = {"clinic": "demo", "email": "practitioner@demo.invalid", "password": password}
            token = http.post("/v1/staff/sign-ins", json=body).json()["token"]
            alerts = http.get("/v1/alerts", headers={"authorization": f"Bearer {token}"}).json()
            assert alerts[0]["tier"] == "emergency"
            assert {alert["code"] for alert in alerts} >= {
                "cold_sore",
                "swelling",
                "milia",
                "burn",
                "silence",
            }
            assert "No mail" not in _until_mail(http)
            code = _printed(log, r"Enrolment code\s+(\S+)")
            enrolment = {"code": code, "installation_id": "0190b5a8-0000-7000-8000-000000000001"}
            phone = http.post("/v1/enrolments", json=enrolment).json()["access_token"]
            _answers_as_the_readme_says(http, phone, token)
    assert not list((tmp_path / "data").rglob("postmaster.pid"))
    with running("demo", env=env, log=log):
        wait_until_ready(address, log)
        assert log.read_text().count(password) == 2


def _answers_as_the_readme_says(http: httpx.Client, phone: str, token: str) -> None:
    """A patient of whom nothing is open: what is answered in the app is seen to be new on the dashboard."""
    mine, staff = {"authorization": f"Bearer {phone}"}, {"authorization": f"Bearer {token}"}
    patient_id = http.get("/v1/me", headers=mine).json()["patient_id"]

    def open_of_them() -> list[str]:
        alerts = http.get("/v1/alerts", headers=staff).json()
        return [alert["code"] for alert in alerts if alert["patient_id"] == patient_id]

    assert open_of_them() == []
    said = {
        "instrument": 1,
        "recorded_at": datetime.now(UTC).isoformat(),
        "time_zone": "Europe/London",
        "answers": {"tingling": True, "sites": {"tingling": ["lips"]}},
    }
    answer = http.put(f"/v1/check-ins/{uuid4()}", headers=mine, json=said).json()
    assert answer["advice"]["tier"] == "same_day"
    assert open_of_them() == ["cold_sore"]


def _until_mail(http: httpx.Client) -> str:
    """The inbox's page, once the first mail has come."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page = http.get("/inbox").text
        if "/inbox/1" in page:
            return page
        time.sleep(0.2)  # mail comes when it comes
    raise AssertionError("no mail arrived in the demo's inbox")


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = environment(tmp_path / "data", taken.getsockname()[1])
        made = subprocess.run(
            [sys.executable, "-m", "aftercare", "demo"],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert made.returncode == 1
    assert "AFTERCARE_PORT" in made.stderr
    assert "Traceback" not in made.stderr

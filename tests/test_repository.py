"""What the repository itself promises: nothing of this machine in it, a whole wheel, a workshop that finds its Python."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import aftercare

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
# The brackets keep this file from naming what it looks for.
REGISTRIES = re.compile(
    r"py[p]i\.org|python[h]osted\.org|npm[j]s\.(?:org|com)|yarn[p]kg\.com|crates[.]io|proxy[.]golang|rubygems[.]org"
)
STANDARD_FOLDERS = {f"/{name}" for name in "bin dev etc home opt private proc srv tmp usr var".split()}  # noqa: SIM905  # reads better


def tracked(*under: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *under], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> dict[str, str]:
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[str(path.relative_to(ROOT))] = content.decode()
    return found


def paths_of_this_machine() -> re.Pattern[str]:
    """This checkout, the home folder of who runs the tests, and the folder at the top if it is not every machine's."""
    folders = {str(ROOT), str(Path.home())} | ({str(ROOT.parents[-2])} - STANDARD_FOLDERS)
    return re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, sorted(folders - {"/"}))) + r")(?![\w-])")


@pytest.fixture(scope="module")
def pyproject() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def in_the_wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    target = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_by_hash_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    pins = re.split(r"\n(?=\S)", text.strip())
    assert len(pins) > 20
    assert all(re.match(r"[\w.-]+==\S+", pin) and "--hash=sha256:" in pin for pin in pins)


def test_the_front_end_lock_names_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_every_dependency_of_the_package_is_pinned(pyproject: dict[str, object]) -> None:
    project = pyproject["project"]
    assert isinstance(project, dict)
    needed = {re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0] for line in project["dependencies"]}
    for name in LOCKS:
        assert needed <= set(re.findall(r"^([\w.-]+)==", (ROOT / name).read_text(), re.MULTILINE))


def test_no_tracked_file_names_a_registry_or_a_path_of_this_machine() -> None:
    here = paths_of_this_machine()
    assert here.search(f"see {ROOT}/README.md")
    found = {
        f"{name}: {match.group()}"
        for name, text in texts().items()
        for pattern in (REGISTRIES, here)
        for match in pattern.finditer(text)
    }
    assert found == set()


def test_the_version_is_the_same_everywhere(pyproject: dict[str, object]) -> None:
    project = pyproject["project"]
    assert isinstance(project, dict)
    assert aftercare.__version__ == project["version"]


def test_the_wheel_holds_every_file_of_the_package_and_the_sql(in_the_wheel: set[str]) -> None:
    package = {str(path.relative_to(ROOT)) for path in tracked("aftercare")}
    sql = {"aftercare/" + str(path.relative_to(ROOT)) for path in tracked("sql")}
    assert any(name.endswith(".sql") for name in sql)
    assert (package | sql) - in_the_wheel == set()


def test_the_wheel_holds_the_pages_assets_once_they_are_built(in_the_wheel: set[str]) -> None:
    assets = ROOT / "aftercare" / "web" / "assets"
    built = {str(path.relative_to(ROOT)) for path in assets.rglob("*") if path.is_file()}
    if not built:
        pytest.skip("no assets here: make builds them")
    assert built - in_the_wheel == set()


def test_the_wheel_holds_the_licence_and_nothing_beside_the_package(in_the_wheel: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in in_the_wheel)
    assert {name.partition("/")[0] for name in in_the_wheel} == {
        "aftercare",
        f"aftercare-{aftercare.__version__}.dist-info",
    }


def test_the_readme_and_the_licence_say_what_they_must() -> None:
    readme = " ".join((ROOT / "README.md").read_text().replace("> ", "").replace("**", "").split())
    assert "Not CE/UKCA marked or FDA cleared." in readme
    assert (
        "For development and evaluation; not for care until the responsible manufacturer has released it."
        in readme
    )
    assert "adults after micro-needling (no radiofrequency) or Laser Genesis" in readme
    assert "Apache License" in (ROOT / "LICENSE").read_text()


def find_python(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return tool("find_python", folder, **variables)


def tool(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one of tools/ with nothing but `folder` on the PATH."""
    shell = shutil.which("sh") or "/bin/sh"
    return subprocess.run(
        [shell, str(ROOT / "tools" / name)],
        env={"PATH": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_shim_that_fails_and_a_python_too_old_are_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "python3", "echo 'no such version installed' >&2; exit 127")
    program(tmp_path / "python3.13", "exit 1")
    program(tmp_path / "python3.12", f'exec {sys.executable} "$@"')
    found = find_python(tmp_path)
    assert (found.stdout, found.returncode) == ("python3.12\n", 0)


def test_no_python_at_all_is_one_sentence(tmp_path: Path) -> None:
    found = find_python(tmp_path)
    assert found.returncode == 1
    assert found.stderr.startswith("Aftercare needs Python 3.11 or newer")


def test_a_python_without_venv_is_named(tmp_path: Path) -> None:
    program(tmp_path / "python3", 'case "$2" in *venv*) exit 1 ;; esac')
    found = find_python(tmp_path)
    assert found.returncode == 1
    assert found.stderr.startswith("python3 cannot make a virtual environment")


def test_the_python_that_is_named_is_the_one_taken(tmp_path: Path) -> None:
    assert find_python(tmp_path, PYTHON=sys.executable).stdout == f"{sys.executable}\n"
    assert find_python(tmp_path, PYTHON="nonsense").stderr.startswith("nonsense is not a Python 3.11")


def test_without_a_browser_and_the_right_to_install_one_the_tests_go_on(tmp_path: Path) -> None:
    program(tmp_path / "id", "echo 1000")
    program(tmp_path / "apt-get", "exit 1")
    found = tool("find_browser", tmp_path)
    assert found.returncode == 0
    assert found.stdout.startswith("No Chromium here and none could be installed")
    assert found.stderr == ""


def test_root_without_a_network_is_told_that_the_browser_tests_are_skipped(tmp_path: Path) -> None:
    program(tmp_path / "id", "echo 0")
    program(tmp_path / "apt-get", "exit 100")
    program(tmp_path / "timeout", 'shift; "$@"')
    found = tool("find_browser", tmp_path)
    assert found.returncode == 0
    assert "Installing Debian's chromium" in found.stdout
    assert "No Chromium here" in found.stdout


def test_root_gets_a_browser_from_debian(tmp_path: Path) -> None:
    program(tmp_path / "id", "echo 0")
    program(tmp_path / "apt-get", f'echo "$*" >> {tmp_path}/asked')
    program(tmp_path / "timeout", 'shift; "$@"')
    found = tool("find_browser", tmp_path)
    assert (found.returncode, "No Chromium" in found.stdout) == (0, False)
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith("install chromium")


def test_continuous_integration_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_alone_lists_the_commands() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"demo", "test", "check", "wheel", "lock", "clean"} <= set(re.findall(r"make ([a-z-]+)", listed))

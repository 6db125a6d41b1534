"""House rules that no linter knows: what may stand in the tree, how files open, what the engine may call, what the wheel holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("schemas", "correlate", "streams", "sinks")
PURE = ("schemas", "correlate")
TEXT_ENDINGS = {".py", ".md", ".toml", ".yml", ".yaml", ".lock", ".sh", ".json", ".service", ".env", ".cfg", ".ini", ".svg", ".j2", ""}
GENERATED = {".venv", ".git", ".cache", "out", "dist", "build", "__pycache__", ".hypothesis"}


def files() -> list[Path]:
    """Every file that git keeps or would keep; of an unpacked archive, every file that is not made by running."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not GENERATED & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


FILES = files()
SOURCES = [path for path in FILES if path.suffix == ".py"]
OURS = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ROOMS]
TREES = {path: ast.parse(path.read_text()) for path in SOURCES}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def where(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}" + (f":{node.lineno}" if node is not None and hasattr(node, "lineno") else "")


# --- the tree -----------------------------------------------------------------------------------------------------------------------


def test_no_file_names_a_place_on_somebodys_machine_or_a_package_index() -> None:
    """The project is built anywhere, from any mirror; recorded fixtures may say what they like."""
    places = ("wo" + "rk/main", "wo" + "rk/shared", "tmp/scr" + "atch")
    hosts = tuple(
        ".".join(parts)
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("repo1", "maven", "org"),
            ("repo", "maven", "apache", "org"),
        )
    )
    found = []
    for path in FILES:
        if path.suffix in TEXT_ENDINGS and "fixtures" not in path.parts:
            text = path.read_text(errors="replace")
            found += [f"{where(path)} names {word}" for word in (*(f"/{place}" for place in places), *hosts) if word in text]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_version_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")).strip())
    assert len(entries) > 20
    assert [entry[:60] for entry in entries if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry) or "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index-url" not in text


def test_nothing_is_left_for_later() -> None:
    """No marker of unfinished work, and no test that is not run."""
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|NotImplemented" r"Error)\b|mark\.(sk" r"ip\b|xf" r"ail)")
    found = []
    for path in SOURCES:
        found += [f"{where(path)}: {match[0]}" for match in marks.finditer(path.read_text())]
    assert found == []


# --- how files open -----------------------------------------------------------------------------------------------------------------


def test_every_module_opens_by_saying_what_it_is() -> None:
    """Package markers without code may be empty."""
    assert [where(path) for path, tree in TREES.items() if tree.body and not ast.get_docstring(tree)] == []


# --- purity and imports -------------------------------------------------------------------------------------------------------------

FORBIDDEN_CALLS = {"now", "utcnow", "today", "urandom", "uuid1", "uuid4", "getenv", "system", "popen"}
FORBIDDEN_NAMES = {"hash", "input", "eval", "exec", "open"}


def test_the_engine_and_the_readers_ask_nothing_of_clock_chance_environment_or_disk() -> None:
    """import-linter forbids the modules; these are calls by which the same would come in through allowed ones.

    hash() of a text differs from process to process.
    """
    found = []
    for path in OURS:
        if path.relative_to(ROOT).parts[0] not in PURE or path.name in {"check.py", "formats.py", "export.py"}:
            continue
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Name) and called.id in FORBIDDEN_NAMES:
                    found.append(f"{where(path, node)} {called.id}()")
                if isinstance(called, ast.Attribute) and called.attr in FORBIDDEN_CALLS:
                    found.append(f"{where(path, node)} .{called.attr}()")
    assert found == []


def imports_of(body: list[ast.stmt], known: set[str]) -> Iterator[str]:
    """Our modules that are imported when a module is loaded: not those for types only, nor those inside functions."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module
        elif isinstance(node, ast.Try):
            yield from imports_of(node.body, known)


def test_no_module_imports_itself_by_a_detour() -> None:
    """Every module can be imported first.  Raises graphlib.CycleError, with the circle in its message, where one cannot."""
    known = {module_of(path) for path in OURS}
    graph = {module_of(path): set(imports_of(TREES[path].body, known)) - {module_of(path)} for path in OURS}
    assert len(list(TopologicalSorter(graph).static_order())) == len(known)


def test_every_module_can_be_imported() -> None:
    """In a process of its own, so that nothing that tests have imported helps."""
    names = sorted(module_of(path) for path in OURS if path.name != "__main__.py")
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    told = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", program, *names], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr[-2000:]


# --- the wheel ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
        "--no-cache-dir",
    ]
    made = subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    """All of their modules and schemas; no test, no benchmark, no recording."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    (about,) = tops - set(ROOMS)
    assert about.endswith(".dist-info")
    assert tops - {about} == set(ROOMS)
    modules = {name for name in names if name.endswith(".py")}
    assert modules == {path.relative_to(ROOT).as_posix() for path in OURS}
    assert {name for name in names if name.endswith(".json")} == {
        path.relative_to(ROOT).as_posix() for path in FILES if path.relative_to(ROOT).as_posix().startswith("schemas/json/")
    }
    assert f"{about}/licenses/LICENSE" in names


def test_the_command_works_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Installed in a folder of its own, with the dependencies of this environment: --version, --help and a command that needs data files."""
    installed = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--target",
        str(installed),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    told = _run(installed, tmp_path, "--version")
    assert told.stdout.split()[-1] == version("causeline")
    assert "worker" in _run(installed, tmp_path, "--help").stdout
    assert "causeline.incidents.v1" in _run(installed, tmp_path, "topics", "plan").stdout


def _run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(installed)!r}); import streams.cli; assert streams.cli.__file__.startswith({str(installed)!r}); streams.cli.main()"
    told = subprocess.run([sys.executable, "-c", program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    return told

"""What the project says of itself, in one place, agrees with what it says in another."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import trialpool

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))
WRITTEN_FOR_READERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / page for page in PAGES)]
NOT_OURS = {"__pycache__", "build", "dist", "report", "site"}

# joined here, so that this file does not hold what it looks for
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))]
HOSTS += [".".join(parts) for parts in (("deb", "debian", "org"), ("cran", "r-project", "org"), ("crates", "io"))]
PATH_OF_ONE_MACHINE = re.compile(r"(?<![\w.~-])/(home|root|Users|work)" + "/")


def texts():
    """Every text file of the project, but for what is made or installed."""
    for path in sorted(ROOT.rglob("*")):
        folders = path.relative_to(ROOT).parts[:-1]
        hidden = any(folder.startswith(".") and folder != ".ci" for folder in folders)
        if hidden or NOT_OURS.intersection(folders) or not path.is_file() or path.name == ".git":
            continue
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def canonical(requirement):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def test_constraints_are_exact_versions_and_name_no_host():
    assert [pin for pin in pins() if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []


def test_constraints_cover_every_dependency():
    extras = PYPROJECT["optional-dependencies"].values()
    required = {canonical(requirement) for listed in (PYPROJECT["dependencies"], *extras) for requirement in listed}
    assert required - {canonical(pin) for pin in pins()} == set()


def test_installed_version_is_that_of_pyproject():
    assert version("trialpool") == PYPROJECT["version"]


def test_changelog_and_citation_name_the_version():
    assert f"## [{PYPROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == PYPROJECT["version"]


def test_every_public_name_is_in_the_python_reference():
    reference = (ROOT / "docs/reference/python.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", reference))))
    assert set(trialpool.__all__) - documented == set()


def test_every_public_name_has_a_docstring():
    public = {name: getattr(trialpool, name) for name in trialpool.__all__}
    assert [name for name, value in public.items() if callable(value) and not value.__doc__] == []


def test_every_page_is_in_the_navigation():
    def pages(entry):
        if isinstance(entry, str):
            return [entry]
        return [page for part in (entry.values() if isinstance(entry, dict) else entry) for page in pages(part)]

    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(pages(navigation)) == PAGES


@pytest.mark.parametrize("page", WRITTEN_FOR_READERS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_sessions_with_output_are_console_blocks_which_run(page):
    fenced = re.compile(r"^ *```(\S*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
    for language, body in fenced.findall(page.read_text(encoding="utf-8")):
        assert language not in {"", "bash", "shell", "py", "pycon", "python3"}
        assert language == "console" or not re.search(r"^\s*\$ ", body, re.MULTILINE)
        assert language == "python" or not re.search(r"^\s*>>> ", body, re.MULTILINE)


def test_no_file_names_a_package_host_or_a_path_of_one_machine():
    found = {name: [host for host in HOSTS if host in text] for name, text in texts()}
    assert {name: hosts for name, hosts in found.items() if hosts} == {}
    assert [name for name, text in texts() if PATH_OF_ONE_MACHINE.search(text)] == []

"""What CONTRIBUTING.md names is there: commands, folders, modules and what they hold, and every room of the import contract."""

from __future__ import annotations

import importlib
import re
import tomllib

import pytest

import reportgen
from tests.conftest import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([^`\n]+)`", TEXT)))
PACKAGE = ROOT / "reportgen"
DOTTED = [
    name for name in NAMED if re.fullmatch(r"[a-z_]+(\.[A-Za-z_]+)+", name) and not name.endswith((".yaml", ".csv"))
]
PATHS = [name for name in NAMED if re.fullmatch(r"[A-Za-z_./*]+", name) and "/" in name]


def commands(text: str) -> set[str]:
    """The verbs after `make`."""
    return {verb for code in re.findall(r"`(make[^`]*)`", text) for verb in re.findall(r"make (\w+)", code)}


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "README.md"])
def test_every_make_command_exists(document: str) -> None:
    rules = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = commands((ROOT / document).read_text(encoding="utf-8"))
    assert named and named <= set(rules)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path: str) -> None:
    assert any([*base.glob(path.rstrip("/"))] for base in (ROOT, PACKAGE)), path


@pytest.mark.parametrize("name", [name for name in DOTTED if not name.startswith("pooled.")])
def test_every_module_and_what_it_holds_exists(name: str) -> None:
    here = reportgen
    for part in name.split("."):
        try:
            here = getattr(here, part)
        except AttributeError:
            here = importlib.import_module(f"{here.__name__}.{part}")


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_every_room_is_on_the_map() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = " ".join(contract["contracts"][0]["layers"])
    rooms = {room for room in re.findall(r"\w+", layers) if (PACKAGE / room).is_dir()}
    rows = TEXT.split("## The rooms")[1].split("\n## ")[0]
    assert {room for room in rooms if f"`{room}/`" not in rows} == set()

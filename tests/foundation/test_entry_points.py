"""Things of other packages are found by their entry points, and named with their package where they fail."""

import sys
from pathlib import Path

import pytest

from nerforge.foundation.entry_points import Registry, registered
from nerforge.foundation.errors import UsageError, UserError

GROUP = "nerforge.tools"
SHIPPED = {"path": "pathlib:Path.cwd", "json": "json"}


def install(folder: Path, package: str, *points: str, code: str = "", group: str = GROUP) -> None:
    """Write what pip leaves of a package: its module and its metadata."""
    folder.mkdir(exist_ok=True)
    (folder / f"{package}.py").write_text(code)
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *points, ""]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of packages on the import path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def tools(*attributes: str) -> Registry[object]:
    return Registry("tool", GROUP, SHIPPED, attributes)


def test_without_plug_ins_there_is_what_is_shipped_in_its_order():
    assert (list(tools()), len(tools()), dict(registered(GROUP))) == (["path", "json"], 2, {})
    assert tools()["json"].__name__ == "json"


def test_plug_ins_stand_behind_what_is_shipped_and_are_imported_on_use(site: Path):
    install(
        site, "acme_tools", "zip = acme_tools:ZIP", "axe = acme_tools:Axe", code="ZIP = 7\nclass Axe: n = 1"
    )
    found = tools()
    assert list(found) == ["path", "json", "axe", "zip"]
    assert "acme_tools" not in sys.modules
    assert (found["zip"], found["axe"].n, found["axe"] is found["axe"]) == (7, 1, True)
    assert not isinstance(found["axe"], type)


def test_an_unknown_name_lists_those_of_other_packages_too(site: Path):
    install(site, "acme_more", "axe = acme_more:AXE")
    with pytest.raises(UsageError, match="unknown tool 'saw'; known: axe, json, path"):
        tools().find("saw")


def test_a_name_that_is_shipped_cannot_be_claimed(site: Path):
    install(site, "acme_json", "json = acme_json:JSON")
    said = f"package acme_json claims 'json' in {GROUP}, which is the name of the tool that nerforge ships"
    for use in (list, len, lambda found: found.find("json"), lambda found: found.find("path")):
        with pytest.raises(UserError, match=said):
            use(tools())


def test_a_name_of_two_packages_names_both(site: Path):
    install(site, "acme_one", "axe = acme_one:AXE")
    install(site, "acme_two", "axe = acme_two:AXE")
    said = "'axe' is claimed twice in nerforge.tools, by acme_one and acme_two: acme_one:AXE and acme_two:AXE"
    with pytest.raises(UserError, match=said):
        list(tools())


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import no_such_module_of_acme", "ModuleNotFoundError: No module named 'no_such_module_of_acme'"),
        ("raise RuntimeError('no\\nlicence')", "RuntimeError: no licence"),
        ("BOW = 1", "AttributeError: module '{}' has no attribute 'AXE'"),
    ],
    ids=["missing module", "error of its own", "missing attribute"],
)
def test_a_plug_in_that_fails_names_its_package_and_the_cause(site: Path, code: str, cause: str):
    package = f"acme_{len(cause)}"
    install(site, package, f"axe = {package}:AXE", code=code)
    with pytest.raises(UserError) as raised:
        tools()["axe"]
    said = f"'axe' of package {package} ({package}:AXE) cannot be imported: {cause.format(package)}; mend or"
    assert str(raised.value).startswith(said)


def test_a_plug_in_of_another_kind_is_refused_with_what_it_lacks(site: Path):
    install(site, "acme_odd", "axe = acme_odd:AXE", code="class AXE:\n    blade = 1")
    with pytest.raises(
        UserError, match=r"'axe' of package acme_odd \(acme_odd:AXE\) is no tool: it lacks handle$"
    ):
        tools("blade", "handle")["axe"]


def test_a_class_that_needs_arguments_is_refused(site: Path):
    install(site, "acme_class", "axe = acme_class:Axe", code="class Axe:\n    def __init__(self, blade): ...")
    with pytest.raises(UserError, match=r"is a class that cannot be made without arguments: .*blade"):
        tools()["axe"]

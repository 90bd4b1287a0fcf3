"""Checks as JUnit XML, which GitLab, Jenkins, CircleCI and others show.

The format is that of Ant's JUnit task; the keys here are those that all readers know:
https://github.com/testmoapp/junitxml
"""

from pathlib import Path
from xml.etree import ElementTree

from nerforge.cli.ci.check_results import CheckResult, CheckSuite
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.printing import printable_lines


def write_junit(path: Path, suite: CheckSuite) -> None:
    """Write a suite of checks as XML; what XML has no character for is written out."""
    write_whole(path, junit_xml(suite))


def junit_xml(suite: CheckSuite) -> bytes:
    """Give the XML of a suite, in UTF-8."""
    counts = {"tests": str(len(suite.results)), "failures": str(suite.n_failed), "errors": "0"}
    root = ElementTree.Element("testsuites", {"name": suite.name, **counts})
    tests = ElementTree.SubElement(root, "testsuite", {"name": suite.name, **counts})
    for result in suite.results:
        _add(tests, suite.name, result)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add(tests: ElementTree.Element, suite_name: str, result: CheckResult) -> None:
    keys = {"classname": suite_name.replace(" ", "."), "name": printable_lines(result.name)}
    if result.file:
        keys["file"] = printable_lines(result.file)
    if result.line is not None:
        keys["line"] = str(result.line)
    case = ElementTree.SubElement(tests, "testcase", keys)
    said = printable_lines("\n".join(filter(None, (result.message, result.remedy))))
    if not result.passed:
        failed = {"message": printable_lines(result.message), "type": result.kind}
        ElementTree.SubElement(case, "failure", failed).text = said
    elif said:
        ElementTree.SubElement(case, "system-out").text = f"{result.kind}: {said}" if result.kind else said

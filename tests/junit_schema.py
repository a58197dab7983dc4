"""What Jenkins' xUnit plugin lets through, which refuses a report otherwise: its ``junit-10.xsd``, as far as it matters.

GitLab, Azure and Jenkins' own ``junit`` step take all that it takes.
"""

from __future__ import annotations

from xml.etree import ElementTree

ATTRIBUTES = {
    "testsuites": ("", "name time tests failures errors"),
    "testsuite": ("name tests failures errors", "group time skipped timestamp hostname id package file log url"),
    "testcase": ("name", "time classname group"),
    "properties": ("", ""),
    "property": ("name value", ""),
    **dict.fromkeys(("failure", "error", "skipped"), ("", "type message")),
    "system-out": ("", ""),
}
"""Of every element the attributes that it has to have, and those that it may have."""

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "properties": {"property"},
}


def check_junit(root: ElementTree.Element) -> None:
    assert root.tag in ("testsuites", "testsuite")
    for each in root.iter():
        required, optional = (set(names.split()) for names in ATTRIBUTES[each.tag])
        assert required <= set(each.attrib) <= required | optional, (each.tag, each.attrib)
        assert {child.tag for child in each} <= CHILDREN.get(each.tag, set()), each.tag
    for suite in root.iter("testsuite"):
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))

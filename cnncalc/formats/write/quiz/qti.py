"""QTI 1.2 in a zip file, as Canvas imports it: multiple choice, the choices being what known mistakes give.

A numerical question has no feedback for single values there; multiple choice has.  A question without two known wrong
values is numerical all the same.
"""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from cnncalc.formats.write.quiz import body, clean, element, escape, ident, name_of, xml
from cnncalc.grading.quiz import NUMBER, Asked, Choice, Part, Quiz, choices, typed

SUFFIX = ".zip"

SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
RESOURCE = "associatedcontent/imscc_xmlv1p1/learning-application-resource"


def write(quiz: Quiz) -> dict[str, bytes]:
    """The zip file; with several versions, a group for each question of which one version is drawn."""
    own = ident("assessment", quiz.assignment.id, quiz.assignment.title)
    files = {
        "imsmanifest.xml": xml(manifest(own)),
        f"{own}/assessment_meta.xml": xml(meta(quiz, own)),
        f"{own}/{own}.xml": xml(assessment(quiz, own)),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:  # stored: compression differs between versions of zlib
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            file.writestr(entry, data)
    return {"": out.getvalue()}


def root(tag: str, namespace: str, schema: str, **attributes: str) -> ElementTree.Element:
    """The root of a document whose elements are in one namespace."""
    return ElementTree.Element(
        tag,
        {"xmlns": namespace, "xmlns:xsi": SCHEMA, "xsi:schemaLocation": f"{namespace} {schema}", **attributes},
    )


def manifest(own: str) -> ElementTree.Element:
    found = root("manifest", PACKAGE, "http://www.imsglobal.org/xsd/imscp_v1p1.xsd", identifier=ident("manifest", own))
    metadata = element(found, "metadata")
    element(metadata, "schema", "IMS Content")
    element(metadata, "schemaversion", "1.1.3")
    element(found, "organizations")
    resources = element(found, "resources")
    about = ident("meta", own)
    test = element(resources, "resource", identifier=own, type="imsqti_xmlv1p2")
    element(test, "file", href=f"{own}/{own}.xml")
    element(test, "dependency", identifierref=about)
    href = f"{own}/assessment_meta.xml"
    element(element(resources, "resource", identifier=about, type=RESOURCE, href=href), "file", href=href)
    return found


def meta(quiz: Quiz, own: str) -> ElementTree.Element:
    """What Canvas wants to know about the quiz as a whole."""
    found = root("quiz", CANVAS, "https://canvas.instructure.com/xsd/cccv1p0.xsd", identifier=own)
    element(found, "title", clean(quiz.assignment.title))
    element(found, "description", f"<p>{escape(quiz.assignment.about)}</p>" if quiz.assignment.about else "")
    element(found, "shuffle_answers", "false")
    element(found, "scoring_policy", "keep_highest")
    element(found, "quiz_type", "assignment")
    element(found, "points_possible", f"{float(quiz.assignment.points):g}")
    element(found, "show_correct_answers", "true")
    element(found, "allowed_attempts", "1")
    element(found, "available", "false")
    return found


def assessment(quiz: Quiz, own: str) -> ElementTree.Element:
    found = root("questestinterop", QTI, "http://www.imsglobal.org/xsd/ims_qtiasiv1p2p1.xsd")
    test = element(found, "assessment", ident=own, title=clean(quiz.assignment.title))
    fields(test, cc_maxattempts="1")
    section = element(test, "section", ident="root_section")
    for number, asked in enumerate(quiz.assignment.questions):
        into = section
        if len(quiz.parts) > 1:
            group = ident("group", own, asked.id)
            into = element(section, "section", ident=group, title=clean(asked.id))
            selection = element(element(into, "selection_ordering"), "selection")
            element(selection, "selection_number", "1")
            extension = element(selection, "selection_extension")
            element(extension, "points_per_item", f"{float(asked.points):g}")
        for part in quiz.parts:
            item(into, part.questions[number], part)
    return found


def fields(parent: ElementTree.Element, **values: str) -> None:
    """Metadata: label and entry."""
    data = element(parent, "qtimetadata")
    for label, entry in values.items():
        field = element(data, "qtimetadatafield")
        element(field, "fieldlabel", label)
        element(field, "fieldentry", entry)


def item(section: ElementTree.Element, asked: Asked, part: Part) -> None:
    own = ident("item", part.sheet.assignment.id, part.label, asked.question.id)
    listed = choices(asked)
    names = [ident("choice", own, choice.shown) for choice in listed]
    numerical = len(listed) < 3 and asked.kind == NUMBER
    found = element(section, "item", ident=own, title=name_of(asked, part))
    fields(
        element(found, "itemmetadata"),
        question_type="numerical_question" if numerical else "multiple_choice_question",
        points_possible=f"{float(asked.question.points):g}",
        original_answer_ids=",".join(names[:1] if numerical else names),
        assessment_question_identifierref=ident("reference", own),
    )
    presentation = element(found, "presentation")
    material(presentation, body(asked, part))
    if numerical:
        number(found, presentation, asked)
    else:
        multiple_choice(found, presentation, listed, names)
    said = element(element(found, "itemfeedback", ident="general_fb"), "flow_mat")
    material(said, f"<p>{escape(asked.line.formula)}</p>")


def material(parent: ElementTree.Element, text: str) -> None:
    element(element(parent, "material"), "mattext", text, texttype="text/html")


def processing(found: ElementTree.Element) -> ElementTree.Element:
    """Where answers are scored: everybody gets to see the worked formula."""
    process = element(found, "resprocessing")
    score = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    element(element(process, "outcomes"), "decvar", **score)
    general = element(process, "respcondition", **{"continue": "Yes"})
    element(element(general, "conditionvar"), "other")
    element(general, "displayfeedback", feedbacktype="Response", linkrefid="general_fb")
    return process


def multiple_choice(
    found: ElementTree.Element, presentation: ElementTree.Element, listed: tuple[Choice, ...], names: list[str]
) -> None:
    response = element(presentation, "response_lid", ident="response1", rcardinality="Single")
    render = element(response, "render_choice")
    for name, choice in zip(names, listed, strict=True):
        material(element(render, "response_label", ident=name), escape(choice.shown))
    process = processing(found)
    for name, choice in zip(names, listed, strict=True):
        if not choice.right:
            condition = element(process, "respcondition", **{"continue": "Yes"})
            element(element(condition, "conditionvar"), "varequal", name, respident="response1")
            element(condition, "displayfeedback", feedbacktype="Response", linkrefid=f"{name}_fb")
    right = next(name for name, choice in zip(names, listed, strict=True) if choice.right)
    condition = element(process, "respcondition", **{"continue": "No"})
    element(element(condition, "conditionvar"), "varequal", right, respident="response1")
    element(condition, "setvar", "100", action="Set", varname="SCORE")
    for name, choice in zip(names, listed, strict=True):
        if not choice.right:
            said = element(element(found, "itemfeedback", ident=f"{name}_fb"), "flow_mat")
            material(said, f"<p>{escape(choice.feedback)}</p>")


def number(found: ElementTree.Element, presentation: ElementTree.Element, asked: Asked) -> None:
    response = element(presentation, "response_str", ident="response1", rcardinality="Single")
    element(element(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")
    process = processing(found)
    for value in asked.right:
        assert not isinstance(value, tuple)
        condition = element(process, "respcondition", **{"continue": "No"})
        either = element(element(condition, "conditionvar"), "or")
        element(either, "varequal", typed(value), respident="response1")
        both = element(either, "and")
        element(both, "vargte", typed(value - asked.tolerance), respident="response1")
        element(both, "varlte", typed(value + asked.tolerance), respident="response1")
        element(condition, "setvar", "100", action="Set", varname="SCORE")

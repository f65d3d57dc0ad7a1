"""The word-processor documents of the sample handbook, with real heading styles, lists and tables."""

import datetime
import io

from docx import Document
from docx.shared import Pt

from docx_text import DOCUMENTS, BOATHOUSE


def render(spec):
    doc = Document()
    doc.styles["Normal"].font.name, doc.styles["Normal"].font.size = "Calibri", Pt(11)
    stamp = datetime.datetime.fromisoformat(spec["date"])
    props = doc.core_properties
    props.title, props.author, props.last_modified_by, props.comments = spec["title"], spec["author"], spec["author"], ""
    props.created = props.modified = stamp
    props.revision = 1
    doc.sections[0].header.paragraphs[0].text = "Quernside Instruments"
    doc.sections[0].footer.paragraphs[0].text = spec["code"]
    doc.add_heading(spec["title"], 0)
    for kind, *rest in spec["blocks"]:
        if kind in ("h1", "h2"):
            doc.add_heading(rest[0], 1 if kind == "h1" else 2)
        elif kind == "p":
            doc.add_paragraph(rest[0])
        elif kind in ("ul", "ol"):
            for item in rest[0]:
                doc.add_paragraph(item, style="List Bullet" if kind == "ul" else "List Number")
        elif kind == "table":
            grid = doc.add_table(rows=0, cols=len(rest[0][0]), style="Light Grid Accent 1")
            for row in rest[0]:
                for cell, value in zip(grid.add_row().cells, row):
                    cell.text = value
            doc.add_paragraph()
    buffer = io.BytesIO()
    doc.save(buffer)
    return buffer.getvalue()


def boathouse():
    """The attachment of one of the messages."""
    return render(BOATHOUSE)


def build(out):
    for path, spec in DOCUMENTS.items():
        out.package(path, render(spec), spec["date"])

"""The printed documents of the sample handbook: safety plan, data sheet, manual, quality manual, yearly review."""

import io
import os

import reportlab
from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate, Frame, FrameBreak, NextPageTemplate, PageBreak, PageTemplate, Paragraph, Spacer, Table, TableStyle,
)

from pdf_text import DOCUMENTS

FONTS = os.path.join(os.path.dirname(reportlab.__file__), "fonts")
INK, RULE, TINT = colors.HexColor("#1f2d3a"), colors.HexColor("#7a93a8"), colors.HexColor("#eef3f6")


def styles(font, bold, size, two_column):
    body = ParagraphStyle("body", fontName=font, fontSize=size, leading=size * 1.38, spaceAfter=size * 0.6, textColor=INK)
    if two_column:
        body = ParagraphStyle("body2", parent=body, alignment=TA_JUSTIFY, hyphenationLang="en_GB", hyphenationMinWordLength=6)
    return {
        "p": body,
        "li": ParagraphStyle("li", parent=body, leftIndent=size * 1.6, spaceAfter=size * 0.25),
        "h1": ParagraphStyle("h1", fontName=bold, fontSize=size * 2, leading=size * 2.4, spaceAfter=size * 0.6, textColor=INK),
        "h2": ParagraphStyle("h2", fontName=bold, fontSize=size * 1.25, leading=size * 1.6, spaceBefore=size * 0.7,
                             spaceAfter=size * 0.35, textColor=INK, keepWithNext=1),
        "cell": ParagraphStyle("cell", parent=body, fontSize=size * 0.92, leading=size * 1.2, spaceAfter=0, alignment=0,
                               hyphenationLang=None),
        "head": ParagraphStyle("head", fontName=bold, fontSize=size * 0.92, leading=size * 1.2, textColor=INK),
    }


def ligatures(text):
    """What a typesetter's font does to "fi" and "fl": one glyph each, which a reader of the file must undo."""
    return text.replace("fi", "\ufb01").replace("fl", "\ufb02")


def table(rows, style, widths):
    head, *body = rows
    cells = [[Paragraph(c, style["head"]) for c in head]] + [[Paragraph(c, style["cell"]) for c in row] for row in body]
    grid = Table(cells, colWidths=[w * mm for w in widths], repeatRows=1)
    grid.setStyle(TableStyle([
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, RULE), ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
        ("BACKGROUND", (0, 0), (-1, 0), TINT), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]))
    return grid


def flow(blocks, style, dress):
    """Turns ("h2", text), ("p", text), ("ul"|"ol", [text]), ("table", widths, rows), ("page",) into flowables."""
    story = []
    for kind, *rest in blocks:
        if kind in ("p", "h1", "h2"):
            story.append(Paragraph(dress(rest[0]), style[kind]))
        elif kind in ("ul", "ol"):
            for number, item in enumerate(rest[0], 1):
                mark = f"{number}." if kind == "ol" else "\u2022"
                story.append(Paragraph(f"<bullet>{mark}</bullet>{dress(item)}", style["li"]))
            story.append(Spacer(1, 4))
        elif kind == "table":
            story += [Spacer(1, 2), table(rest[1], style, rest[0]), Spacer(1, 8)]
        elif kind == "page":
            story.append(PageBreak())
    return story


def render(spec):
    two_column = spec.get("columns") == 2
    if two_column:
        pdfmetrics.registerFont(TTFont("Vera", os.path.join(FONTS, "Vera.ttf")))
        pdfmetrics.registerFont(TTFont("VeraBd", os.path.join(FONTS, "VeraBd.ttf")))
        font, bold, size, dress = "Vera", "VeraBd", 9.8, ligatures
    else:
        font, bold, size, dress = spec.get("font", ("Times-Roman", "Times-Bold")) + (12, str)
    style = styles(font, bold, size, two_column)
    buffer = io.BytesIO()
    width, height = A4
    left, top, foot = 22 * mm, 24 * mm, 22 * mm

    def furniture(canvas, doc):
        canvas.saveState()
        canvas.setFont(font, 8)
        canvas.setFillColor(RULE)
        canvas.drawString(left, height - 14 * mm, spec["running"])
        canvas.drawRightString(width - left, height - 14 * mm, spec["code"])
        canvas.drawCentredString(width / 2, 11 * mm, f"Page {doc.page} of {spec['pages']}")
        canvas.restoreState()

    doc = BaseDocTemplate(buffer, pagesize=A4, title=spec["title"], author=spec["author"], subject=spec["code"],
                          creator="Quernside Instruments", invariant=1, lang="en")
    inner = width - 2 * left
    if two_column:
        gap, title_height = 8 * mm, 25 * mm
        column = (inner - gap) / 2
        tall = height - top - foot

        def pair(bottom_to_top, name):
            return [Frame(left + i * (column + gap), foot, column, bottom_to_top, 0, 0, 0, 0, id=f"{name}{i}") for i in (0, 1)]

        banner = Frame(left, height - top - title_height, inner, title_height, 0, 0, 0, 0, id="banner")
        doc.addPageTemplates([
            PageTemplate("first", [banner] + pair(tall - title_height, "f"), onPage=furniture),
            PageTemplate("rest", pair(tall, "r"), onPage=furniture),
        ])
        story = [Paragraph(spec["title"], style["h1"]), Paragraph(spec["lead"], style["cell"]), NextPageTemplate("rest"), FrameBreak()]
    else:
        doc.addPageTemplates([PageTemplate("page", [Frame(left, foot, inner, height - top - foot, 0, 0, 0, 0)], onPage=furniture)])
        story = [Paragraph(spec["title"], style["h1"]), Paragraph(spec["lead"], style["p"])]
    doc.build(story + flow(spec["blocks"], style, dress))
    if doc.page != spec["pages"]:
        raise SystemExit(f"{spec['title']}: {doc.page} pages, but the footer says {spec['pages']}")
    return buffer.getvalue()


def build(out):
    for path, spec in DOCUMENTS.items():
        out.bytes(path, render(spec))

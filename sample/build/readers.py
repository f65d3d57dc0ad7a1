"""What the sample's files say, as a reader sees it: all of a file, one page or cell of it, or paragraph by paragraph.

Needs the readers from requirements.txt.
"""

import csv
import email
import email.policy
import html.parser
import io
import re
import unicodedata

import docx
import openpyxl
import pptx
import pypdf


class Visible(html.parser.HTMLParser):
    """The text of a page without scripts and styles."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")
        self.parts.append(" " if tag not in ("a", "b", "strong", "em") else "")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def shown(value):
    return "" if value is None else value.date().isoformat() if hasattr(value, "date") else str(value)


def read(data, suffix, spot=None):
    """The text a reader sees; `spot` narrows a PDF to one page and a sheet to one cell."""
    if suffix in ("md", "txt"):
        return data.decode("utf-8")
    if suffix == "html":
        page = Visible()
        page.feed(data.decode("utf-8"))
        return "".join(page.parts)
    if suffix == "pdf":
        pages = pypdf.PdfReader(io.BytesIO(data)).pages
        return "\n".join(p.extract_text() for n, p in enumerate(pages, 1) if spot in (None, n))
    if suffix == "docx":
        doc = docx.Document(io.BytesIO(data))
        cells = [c.text for t in doc.tables for r in t.rows for c in r.cells]
        return "\n".join([p.text for p in doc.paragraphs] + cells)
    if suffix == "pptx":
        frames = [s.text_frame.text for slide in pptx.Presentation(io.BytesIO(data)).slides for s in slide.shapes if s.has_text_frame]
        return "\n".join(frames)
    if suffix == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data))
        if spot:
            sheet, cell = spot.split("!")
            return shown(book[sheet][cell].value)
        return "\n".join(shown(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row)
    if suffix == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"))))
        return rows[int(spot[1:]) - 1][ord(spot[0]) - 65] if spot else "\n".join(c for row in rows for c in row)
    if suffix == "eml":
        mail = email.message_from_bytes(data, policy=email.policy.default)
        texts = [mail["Subject"], mail.get_body(("plain",)).get_content()]
        for part in mail.iter_attachments():
            texts.append(read(part.get_payload(decode=True), part.get_filename().rsplit(".", 1)[1]))
        return "\n".join(texts)
    raise ValueError(f"no reader for {suffix}")


def folded(text, suffix):
    """Markdown is compared byte for byte, other formats without regard to line ends, and PDF also without hyphens at them."""
    if suffix == "md":
        return text
    text = unicodedata.normalize("NFKC", text)
    if suffix == "pdf":
        return re.sub(r"[\s\u00ad-]+", "", text)
    return re.sub(r"\s+", " ", text)


def holds(path, quote, spot=None):
    suffix = path.suffix[1:]
    text, wanted = folded(read(path.read_bytes(), suffix, spot), suffix), folded(quote, suffix)
    if spot and suffix in ("xlsx", "csv"):
        return text == wanted
    return wanted in text


BLOCKS = {"title", "p", "li", "tr", "caption", "dt", "dd", "div", "header", "footer", "nav", "section", "summary", "h1", "h2", "h3", "h4"}


class Paragraphs(html.parser.HTMLParser):
    """The paragraphs of a page, a line each; the cells of a row stand in one."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")
        self.parts.append("\n" if tag in BLOCKS else " | " if tag in ("td", "th") else "")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")
        self.parts.append("\n" if tag in BLOCKS else "")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data.replace("\n", " "))


def row(cells):
    return " | ".join(cell for cell in cells if cell)


def paragraphs(data, suffix):
    """The paragraphs and rows of tables in their order, headings among them; of Markdown to the letter, and its tables whole.

    A PDF has none: its lines end where the page does.
    """
    if suffix == "md":
        text = re.sub(r"\A---\n.*?\n---\n", "", data.decode("utf-8"), flags=re.DOTALL)
        found = text.split("\n\n")
    elif suffix == "html":
        page = Paragraphs()
        page.feed(data.decode("utf-8"))
        found = [re.sub(r"\s+", " ", line).strip(" |") for line in "".join(page.parts).split("\n")]
    elif suffix == "docx":
        doc = docx.Document(io.BytesIO(data))
        found = [p.text for p in doc.paragraphs] + [row(c.text for c in r.cells) for t in doc.tables for r in t.rows]
    elif suffix == "pptx":
        found = read(data, suffix).split("\n")
    elif suffix == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data))
        found = [row(shown(c) for c in cells) for sheet in book for cells in sheet.iter_rows(values_only=True)]
    elif suffix == "csv":
        found = [row(cells) for cells in csv.reader(io.StringIO(data.decode("utf-8")))]
    elif suffix == "eml":
        mail = email.message_from_bytes(data, policy=email.policy.default)
        body = mail.get_body(("plain",)).get_content().replace("\r", "")
        found = [mail["Subject"], *(" ".join(part.split()) for part in body.split("\n\n"))]
        for part in mail.iter_attachments():
            found += paragraphs(part.get_payload(decode=True), part.get_filename().rsplit(".", 1)[1])
    else:
        found = []
    return [part.strip() for part in found if part.strip()]

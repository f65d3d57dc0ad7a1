"""Builds every generated file of the sample: HTML, PDF, DOCX, XLSX, PPTX and EML, and the judged passages of them all.

    python sample/build/make.py            write them into sample/handbook, sample/updates and sample/annotation
    python sample/build/make.py --verify   rebuild in memory and fail if a committed file differs

The same sources give the same bytes, as long as the library versions in requirements.txt are used.
The Markdown and CSV files are written by hand and are not touched.
"""

import pathlib
import sys

import docx_docs
import html_pages
import judged
import mails
import pdf_docs
import sheets
import slides
from packages import repack

SAMPLE = pathlib.Path(__file__).resolve().parent.parent


class Out:
    """Where built files go: collected first, so that one failing document leaves nothing half-written."""

    def __init__(self, root="handbook", files=None):
        self.root, self.files = root, {} if files is None else files

    def under(self, root):
        return Out(root, self.files)

    def update(self):
        return self.under("updates")

    def bytes(self, path, data):
        self.files[f"{self.root}/{path}"] = data

    def text(self, path, text):
        self.bytes(path, text.encode("utf-8"))

    def package(self, path, data, date):
        self.bytes(path, repack(data, date))


def main():
    out = Out()
    for part in (html_pages, pdf_docs, docx_docs, sheets, slides, mails, judged):
        part.build(out)
    stale = []
    for name, data in sorted(out.files.items()):
        path = SAMPLE / name
        if "--verify" in sys.argv:
            if not path.exists() or path.read_bytes() != data:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    if stale:
        raise SystemExit("out of date, run sample/build/make.py: " + ", ".join(stale))
    print(f"{len(out.files)} files, {sum(map(len, out.files.values())):,} bytes")


if __name__ == "__main__":
    main()

"""The text that PDFium, which is Chrome's and no Rust, reads in one PDF: the yardstick of beside.py where no reference is at hand.

Prints what `rivals read` prints.
"""

import json
import sys

import pypdfium2


def main():
    try:
        document = pypdfium2.PdfDocument(sys.argv[1])
        text = "\n".join(page.get_textpage().get_text_range(errors="replace") for page in document)
        found = {"text": text.encode("utf-8", "replace").decode("utf-8"), "error": None}
    except pypdfium2.PdfiumError as error:
        found = {"text": None, "error": str(error)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()

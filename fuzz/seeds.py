"""First inputs for the fuzz targets: the files of folders, each for the targets that read its format, packages taken apart.

    python3 fuzz/seeds.py sample ../shared/data/messy-files/files

Writes fuzz/seeds/TARGET. A target whose input is parts of a package gets these, joined as the target splits them.
"""

import hashlib
import pathlib
import re
import sys
import zipfile

SEEDS = pathlib.Path(__file__).resolve().parent / "seeds"
LARGEST = 256 * 1024
BY_ENDING = {
    "md": ["markdown", "chunk"], "txt": ["text", "chunk"], "csv": ["delimited"], "tsv": ["delimited"], "json": ["json"],
    "jsonl": ["json"], "html": ["html"], "htm": ["html"], "eml": ["mail"], "mbox": ["mail"], "rtf": ["rtf"], "xml": ["xml", "sitemap"],
    "nxml": ["xml"], "pdf": ["pdf"], "doc": ["legacy"], "xls": ["legacy"], "ppt": ["legacy"], "msg": ["outlook"],
    "ipynb": ["notebook", "json"], "vtt": ["cues"], "srt": ["cues"], "zip": ["archive"], "docx": ["archive"], "epub": ["archive"],
}
# What of a package a target reads: its main parts, each with those that go with it.
PARTS = {
    "docx": ("docx", r"word/document\d*\.xml", ["word/styles.xml", "word/numbering.xml"]),
    "pptx": ("pptx", r"ppt/slides/slide\d+\.xml", ["ppt/notesSlides/notesSlide1.xml"]),
    "xlsx": ("sheet", r"xl/worksheets/[^/]+\.xml", []),
    "odt": ("opendocument", r"content\.xml", []),
    "epub": ("opendocument", r".*\.x?html", []),
}


def keep(target, seed):
    if 0 < len(seed) <= LARGEST:
        folder = SEEDS / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def take_apart(path, target, main, beside):
    try:
        package = zipfile.ZipFile(path)
        names = package.namelist()
        others = [package.read(name) if name in names else b"" for name in beside]
        for name in filter(re.compile(main).fullmatch, names):
            keep(target, b"\0".join([package.read(name), *others]))
    except Exception as error:  # Some of the files are broken on purpose.
        print(f"{path}: {error}", file=sys.stderr)


def main():
    for folder in map(pathlib.Path, sys.argv[1:]):
        for path in filter(pathlib.Path.is_file, folder.rglob("*")):
            ending = path.suffix[1:].lower()
            for target in BY_ENDING.get(ending, []):
                keep(target, path.read_bytes())
            if ending in PARTS:
                take_apart(path, *PARTS[ending])


if __name__ == "__main__":
    main()

"""Office packages without the moment of saving in them."""

import io
import re
import zipfile


def repack(data: bytes, date: str) -> bytes:
    """The same package with fixed times: office libraries stamp the moment of saving into zip entries and core.xml."""
    moment = f"{date}T08:00:00Z".encode()
    stamp = (int(date[:4]), int(date[5:7]), int(date[8:10]), 8, 0, 0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if "thumbnail" in entry.filename:
                continue  # the library's own placeholder picture shows somebody else's document
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + moment, content)
            if entry.filename == "_rels/.rels":
                content = re.sub(rb'<Relationship [^>]*thumbnail[^>]*/>', b"", content)
            info = zipfile.ZipInfo(entry.filename, stamp)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(info, content, compresslevel=9)
    return buffer.getvalue()

//! What a file is: by its magic bytes, then its name, then its content.

/// The formats we tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Markdown,
    Text,
    /// Comma, tab, semicolon or bar separated values.
    Delimited,
    Json,
    JsonLines,
    Notebook,
    /// WebVTT and SubRip.
    Cues,
    Xml,
    Html,
    Pdf,
    Docx,
    Pptx,
    /// XLSX, XLSM, XLSB, XLS, ODS.
    Sheet,
    /// ODT, ODP.
    OpenDocument,
    Epub,
    Rtf,
    /// Word 97-2003 and older.
    Doc,
    /// PowerPoint 97-2003.
    Ppt,
    Mail,
    Mbox,
    /// A message saved by Outlook (.msg).
    Outlook,
    Zip,
    Image,
    /// A container of legacy Office whose stream names say it is encrypted.
    Encrypted,
    /// Known, but not readable; the words name it.
    Other(&'static str),
}

impl Format {
    /// Whether it is parsed by large code of others or unpacks data.
    pub(crate) fn is_risky(self) -> bool {
        use Format::*;
        !matches!(
            self,
            Markdown | Text | Delimited | Json | JsonLines | Notebook | Cues | Image | Encrypted | Other(_)
        )
    }

    /// Whether it can hold further files.
    pub(crate) fn nests(self) -> bool {
        matches!(self, Format::Zip | Format::Mail | Format::Mbox | Format::Outlook)
    }
}

/// What a compound file is called that tells no more of itself.
const LEGACY: &str = "a legacy Office file";

/// The format of the file `name` with these bytes.
pub(crate) fn sniff(name: &str, bytes: &[u8]) -> Format {
    if let Some(format) = by_magic(bytes) {
        return match format {
            Format::Other(LEGACY) => legacy_office(name, bytes),
            Format::Zip => package(name, bytes),
            other => other,
        };
    }
    let head = head(bytes);
    by_name(&extension(name), &head).unwrap_or_else(|| by_content(&head))
}

/// The extension of a file name or uri, in lower case, query and fragment left out; empty when there is none.
pub(crate) fn extension(name: &str) -> String {
    let path = if name.contains("://") { name.split(['?', '#']).next().unwrap_or(name) } else { name };
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

/// The first bytes as text in whatever encoding keeps ASCII: enough to look for marks.
fn head(bytes: &[u8]) -> String {
    let head: Vec<u8> = bytes.iter().take(4096).copied().filter(|&byte| byte != 0).collect();
    let head = head.strip_prefix(b"\xef\xbb\xbf").or(head.strip_prefix(b"\xff\xfe")).unwrap_or(&head);
    let head = head.strip_prefix(b"\xfe\xff").unwrap_or(head);
    head.iter().map(|&byte| byte as char).collect()
}

fn by_magic(bytes: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let within = |magic: &[u8]| bytes[..bytes.len().min(1024)].windows(magic.len()).any(|part| part == magic);
    if starts(b"%PDF-") || within(b"%PDF-1.") {
        return Some(Format::Pdf);
    }
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08") || starts(b"PK00PK\x03\x04") {
        return Some(Format::Zip);
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(Format::Other(LEGACY));
    }
    if starts(b"{\\rtf") {
        return Some(Format::Rtf);
    }
    let images: [&[u8]; 7] =
        [b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"8BPS"];
    if images.iter().any(|magic| starts(magic)) || (starts(b"RIFF") && within(b"WEBP")) {
        return Some(Format::Image);
    }
    let programs: [&[u8]; 5] = [b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm"];
    if programs.iter().any(|magic| starts(magic)) {
        return Some(Format::Other("a program"));
    }
    let archives: [&[u8]; 6] =
        [b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd"];
    if archives.iter().any(|magic| starts(magic)) {
        return Some(Format::Other("an archive other than ZIP"));
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Some(Format::Other("an archive other than ZIP"));
    }
    let media: [&[u8]; 5] = [b"ID3", b"OggS", b"fLaC", b"\x1a\x45\xdf\xa3", b"RIFF"];
    if media.iter().any(|magic| starts(magic)) || bytes.get(4..8) == Some(b"ftyp") {
        return Some(Format::Other("sound or video"));
    }
    if starts(b"SQLite format 3\0") {
        return Some(Format::Other("a database"));
    }
    None
}

/// Tells the formats that are ZIP files apart, by the member names that stand uncompressed in the bytes.
fn package(name: &str, bytes: &[u8]) -> Format {
    let has = |member: &str| find(bytes, member.as_bytes());
    let declares =
        |mime: &str| find(&bytes[..bytes.len().min(256)], format!("mimetypeapplication/{mime}").as_bytes());
    let extension = extension(name);
    if declares("epub+zip") || (extension == "epub" && has("META-INF/container.xml")) {
        return Format::Epub;
    }
    if declares("vnd.oasis.opendocument.spreadsheet") || (extension == "ods" && has("content.xml")) {
        return Format::Sheet;
    }
    let is_text = matches!(extension.as_str(), "odt" | "ott" | "odp" | "otp") && has("content.xml");
    if declares("vnd.oasis.opendocument.") || is_text {
        return Format::OpenDocument;
    }
    if has("[Content_Types].xml") || has("_rels/.rels") {
        let folders = [("word/", Format::Docx), ("ppt/", Format::Pptx), ("xl/", Format::Sheet)];
        if let Some((_, format)) = folders.into_iter().find(|(folder, _)| has(folder)) {
            return format;
        }
    }
    Format::Zip
}

/// A compound file: a workbook, an encrypted package, or something we do not read.
fn legacy_office(name: &str, bytes: &[u8]) -> Format {
    let wide = |name: &str| name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let has = |name: &str| find(bytes, &wide(name));
    if has("EncryptedPackage") {
        return Format::Encrypted;
    }
    // A message may have a Word document attached, not the other way round.
    if has("__substg1.0_") {
        return Format::Outlook;
    }
    if has("WordDocument") {
        return Format::Doc;
    }
    if has("PowerPoint Document") {
        return Format::Ppt;
    }
    if has("Workbook") || has("Book") || extension(name).starts_with("xl") {
        return Format::Sheet;
    }
    Format::Other(LEGACY)
}

fn find(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn by_name(extension: &str, head: &str) -> Option<Format> {
    let format = match extension {
        "md" | "markdown" | "mdown" | "mkd" | "mdx" | "qmd" | "rmd" => Format::Markdown,
        "txt" | "text" | "log" | "rst" | "adoc" | "asciidoc" | "org" | "tex" => Format::Text,
        "srt" | "vtt" => Format::Cues,
        "csv" | "tsv" | "tab" | "psv" => Format::Delimited,
        "jsonl" | "ndjson" => Format::JsonLines,
        "json" | "geojson" => Format::Json,
        "ipynb" => Format::Notebook,
        "html" | "htm" | "xhtml" | "mht" if head.to_ascii_lowercase().contains('<') => Format::Html,
        "xml" | "nxml" | "rss" | "atom" | "svg" if head.contains('<') => {
            if is_html(head) {
                Format::Html
            } else {
                Format::Xml
            }
        }
        "eml" => Format::Mail,
        "mbox" => Format::Mbox,
        _ => return None,
    };
    Some(format)
}

fn by_content(head: &str) -> Format {
    let trimmed = head.trim_start();
    let lower = trimmed.to_ascii_lowercase();
    if is_html(head) {
        return Format::Html;
    }
    if lower.starts_with("<?xml") || (lower.starts_with("<!doctype ") && lower.contains('>')) {
        return Format::Xml;
    }
    if trimmed.starts_with("From ") && head.contains("\nFrom: ") {
        return Format::Mbox;
    }
    if is_mail(head) {
        return Format::Mail;
    }
    if trimmed.starts_with('{') && trimmed.lines().take(2).filter(|line| is_object(line)).count() == 2 {
        return Format::JsonLines;
    }
    let json =
        trimmed.starts_with('{') && lower.contains("\":") || trimmed.starts_with('[') && lower.contains('"');
    if json && !trimmed.contains("](") {
        return Format::Json;
    }
    Format::Text
}

fn is_html(head: &str) -> bool {
    let lower = head.to_ascii_lowercase();
    lower.trim_start().starts_with("<!doctype html") || lower.contains("<html") || lower.contains("<body")
}

fn is_object(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('{') && line.ends_with('}')
}

/// Whether the text opens with mail headers, two of the usual ones among them.
fn is_mail(head: &str) -> bool {
    let usual =
        ["from:", "to:", "subject:", "date:", "message-id:", "received:", "mime-version:", "return-path:"];
    let header = |line: &str| {
        line.starts_with([' ', '\t'])
            || line.split_once(':').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
    };
    let opening: Vec<&str> = head.lines().take_while(|line| !line.trim().is_empty()).take(40).collect();
    let known = opening.iter().filter(|line| {
        let line = line.to_ascii_lowercase();
        usual.iter().any(|name| line.starts_with(name))
    });
    opening.iter().all(|line| header(line)) && known.count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, bytes: &[u8], expected: Format) {
        assert_eq!(sniff(name, bytes), expected);
    }

    #[test]
    fn magic_bytes_beat_the_name() {
        check("notes.txt", b"%PDF-1.7\n", Format::Pdf);
        check("report.docx", b"\x89PNG\r\n\x1a\n", Format::Image);
        check("run.md", b"\x7fELF\x02", Format::Other("a program"));
        check("a.doc", b"{\\rtf1 x}", Format::Rtf);
    }

    #[test]
    fn the_name_beats_the_content() {
        check("https://a.example/x/README.md?raw=1#top", b"<html>", Format::Markdown);
        check("a.csv", b"{\"a\":1}", Format::Delimited);
        check("A.JSONL", b"{}", Format::JsonLines);
    }

    #[test]
    fn without_a_name_the_content_tells() {
        check("a", b"<!DOCTYPE html><p>x", Format::Html);
        check("a", b"<?xml version='1.0'?><a/>", Format::Xml);
        check("a", b"From: a@b.example\nSubject: x\n\nHi", Format::Mail);
        check("a", b"{\"a\":1}\n{\"a\":2}\n", Format::JsonLines);
        check("a", b"[{\"a\": 1}]", Format::Json);
        check("a", b"Note: one\nTwo", Format::Text);
        check("a", b"Just words.", Format::Text);
    }
}

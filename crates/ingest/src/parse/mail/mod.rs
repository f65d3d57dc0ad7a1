//! Mail to stored text: the author's own words, the headers as metadata, and every attachment as a document.

mod mbox;
mod quote;

use std::collections::BTreeMap;

use engraft_core::{BlockKind, Content};
use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::json;

use super::build::{Builder, one_line};
use super::decode;
use super::html;
use super::job::Job;
use super::{Outcome, ParseError, Parsed};

pub(crate) use mbox::parse_mbox;

/// Addresses kept of one header.
const MAX_ADDRESSES: usize = 100;

/// Reads one message.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    // Mail is ASCII by rule, but programs save it as they save any text.
    let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let decoded = if wide { Some(decode::decode(bytes, None)?.text) } else { None };
    let bytes = decoded.as_deref().map_or(bytes, str::as_bytes);
    let message = MessageParser::default()
        .parse(bytes)
        .filter(|message| message.parts.first().is_some_and(|part| !part.headers.is_empty()))
        .ok_or_else(|| ParseError::Malformed("it has no mail headers".to_string()))?;
    if is_encrypted(&message) {
        return Err(ParseError::Encrypted);
    }
    let mut outcome = Outcome::default();
    let mut builder = Builder::new("message/rfc822", job.limits);
    describe(&message, &mut builder);
    let passed = attachments(&message, job, &mut outcome);
    builder.warnings.extend(passed);
    write_body(&message, job, &mut builder)?;
    if builder.is_empty() && outcome.documents.is_empty() {
        // A mail may say all in its subject.
        let subject = builder.title.clone().unwrap_or_default();
        builder.push(BlockKind::Paragraph, &subject);
    }
    match builder.finish() {
        Ok(content) => outcome.documents.insert(0, Parsed { suffix: String::new(), content }),
        Err(ParseError::NoText) if !outcome.documents.is_empty() || !outcome.failures.is_empty() => {}
        Err(error) => return Err(error),
    }
    Ok(outcome)
}

/// Whether the message is sealed with OpenPGP (RFC 3156) or S/MIME (RFC 8551).
fn is_encrypted(message: &Message) -> bool {
    let sealed =
        ["pkcs7-mime", "x-pkcs7-mime"].iter().any(|subtype| message.is_content_type("application", subtype));
    message.is_content_type("multipart", "encrypted") || sealed
}

fn describe(message: &Message, builder: &mut Builder) {
    builder.title = message.subject().map(one_line).filter(|subject| !subject.is_empty());
    let mut put = |key: &str, addresses: Vec<String>| match addresses.as_slice() {
        [] => {}
        [one] if key == "from" => drop(builder.metadata.insert(key.to_string(), json!(one))),
        many => drop(builder.metadata.insert(key.to_string(), json!(many))),
    };
    put("from", addresses(message.from()));
    put("to", addresses(message.to()));
    put("cc", addresses(message.cc()));
    if let Some(subject) = &builder.title {
        builder.metadata.insert("subject".to_string(), json!(subject));
    }
    if let Some(date) = message.date().filter(|date| date.is_valid()) {
        builder.metadata.insert("date".to_string(), json!(date.to_rfc3339()));
    }
    if let Some(id) = message.message_id() {
        builder.metadata.insert("message_id".to_string(), json!(id));
    }
    if let Some(parent) = message.in_reply_to().as_text() {
        builder.metadata.insert("in_reply_to".to_string(), json!(parent));
    }
}

/// `Ann Lee <ann@example.org>`, or what there is of it.
fn addresses(header: Option<&Address>) -> Vec<String> {
    let all = header.into_iter().flat_map(|addresses| addresses.iter()).take(MAX_ADDRESSES);
    let shown = all.filter_map(|address| match (address.name().map(one_line), address.address()) {
        (Some(name), Some(address)) if !name.is_empty() => Some(format!("{name} <{address}>")),
        (_, Some(address)) => Some(address.to_string()),
        (Some(name), None) => Some(name),
        (None, None) => None,
    });
    shown.collect()
}

/// Writes the text of the message: the plain form, or the HTML form where the plain one says next to nothing.
fn write_body(message: &Message, job: &Job, builder: &mut Builder) -> Result<(), ParseError> {
    let subject = builder.title.clone().unwrap_or_default().to_lowercase();
    let forwards = ["fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "doorst:", "vs:"]
        .iter()
        .any(|mark| subject.starts_with(mark));
    let mut plain = String::new();
    let mut pages: Vec<&str> = Vec::new();
    for part in message.text_bodies() {
        match &part.body {
            PartType::Text(text) => {
                plain.push_str(text);
                plain.push_str("\n\n");
            }
            PartType::Html(page) => pages.push(page),
            _ => {}
        }
    }
    let words = |text: &str| text.split_whitespace().count();
    if words(&plain) < 20 {
        let forms = message.html_bodies().filter_map(|part| match &part.body {
            PartType::Html(page) => Some(page.as_ref()),
            _ => None,
        });
        let forms: Vec<&str> = forms.collect();
        let richer = forms.iter().any(|page| words(page) > 10 * words(&plain).max(2));
        if richer && !forms.is_empty() {
            plain.clear();
            pages = forms;
        }
    }
    if !plain.trim().is_empty() {
        write_plain(&plain, forwards, builder);
    }
    for page in pages {
        match html::parse_mail(page, job, forwards) {
            Ok(content) => write_page(&content, forwards, builder),
            Err(ParseError::NoText | ParseError::Empty) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(crate) fn write_plain(text: &str, forwards: bool, builder: &mut Builder) {
    let own = quote::own_part(text, forwards);
    note_cuts(own.quote, own.signature, builder);
    let mut paragraph = String::new();
    for line in own.text.lines().chain([""]) {
        if line.trim().is_empty() {
            builder.push(BlockKind::Paragraph, &std::mem::take(&mut paragraph));
            continue;
        }
        if !paragraph.is_empty() {
            paragraph.push('\n');
        }
        paragraph.push_str(line);
    }
}

/// Copies the blocks of an HTML body up to where the quoted mail begins.
pub(crate) fn write_page(content: &Content, forwards: bool, builder: &mut Builder) {
    let map = engraft_core::CharMap::new(&content.text);
    let texts: Vec<&str> = content.blocks.iter().filter_map(|block| map.quote(block.span)).collect();
    let own = quote::own_part(&texts.join("\n"), forwards);
    let cut_before = content.warnings.iter().any(|warning| warning == html::QUOTE_LEFT_OUT);
    note_cuts(own.quote || cut_before, own.signature, builder);
    builder
        .warnings
        .extend(content.warnings.iter().filter(|warning| *warning != html::QUOTE_LEFT_OUT).cloned());
    // The author's own lines are those of the page, in order, with some left out.
    let mut own_lines = own.text.lines().peekable();
    for (block, text) in content.blocks.iter().zip(texts) {
        let kept = text.lines().filter(|line| own_lines.next_if(|own| own.trim() == line.trim()).is_some());
        let kept: Vec<&str> = kept.collect();
        if let Some(written) = builder.push(block.kind, &kept.join("\n")) {
            written.plain = block.plain.clone();
        }
    }
}

fn note_cuts(quote: bool, signature: bool, builder: &mut Builder) {
    let notes = [(quote, html::QUOTE_LEFT_OUT), (signature, "the signature was left out")];
    for (_, note) in notes.iter().filter(|(cut, _)| *cut) {
        if !builder.warnings.iter().any(|warning| warning == note) {
            builder.warnings.push(note.to_string());
        }
    }
}

/// Parses the attachments into `outcome`; returns remarks on those passed over.
fn attachments(message: &Message, job: &Job, outcome: &mut Outcome) -> Vec<String> {
    let mut media = 0;
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (number, part) in (1..).zip(message.attachments()) {
        let kind = part.content_type().map(|kind| kind.ctype().to_ascii_lowercase()).unwrap_or_default();
        let subtype =
            part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default().to_ascii_lowercase();
        if matches!(kind.as_str(), "image" | "audio" | "video")
            || matches!(part.body, PartType::InlineBinary(_))
        {
            media += 1;
            continue;
        }
        if subtype.ends_with("signature")
            || subtype == "pgp-encrypted"
            || (kind, subtype.as_str()) == ("message".into(), "delivery-status")
        {
            continue;
        }
        let bytes = match &part.body {
            PartType::Message(inner) => inner.raw_message(),
            _ => part.contents(),
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let name = unique(attachment_name(part, &subtype, number), &mut names);
        let suffix = format!("!/{name}");
        if let Err(error) = job.spend_member().and_then(|()| job.spend_bytes(bytes.len())) {
            outcome.failures.push(error.diagnostic(&suffix));
            break;
        }
        job.parse_inner(&suffix, &name, bytes, outcome);
    }
    (media > 0)
        .then(|| format!("{media} attached pictures or recordings were left out"))
        .into_iter()
        .collect()
}

/// The name an attachment gives itself, without folders, or one made of its number and type.
fn attachment_name(part: &MessagePart, subtype: &str, number: usize) -> String {
    let given = part.attachment_name().map(one_line).unwrap_or_default();
    let file = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let inner_subject = match &part.body {
        PartType::Message(_) => "eml",
        PartType::Html(_) => "html",
        PartType::Text(_) => match subtype {
            "csv" => "csv",
            "markdown" => "md",
            "calendar" => "ics",
            _ => "txt",
        },
        _ => match subtype {
            "pdf" => "pdf",
            "json" => "json",
            "zip" => "zip",
            _ => "bin",
        },
    };
    match file {
        "" => format!("part-{number}.{inner_subject}"),
        file if matches!(part.body, PartType::Message(_)) && !file.contains('.') => format!("{file}.eml"),
        file => file.to_string(),
    }
}

fn unique(name: String, names: &mut BTreeMap<String, usize>) -> String {
    let count = names.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
    match (*count, name.rsplit_once('.')) {
        (1, _) => name,
        (n, Some((stem, extension))) => format!("{stem}-{n}.{extension}"),
        (n, None) => format!("{name}-{n}"),
    }
}

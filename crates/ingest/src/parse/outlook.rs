//! Messages saved by Outlook (.msg): as a mail, with the attachments as documents of their own.
//!
//! Layout after [MS-OXMSG]; the numbers are property tags of [MS-OXPROPS].

use engraft_core::BlockKind;
use serde_json::Value;

use super::build::{Builder, one_line};
use super::compound::{Compound, Entry, u16_at, u32_at};
use super::decode::guess;
use super::job::Job;
use super::{Outcome, ParseError, Parsed, html, mail};

const SUBJECT: u16 = 0x0037;
const SUBMITTED: u32 = 0x0039_0040;
const SENDER: u16 = 0x0c1a;
const SENDER_ADDRESS: u16 = 0x5d01;
const TO: u16 = 0x0e04;
const COPY: u16 = 0x0e03;
const BODY: u16 = 0x1000;
const HTML: u16 = 0x1013;
const MESSAGE_ID: u16 = 0x1035;
const ATTACHMENT: u16 = 0x3701;
const LONG_NAME: u16 = 0x3707;
const SHORT_NAME: u16 = 0x3704;

/// Reads a message.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    let file = Compound::open(bytes)?;
    let root = file.entries();
    let mut builder = Builder::new("application/vnd.ms-outlook", job.limits);
    describe(&file, &root, &mut builder);
    let subject = builder.title.clone().unwrap_or_default().to_lowercase();
    let forwards = ["fw:", "fwd:", "wg:", "tr:", "rv:"].iter().any(|mark| subject.starts_with(mark));
    let body = words(&file, &root, BODY).unwrap_or_default();
    if body.trim().is_empty() {
        let page = words(&file, &root, HTML).or_else(|| {
            let bytes = binary(&file, &root, HTML)?;
            super::decode::decode(&bytes, None).ok().map(|decoded| decoded.text)
        });
        if let Some(Ok(content)) = page.map(|page| html::parse_mail(&page, job, forwards)) {
            mail::write_page(&content, forwards, &mut builder);
        }
    } else {
        mail::write_plain(&body, forwards, &mut builder);
    }
    let mut outcome = Outcome::default();
    attachments(&file, &root, job, &mut outcome);
    if builder.is_empty() && outcome.documents.is_empty() {
        let subject = builder.title.clone().unwrap_or_default();
        builder.push(BlockKind::Paragraph, &subject);
    }
    match builder.finish() {
        Ok(content) => outcome.documents.insert(0, Parsed { suffix: String::new(), content }),
        Err(ParseError::NoText) if !outcome.documents.is_empty() => {}
        Err(error) => return Err(error),
    }
    Ok(outcome)
}

fn describe(file: &Compound, root: &[Entry], builder: &mut Builder) {
    builder.title =
        words(file, root, SUBJECT).map(|subject| one_line(&subject)).filter(|subject| !subject.is_empty());
    let sender = match (words(file, root, SENDER), words(file, root, SENDER_ADDRESS)) {
        (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
        (name, address) => name.or(address),
    };
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value.map(|value| one_line(&value)).filter(|value| !value.is_empty()) {
            builder.metadata.insert(key.to_string(), Value::String(value));
        }
    };
    put("from", sender);
    put("to", words(file, root, TO));
    put("cc", words(file, root, COPY));
    put("message_id", words(file, root, MESSAGE_ID));
    put("date", submitted(file, root));
}

fn attachments(file: &Compound, root: &[Entry], job: &Job, outcome: &mut Outcome) {
    for (index, storage) in root.iter().filter(|entry| entry.name.starts_with("__attach")).enumerate() {
        let inside = file.inside(storage);
        let name = words(file, &inside, LONG_NAME).or_else(|| words(file, &inside, SHORT_NAME));
        let name = name.map(|name| one_line(&name)).unwrap_or_else(|| format!("attachment-{}", index + 1));
        let suffix = format!("!/{}", name.replace(['/', '\\'], "_"));
        // A message in a message is a storage, not a file: its text is not read.
        let Some(bytes) = binary(file, &inside, ATTACHMENT) else { continue };
        if let Err(error) = job.spend_member().and_then(|()| job.spend_bytes(bytes.len())) {
            outcome.failures.push(error.diagnostic(&suffix));
            break;
        }
        job.parse_inner(&suffix, &name, &bytes, outcome);
    }
}

/// The text property `tag`, in Unicode or in some code page.
fn words(file: &Compound, entries: &[Entry], tag: u16) -> Option<String> {
    if let Some(bytes) = stream(file, entries, tag, "001F") {
        let units: Vec<u16> = (0..bytes.len() / 2).map(|at| u16_at(&bytes, at * 2)).collect();
        return Some(String::from_utf16_lossy(&units).trim_end_matches('\0').to_string());
    }
    let bytes = stream(file, entries, tag, "001E")?;
    Some(match std::str::from_utf8(&bytes) {
        Ok(text) => text.to_string(),
        Err(_) => guess(&bytes).decode_without_bom_handling(&bytes).0.into_owned(),
    })
}

fn binary(file: &Compound, entries: &[Entry], tag: u16) -> Option<Vec<u8>> {
    stream(file, entries, tag, "0102")
}

fn stream(file: &Compound, entries: &[Entry], tag: u16, kind: &str) -> Option<Vec<u8>> {
    let name = format!("__substg1.0_{tag:04X}{kind}");
    let entry = entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(&name))?;
    Some(file.content(entry))
}

/// When it was sent, as `2024-05-06T13:30:00Z`.
fn submitted(file: &Compound, root: &[Entry]) -> Option<String> {
    let bytes =
        root.iter().find(|entry| entry.name == "__properties_version1.0").map(|entry| file.content(entry))?;
    let mut entries = (32..bytes.len().saturating_sub(15)).step_by(16);
    let at = entries.find(|&at| u32_at(&bytes, at) == SUBMITTED)?;
    let ticks = u64::from(u32_at(&bytes, at + 8)) | u64::from(u32_at(&bytes, at + 12)) << 32;
    Some(moment(ticks))
}

/// The moment that many tenths of a microsecond after the year 1600, in the Gregorian calendar.
fn moment(ticks: u64) -> String {
    let seconds = ticks / 10_000_000;
    let (mut days, time) = (seconds / 86_400, seconds % 86_400);
    // 1601 begins a cycle of 400 years; within it, centuries, leap cycles and years are counted off.
    let cycles = days / 146_097;
    days %= 146_097;
    let centuries = (days / 36_524).min(3);
    days -= centuries * 36_524;
    let leaps = days / 1_461;
    days %= 1_461;
    let years = (days / 365).min(3);
    days -= years * 365;
    let year = 1601 + cycles * 400 + centuries * 100 + leaps * 4 + years;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while month < 11 && days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_follow_the_calendar() {
        // Seconds from 1601-01-01 to 1970-01-01.
        let unix = |seconds: u64| moment((seconds + 11_644_473_600) * 10_000_000);
        assert_eq!(unix(0), "1970-01-01T00:00:00Z");
        assert_eq!(unix(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(unix(1_735_689_599), "2024-12-31T23:59:59Z");
        assert_eq!(moment(0), "1601-01-01T00:00:00Z");
    }
}

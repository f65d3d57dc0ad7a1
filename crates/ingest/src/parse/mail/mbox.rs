//! Mailboxes: many messages in one file, each below a line that starts with `From `.

use super::Outcome;
use crate::parse::ParseError;
use crate::parse::job::Job;

/// Reads a mailbox; messages are numbered from 1.
pub(crate) fn parse_mbox(bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    let mut outcome = Outcome::default();
    for (number, message) in (1..).zip(messages(bytes)) {
        if let Err(error) = job.spend_member() {
            outcome.failures.push(error.diagnostic(&format!("#message-{number}")));
            break;
        }
        job.parse_inner(&format!("#message-{number}"), "message.eml", &message, &mut outcome);
    }
    if outcome.documents.is_empty() && outcome.failures.is_empty() {
        return Err(ParseError::Malformed("it holds no message".to_string()));
    }
    Ok(outcome)
}

/// The messages, with `>From ` at the start of a line undone (RFC 4155, appendix A).
fn messages(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut lines = bytes.split_inclusive(|&b| b == b'\n').peekable();
    let mut blank_before = true;
    std::iter::from_fn(move || {
        let first = lines.next()?;
        let mut message = if opens_message(first) { Vec::new() } else { first.to_vec() };
        while let Some(line) = lines.next_if(|line| !(blank_before && opens_message(line))) {
            blank_before = line.iter().all(u8::is_ascii_whitespace);
            let arrows = line.iter().take_while(|&&b| b == b'>').count();
            let escaped = arrows > 0 && line[arrows..].starts_with(b"From ");
            message.extend_from_slice(&line[usize::from(escaped)..]);
        }
        blank_before = true;
        Some(message)
    })
    .filter(|message| !message.iter().all(u8::is_ascii_whitespace))
}

/// `From ann@example.org Mon May  6 10:00:00 2024`: a sentence that starts with the word has no time of day.
fn opens_message(line: &[u8]) -> bool {
    let time = |part: &[u8]| part[0].is_ascii_digit() && part[1] == b':' && part[2].is_ascii_digit();
    line.starts_with(b"From ") && line.windows(3).any(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_part_at_dated_from_lines_after_a_blank_line() {
        let mailbox = b"From a@x Mon May 6 10:00:00 2024\nSubject: 1\n\nFrom here on\n>From there\n\nFrom b@x Tue May 7 10:00:00 2024\nSubject: 2\n\nx\n";
        let texts: Vec<String> =
            messages(mailbox).map(|m| String::from_utf8_lossy(&m).into_owned()).collect();
        assert_eq!(texts, ["Subject: 1\n\nFrom here on\nFrom there\n\n", "Subject: 2\n\nx\n"]);
    }
}

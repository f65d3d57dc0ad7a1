//! Which lines of a mail its author wrote: quoted replies, the notes above them and the signature are left out.

/// Lines of a signature, at most.
const MAX_SIGNATURE: usize = 20;
/// A note such as `On Monday … wrote:` may be broken over lines.
const MAX_NOTE_LINES: usize = 4;

/// What is left of a mail's text, and what was cut.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// The author's own lines.
    pub(super) text: String,
    /// Quoted lines were cut.
    pub(super) quote: bool,
    /// A signature was cut.
    pub(super) signature: bool,
}

/// The author's own part of a mail's text. `forwards`: the mail passes another one on, whose text is then kept.
///
/// A mail that quotes and says nothing of its own is kept whole.
pub(super) fn own_part(text: &str, forwards: bool) -> Own {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut own = Own::default();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if is_signature_mark(text, line) && is_short_end(&lines[at + 1..]) {
            own.signature = true;
            at += 1 + lines[at + 1..]
                .iter()
                .take_while(|l| !is_quoted(l) && note_length(&lines, at).is_none())
                .count();
            continue;
        }
        if !forwards && opens_original(&lines[at..]) {
            own.quote = true;
            break;
        }
        if let Some(length) = note_length(&lines, at) {
            let next = lines[at + length..].iter().find(|line| !line.trim().is_empty());
            if next.is_some_and(|line| is_quoted(line)) {
                at += length;
                continue;
            }
            // Nothing marks the quoted lines, so all that follows is quoted.
            if !forwards && next.is_some() {
                own.quote = true;
                break;
            }
        }
        if is_quoted(line) {
            own.quote = true;
        } else {
            kept.push(line);
        }
        at += 1;
    }
    own.text = kept.join("\n").trim().to_string();
    if own.text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return Own { text: text.trim().to_string(), ..Own::default() };
    }
    own
}

fn is_quoted(line: &str) -> bool {
    // `>From` is how a mailbox writes `From` at the start of a line.
    let line = line.trim_start();
    line.starts_with('>') && !line.starts_with(">From ") && !line.starts_with(">>>>>>>")
}

/// The mark of RFC 3676, section 4.3, also without its blank.
fn is_signature_mark(text: &str, line: &str) -> bool {
    line == "--" && text.lines().any(|line| line == "-- " || line == "--")
}

fn is_short_end(rest: &[&str]) -> bool {
    rest.iter().filter(|line| !line.trim().is_empty() && !is_quoted(line)).count() <= MAX_SIGNATURE
}

/// Words with which mail programs close the line above a quote.
const WROTE: [&str; 19] = [
    "wrote:",
    "writes:",
    "schrieb:",
    "écrit :",
    "écrit:",
    "escribió:",
    "ha scritto:",
    "scrisse:",
    "escreveu:",
    "schreef:",
    "skrev:",
    "napsal:",
    "napsal(a):",
    "napisał(a):",
    "написал:",
    "пишет:",
    "写道：",
    "写道:",
    "wrote on",
];
const OPENINGS: [&str; 18] = [
    "on ", "am ", "le ", "el ", "il ", "em ", "op ", "dne ", "den ", "w dniu", "в ", "在", "at ", "mon",
    "tue", "wed", "thu", "fri",
];

/// The lines that the note above a quote takes up from `at` on, if there is one.
fn note_length(lines: &[&str], at: usize) -> Option<usize> {
    let first = lines[at].trim().to_lowercase();
    let dated = first.chars().any(|c| c.is_ascii_digit()) || first.contains('@');
    let opens = OPENINGS.iter().any(|opening| first.starts_with(opening));
    if !(opens || dated && first.ends_with(':')) {
        // `Ann Lee wrote:` and `Ann Lee schrieb am 3. Mai 2024:`
        let named = WROTE.iter().any(|word| first.ends_with(word)) || first.contains(" schrieb am ");
        return (named && first.ends_with([':', '：']) && first.chars().count() < 120).then_some(1);
    }
    let mut note = String::new();
    for (nth, line) in lines[at..].iter().take(MAX_NOTE_LINES).enumerate() {
        note.push_str(line.trim());
        note.push(' ');
        let lower = note.trim_end().to_lowercase();
        let dated = lower.chars().any(|c| c.is_ascii_digit()) || lower.contains('@');
        if dated && WROTE.iter().any(|word| lower.ends_with(word)) {
            return Some(nth + 1);
        }
        // `Am 3. Mai 2024 schrieb Ann Lee:`
        let inside = [" schrieb ", " schreef ", " skrev ", " wrote "];
        if dated
            && lower.ends_with(':')
            && lower.chars().count() < 160
            && inside.iter().any(|w| lower.contains(w))
        {
            return Some(nth + 1);
        }
        if line.trim().is_empty() || lower.ends_with(['.', '!', '?']) {
            return None;
        }
    }
    None
}

/// Whether the mail that is answered begins here, as Outlook and others write it.
fn opens_original(lines: &[&str]) -> bool {
    let line = lines[0].trim();
    let words = line.trim_matches(['-', '_', ' ']).to_lowercase();
    let ruled = line.starts_with("---") && line.ends_with("---") && words.chars().count() < 40;
    let originals = [
        "original message",
        "original appointment",
        "ursprüngliche nachricht",
        "originalnachricht",
        "message d'origine",
        "message d’origine",
        "message original",
        "mensaje original",
        "messaggio originale",
        "mensagem original",
        "oorspronkelijk bericht",
        "původní zpráva",
        "oprindelig meddelelse",
        "ursprungligt meddelande",
        "opprinnelig melding",
        "исходное сообщение",
        "原始邮件",
        "元のメッセージ",
        "reply message",
    ];
    if ruled && originals.iter().any(|original| words.starts_with(original)) {
        return true;
    }
    let start = usize::from(line.len() > 8 && line.bytes().all(|b| b == b'_'));
    let header = |line: &str, names: &[&str]| {
        let line = line.trim().trim_start_matches('*').to_lowercase();
        names.iter().any(|name| {
            line.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches([' ', '*']).starts_with(':'))
        })
    };
    let Some(first) = lines.get(start) else { return false };
    let from = ["from", "von", "de", "da", "van", "från", "fra", "od", "от", "发件人", "差出人"];
    let sent = [
        "sent",
        "gesendet",
        "envoyé",
        "enviado",
        "enviado el",
        "enviada em",
        "inviato",
        "verzonden",
        "skickat",
        "sendt",
        "date",
        "datum",
        "отправлено",
        "发送时间",
        "送信日時",
    ];
    let to = [
        "to",
        "an",
        "à",
        "para",
        "a",
        "aan",
        "till",
        "til",
        "subject",
        "betreff",
        "objet",
        "asunto",
        "oggetto",
        "onderwerp",
        "ämne",
        "emne",
    ];
    let next = lines.iter().skip(start + 1).take(5);
    header(first, &from)
        && next.clone().any(|line| header(line, &sent))
        && next.clone().any(|line| header(line, &to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(own_part(text, false).text, expected);
    }

    #[test]
    fn a_quote_below_the_answer_goes_with_its_note() {
        check("Yes.\n\nOn Mon, 3 May 2024 at 10:00, Ann Lee <ann@x.org>\nwrote:\n> Will you?\n> Ann", "Yes.");
    }

    #[test]
    fn answers_between_quoted_lines_stay() {
        check("Ann Lee wrote:\n> One?\nFirst.\n> Two?\nSecond.", "First.\nSecond.");
    }

    #[test]
    fn the_original_below_goes_in_several_languages() {
        for mark in
            ["-----Original Message-----", "-----Ursprüngliche Nachricht-----", "---- Message d'origine ----"]
        {
            check(&format!("Fine.\n\n{mark}\nFrom: a\n\nOld text."), "Fine.");
        }
        check("Gut.\n\nVon: Ann\nGesendet: 3. Mai\nAn: Bob\nBetreff: Alt\n\nAlter Text.", "Gut.");
        check("Ja.\nAm 03.05.2024 um 10:00 schrieb Ann Lee:\n> Kommst du?", "Ja.");
    }

    #[test]
    fn a_signature_goes_and_a_rule_in_the_text_stays() {
        check("Hello.\n-- \nAnn\nTel. 1", "Hello.");
        let long: String = (0..30).map(|n| format!("\nline {n}")).collect();
        check(&format!("Hello.\n--{long}"), &format!("Hello.\n--{long}"));
    }

    #[test]
    fn a_mail_that_only_quotes_is_kept() {
        check("> all of it\n> is quoted", "> all of it\n> is quoted");
    }

    #[test]
    fn ordinary_sentences_are_no_notes() {
        let text = "On 3 May 2024 we met.\nFrom: the start it went well.\nShe wrote a letter.";
        check(text, text);
    }

    #[test]
    fn a_forwarded_mail_is_kept() {
        let text = "See below.\n-----Original Message-----\nFrom: a\n\nThe news.";
        assert_eq!(own_part(text, true).text, text);
    }
}

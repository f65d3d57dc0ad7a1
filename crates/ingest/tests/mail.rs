//! Mails, and what is read from them.

use std::fmt::Write as _;

use engraft_ingest::parse::{Limits, ParseError, parse};
use expect_test::{Expect, expect};

#[track_caller]
fn check(name: &str, mail: &str, expected: Expect) {
    let outcome = parse(name, mail.as_bytes(), &Limits::default()).expect("it is a mail");
    let mut shown = String::new();
    for parsed in &outcome.documents {
        let content = &parsed.content;
        let title = content.title.as_deref().unwrap_or("-");
        writeln!(shown, "[{}] {title}: {}", parsed.suffix, content.text.replace('\n', "\\n"))
            .expect("strings grow");
        content.warnings.iter().for_each(|warning| writeln!(shown, "! {warning}").expect("strings grow"));
    }
    outcome
        .failures
        .iter()
        .for_each(|failure| writeln!(shown, "x {} {}", failure.uri, failure.kind).expect("strings grow"));
    expected.assert_eq(&shown);
}

const HEAD: &str = "From: Ann Lee <ann@a.example>\nTo: bob@b.example\nDate: Mon, 6 May 2024 10:00:00 +0200\n";

#[test]
fn the_headers_become_metadata() {
    let mail = format!("{HEAD}Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\nHallo.");
    let outcome = parse("a.eml", mail.as_bytes(), &Limits::default()).expect("it is a mail");
    let content = &outcome.documents[0].content;
    assert_eq!(content.title.as_deref(), Some("Grüße"));
    assert_eq!(content.metadata["from"], "Ann Lee <ann@a.example>");
    assert_eq!(content.metadata["to"], serde_json::json!(["bob@b.example"]));
    assert_eq!(content.metadata["date"], "2024-05-06T10:00:00+02:00");
}

#[test]
fn quoted_replies_and_the_signature_are_left_out_and_noted() {
    let mail = format!(
        "{HEAD}Subject: Re: Lunch\n\nAt noon.\n\nOn Sun, 5 May 2024, Bob wrote:\n> When?\n\n-- \nAnn\n"
    );
    check(
        "a.eml",
        &mail,
        expect![[r#"
        [] Re: Lunch: At noon.
        ! quoted replies were left out
        ! the signature was left out
    "#]],
    );
}

#[test]
fn an_html_mail_loses_its_quote_too() {
    let page = "<p>Yes, at noon.</p><div class=gmail_quote>On Sunday Bob wrote: <blockquote type=cite>When?</blockquote></div>";
    check(
        "a.eml",
        &format!("{HEAD}Subject: Re: Lunch\nContent-Type: text/html\n\n{page}"),
        expect![[r#"
            [] Re: Lunch: Yes, at noon.
            ! quoted replies were left out
        "#]],
    );
}

#[test]
fn attachments_and_mails_within_are_documents_of_their_own() {
    let mail = format!(
        "{HEAD}Subject: Files\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\n\
         Content-Type: text/csv\nContent-Disposition: attachment; filename=p.csv\n\nItem,Price\nBolt,9\n--b\n\
         Content-Type: text/plain\nContent-Disposition: attachment; filename=../../n.txt\n\nA note.\n--b\n\
         Content-Type: image/png\nContent-Disposition: attachment; filename=i.png\n\nx\n--b\n\
         Content-Type: message/rfc822\n\nSubject: Inner\nFrom: c@c.example\n\nInside.\n--b--\n"
    );
    check(
        "a.eml",
        &mail,
        expect![[r#"
        [] Files: See below.
        ! 1 attached pictures or recordings were left out
        [!/p.csv] -: Item,Price\nBolt,9
        [!/n.txt] -: A note.
        [!/part-4.eml] Inner: Inside.
    "#]],
    );
}

#[test]
fn a_mailbox_is_many_mails() {
    let mailbox = format!(
        "From ann@a.example Mon May  6 10:00:00 2024\n{HEAD}Subject: One\n\n>From here on.\n\n\
         From ann@a.example Tue May  7 10:00:00 2024\n{HEAD}Subject: Two\n\nLast.\n"
    );
    check(
        "a.mbox",
        &mailbox,
        expect![[r#"
        [#message-1] One: From here on.
        [#message-2] Two: Last.
    "#]],
    );
}

#[test]
fn a_sealed_mail_is_encrypted() {
    let mail = format!("{HEAD}Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB");
    assert_eq!(parse("a.eml", mail.as_bytes(), &Limits::default()), Err(ParseError::Encrypted));
}

#[test]
fn mails_nested_without_end_are_stopped() {
    let nested = format!("{HEAD}Content-Type: message/rfc822\n\n").repeat(500) + HEAD + "\nDeep.";
    let outcome = parse("a.eml", nested.as_bytes(), &Limits::default());
    let failures = outcome.expect("the outer mails are read").failures;
    assert_eq!(failures.iter().map(|failure| failure.kind.as_str()).collect::<Vec<_>>(), ["too_large"]);
}

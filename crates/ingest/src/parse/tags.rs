//! Takes the tags out of scraps of HTML inside other formats; pages go through the HTML parser.

/// The words of `html`: no tags, comments, scripts or styles; the commonest entities resolved.
pub(crate) fn strip(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        words.push_str(&rest[..open]);
        rest = &rest[open..];
        let Some(length) = tag_length(rest) else {
            words.push('<');
            rest = &rest[1..];
            continue;
        };
        // Words on two sides of a block's tag are two words; `f<b>oo</b>` is one.
        let name: String =
            rest[1..].chars().skip_while(|&c| c == '/').take_while(char::is_ascii_alphanumeric).collect();
        if !matches!(
            name.to_ascii_lowercase().as_str(),
            "a" | "b" | "i" | "em" | "strong" | "span" | "u" | "font"
        ) {
            words.push(' ');
        }
        rest = &rest[length..];
    }
    words.push_str(rest);
    entities(&words)
}

/// The length of the tag, comment, script or style at the start of `html`; `None` when there is none.
fn tag_length(html: &str) -> Option<usize> {
    let until = |end: &str| Some(html.find(end).map_or(html.len(), |at| at + end.len()));
    if html.starts_with("<!--") {
        return until("-->");
    }
    for (open, close) in [("<script", "</script>"), ("<style", "</style>")] {
        if html.get(..open.len()).is_some_and(|head| head.eq_ignore_ascii_case(open)) {
            return until(close);
        }
    }
    let second = html[1..].chars().next()?;
    if !second.is_ascii_alphabetic() && !matches!(second, '/' | '!' | '?') {
        return None;
    }
    html.find('>').map(|at| at + 1)
}

fn entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_string();
    }
    let known = [
        ("&nbsp;", "\u{a0}"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    known.iter().fold(text.to_string(), |text, (name, value)| text.replace(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_comments_and_scripts_go_and_words_stay() {
        let html = "<p>R&amp;D <b>b</b>old<!-- no --><script>x()</script>, 3 < 4</p>";
        assert_eq!(strip(html).split_whitespace().collect::<Vec<_>>().join(" "), "R&D bold , 3 < 4");
        assert_eq!(strip("<unclosed"), "<unclosed");
    }
}

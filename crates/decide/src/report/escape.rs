//! The few pieces of HTML the report is made of; every text from outside goes through [`esc`].

/// Text for an element or a quoted attribute.
pub(crate) fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters and the marks that turn the direction of text have no business in a report.
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' => out.push('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}

/// Escapes, and shows what stands between backticks as code.
pub(crate) fn prose(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            1 => out.push_str(&format!("<code>{}</code>", esc(part))),
            _ => out.push_str(&esc(part)),
        }
    }
    out
}

/// At most `most` characters, with an ellipsis where something was left out; escaped.
pub(crate) fn short(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return esc(&flat);
    }
    let cut: String = flat.chars().take(most.saturating_sub(1)).collect();
    esc(&format!("{}…", cut.trim_end()))
}

/// A table; a heading says whether its column holds numbers, cells are HTML already, `true` marks the row in front.
pub(crate) fn table(heads: &[(&str, bool)], rows: &[(bool, Vec<String>)]) -> String {
    let class = |number: bool| if number { " class=num" } else { "" };
    let mut out = String::from("<div class=wide><table><thead><tr>");
    for (name, number) in heads {
        out.push_str(&format!("<th scope=col{}>{}</th>", class(*number), esc(name)));
    }
    out.push_str("</tr></thead><tbody>");
    for (front, cells) in rows {
        out.push_str(if *front { "<tr class=front>" } else { "<tr>" });
        for (cell, (_, number)) in cells.iter().zip(heads) {
            let cell = if *number { apart(cell) } else { cell.clone() };
            out.push_str(&format!("<td{}>{cell}</td>", class(*number)));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A number with its interval in brackets on a line of its own: side by side they make tables wider than a page.
pub(crate) fn apart(cell: &str) -> String {
    let ends = cell.find(" [").and_then(|from| Some((from, from + cell[from..].find(']')? + 1)));
    ends.map_or(cell.into(), |(from, to)| {
        let (number, ends, rest) = (&cell[..from], &cell[from + 1..to], cell[to..].trim_start_matches(", "));
        format!("{number} <span class=ends>{ends}</span>{rest}")
    })
}

/// A list; entries are HTML already.
pub(crate) fn list(entries: impl IntoIterator<Item = String>) -> String {
    let items: String = entries.into_iter().map(|entry| format!("<li>{entry}</li>")).collect();
    format!("<ul>{items}</ul>\n")
}

/// A picture with its caption; nothing when there is no picture.
pub(crate) fn figure(picture: Option<String>, caption: &str) -> String {
    let figure = |svg| format!("<figure>{svg}<figcaption>{}</figcaption></figure>\n", prose(caption));
    picture.map(figure).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_stands_below_its_number() {
        assert_eq!(apart("0.70 [0.60, 0.81], n 77"), "0.70 <span class=ends>[0.60, 0.81]</span>n 77");
        assert_eq!((apart("50").as_str(), apart("a [b").as_str()), ("50", "a [b"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let escaped = esc("<script>alert('x')</script>&\"");
        assert_eq!(escaped, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;");
        assert_eq!(esc("a\u{202e}b\u{0}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(prose("use `a<b` now"), "use <code>a&lt;b</code> now");
        assert_eq!(short("one two three", 9), "one two…");
    }
}

//! BLEU (Papineni et al. 2002), as sacrebleu computes it: signature `case:mixed|eff:no|tok:13a|smooth:exp`.

use super::overlap::counts;
use super::words::split;

const ORDERS: usize = 4;

/// What BLEU needs of one item; sums of these give the score of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct BleuCounts {
    said: f64,
    wanted: f64,
    correct: [f64; ORDERS],
    total: [f64; ORDERS],
}

impl BleuCounts {
    pub(super) fn of(prediction: &str, references: &[String]) -> BleuCounts {
        let said = tokens(prediction);
        let references: Vec<Vec<String>> = references.iter().map(|reference| tokens(reference)).collect();
        // The nearest length counts; of two, the shorter.
        let nearest =
            references.iter().map(Vec::len).min_by_key(|length| (length.abs_diff(said.len()), *length));
        let mut found = BleuCounts {
            said: said.len() as f64,
            wanted: nearest.unwrap_or(0) as f64,
            ..BleuCounts::default()
        };
        for order in 0..ORDERS {
            let wanted: Vec<_> = references.iter().map(|tokens| counts(tokens.windows(order + 1))).collect();
            for (run, count) in counts(said.windows(order + 1)) {
                let most = wanted.iter().filter_map(|counts| counts.get(run)).max().unwrap_or(&0);
                found.correct[order] += count.min(*most) as f64;
                found.total[order] += count as f64;
            }
        }
        found
    }

    pub(super) fn add(&mut self, other: &BleuCounts, weight: f64) {
        self.said += other.said * weight;
        self.wanted += other.wanted * weight;
        for order in 0..ORDERS {
            self.correct[order] += other.correct[order] * weight;
            self.total[order] += other.total[order] * weight;
        }
    }

    /// In `[0, 100]`. With `effective`, orders longer than the text are left out, as is right for single sentences.
    pub(super) fn score(&self, effective: bool) -> f64 {
        if self.correct.iter().all(|count| *count == 0.0) {
            return 0.0;
        }
        let brevity = if self.said < self.wanted { (1.0 - self.wanted / self.said).exp() } else { 1.0 };
        let (mut smooth, mut logs, mut orders) = (1.0, 0.0, ORDERS as f64);
        for order in 0..ORDERS {
            if self.total[order] == 0.0 {
                // Without runs of this length the mean has a factor of nothing.
                return if effective { brevity * (logs / orders).exp() } else { 0.0 };
            }
            if effective {
                orders = (order + 1) as f64;
            }
            let precision = if self.correct[order] == 0.0 {
                smooth *= 2.0;
                100.0 / (smooth * self.total[order])
            } else {
                100.0 * self.correct[order] / self.total[order]
            };
            logs += precision.ln();
        }
        brevity * (logs / orders).exp()
    }
}

/// Tokens as the script mteval-v13a makes them.
fn tokens(text: &str) -> Vec<String> {
    let mut line = text
        .trim_end_matches(super::words::is_space)
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    for (entity, c) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
        line = line.replace(entity, c);
    }
    let mut spaced = String::with_capacity(line.len() + 2);
    for c in format!(" {line} ").chars() {
        match c {
            '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/' => spaced.extend([' ', c, ' ']),
            _ => spaced.push(c),
        }
    }
    let stop = |c: char| c == '.' || c == ',';
    let digit = |c: char| c.is_ascii_digit();
    let spaced = pairs(&spaced, |a, b| !digit(a) && stop(b), |a, b| vec![a, ' ', b, ' ']);
    let spaced = pairs(&spaced, |a, b| stop(a) && !digit(b), |a, b| vec![' ', a, ' ', b]);
    let spaced = pairs(&spaced, |a, b| digit(a) && b == '-', |a, b| vec![a, ' ', b, ' ']);
    split(&spaced).map(String::from).collect()
}

/// Replaces pairs of neighbours from left to right; a character is in one pair at most.
fn pairs(text: &str, fits: impl Fn(char, char) -> bool, instead: impl Fn(char, char) -> Vec<char>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        match chars.get(at + 1) {
            Some(next) if fits(chars[at], *next) => {
                out.extend(instead(chars[at], *next));
                at += 2;
            }
            _ => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_stands_alone_but_in_numbers() {
        assert_eq!(
            tokens("It's $3,500.50, (not 5-6)."),
            ["It's", "$", "3,500.50", ",", "(", "not", "5", "-", "6", ")", "."]
        );
        assert_eq!(tokens("a &lt;b&gt;\nc"), ["a", "<", "b", ">", "c"]);
    }

    #[test]
    fn the_same_text_scores_100() {
        let one = BleuCounts::of("the cat sat on the mat", &["the cat sat on the mat".into()]);
        assert!((one.score(false) - 100.0).abs() < 1e-9);
        assert_eq!(BleuCounts::of("", &["a".into()]).score(true), 0.0);
    }
}

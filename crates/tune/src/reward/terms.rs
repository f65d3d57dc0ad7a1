//! The words of responses and pairs of them, weighted by how few responses have them.

use std::collections::HashMap;

/// Known words and pairs, sorted, with their inverse document frequencies.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Terms {
    terms: Vec<String>,
    idf: Vec<f32>,
    places: HashMap<String, u32>,
}

/// Responses that must have a term, or it is left out.
const LEAST: u32 = 3;

impl Terms {
    /// The terms that at least three of `texts` have.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Terms {
        let mut often: HashMap<String, u32> = HashMap::new();
        let mut n = 0;
        for text in texts {
            n += 1;
            for (term, _) in counted(text) {
                *often.entry(term).or_default() += 1;
            }
        }
        let mut kept: Vec<(String, u32)> = often.into_iter().filter(|(_, texts)| *texts >= LEAST).collect();
        kept.sort();
        let idf = |df: u32| ((1.0 + n as f32) / (1.0 + df as f32)).ln() + 1.0;
        Terms::known(kept.into_iter().map(|(term, df)| (term, idf(df))))
    }

    /// Known terms with their weights, sorted.
    pub(crate) fn known(terms: impl Iterator<Item = (String, f32)>) -> Terms {
        let (terms, idf): (Vec<String>, Vec<f32>) = terms.unzip();
        let places = (0..).zip(&terms).map(|(at, term)| (term.clone(), at)).collect();
        Terms { terms, idf, places }
    }

    pub(crate) fn len(&self) -> usize {
        self.terms.len()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, f32)> {
        self.terms.iter().map(String::as_str).zip(self.idf.iter().copied())
    }

    /// The terms of a text by place, `(1 + ln tf) · idf`, brought to length 1; what is not known is passed over.
    pub(crate) fn row(&self, text: &str) -> Vec<(u32, f32)> {
        let known = counted(text).into_iter().filter_map(|(term, n)| Some((*self.places.get(&term)?, n)));
        let mut row: Vec<(u32, f32)> =
            known.map(|(at, n)| (at, (1.0 + (n as f32).ln()) * self.idf[at as usize])).collect();
        row.sort_by_key(|entry| entry.0);
        let length = row.iter().map(|entry| entry.1 * entry.1).sum::<f32>().sqrt().max(f32::EPSILON);
        row.iter_mut().for_each(|entry| entry.1 /= length);
        row
    }
}

/// Words in lower case and pairs of neighbours, with how often each occurs.
fn counted(text: &str) -> HashMap<String, u32> {
    let lower = text.to_lowercase();
    let mut counts: HashMap<String, u32> = HashMap::new();
    let mut last: Option<&str> = None;
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_string()).or_default() += 1;
        if let Some(last) = last {
            *counts.entry(format!("{last} {word}")).or_default() += 1;
        }
        last = Some(word);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_responses_have_weighs_more_and_what_one_has_nothing() {
        let texts = ["good wine", "good food", "good wine", "good wine", "odd"];
        let terms = Terms::of(texts.into_iter());
        let known: Vec<&str> = terms.entries().map(|(term, _)| term).collect();
        assert_eq!(known, ["good", "good wine", "wine"]);
        let row = terms.row("Good wine, good odd");
        assert!((row.iter().map(|entry| entry.1 * entry.1).sum::<f32>() - 1.0).abs() < 1e-5);
        let idf: Vec<f32> = terms.entries().map(|(_, idf)| idf).collect();
        assert!(idf[2] > idf[0]);
    }
}

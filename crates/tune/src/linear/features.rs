//! TF-IDF: a text as weighted words, pairs of words, and runs of two to five characters within words.

use std::collections::HashMap;

use rayon::prelude::*;

/// From so many texts on, an n-gram that only one of them has is left out: it tells nothing of others.
const PRUNE_FROM: usize = 1000;

/// Sparse rows, end to end.
#[derive(Clone, Debug, PartialEq)]
pub struct Sparse {
    starts: Vec<usize>,
    places: Vec<u32>,
    values: Vec<f32>,
}

impl Sparse {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries of a row, by place.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> {
        let range = self.starts[row]..self.starts[row + 1];
        self.places[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }
}

/// The n-grams of a body of texts, with their weights.
///
/// Words are runs of letters and digits in lower case; characters are taken within what white space separates, with a blank at
/// either end. A weight is `(1 + ln tf) · (ln((1 + n) / (1 + df)) + 1)`; the words of a text, and its characters, are each
/// brought to length 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Words and pairs of words, then runs of characters; each sorted.
    terms: [Vec<String>; 2],
    places: [HashMap<String, u32>; 2],
    idf: Vec<f32>,
}

impl Features {
    /// The n-grams that occur in `texts`.
    pub fn of(texts: &[&str]) -> Features {
        let least = if texts.len() >= PRUNE_FROM { 2 } else { 1 };
        let mut terms = [Vec::new(), Vec::new()];
        let mut idf = Vec::new();
        for (block, grams) in [words, characters].into_iter().enumerate() {
            let mut often: HashMap<String, u32> = HashMap::new();
            for text in texts {
                for (gram, _) in counted(grams, text) {
                    *often.entry(gram).or_default() += 1;
                }
            }
            let mut kept: Vec<(String, u32)> =
                often.into_iter().filter(|(_, texts)| *texts >= least).collect();
            kept.sort();
            let weigh = |df: u32| ((1.0 + texts.len() as f32) / (1.0 + df as f32)).ln() + 1.0;
            idf.extend(kept.iter().map(|(_, df)| weigh(*df)));
            terms[block] = kept.into_iter().map(|(gram, _)| gram).collect();
        }
        Features::from_terms(terms, idf)
    }

    /// Known n-grams with their weights.
    pub(crate) fn from_terms(terms: [Vec<String>; 2], idf: Vec<f32>) -> Features {
        let first = terms[0].len() as u32;
        let numbered =
            |terms: &[String], from: u32| (from..).zip(terms).map(|(at, term)| (term.clone(), at)).collect();
        let places = [numbered(&terms[0], 0), numbered(&terms[1], first)];
        Features { terms, places, idf }
    }

    pub(crate) fn terms(&self) -> &[Vec<String>; 2] {
        &self.terms
    }

    pub(crate) fn idf(&self) -> &[f32] {
        &self.idf
    }

    /// How many n-grams.
    pub fn len(&self) -> usize {
        self.idf.len()
    }

    /// Whether there is no n-gram.
    pub fn is_empty(&self) -> bool {
        self.idf.is_empty()
    }

    /// Texts as rows; what is not known is passed over.
    pub fn rows(&self, texts: &[&str]) -> Sparse {
        let rows: Vec<Vec<(u32, f32)>> = texts.par_iter().map(|text| self.row(text)).collect();
        let mut sparse = Sparse { starts: vec![0], places: Vec::new(), values: Vec::new() };
        for row in rows {
            sparse.places.extend(row.iter().map(|entry| entry.0));
            sparse.values.extend(row.iter().map(|entry| entry.1));
            sparse.starts.push(sparse.places.len());
        }
        sparse
    }

    fn row(&self, text: &str) -> Vec<(u32, f32)> {
        let mut row = Vec::new();
        for (grams, places) in [words, characters].into_iter().zip(&self.places) {
            let known =
                counted(grams, text).into_iter().filter_map(|(gram, n)| Some((*places.get(&gram)?, n)));
            let mut block: Vec<(u32, f32)> =
                known.map(|(at, n)| (at, (1.0 + (n as f32).ln()) * self.idf[at as usize])).collect();
            block.sort_by_key(|entry| entry.0);
            let length = block.iter().map(|entry| entry.1 * entry.1).sum::<f32>().sqrt().max(f32::EPSILON);
            row.extend(block.into_iter().map(|(at, value)| (at, value / length)));
        }
        row
    }
}

type Grams = fn(&str, &mut dyn FnMut(&str));

fn counted(grams: Grams, text: &str) -> HashMap<String, u32> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    grams(text, &mut |gram| match counts.get_mut(gram) {
        Some(count) => *count += 1,
        None => {
            counts.insert(gram.to_string(), 1);
        }
    });
    counts
}

/// Words, and pairs of neighbouring words.
fn words(text: &str, take: &mut dyn FnMut(&str)) {
    let lower = text.to_lowercase();
    let mut last: Option<&str> = None;
    for word in lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        take(word);
        if let Some(last) = last {
            take(&format!("{last} {word}"));
        }
        last = Some(word);
    }
}

/// Runs of two to five characters within a word and the blanks around it.
fn characters(text: &str, take: &mut dyn FnMut(&str)) {
    for word in text.to_lowercase().split_whitespace() {
        let padded = format!(" {word} ");
        let ends: Vec<usize> = padded.char_indices().map(|(at, _)| at).chain([padded.len()]).collect();
        for n in 2..=5 {
            for run in ends.windows(n + 1) {
                take(&padded[run[0]..run[n]]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(of: Grams, text: &str) -> String {
        let mut all = Vec::new();
        of(text, &mut |gram| all.push(gram.to_string()));
        all.join("|")
    }

    #[test]
    fn words_come_alone_and_in_pairs() {
        assert_eq!(grams(words, "Where's my Card?"), "where|s|where s|my|s my|card|my card");
    }

    #[test]
    fn characters_stay_within_a_word() {
        assert_eq!(grams(characters, "Ab ü"), " a|ab|b | ab|ab | ab | ü|ü | ü ");
    }

    #[test]
    fn each_block_has_length_1() {
        let features = Features::of(&["my card", "my dog"]);
        let rows = features.rows(&["my card card", "zzz"]);
        let square: f32 = rows.row(0).map(|entry| entry.1 * entry.1).sum();
        assert!((square - 2.0).abs() < 1e-5, "{square}");
        assert_eq!(rows.row(1).count(), 0);
    }

    #[test]
    fn a_term_all_texts_have_weighs_least() {
        let features = Features::of(&["my card", "my dog"]);
        let idf = |term: &str| features.idf[features.places[0][term] as usize];
        assert!((idf("my") - 1.0).abs() < 1e-6);
        assert!((idf("card") - ((3.0f32 / 2.0).ln() + 1.0)).abs() < 1e-6);
    }
}

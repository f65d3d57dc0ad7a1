//! Claims with their evidence, and their measures: read once, measured in parallel, the same at any thread count.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use engraft_core::{CharMap, Embed, EmbedError, sentences};
use rayon::prelude::*;

use super::features::{Features, LEXICAL, measure};
use super::places::Places;
use super::words::{Lexicon, Table, Word};
use crate::halves::parts;

/// A statement, and the passages that should support it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The statement, best one sentence.
    pub text: String,
    /// The passages; each is read sentence by sentence.
    pub evidence: Vec<String>,
}

/// Claims that are measured on one thread, and share what is read of their passages.
const CHUNK: usize = 256;
/// How many of a claim's best sentences are embedded.
const EMBEDDED: usize = 16;
/// A thread that knows so many words or more begins anew with the next batch of claims.
const KNOWN: usize = 100_000;

/// The measures of every claim, in order; with `encoder`, also how close its meaning is to that of its evidence.
pub fn measures(claims: &[Claim], encoder: Option<&dyn Embed>) -> Result<Vec<Features>, EmbedError> {
    Measuring::default().measures(claims, encoder)
}

/// Measures one batch of claims after the other, and need not learn the same words again for each. What is measured does not
/// depend on what was measured before.
#[derive(Default)]
pub struct Measuring {
    idle: Mutex<Vec<Lexicon>>,
}

impl Measuring {
    /// As [`measures`].
    pub fn measures(
        &self,
        claims: &[Claim],
        encoder: Option<&dyn Embed>,
    ) -> Result<Vec<Features>, EmbedError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let chunks: Vec<Vec<Features>> = claims
            .par_chunks(CHUNK)
            .map(|chunk| {
                let lexicon = idle().pop().unwrap_or_default();
                let mut read = Read { lexicon, ..Read::default() };
                let mut all = chunk.iter().map(|claim| read.measure(claim)).collect::<Vec<Features>>();
                if let Some(encoder) = encoder {
                    for (claim, features) in chunk.iter().zip(&mut all) {
                        read.compare(claim, features, encoder)?;
                    }
                }
                if read.lexicon.known().forms < KNOWN {
                    idle().push(read.lexicon);
                }
                Ok(all)
            })
            .collect::<Result<_, EmbedError>>()?;
        Ok(chunks.into_iter().flatten().collect())
    }
}

/// What was read so far, so that passages which several claims share are read once.
#[derive(Default)]
struct Read<'a> {
    lexicon: Lexicon,
    places: Places,
    /// Where each passage stands in `sentences`.
    passages: Table<&'a str, usize>,
    sentences: Vec<Vec<Sentence<'a>>>,
    vectors: BTreeMap<String, Vec<Vec<f32>>>,
}

struct Sentence<'a> {
    text: &'a str,
    words: Vec<Word>,
}

impl<'a> Read<'a> {
    fn measure(&mut self, claim: &'a Claim) -> Features {
        let read: Vec<usize> = claim.evidence.iter().map(|passage| self.passage(passage)).collect();
        let words = self.lexicon.read(&claim.text);
        let evidence: Vec<&[Word]> =
            read.iter().flat_map(|&at| &self.sentences[at]).map(|sentence| &sentence.words[..]).collect();
        measure(&words, claim.text.contains('?'), &evidence, &self.lexicon, &mut self.places)
    }

    /// Where the sentences of a passage are.
    fn passage(&mut self, passage: &'a str) -> usize {
        if let Some(&at) = self.passages.get(passage) {
            return at;
        }
        let map = CharMap::new(passage);
        let found = sentences(passage).into_iter().filter_map(|span| map.quote(span));
        self.sentences.push(found.map(|text| Sentence { text, words: self.lexicon.read(text) }).collect());
        self.passages.insert(passage, self.sentences.len() - 1);
        self.sentences.len() - 1
    }

    /// Sets the values that need an encoder: the cosine of the claim to its closest sentence, and to the two closest
    /// together.
    fn compare(
        &mut self,
        claim: &'a Claim,
        features: &mut Features,
        encoder: &dyn Embed,
    ) -> Result<(), EmbedError> {
        let read: Vec<usize> = claim.evidence.iter().map(|passage| self.passage(passage)).collect();
        let texts: Vec<&str> =
            read.iter().flat_map(|&at| &self.sentences[at]).map(|sentence| sentence.text).collect();
        let mine = self.vectors_of(&claim.text, encoder)?;
        let mut near: Vec<(f32, usize)> = Vec::new();
        for &place in features.order.iter().take(EMBEDDED) {
            near.push((closest(&mine, &self.vectors_of(texts[place], encoder)?), place));
        }
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let Some(&(best, first)) = near.first() else { return Ok(()) };
        let both = match near.get(1) {
            Some(&(_, second)) => {
                let (a, b) = (first.min(second), first.max(second));
                let joined = format!("{} {}", texts[a], texts[b]);
                closest(&mine, &self.vectors_of(&joined, encoder)?).max(best)
            }
            None => best,
        };
        features.values[LEXICAL] = best;
        features.values[LEXICAL + 1] = both;
        Ok(())
    }

    /// The vectors of a text; a text longer than the encoder's window is halved at a space until its parts fit.
    fn vectors_of(&mut self, text: &str, encoder: &dyn Embed) -> Result<Vec<Vec<f32>>, EmbedError> {
        if let Some(known) = self.vectors.get(text) {
            return Ok(known.clone());
        }
        let vectors = parts(text, encoder)?;
        self.vectors.insert(text.to_string(), vectors.clone());
        Ok(vectors)
    }
}

/// The greatest cosine between the parts of two texts.
fn closest(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    a.iter().flat_map(|x| b.iter().map(move |y| dot(x, y))).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts letters: the vector of a text is how often a, b and the rest occur, at most 20 characters.
    struct Letters;

    impl Embed for Letters {
        fn name(&self) -> &str {
            "letters"
        }
        fn dim(&self) -> usize {
            3
        }
        fn window(&self) -> usize {
            20
        }
        fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
            let one = |text: &&str| {
                let tokens = text.chars().count();
                if tokens > 20 {
                    return Err(EmbedError::TooLong { tokens, window: 20, model: "letters".into() });
                }
                let count = |letter: char| text.matches(letter).count() as f32;
                let mut vector = vec![count('a'), count('b'), 0.1];
                let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
                vector.iter_mut().for_each(|x| *x /= norm);
                Ok(vector)
            };
            texts.iter().map(one).collect()
        }
    }

    fn claim(text: &str, evidence: &[&str]) -> Claim {
        Claim { text: text.into(), evidence: evidence.iter().map(|passage| passage.to_string()).collect() }
    }

    #[test]
    fn a_passage_is_read_sentence_by_sentence() {
        let apart = [claim("Staff get leave.", &["Staff get pay.", "Leave is long."])];
        let together = [claim("Staff get leave.", &["Staff get pay. Leave is long."])];
        assert_eq!(measures(&apart, None).unwrap(), measures(&together, None).unwrap());
    }

    #[test]
    fn what_others_are_measured_beside_makes_no_difference() {
        let claims: Vec<Claim> = (0..600)
            .map(|i| {
                claim(&format!("Item {i} costs {} euros.", i % 7), &["Items cost 3 euros. Item 5 is free."])
            })
            .collect();
        let together = measures(&claims, None).unwrap();
        for place in [0, 255, 256, 599] {
            assert_eq!(together[place], measures(&claims[place..=place], None).unwrap()[0]);
        }
    }

    #[test]
    fn what_was_measured_before_makes_no_difference() {
        let measuring = Measuring::default();
        for n in 0..3 {
            let text = format!("Unit {n} doesn't cost 1,{n}00 euros in Rome, does it?");
            let passages = [format!("Units cost 1{n}00 euros."), "Rome is no unit; it costs nothing.".into()];
            let claims =
                [Claim { text, evidence: passages.to_vec() }, claim("Rome costs nothing.", &["Rome."])];
            assert_eq!(measuring.measures(&claims, None).unwrap(), measures(&claims, None).unwrap());
        }
    }

    #[test]
    fn meaning_is_compared_where_there_is_an_encoder() {
        let claims = [claim("aa", &["bb! aab! aaa!"]), claim("ab", &[])];
        let found = measures(&claims, Some(&Letters)).unwrap();
        assert!(found[0].values[LEXICAL] > 0.99, "{:?}", found[0].values);
        assert_eq!(found[1].values[LEXICAL], 0.0);
        assert_eq!(measures(&claims, None).unwrap()[0].values[LEXICAL], 0.0);
    }

    #[test]
    fn a_text_beyond_the_window_is_compared_in_parts() {
        let long = claim("aaaaaaaaaaaaaaa bbbbbbbbbbbbbbb", &["bbbb."]);
        let found = measures(&[long], Some(&Letters)).unwrap();
        assert!(found[0].values[LEXICAL] > 0.99, "{:?}", found[0].values);
    }
}

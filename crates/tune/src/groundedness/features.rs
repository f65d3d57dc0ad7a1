//! What is measured of a claim against its evidence: how much of it is there, how close together, and what is not.

use std::collections::BTreeSet;

use super::places::{ABSENT, Neighbours, Places};
use super::words::{Lexicon, Role, Word};

/// How a measure may speak: a claim whose words are all there is never taken for less supported because of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// More of it never speaks against the claim.
    For,
    /// More of it never speaks for the claim.
    Against,
    /// It may do either.
    Either,
}

/// One measure: its name, and how it may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name in models and explanations.
    pub name: &'static str,
    /// How its weight is bounded.
    pub sign: Sign,
}

const fn feature(name: &'static str, sign: Sign) -> Feature {
    Feature { name, sign }
}

/// How many measures need no encoder; they come first.
pub const LEXICAL: usize = 26;

/// Every measure, in the order of [`Features`].
pub const FEATURES: [Feature; LEXICAL + 2] = [
    feature("content_coverage", Sign::For),
    feature("weighted_coverage", Sign::For),
    feature("best_sentence", Sign::For),
    feature("best_two_sentences", Sign::For),
    feature("bigrams", Sign::For),
    feature("figures", Sign::For),
    feature("figures_in_best_two", Sign::For),
    feature("names", Sign::For),
    feature("names_in_best_two", Sign::For),
    feature("longest_missing_run", Sign::Against),
    feature("worst_missing_word", Sign::Against),
    feature("missing_words", Sign::Against),
    feature("length", Sign::Either),
    feature("negation_mismatch", Sign::Against),
    feature("opposites", Sign::Against),
    feature("order_in_best_sentence", Sign::For),
    feature("order_in_best_two", Sign::For),
    feature("longest_copy", Sign::For),
    feature("new_name", Sign::Against),
    feature("new_figure", Sign::Against),
    feature("word_coverage", Sign::For),
    feature("word_bigrams", Sign::For),
    feature("personal", Sign::Against),
    feature("question", Sign::Against),
    feature("opinion", Sign::Against),
    feature("new_function_words", Sign::Against),
    feature("closest_sentence", Sign::For),
    feature("closest_two_sentences", Sign::For),
];

/// The measures of one claim, in the order of [`FEATURES`]; the two that need an encoder are 0 without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// About in `[0, 1]`, most of them.
    pub values: [f32; FEATURES.len()],
    /// Where the two sentences are that hold most of the claim, the best first; once when one is enough.
    pub best: Vec<usize>,
    /// The claim's content words that those two lack, in lower case.
    pub missing: Vec<String>,
    /// All sentences, the one that holds most of the claim first.
    pub order: Vec<usize>,
}

/// How many of the best sentences are paired with how many others, in search of the best two.
const PAIRED: (usize, usize) = (8, 40);
/// How many of the best sentences are searched for the longest copy.
const COPIED: usize = 3;

/// A claim, ready to be compared.
struct Claim<'a> {
    words: &'a [Word],
    /// Its different content roots, sorted, and how much the claim weighs on each.
    roots: Vec<u32>,
    mass: Vec<f32>,
    /// The weight of all.
    total: f32,
    /// Its content words in order, as places in `roots`.
    terms: Vec<u16>,
    /// Its different forms, sorted, and its words as places in them.
    forms: Vec<u32>,
    raw: Vec<u16>,
}

impl<'a> Claim<'a> {
    fn new(words: &'a [Word], lexicon: &Lexicon) -> Claim<'a> {
        let sorted = |values: &mut dyn Iterator<Item = u32>| -> Vec<u32> {
            let mut values: Vec<u32> = values.collect();
            values.sort_unstable();
            values.dedup();
            values.truncate(usize::from(ABSENT));
            values
        };
        let content = || words.iter().filter(|word| word.content);
        let roots = sorted(&mut content().map(|word| word.root));
        let forms = sorted(&mut words.iter().map(|word| word.form));
        let terms: Vec<u16> = content().filter_map(|word| place(&roots, word.root)).collect();
        let raw = words.iter().filter_map(|word| place(&forms, word.form)).collect();
        let mut mass = vec![0.0; roots.len()];
        for &term in &terms {
            mass[usize::from(term)] += lexicon.weight(roots[usize::from(term)]);
        }
        let total = mass.iter().sum();
        Claim { words, roots, mass, total, terms, forms, raw }
    }
}

fn place(sorted: &[u32], value: u32) -> Option<u16> {
    sorted.binary_search(&value).ok().map(|place| place as u16)
}

/// A sentence, as far as it concerns a claim.
struct Held {
    /// The claim's roots that it has, sorted.
    roots: Vec<u16>,
    /// Those in its order, with repeats.
    order: Vec<u16>,
    /// The weight of `roots` over that of the claim.
    share: f32,
    negated: bool,
}

/// What all sentences together have of a claim.
struct Together {
    forms: Vec<bool>,
    terms: Neighbours,
    words: Neighbours,
}

/// Measures `claim` against the sentences of its evidence, all read by `lexicon`; `places` is any that was only used with it.
///
/// The two values that need an encoder are left at 0. A claim without content words, or without evidence, has nothing
/// covered.
pub(crate) fn measure(
    claim: &[Word],
    question: bool,
    evidence: &[&[Word]],
    lexicon: &Lexicon,
    places: &mut Places,
) -> Features {
    let claim = Claim::new(claim, lexicon);
    places.note(&claim.roots, &claim.forms, lexicon);
    let mut together = Together {
        forms: vec![false; claim.forms.len()],
        terms: Neighbours::of(&claim.terms, claim.roots.len()),
        words: Neighbours::of(&claim.raw, claim.forms.len()),
    };
    let held: Vec<Held> =
        evidence.iter().map(|sentence| hold(&claim, sentence, places, &mut together)).collect();
    let mut anywhere = vec![false; claim.roots.len()];
    for sentence in &held {
        sentence.roots.iter().for_each(|&root| anywhere[usize::from(root)] = true);
    }
    let mut ranked: Vec<usize> = (0..held.len()).collect();
    ranked.sort_by(|&a, &b| held[b].share.total_cmp(&held[a].share).then(a.cmp(&b)));
    let (best, best_share) = best_two(&claim, &held, &ranked);
    let mut near = vec![false; claim.roots.len()];
    for &sentence in &best {
        held[sentence].roots.iter().for_each(|&root| near[usize::from(root)] = true);
    }
    let there = |word: &Word, there: &[bool]| {
        place(&claim.roots, word.root).is_some_and(|root| there[usize::from(root)])
    };
    let share = |of: &dyn Fn(&Word) -> bool, held: &[bool]| {
        let (mut all, mut found) = (0usize, 0usize);
        for word in claim.words.iter().filter(|word| of(word)) {
            all += 1;
            found += usize::from(there(word, held));
        }
        if all == 0 { 1.0 } else { found as f32 / all as f32 }
    };
    let form_there =
        |word: &Word| place(&claim.forms, word.form).is_some_and(|form| together.forms[usize::from(form)]);
    let (content, figure, name) =
        (|word: &Word| word.content, |word: &Word| word.figure, |word: &Word| word.name);
    let missing: Vec<usize> = (0..claim.words.len())
        .filter(|&i| claim.words[i].content && !there(&claim.words[i], &near))
        .collect();
    let missing_weights = || missing.iter().map(|&i| lexicon.weight(claim.words[i].root));
    let words = claim.words.len().max(1) as f32;
    let terms = claim.terms.len().max(1) as f32;
    let negations = |words: &[Word]| words.iter().any(|word| word.role == Role::Negation);
    let pair: BTreeSet<u32> = best.iter().flat_map(|&i| evidence[i].iter().map(|word| word.root)).collect();
    let opposed = |word: &&Word| {
        !pair.contains(&word.root)
            && lexicon.opposites(word.root).iter().any(|opposite| pair.contains(opposite))
    };
    let spoken = |role: Role| {
        claim.words.iter().filter(|word| word.role == role && !form_there(word)).count() as f32 / words
    };
    let function: Vec<&Word> = claim.words.iter().filter(|word| !word.content).collect();
    let new_function = function.iter().filter(|word| !form_there(word)).count() as f32;
    let covered_weight: f32 =
        claim.mass.iter().zip(&anywhere).filter(|(_, there)| **there).map(|(m, _)| m).sum();
    let order = |sentences: &[usize]| {
        let mut sorted = sentences.to_vec();
        sorted.sort_unstable();
        let joined: Vec<u16> = sorted.iter().flat_map(|&i| held[i].order.iter().copied()).collect();
        common_order(&claim.terms, &joined) as f32 / terms
    };
    let coverage = if claim.terms.is_empty() { 0.0 } else { share(&content, &anywhere) };
    let word_coverage = claim.words.iter().filter(|word| form_there(word)).count() as f32 / words;
    let flag = |yes: bool| f32::from(u8::from(yes));
    let over = |part: f32| if claim.total > 0.0 { part / claim.total } else { 0.0 };
    let values = [
        coverage,
        over(covered_weight),
        best.first().map_or(0.0, |&i| held[i].share),
        best_share,
        together.terms.share(&claim.terms, coverage),
        share(&figure, &anywhere),
        share(&figure, &near),
        share(&name, &anywhere),
        share(&name, &near),
        longest_run(&claim, &anywhere) / terms,
        missing_weights().fold(0.0, f32::max) / 8.0,
        missing_weights().sum::<f32>() / 20.0,
        (1.0 + claim.terms.len() as f32).ln() / 4.0,
        flag(negations(claim.words) != best.iter().any(|&i| held[i].negated)),
        claim.words.iter().filter(opposed).count() as f32,
        order(&best[..best.len().min(1)]),
        order(&best),
        longest_copy(&claim, evidence, &ranked, places) / words,
        flag(claim.words.iter().any(|word| word.name && !there(word, &anywhere))),
        flag(claim.words.iter().any(|word| word.figure && !there(word, &anywhere))),
        word_coverage,
        together.words.share(&claim.raw, word_coverage),
        spoken(Role::Personal) * 5.0,
        flag(question),
        flag(spoken(Role::Opinion) > 0.0),
        new_function / function.len().max(1) as f32,
        0.0,
        0.0,
    ]
    // An empty sum is -0.
    .map(|value| value + 0.0);
    places.forget(&claim.roots, &claim.forms);
    let missing = missing.iter().map(|&i| lexicon.form(claim.words[i].form).to_string()).collect();
    Features { values, best, missing, order: ranked }
}

fn hold(claim: &Claim<'_>, sentence: &[Word], places: &Places, together: &mut Together) -> Held {
    let mut order = Vec::new();
    let (mut last, mut last_form, mut negated) = (ABSENT, ABSENT, false);
    for word in sentence {
        let form = places.forms[word.form as usize];
        if form != ABSENT {
            together.forms[usize::from(form)] = true;
            if last_form != ABSENT {
                together.words.note(last_form, form);
            }
        }
        last_form = form;
        if word.content {
            let term = places.roots[word.root as usize];
            if term != ABSENT {
                order.push(term);
                if last != ABSENT {
                    together.terms.note(last, term);
                }
            }
            last = term;
        }
        negated |= word.role == Role::Negation;
    }
    let mut roots = order.clone();
    roots.sort_unstable();
    roots.dedup();
    let weight: f32 = roots.iter().map(|&root| claim.mass[usize::from(root)]).sum();
    let share = if claim.total > 0.0 { weight / claim.total } else { 0.0 };
    Held { roots, order, share, negated }
}

/// The two sentences that together hold most of the claim, the better one first, and how much they hold; the first of
/// equals.
fn best_two(claim: &Claim<'_>, held: &[Held], ranked: &[usize]) -> (Vec<usize>, f32) {
    let Some(&first) = ranked.first() else { return (Vec::new(), 0.0) };
    let (mut best, mut most) = (vec![first], held[first].share);
    let mut mine = vec![false; claim.roots.len()];
    for &one in ranked.iter().take(PAIRED.0) {
        mine.fill(false);
        held[one].roots.iter().for_each(|&root| mine[usize::from(root)] = true);
        for &other in ranked.iter().take(PAIRED.1) {
            if held[one].share + held[other].share <= most + 1e-6 {
                break;
            }
            let more = held[other].roots.iter().filter(|root| !mine[usize::from(**root)]);
            let more: f32 = more.map(|&root| claim.mass[usize::from(root)]).sum();
            let both = held[one].share + more / claim.total;
            if both > most + 1e-6 {
                (best, most) = (vec![one, other], both);
            }
        }
    }
    (best, most)
}

/// The most content words in a row that are nowhere in the evidence.
fn longest_run(claim: &Claim<'_>, anywhere: &[bool]) -> f32 {
    let (mut run, mut longest) = (0, 0);
    for &term in &claim.terms {
        run = if anywhere[usize::from(term)] { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    longest as f32
}

/// The most words in a row that one of the best sentences has as they stand.
fn longest_copy(claim: &Claim<'_>, evidence: &[&[Word]], ranked: &[usize], places: &Places) -> f32 {
    let mut longest = 0;
    for &sentence in ranked.iter().take(COPIED) {
        // `ending[i]`: how long the copy is that ends at the claim's word i and the sentence's word at hand.
        let mut ending = vec![0usize; claim.raw.len() + 1];
        for word in evidence[sentence] {
            let form = places.forms[word.form as usize];
            for i in (0..claim.raw.len()).rev() {
                ending[i + 1] = if form != ABSENT && claim.raw[i] == form { ending[i] + 1 } else { 0 };
                longest = longest.max(ending[i + 1]);
            }
        }
    }
    longest as f32
}

/// The length of the longest common subsequence.
fn common_order(a: &[u16], b: &[u16]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (i, y) in b.iter().enumerate() {
            let above = row[i + 1];
            row[i + 1] = if x == y { diagonal + 1 } else { row[i].max(above) };
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(claim: &str, evidence: &[&str]) -> Features {
        let mut lexicon = Lexicon::default();
        let words = lexicon.read(claim);
        let evidence: Vec<Vec<Word>> = evidence.iter().map(|sentence| lexicon.read(sentence)).collect();
        let evidence: Vec<&[Word]> = evidence.iter().map(Vec::as_slice).collect();
        measure(&words, claim.contains('?'), &evidence, &lexicon, &mut Places::default())
    }

    #[track_caller]
    fn check(name: &str, claim: &str, evidence: &[&str], expected: f32) {
        let at = FEATURES.iter().position(|feature| feature.name == name).unwrap();
        let value = features(claim, evidence).values[at];
        assert!((value - expected).abs() < 1e-4, "{name} is {value}");
    }

    const LEAVE: [&str; 3] =
        ["Staff get 25 days of leave.", "They ask their manager first.", "Leave cannot be sold back."];

    #[test]
    fn coverage_is_the_share_of_content_words_that_are_anywhere() {
        check("content_coverage", "Staff get 25 days of holiday.", &LEAVE, 0.75);
    }

    #[test]
    fn two_sentences_hold_more_than_one() {
        check("best_sentence", "The staff's manager.", &LEAVE, 0.5);
        check("best_two_sentences", "The staff's manager.", &LEAVE, 1.0);
        assert_eq!(features("The staff's manager.", &LEAVE).best, [0, 1]);
    }

    #[test]
    fn a_wrong_figure_is_seen() {
        check("figures", "Staff get 30 days.", &LEAVE, 0.0);
        check("new_figure", "Staff get 30 days.", &LEAVE, 1.0);
        check("figures", "Staff get 25 days.", &LEAVE, 1.0);
        check("figures", "Staff get leave.", &LEAVE, 1.0);
    }

    #[test]
    fn a_wrong_name_is_seen() {
        check("names", "The flight leaves Oslo for Rome.", &["A flight from Oslo."], 0.5);
        check("new_name", "The flight leaves Oslo for Rome.", &["A flight from Oslo."], 1.0);
    }

    #[test]
    fn a_denial_and_its_opposite_are_told_apart() {
        check("negation_mismatch", "Leave can be sold back.", &LEAVE[2..], 1.0);
        check("negation_mismatch", "Leave can't be sold back.", &LEAVE[2..], 0.0);
        check("opposites", "Profits increased.", &["Profits decreased by half."], 1.0);
    }

    #[test]
    fn order_counts() {
        check("order_in_best_sentence", "the dog bites the cat", &["a cat bites a dog"], 1.0 / 3.0);
        check("bigrams", "red blue green", &["red blue, then green"], 1.0);
        check("bigrams", "red blue green", &["green blue red"], 0.0);
        check("longest_copy", "She asks the manager first.", &["Ask the manager first."], 0.6);
    }

    #[test]
    fn what_is_missing_is_named() {
        let found = features("Staff get 25 days of holiday in Rome.", &LEAVE);
        assert_eq!(found.missing, ["holiday", "rome"]);
        assert_eq!(found.order, [0, 1, 2]);
    }

    #[test]
    fn nothing_claimed_and_no_evidence_are_numbers_too() {
        for (claim, evidence) in [("", &LEAVE[..]), ("Staff get leave.", &[]), ("the of", &["", "a"])] {
            let found = features(claim, evidence);
            assert!(found.values.iter().all(|value| value.is_finite()), "{claim}: {found:?}");
            assert_eq!(found.values[0], 0.0, "{claim}");
        }
    }
}

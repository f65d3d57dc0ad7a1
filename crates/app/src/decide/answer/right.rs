//! When an answer is right: its quotes hold what somebody said that they should, or nothing is answered where the documents are silent.
//!
//! A quote holds a gold passage where it has half of one of its sentences or more, in that place of that document; half, because two
//! ways to tell sentences apart need not agree where one ends. Sentences of fewer than five words do not stand for a passage; where a script
//! has no spaces, its letters are counted.

use std::collections::BTreeMap;

use engraft_core::{CharMap, sentences};
use engraft_eval::{Passage, evidence};

use super::folded::{Folded, folded, says};
use super::questions::{Gold, Posed};
use crate::ask::CitationView;
use crate::{AskReport, Error, Workspace};

/// Words that a sentence needs to stand for the passage that it is of; of a script without spaces, letters.
const TELLING: usize = 5;
/// The share of a gold sentence that a quote needs to have.
const ENOUGH: f64 = 0.5;

/// The rule in short: what was judged by another one is judged again.
pub(super) const RULE: &str =
    "half of a gold sentence of five words, or letters without spaces; sigmas alike";

/// The rule for the report.
pub(super) const NOTE: &str = "An answer is right when a quote of it has half of a sentence of a gold passage or more, in the document that \
    the gold names, or says the whole passage or the words of the gold answer, case and spacing aside. Of a gold passage of several \
    sentences one is enough; those of fewer than five words (letters, where a script has no spaces) do not count by themselves.";

/// Whether an answer is right; `None`: nobody said what is.
pub(super) fn right(
    posed: &Posed,
    workspace: &Workspace,
    report: &AskReport,
    answered: bool,
) -> Result<Option<bool>, Error> {
    if !posed.answerable {
        return Ok(Some(!answered));
    }
    if posed.gold.is_empty() && posed.answer.is_none() {
        return Ok(None);
    }
    Ok(Some(answered && Quotes::of(workspace, report)?.answer(posed)))
}

/// What an answer quotes.
struct Quotes {
    /// The words of each quote, folded.
    said: Vec<String>,
    documents: Vec<Quoted>,
}

/// A document that is quoted.
struct Quoted {
    uri: String,
    text: Folded,
    /// Where, in code points of its text.
    places: Vec<(usize, usize)>,
}

impl Quotes {
    fn of(workspace: &Workspace, report: &AskReport) -> Result<Quotes, Error> {
        let mut cited: BTreeMap<(&str, u32), Vec<&CitationView>> = BTreeMap::new();
        for citation in &report.citations {
            cited.entry((citation.doc_id.as_str(), citation.doc_version)).or_default().push(citation);
        }
        let mut documents = Vec::new();
        for ((doc_id, version), citations) in cited {
            let Some(row) = workspace.store.document_by_id(doc_id)? else { continue };
            let Some(text) = workspace.store.text(row.no, version)? else { continue };
            let places = citations.iter().map(|citation| (citation.char_start, citation.char_end));
            documents.push(Quoted {
                uri: citations[0].uri.clone(),
                text: Folded::of(&text),
                places: places.collect(),
            });
        }
        let said = report.citations.iter().map(|citation| folded(&citation.quote)).collect();
        Ok(Quotes { said, documents })
    }

    /// Whether they hold what an answer takes.
    fn answer(&self, posed: &Posed) -> bool {
        let says_it = |answer: &String| self.say(folded(answer).trim_end_matches(['.', ' ']));
        match posed.takes_all() {
            true => posed.gold.iter().all(|gold| self.hold(gold)),
            false => {
                posed.gold.iter().any(|gold| self.hold(gold)) || posed.answer.as_ref().is_some_and(says_it)
            }
        }
    }

    fn say(&self, wanted: &str) -> bool {
        self.said.iter().any(|quote| says(quote, wanted))
    }

    fn hold(&self, gold: &Gold) -> bool {
        let whole = folded(&gold.quote);
        // A copy of a passage says the same; a few words may say something else elsewhere.
        if (is_telling(&whole) || gold.uri.is_none()) && self.say(&whole) {
            return true;
        }
        let named = |one: &&Quoted| gold.uri.as_ref().is_none_or(|uri| *uri == one.uri);
        let sentences = telling(&gold.quote, whole);
        let held = |one: &Quoted| sentences.iter().any(|sentence| one.holds(sentence));
        self.documents.iter().filter(named).any(held)
    }
}

impl Quoted {
    /// Whether quotes of it have enough of a sentence where it stands.
    fn holds(&self, sentence: &str) -> bool {
        let passage = |&(start, end): &(usize, usize)| Passage { doc: "", start, end };
        let quotes: Vec<Passage> = self.places.iter().map(passage).collect();
        let share =
            |place: (usize, usize)| evidence(&quotes, &[passage(&place)]).map_or(0.0, |held| held.recall);
        self.text.places(sentence).into_iter().any(|place| share(place) >= ENOUGH)
    }
}

/// The sentences that stand for a gold passage, folded; the `whole` of it where none does by itself.
fn telling(quote: &str, whole: String) -> Vec<String> {
    let map = CharMap::new(quote);
    let said = sentences(quote).into_iter().filter_map(|span| map.quote(span)).map(folded);
    let found: Vec<String> = said.filter(|sentence| is_telling(sentence)).collect();
    if found.is_empty() { vec![whole] } else { found }
}

fn is_telling(words: &str) -> bool {
    let of = |word: &str| word.chars().filter(|letter| unspaced(*letter)).count().max(1);
    words.split(' ').map(of).sum::<usize>() >= TELLING
}

/// Whether a letter is of a script that puts no spaces between words: Thai, Lao, Myanmar, Khmer, kana, Chinese characters.
fn unspaced(letter: char) -> bool {
    letter.is_alphabetic()
        && matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAVE: &str = "# Leave\n\nLeave is 28 days. Ask the front desk. It is asked for in writing, a week before it begins.";
    const FORMS: &str =
        "Forms lie at the front desk. Leave for judges is 28 days and a half. Leave is 28 days.";

    /// Whether quotes are a right answer to a row with this gold; each is named by its document and its words.
    #[track_caller]
    fn check(more: &str, quotes: &[(&str, &str)], right: bool) {
        let row = format!(r#"{{"id":"q","question":"?",{more}}}"#);
        let posed: Posed = serde_json::from_str(&row).unwrap();
        let documents = [("leave.md", LEAVE), ("forms.md", FORMS)].map(|(uri, text)| Quoted {
            uri: uri.into(),
            text: Folded::of(text),
            places: quotes.iter().filter(|quote| quote.0 == uri).map(|quote| place(text, quote.1)).collect(),
        });
        let said = quotes.iter().map(|quote| folded(quote.1)).collect();
        let found = Quotes { said, documents: documents.into_iter().collect() }.answer(&posed);
        assert_eq!(found, right, "{more} {quotes:?}");
    }

    /// Where a text of one byte a letter says this last.
    fn place(text: &str, words: &str) -> (usize, usize) {
        let start = text.rfind(words).unwrap();
        (start, start + words.len())
    }

    const WRITING: &str =
        r#""gold":[{"quote":"It is asked for in writing, a week before it begins.","uri":"leave.md"}]"#;

    #[test]
    fn half_of_a_gold_sentence_is_enough_and_less_is_not() {
        check(WRITING, &[("leave.md", "It is asked for in writing, a week before it begins.")], true);
        check(WRITING, &[("leave.md", "It is asked for in writing, ")], true);
        check(WRITING, &[("leave.md", "It is asked for in")], false);
        check(WRITING, &[("leave.md", "It is asked for"), ("leave.md", "week before it begins")], true);
        check(WRITING, &[("leave.md", "Ask the front desk.")], false);
        check(WRITING, &[], false);
    }

    #[test]
    fn one_sentence_of_a_gold_passage_stands_for_it_and_a_few_words_do_not() {
        let section = r#""gold":[{"quote":"Ask the front desk. It is asked for in writing, a week before it begins.","uri":"leave.md"}]"#;
        check(section, &[("leave.md", "It is asked for in writing, a week before it begins.")], true);
        check(section, &[("leave.md", "Ask the front desk.")], false);
    }

    #[test]
    fn where_a_script_has_no_spaces_its_letters_are_counted() {
        for (words, enough) in [
            ("请假须提前一周书面申请。", true),
            ("年假28天。", false),
            ("有給休暇は書面で申請する。", true),
            ("ต้องขอลาเป็นลายลักษณ์อักษร", true),
            ("ลา 28", false),
            ("leave is 28 days.", false),
            ("leave is 28 days long.", true),
        ] {
            assert_eq!(is_telling(&folded(words)), enough, "{words}");
        }
        // One sentence stands for a passage of several, as it does in English; one of few letters does not.
        let passage = "年假28天。请假须提前一周书面申请。";
        assert_eq!(telling(passage, folded(passage)), ["请假须提前一周书面申请。"]);
    }

    #[test]
    fn a_sentence_counts_in_the_document_that_gold_names_and_a_whole_passage_wherever_it_is_copied() {
        let short = r#""gold":[{"quote":"Leave is 28 days.","uri":"leave.md"}]"#;
        check(short, &[("leave.md", "Leave is 28 days.")], true);
        // Four words may mean something else on another page.
        check(short, &[("forms.md", "Leave is 28 days.")], false);
        check(r#""gold":[{"quote":"leave is  28 days."}]"#, &[("forms.md", "Leave is 28 days.")], true);
        let judges = r#""gold":[{"quote":"Leave for judges is 28 days and a half.","uri":"leave.md"}]"#;
        check(judges, &[("forms.md", "Leave for judges is 28 days and a half. Leave is 28 days.")], true);
        check(judges, &[("forms.md", "Leave for judges is 28 days")], false);
    }

    #[test]
    fn the_words_of_an_answer_are_said_whole() {
        check(r#""answer":"28 days.""#, &[("forms.md", "Leave for judges is 28 days and a half.")], true);
        check(r#""answer":"8 days""#, &[("leave.md", "Leave is 28 days.")], false);
        check(r#""answer":"form""#, &[("forms.md", "Forms lie at the front desk.")], false);
    }

    const TWO: &str = r#""gold":[{"quote":"Leave is 28 days."},{"quote":"Ask the front desk."}]"#;

    #[test]
    fn of_several_gold_passages_any_one_will_do_unless_the_row_needs_all() {
        let both = [("leave.md", "Leave is 28 days."), ("leave.md", "Ask the front desk.")];
        for needs in ["", r#","needs":"any""#] {
            check(&format!("{TWO}{needs}"), &both[..1], true);
            check(&format!("{TWO}{needs}"), &both, true);
        }
        let all = format!(r#"{TWO},"needs":"all""#);
        check(&all, &both[..1], false);
        check(&all, &both[1..], false);
        check(&all, &both, true);
        check(&all, &[("leave.md", "Leave is 28 days. Ask the front desk.")], true);
    }

    #[test]
    fn where_all_is_needed_the_words_of_a_short_answer_are_not_enough() {
        let said = [("leave.md", "28 days")];
        let answer = r#"{"quote":"It is asked for in writing, a week before it begins."},{"quote":"Ask the front desk."}"#;
        check(&format!(r#""gold":[{answer}],"answer":"28 days""#), &said, true);
        check(&format!(r#""gold":[{answer}],"answer":"28 days","needs":"all""#), &said, false);
        // One passage is all there is: nothing changes.
        let one = r#""gold":[{"quote":"Ask the front desk."}],"answer":"28 days","needs":"all""#;
        check(one, &said, true);
    }
}

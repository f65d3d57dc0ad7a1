//! What the reader makes of perfect and of useless passages, given in place of those that search finds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use engraft_core::{ChunkNo, Mode};
use engraft_decide::Arm;

use super::asker::Asker;
use super::diagnostic::diagnostic;
use super::folded::folded;
use super::how::How;
use super::questions::{Gold, Posed};
use crate::among::Among;
use crate::search::ranked;
use crate::{Context, Error, SearchRequest, Workspace};

/// The same reader with perfect and with useless passages: what finding others could gain, and what passages as such do.
pub(super) fn arms(
    (asker, tutored): (&mut Asker, &mut Asker),
    workspace: &mut Workspace,
    asked: &[Posed],
    (usual, better): (&How, Option<&How>),
) -> Result<Vec<Arm>, Error> {
    let context = asker.asking.context;
    let passages = Passages::of(workspace)?;
    let perfect = passages.perfect(asked);
    usual.apply(workspace);
    let random = passages.random(context, workspace, asked)?;
    let mut arms = Vec::new();
    if let Some(perfect) = &perfect {
        let rows = asker.run(workspace, "perfect-retrieval", usual, (asked, perfect))?;
        let said = "The reader of `retrieval`, given the passages that hold the gold; without an answer in the documents, those found";
        arms.push(diagnostic("perfect-retrieval", said, "retrieval", false, rows));
        if let Some(better) = better {
            let rows = tutored.run(workspace, "perfect-retrieval-both", better, (asked, perfect))?;
            let said = "The same with what is tuned in `both`";
            arms.push(diagnostic("perfect-retrieval-both", said, "both", true, rows));
        }
    }
    let rows = asker.run(workspace, "random-passages", usual, (asked, &random))?;
    let said = "The reader of `retrieval`, given the passages found for another question, none of which holds the gold";
    arms.push(diagnostic("random-passages", said, "retrieval", false, rows));
    Ok(arms)
}

/// Whether every question that the documents answer says where.
pub(super) fn has_gold(asked: &[Posed]) -> bool {
    asked.iter().all(|posed| !posed.answerable || !posed.gold.is_empty())
}

/// The passages there are: by document, the number and the words of each.
struct Passages(BTreeMap<String, Vec<(ChunkNo, String)>>);

impl Passages {
    fn of(workspace: &Workspace) -> Result<Passages, Error> {
        let mut all: BTreeMap<String, Vec<(ChunkNo, String)>> = BTreeMap::new();
        workspace.store.for_each_live_chunk("", &mut |live| {
            all.entry(live.doc.uri.clone()).or_default().push((live.row.no, folded(live.text)));
            ControlFlow::Continue(())
        })?;
        Ok(Passages(all))
    }

    /// For each question the passages that hold its gold, and nothing for what the documents do not answer: that is searched for
    /// as always. `None` where a question has no gold.
    fn perfect(&self, asked: &[Posed]) -> Option<Vec<Option<Among>>> {
        let gold = |posed: &Posed| posed.answerable.then(|| self.holding(posed));
        has_gold(asked).then(|| asked.iter().map(gold).collect())
    }

    /// For each question the passages found for another one, half the questions away so that it is seldom of the same document,
    /// without those that hold its own gold.
    fn random(
        &self,
        context: Context,
        workspace: &Workspace,
        asked: &[Posed],
    ) -> Result<Vec<Option<Among>>, Error> {
        let other = |at: usize| -> Result<Option<Among>, Error> {
            let own = self.holding(&asked[at]).chunks;
            let request = SearchRequest {
                query: asked[(at + asked.len() / 2) % asked.len()].question.clone(),
                k: workspace.config.answer.passages,
                mode: Mode::Hybrid,
                ..SearchRequest::default()
            };
            let hits = ranked(context, workspace, &request)?.hits.into_iter();
            let mut among = Among::default();
            for (hit, view) in hits.filter(|(hit, _)| !own.contains(&hit.chunk)) {
                among.chunks.insert(hit.chunk);
                among.uris.insert(view.uri);
            }
            Ok(Some(among))
        };
        (0..asked.len()).map(other).collect()
    }

    /// The passages that hold any of a question's gold: in the documents that it names, or in all. A gold passage that was cut in
    /// two is held by every passage of the document it names.
    fn holding(&self, posed: &Posed) -> Among {
        let mut among = Among::default();
        for gold in &posed.gold {
            let documents = self.named(gold);
            let wanted = folded(&gold.quote);
            let mut found = self.within(&documents, &|words| words.contains(&wanted));
            if found.chunks.is_empty() && gold.uri.is_some() {
                found = self.within(&documents, &|_| true);
            }
            among.chunks.extend(found.chunks);
            among.uris.extend(found.uris);
        }
        among
    }

    /// The document that a gold passage names, or all of them.
    fn named<'p>(&'p self, gold: &'p Gold) -> Vec<&'p String> {
        match &gold.uri {
            Some(uri) => self.0.get_key_value(uri).map(|(uri, _)| uri).into_iter().collect(),
            None => self.0.keys().collect(),
        }
    }

    fn within(&self, documents: &[&String], holds: &dyn Fn(&str) -> bool) -> Among {
        let mut among = Among::default();
        for uri in documents {
            for (chunk, _) in self.0[*uri].iter().filter(|(_, words)| holds(words)) {
                among.chunks.insert(*chunk);
                among.uris.insert((*uri).clone());
            }
        }
        among
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages() -> Passages {
        let document = |first: ChunkNo, texts: &[&str]| {
            texts.iter().zip(first..).map(|(text, no)| (no, folded(text))).collect::<Vec<_>>()
        };
        Passages(BTreeMap::from([
            ("a.md".to_string(), document(1, &["Leave is 28 days.", "It is asked for", "in writing."])),
            ("b.md".to_string(), document(9, &["Leave  is 28 days, says a.", "Nothing else."])),
        ]))
    }

    #[track_caller]
    fn check(posed: &str, chunks: &[ChunkNo], uris: &[&str]) {
        let posed: Posed = serde_json::from_str(posed).unwrap();
        let among = passages().holding(&posed);
        assert_eq!(among.chunks.iter().copied().collect::<Vec<_>>(), chunks);
        assert_eq!(among.uris.iter().map(String::as_str).collect::<Vec<_>>(), uris);
    }

    #[test]
    fn gold_is_held_by_the_passages_that_say_it_in_the_document_it_names_or_anywhere() {
        let anywhere = r#"{"id":"q","question":"?","gold":[{"quote":"leave is 28 days"}]}"#;
        check(anywhere, &[1, 9], &["a.md", "b.md"]);
        let named = r#"{"id":"q","question":"?","gold":[{"quote":"Leave is 28 days","uri":"a.md"}]}"#;
        check(named, &[1], &["a.md"]);
        let cut = r#"{"id":"q","question":"?","gold":[{"quote":"asked for in writing","uri":"a.md"}]}"#;
        check(cut, &[1, 2, 3], &["a.md"]);
        check(r#"{"id":"q","question":"?","gold":[{"quote":"x","uri":"gone.md"}]}"#, &[], &[]);
    }

    #[test]
    fn without_gold_for_every_answerable_question_there_is_no_perfect_search() {
        let of = |lines: &[&str]| -> Option<Vec<Option<Among>>> {
            let asked: Vec<Posed> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
            passages().perfect(&asked)
        };
        let gold = r#"{"id":"q","question":"?","gold":[{"quote":"Nothing else"}]}"#;
        let silent = r#"{"id":"r","question":"?","answerable":false}"#;
        let found = of(&[gold, silent]).unwrap();
        assert!(found[0].as_ref().is_some_and(|among| among.chunks.len() == 1) && found[1].is_none());
        assert!(of(&[gold, r#"{"id":"s","question":"?","answer":"28"}"#]).is_none());
    }
}

//! The reader on real questions: does it quote the answer, and does it keep quiet when there is none?
//!
//! Every fourth question of XQuAD in English; `bench/answers/run.py` measures all of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../examples/fit/data.rs"]
mod data;

use data::{Asked, Cached, Set};
use engraft_answer::{ExtractOptions, Meaning, answer};
use engraft_core::Embed;

/// Shares of questions: the gold span lies inside a quote; answered although the passage was taken away.
struct Shares {
    held: f32,
    wrongly_answered: f32,
}

fn ask(set: &Set, embed: &Cached, encoder: Option<&dyn Embed>) -> Shares {
    let asked: Vec<&Asked> = set.questions.iter().step_by(4).collect();
    let (mut held, mut wrongly_answered) = (0, 0);
    for question in &asked {
        let vector = embed.embed(&[&question.question]).unwrap().remove(0);
        let meaning = encoder.map(|encoder| Meaning { question: &vector, encoder });
        for hidden in [&[][..], &question.gold] {
            let mut sources = set.search(&question.question, 6, hidden, embed);
            if encoder.is_none() {
                sources.iter_mut().for_each(|source| source.dense = None);
            }
            let answer = answer(&question.question, &sources, &ExtractOptions::default(), meaning);
            for citation in &answer.citations {
                let chars = sources[citation.source]
                    .text
                    .text()
                    .chars()
                    .skip(citation.span.start())
                    .take(citation.span.len());
                assert!(chars.eq(citation.quote.chars()), "{}", citation.quote);
            }
            let holds = answer.citations.iter().any(|citation| {
                let right = sources[citation.source].uri == question.gold[0];
                right && question.answer.is_some_and(|gold| citation.span.contains(gold))
            });
            held += usize::from(hidden.is_empty() && holds);
            wrongly_answered += usize::from(!hidden.is_empty() && answer.answerable);
        }
    }
    let share = |count: usize| count as f32 / asked.len() as f32;
    Shares { held: share(held), wrongly_answered: share(wrongly_answered) }
}

#[test]
fn seven_in_ten_answers_lie_inside_the_quotes_and_few_are_made_up() {
    let (Some(model), Some(folder)) = (engraft_testkit::model(), engraft_testkit::data("rag-xquad")) else {
        return;
    };
    let embed = Cached::open(&model);
    let set = data::xquad(&folder, &embed);
    let with = ask(&set, &embed, Some(&embed));
    let words = ask(&set, &embed, None);
    let shown = format!(
        "held {:.3}, wrongly answered {:.3}; by words alone {:.3}, {:.3}",
        with.held, with.wrongly_answered, words.held, words.wrongly_answered
    );
    eprintln!("{shown}");
    assert!(with.held >= 0.72 && with.wrongly_answered <= 0.15, "{shown}");
    assert!(words.held >= 0.70 && words.wrongly_answered <= 0.17, "{shown}");
}

//! Sources that count: superseded ones and near-identical copies left out.

use std::collections::BTreeSet;

use engraft_core::terms;

use crate::Source;
use crate::conflict::figures;

/// The sources that may be quoted, with their place among all, best first.
///
/// Of sources with at least nine tenths of their words and all of their figures in common, the newest stands at the best
/// one's place.
pub(crate) fn distinct<'a>(sources: &[Source<'a>]) -> Vec<(usize, Source<'a>)> {
    let mut kept: Vec<(usize, Source<'a>, Print)> = Vec::new();
    for (place, source) in sources.iter().enumerate().filter(|(_, source)| !source.superseded) {
        let print = Print::of(source);
        if print.terms.is_empty() {
            continue;
        }
        match kept.iter_mut().find(|(_, _, other)| print.is_copy_of(other)) {
            Some(held) if held.1.updated_at < source.updated_at => {
                let (score, dense, lexical) = (held.1.score, held.1.dense, held.1.lexical);
                let better = Source { score, dense, lexical, ..source.clone() };
                *held = (place, better, print);
            }
            Some(_) => {}
            None => kept.push((place, source.clone(), print)),
        }
    }
    kept.into_iter().map(|(place, source, _)| (place, source)).collect()
}

/// What two passages are compared by.
struct Print {
    terms: BTreeSet<String>,
    figures: BTreeSet<String>,
}

impl Print {
    fn of(source: &Source<'_>) -> Print {
        let passage = source.passage();
        let figures = figures(passage).into_iter().map(|figure| figure.value).collect();
        Print { terms: terms(passage).into_iter().collect(), figures }
    }

    fn is_copy_of(&self, other: &Print) -> bool {
        let shared = self.terms.intersection(&other.terms).count();
        let all = self.terms.len() + other.terms.len() - shared;
        shared * 10 >= all * 9 && self.figures == other.figures
    }
}

//! From several answers to one: votes, spans by character, rankings by Borda, texts by medoid.

mod alike;
mod ballot;
mod belief;
mod details;
mod key;
mod merge;
mod need;
mod ranks;
mod spans;
mod table;
mod tally;
mod words;

pub use alike::name_alike;
pub use belief::{Belief, DEFAULT_ACCURACY, aggregate_one, vote_posterior};
pub use key::says_same;
pub(crate) use key::{key, likeness, marks, on_spans, triples};
pub use merge::{Conflict, Merge, Said, merge};
pub use need::{Need, enough};
pub(crate) use ranks::ranks;
pub use table::{Judged, aggregate, strengths};
pub(crate) use table::{item_of, tables};
pub(crate) use tally::known_classes;
pub use tally::tallied;

#[cfg(test)]
mod tests;

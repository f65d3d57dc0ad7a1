//! An answer's text against the right ones.

mod bleu;
mod chrf;
mod content;
mod measure;
mod overlap;
mod porter;
mod rouge;
mod squad;
mod stop;
mod words;

pub use measure::{TextItem, TextMeasure, TextMetric, UnknownTextMeasure, text_metrics};
pub use overlap::Overlap;
pub use rouge::Rouge;
pub use words::Words;

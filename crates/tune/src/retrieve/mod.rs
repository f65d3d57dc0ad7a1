//! Retrievers tuned on judged questions: a matrix on the question's side, or the encoder itself.

mod adapter;
mod batches;
mod contrast;
mod fitting;

pub use adapter::{Adapter, AdapterOptions, Lessons, adapter_steps, train_adapter};
pub use contrast::{Contrast, ContrastOptions, ContrastTask};
pub use fitting::{Windows, fit_contrasts};

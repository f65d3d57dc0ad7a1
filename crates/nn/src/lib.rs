//! Sentence encoders on the CPU: tokenizer, BERT, and the kernels that run it.
//!
//! [`Embedder`] turns texts into vectors: its [`Tokenizer`] makes token ids of them, its [`Encoder`] vectors of those.
//! [`train`] moves an encoder's weights.

mod config;
mod embedder;
mod encoder;
mod error;
mod kernels;
mod layers;
mod peak;
mod tokenizer;
pub mod train;
mod weights;
mod weights_out;

pub use config::{Config, Pooling};
pub use embedder::Embedder;
pub use encoder::{Encoder, EncoderOptions};
pub use error::ModelError;
pub use kernels::Precision;
pub use peak::Peak;
pub use tokenizer::{Tokenizer, TokenizerError};
pub use weights::{Tensor, Weights};
pub use weights_out::write_tensors;

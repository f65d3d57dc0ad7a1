//! Training on the CPU: passes forward and back through a BERT encoder, heads, losses and the optimiser.
//!
//! [`Body::forward`] gives token states, [`pool`] makes one vector a text of them, a [`Head`] scores or tags; a loss of
//! [`loss`] gives the gradient to go back with; [`AdamW`] moves what is trained.

mod adamw;
mod backward;
mod body;
mod draw;
mod head;
mod kept;
mod lora;
pub mod loss;
mod parameter;
mod pool;
mod product;
mod save;
mod state;

pub use adamw::{AdamW, Schedule};
pub use body::{Body, BodyOptions, Forward, Sequence};
pub use draw::Draw;
pub use head::Head;
pub use lora::{Adapt, Lora};
pub use parameter::{Parameter, clip_gradients, gradient_norm, without_gradient, zero_gradients};
pub use pool::{pool, pool_grad, unit, unit_grad};
pub use state::{read_state, write_state};

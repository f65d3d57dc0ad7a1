//! A schema as a form, for leads who write no JSON. It is drawn from the schema and read back into it; what it has no control
//! for travels in the `keep` of each part and stays as it was.

mod choices;
mod condition;
mod draw;
mod edit;
mod posted;
mod read;
mod record;
mod setting;
#[cfg(test)]
mod tests;
mod told;
mod types;

pub(super) use draw::draw;
pub(super) use edit::edit;
pub(super) use posted::Posted;
pub(super) use read::read;
pub(super) use told::told;

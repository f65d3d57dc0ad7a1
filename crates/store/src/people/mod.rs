//! People: who they are, how they come in, and what they may do. The caller hashes; nothing secret is kept as it was given.

mod attempts;
mod sessions;
mod tokens;
mod users;

pub use attempts::Attempts;
pub use sessions::SessionRow;
pub use tokens::{NewToken, TokenRow};
pub(crate) use users::add_user;
pub use users::{NewUser, Role, UserRow};

/// The row number of a user; never reused, and all that is left of somebody erased.
pub type UserNo = u32;

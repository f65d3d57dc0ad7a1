//! People: who they are, how they are let in, what they may do, and the log of what was done.

mod log;
mod login;
mod password;
mod role;
pub(crate) mod secret;
mod token;
pub(crate) mod users;
mod view;

pub(crate) use log::Told;
pub use log::{log, verify_log};
pub use login::{login, logout, session, set_own_password};
pub use role::{Act, Principal, Role, Scope};
pub use secret::Secret;
pub use token::{create_token, list_tokens, revoke_token, token};
pub use users::{
    add_user, anybody, erase_user, first_owner, list_users, set_active, set_password, set_role, stand_in,
};
pub use view::{LogEntry, LogVerified, SessionView, TokenMade, TokenView, UserAdded, UserView};

/// The role the store keeps.
pub(crate) fn role_of(kept: engraft_store::Role) -> Role {
    match kept {
        engraft_store::Role::Owner => Role::Owner,
        engraft_store::Role::Lead => Role::Lead,
        engraft_store::Role::Reviewer => Role::Reviewer,
        engraft_store::Role::Annotator => Role::Annotator,
        engraft_store::Role::Viewer => Role::Viewer,
    }
}

/// The role as the store keeps it.
fn kept_role(role: Role) -> engraft_store::Role {
    match role {
        Role::Owner => engraft_store::Role::Owner,
        Role::Lead => engraft_store::Role::Lead,
        Role::Reviewer => engraft_store::Role::Reviewer,
        Role::Annotator => engraft_store::Role::Annotator,
        Role::Viewer => engraft_store::Role::Viewer,
    }
}

//! Commands about people: users, tokens, the log.

use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;

use engraft_app::Error;
use engraft_app::people;
use engraft_app::people::Principal;
use serde_json::json;

use crate::cli::people::{Audit, Role, Scope, Token, User};
use crate::print::people as print;
use crate::run::{NO, Session};
use crate::words;

impl Session<'_> {
    pub(super) fn user(&self, said: &User) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let context = self.context;
        match said {
            User::Add { name, role, password_stdin } => {
                let password = password(*password_stdin)?;
                let secret = words::secret()?;
                let role = role_of(*role);
                let added =
                    people::add_user(context, &workspace, &me, name, role, password.as_deref(), &secret)?;
                self.show(&added, print::added)
            }
            User::List => {
                let users = people::list_users(context, &workspace, &me)?;
                self.show(&json!({ "users": users }), |_| print::users(&users))
            }
            User::Role { name, role } => {
                let changed = people::set_role(context, &workspace, &me, name, role_of(*role))?;
                self.show(&changed, |user| format!("{} is now {}.\n", user.user, user.role.name()))
            }
            User::Password { name, password_stdin } => {
                let password = password(*password_stdin)?;
                let secret = words::secret()?;
                let changed =
                    people::set_password(context, &workspace, &me, name, password.as_deref(), &secret)?;
                self.show(&changed, print::added)
            }
            User::Erase { name, answers } => {
                people::erase_user(context, &workspace, &me, name, !answers)?;
                self.show(&json!({ "erased": true, "answers_kept": !answers }), |_| {
                    format!("{name} is erased; the log stays whole.\n")
                })
            }
        }
    }

    pub(super) fn token(&self, said: &Token) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let context = self.context;
        match said {
            Token::Create { scopes, user, name, days } => {
                let scopes = scopes.iter().map(|scope| scope_of(*scope)).collect();
                let secret = words::secret()?;
                let made =
                    people::create_token(context, &workspace, &me, user, name, &scopes, *days, &secret)?;
                self.show(&made, print::token)
            }
            Token::List => {
                let tokens = people::list_tokens(context, &workspace, &me)?;
                self.show(&json!({ "tokens": tokens }), |_| print::tokens(&tokens))
            }
            Token::Revoke { id } => {
                people::revoke_token(context, &workspace, &me, id)?;
                self.show(&json!({ "revoked": id }), |_| format!("Token {id} is revoked.\n"))
            }
        }
    }

    pub(super) fn audit(&self, said: &Audit) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let Audit::Log { verify, before, limit } = said;
        if *verify {
            let found = people::verify_log(self.context, &workspace, &me)?;
            self.show(&found, print::verified)?;
            return Ok(ExitCode::from(if found.verified { 0 } else { NO }));
        }
        let events = people::log(self.context, &workspace, &me, *before, *limit)?;
        self.show(&json!({ "events": events }), |_| print::log(&events))
    }
}

fn role_of(role: Role) -> people::Role {
    match role {
        Role::Owner => people::Role::Owner,
        Role::Lead => people::Role::Lead,
        Role::Reviewer => people::Role::Reviewer,
        Role::Annotator => people::Role::Annotator,
        Role::Viewer => people::Role::Viewer,
    }
}

fn scope_of(scope: Scope) -> people::Scope {
    match scope {
        Scope::Read => people::Scope::Read,
        Scope::Annotate => people::Scope::Annotate,
        Scope::Review => people::Scope::Review,
        Scope::Manage => people::Scope::Manage,
        Scope::People => people::Scope::People,
        Scope::Ask => people::Scope::Ask,
    }
}

/// The first line of stdin, when the password is there.
fn password(from_stdin: bool) -> Result<Option<String>, Error> {
    if !from_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(Error::io("read from", Path::new("standard input")))?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_string()))
}

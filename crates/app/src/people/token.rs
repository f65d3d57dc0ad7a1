//! Tokens: for programs, with a few scopes, hashed at rest, revoked by name.

use std::collections::BTreeSet;

use engraft_store::NewToken;

use crate::people::view::{TokenMade, TokenView};
use crate::people::{Act, Principal, Scope, Secret, role_of, secret, users};
use crate::{Context, Error, Workspace, when};

/// What a token starts with, so that people and scanners know one when they see it.
const MARK: &str = "egt_";

/// Makes a token for somebody; it can never do more than they may.
#[expect(clippy::too_many_arguments, reason = "each names one thing, and no two belong together")]
pub fn create_token(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    owner: &str,
    name: &str,
    scopes: &BTreeSet<Scope>,
    days: Option<u32>,
    random: &Secret,
) -> Result<TokenMade, Error> {
    who.must(Act::ManagePeople)?;
    if scopes.is_empty() {
        let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::name).collect();
        return Err(Error::Request {
            message: "a token without a scope can do nothing".into(),
            hint: format!("name one or more: --scope {}", known.join(",")),
        });
    }
    let user = users::known(workspace, owner)?;
    let token = format!("{MARK}{}", secret::derive(random, "token"));
    let now = when::millis(context);
    let expires_at = days.map(|days| now + i64::from(days) * 24 * 3600 * 1000);
    let words: Vec<String> = scopes.iter().map(|scope| scope.name().to_string()).collect();
    let row = NewToken { hash: &secret::kept(&token), user: user.no, name, scopes: &words, expires_at };
    let id = workspace.store.put_token(&row, users::by(workspace, who)?, now)?;
    Ok(TokenMade {
        id: id.to_string(),
        token,
        user: user.name,
        scopes: scopes.clone(),
        expires_at: expires_at.map(when::rfc3339),
    })
}

/// Whose token this is, and what it may be used for.
pub fn token(context: Context, workspace: &Workspace, given: &str) -> Result<Principal, Error> {
    let row =
        workspace.store.token(&secret::kept(given), when::millis(context))?.ok_or(Error::NotLoggedIn)?;
    let user = workspace.store.user_by_no(row.user)?.filter(|user| user.active && user.erased_at.is_none());
    let user = user.ok_or(Error::NotLoggedIn)?;
    Ok(Principal { user: user.name, role: role_of(user.role), scopes: Some(named(&row.scopes)) })
}

/// Everybody's tokens, by their owner's name.
pub fn list_tokens(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
) -> Result<Vec<TokenView>, Error> {
    who.must(Act::ManagePeople)?;
    let mut found = Vec::new();
    for user in workspace.store.users()? {
        let rows = workspace.store.tokens(user.no)?.into_iter();
        found.extend(rows.map(|row| TokenView {
            id: row.id.to_string(),
            name: row.name,
            user: user.name.clone(),
            scopes: named(&row.scopes),
            created_at: when::rfc3339(row.created_at),
            expires_at: row.expires_at.map(when::rfc3339),
            revoked: row.revoked_at.is_some(),
        }));
    }
    Ok(found)
}

/// Ends a token.
pub fn revoke_token(context: Context, workspace: &Workspace, who: &Principal, id: &str) -> Result<(), Error> {
    who.must(Act::ManagePeople)?;
    let missing = || Error::Missing {
        what: "token",
        name: id.into(),
        hint: "run `engraft token list` to see every token".into(),
    };
    let number = id.parse().map_err(|_| missing())?;
    match workspace.store.revoke_token(number, users::by(workspace, who)?, when::millis(context))? {
        true => Ok(()),
        false => Err(missing()),
    }
}

fn named(words: &[String]) -> BTreeSet<Scope> {
    words.iter().filter_map(|word| Scope::named(word)).collect()
}

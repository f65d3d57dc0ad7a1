//! Logging in: a password becomes a session, slowly for those who guess.

use engraft_store::{Attempts, SessionRow};

use crate::people::users::LONGEST_NAME;
use crate::people::view::SessionView;
use crate::people::{Act, Principal, Secret, password, role_of, secret};
use crate::{Context, Error, Workspace, when};

/// How long a session lasts without a sign of life.
const SESSION_MS: i64 = 14 * 24 * 3600 * 1000;
/// Failures are remembered this long.
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Failures in the window after which a name must wait at one address, and an address with any name.
const FOR_A_NAME_HERE: u32 = 10;
const FOR_A_PEER: u32 = 30;
/// Failures in the window, from wherever, after which a name must wait everywhere: many, for whoever knows a name could
/// else keep its owner out.
const FOR_A_NAME: u32 = 100;
/// Failures in the window after which somebody who is in must wait before they name their own password again.
const FOR_ONES_OWN: u32 = 10;

/// Lets somebody in. `peer` is the address they come from, for the limit on guessing; `random` is fresh.
pub fn login(
    context: Context,
    workspace: &Workspace,
    name: &str,
    given: &str,
    random: &Secret,
    peer: &str,
) -> Result<SessionView, Error> {
    let now = when::millis(context);
    let store = &workspace.store;
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::NotLoggedIn);
    }
    let (here, address, name_key) =
        (format!("here:{peer} {name}"), format!("peer:{peer}"), format!("name:{name}"));
    let under = [
        Attempts { key: &here, most: FOR_A_NAME_HERE, forgiving: true },
        // Another name's success must not give an address a clean slate.
        Attempts { key: &address, most: FOR_A_PEER, forgiving: false },
        Attempts { key: &name_key, most: FOR_A_NAME, forgiving: true },
    ];
    // Noted before the password is looked at: guesses sent all at once would else all see the count before them.
    if !store.begin_attempt(&under, now - WINDOW_MS, now)? {
        return Err(Error::SlowDown { seconds: (WINDOW_MS / 1000) as u32 });
    }
    let user = store.user(name)?.filter(|user| user.active && user.erased_at.is_none());
    let right = password::fits(given, user.as_ref().and_then(|user| user.password.as_deref()));
    let Some(user) = user.filter(|_| right) else { return Err(Error::NotLoggedIn) };
    store.attempt_succeeded(&under, now)?;
    let (session, csrf) = (secret::derive(random, "session"), secret::derive(random, "csrf"));
    let expires_at = now + SESSION_MS;
    store.put_session(&SessionRow {
        hash: secret::kept(&session),
        user: user.no,
        csrf: csrf.clone(),
        created_at: now,
        expires_at,
    })?;
    let role = role_of(user.role);
    Ok(SessionView { secret: session, csrf, user: user.name, role, expires_at: when::rfc3339(expires_at) })
}

/// Who a session belongs to, and the secret its forms must carry. The session lasts anew from now.
pub fn session(context: Context, workspace: &Workspace, given: &str) -> Result<(Principal, String), Error> {
    let now = when::millis(context);
    let hash = secret::kept(given);
    let row = workspace.store.session(&hash, now)?.ok_or(Error::NotLoggedIn)?;
    let user = workspace.store.user_by_no(row.user)?.filter(|user| user.active && user.erased_at.is_none());
    let user = user.ok_or(Error::NotLoggedIn)?;
    // Writing on every request would make reading slow: once a day is enough for two weeks.
    if row.expires_at - now < SESSION_MS - 24 * 3600 * 1000 {
        workspace.store.extend_session(&hash, now + SESSION_MS)?;
    }
    Ok((Principal { user: user.name, role: role_of(user.role), scopes: None }, row.csrf))
}

/// Ends a session.
pub fn logout(_context: Context, workspace: &Workspace, given: &str) -> Result<(), Error> {
    workspace.store.drop_session(&secret::kept(given))?;
    Ok(())
}

/// Changes one's own password; every other session of theirs ends. Who guesses at the old one must wait, as at the door.
pub fn set_own_password(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    old: &str,
    new: &str,
    random: &Secret,
) -> Result<(), Error> {
    who.must(Act::SeeDatasets)?;
    let user = workspace.store.user(&who.user)?.ok_or(Error::NotLoggedIn)?;
    let wrong = || Error::Denied { message: "the old password is not right".into() };
    if who.scopes.is_some() {
        return Err(wrong());
    }
    let (now, key) = (when::millis(context), format!("own:{}", user.name));
    let under = [Attempts { key: &key, most: FOR_ONES_OWN, forgiving: true }];
    if !workspace.store.begin_attempt(&under, now - WINDOW_MS, now)? {
        return Err(Error::SlowDown { seconds: (WINDOW_MS / 1000) as u32 });
    }
    if !password::fits(old, user.password.as_deref()) {
        return Err(wrong());
    }
    workspace.store.attempt_succeeded(&under, now)?;
    let hashed = password::hash(new, random)?;
    workspace.store.set_password(user.no, Some(&hashed), Some(user.no), when::millis(context))?;
    workspace.store.drop_sessions(user.no)?;
    Ok(())
}

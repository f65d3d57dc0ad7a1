//! People, tokens and the log as people read them.

use std::fmt::Write;

use engraft_app::people::{LogEntry, LogVerified, TokenMade, TokenView, UserAdded, UserView};

pub(crate) fn added(added: &UserAdded) -> String {
    let mut text = format!("{} is {}.\n", added.user, added.role.name());
    if let Some(password) = &added.password {
        let _ = writeln!(text, "Password, shown this once: {password}");
    }
    text
}

pub(crate) fn users(users: &[UserView]) -> String {
    if users.is_empty() {
        return "Nobody yet.\nNext: engraft user add NAME --role owner\n".into();
    }
    let line = |user: &UserView| {
        let how = if user.can_log_in { "" } else { "  cannot log in" };
        format!("{:20} {:10} since {}{how}\n", user.user, user.role.name(), day(&user.created_at))
    };
    users.iter().map(line).collect()
}

pub(crate) fn token(made: &TokenMade) -> String {
    let scopes: Vec<&str> = made.scopes.iter().map(|scope| scope.name()).collect();
    let until = made.expires_at.as_deref().map_or("until it is revoked".into(), |at| format!("until {at}"));
    format!(
        "Token {} of {} for {} {until}. Shown this once:\n{}\n",
        made.id,
        made.user,
        scopes.join(", "),
        made.token
    )
}

pub(crate) fn tokens(tokens: &[TokenView]) -> String {
    if tokens.is_empty() {
        return "No token yet.\nNext: engraft token create --as NAME --scope read\n".into();
    }
    let line = |token: &TokenView| {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
        let state = if token.revoked { "  revoked" } else { "" };
        format!("{:4} {:16} {:16} {}{state}\n", token.id, token.name, token.user, scopes.join(","))
    };
    tokens.iter().map(line).collect()
}

pub(crate) fn log(events: &[LogEntry]) -> String {
    if events.is_empty() {
        return "Nothing was done yet.\n".into();
    }
    let line = |event: &LogEntry| {
        let place: Vec<&str> = event.dataset.iter().chain(&event.item).map(String::as_str).collect();
        let what = format!("{:16} {}", event.what, place.join("/"));
        format!("{:6} {} {:16} {}\n", event.seq, event.at, event.by, what.trim_end())
    };
    events.iter().map(line).collect()
}

pub(crate) fn verified(found: &LogVerified) -> String {
    if found.verified {
        return format!("{} entries, all whole. The last one's hash is {}\n", found.entries, found.head);
    }
    let mut text = format!("The log of {} entries was changed:\n", found.entries);
    for problem in &found.problems {
        let _ = writeln!(text, "  {problem}");
    }
    text
}

fn day(at: &str) -> &str {
    at.get(..10).unwrap_or(at)
}

//! People: added by an owner, given roles, erased without breaking what they did.

use engraft_store::{NewUser, UserRow};

use crate::people::view::{UserAdded, UserView};
use crate::people::{Act, Principal, Role, Secret, kept_role, password, role_of, secret};
use crate::{Context, Error, Workspace, when};

/// Whether anybody is known yet; before, whoever opens the studio first becomes its owner.
pub fn anybody(_context: Context, workspace: &Workspace) -> Result<bool, Error> {
    Ok(workspace.store.users()?.iter().any(|user| user.password.is_some()))
}

/// Adds the first owner, while there is nobody who could. The caller makes sure that they may.
pub fn first_owner(
    context: Context,
    workspace: &Workspace,
    name: &str,
    given: &str,
    random: &Secret,
) -> Result<UserAdded, Error> {
    if anybody(context, workspace)? {
        return Err(Error::Denied { message: "there is an owner already".into() });
    }
    add_user(context, workspace, &Principal::at_the_machine(), name, Role::Owner, Some(given), random)
}

/// Adds a person. Without a password one is made up and shown this once.
pub fn add_user(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    role: Role,
    given: Option<&str>,
    random: &Secret,
) -> Result<UserAdded, Error> {
    who.must(Act::ManagePeople)?;
    check_name(name)?;
    let made_up = given.is_none().then(|| password::made_up(random));
    let chosen = given.or(made_up.as_deref()).unwrap_or_default();
    let hashed = password::hash(chosen, random)?;
    let salt = secret::derive(random, "person");
    let row = NewUser { name, role: kept_role(role), password: Some(&hashed), salt: &salt };
    workspace.store.create_user(&row, by(workspace, who)?, when::millis(context))?;
    Ok(UserAdded { user: name.into(), role, password: made_up })
}

/// Everybody, by name.
pub fn list_users(_context: Context, workspace: &Workspace, who: &Principal) -> Result<Vec<UserView>, Error> {
    who.must(Act::ManagePeople)?;
    let mut users: Vec<UserView> = workspace.store.users()?.into_iter().map(view).collect();
    users.sort_by(|a, b| a.user.cmp(&b.user));
    Ok(users)
}

/// Gives a person another role. The last owner stays one.
pub fn set_role(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    role: Role,
) -> Result<UserView, Error> {
    who.must(Act::ManagePeople)?;
    let user = known(workspace, name)?;
    if role != Role::Owner {
        keep_an_owner(workspace, &user)?;
    }
    workspace.store.set_role(user.no, kept_role(role), by(workspace, who)?, when::millis(context))?;
    Ok(view(known(workspace, name)?))
}

/// Sets a person's password; without one, makes one up. Their sessions end.
pub fn set_password(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    given: Option<&str>,
    random: &Secret,
) -> Result<UserAdded, Error> {
    who.must(Act::ManagePeople)?;
    let user = known(workspace, name)?;
    let made_up = given.is_none().then(|| password::made_up(random));
    let hashed = password::hash(given.or(made_up.as_deref()).unwrap_or_default(), random)?;
    let (store, now) = (&workspace.store, when::millis(context));
    store.set_password(user.no, Some(&hashed), by(workspace, who)?, now)?;
    store.drop_sessions(user.no)?;
    Ok(UserAdded { user: name.into(), role: role_of(user.role), password: made_up })
}

/// Lets a person in or keeps them out; what they did stays.
pub fn set_active(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    active: bool,
) -> Result<UserView, Error> {
    who.must(Act::ManagePeople)?;
    let user = known(workspace, name)?;
    if !active {
        keep_an_owner(workspace, &user)?;
        workspace.store.drop_sessions(user.no)?;
    }
    workspace.store.set_active(user.no, active, by(workspace, who)?, when::millis(context))?;
    Ok(view(known(workspace, name)?))
}

/// Erases what tells who a person is. The log stays whole; their answers stay without a name, or go too.
pub fn erase_user(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    keep_answers: bool,
) -> Result<(), Error> {
    who.must(Act::ManagePeople)?;
    let user = known(workspace, name)?;
    keep_an_owner(workspace, &user)?;
    workspace.store.erase_user(user.no, keep_answers, by(workspace, who)?, when::millis(context))?;
    Ok(())
}

/// The person behind a name.
pub(crate) fn known(workspace: &Workspace, name: &str) -> Result<UserRow, Error> {
    workspace.store.user(name)?.ok_or_else(|| Error::Missing {
        what: "person",
        name: name.into(),
        hint: format!("run `engraft user add {name} --role annotator`, or `engraft user list`"),
    })
}

/// The number under which the log knows who did it; none for the person at the machine.
pub(crate) fn by(workspace: &Workspace, who: &Principal) -> Result<Option<engraft_store::UserNo>, Error> {
    Ok(workspace.store.user(&who.user)?.map(|user| user.no))
}

/// Whoever sits at the machine as a person of the workspace: `--as NAME`.
pub fn stand_in(workspace: &Workspace, name: &str) -> Result<Principal, Error> {
    let user = known(workspace, name)?;
    Ok(Principal { user: user.name, role: role_of(user.role), scopes: None })
}

fn keep_an_owner(workspace: &Workspace, leaving: &UserRow) -> Result<(), Error> {
    let users = workspace.store.users()?;
    let mut others = users.iter().filter(|user| user.no != leaving.no && user.active);
    if role_of(leaving.role) != Role::Owner || others.any(|user| role_of(user.role) == Role::Owner) {
        return Ok(());
    }
    Err(Error::Request {
        message: format!("{} is the only owner", leaving.name),
        hint: "make somebody else an owner first".into(),
    })
}

/// The most characters of a name that somebody logs in with.
pub(crate) const LONGEST_NAME: usize = 64;

fn check_name(name: &str) -> Result<(), Error> {
    let fits = |letter: char| letter.is_alphanumeric() || ".-_@+".contains(letter);
    if (1..=LONGEST_NAME).contains(&name.chars().count()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(Error::Request {
        message: format!("`{name}` cannot be a name"),
        hint: "use 1 to 64 letters, digits and . - _ @ +".into(),
    })
}

fn view(user: UserRow) -> UserView {
    UserView {
        role: role_of(user.role),
        can_log_in: user.active && user.password.is_some() && user.erased_at.is_none(),
        created_at: when::rfc3339(user.created_at),
        erased: user.erased_at.is_some(),
        user: user.name,
    }
}

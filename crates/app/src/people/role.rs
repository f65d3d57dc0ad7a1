//! Roles and scopes: one table says who may do what, and what it does not say is denied.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Error;

/// What a person is to the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the workspace: people, tokens, the log, and all a lead may.
    Owner,
    /// Runs datasets: schemas, imports, quality, exports, and all a reviewer may.
    Lead,
    /// Decides where answers disagree, without seeing whose they are.
    Reviewer,
    /// Answers.
    Annotator,
    /// Sees progress and numbers, no answers.
    Viewer,
}

/// What a token was made for; it may do only what both its scopes and its owner's role allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read datasets, progress and exports.
    Read,
    /// Answer items.
    Annotate,
    /// Adjudicate.
    Review,
    /// Change datasets.
    Manage,
    /// Change people and tokens, read the log.
    People,
    /// Search and ask.
    Ask,
}

/// Something somebody may want to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// See which datasets there are and what they ask.
    SeeDatasets,
    /// See progress, agreement and distributions, in numbers.
    SeeProgress,
    /// Answer, skip, comment, look for similar items.
    Annotate,
    /// See conflicts blinded and decide them, return an answer to its author.
    Review,
    /// See who answered what, the gold, and every comment.
    SeeAnswers,
    /// Create, import, snapshot, set gold, suggest, pause a person.
    Manage,
    /// Take a dataset out.
    Export,
    /// Delete a dataset for good.
    Delete,
    /// Add people, set roles and passwords, make tokens, erase a person.
    ManagePeople,
    /// Read and verify the log.
    ReadLog,
    /// Search and ask the knowledge base.
    Ask,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Role; 5] = [Role::Owner, Role::Lead, Role::Reviewer, Role::Annotator, Role::Viewer];

    /// Its name as written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Lead => "lead",
            Role::Reviewer => "reviewer",
            Role::Annotator => "annotator",
            Role::Viewer => "viewer",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role may do it: the one table.
    pub fn may(self, act: Act) -> bool {
        let roles: &[Role] = match act {
            Act::SeeDatasets | Act::Ask => &Role::ALL,
            Act::SeeProgress => &[Role::Owner, Role::Lead, Role::Reviewer, Role::Viewer],
            Act::Annotate => &[Role::Owner, Role::Lead, Role::Reviewer, Role::Annotator],
            Act::Review => &[Role::Owner, Role::Lead, Role::Reviewer],
            Act::SeeAnswers | Act::Manage | Act::Export => &[Role::Owner, Role::Lead],
            Act::Delete | Act::ManagePeople | Act::ReadLog => &[Role::Owner],
        };
        roles.contains(&self)
    }
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 6] =
        [Scope::Read, Scope::Annotate, Scope::Review, Scope::Manage, Scope::People, Scope::Ask];

    /// Its name as written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Annotate => "annotate",
            Scope::Review => "review",
            Scope::Manage => "manage",
            Scope::People => "people",
            Scope::Ask => "ask",
        }
    }

    /// The scope of that name.
    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

impl Act {
    /// Everything there is to do.
    pub const ALL: [Act; 11] = [
        Act::SeeDatasets,
        Act::SeeProgress,
        Act::Annotate,
        Act::Review,
        Act::SeeAnswers,
        Act::Manage,
        Act::Export,
        Act::Delete,
        Act::ManagePeople,
        Act::ReadLog,
        Act::Ask,
    ];

    /// The scope a token needs for it.
    pub fn scope(self) -> Scope {
        match self {
            Act::SeeDatasets | Act::SeeProgress | Act::SeeAnswers | Act::Export => Scope::Read,
            Act::Annotate => Scope::Annotate,
            Act::Review => Scope::Review,
            Act::Manage | Act::Delete => Scope::Manage,
            Act::ManagePeople | Act::ReadLog => Scope::People,
            Act::Ask => Scope::Ask,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Act::SeeDatasets => "see datasets",
            Act::SeeProgress => "see progress",
            Act::Annotate => "annotate",
            Act::Review => "review",
            Act::SeeAnswers => "see other people's answers",
            Act::Manage => "change datasets",
            Act::Export => "export",
            Act::Delete => "delete a dataset",
            Act::ManagePeople => "manage people",
            Act::ReadLog => "read the log",
            Act::Ask => "search and ask",
        }
    }
}

/// Who is asking, and what they were let in for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Principal {
    /// Their name.
    pub user: String,
    /// Their role.
    pub role: Role,
    /// For a token, its scopes; `None` for a person who logged in or sits at the machine.
    pub scopes: Option<BTreeSet<Scope>>,
}

impl Principal {
    /// The person at the machine: whoever can read the workspace's files owns it.
    pub fn at_the_machine() -> Principal {
        Principal { user: "owner".into(), role: Role::Owner, scopes: None }
    }

    /// Whether they may do it.
    pub fn may(&self, act: Act) -> bool {
        self.role.may(act) && self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&act.scope()))
    }

    /// Nothing when they may do it; else the refusal that every verb gives first.
    pub fn must(&self, act: Act) -> Result<(), Error> {
        if self.may(act) {
            return Ok(());
        }
        let why = match self.role.may(act) {
            true => format!("this token was not made to {}", act.words()),
            false => {
                let article = if matches!(self.role, Role::Owner | Role::Annotator) { "an" } else { "a" };
                format!("{article} {} may not {}", self.role.name(), act.words())
            }
        };
        Err(Error::Denied { message: why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_table_of_who_may_what() {
        let mut table = String::new();
        for act in Act::ALL {
            let mark = |role: Role| if role.may(act) { "yes" } else { "-" };
            let marks: Vec<&str> = Role::ALL.into_iter().map(mark).collect();
            table.push_str(&format!("{act:12?} {:9} {}\n", act.scope().name(), marks.join(" ")));
        }
        expect![[r#"
            SeeDatasets read      yes yes yes yes yes
            SeeProgress read      yes yes yes - yes
            Annotate annotate  yes yes yes yes -
            Review review    yes yes yes - -
            SeeAnswers read      yes yes - - -
            Manage manage    yes yes - - -
            Export read      yes yes - - -
            Delete manage    yes - - - -
            ManagePeople people    yes - - - -
            ReadLog people    yes - - - -
            Ask ask       yes yes yes yes yes
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn a_refusal_says_who_may_not_do_what() {
        let refused = |role, act| {
            Principal { user: "ana".into(), role, scopes: None }.must(act).unwrap_err().to_string()
        };
        assert_eq!(refused(Role::Annotator, Act::Manage), "an annotator may not change datasets");
        assert_eq!(refused(Role::Reviewer, Act::Delete), "a reviewer may not delete a dataset");
    }

    #[test]
    fn a_token_does_no_more_than_its_owner_and_no_more_than_its_scopes() {
        for role in Role::ALL {
            for scope in Scope::ALL {
                let token = Principal { user: "ana".into(), role, scopes: Some(BTreeSet::from([scope])) };
                for act in Act::ALL {
                    assert_eq!(
                        token.may(act),
                        role.may(act) && act.scope() == scope,
                        "{role:?} {scope:?} {act:?}"
                    );
                    assert_eq!(token.may(act), token.must(act).is_ok());
                }
            }
            let nothing = Principal { user: "ana".into(), role, scopes: Some(BTreeSet::new()) };
            assert!(Act::ALL.into_iter().all(|act| !nothing.may(act)));
        }
    }

    #[test]
    fn names_lead_back() {
        assert!(Role::ALL.into_iter().all(|role| Role::named(role.name()) == Some(role)));
        assert!(Scope::ALL.into_iter().all(|scope| Scope::named(scope.name()) == Some(scope)));
        assert_eq!((Role::named("root"), Scope::named("*")), (None, None));
    }
}

//! The words about people: users, tokens, the log.

use clap::{Subcommand, ValueEnum};

/// What a person is to the workspace.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Role {
    /// Runs the workspace
    Owner,
    /// Runs datasets
    Lead,
    /// Decides conflicts, blinded
    Reviewer,
    /// Answers
    Annotator,
    /// Sees numbers
    Viewer,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scope {
    /// Datasets, progress, exports
    Read,
    /// Answering
    Annotate,
    /// Adjudicating
    Review,
    /// Changing datasets
    Manage,
    /// Changing people, reading the log
    People,
    /// Searching and asking
    Ask,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a person; the password is read from stdin with --password-stdin, else made up and shown once
    Add {
        /// Their name
        name: String,
        /// Their role
        #[arg(long, value_enum)]
        role: Role,
        /// Read the password from the first line of stdin
        #[arg(long)]
        password_stdin: bool,
    },
    /// Everybody
    List,
    /// Change a person's role
    Role {
        /// Their name
        name: String,
        /// The new role
        #[arg(long, value_enum)]
        role: Role,
    },
    /// Give a person a new password; read from stdin with --password-stdin, else made up and shown once
    Password {
        /// Their name
        name: String,
        /// Read the password from the first line of stdin
        #[arg(long)]
        password_stdin: bool,
    },
    /// Erase what tells who a person is; the log stays whole
    Erase {
        /// Their name
        name: String,
        /// Erase their answers too
        #[arg(long)]
        answers: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token for a program; it is shown once
    Create {
        /// What it may be used for; repeat, or separate by commas
        #[arg(long = "scope", value_enum, required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
        /// Whose it is: it may never do more than they may
        #[arg(long = "as", value_name = "USER")]
        user: String,
        /// What to call it
        #[arg(long, default_value = "token")]
        name: String,
        /// Days until it ends; without it, until it is revoked
        #[arg(long)]
        days: Option<u32>,
    },
    /// Every token, without its secret
    List,
    /// End a token
    Revoke {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// The log of everything that was done, newest first
    Log {
        /// Recompute every hash and say whether the log is whole; exit 1 when it is not
        #[arg(long)]
        verify: bool,
        /// Only entries before this one
        #[arg(long, value_name = "SEQ")]
        before: Option<u64>,
        /// The most entries shown
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

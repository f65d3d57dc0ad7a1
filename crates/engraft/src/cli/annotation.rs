//! The words of annotation: datasets, queues, agreement, resolutions.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Dataset {
    /// Make a dataset from a schema
    Create {
        /// Its name
        name: String,
        /// The schema: engraft's own (docs/reference/annotation.md), a Label Studio labelling configuration, or Argilla settings
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
    },
    /// Every dataset
    List,
    /// One dataset: counts, snapshots, schema
    Show {
        /// Its name
        name: String,
    },
    /// Give a dataset a new schema; answers keep the version they were given under
    Schema {
        /// Its name
        name: String,
        /// The new schema
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
    },
    /// Say what an hour of work on a dataset costs; its dashboard then tells what was spent
    Rate {
        /// The dataset
        name: String,
        /// An hour, such as 18.50
        #[arg(long, value_name = "AMOUNT", requires = "currency", required_unless_present = "forget")]
        hour: Option<f64>,
        /// The currency, such as EUR
        #[arg(long, value_name = "CODE")]
        currency: Option<String>,
        /// It is not known any more
        #[arg(long, conflicts_with_all = ["hour", "currency"])]
        forget: bool,
    },
    /// Say which answers of an item are known to be right, or that none are; without either, show them
    Gold {
        /// The dataset
        name: String,
        /// The item
        #[arg(long, value_name = "I")]
        item: String,
        /// The right answers, by question; `-` reads them from stdin
        #[arg(long, value_name = "JSON", conflicts_with = "forget")]
        answers: Option<String>,
        /// The item measures nobody any more
        #[arg(long)]
        forget: bool,
    },
    /// Delete a dataset with its items, answers and snapshots, for good; the log keeps that it was there
    Delete {
        /// Its name
        name: String,
        /// Its name once more
        #[arg(long, value_name = "NAME")]
        confirm: String,
    },
    /// Keep the content as it is now, under an id that says what it holds
    Snapshot {
        /// The dataset
        name: String,
    },
    /// What is different between two snapshots
    Diff {
        /// The earlier snapshot, or the beginning of its id
        a: String,
        /// The later one
        b: String,
    },
    /// Look for duplicates, leakage between splits and answers that may be wrong
    Audit {
        /// The dataset
        name: String,
        /// Look for leakage between these shares, such as train=.8,test=.2
        #[arg(long, value_name = "SHARES")]
        split: Option<String>,
        /// Chooses folds and splits
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Put the items nobody answered in order
    Order {
        /// The dataset
        name: String,
        /// What comes first: what suggestions are least sure of (uncertainty, margin), what is most unlike (diversity), or any
        /// (random)
        #[arg(long, value_enum)]
        by: By,
        /// Draws lots among equals
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Bring in items, answers and suggestions; a dataset that does not exist is made from what the file shows
    Import(DatasetImport),
    /// Take a dataset out in the format of another tool
    Export(DatasetExport),
}

/// What comes first in a queue.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum By {
    /// The highest entropy
    Uncertainty,
    /// The smallest lead
    Margin,
    /// The most unlike
    Diversity,
    /// By lot
    Random,
}

#[derive(Debug, Args)]
pub(crate) struct DatasetImport {
    /// The dataset
    pub(crate) name: String,
    /// A file; a folder for brat and beir
    pub(crate) file: PathBuf,
    /// label-studio, argilla, doccano, prodigy, brat, conll, jsonl, csv, beir, trec-qrels; `queries`: search for each line and ask how relevant the passages are
    #[arg(long, value_name = "F")]
    pub(crate) format: String,
    /// What the offsets of spans count: codepoint, utf16, byte or grapheme
    #[arg(long, value_name = "U")]
    pub(crate) offset_unit: Option<String>,
    /// Whose the answers are in formats that do not say
    #[arg(long = "as", value_name = "USER")]
    pub(crate) user: Option<String>,
    /// With `queries`: how many passages for each query
    #[arg(short, default_value_t = 10)]
    pub(crate) k: usize,
    /// Bring in nothing when anything would be lost or rejected; exit 2
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DatasetExport {
    /// The dataset
    pub(crate) name: String,
    /// Where to; a folder for brat and beir
    pub(crate) file: PathBuf,
    /// label-studio, argilla, doccano, prodigy, brat, conll, jsonl, csv, trl-dpo, trl-kto, trl-reward, sft-messages, sharegpt, alpaca, beir, trec-qrels, rerank-triplets
    #[arg(long, value_name = "F")]
    pub(crate) format: String,
    /// A snapshot instead of the dataset as it is now
    #[arg(long, value_name = "ID")]
    pub(crate) snapshot: Option<String>,
    /// One file a share, such as train=.8,dev=.1,test=.1; what belongs together stays together
    #[arg(long, value_name = "SHARES")]
    pub(crate) split: Option<String>,
    /// The question to write, where the format holds one
    #[arg(long, value_name = "Q")]
    pub(crate) question: Option<String>,
    /// Whose answers, where the format holds one set an item: those known, decided or agreed on (settled), also what people
    /// disagree on or have not finished (aggregated), or each response in rows of its own (every)
    #[arg(long, value_name = "WHOSE", default_value = "settled", value_parser = ["settled", "aggregated", "every"])]
    pub(crate) voices: String,
    /// Write nothing when anything would be lost; exit 2
    #[arg(long)]
    pub(crate) strict: bool,
    /// Chooses the split
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// Take the next item
    Next {
        #[command(flatten)]
        at: At,
        /// How many to take
        #[arg(short, default_value_t = 1)]
        n: usize,
    },
    /// Submit answers to an item
    Submit {
        #[command(flatten)]
        at: AtItem,
        /// The answers, by question; `-` reads them from stdin
        #[arg(long, value_name = "JSON")]
        answers: String,
        /// The version of your response that you saw; without it no response that is there is replaced
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Leave an item to others
    Skip {
        #[command(flatten)]
        at: AtItem,
        /// Why: unclear, not_my_language, broken, conflict_of_interest, or your own words
        #[arg(long)]
        reason: String,
    },
    /// Take back your last submit or skip
    Undo {
        #[command(flatten)]
        at: At,
    },
    /// How many items lie in each of a person's piles
    Status {
        /// Only this dataset
        #[arg(long, value_name = "D")]
        dataset: Option<String>,
        /// Whose
        #[arg(long = "as", value_name = "USER")]
        user: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct At {
    /// The dataset
    #[arg(long, value_name = "D")]
    pub(crate) dataset: String,
    /// As whom
    #[arg(long = "as", value_name = "USER")]
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct AtItem {
    /// The item
    #[arg(long, value_name = "I")]
    pub(crate) item: String,
    /// The dataset; not needed with a lease that has not ended, nor when only one has an item of that name
    #[arg(long, value_name = "D")]
    pub(crate) dataset: Option<String>,
    /// As whom
    #[arg(long = "as", value_name = "USER")]
    pub(crate) user: String,
    /// The lease that `queue next` gave with the item
    #[arg(long, value_name = "T")]
    pub(crate) lease: Option<String>,
}

/// What lies between two different labels.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scale {
    /// Different is different
    Nominal,
    /// An order
    Ordinal,
    /// Numbers with a distance
    Interval,
    /// Numbers with a zero
    Ratio,
}

#[derive(Debug, Args)]
pub(crate) struct Agreement {
    /// A dataset
    #[arg(required_unless_present = "labels", conflicts_with = "labels")]
    pub(crate) dataset: Option<String>,
    /// A CSV with the columns task, worker, label
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) labels: Option<PathBuf>,
    /// Only this question of the dataset; by default the first
    #[arg(long, value_name = "Q", conflicts_with = "labels")]
    pub(crate) question: Option<String>,
    /// What the labels of the file are
    #[arg(long, value_enum, default_value = "nominal", conflicts_with = "dataset")]
    pub(crate) scale: Scale,
    /// Chooses the resamples of the intervals
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// A dataset: its resolutions are written as its merge policy says
    #[arg(required_unless_present = "labels", conflicts_with = "labels")]
    pub(crate) dataset: Option<String>,
    /// A CSV with the columns task, worker, label
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) labels: Option<PathBuf>,
    /// A CSV with the columns task, label: what is known to be right
    #[arg(long, value_name = "FILE.csv", requires = "labels")]
    pub(crate) gold: Option<PathBuf>,
    /// majority, weighted, dawid-skene, one-coin, mace, glad, or auto
    #[arg(long, default_value = "auto")]
    pub(crate) method: String,
    /// Only this question of the dataset; by default the first
    #[arg(long, value_name = "Q", conflicts_with = "labels")]
    pub(crate) question: Option<String>,
    /// Write the computed answer also where the merge policy would leave it to a reviewer
    #[arg(long, conflicts_with = "labels")]
    pub(crate) all: bool,
    /// Chooses restarts and resamples
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

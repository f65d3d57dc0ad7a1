//! The words of tuning search: fusion, retriever, reranker, and which of them is used.

use std::path::PathBuf;

use clap::Args;

/// What every tuner of search is asked.
#[derive(Debug, Args)]
pub(crate) struct Judgements {
    /// Judged questions: a dataset of the workspace in which passages were graded, a folder or table with queries.jsonl and
    /// qrels, rows {query, positive, negatives} or {query, uri, relevance}, or feedback on answers, {inference_id, metric_name,
    /// value, tags}
    #[arg(long, value_name = "D|JUDGEMENTS")]
    pub(crate) data: String,
    /// Judged questions to evaluate on; by default a fifth of the data is held out
    #[arg(long, value_name = "JUDGEMENTS")]
    pub(crate) eval: Option<PathBuf>,
    /// The question of the dataset to learn; by default the first that grades passages
    #[arg(long)]
    pub(crate) question: Option<String>,
    /// What to call the model; by default after the data
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Chooses everything that is drawn by lot
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Retriever {
    #[command(flatten)]
    pub(crate) judgements: Judgements,
    /// What is tuned: adapter (a matrix on the question's side; seconds, the index stays) or encoder (minutes; every passage is
    /// embedded anew)
    #[arg(long, default_value = "adapter")]
    pub(crate) method: String,
    /// The encoder to start from: a model name or a folder; by default the workspace's
    #[arg(long, value_name = "MODEL")]
    pub(crate) base: Option<String>,
    /// How many seeds to train with
    #[arg(long, default_value_t = 3, value_name = "K")]
    pub(crate) seeds: usize,
    /// Passes over the questions, with --method encoder
    #[arg(long, default_value_t = 1)]
    pub(crate) epochs: usize,
    /// Questions a step, with --method encoder
    #[arg(long, default_value_t = 16)]
    pub(crate) batch: usize,
    /// The highest rate, with --method encoder
    #[arg(long, default_value_t = 2e-5)]
    pub(crate) rate: f64,
    /// What becomes of passages beyond --window and of questions beyond the encoder's, with --method encoder: error, drop or
    /// truncate
    #[arg(long, default_value = "truncate", value_name = "POLICY")]
    pub(crate) over_length: String,
    /// The most tokens of a passage that training reads, with --method encoder: fewer take less time; by default all. What is indexed
    /// is read as a whole
    #[arg(long, value_name = "TOKENS")]
    pub(crate) window: Option<usize>,
    /// Shorter lengths at which vectors should be good too (Matryoshka), with --method encoder
    #[arg(long, value_name = "N,M", value_delimiter = ',')]
    pub(crate) dims: Vec<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Reranker {
    #[command(flatten)]
    pub(crate) judgements: Judgements,
    /// How: cross-encoder (question and passage are read together), the one there is
    #[arg(long, default_value = "cross-encoder")]
    pub(crate) method: String,
    /// The encoder to start from: a model name or a folder; by default the workspace's
    #[arg(long, value_name = "MODEL")]
    pub(crate) base: Option<String>,
    /// How many seeds to train with
    #[arg(long, default_value_t = 3, value_name = "K")]
    pub(crate) seeds: usize,
    /// Passes over the pairs
    #[arg(long, default_value_t = 2)]
    pub(crate) epochs: usize,
    /// Pairs a step
    #[arg(long, default_value_t = 32)]
    pub(crate) batch: usize,
    /// The highest rate
    #[arg(long, default_value_t = 2e-5)]
    pub(crate) rate: f64,
    /// Wrong passages mined for each right one
    #[arg(long, default_value_t = 4)]
    pub(crate) wrong: usize,
    /// What becomes of pairs beyond --window that it would learn from: error, drop or truncate
    #[arg(long, default_value = "truncate", value_name = "POLICY")]
    pub(crate) over_length: String,
    /// The most tokens of question and passage together; passages are cut there
    #[arg(long, default_value_t = 256)]
    pub(crate) window: usize,
}

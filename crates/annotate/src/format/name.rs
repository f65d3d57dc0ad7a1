//! The formats by name.

use std::fmt;
use std::str::FromStr;

use crate::format::FormatError;

/// A way to write a dataset down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Label Studio tasks with annotations, drafts and predictions, as one JSON array; also one task a line.
    LabelStudio,
    /// Argilla records, as one JSON array; also one a line, flattened, or as its server sends them.
    Argilla,
    /// doccano's JSON lines.
    Doccano,
    /// Prodigy's JSON lines, one a response.
    Prodigy,
    /// A folder of `.txt` and `.ann` files.
    Brat,
    /// One token a line with its tag last, a blank line between sentences.
    Conll,
    /// Our own records, one a line; also flat rows.
    Jsonl,
    /// A table with a header, one row a response.
    Csv,
    /// Prompt, chosen, rejected.
    TrlDpo,
    /// Prompt, completion, whether it is any good.
    TrlKto,
    /// Whole chats, chosen and rejected, with a margin.
    TrlReward,
    /// Chats as `messages`.
    SftMessages,
    /// Chats as `conversations` of `human` and `gpt`.
    Sharegpt,
    /// `instruction`, `input`, `output`.
    Alpaca,
    /// A folder of corpus, queries and judgements.
    Beir,
    /// `query 0 document grade` lines.
    TrecQrels,
    /// A query with a relevant passage and those that are not.
    RerankTriplets,
}

impl Format {
    /// Every format, in the order of the command's help.
    pub const ALL: [Format; 17] = [
        Format::LabelStudio,
        Format::Argilla,
        Format::Doccano,
        Format::Prodigy,
        Format::Brat,
        Format::Conll,
        Format::Jsonl,
        Format::Csv,
        Format::TrlDpo,
        Format::TrlKto,
        Format::TrlReward,
        Format::SftMessages,
        Format::Sharegpt,
        Format::Alpaca,
        Format::Beir,
        Format::TrecQrels,
        Format::RerankTriplets,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::LabelStudio => "label-studio",
            Format::Argilla => "argilla",
            Format::Doccano => "doccano",
            Format::Prodigy => "prodigy",
            Format::Brat => "brat",
            Format::Conll => "conll",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::TrlDpo => "trl-dpo",
            Format::TrlKto => "trl-kto",
            Format::TrlReward => "trl-reward",
            Format::SftMessages => "sft-messages",
            Format::Sharegpt => "sharegpt",
            Format::Alpaca => "alpaca",
            Format::Beir => "beir",
            Format::TrecQrels => "trec-qrels",
            Format::RerankTriplets => "rerank-triplets",
        }
    }

    /// Whether it can be read, not only written.
    pub fn imports(self) -> bool {
        !matches!(
            self,
            Format::TrlKto
                | Format::TrlReward
                | Format::SftMessages
                | Format::Sharegpt
                | Format::Alpaca
                | Format::RerankTriplets
        )
    }

    /// Whether it is a folder of files rather than one file.
    pub fn folder(self) -> bool {
        matches!(self, Format::Brat | Format::Beir)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<Format, FormatError> {
        let known = Format::ALL.into_iter().find(|format| format.name() == word);
        known.ok_or_else(|| FormatError::Unknown { name: word.to_string() })
    }
}

//! The use cases as verbs: init, ingest, watch, search, ask, annotate, review; plain data in and out.
//!
//! A verb takes a [`Context`], a [`Workspace`] and a request, and returns a report that serialises to what `--json`
//! prints. Nothing here prints or asks.

mod among;
mod ask;
mod beir;
mod collections;
mod config;
mod context;
pub mod dataset;
mod dated;
pub mod decide;
mod demo;
mod docs;
mod duplicates;
mod endpoint;
mod error;
pub mod evaluate;
mod failed;
mod fetch;
mod indexing;
mod ingest;
mod isolate;
pub mod judge;
pub mod labels;
mod likeness;
mod memory;
mod merging;
pub mod metrics;
mod models;
pub mod people;
mod persisting;
mod places;
mod prepare;
mod read;
mod reading;
mod reranking;
pub mod review;
mod scan;
mod search;
mod serving;
mod sources;
mod standing;
pub mod tune;
mod watch;
mod when;
pub mod work;
mod workspace;

pub use ask::{ARM, AskReport, AskRequest, CitationView, ask, ask_batch};
pub use beir::import as import_beir;
pub use config::Config;
pub use context::Context;
pub use demo::{AnnotatedReport, DemoReport, demo};
pub use docs::{
    DocumentView, History, Removed, VersionView, history as document_history, list as list_documents,
    remove as remove_document, show as show_document,
};
pub use duplicates::Duplicate;
pub use endpoint::{Constrained, Endpoint};
pub use engraft_annotate as annotate;
pub use engraft_eval::{Agreement, Measured, Method, Metric, Resolved, Scale, Strengths};
pub use error::{Current, Error};
pub use ingest::{ChunkCounts, DocumentCounts, IngestReport, ingest, sync};
pub use isolate::{Isolation, Parsers, serve as serve_parser};
pub use memory::give_back_memory;
pub use models::{From as PullFrom, ModelInfo, list as list_models, pull as pull_model, show as show_model};
pub use reranking::Reranked;
pub use search::{BatchReport, FoundHit, SearchReport, SearchRequest, batch as search_batch, search};
pub use serving::{Served, Serving, rollback_model, serve_model};
pub use sources::IngestRequest;
pub use standing::Standing;
pub use watch::{Followed, watch};
pub use workspace::{Initialised, Workspace, find as find_workspace, init};

//! Reading: a trained reader finds in the best passages the words that answer a question, or that none do.

use std::sync::Arc;

use engraft_answer::{ExtractOptions, Found, Source, answer_found, live};
use engraft_core::{Answer, Span};
use engraft_tune::artefact::Artefact;
use engraft_tune::reader::{PASSAGES, Reader, leading};

use crate::serving::READER;
use crate::{Error, Workspace};

/// The name that stands for no trained reader: sentences are ranked instead.
pub(crate) const NONE: &str = "none";

/// A reader that answers.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) name: String,
    model: Reader,
}

impl Workspace {
    /// The reader that answers, opened on first use: the one of that name, else the one in use. `None`: sentences are ranked.
    pub(crate) fn reader(&self, named: Option<&str>) -> Result<Option<Arc<Reading>>, Error> {
        let Some(name) = named.or(self.serving.model(READER)).filter(|name| *name != NONE) else {
            return Ok(None);
        };
        let held = |error| Error::Bug(format!("the readers cannot be looked at: {error}"));
        let mut open = self.readers.lock().map_err(|error| held(error.to_string()))?;
        if let Some(reading) = open.get(name) {
            return Ok(Some(Arc::clone(reading)));
        }
        let artefact = match named {
            Some(_) => Some(Artefact::open(&self.models(), name)?),
            None => self.served(READER)?,
        };
        let Some(artefact) = artefact else { return Ok(None) };
        if artefact.manifest.kind != READER {
            return Err(Error::Request {
                message: format!("`{name}` is a {}, which reads no passages", artefact.manifest.kind),
                hint: "name a reader of `engraft model list`, or `none` to have sentences ranked".into(),
            });
        }
        let model = Reader::load(&artefact, self.threads())?;
        let reading = Arc::new(Reading { name: name.into(), model });
        open.insert(name.into(), Arc::clone(&reading));
        Ok(Some(reading))
    }
}

impl Reading {
    /// The support from which on it answers, in `[0, 1]`.
    pub(crate) fn threshold(&self) -> f32 {
        self.model.settings().threshold as f32
    }

    /// The answer in the sentences that hold what it finds, verified, or an abstention where its support is below `least`, by
    /// default its own threshold; `None` for a question that is too long for it.
    pub(crate) fn answer(
        &self,
        question: &str,
        sources: &[Source<'_>],
        least: Option<f32>,
    ) -> Result<Option<Answer>, Error> {
        if self.model.fits(question, "").is_err() {
            return Ok(None);
        }
        let found = self.find(question, sources)?;
        let threshold = least.unwrap_or(self.threshold());
        let options = ExtractOptions { threshold, ..ExtractOptions::default() };
        Ok(Some(answer_found(question, sources, &options, found.as_ref())))
    }

    /// The words that are furthest ahead of there being no answer, among the best sources; `None`: there is nothing to read.
    fn find(&self, question: &str, sources: &[Source<'_>]) -> Result<Option<Found>, Error> {
        let places: Vec<usize> = live(sources).into_iter().take(PASSAGES).collect();
        let asked: Vec<(&str, &str)> =
            places.iter().map(|&place| (question, sources[place].passage())).collect();
        let readings = self.model.read(&asked)?;
        let Some((at, lead)) = leading(&readings) else { return Ok(None) };
        let (source, start) = (places[at], sources[places[at]].span.start());
        let span = lead.span.and_then(|span| Span::new(start + span.start(), start + span.end()));
        Ok(span.map(|span| Found { source, span, support: lead.support as f32 }))
    }
}

//! Which rows may be ranked: live, visible to the asker, let through by the filter.

use std::sync::{Arc, Mutex, PoisonError};

use crate::bits::Bits;
use crate::filter::Filter;
use crate::snapshot::{Snapshot, View};

/// The rows of every segment that may be ranked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    /// One a segment; `None`: all of its rows.
    pub(crate) masks: Vec<Option<Bits>>,
    pub(crate) count: usize,
    pub(crate) dropped_by_acl: usize,
    pub(crate) dropped_by_filter: usize,
}

/// What the last few askers of a snapshot may see: people ask more than once.
#[derive(Debug, Default)]
pub(crate) struct Askers(Mutex<Vec<(Vec<String>, Arc<Allowed>)>>);

/// Askers that are remembered.
const ASKERS: usize = 16;

impl Allowed {
    pub(crate) fn new(
        snapshot: &Snapshot,
        filter: Option<&Filter>,
        principals: Option<&[String]>,
    ) -> Allowed {
        let mut allowed = match principals {
            None => Allowed::live(snapshot),
            Some(principals) => Allowed::clone(&snapshot.askers.of(snapshot, principals)),
        };
        if let Some(filter) = filter {
            let passing = snapshot.docs_where(|facts| facts.matching(&filter.0));
            allowed.dropped_by_filter = allowed.keep(snapshot, &passing);
        }
        allowed
    }

    fn live(snapshot: &Snapshot) -> Allowed {
        let mask = |view: &Arc<View>| {
            (view.live < view.segment.rows()).then(|| {
                let mut live = view.dead.clone();
                live.invert();
                live
            })
        };
        let masks = snapshot.views.iter().map(mask).collect();
        Allowed { masks, count: snapshot.live, ..Allowed::default() }
    }

    /// Keeps only the rows of `docs`; how many go.
    fn keep(&mut self, snapshot: &Snapshot, docs: &Bits) -> usize {
        let mut left = 0;
        for (view, mask) in snapshot.views.iter().zip(&mut self.masks) {
            let mut rows = Bits::none(view.segment.rows());
            for run in view.segment.runs().filter(|run| docs.has(run.doc as usize)) {
                rows.set_range(run.start, run.end);
            }
            if let Some(before) = &*mask {
                rows.keep(before);
            }
            let now = rows.count();
            left += now;
            *mask = (now < view.segment.rows()).then_some(rows);
        }
        std::mem::replace(&mut self.count, left) - left
    }
}

impl Askers {
    fn of(&self, snapshot: &Snapshot, principals: &[String]) -> Arc<Allowed> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().iter().find(|(name, _)| name == principals) {
            return Arc::clone(known);
        }
        let visible = snapshot.docs_where(|facts| facts.visible(principals));
        let mut allowed = Allowed::live(snapshot);
        allowed.dropped_by_acl = allowed.keep(snapshot, &visible);
        let allowed = Arc::new(allowed);
        let mut known = lock();
        known.truncate(ASKERS - 1);
        known.insert(0, (principals.to_vec(), Arc::clone(&allowed)));
        allowed
    }
}

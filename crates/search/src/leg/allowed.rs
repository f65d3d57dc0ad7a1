//! Which rows may be ranked: live, visible to the asker, let through by the filter.

use crate::bits::Bits;
use crate::filter::Filter;
use crate::snapshot::Snapshot;

/// The rows of every segment that may be ranked.
pub(crate) struct Allowed {
    /// One a segment; `None`: all of its rows.
    pub(crate) masks: Vec<Option<Bits>>,
    pub(crate) count: usize,
    pub(crate) dropped_by_acl: usize,
    pub(crate) dropped_by_filter: usize,
}

impl Allowed {
    pub(crate) fn new(
        snapshot: &Snapshot,
        filter: Option<&Filter>,
        principals: Option<&[String]>,
    ) -> Allowed {
        let visible = principals.map(|principals| snapshot.docs_where(|facts| facts.visible(principals)));
        let passing = filter.map(|filter| snapshot.docs_where(|facts| facts.matching(&filter.0)));
        let mut allowed = Allowed { masks: Vec::new(), count: 0, dropped_by_acl: 0, dropped_by_filter: 0 };
        for view in &snapshot.views {
            let mut mask = (view.live < view.segment.rows()).then(|| {
                let mut live = view.dead.clone();
                live.invert();
                live
            });
            let mut left = view.live;
            let steps = [(&visible, &mut allowed.dropped_by_acl), (&passing, &mut allowed.dropped_by_filter)];
            for (docs, dropped) in steps {
                let Some(docs) = docs else { continue };
                let mut rows = Bits::none(view.segment.rows());
                for run in view.segment.runs().filter(|run| docs.has(run.doc as usize)) {
                    rows.set_range(run.start, run.end);
                }
                if let Some(before) = &mask {
                    rows.keep(before);
                }
                let now = rows.count();
                *dropped += left - now;
                left = now;
                mask = (now < view.segment.rows()).then_some(rows);
            }
            allowed.count += left;
            allowed.masks.push(mask);
        }
        allowed
    }
}

//! The table every measure of people starts from: who gave which task which label.

use std::cmp::Ordering;
use std::collections::HashMap;

/// One worker's label on one task, as places in [`Labels::workers`] and [`Labels::labels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Whose.
    pub worker: u32,
    /// Which.
    pub label: u32,
}

/// Who gave which task which label. A worker who skipped a task is simply absent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    tasks: Vec<String>,
    workers: Vec<String>,
    labels: Vec<String>,
    /// `given[starts[t]..starts[t + 1]]` is what task t got, by worker; one entry a worker.
    starts: Vec<usize>,
    given: Vec<Given>,
    replaced: usize,
    /// The group of each task; empty where each is one by itself.
    groups: Vec<u32>,
}

impl Labels {
    /// The table of `(task, worker, label)` rows. Where a worker labelled a task twice, the last row counts.
    ///
    /// Tasks and workers are sorted by name, labels in their natural order: numbers by value, then words.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Labels {
        Labels::with_order(rows, &[])
    }

    /// As [`Labels::from_rows`], with the scale's labels from least to most. Those nobody used count as labels that could
    /// have been; labels that are not in `order` come after it.
    pub fn with_order<'a>(
        rows: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
        order: &'a [&'a str],
    ) -> Labels {
        let (mut tasks, mut workers, mut labels) = (Names::default(), Names::default(), Names::default());
        for label in order {
            labels.id(label);
        }
        let declared = labels.names.len();
        let rows: Vec<[u32; 3]> = rows
            .into_iter()
            .map(|(task, worker, label)| [tasks.id(task), workers.id(worker), labels.id(label)])
            .collect();
        let (tasks, task_at) = tasks.sorted(0, |a, b| a.cmp(b));
        let (workers, worker_at) = workers.sorted(0, |a, b| a.cmp(b));
        let (labels, label_at) = labels.sorted(declared, natural);

        let mut starts = vec![0; tasks.len() + 1];
        for row in &rows {
            starts[task_at[row[0] as usize] as usize + 1] += 1;
        }
        for task in 0..tasks.len() {
            starts[task + 1] += starts[task];
        }
        let mut next = starts.clone();
        let mut given = vec![Given { worker: 0, label: 0 }; rows.len()];
        for [task, worker, label] in &rows {
            let place = &mut next[task_at[*task as usize] as usize];
            given[*place] = Given { worker: worker_at[*worker as usize], label: label_at[*label as usize] };
            *place += 1;
        }
        let (starts, given, replaced) = last_of_each_worker(&starts, given);
        Labels { tasks, workers, labels, starts, given, replaced, groups: Vec::new() }
    }

    /// Says which tasks belong together, by a name for the group of each: whole groups are resampled, for places of one item
    /// are answered alike and say less than as many items.
    pub fn grouped(mut self, group_of: impl Fn(&str) -> &str) -> Labels {
        let mut names = Names::default();
        self.groups = self.tasks.iter().map(|task| names.id(group_of(task))).collect();
        self
    }

    /// The group of each task, numbered from 0; empty where each is one by itself.
    pub(crate) fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// The tasks by name.
    pub fn tasks(&self) -> &[String] {
        &self.tasks
    }

    /// The workers by name.
    pub fn workers(&self) -> &[String] {
        &self.workers
    }

    /// The labels in their order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What the task got, by worker. `task` is a place in [`Labels::tasks`].
    pub fn of_task(&self, task: usize) -> &[Given] {
        &self.given[self.starts[task]..self.starts[task + 1]]
    }

    /// How many labels were given, each worker counted once a task.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Whether nobody labelled anything.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// How many rows a later row of the same worker on the same task overwrote.
    pub fn replaced(&self) -> usize {
        self.replaced
    }

    /// All that was given, task by task, and where each task starts in it.
    pub(crate) fn all(&self) -> (&[Given], &[usize]) {
        (&self.given, &self.starts)
    }

    /// The labels as numbers; `None` unless every one is a finite number.
    pub(crate) fn values(&self) -> Option<Vec<f64>> {
        self.labels.iter().map(|label| number(label)).collect()
    }
}

/// Names in the order they were first seen.
#[derive(Default)]
struct Names<'a> {
    names: Vec<&'a str>,
    ids: HashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    fn id(&mut self, name: &'a str) -> u32 {
        let next = self.names.len() as u32;
        *self.ids.entry(name).or_insert_with(|| {
            self.names.push(name);
            next
        })
    }

    /// The names with all but the first `fixed` sorted, and the new place of each old one.
    fn sorted(self, fixed: usize, order: impl Fn(&str, &str) -> Ordering) -> (Vec<String>, Vec<u32>) {
        let mut by_place: Vec<usize> = (0..self.names.len()).collect();
        by_place[fixed..].sort_by(|&a, &b| order(self.names[a], self.names[b]));
        let mut place_of = vec![0; self.names.len()];
        for (place, &old) in by_place.iter().enumerate() {
            place_of[old] = place as u32;
        }
        (by_place.iter().map(|&old| self.names[old].to_string()).collect(), place_of)
    }
}

fn number(label: &str) -> Option<f64> {
    label.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

/// Numbers by value, before all words; what is equal by that, by its letters.
fn natural(a: &str, b: &str) -> Ordering {
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// Sorts each task's entries by worker and keeps every worker's last.
fn last_of_each_worker(starts: &[usize], mut given: Vec<Given>) -> (Vec<usize>, Vec<Given>, usize) {
    let mut kept: Vec<Given> = Vec::with_capacity(given.len());
    let mut new_starts = vec![0];
    for bounds in starts.windows(2) {
        let entries = &mut given[bounds[0]..bounds[1]];
        // Stable, so that the entries of one worker stay in the order of their rows.
        entries.sort_by_key(|entry| entry.worker);
        let last = |at: usize| entries.get(at + 1).is_none_or(|next| next.worker != entries[at].worker);
        kept.extend((0..entries.len()).filter(|&at| last(at)).map(|at| entries[at]));
        new_starts.push(kept.len());
    }
    let replaced = given.len() - kept.len();
    (new_starts, kept, replaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(labels: &Labels) -> String {
        let task = |t: usize| {
            let given = labels.of_task(t).iter();
            let name = |g: &Given| {
                format!("{}={}", labels.workers()[g.worker as usize], labels.labels()[g.label as usize])
            };
            format!("{}: {}", labels.tasks()[t], given.map(name).collect::<Vec<_>>().join(" "))
        };
        (0..labels.tasks().len()).map(task).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn rows_become_a_sorted_table_and_the_last_word_counts() {
        let rows = [("t2", "b", "no"), ("t1", "b", "no"), ("t1", "a", "yes"), ("t1", "b", "yes")];
        let labels = Labels::from_rows(rows);
        assert_eq!(show(&labels), "t1: a=yes b=yes; t2: b=no");
        assert_eq!((labels.len(), labels.replaced()), (3, 1));
    }

    #[test]
    fn numbers_are_in_the_order_of_their_values_before_words() {
        let rows = ["10", "9", "-1", "x", "2.5"].map(|label| ("t", label, label));
        assert_eq!(Labels::from_rows(rows).labels(), ["-1", "2.5", "9", "10", "x"]);
    }

    #[test]
    fn a_declared_order_comes_first_and_keeps_what_nobody_used() {
        let rows = [("t", "a", "good"), ("t", "b", "odd")];
        let labels = Labels::with_order(rows, &["bad", "fair", "good"]);
        assert_eq!(labels.labels(), ["bad", "fair", "good", "odd"]);
    }

    #[test]
    fn nothing_makes_an_empty_table() {
        let labels = Labels::from_rows([]);
        assert!(labels.is_empty() && labels.tasks().is_empty() && labels.values() == Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn rows_without_duplicates_make_the_same_table_in_any_order(
            mut rows in prop::collection::btree_map((0u8..9, 0u8..5), 0u8..4, 0..30)
                .prop_map(|table| table.into_iter().map(|((t, w), l)| [t, w, l].map(|n| n.to_string())).collect::<Vec<_>>())
                .prop_shuffle()
        ) {
            fn table(rows: &[[String; 3]]) -> Labels {
                Labels::from_rows(rows.iter().map(|[t, w, l]| (t.as_str(), w.as_str(), l.as_str())))
            }
            let shuffled = table(&rows);
            rows.sort();
            prop_assert_eq!(shuffled, table(&rows));
        }
    }
}

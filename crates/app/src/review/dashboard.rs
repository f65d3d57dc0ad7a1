//! The dashboard: how far a dataset is, how far people agree, who works how, in one look.

use std::collections::BTreeMap;

use engraft_annotate::{agreement, says_same};
use engraft_eval::{Metric, Resampling};
use engraft_store::{MemberRow, UserNo};

use crate::dataset::opened::{self, Opened};
use crate::dataset::record::{self, Names};
use crate::people::{Act, Principal};
use crate::review::cost::Cost;
use crate::review::matrix::matrix;
use crate::review::view::{Dashboard, ItemCounts, LabelCount, LabelCounts, PersonRow, QuestionAgreement};
use crate::review::window::{self, Answered};
use crate::{Context, Error, Workspace, when};

/// How a live interval is resampled.
const LIVE: Resampling = Resampling { seed: 0, resamples: 200 };

/// A dataset at a glance. People and the items behind numbers are only for those who may see answers.
pub fn dashboard(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
) -> Result<Dashboard, Error> {
    who.must(Act::SeeProgress)?;
    let dataset = opened::open(workspace, name)?;
    let now = when::millis(context);
    let names = record::names(workspace)?;
    let tally = workspace.store.tally(dataset.no, now)?;
    let window = window::latest(workspace, &dataset, &names)?;
    let suggested = window::suggested(workspace, &dataset, &names)?;
    let members = workspace.store.members(dataset.no)?;
    let hours_spent = hours(members.iter().map(|(_, member)| member.active_ms).sum());
    let rate = workspace.store.rate(dataset.no)?.filter(|_| who.may(Act::SeeAnswers));
    let hourly = rate.as_ref().map(|rate| rate.hourly);
    let people = people(workspace, &dataset, &members, &names, [&window, &suggested], (now, hourly))?;
    let needed = tally.wanted.saturating_sub(tally.submitted);
    let speeds: Vec<f64> = people.iter().filter_map(|row| row.median_seconds).collect();
    let speed = (!speeds.is_empty()).then(|| speeds.iter().sum::<f64>() / speeds.len() as f64);
    let hours_left = speed.map(|seconds| seconds * needed as f64 / 3600.0);
    let mut matrices: Vec<_> =
        dataset.schema.questions.iter().filter_map(|question| matrix(&question.name, &window)).collect();
    if !who.may(Act::SeeAnswers) {
        matrices.iter_mut().flat_map(|matrix| &mut matrix.cells).for_each(|cell| cell.items.clear());
    }
    Ok(Dashboard {
        items: ItemCounts {
            total: tally.items,
            open: tally.open,
            conflicts: tally.complete,
            resolved: tally.resolved,
            flagged: workspace.store.count_flagged(dataset.no)?,
        },
        responses: tally.submitted,
        responses_needed: needed,
        cost: rate.map(|rate| Cost::of(rate, hours_spent, tally.resolved, hours_left)),
        hours_left,
        hours_spent,
        agreement: agreements(&dataset, &window),
        people: if who.may(Act::SeeAnswers) { people } else { Vec::new() },
        labels: labels(workspace, &dataset)?,
        matrices,
        window: window.len() as u64,
        dataset: dataset.name,
    })
}

/// Two numbers of which one grows whenever a dashboard may look different.
pub fn pulse(workspace: &Workspace, who: &Principal) -> Result<[u64; 2], Error> {
    who.must(Act::SeeProgress)?;
    Ok(workspace.store.pulse()?)
}

fn agreements(dataset: &Opened, window: &[Answered]) -> Vec<QuestionAgreement> {
    let judged: Vec<_> = window.iter().map(Answered::judged).collect();
    let each = dataset.schema.questions.iter().map(|question| {
        let found = agreement(question, &judged, &LIVE);
        QuestionAgreement {
            question: question.name.clone(),
            measure: found.measure.to_string(),
            metric: found.headline.metric,
            used: found.headline.used,
            of: found.headline.of,
            items: window.iter().filter(|item| item.is_compared(&question.name)).count(),
        }
    });
    each.collect()
}

fn labels(workspace: &Workspace, dataset: &Opened) -> Result<Vec<LabelCounts>, Error> {
    let mut by_question: BTreeMap<String, Vec<LabelCount>> = BTreeMap::new();
    for row in workspace.store.label_counts(dataset.no)? {
        let counts = by_question.entry(row.question).or_default();
        counts.push(LabelCount { label: row.value, count: row.responses });
    }
    let each = dataset.schema.questions.iter().filter_map(|question| {
        let mut counts = by_question.remove(&question.name)?;
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
        Some(LabelCounts { question: question.name.clone(), counts })
    });
    Ok(each.collect())
}

fn people(
    workspace: &Workspace,
    dataset: &Opened,
    members: &[(UserNo, MemberRow)],
    names: &Names,
    [window, suggested]: [&[Answered]; 2],
    (now, hourly): (i64, Option<f64>),
) -> Result<Vec<PersonRow>, Error> {
    let agrees = same_as_others(dataset, window);
    let mut rows = Vec::new();
    for (user, member) in members {
        let user = *user;
        let name = names.get(&user).cloned().unwrap_or_else(|| user.to_string());
        let median = workspace.store.median_ms(dataset.no, user)?;
        let taken = accepted(user, suggested);
        rows.push(PersonRow {
            paused: member.paused.clone(),
            submitted: member.submitted,
            today: workspace.store.submitted_since(dataset.no, user, when::day(now))?,
            skipped: member.skipped,
            drafts: workspace.store.count_drafts(dataset.no, user)?,
            hours: hours(member.active_ms),
            cost: hourly.map(|rate| hours(member.active_ms) * rate),
            median_seconds: median.map(|ms| ms as f64 / 1000.0),
            gold: gold(member),
            agrees: agrees.get(&name).map(|items| Metric::share(items, &LIVE)),
            agrees_items: agrees.get(&name).map_or(0, |items| items.len() as u64),
            accepted: (!taken.is_empty()).then(|| Metric::share(&taken, &LIVE)),
            accepted_items: taken.len() as u64,
            user: name,
        });
    }
    rows.sort_by(|a, b| a.user.cmp(&b.user));
    Ok(rows)
}

fn hours(ms: u64) -> f64 {
    ms as f64 / 3_600_000.0
}

fn gold(member: &MemberRow) -> Option<Metric> {
    let (right, of) = (member.gold_right, member.gold_answered);
    (of > 0).then(|| {
        let interval = engraft_eval::wilson(right as usize, of as usize);
        let (low, high) = (Some(interval.low), Some(interval.high));
        Metric { value: Some(right as f64 / of as f64), low, high, n: of as usize, why: None }
    })
}

/// Of the answers of others to the same items and questions, how many say the same as this person's: for each item, those and
/// all.
fn same_as_others(dataset: &Opened, window: &[Answered]) -> BTreeMap<String, Vec<(u64, u64)>> {
    let mut counts: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for item in window {
        for (place, (user, answers)) in item.given.iter().enumerate() {
            let (mut same, mut of) = (0, 0);
            let others = item.given.iter().enumerate().filter(|(other, _)| *other != place);
            for (_, (_, theirs)) in others {
                let is_shared = |name: &String| answers.contains_key(name) && theirs.contains_key(name);
                for question in dataset.schema.questions.iter().filter(|question| is_shared(&question.name)) {
                    same += u64::from(says_same(question, answers, theirs));
                    of += 1;
                }
            }
            if of > 0 {
                counts.entry(user.clone()).or_default().push((same, of));
            }
        }
    }
    counts
}

/// Of the answers that models suggested to this person, how many they took over: for each item, those and all. Empty where
/// nothing was suggested.
fn accepted(user: UserNo, suggested: &[Answered]) -> Vec<(u64, u64)> {
    let rows = suggested.iter().flat_map(|item| &item.accepted).filter(|row| row.0 == user && row.1 > 0);
    rows.map(|(_, of, taken)| (*taken, *of)).collect()
}

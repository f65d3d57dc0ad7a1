//! Growth and load: the same questions asked where some documents are left out and where passages were made up beside them, and
//! questions that come faster than they are answered.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_decide::{Arm, LoadTrial, Scale, SizeRun};
use engraft_eval::SplitMix;

use super::how::How;
use super::lessons::Library;
use super::questions::Posed;
use super::right::right;
use crate::decide::asking::Asking;
use crate::decide::draw::shuffle;
use crate::decide::grow::{beyond, parts};
use crate::decide::load::{self, Pressed, press};
use crate::decide::meter::metered;
use crate::decide::task::Task;
use crate::isolate::Parsers;
use crate::{Error, Workspace, ask, sync};

/// How the names of files with made-up passages begin.
const MADE_UP: &str = "made-up-passage-";
/// Sentences of a made-up passage.
const SENTENCES: usize = 5;
/// Of fewer sentences nothing is made up: it would be the same again and again.
const LEAST_SENTENCES: usize = 50;
/// Passages that are put into an index in memory; of more, all of them are searched where they are, and no part is tried.
const IN_MEMORY: usize = 200_000;
/// Where questions rest on many of the documents, only so many are asked, so that there is something to leave out.
const FEW: usize = 30;

/// How there was less and more, for the report.
const HOW: &str = "Documents were left out at random, but for those that hold the gold of the questions asked here. \
    Where there are not ten times as many, passages were made up of five sentences of the documents put together at random, without \
    any that hold an answer: they are less like a right answer than what people write, so that they count for time, and for quality \
    only where nothing else was tried";

/// What is asked, and among what.
struct Plan<'l> {
    /// Places of the questions.
    asked: Vec<usize>,
    /// The documents: those the questions rest on, then the others at random.
    documents: Vec<&'l str>,
    /// How many documents there are each time.
    parts: Vec<usize>,
    /// How many passages there are in all each time some are made up.
    beyond: Vec<usize>,
    /// What they are made up of.
    sentences: Vec<String>,
}

/// Where arms are asked, and in which ways.
pub(super) struct Stage<'s, 'a> {
    pub(super) asking: &'s Asking<'a>,
    pub(super) parsers: &'s Parsers,
    /// The folder that the workspace follows.
    pub(super) documents: &'s Path,
    pub(super) task: &'s Task,
    /// Questions answered at a time under load.
    pub(super) workers: usize,
    pub(super) asked: &'s [Posed],
    /// The names of arms and how they answer.
    pub(super) ways: &'s [(&'s str, &'s How)],
}

impl Stage<'_, '_> {
    /// What growth and load do to the arms; `None` when the task asks for neither. The workspace holds what was made up afterwards.
    pub(super) fn scale(&self, workspace: &mut Workspace, arms: &[Arm]) -> Result<Option<Scale>, Error> {
        let loads = self.loads(workspace, arms)?;
        let sizes = self.sizes(workspace)?;
        let (unit, how, load_how) = ("passages".into(), HOW.into(), load::how(self.workers));
        let measured = !sizes.is_empty() || !loads.is_empty();
        Ok(measured.then_some(Scale { unit, how, sizes, load_how, loads }))
    }

    fn loads(&self, workspace: &mut Workspace, arms: &[Arm]) -> Result<Vec<LoadTrial>, Error> {
        let mut loads = Vec::new();
        for (name, how) in self.ways {
            let arm = arms.iter().find(|arm| arm.name == *name);
            let pressed = arm.and_then(|arm| Pressed::of(arm, self.task, self.workers));
            let Some(pressed) = pressed else { continue };
            how.apply(workspace);
            let (context, workspace) = (self.asking.context, &*workspace);
            let answer =
                |at: usize| ask(context, workspace, &how.request(&self.asked[at].question, None)).is_ok();
            loads.extend(press(self.asking, &pressed, &answer)?);
        }
        Ok(loads)
    }

    fn sizes(&self, workspace: &mut Workspace) -> Result<Vec<SizeRun>, Error> {
        let Stage { asking, task, ways, .. } = *self;
        if task.scale.questions == 0 {
            return Ok(Vec::new());
        }
        let context = asking.context;
        let library = Library::of(workspace)?;
        let plan = Plan::of(&library, task, self.asked);
        let name = format!("sizes-{}-{}", task.scale.questions, task.scale.passages());
        let (mut runs, mut more) = asking.kept.results::<SizeRun>(&name, asking.fingerprint)?;
        let steps = plan.parts.len() + plan.beyond.len();
        context.progress.stage("grow", Some((steps * ways.len()) as u64));
        context.progress.advance(runs.len() as u64);
        for step in runs.len() / ways.len()..steps {
            let (size, made_up) = self.set(workspace, &library, &plan, step)?;
            for (name, how) in &ways[runs.len() % ways.len()..] {
                how.apply(workspace);
                let run = self.run(workspace, &plan, (name, how), (size, made_up))?;
                more.keep(&run)?;
                runs.push(run);
                context.progress.advance(1);
            }
        }
        workspace.widen()?;
        Ok(runs)
    }

    /// Leaves documents out or makes passages up, as the step wants it; how many passages there are then, and made up.
    fn set(
        &self,
        workspace: &Workspace,
        library: &Library,
        plan: &Plan,
        step: usize,
    ) -> Result<(usize, usize), Error> {
        let context = self.asking.context;
        if let Some(&part) = plan.parts.get(step) {
            let kept: BTreeSet<&str> = plan.documents[..part].iter().copied().collect();
            let size = library.size(&plan.documents[..part]);
            match size <= IN_MEMORY {
                true => workspace.narrow(context, &|row| kept.contains(row.uri.as_str()))?,
                false => workspace.widen()?,
            }
            return Ok((size, 0));
        }
        let real = library.size(&plan.documents);
        workspace.widen()?;
        let wanted = plan.beyond[step - plan.parts.len()] - real;
        make_up(self.documents, &plan.sentences, wanted, self.task.seed)?;
        sync(context, workspace, self.parsers, None, false)?;
        workspace.narrow(context, &|_| true)?;
        let size = workspace.store.stats()?.chunks;
        Ok((size, size.saturating_sub(real)))
    }

    fn run(
        &self,
        workspace: &Workspace,
        plan: &Plan,
        (name, how): (&str, &How),
        (size, made_up): (usize, usize),
    ) -> Result<SizeRun, Error> {
        let (arm, questions) = (name.to_string(), plan.asked.clone());
        let mut run = SizeRun { arm, size, made_up, questions, quality: Vec::new(), ms: Vec::new() };
        for posed in plan.asked.iter().map(|&at| &self.asked[at]) {
            self.asking.go_on()?;
            let request = how.request(&posed.question, None);
            let (report, used) = metered(|| ask(self.asking.context, workspace, &request));
            let right = match report {
                Ok(report) => right(posed, workspace, &report, report.answerable)? == Some(true),
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(_) => false,
            };
            run.quality.push(f64::from(u8::from(right)));
            run.ms.push(used.ms);
        }
        Ok(run)
    }
}

impl<'l> Plan<'l> {
    fn of(library: &'l Library, task: &Task, asked: &'l [Posed]) -> Plan<'l> {
        let scaling = &task.scale;
        let mut random = SplitMix::new(task.seed, 0x6772_6f77);
        let mut places: Vec<usize> = (0..asked.len()).collect();
        shuffle(&mut places, &mut random);
        let all: Vec<&str> = library.uris().collect();
        let (mut needed, mut chosen) = (BTreeSet::new(), Vec::new());
        for at in places {
            let own = library.answering(&asked[at]);
            if asked[at].answerable && own.is_empty() {
                // Which documents to keep for it is not known.
                continue;
            }
            let after = needed.len() + own.iter().filter(|uri| !needed.contains(*uri)).count();
            if chosen.len() < scaling.questions.min(FEW)
                || (chosen.len() < scaling.questions && 4 * after <= all.len())
            {
                needed.extend(own);
                chosen.push(at);
            }
        }
        chosen.sort_unstable();
        let mut others: Vec<&str> = all.iter().copied().filter(|uri| !needed.contains(uri)).collect();
        shuffle(&mut others, &mut random);
        let parts = parts(all.len(), needed.len());
        let documents: Vec<&str> = needed.into_iter().chain(others).collect();
        let mut plan = Plan { asked: chosen, documents, parts, beyond: Vec::new(), sentences: Vec::new() };
        let (all, documents) = (plan.documents.len(), &plan.documents);
        plan.parts.retain(|&part| part == all || library.size(&documents[..part]) <= IN_MEMORY);
        let beyond = beyond(library.size(&plan.documents), scaling.passages());
        if !beyond.is_empty() {
            plan.sentences = library.sentences(asked);
        }
        if plan.sentences.len() >= LEAST_SENTENCES {
            plan.beyond = beyond;
        }
        if plan.asked.is_empty() {
            (plan.parts, plan.beyond) = (Vec::new(), Vec::new());
        }
        plan
    }
}

/// Writes so many passages below `documents`, each in a file of its own and the same whenever it is written.
fn make_up(documents: &Path, sentences: &[String], many: usize, seed: u64) -> Result<(), Error> {
    for number in 0..many {
        let path = documents.join(format!("{MADE_UP}{number}.md"));
        if path.exists() {
            continue;
        }
        let mut random = SplitMix::new(seed ^ 0x6d61_6465, number as u64);
        let text: Vec<&str> =
            (0..SENTENCES).map(|_| sentences[random.below(sentences.len())].as_str()).collect();
        std::fs::write(&path, text.join(" ") + "\n").map_err(Error::io("write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(lines: &str) -> Vec<Posed> {
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Documents `0.md` to `99.md`, two passages each, and a question about each of the first so many.
    fn planned(questions: usize, more: &str) -> (Vec<usize>, Vec<usize>, Vec<usize>, Vec<String>) {
        let text =
            |at: usize| format!("Room {at} seats {at}0 people. It has a window to the yard number {at}.");
        let library = Library::with((0..100).map(|at| (format!("{at}.md"), vec![text(at), text(at)])));
        let line = |at: usize| {
            format!(r#"{{"id":"{at}","question":"?","gold":[{{"quote":"Room {at} seats {at}0 people"}}]}}"#)
                + "\n"
        };
        let lines: String = (0..questions).map(line).collect();
        let task = Task::parse(&format!("kind = 'answer'\n{more}"), "".into(), "t").unwrap();
        let asked = asked(&(lines + r#"{"id":"x","question":"?","answer":"nowhere"}"#));
        let plan = Plan::of(&library, &task, &asked);
        let first: BTreeSet<String> =
            plan.documents[..plan.parts[0]].iter().map(|uri| uri.to_string()).collect();
        assert!(plan.asked.iter().all(|at| first.contains(&format!("{at}.md"))), "{first:?}");
        (plan.asked, plan.parts, plan.beyond, plan.sentences)
    }

    #[test]
    fn the_documents_of_the_questions_stay_and_the_others_come_by_and_by() {
        let (asked, parts, beyond, sentences) = planned(20, "");
        assert_eq!((asked.len(), parts, beyond), (20, vec![20, 31, 100], vec![632, 1200]));
        // The first sentence of a room that is asked about is an answer.
        assert_eq!(sentences.len(), 2 * (100 + 80));
    }

    #[test]
    fn where_questions_rest_on_many_documents_fewer_are_asked() {
        let (asked, parts, ..) = planned(90, "");
        assert_eq!((asked.len(), parts), (30, vec![31, 100]));
        let (asked, parts, beyond, _) = planned(90, "scale = { questions = 8, made_up = 0 }");
        assert_eq!((asked.len(), parts, beyond.len()), (8, vec![10, 31, 100], 0));
    }

    #[test]
    fn what_is_made_up_is_the_same_each_time_and_grows() {
        let folder = tempfile::tempdir().unwrap();
        let sentences: Vec<String> = (0..60).map(|at| format!("Sentence {at}.")).collect();
        make_up(folder.path(), &sentences, 2, 1).unwrap();
        let read =
            |number: usize| std::fs::read_to_string(folder.path().join(format!("{MADE_UP}{number}.md")));
        let before = [read(0).unwrap(), read(1).unwrap()];
        assert_ne!(before[0], before[1]);
        std::fs::remove_file(folder.path().join(format!("{MADE_UP}0.md"))).unwrap();
        make_up(folder.path(), &sentences, 3, 1).unwrap();
        assert_eq!([read(0).unwrap(), read(1).unwrap()], before);
        assert!(read(2).is_ok() && read(3).is_err());
    }
}

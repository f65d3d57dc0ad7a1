//! What is done of a training, on disk: the same command goes on, to the bit, where it was stopped.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use engraft_core::content_hash;
use engraft_nn::ModelError;
use engraft_nn::train::{read_state, write_state};
use same_file::Handle;
use serde::{Deserialize, Serialize};

use crate::trainer::{Plan, Task, Trained};
use crate::{TuneError, Watch};

/// Nanoseconds between two states on disk; trainings that end sooner leave none unless they are stopped.
const APART: i64 = 60_000_000_000;
/// Values and moments of a training that goes on, as `state-NUMBER.safetensors`.
const STATE: &str = "state";
/// The values of its best epoch, or of its end, as `best-NUMBER.safetensors`.
const BEST: &str = "best";
/// Everything else, and the number of the files that belong to it; without it there is no state.
const CURSOR: &str = "cursor.json";
/// The same while it is written: the state before stands until it takes the place of the other.
const NEXT: &str = "cursor.new";
/// The file that is locked while a command trains, so that no other trains in its folder.
const LOCK: &str = "lock";
/// One in so many starting numbers tells a training from others.
const SAMPLE: usize = 997;

/// Nanoseconds after which nobody is expected to go on with a training: thirty days.
const FORGOTTEN: i64 = 30 * 24 * 3_600_000_000_000;

/// Where the trainings of one command keep what is done of them.
///
/// A command trains in the same order whenever it runs on the same input, so each training is known by its number.
#[derive(Debug)]
pub struct Keep {
    folder: PathBuf,
    begun: AtomicUsize,
    is_over: bool,
    /// Goes with the process that holds it, however that ends. `None` where this one may not even read it.
    _lock: Option<File>,
}

impl Keep {
    /// In a folder that no other command uses: one of its data, its settings and its base. Refused while the same command is at work
    /// there: each would remove what the other wrote.
    pub fn open(folder: PathBuf) -> Result<Keep, TuneError> {
        let lock = lock_of(&folder)?;
        Ok(Keep { folder, begun: AtomicUsize::new(0), is_over: false, _lock: lock })
    }

    /// Forgets everything, for a command that is done; what is left of it would only take room.
    pub fn clear(mut self) {
        self.is_over = true;
    }

    /// Removes what commands kept in `trainings`, each in its folder, and wrote to last more than thirty days before `now_ns`; of how
    /// many commands. Until then the same command goes on with it, and one that is at work keeps what it has.
    pub fn sweep(trainings: &Path, now_ns: i64) -> usize {
        let folders = std::fs::read_dir(trainings).into_iter().flatten().flatten().map(|entry| entry.path());
        let old = folders.filter(|folder| written_ns(folder).is_some_and(|at| now_ns - at > FORGOTTEN));
        let remove = |folder: &PathBuf| {
            Keep::open(folder.clone()).is_ok_and(|_alone| std::fs::remove_dir_all(folder).is_ok())
        };
        old.filter(remove).count()
    }

    /// The place of the next training.
    pub(crate) fn next<'a, T: Task>(&self, task: &mut T, plan: &Plan, watch: Watch<'a>) -> Kept<'a> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let mut about = format!("{plan:?} {}", task.examples()).into_bytes();
        for (parameters, rate) in task.groups() {
            let starts = parameters.iter().flat_map(|parameter| parameter.values.iter().step_by(SAMPLE));
            about.extend(starts.flat_map(|x| x.to_le_bytes()));
            about.extend(rate.to_le_bytes());
        }
        let (key, now) = (content_hash(&about), (watch.now_ns)());
        Kept { dir: self.folder.join(number.to_string()), key, watch, last: now, used: false, number: 0 }
    }
}

impl Drop for Keep {
    /// Removes the folder of a command that is done, or that kept nothing; the lock is still held.
    fn drop(&mut self) {
        let mut inside = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        if self.is_over || inside.all(|entry| entry.file_name() == LOCK) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The lock of a folder, which is made where there is none; `None` where this process may not have it: that it may not write there
/// either is told once there is something to keep.
fn lock_of(folder: &Path) -> Result<Option<File>, TuneError> {
    let path = folder.join(LOCK);
    let open = || -> std::io::Result<File> {
        std::fs::create_dir_all(folder)?;
        File::options().create(true).read(true).append(true).open(&path)
    };
    loop {
        let lock = match open() {
            Ok(lock) => lock,
            // To lock it, it is enough to read what another user made.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => match File::open(&path) {
                Ok(lock) => lock,
                Err(_) => return Ok(None),
            },
            Err(error) => return Err(TuneError::io("open", &path)(error)),
        };
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(TuneError::Running),
            // Whoever held it was done and removed it meanwhile: it keeps nobody out, though another may have taken its place.
            Ok(()) if !is_at(&lock, &path) => {}
            // Where files cannot be locked, whoever starts two sees to it.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(Some(lock)),
        }
    }
}

/// Whether an open file is the one that is at `path` now.
fn is_at(open: &File, path: &Path) -> bool {
    let open = open.try_clone().and_then(Handle::from_file);
    open.is_ok_and(|open| Handle::from_path(path).is_ok_and(|there| there == open))
}

/// When a folder, or what is in it, was written to last, in nanoseconds since 1970; `None` where that cannot be told.
fn written_ns(path: &Path) -> Option<i64> {
    let written = std::fs::metadata(path).and_then(|data| data.modified()).ok()?;
    let own = i64::try_from(written.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()?;
    let inside = std::fs::read_dir(path).into_iter().flatten().flatten();
    inside.filter_map(|entry| written_ns(&entry.path())).chain([own]).max()
}

/// How far a training is.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Epochs done.
    pub(crate) epoch: usize,
    /// Batches done of the next one, and the sum of their losses.
    pub(crate) batches: usize,
    pub(crate) losses: f64,
    pub(crate) optimiser_steps: u64,
    pub(crate) trained: Trained,
    /// Whether it is over.
    pub(crate) done: bool,
    /// The values of the best epoch, where another may be kept than the last.
    #[serde(skip)]
    pub(crate) best: Option<Vec<Vec<f32>>>,
}

#[derive(Serialize, Deserialize)]
struct Cursor<S> {
    key: String,
    number: u64,
    has_best: bool,
    state: S,
}

/// The place of one training.
pub(crate) struct Kept<'a> {
    dir: PathBuf,
    key: String,
    watch: Watch<'a>,
    /// When the last state was written.
    last: i64,
    /// Whether there is something in the folder.
    used: bool,
    /// The number of the files that the cursor names; 0 where there is none.
    number: u64,
}

impl Kept<'_> {
    /// Whether it is time to write a state.
    pub(crate) fn is_due(&self) -> bool {
        (self.watch.now_ns)() - self.last >= APART
    }

    /// What is kept, already in the task; `None` where there is nothing, or something of another training.
    pub(crate) fn resume<T: Task>(&mut self, task: &mut T) -> Result<Option<State>, TuneError> {
        let Ok(bytes) = std::fs::read(self.dir.join(CURSOR)) else { return Ok(None) };
        let Ok(read) = serde_json::from_slice::<Cursor<State>>(&bytes) else { return Ok(None) };
        let Cursor { key, number, has_best, state } = read;
        // Of another training too: what is written next takes the place of nothing that a cursor names.
        self.number = number;
        if key != self.key {
            return Ok(None);
        }
        self.used = true;
        self.read(task, has_best, state).map(Some).map_err(|source| {
            // The task may hold half of it by now. With the cursor the same command would fail for ever; without, it begins anew.
            let _ = std::fs::remove_file(self.dir.join(CURSOR));
            TuneError::Kept { source }
        })
    }

    /// Brings the files that the cursor names into the task.
    fn read<T: Task>(&self, task: &mut T, has_best: bool, mut state: State) -> Result<State, ModelError> {
        if has_best {
            let weights = engraft_nn::Weights::open(&self.file(BEST, self.number))?;
            let lengths: Vec<usize> = values(task).iter().map(Vec::len).collect();
            let read = lengths.iter().enumerate().map(|(n, &len)| weights.vector(&format!("{n}"), len));
            state.best = Some(read.collect::<Result<Vec<_>, _>>()?);
        }
        match (state.done, state.best.take()) {
            (true, end) => restore(task, &end.unwrap_or_default()),
            (false, best) => {
                state.best = best;
                let mut groups = task.groups();
                let all = groups.iter_mut().flat_map(|(all, _)| all.iter_mut().map(|one| &mut **one));
                read_state(&self.file(STATE, self.number), all)?;
            }
        }
        Ok(state)
    }

    /// Writes how far it is. Wherever a process is killed meanwhile, what was kept before is there or this is.
    pub(crate) fn save<T: Task>(&mut self, task: &mut T, state: &State) -> Result<(), TuneError> {
        self.write(task, state)?;
        self.turn_to_next(state, state.best.is_some())?;
        self.last = (self.watch.now_ns)();
        Ok(())
    }

    /// Writes what came of it, where it would take long to come to that again.
    pub(crate) fn finish<T: Task>(&mut self, task: &mut T, state: &State) -> Result<(), TuneError> {
        if !self.used && !self.is_due() {
            return Ok(());
        }
        self.begin()?;
        self.write_best(&values(task))?;
        self.turn_to_next(state, true)
    }

    /// Writes the files of a state beside those that the cursor names.
    fn write<T: Task>(&mut self, task: &mut T, state: &State) -> Result<(), TuneError> {
        self.begin()?;
        let groups = task.groups();
        let all = groups.iter().flat_map(|(all, _)| all.iter().map(|one| &**one));
        write_state(&self.file(STATE, self.number + 1), all)?;
        match &state.best {
            Some(best) => self.write_best(best),
            None => Ok(()),
        }
    }

    fn begin(&mut self) -> Result<(), TuneError> {
        self.used = true;
        std::fs::create_dir_all(&self.dir).map_err(TuneError::io("create", &self.dir))
    }

    fn write_best(&self, best: &[Vec<f32>]) -> Result<(), TuneError> {
        let named = best.iter().enumerate();
        let named: Vec<_> =
            named.map(|(n, values)| (n.to_string(), vec![values.len()], values.clone())).collect();
        Ok(engraft_nn::write_tensors(&self.file(BEST, self.number + 1), &named)?)
    }

    /// Makes what was just written the state, in one step, and removes what was before it.
    fn turn_to_next(&mut self, state: &State, has_best: bool) -> Result<(), TuneError> {
        let number = self.number + 1;
        let cursor = Cursor { key: self.key.clone(), number, has_best, state };
        let text = serde_json::to_vec(&cursor).map_err(|error| TuneError::Bug(error.to_string()))?;
        let (next, path) = (self.dir.join(NEXT), self.dir.join(CURSOR));
        std::fs::write(&next, text).map_err(TuneError::io("write", &next))?;
        std::fs::rename(&next, &path).map_err(TuneError::io("write", &path))?;
        self.number = number;
        let named = [path, self.file(STATE, number), self.file(BEST, number)];
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten().map(|entry| entry.path());
        for old in entries.filter(|path| !named.contains(path)) {
            // What stays only takes room, and goes with the next.
            let _ = std::fs::remove_file(old);
        }
        Ok(())
    }

    fn file(&self, what: &str, number: u64) -> PathBuf {
        self.dir.join(format!("{what}-{number}.safetensors"))
    }
}

/// The values of all trained tensors.
pub(crate) fn values<T: Task>(task: &mut T) -> Vec<Vec<f32>> {
    let groups = task.groups();
    let all = groups.iter().flat_map(|(parameters, _)| parameters);
    all.filter(|parameter| parameter.trained).map(|parameter| parameter.values.clone()).collect()
}

/// Brings them back.
pub(crate) fn restore<T: Task>(task: &mut T, values: &[Vec<f32>]) {
    let mut groups = task.groups();
    let all = groups.iter_mut().flat_map(|(parameters, _)| parameters);
    for (parameter, values) in all.filter(|parameter| parameter.trained).zip(values) {
        parameter.values.copy_from_slice(values);
    }
}

#[cfg(test)]
mod tests {
    use engraft_core::{Cancel, Fault, Kind};
    use engraft_nn::train::Parameter;

    use super::*;

    /// A number that is trained.
    struct One(Parameter);

    impl Task for One {
        fn examples(&self) -> usize {
            1
        }
        fn step(&mut self, _batch: &[usize]) -> Result<f64, TuneError> {
            Ok(0.0)
        }
        fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
            vec![(vec![&mut self.0], 1.0)]
        }
    }

    /// A task of one number with its place in `folder`, as the same command begins it.
    fn begin<'a>(folder: &Path, cancel: &'a Cancel) -> (One, Kept<'a>) {
        let mut task = One(Parameter::new("one", &[1], vec![0.0]));
        let keep = Keep::open(folder.into()).unwrap();
        let kept = keep.next(&mut task, &Plan::default(), Watch::quiet(cancel));
        (task, kept)
    }

    #[test]
    fn what_was_kept_stands_until_the_next_is_whole_wherever_a_process_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = Cancel::default();
        let begin = || begin(folder.path(), &cancel);
        let state = |steps: u8| State {
            optimiser_steps: u64::from(steps),
            best: Some(vec![vec![f32::from(steps)]]),
            ..State::default()
        };
        let check = |steps: u8| {
            let (mut task, mut kept) = begin();
            let found = kept.resume(&mut task).unwrap().unwrap();
            assert_eq!(
                (found.optimiser_steps, found.best),
                (u64::from(steps), Some(vec![vec![f32::from(steps)]]))
            );
            assert_eq!(task.0.values, [f32::from(steps)]);
            (task, kept)
        };
        let (mut task, mut kept) = begin();
        assert!(kept.resume(&mut task).unwrap().is_none());
        for steps in [1_u8, 2] {
            task.0.values = vec![f32::from(steps)];
            kept.save(&mut task, &state(steps)).unwrap();
        }
        check(2);
        // Killed once the files of the next state are there, and then while its cursor is written.
        task.0.values = vec![3.0];
        kept.write(&mut task, &state(3)).unwrap();
        check(2);
        std::fs::write(folder.path().join("0").join(NEXT), b"{").unwrap();
        let (mut task, mut kept) = check(2);
        // What goes on leaves nothing of all that behind.
        task.0.values = vec![4.0];
        kept.save(&mut task, &state(4)).unwrap();
        check(4);
        assert_eq!(std::fs::read_dir(folder.path().join("0")).unwrap().count(), 3);
    }

    #[test]
    fn what_was_kept_and_cannot_be_read_is_told_once_and_then_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = Cancel::default();
        let begin = || begin(folder.path(), &cancel);
        let (mut task, mut kept) = begin();
        kept.save(&mut task, &State::default()).unwrap();
        // As a power cut leaves it.
        std::fs::write(folder.path().join("0/state-1.safetensors"), b"").unwrap();
        let (mut task, mut kept) = begin();
        let Err(broken) = kept.resume(&mut task) else { panic!("an empty state was read") };
        assert!(matches!(broken, TuneError::Kept { .. }), "{broken}");
        let (mut task, mut kept) = begin();
        assert!(kept.resume(&mut task).unwrap().is_none());
    }

    #[test]
    fn one_command_at_a_time_trains_in_a_folder_and_another_is_refused_and_harms_nothing() {
        let trainings = tempfile::tempdir().unwrap();
        let folder = trainings.path().join("0123456789abcdef");
        let cancel = Cancel::default();
        let mut task = One(Parameter::new("one", &[1], vec![0.0]));
        let first = Keep::open(folder.clone()).unwrap();
        let mut kept = first.next(&mut task, &Plan::default(), Watch::quiet(&cancel));
        kept.save(&mut task, &State { optimiser_steps: 7, ..State::default() }).unwrap();
        let refused = Keep::open(folder.clone()).unwrap_err();
        assert!(refused.kind() == Kind::Conflict && refused.to_string().contains("is running"), "{refused}");
        let long_after = written_ns(&folder).unwrap() + FORGOTTEN + 1;
        assert_eq!(Keep::sweep(trainings.path(), long_after), 0);
        // What a killed process leaves, too: the file of the lock, which nobody holds.
        drop(first);
        assert!(folder.join(LOCK).is_file());
        let second = Keep::open(folder.clone()).unwrap();
        let mut kept = second.next(&mut task, &Plan::default(), Watch::quiet(&cancel));
        assert_eq!(kept.resume(&mut task).unwrap().unwrap().optimiser_steps, 7);
        second.clear();
        assert!(!folder.exists());
    }

    #[test]
    fn a_lock_counts_while_its_file_is_the_one_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        let opened = File::create(&path).unwrap();
        assert!(is_at(&opened, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&opened, &path));
        let _another = File::create(&path).unwrap();
        assert!(!is_at(&opened, &path), "what another command made meanwhile");
    }

    #[test]
    fn what_was_kept_is_there_for_thirty_days() {
        let trainings = tempfile::tempdir().unwrap();
        assert_eq!(Keep::sweep(&trainings.path().join("none"), 0), 0);
        let kept = trainings.path().join("0123456789abcdef");
        std::fs::create_dir_all(kept.join("0")).unwrap();
        std::fs::write(kept.join("0").join(CURSOR), b"numbers").unwrap();
        let written = written_ns(&kept).unwrap();
        assert_eq!(Keep::sweep(trainings.path(), written + FORGOTTEN), 0);
        assert!(kept.join("0").join(CURSOR).is_file());
        assert_eq!(Keep::sweep(trainings.path(), written + FORGOTTEN + 1), 1);
        assert!(!kept.exists() && trainings.path().is_dir());
    }
}

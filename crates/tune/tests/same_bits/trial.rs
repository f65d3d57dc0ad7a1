//! A training on the made-up encoder, on so many threads, stopped after so much; and everything it wrote.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use engraft_core::{Cancel, Progress};
use engraft_nn::EncoderOptions;
use engraft_tune::{Keep, TuneError, Watch};

use crate::Train;

/// The bytes of files by their paths below a folder.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What a trainer is given.
pub(crate) struct Trial<'a> {
    /// The folder of the encoder to start from.
    pub(crate) base: &'a Path,
    /// Where everything goes that comes of it.
    pub(crate) out: &'a Path,
    /// Threads of an encoder that is asked.
    pub(crate) threads: usize,
    pub(crate) watch: Watch<'a>,
}

impl Trial<'_> {
    pub(crate) fn options(&self) -> EncoderOptions {
        EncoderOptions { threads: self.threads, ..EncoderOptions::default() }
    }

    /// Writes what the model says of rows, every number to its last digit.
    pub(crate) fn says(&self, said: &dyn Debug) {
        std::fs::write(self.out.join("said.txt"), format!("{said:#?}\n")).unwrap();
    }

    /// Takes over the files of a folder that goes with its model.
    pub(crate) fn takes(&self, name: &str, from: &Path) {
        let mut files = Files::new();
        read(from, "", &mut files);
        for (file, bytes) in files {
            let path = self.out.join(name).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// When somebody asks to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stop {
    Never,
    /// After so many steps of an optimiser.
    AfterSteps(usize),
    /// After so many units of progress of any kind.
    AfterUnits(usize),
}

/// A training that ran.
pub(crate) struct Ran {
    /// What it wrote; `None` where it was stopped.
    pub(crate) files: Option<Files>,
    /// Steps it took now.
    pub(crate) steps: usize,
    /// Units of progress it told of.
    pub(crate) units: usize,
    /// Whether it went on with what was kept of an earlier one.
    pub(crate) went_on: bool,
}

/// Runs a training; `keep` is the folder where what is done of it is kept.
pub(crate) fn ran(train: Train, base: &Path, threads: usize, keep: Option<&Path>, stop: Stop) -> Ran {
    let out = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    let (steps, units, went_on) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let heard = Heard { cancel: &cancel, stop, steps, units, went_on };
    // Half a minute passes between two looks at the time, so that states are written on the way, too.
    let clock = AtomicI64::new(0);
    let now_ns = || clock.fetch_add(30_000_000_000, Ordering::Relaxed);
    let keep = keep.map(|folder| Keep::open(folder.to_path_buf()).unwrap());
    let watch = Watch { progress: &heard, cancel: &cancel, now_ns: &now_ns, keep: keep.as_ref() };
    let trial = Trial { base, out: out.path(), threads, watch };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let files = match pool.install(|| train(&trial)) {
        Ok(()) => {
            let mut files = Files::new();
            read(out.path(), "", &mut files);
            Some(files)
        }
        Err(TuneError::Cancelled) => None,
        Err(error) => panic!("{error}"),
    };
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    let (steps, units) = (count(&heard.steps), count(&heard.units));
    Ran { files, steps, units, went_on: heard.went_on.load(Ordering::Relaxed) }
}

/// Counts what is told of a training, and asks it to stop.
struct Heard<'a> {
    cancel: &'a Cancel,
    stop: Stop,
    steps: AtomicUsize,
    units: AtomicUsize,
    went_on: AtomicBool,
}

impl Heard<'_> {
    fn count(&self, counter: &AtomicUsize, stop: fn(usize) -> Stop) {
        let so_far = counter.fetch_add(1, Ordering::Relaxed) + 1;
        if self.stop == stop(so_far) {
            self.cancel.cancel();
        }
    }
}

impl Progress for Heard<'_> {
    fn stage(&self, _name: &str, _total: Option<u64>) {}

    fn advance(&self, _units: u64) {
        self.count(&self.units, Stop::AfterUnits);
    }

    fn say(&self, remark: &str) {
        if remark.starts_with("going on after step") {
            self.went_on.store(true, Ordering::Relaxed);
        }
    }

    /// Each step of an optimiser leaves one.
    fn note(&self, _note: &str) {
        self.count(&self.steps, Stop::AfterSteps);
    }
}

/// Reads every file below a folder.
fn read(dir: &Path, below: &str, into: &mut Files) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

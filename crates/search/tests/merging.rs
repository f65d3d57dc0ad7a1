//! Merging parts of the index takes memory for a dictionary and a few numbers a chunk, not for what it merges.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use engraft_search::{Change, DocFacts, Entry, Index, Settings};

const DIM: usize = 384;
/// Parts of one size, as many as make a merge due.
const PARTS: u32 = 8;
/// Chunks of a part: together enough that the result goes to a file.
const CHUNKS: u32 = 2_200;
/// What merging may hold at most: for each chunk, and for buffers whatever their number.
const MOST: (usize, usize) = (100, 1 << 20);

/// The system's allocator, with how much is held and the most that ever was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One part: chunks with a dozen words and a vector each.
fn part(at: u32) -> Change {
    let chunks = at * CHUNKS..(at + 1) * CHUNKS;
    let entry = |chunk: u32| {
        let words = (0..12).map(|n| format!("w{}", chunk.wrapping_mul(2_654_435_761).rotate_left(n) % 5_000));
        let number = |i: u32| ((chunk ^ i).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0;
        let raw: Vec<f32> = (0..DIM as u32).map(number).collect();
        let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
        Entry {
            chunk,
            doc: chunk / 4,
            body: words.collect::<Vec<_>>().join(" "),
            vector: Some(raw.iter().map(|x| x / norm).collect()),
            ..Entry::default()
        }
    };
    let docs = chunks.clone().step_by(4).map(|chunk| DocFacts { doc: chunk / 4, ..DocFacts::default() });
    Change {
        version: u64::from(at) + 1,
        docs: docs.collect(),
        add: chunks.map(entry).collect(),
        ..Change::default()
    }
}

#[test]
fn merging_holds_little_whatever_it_merges() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::create(folder.path(), &Settings::new(DIM)).unwrap();
    for at in 0..PARTS {
        index.apply(&part(at)).unwrap();
        index.persist().unwrap();
    }
    drop(index);
    let index = Index::open(folder.path(), &Settings::new(DIM)).unwrap();
    assert_eq!(index.snapshot().segments(), PARTS as usize);
    assert!(index.wants_merging());
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    assert!(index.merge().unwrap());
    let held = PEAK.load(Ordering::Relaxed) - before;
    let chunks = (PARTS * CHUNKS) as usize;
    assert_eq!((index.snapshot().segments(), index.snapshot().chunks()), (1, chunks));
    eprintln!("merging {chunks} chunks held {held} bytes, {} a chunk", held / chunks);
    assert!(held <= MOST.0 * chunks + MOST.1, "{held} bytes for {chunks} chunks");
    // What goes through is many times that: the bound can fail.
    assert!(chunks * DIM * 5 > 8 * (MOST.0 * chunks + MOST.1));
}

//! What was freed goes back to the system; in a process of its own, so that nobody else's memory counts.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

/// Kilobytes of memory that this process has.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn what_a_thread_had_and_freed_goes_back_to_the_system() {
    // 48 MB in small pieces, of which the last stays: the allocator cannot give back what lies below it by itself.
    let thread = std::thread::spawn(|| {
        let mut pieces: Vec<Vec<u8>> = (0..48 * 1024).map(|_| vec![1; 1024]).collect();
        pieces.pop()
    });
    let kept = thread.join().unwrap();
    let before = resident();
    engraft_app::give_back_memory();
    let after = resident();
    assert!(after + 32 * 1024 < before, "{before} kB before, {after} kB after");
    assert_eq!(kept.map(|piece| piece.len()), Some(1024));
}

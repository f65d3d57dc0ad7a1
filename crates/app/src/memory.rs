//! Memory that was used and is free again, back to the system.

/// Gives the system back the memory that is free here. It takes some milliseconds.
///
/// glibc keeps freed memory for each thread that had some, and one piece in use holds back all below it. What a large import
/// had on its threads would stay with a server, and the next import has other threads. Other allocators are left alone.
pub fn give_back_memory() {
    trim();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: it takes a number and may be called from any thread at any time.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

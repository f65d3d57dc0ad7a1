//! A folder as one file: a tar archive, in the order of its names and with nothing in it that differs between two runs.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const BLOCK: usize = 512;
/// The longest name the header itself holds.
const SHORT: usize = 100;

/// Writes every file below `folder` to `out`.
pub(crate) fn pack(folder: &Path, out: &Path) -> io::Result<()> {
    let mut paths = Vec::new();
    list(folder, &mut paths)?;
    paths.sort();
    let mut out = BufWriter::new(File::create(out)?);
    for path in paths {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let mut file = File::open(&path)?;
        let length = file.metadata()?.len();
        if name.len() > SHORT {
            // A name of its own length goes before the file, as GNU tar does it.
            let bytes = [name.as_bytes(), &[0]].concat();
            out.write_all(&header("././@LongLink", bytes.len() as u64, b'L'))?;
            out.write_all(&bytes)?;
            pad(&mut out, bytes.len() as u64)?;
        }
        out.write_all(&header(&name, length, b'0'))?;
        io::copy(&mut file, &mut out)?;
        pad(&mut out, length)?;
    }
    out.write_all(&[0; 2 * BLOCK])?;
    out.flush()
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { list(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

/// A header of the POSIX ustar format: fields of fixed width, numbers in octal.
fn header(name: &str, length: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &name.as_bytes()[..name.len().min(SHORT)]);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{length:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    // The sum is taken with blanks in its own place.
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn pad(out: &mut impl Write, length: u64) -> io::Result<()> {
    let over = (length % BLOCK as u64) as usize;
    if over == 0 { Ok(()) } else { out.write_all(&[0; BLOCK][over..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tar_itself_reads_what_was_packed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, back) = (folder.path().join("from"), folder.path().join("back"));
        let long = format!("{}.txt", "long-name-".repeat(12));
        std::fs::create_dir_all(from.join("inner")).unwrap();
        std::fs::create_dir_all(&back).unwrap();
        for (name, text) in [("a.txt", "one"), ("inner/b.ann", ""), (long.as_str(), &"x".repeat(BLOCK))] {
            std::fs::write(from.join(name), text).unwrap();
        }
        let tar = folder.path().join("out.tar");
        pack(&from, &tar).unwrap();
        let Ok(run) = std::process::Command::new("tar").arg("-xf").arg(&tar).arg("-C").arg(&back).output()
        else {
            return engraft_testkit::skip("there is no tar here");
        };
        assert!(run.status.success() && run.stderr.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
        for name in ["a.txt", "inner/b.ann", &long] {
            assert_eq!(
                std::fs::read(from.join(name)).unwrap(),
                std::fs::read(back.join(name)).unwrap(),
                "{name}"
            );
        }
    }
}

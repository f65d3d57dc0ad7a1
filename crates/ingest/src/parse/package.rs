//! ZIP files, unpacked under limits, and the packages of Office and others made of them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::ParseError;
use super::decode::decode;
use super::job::Job;
use super::xml::Xml;

/// From here on the ratio of unpacked to packed bytes counts.
const RATIO_FROM: usize = 1 << 20;

/// An open ZIP file.
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    job: Job<'a>,
}

/// Where a part's relationship points: the last word of its type, and the part's path in the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// Such as `slide` or `hyperlink`.
    pub(crate) kind: String,
    /// Such as `ppt/slides/slide1.xml`.
    pub(crate) target: String,
}

impl<'a> Package<'a> {
    /// Opens the ZIP file `bytes`.
    pub(crate) fn open(bytes: &'a [u8], job: &Job<'a>) -> Result<Package<'a>, ParseError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(zip_error)?;
        if archive.len() > job.limits.max_members {
            return Err(ParseError::too_large("members", job.limits.max_members));
        }
        Ok(Package { archive, job: *job })
    }

    /// The number of members, folders included.
    pub(crate) fn len(&self) -> usize {
        self.archive.len()
    }

    /// The name of member `index` as stored; `None` for a folder.
    pub(crate) fn file_name(&mut self, index: usize) -> Result<Option<String>, ParseError> {
        let file = self.archive.by_index_raw(index).map_err(zip_error)?;
        let name = match file.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(file.name_raw()).into_owned(),
        };
        Ok((!file.is_dir()).then_some(name))
    }

    /// Unpacks member `index`.
    pub(crate) fn read_at(&mut self, index: usize) -> Result<Vec<u8>, ParseError> {
        let job = self.job;
        let file = self.archive.by_index(index).map_err(zip_error)?;
        let packed = file.compressed_size().max(1);
        let ratio = (packed as usize).saturating_mul(job.limits.max_ratio).max(RATIO_FROM);
        let allowed = ratio.min(job.bytes_left());
        let mut bytes = Vec::with_capacity((file.size() as usize).min(allowed).min(RATIO_FROM));
        let read = file.take(allowed as u64 + 1).read_to_end(&mut bytes);
        job.spend_bytes(bytes.len())?;
        if bytes.len() > allowed {
            return Err(ParseError::too_large("unpacked bytes per packed byte", job.limits.max_ratio));
        }
        // A broken end loses the end only.
        if let Err(error) = read
            && bytes.is_empty()
        {
            return Err(ParseError::Malformed(format!("a member cannot be unpacked: {error}")));
        }
        Ok(bytes)
    }

    /// Unpacks the member at `path`; `None` when there is none.
    pub(crate) fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, ParseError> {
        let index = self.archive.index_for_name(path).or_else(|| {
            let same = |name: &[u8]| name.eq_ignore_ascii_case(path.as_bytes());
            self.archive.file_names_raw().position(same)
        });
        index.map(|index| self.read_at(index)).transpose()
    }

    /// The text of the XML part at `path`.
    pub(crate) fn xml(&mut self, path: &str) -> Result<Option<String>, ParseError> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        match decode(&bytes, None) {
            Ok(decoded) => Ok(Some(decoded.text)),
            Err(ParseError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The relationships of `part`, by their id; those that leave the package left out.
    pub(crate) fn relations(&mut self, part: &str) -> Result<BTreeMap<String, Relation>, ParseError> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let path = if folder.is_empty() {
            format!("_rels/{file}.rels")
        } else {
            format!("{folder}/_rels/{file}.rels")
        };
        let mut relations = BTreeMap::new();
        let Some(text) = self.xml(&path)? else { return Ok(relations) };
        let xml = Xml::parse(&text, self.job.limits.max_depth)?;
        for node in xml.root().into_iter().flat_map(|root| root.children()) {
            let (Some(id), Some(kind), Some(target)) =
                (node.attr("Id"), node.attr("Type"), node.attr("Target"))
            else {
                continue;
            };
            if node.attr("TargetMode").is_some_and(|mode| mode == "External") {
                continue;
            }
            let kind = kind.rsplit('/').next().unwrap_or_default().to_string();
            relations.insert(id, Relation { kind, target: resolve(folder, &target) });
        }
        Ok(relations)
    }

    /// The main part of an Office package: the target of the relationship `officeDocument`.
    pub(crate) fn main_part(&mut self) -> Result<Option<String>, ParseError> {
        let relations = self.relations("")?;
        Ok(relations
            .into_values()
            .find(|relation| relation.kind == "officeDocument")
            .map(|relation| relation.target))
    }
}

/// `target` as seen from `folder`, `.` and `..` resolved.
pub(crate) fn resolve(folder: &str, target: &str) -> String {
    let absolute = target.starts_with('/');
    let mut parts: Vec<&str> = if absolute { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

fn zip_error(error: ZipError) -> ParseError {
    match error {
        ZipError::InvalidPassword => ParseError::Encrypted,
        ZipError::UnsupportedArchive(words) if words.to_ascii_lowercase().contains("password") => {
            ParseError::Encrypted
        }
        ZipError::CompressionMethodNotSupported(_) => {
            ParseError::Unsupported("a ZIP file packed with another method than deflate".to_string())
        }
        other => ParseError::Malformed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_resolved_against_their_part() {
        assert_eq!(resolve("ppt/slides", "../notes/n.xml"), "ppt/notes/n.xml");
        assert_eq!(resolve("ppt/slides", "/docProps/core.xml"), "docProps/core.xml");
        assert_eq!(resolve("", "word/document.xml"), "word/document.xml");
        assert_eq!(resolve("a", "../../../x"), "x");
    }
}

//! Entities in sequences of tags such as `B-PER I-PER O`, as seqeval and conlleval find them.

/// An entity of one sequence: from its first tag to past its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entity<'t> {
    /// What it is; `_` for tags without a type.
    pub label: &'t str,
    /// The place of its first tag.
    pub start: usize,
    /// Past the place of its last.
    pub end: usize,
}

/// A tag that is neither `O` nor one of `B`, `I`, `E`, `S` with a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no tag: write O, B-LABEL or I-LABEL")]
pub struct UnknownTag(pub String);

fn read(tag: &str) -> Result<(char, &str), UnknownTag> {
    let (prefix, label) = tag.split_once('-').unwrap_or((tag, "_"));
    match prefix {
        "O" if tag == "O" => Ok(('O', "")),
        "B" | "I" | "E" | "S" if !label.is_empty() => Ok((prefix.chars().next().unwrap_or('O'), label)),
        _ => Err(UnknownTag(tag.to_string())),
    }
}

/// Entities as conlleval finds them: an `I` that continues nothing starts an entity. seqeval's default.
pub fn entities<'t>(tags: &[&'t str]) -> Result<Vec<Entity<'t>>, UnknownTag> {
    let mut found = Vec::new();
    let mut open: Option<Entity> = None;
    let mut before = 'O';
    for (place, tag) in tags.iter().enumerate() {
        let (prefix, label) = read(tag)?;
        let starts = match (before, prefix) {
            (_, 'B' | 'S') | ('E' | 'S' | 'O', 'E' | 'I') => true,
            (_, 'O') => false,
            _ => open.is_none_or(|open| open.label != label),
        };
        if starts || prefix == 'O' || matches!(before, 'E' | 'S') {
            found.extend(open.take().map(|open| Entity { end: place, ..open }));
        }
        if starts {
            open = Some(Entity { label, start: place, end: place });
        }
        before = prefix;
    }
    found.extend(open.map(|open| Entity { end: tags.len(), ..open }));
    Ok(found)
}

/// Entities of the scheme IOB2 to the letter: `B` starts one, `I` of the same type continues it, any other `I` is outside.
/// seqeval's strict mode; `E` and `S` do not belong to the scheme.
pub fn strict_entities<'t>(tags: &[&'t str]) -> Result<Vec<Entity<'t>>, UnknownTag> {
    let mut found: Vec<Entity> = Vec::new();
    let mut open = false;
    for (place, tag) in tags.iter().enumerate() {
        match (read(tag)?, found.last_mut()) {
            (('B', label), _) => {
                found.push(Entity { label, start: place, end: place + 1 });
                open = true;
            }
            (('I', label), Some(last)) if open && last.label == label => last.end = place + 1,
            (('I' | 'O', _), _) => open = false,
            _ => return Err(UnknownTag(tag.to_string())),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tags: &str, lenient: &str, strict: &str) {
        let tags: Vec<&str> = tags.split(' ').collect();
        let show = |found: Result<Vec<Entity>, UnknownTag>| match found {
            Ok(found) => found
                .iter()
                .map(|one| format!("{}{}-{}", one.label, one.start, one.end))
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            (show(entities(&tags)), show(strict_entities(&tags))),
            (lenient.to_string(), strict.to_string())
        );
    }

    #[test]
    fn well_formed_tags_are_the_same_to_both() {
        check("B-x I-x O B-y", "x0-2 y3-4", "x0-2 y3-4");
        check("B-x B-x", "x0-1 x1-2", "x0-1 x1-2");
        check("O", "", "");
    }

    #[test]
    fn an_inside_without_a_beginning_counts_only_when_lenient() {
        check("I-x I-x O", "x0-2", "");
        check("B-x I-y", "x0-1 y1-2", "x0-1");
        check("B-x I-y I-x", "x0-1 y1-2 x2-3", "x0-1");
    }

    #[test]
    fn ends_and_singles_belong_to_other_schemes() {
        check("S-x B-x E-x", "x0-1 x1-3", "`S-x` is no tag: write O, B-LABEL or I-LABEL");
        check(
            "Q-x",
            "`Q-x` is no tag: write O, B-LABEL or I-LABEL",
            "`Q-x` is no tag: write O, B-LABEL or I-LABEL",
        );
    }
}

//! The numbers Word computes in front of headings and list items: `numbering.xml`, and the counting.

use std::collections::BTreeMap;

use super::xml::{Node, Xml};

/// How one level of a list is numbered.
#[derive(Clone, Debug, Default)]
struct Level {
    start: u32,
    format: String,
    // Such as `%1.%2`.
    text: String,
}

/// All numbering definitions of a document, and where their counters stand.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    // The definition behind each list.
    lists: BTreeMap<String, String>,
    levels: BTreeMap<(String, usize), Level>,
    // By definition: lists that share one count on.
    counters: BTreeMap<String, Vec<u32>>,
    // Lists that restart their definition when first met, and at which number.
    restarts: BTreeMap<(String, usize), u32>,
}

/// No document needs a longer number.
const LEVELS: usize = 9;

impl Numbering {
    /// Reads `numbering.xml`.
    pub(crate) fn parse(xml: &Xml) -> Numbering {
        let mut numbering = Numbering::default();
        for node in xml.root().into_iter().flat_map(|root| root.children()) {
            if node.is("abstractNum") {
                let Some(id) = node.attr("abstractNumId") else { continue };
                for level in node.children().filter(|child| child.is("lvl")) {
                    let Some(index) = number(level, "ilvl") else { continue };
                    numbering.levels.insert((id.to_string(), index as usize), read_level(level));
                }
            } else if node.is("num") {
                let (Some(id), Some(definition)) = (node.attr("numId"), value(node, "abstractNumId")) else {
                    continue;
                };
                for change in node.children().filter(|child| child.is("lvlOverride")) {
                    let start = change.child("startOverride").and_then(|start| number(start, "val"));
                    if let (Some(level), Some(start)) = (number(change, "ilvl"), start) {
                        numbering.restarts.insert((id.to_string(), level as usize), start);
                    }
                }
                numbering.lists.insert(id, definition);
            }
        }
        numbering
    }

    /// Counts one item of `list` at `level` (from 0) and returns its number as shown; empty for bullets.
    pub(crate) fn next(&mut self, list: &str, level: usize) -> String {
        let level = level.min(LEVELS - 1);
        let Some(definition) = self.lists.get(list).cloned() else { return String::new() };
        let restart = self.restarts.remove(&(list.to_string(), level));
        let starts: Vec<u32> = (0..LEVELS)
            .map(|at| self.levels.get(&(definition.clone(), at)).map_or(1, |level| level.start))
            .collect();
        let counters = self.counters.entry(definition.clone()).or_default();
        let is_first = counters.len() <= level;
        while counters.len() <= level {
            counters.push(starts[counters.len()]);
        }
        counters.truncate(level + 1);
        match restart {
            Some(start) => counters[level] = start,
            None if !is_first => counters[level] = counters[level].saturating_add(1),
            None => {}
        }
        let counters = counters.clone();
        self.show(&definition, level, &counters)
    }

    fn show(&self, definition: &str, level: usize, counters: &[u32]) -> String {
        let format =
            |at: usize| self.levels.get(&(definition.to_string(), at)).map_or("", |level| &level.format);
        let Some(shape) = self.levels.get(&(definition.to_string(), level)) else { return String::new() };
        if matches!(shape.format.as_str(), "bullet" | "none") {
            return String::new();
        }
        let mut shown = shape.text.clone();
        for (at, &count) in counters.iter().enumerate() {
            shown = shown.replace(&format!("%{}", at + 1), &spell(count, format(at)));
        }
        shown.trim().to_string()
    }
}

fn read_level(node: Node) -> Level {
    Level {
        start: node.child("start").and_then(|start| number(start, "val")).unwrap_or(1),
        format: value(node, "numFmt").unwrap_or_default(),
        text: value(node, "lvlText").unwrap_or_default(),
    }
}

/// The `val` of the child element `name`.
pub(crate) fn value(node: Node, name: &str) -> Option<String> {
    node.child(name)?.attr("val")
}

fn number(node: Node, name: &str) -> Option<u32> {
    node.attr(name)?.trim().parse().ok()
}

/// `count` in the given number format; formats we do not know read as decimal.
fn spell(count: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(count).to_lowercase(),
        "upperLetter" => letters(count),
        "lowerRoman" => roman(count).to_lowercase(),
        "upperRoman" => roman(count),
        "decimalZero" => format!("{count:02}"),
        _ => count.to_string(),
    }
}

/// A, B, … Z, AA, BB, … as Word counts.
fn letters(count: u32) -> String {
    let Some(index) = count.checked_sub(1) else { return String::new() };
    let letter = char::from(b'A' + (index % 26) as u8);
    std::iter::repeat_n(letter, (index / 26 + 1).min(20) as usize).collect()
}

fn roman(count: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if count >= 4000 {
        return count.to_string();
    }
    let mut rest = count;
    let mut shown = String::new();
    for (worth, sign) in SIGNS {
        while rest >= worth {
            shown.push_str(sign);
            rest -= worth;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_LEVELS: &str = "<n><abstractNum abstractNumId='7'>\
        <lvl ilvl='0'><start val='1'/><numFmt val='decimal'/><lvlText val='%1.'/></lvl>\
        <lvl ilvl='1'><start val='1'/><numFmt val='lowerLetter'/><lvlText val='%1.%2)'/></lvl></abstractNum>\
        <num numId='1'><abstractNumId val='7'/></num>\
        <num numId='2'><abstractNumId val='7'/><lvlOverride ilvl='0'><startOverride val='5'/></lvlOverride></num></n>";

    #[test]
    fn inner_levels_restart_below_each_outer_item() {
        let xml = Xml::parse(TWO_LEVELS, 9).unwrap();
        let mut numbering = Numbering::parse(&xml);
        let shown: Vec<_> = [0, 1, 1, 0, 1].into_iter().map(|level| numbering.next("1", level)).collect();
        assert_eq!(shown, ["1.", "1.a)", "1.b)", "2.", "2.a)"]);
    }

    #[test]
    fn a_list_with_an_override_starts_there() {
        let xml = Xml::parse(TWO_LEVELS, 9).unwrap();
        let mut numbering = Numbering::parse(&xml);
        assert_eq!(numbering.next("1", 0), "1.");
        assert_eq!(numbering.next("2", 0), "5.");
        assert_eq!(numbering.next("2", 0), "6.");
        assert_eq!(numbering.next("unknown", 3), "");
    }

    #[test]
    fn letters_and_roman_numbers() {
        assert_eq!((letters(1), letters(28), roman(1994)), ("A".into(), "BB".into(), "MCMXCIV".into()));
    }
}

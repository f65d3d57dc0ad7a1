//! Texts that have broken other tools, with spans in them.

use serde_json::{Value, json};

/// A text and its spans as label and quote; a quote is looked for from the end of the text before it that `after` names.
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) spans: &'static [(&'static str, &'static str)],
}

/// Each name says what is hard about it.
pub(crate) const PROBES: [Probe; 16] = [
    Probe {
        name: "plain",
        text: "Sony bought Bandai in Tokyo.",
        spans: &[("ORG", "Sony"), ("ORG", "Bandai"), ("LOC", "Tokyo")],
    },
    Probe {
        name: "nested",
        text: "University of Oslo library",
        spans: &[("ORG", "University of Oslo"), ("LOC", "Oslo"), ("ORG", "University of Oslo library")],
    },
    Probe {
        name: "crossing",
        text: "North and South Korea",
        spans: &[("LOC", "North and South"), ("LOC", "South Korea")],
    },
    Probe {
        name: "same place, two labels",
        text: "Washington",
        spans: &[("LOC", "Washington"), ("PER", "Washington")],
    },
    Probe {
        name: "inside a word",
        text: "press Ctrl-Md or AliceSmith",
        spans: &[("ORG", "Ctrl-M"), ("PER", "Alice"), ("PER", "Smith")],
    },
    Probe {
        name: "joined emoji",
        text: "a 👩‍👩‍👧‍👦 family 👍🏽 of Ann",
        spans: &[("ORG", "👩‍👩‍👧‍👦"), ("PER", "Ann"), ("ORG", "👍🏽")],
    },
    Probe {
        name: "right to left",
        text: "דוד בן גוריון נולד בפלונסק عمر في القاهرة",
        spans: &[("PER", "דוד בן גוריון"), ("LOC", "القاهرة")],
    },
    Probe {
        name: "carriage returns",
        text: "line one\r\nAnn\r\n\r\nlives in Bonn\r",
        spans: &[("PER", "Ann"), ("LOC", "Bonn"), ("ORG", "one\r\nAnn")],
    },
    Probe {
        name: "no spaces",
        text: "東京都知事の小池百合子が会見した。",
        spans: &[("LOC", "東京都"), ("PER", "小池百合子")],
    },
    Probe {
        name: "marks apart",
        text: "Jose\u{301} und Zoe\u{308} in Ko\u{308}ln",
        spans: &[("PER", "Jose\u{301}"), ("LOC", "Ko\u{308}ln")],
    },
    Probe {
        name: "beyond the first plane",
        text: "𝔅𝔢𝔯𝔩𝔦𝔫 𝟙𝟚 🇩🇪 Rhein",
        spans: &[("LOC", "𝔅𝔢𝔯𝔩𝔦𝔫"), ("LOC", "Rhein"), ("ORG", "🇩🇪")],
    },
    Probe { name: "nothing to mark", text: "It rained.", spans: &[] },
    Probe {
        name: "tabs and runs of spaces",
        text: "\tAnn  met\t\tBob \n",
        spans: &[("PER", "Ann"), ("PER", "Bob")],
    },
    Probe {
        name: "quotes and commas",
        text: "\"Ann\", said \\n 'Bob', \"ok\"",
        spans: &[("PER", "Ann"), ("PER", "'Bob', \"ok")],
    },
    Probe {
        name: "unseen characters",
        text: "\u{feff}Ann\u{200b}\u{2028}Bob\u{a0}in\u{85}Oslo\u{0}",
        spans: &[("PER", "Bob"), ("LOC", "Oslo\u{0}"), ("PER", "Ann\u{200b}")],
    },
    Probe { name: "the whole text", text: "Ann", spans: &[("PER", "Ann")] },
];

impl Probe {
    /// The spans as our JSON.
    pub(crate) fn spans(&self) -> Vec<Value> {
        let span = |(label, quote): &(&str, &str)| {
            let byte = self.text.find(quote).unwrap();
            let start = self.text[..byte].chars().count();
            let end = start + quote.chars().count();
            json!({ "char_start": start, "char_end": end, "label": label, "quote": quote })
        };
        self.spans.iter().map(span).collect()
    }
}

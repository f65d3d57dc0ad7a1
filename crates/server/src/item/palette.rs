//! Label colours: ten that stay apart in both themes and for colour-blind people, as classes of the style sheet.

use engraft_app::annotate::LabelOption;

/// How many colours `studio.css` defines as `--c0` … `--c9`.
pub(crate) const COLOURS: usize = 10;

/// The class that colours the option at `place`. Colour is never alone: the option's words stand beside it.
pub(crate) fn class(place: usize) -> String {
    format!("c{}", place % COLOURS)
}

/// The option's own colour, when it is one: `#` and six hex digits. A style attribute would break the content security
/// policy, so the browser's module sets it.
pub(crate) fn own(option: &LabelOption) -> Option<&str> {
    let colour = option.color.as_deref()?;
    let digits = colour.strip_prefix('#')?;
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(colour)
}

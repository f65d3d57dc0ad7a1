//! Widths of the standard fonts, for PDFs that name one and leave its widths out.

/// Helvetica from space to tilde, in thousandths of the font size. Adobe Core 14 AFM, `Helvetica.afm`.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Times Roman from space to tilde. Adobe Core 14 AFM, `Times-Roman.afm`.
const TIMES: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500,
    500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722, 722, 333,
    389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469,
    500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389,
    278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];

/// The advance of `c` in a font called `name`, in ems; bold faces count as their regular ones.
pub(super) fn standard_width(name: &str, c: char) -> f32 {
    let name = name.to_ascii_lowercase();
    if name.contains("courier") || name.contains("mono") {
        return 0.6;
    }
    let table = if name.contains("times")
        || name.contains("roman")
        || name.contains("serif") && !name.contains("sans")
    {
        &TIMES
    } else {
        &HELVETICA
    };
    let index = (c as usize).wrapping_sub(32);
    table.get(index).map_or(0.556, |&w| f32::from(w) / 1000.0)
}

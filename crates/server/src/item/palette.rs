//! Label colours: ten that stay apart in both themes, also without red or green cones, as classes of the style sheet.

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

#[cfg(test)]
mod tests {
    use super::COLOURS;

    const CSS: &str = include_str!("../../assets/studio.css");

    /// Linear red, green and blue.
    type Light = [f64; 3];

    /// How the colours of the lights mix for people without red and without green cones, after Machado, Oliveira and
    /// Fernandes (2009), at full severity; the first is everybody else.
    const EYES: [(&str, [Light; 3]); 3] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "no red cones",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "no green cones",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
    ];

    /// The values of a token, in the order of the style sheet: light, dark, and dark where the system says so.
    fn token(name: &str) -> Vec<&'static str> {
        let start = format!("--{name}: #");
        CSS.match_indices(&start).map(|(at, _)| &CSS[at + start.len()..at + start.len() + 6]).collect()
    }

    fn light(hex: &str) -> Light {
        [0, 2, 4].map(|at| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn mixed(rows: &[Light; 3], light: Light) -> Light {
        rows.map(|row| row.iter().zip(light).map(|(share, light)| share * light).sum())
    }

    /// Where a colour lies in OKLab, in which distances are those that people see.
    fn oklab(light: Light) -> Light {
        let cones = mixed(
            &[
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ],
            light.map(|part| part.clamp(0.0, 1.0)),
        );
        mixed(
            &[
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ],
            cones.map(f64::cbrt),
        )
    }

    fn distance(a: Light, b: Light) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    fn contrast(a: Light, b: Light) -> f64 {
        let [a, b] = [a, b].map(|[red, green, blue]| 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn colour_blind_people_can_tell_the_colours_apart() {
        let colours: Vec<Vec<&str>> = (0..COLOURS).map(|place| token(&format!("c{place}"))).collect();
        for (theme, name) in ["light", "dark"].into_iter().enumerate() {
            for (eyes, mix) in EYES {
                let seen: Vec<Light> =
                    colours.iter().map(|themes| oklab(mixed(&mix, light(themes[theme])))).collect();
                for (b, second) in seen.iter().enumerate() {
                    for (a, first) in seen[..b].iter().enumerate() {
                        // Most questions have few options: their colours must lie further apart.
                        let least = if b < 6 { 0.05 } else { 0.03 };
                        let apart = distance(*first, *second);
                        assert!(apart >= least, "{name}, {eyes}: c{a} and c{b} are {apart:.3} apart");
                    }
                }
            }
        }
        assert!(colours.iter().all(|themes| themes.len() == 3 && themes[1] == themes[2]), "{colours:?}");
    }

    #[test]
    fn every_colour_stands_out_from_what_it_lies_on() {
        for ground in ["bg", "panel", "sunken"] {
            for (theme, ground) in token(ground).into_iter().enumerate() {
                for place in 0..COLOURS {
                    let colour = token(&format!("c{place}"))[theme];
                    let found = contrast(light(colour), light(ground));
                    assert!(found >= 3.0, "c{place} #{colour} on #{ground}: {found:.2}");
                }
            }
        }
    }
}

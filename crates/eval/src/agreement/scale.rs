//! Scales, and which coefficients make sense on each.

use std::fmt;
use std::str::FromStr;

use engraft_core::{Fault, Kind};
use serde::{Deserialize, Serialize};

/// What may be said about two different labels (Stevens 1946).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Only that they differ.
    #[default]
    Nominal,
    /// Which one is more; the table's order of labels counts.
    Ordinal,
    /// By how much; labels are numbers.
    Interval,
    /// How many times as much; labels are numbers from zero.
    Ratio,
}

impl Scale {
    /// The coefficients to report on this scale.
    pub fn coefficients(self) -> &'static [Coefficient] {
        use Coefficient::{
            Ac1, Ac2Ordinal, Ac2Quadratic, Ac2Ratio, AlphaInterval, AlphaNominal, AlphaOrdinal, AlphaRatio,
            Cohen, CohenLinear, CohenQuadratic, Fleiss, Percent,
        };
        match self {
            Scale::Nominal => &[Percent, Cohen, Fleiss, AlphaNominal, Ac1],
            Scale::Ordinal => &[
                Percent,
                Cohen,
                CohenLinear,
                CohenQuadratic,
                Fleiss,
                AlphaNominal,
                AlphaOrdinal,
                Ac1,
                Ac2Ordinal,
            ],
            Scale::Interval => &[
                Percent,
                Cohen,
                CohenLinear,
                CohenQuadratic,
                Fleiss,
                AlphaNominal,
                AlphaOrdinal,
                AlphaInterval,
                Ac1,
                Ac2Quadratic,
            ],
            Scale::Ratio => &[
                Percent,
                Cohen,
                CohenLinear,
                CohenQuadratic,
                Fleiss,
                AlphaNominal,
                AlphaOrdinal,
                AlphaInterval,
                AlphaRatio,
                Ac1,
                Ac2Ratio,
            ],
        }
    }
}

/// A word that names no scale.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scale; there are nominal, ordinal, interval and ratio")]
pub struct UnknownScale(String);

impl Fault for UnknownScale {
    fn kind(&self) -> Kind {
        Kind::User
    }
}

impl FromStr for Scale {
    type Err = UnknownScale;

    fn from_str(word: &str) -> Result<Scale, UnknownScale> {
        match word {
            "nominal" => Ok(Scale::Nominal),
            "ordinal" => Ok(Scale::Ordinal),
            "interval" => Ok(Scale::Interval),
            "ratio" => Ok(Scale::Ratio),
            other => Err(UnknownScale(other.to_string())),
        }
    }
}

/// A coefficient of agreement. As a key of JSON: `percent`, `cohen_linear`, `alpha_nominal`, `ac1`…
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coefficient {
    /// The share of pairs of people who gave the same label, mean over items; not corrected for chance.
    Percent,
    /// Cohen's kappa (1960) of two people; of more, its mean over pairs of people weighted by the items they share.
    Cohen,
    /// Kappa where a disagreement weighs as many steps as the labels are apart (Cohen 1968).
    CohenLinear,
    /// Kappa where it weighs the square of the steps.
    CohenQuadratic,
    /// Fleiss' kappa (1971), on the items that have the most common number of labels.
    Fleiss,
    /// Krippendorff's alpha (2011) where labels only differ.
    AlphaNominal,
    /// Alpha where they have an order.
    AlphaOrdinal,
    /// Alpha where they are numbers.
    AlphaInterval,
    /// Alpha where they are numbers with a zero.
    AlphaRatio,
    /// Gwet's AC1 (2008), which does not fall when almost all items have the same label.
    Ac1,
    /// Gwet's AC2 with his ordinal weights.
    Ac2Ordinal,
    /// AC2 with quadratic weights on the numbers.
    Ac2Quadratic,
    /// AC2 with ratio weights.
    Ac2Ratio,
}

impl Coefficient {
    /// Its key in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Coefficient::Percent => "percent",
            Coefficient::Cohen => "cohen",
            Coefficient::CohenLinear => "cohen_linear",
            Coefficient::CohenQuadratic => "cohen_quadratic",
            Coefficient::Fleiss => "fleiss",
            Coefficient::AlphaNominal => "alpha_nominal",
            Coefficient::AlphaOrdinal => "alpha_ordinal",
            Coefficient::AlphaInterval => "alpha_interval",
            Coefficient::AlphaRatio => "alpha_ratio",
            Coefficient::Ac1 => "ac1",
            Coefficient::Ac2Ordinal => "ac2_ordinal",
            Coefficient::Ac2Quadratic => "ac2_quadratic",
            Coefficient::Ac2Ratio => "ac2_ratio",
        }
    }
}

impl fmt::Display for Coefficient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coefficient_is_called_the_same_in_json_and_in_words() {
        for coefficient in
            [Scale::Interval, Scale::Ratio, Scale::Ordinal].iter().flat_map(|scale| scale.coefficients())
        {
            assert_eq!(serde_json::to_string(coefficient).unwrap(), format!("\"{coefficient}\""));
        }
    }

    #[test]
    fn an_unknown_scale_names_the_known_ones() {
        let error = "likert".parse::<Scale>().unwrap_err();
        assert_eq!(error.to_string(), "`likert` is no scale; there are nominal, ordinal, interval and ratio");
        assert_eq!("ratio".parse(), Ok(Scale::Ratio));
    }
}

//! What the work on a dataset costs: active hours at the rate that a lead set.

use engraft_store::Rate;
use serde::Serialize;

use crate::dataset::opened;
use crate::people::{Act, Principal, users};
use crate::{Context, Error, Workspace, when};

/// The dearest hour that can be meant.
const MOST: f64 = 1_000_000.0;

/// What a dataset has cost so far, in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// What everything is in, such as `EUR`.
    pub currency: String,
    /// An hour of work.
    pub hourly_rate: f64,
    /// All active hours.
    pub spent: f64,
    /// All active hours for each item that is resolved; `None` before the first.
    pub per_resolved: Option<f64>,
    /// What is still to do, at the people's median speed together; `None` before the first response.
    pub left: Option<f64>,
}

impl Cost {
    pub(crate) fn of(rate: Rate, hours_spent: f64, resolved: u64, hours_left: Option<f64>) -> Cost {
        let spent = hours_spent * rate.hourly;
        Cost {
            spent,
            per_resolved: (resolved > 0).then(|| spent / resolved as f64),
            left: hours_left.map(|hours| hours * rate.hourly),
            hourly_rate: rate.hourly,
            currency: rate.currency,
        }
    }
}

/// What an hour of work on a dataset costs now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateSet {
    /// The dataset.
    pub dataset: String,
    /// An hour; `None`: not known.
    pub hourly_rate: Option<f64>,
    /// In this currency.
    pub currency: Option<String>,
}

/// Sets what an hour of work on a dataset costs, in a currency of three letters; `None`: it is not known any more.
pub fn set_rate(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    rate: Option<(f64, &str)>,
) -> Result<RateSet, Error> {
    who.must(Act::Manage)?;
    let no = opened::open(workspace, dataset)?.no;
    let rate = rate.map(|(hourly, currency)| checked(hourly, currency)).transpose()?;
    let by = users::by(workspace, who)?;
    workspace.store.set_rate(no, rate.as_ref(), by, when::millis(context))?;
    let (hourly_rate, currency) = rate.map(|rate| (rate.hourly, rate.currency)).unzip();
    Ok(RateSet { dataset: dataset.into(), hourly_rate, currency })
}

fn checked(hourly: f64, currency: &str) -> Result<Rate, Error> {
    let currency = currency.trim().to_ascii_uppercase();
    if !(hourly > 0.0 && hourly <= MOST) {
        return Err(Error::Request {
            message: format!("{hourly} is no hourly rate"),
            hint: "write a number above 0, such as 18.50".into(),
        });
    }
    if currency.len() != 3 || !currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(Error::Request {
            message: format!("`{currency}` is no currency"),
            hint: "write its three letters, such as EUR".into(),
        });
    }
    Ok(Rate { hourly, currency })
}

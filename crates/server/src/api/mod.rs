//! `/api/v1`: what the studio's own pages and other programs call. JSON in, JSON out.

pub(crate) mod datasets;
pub(crate) mod queue;
pub(crate) mod review;
pub(crate) mod talk;
pub(crate) mod transfer;

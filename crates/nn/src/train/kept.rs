//! What a layer keeps on the way forward, and how a batch is cut into groups that are worked on side by side.

use super::Body;
use crate::Config;

/// Consecutive sequences that one thread takes through a layer.
///
/// The cut depends on the lengths alone, so that sums over groups are the same at any number of threads.
#[derive(Debug)]
pub(super) struct Groups {
    lengths: Vec<usize>,
    /// Where each group's sequences begin and end.
    bounds: Vec<usize>,
    /// Where each group's tokens begin and end.
    tokens: Vec<usize>,
}

impl Groups {
    pub(super) fn of(lengths: impl Iterator<Item = usize>) -> Groups {
        let lengths: Vec<usize> = lengths.collect();
        let total: usize = lengths.iter().sum();
        // Enough groups to keep some threads busy to the end, and large enough to read the weights once for many rows.
        let enough = total.div_ceil(16).clamp(48, 768);
        let (mut bounds, mut tokens) = (vec![0], vec![0]);
        let mut sum = 0;
        for (n, len) in lengths.iter().enumerate() {
            sum += len;
            if sum - tokens.last().copied().unwrap_or(0) >= enough || n + 1 == lengths.len() {
                bounds.push(n + 1);
                tokens.push(sum);
            }
        }
        Groups { lengths, bounds, tokens }
    }

    pub(super) fn tokens(&self) -> usize {
        self.lengths.iter().sum()
    }

    pub(super) fn count(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The lengths of a group's sequences.
    pub(super) fn lengths(&self, group: usize) -> &[usize] {
        &self.lengths[self.bounds[group]..self.bounds[group + 1]]
    }

    /// Where each sequence's tokens start, and where the last one's end.
    pub(super) fn starts(&self) -> Vec<usize> {
        let mut starts = vec![0];
        starts.extend(self.lengths.iter().scan(0, |sum, len| {
            *sum += len;
            Some(*sum)
        }));
        starts
    }

    /// The part of each group of a buffer with `width` numbers a token.
    pub(super) fn split<'a>(&self, buffer: &'a [f32], width: usize) -> Vec<&'a [f32]> {
        self.tokens.windows(2).map(|ends| &buffer[ends[0] * width..ends[1] * width]).collect()
    }

    /// As [`Self::split`], to be written.
    pub(super) fn split_mut<'a>(&self, mut buffer: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        let parts = self.tokens.windows(2).map(|ends| {
            let (part, rest) = std::mem::take(&mut buffer).split_at_mut((ends[1] - ends[0]) * width);
            buffer = rest;
            part
        });
        parts.collect()
    }
}

/// What one layer keeps, of all tokens.
#[derive(Debug)]
pub(super) struct Kept {
    /// Planes of queries, keys and values, group by group.
    pub(super) qkv: Vec<f32>,
    pub(super) context: Vec<f32>,
    /// The sums after attention at mean 0 and variance 1.
    pub(super) mixed: Vec<f32>,
    /// One over the deviation that they had.
    pub(super) mixed_inverse: Vec<f32>,
    /// The states between the two halves of the layer.
    pub(super) middle: Vec<f32>,
    /// What goes into GELU.
    pub(super) pre: Vec<f32>,
    /// The sums after the feed-forward part at mean 0 and variance 1.
    pub(super) down: Vec<f32>,
    pub(super) down_inverse: Vec<f32>,
}

/// One group's part of [`Kept`], to be written.
pub(super) struct Parts<'a> {
    pub(super) qkv: &'a mut [f32],
    pub(super) context: &'a mut [f32],
    pub(super) mixed: &'a mut [f32],
    pub(super) mixed_inverse: &'a mut [f32],
    pub(super) middle: &'a mut [f32],
    pub(super) pre: &'a mut [f32],
    pub(super) down: &'a mut [f32],
    pub(super) down_inverse: &'a mut [f32],
}

impl Kept {
    pub(super) fn new(body: &mut Body, tokens: usize) -> Kept {
        let Config { hidden, inner, .. } = body.config;
        Kept {
            qkv: body.take(tokens * 3 * hidden),
            context: body.take(tokens * hidden),
            mixed: body.take(tokens * hidden),
            mixed_inverse: body.take(tokens),
            middle: body.take(tokens * hidden),
            pre: body.take(tokens * inner),
            down: body.take(tokens * hidden),
            down_inverse: body.take(tokens),
        }
    }

    pub(super) fn split(&mut self, groups: &Groups, config: &Config) -> Vec<Parts<'_>> {
        let Config { hidden, inner, .. } = *config;
        let mut qkv = groups.split_mut(&mut self.qkv, 3 * hidden).into_iter();
        let mut context = groups.split_mut(&mut self.context, hidden).into_iter();
        let mut mixed = groups.split_mut(&mut self.mixed, hidden).into_iter();
        let mut mixed_inverse = groups.split_mut(&mut self.mixed_inverse, 1).into_iter();
        let mut middle = groups.split_mut(&mut self.middle, hidden).into_iter();
        let mut pre = groups.split_mut(&mut self.pre, inner).into_iter();
        let mut down = groups.split_mut(&mut self.down, hidden).into_iter();
        let mut down_inverse = groups.split_mut(&mut self.down_inverse, 1).into_iter();
        let mut parts = Vec::with_capacity(groups.count());
        while let (Some(qkv), Some(context), Some(mixed), Some(mixed_inverse)) =
            (qkv.next(), context.next(), mixed.next(), mixed_inverse.next())
        {
            let (Some(middle), Some(pre), Some(down), Some(down_inverse)) =
                (middle.next(), pre.next(), down.next(), down_inverse.next())
            else {
                break;
            };
            parts.push(Parts { qkv, context, mixed, mixed_inverse, middle, pre, down, down_inverse });
        }
        parts
    }

    pub(super) fn into_buffers(self) -> [Vec<f32>; 8] {
        let Kept { qkv, context, mixed, mixed_inverse, middle, pre, down, down_inverse } = self;
        [qkv, context, mixed, mixed_inverse, middle, pre, down, down_inverse]
    }
}

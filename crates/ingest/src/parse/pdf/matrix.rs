//! The affine maps that place text on a page.

/// `[a b c d e f]`: the point (x, y) goes to (ax + cy + e, bx + dy + f).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix([f32; 6]);

impl Matrix {
    pub(super) const IDENTITY: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// A matrix of the first six numbers; `None` when there are fewer.
    pub(super) fn from_numbers(numbers: &[f32]) -> Option<Matrix> {
        numbers.first_chunk::<6>().copied().map(Matrix)
    }

    /// A move.
    pub(super) fn translation(x: f32, y: f32) -> Matrix {
        Matrix([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// This map first, `next` second.
    pub(super) fn then(self, next: Matrix) -> Matrix {
        let (a, b) = next.apply_vector(self.0[0], self.0[1]);
        let (c, d) = next.apply_vector(self.0[2], self.0[3]);
        let (e, f) = next.apply(self.0[4], self.0[5]);
        Matrix([a, b, c, d, e, f])
    }

    /// Where a point goes.
    pub(super) fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = self.apply_vector(x, y);
        (dx + self.0[4], dy + self.0[5])
    }

    /// Where a direction goes.
    pub(super) fn apply_vector(self, x: f32, y: f32) -> (f32, f32) {
        (self.0[0] * x + self.0[2] * y, self.0[1] * x + self.0[3] * y)
    }
}

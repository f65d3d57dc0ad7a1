//! The lowest point of a smooth function, by L-BFGS (Nocedal 1980; Liu and Nocedal 1989).

/// Steps remembered.
const MEMORY: usize = 10;
/// Halvings before a direction is given up.
const HALVINGS: usize = 40;

/// Where `function` is lowest, going down from `start`; it writes its gradient into its second argument.
///
/// Stops when no entry of the gradient is above `flat`, when no step goes down any more, or after `most` steps.
pub fn minimise(
    start: Vec<f64>,
    flat: f64,
    most: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let n = start.len();
    let (mut point, mut gradient) = (start, vec![0.0; n]);
    let mut value = function(&point, &mut gradient);
    let mut memory: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..most {
        if gradient.iter().all(|slope| slope.abs() <= flat) {
            break;
        }
        let mut direction = downhill(&memory, &gradient);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            memory.clear();
            direction = gradient.iter().map(|slope| -slope).collect();
            slope = -dot(&gradient, &gradient);
        }
        // Before anything is known of the curvature, a first step of length one at most.
        let mut step = if memory.is_empty() { 1.0 / slope.abs().sqrt().max(1.0) } else { 1.0 };
        let mut next_gradient = vec![0.0; n];
        let mut taken = None;
        for _ in 0..HALVINGS {
            let next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let next_value = function(&next, &mut next_gradient);
            // Near the bottom the value no longer shows what is lower; rounding is let pass.
            if next_value <= value + 1e-4 * step * slope + 1e-14 * value.abs() {
                taken = Some((next, next_value));
                break;
            }
            step /= 2.0;
        }
        let Some((next, next_value)) = taken else { break };
        let moved: Vec<f64> = next.iter().zip(&point).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        if dot(&moved, &turned) > 0.0 {
            memory.push((moved, turned));
            memory.drain(..memory.len().saturating_sub(MEMORY));
        }
        (point, value, gradient) = (next, next_value, next_gradient);
    }
    point
}

/// The two-loop recursion: minus the gradient, scaled by the curvature remembered.
fn downhill(memory: &[(Vec<f64>, Vec<f64>)], gradient: &[f64]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut parts = Vec::with_capacity(memory.len());
    for (moved, turned) in memory.iter().rev() {
        let part = dot(moved, &direction) / dot(moved, turned);
        add(&mut direction, -part, turned);
        parts.push(part);
    }
    if let Some((moved, turned)) = memory.last() {
        let scale = dot(moved, turned) / dot(turned, turned);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for ((moved, turned), part) in memory.iter().zip(parts.into_iter().rev()) {
        let back = dot(turned, &direction) / dot(moved, turned);
        add(&mut direction, part - back, moved);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(x, y)| *x += times * y);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_bottom_of_rosenbrock_s_valley() {
        let bottom = minimise(vec![-1.2, 1.0], 1e-10, 500, |at, gradient| {
            let bend = at[1] - at[0] * at[0];
            gradient[0] = -400.0 * at[0] * bend - 2.0 * (1.0 - at[0]);
            gradient[1] = 200.0 * bend;
            100.0 * bend * bend + (1.0 - at[0]).powi(2)
        });
        assert!(bottom.iter().all(|x| (x - 1.0).abs() < 1e-7), "{bottom:?}");
    }

    #[test]
    fn a_flat_function_is_left_where_it_starts() {
        assert_eq!(minimise(vec![2.0], 1e-9, 10, |_, _| 0.0), [2.0]);
    }
}

//! How rough a path is: sums and maxima of its increments (Theorem 1.5), and how long it stays positive.
//!
//! The functions take the values at s_0, …, s_N of any process, so that others can be held against Brownian motion.

/// Total variation on the grid: Σ |B(s_{k+1}) − B(s_k)|. Its mean is √(2NT/π): it grows without bound.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::total_variation;
/// assert_eq!(total_variation(&[0.0, 1.0, -1.0]), 3.0);
/// ```
pub fn total_variation(values: &[f64]) -> f64 {
    increments(values).map(f64::abs).sum()
}

/// Quadratic variation on the grid: Σ (B(s_{k+1}) − B(s_k))². Its mean is T, its variance 2T²/N.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::quadratic_variation;
/// assert_eq!(quadratic_variation(&[0.0, 1.0, -1.0]), 5.0);
/// ```
pub fn quadratic_variation(values: &[f64]) -> f64 {
    increments(values).map(|increment| increment * increment).sum()
}

/// The steepest difference quotient on the grid: max |B(s_{k+1}) − B(s_k)| / Δs.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::difference_quotient;
/// assert_eq!(difference_quotient(&[0.0, 1.0, -1.0], 0.5), 4.0);
/// ```
pub fn difference_quotient(values: &[f64], dt: f64) -> f64 {
    largest_increment(values) / dt
}

/// The largest increment against Lévy's modulus of continuity: max |B(s_{k+1}) − B(s_k)| / √(2Δs ln N), which tends
/// to 1 (Lévy 1937). For fewer than two steps there is nothing to compare: the result is then infinite.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::modulus;
/// let largest = 2.0;
/// assert_eq!(modulus(&[0.0, 1.0, -1.0], 0.5), largest / 2f64.ln().sqrt());
/// ```
pub fn modulus(values: &[f64], dt: f64) -> f64 {
    match values.len().saturating_sub(1) {
        0 | 1 => f64::INFINITY,
        steps => largest_increment(values) / (2.0 * dt * (steps as f64).ln()).sqrt(),
    }
}

/// At how many of the times s_1, …, s_N the path is positive. Divided by N, its law tends to the arcsine law.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::positive_steps;
/// // The start is not counted.
/// assert_eq!(positive_steps(&[1.0, -1.0]), 0);
/// assert_eq!(positive_steps(&[0.0, 1.0, -1.0]), 1);
/// ```
pub fn positive_steps(values: &[f64]) -> usize {
    values.iter().skip(1).filter(|&&value| value > 0.0).count()
}

fn largest_increment(values: &[f64]) -> f64 {
    increments(values).map(f64::abs).fold(0.0, f64::max)
}

fn increments(values: &[f64]) -> impl Iterator<Item = f64> {
    values.windows(2).map(|ends| ends[1] - ends[0])
}

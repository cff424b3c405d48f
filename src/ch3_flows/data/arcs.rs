//! A half circle with noise: the law of (cos θ, sin θ) + N(0, σ² I), θ uniform on (0, π).
//!
//! At a point with polar coordinates (r, φ), |x − (cos θ, sin θ)|² = (r − 1)² + 2r(1 − cos(θ − φ)), so that
//!
//! p(x) = exp(−(r − 1)²/(2σ²))/(2πσ²) · (1/π) ∫_0^π exp(−κ(1 − cos(θ − φ))) dθ,  κ = r/σ².

use std::f64::consts::PI;

/// Positive nodes of the Gauss–Legendre rule of eight nodes on [−1, 1], and their weights (Abramowitz and Stegun,
/// table 25.4).
const RULE: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_3),
];

const PANELS: usize = 10;
/// Where the integrand has fallen by e^{−this}, it is cut off.
const FALL: f64 = 40.0;

/// log p(x) for noise σ.
pub(super) fn log_density([x, y]: [f64; 2], sigma: f64) -> f64 {
    let variance = sigma * sigma;
    let (r, phi) = (x.hypot(y), y.atan2(x));
    let kappa = r / variance;
    let from_circle = (r - 1.0).powi(2) / (2.0 * variance);
    if from_circle == f64::INFINITY {
        return f64::NEG_INFINITY;
    }
    // The angle between θ and φ runs over an interval that is cut where it is 0 or π: on both parts the integrand falls.
    let parts = if phi >= 0.0 { [(0.0, phi), (0.0, PI - phi)] } else { [(-phi, PI), (PI + phi, PI)] };
    let logs = parts.map(|(from, to)| log_integral(kappa, from, to));
    -from_circle + super::log_sum_exp(&logs) - (2.0 * PI * PI * variance).ln()
}

/// log ∫ exp(−κ(1 − cos u)) du from `from` to `to`, both in [0, π].
fn log_integral(kappa: f64, from: f64, to: f64) -> f64 {
    // cos from − cos u = 2 (sin²(u/2) − sin²(from/2)) = 2 sin((u + from)/2) sin((u − from)/2); neither cancels.
    let cut = 0.5 * FALL / kappa;
    let end = 2.0 * (0.5 * from).sin().hypot(cut.sqrt()).min(1.0).asin();
    let reach = if end < to { 2.0 * (cut / (0.5 * (end + from)).sin()).asin() } else { to - from };
    let half = 0.5 * reach / PANELS as f64;
    let mut sum = 0.0;
    for panel in 0..PANELS {
        let middle = (2 * panel + 1) as f64 * half;
        for (node, weight) in RULE {
            for beyond in [middle - half * node, middle + half * node] {
                let fall = 2.0 * (from + 0.5 * beyond).sin() * (0.5 * beyond).sin();
                sum += weight * (-kappa * fall).exp();
            }
        }
    }
    (sum * half).ln() - kappa * 2.0 * (0.5 * from).sin().powi(2)
}

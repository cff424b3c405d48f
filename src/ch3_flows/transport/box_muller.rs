//! The Box–Muller transform: two independent uniform variables become two independent normal ones,
//! Z₀ = √(−2 ln U₁) cos 2πU₂, Z₁ = √(−2 ln U₁) sin 2πU₂ (Section 3.2).

use std::f64::consts::TAU;

use super::Diffeomorphism;

/// The map (u₁, u₂) ↦ (z₀, z₁) from the unit square to the plane without a half line.
///
/// ```
/// use sdml::ch3_flows::transport::{BoxMuller, Diffeomorphism};
/// let u = [0.3, 0.8];
/// let [a, b] = BoxMuller.inverse(BoxMuller.forward(u));
/// assert!((a - u[0]).abs() < 1e-15 && (b - u[1]).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxMuller;

// ANCHOR: box_muller
impl Diffeomorphism<2> for BoxMuller {
    fn forward(&self, [u_1, u_2]: [f64; 2]) -> [f64; 2] {
        let radius = (-2.0 * u_1.ln()).sqrt();
        let (sin, cos) = (TAU * u_2).sin_cos();
        [radius * cos, radius * sin]
    }

    fn inverse(&self, [z_0, z_1]: [f64; 2]) -> [f64; 2] {
        let turns = z_1.atan2(z_0) / TAU;
        [(-0.5 * (z_0 * z_0 + z_1 * z_1)).exp(), if turns < 0.0 { turns + 1.0 } else { turns }]
    }

    /// −2π/u₁: a larger u₁ is a smaller radius, so that the map turns the square over.
    fn determinant(&self, [u_1, _]: [f64; 2]) -> f64 {
        -TAU / u_1
    }
}
// ANCHOR_END: box_muller

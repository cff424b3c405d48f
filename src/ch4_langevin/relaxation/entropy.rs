//! The relative entropy H(p | π) = ∫ p ln(p/π) dx and the rate at which (4.3) takes it away,
//!
//! −dH/dt = β⁻¹ ∫ p |∇ ln(p/π)|² dx ≥ 0  for π ∝ e^{−βU}.
//!
//! Near equilibrium H is half of ∫ (p/π − 1)² π dx, which falls like e^{−2λ₁t}: entropy decays at *twice* the spectral gap.

use crate::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck};
use crate::{Error, Result};

/// H(p | π) = Σ p ln(p/π) V, in nats.
///
/// Written as Σ π φ(p/π) V with φ(s) = s ln s − s + 1 ≥ 0: no term is negative, and entropies far below rounding of p
/// itself, down to about 1e-30, come out right.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
/// use sdml::ch4_langevin::relaxation::relative_entropy;
/// let grid = Grid::new([-9.0], [9.0], [900])?;
/// let bell = |m: f64| Density::proportional_to(grid, move |[x]| (-0.5 * (x - m) * (x - m)).exp());
/// // Two normal laws of variance 1: half the square of the distance of their means.
/// assert!((relative_entropy(&bell(0.3)?, &bell(-0.5)?)? - 0.32).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A `pi` on another grid, or one that vanishes where `p` does not (the entropy is then infinite).
// ANCHOR: relative_entropy
pub fn relative_entropy<const N: usize>(p: &Density<N>, pi: &Density<N>) -> Result<f64> {
    same_grid(p, pi)?;
    let mut sum = 0.0;
    for (&p, &pi) in p.values().iter().zip(pi.values()) {
        if p > 0.0 && pi == 0.0 {
            return Err(Error::argument("pi", "0 in a cell where p is not", "positive wherever p is"));
        }
        sum += if pi == 0.0 { 0.0 } else { gain(p, pi) };
    }
    Ok(sum * p.grid().volume())
}
// ANCHOR_END: relative_entropy

/// π φ(p/π), also where p/π overflows because π nearly vanishes.
fn gain(p: f64, pi: f64) -> f64 {
    let s = p / pi;
    if s < 1e100 { pi * phi(s) } else { p * log_ratio(p, pi) - p + pi }
}

/// ln(p/π), also where p/π leaves the range of floating point.
fn log_ratio(p: f64, pi: f64) -> f64 {
    let s = p / pi;
    if s.is_normal() { s.ln() } else { p.ln() - pi.ln() }
}

/// φ(s) = s ln s − s + 1, by its series near s = 1 where the terms cancel, and 1 for s = 0.
fn phi(s: f64) -> f64 {
    let r = s - 1.0;
    if s == 0.0 {
        1.0
    } else if r.abs() < 1e-2 {
        // Σ (−1)ᵏ rᵏ/(k(k − 1)); the first term left out is below 1e-16 of the sum.
        (2..=10).rev().fold(0.0, |tail, k| {
            let coefficient = 1.0 / f64::from(k * (k - 1));
            (if k % 2 == 0 { coefficient } else { -coefficient }) + r * tail
        }) * r
            * r
    } else {
        s * s.ln() - r
    }
}

/// −dH/dt = −Σ (∂ₜp) ln(p/π) V, exact for the equation on its grid.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
/// use sdml::ch4_langevin::relaxation::entropy_production;
/// let grid = Grid::new([-9.0], [9.0], [900])?;
/// let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?;
/// let p = Density::proportional_to(grid, |[x]| (-0.5 * (x - 1.0) * (x - 1.0)).exp())?;
/// // H = m²/2 with m′ = −m: it falls at the rate m² = 1.
/// assert!((entropy_production(&equation, &p, &equation.equilibrium()?)? - 1.0).abs() < 1e-4);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Densities on another grid, or one of them not positive in every cell.
pub fn entropy_production<const N: usize>(
    equation: &FokkerPlanck<N>,
    p: &Density<N>,
    pi: &Density<N>,
) -> Result<f64> {
    same_grid(p, pi)?;
    for (name, density) in [("p", p), ("pi", pi)] {
        if density.values().contains(&0.0) {
            return Err(Error::argument(name, "0 in a cell", "positive in every cell"));
        }
    }
    let change = equation.rate_of_change(p)?;
    let sum: f64 = change
        .iter()
        .zip(p.values())
        .zip(pi.values())
        .map(|((change, p), pi)| change * log_ratio(*p, *pi))
        .sum();
    Ok(-sum * p.grid().volume())
}

fn same_grid<const N: usize>(p: &Density<N>, pi: &Density<N>) -> Result<()> {
    if p.grid() == pi.grid() {
        Ok(())
    } else {
        Err(Error::argument("pi", format!("a density on {:?}", pi.grid()), format!("one on {:?}", p.grid())))
    }
}

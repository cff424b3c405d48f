//! Sampling: W4, a thousand chains of ten thousand steps, in the plane and in a hundred dimensions.

use ndarray::Array2;
use sdml::Result;
use sdml::ch4_langevin::overdamped::{Mala, Ula};
use sdml::ch4_langevin::sampler::{Chains, Gaussian, Mixture, Potential, Scheme};
use sdml::random::Streams;

/// Chains of W4.
pub const CHAINS: usize = 1000;
/// Steps of each.
pub const STEPS: usize = 10_000;
/// The dimension of the Gaussian.
pub const DIMENSION: usize = 100;

/// The positions after the last step, and the share of proposals that were accepted.
pub type Samples = (Array2<f64>, f64);

fn run<U: Potential, S: Scheme>(potential: &U, scheme: S, seed: u64) -> Result<Samples> {
    let gauss = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| stream.fill_normal(q);
    let mut chains = Chains::new(potential, scheme, Streams::new(seed, "W4"), CHAINS, gauss)?;
    chains.advance(STEPS)?;
    Ok((chains.positions(), chains.acceptance()))
}

/// ULA with step 0.01 on eight Gaussians of deviation 0.4 on a circle of radius 2.
///
/// # Errors
/// None, unless a chain escapes.
pub fn mix8_ula(seed: u64) -> Result<Samples> {
    let angles = (0..8).map(|k| f64::from(k) * std::f64::consts::FRAC_PI_4);
    let mixture = Mixture::new(2, angles.flat_map(|a| [2.0 * a.cos(), 2.0 * a.sin()]).collect(), 0.4)?;
    run(&mixture, Ula::new(1.0, 0.01)?, seed)
}

/// The eigenvalues of the precision, from 1 to 100.
pub fn spectrum() -> Vec<f64> {
    (0..DIMENSION).map(|i| 10f64.powf(2.0 * i as f64 / (DIMENSION - 1) as f64)).collect()
}

/// Coordinates along the eigenvectors, the columns of Q = I − 2vvᵀ with v = (1, …, 1)/√d.
pub fn rotate(x: &Array2<f64>) -> Array2<f64> {
    let means = x.sum_axis(ndarray::Axis(1)) * (2.0 / DIMENSION as f64);
    x - &means.insert_axis(ndarray::Axis(1))
}

/// The Gaussian with precision Q diag(λ) Q, a dense matrix.
///
/// # Errors
/// None.
pub fn gaussian() -> Result<Gaussian> {
    let lambda = Array2::from_diag(&ndarray::Array1::from(spectrum()));
    Gaussian::new(rotate(&rotate(&lambda).reversed_axes().as_standard_layout().into_owned()))
}

/// ULA with step 0.01 on the Gaussian in a hundred dimensions.
///
/// # Errors
/// None, unless a chain escapes.
pub fn gauss_ula(seed: u64) -> Result<Samples> {
    run(&gaussian()?, Ula::new(1.0, 0.01)?, seed)
}

/// MALA with step 0.006 on the same target.
///
/// # Errors
/// None, unless a chain escapes.
pub fn gauss_mala(seed: u64) -> Result<Samples> {
    run(&gaussian()?, Mala::new(1.0, 0.006)?, seed)
}

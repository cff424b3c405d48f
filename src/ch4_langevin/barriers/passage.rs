//! How long a particle needs to cross a barrier: four answers.
//!
//! For dX = −U′(X) dt + √(2/β) dB and a reflecting wall far to the left, the mean time from a to b > a is
//!
//! T = β ∫ₐᵇ e^{βU(y)} ∫_{−∞}^y e^{−βU(z)} dz dy,
//!
//! exactly (Pontryagin, Andronov and Vitt 1933). At low temperature Laplace's method turns it into the formula of Eyring
//! (1935) and Kramers (1940). For a symmetric double well the spectrum knows the time from one well to the other as 2/λ₁, and
//! a simulation needs no formula at all.

use std::f64::consts::PI;

use nalgebra::{DMatrix, DVector};

use crate::error::{at_least, finite, positive, stays_finite};
use crate::random::Stream;
use crate::{Error, Result};

/// Nodes on [0, 1] and weights of Gauss's rule with five points (Abramowitz and Stegun, table 25.4).
const GAUSS: [(f64, f64); 5] = [
    (0.046_910_077_030_668_0, 0.118_463_442_528_094_5),
    (0.230_765_344_947_158_4, 0.239_314_335_249_683_2),
    (0.5, 0.284_444_444_444_444_4),
    (0.769_234_655_052_841_6, 0.239_314_335_249_683_2),
    (0.953_089_922_969_332, 0.118_463_442_528_094_5),
];

/// The mean time from `from` to `to` by the double integral, a reflecting wall at `wall` taking the place of −∞.
///
/// Gauss's rule in `panels` panels for the outer integral and, panel by panel and up to every node, for the inner one.
///
/// ```
/// use sdml::ch4_langevin::barriers::mean_passage_time;
/// // A free particle between a wall at 0 and a gate at 1, D = 1: it needs ½.
/// assert!((mean_passage_time(|_| 0.0, 1.0, [0.0, 0.0, 1.0], 4)? - 0.5).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Unless `wall` ≤ `from` < `to`, all finite, β > 0 and at least one panel; a potential that is not finite there.
// ANCHOR: mean_passage_time
pub fn mean_passage_time(
    potential: impl Fn(f64) -> f64,
    beta: f64,
    [wall, from, to]: [f64; 3],
    panels: usize,
) -> Result<f64> {
    ordered([wall, from, to])?;
    positive("beta", beta)?;
    let count = at_least("panels", panels, 1)? as f64;
    let energy = |x: f64| finite("potential", potential(x)).map(|u| beta * u);
    let inner = |a: f64, b: f64, ground: f64| -> Result<f64> {
        GAUSS.iter().try_fold(0.0, |sum, (node, w)| {
            Ok(sum + w * (b - a) * (ground - energy(a + node * (b - a))?).exp())
        })
    };
    let (mut below, mut ground) = (0.0, energy(from)?);
    let h = (from - wall) / count;
    for k in 0..panels {
        below += inner(wall + k as f64 * h, wall + (k + 1) as f64 * h, ground)?;
    }
    let h = (to - from) / count;
    let mut time = 0.0;
    for k in 0..panels {
        let left = from + k as f64 * h;
        // Counted from here, neither exponential overflows before their product does, uphill or downhill.
        let here = energy(left + 0.5 * h)?;
        below *= (here - ground).exp();
        ground = here;
        for (node, w) in GAUSS {
            let y = left + node * h;
            time += beta * w * h * (energy(y)? - ground).exp() * (below + inner(left, y, ground)?);
        }
        below += inner(left, left + h, ground)?;
    }
    finite("beta", time)
}
// ANCHOR_END: mean_passage_time

/// The formula of Eyring and Kramers for the mean time from one well over a barrier into the next:
///
/// T ≈ 2π/√(U″(well) |U″(top)|) · e^{β(U(top) − U(well))},
///
/// `rise` = U(top) − U(well), with an error of relative order 1/β.
///
/// ```
/// use sdml::ch4_langevin::barriers::eyring_kramers;
/// // The double well (x² − 1)².
/// let time = eyring_kramers(1.0, [8.0, -4.0], 3.0)?;
/// assert!((time - std::f64::consts::PI / 8f64.sqrt() * 3f64.exp()).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A rise or a β that is not positive, a well that is not curved upwards, a top not curved downwards; a time that overflows.
// ANCHOR: eyring_kramers
pub fn eyring_kramers(rise: f64, [well, top]: [f64; 2], beta: f64) -> Result<f64> {
    let curvature = positive("well", well)?.sqrt() * positive("-top", -top)?.sqrt();
    finite("beta", 2.0 * PI / curvature * (positive("beta", beta)? * positive("rise", rise)?).exp())
}
// ANCHOR_END: eyring_kramers

/// The chain (4.4), Xₖ₊₁ = Xₖ − U′(Xₖ) h + √(2h/β) ξₖ, stopped at the first k with Xₖ ≥ `to`.
///
/// ```
/// use sdml::{ch4_langevin::barriers::Crossing, random::Streams};
/// // So strong a force carries the chain across in the first step.
/// let crossing = Crossing::new(|_| 1000.0, 1.0, 1.0, 0.01)?;
/// assert_eq!(crossing.simulate(0.0, 10, &mut Streams::new(1, "doc").stream(0))?, 0.01);
/// assert!((crossing.exact(-1.0, 0.0, 8)? - 0.01).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Crossing<F> {
    force: F,
    beta: f64,
    to: f64,
    h: f64,
}

impl<F: Fn(f64) -> f64> Crossing<F> {
    /// The chain with force −U′, stopped beyond `to`.
    ///
    /// # Errors
    /// A β or a step `h` that is not positive, a `to` that is not finite.
    ///
    /// ```
    /// use sdml::ch4_langevin::barriers::Crossing;
    /// assert!(Crossing::new(|x: f64| -x, 1.0, 1.0, 0.01).is_ok());
    /// assert!(Crossing::new(|x: f64| -x, 1.0, 1.0, 0.0).is_err());
    /// ```
    pub fn new(force: F, beta: f64, to: f64, h: f64) -> Result<Self> {
        Ok(Self { force, beta: positive("beta", beta)?, to: finite("to", to)?, h: positive("h", h)? })
    }

    /// The time k h at which a simulated chain from `from` has crossed.
    ///
    /// ```
    /// use sdml::{ch4_langevin::barriers::Crossing, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// // Driven upwards by a force of 10 it crosses soon.
    /// assert!(Crossing::new(|_| 10.0, 1.0, 1.0, 0.01)?.simulate(0.0, 1000, &mut stream)? < 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// A chain that has not crossed after `most` steps, or that leaves the finite numbers.
    // ANCHOR: simulate
    pub fn simulate(&self, from: f64, most: usize, stream: &mut Stream) -> Result<f64> {
        let noise = (2.0 * self.h / self.beta).sqrt();
        let (mut x, mut step) = (finite("from", from)?, 0);
        while x < self.to {
            if step == most {
                let allowed = format!("more: x is still at {x}, short of {}", self.to);
                return Err(Error::argument("most", most, allowed));
            }
            x += (self.force)(x) * self.h + noise * stream.normal();
            stays_finite("x", [x], step)?;
            step += 1;
        }
        Ok(step as f64 * self.h)
    }
    // ANCHOR_END: simulate

    /// The exact mean of [`simulate`](Self::simulate), step size and all: T(x) = h + ∫_{y < to} q(x, y) T(y) dy with the
    /// normal density q of one step, solved by Gauss's rule in `panels` panels between `wall`, which chains should hardly
    /// ever reach, and `to` (Nyström 1930).
    ///
    /// # Errors
    /// Unless `wall` ≤ `from` < `to`; panels wider than two standard deviations of the noise of one step.
    ///
    /// ```
    /// use sdml::ch4_langevin::barriers::Crossing;
    /// // A drift of 10 takes about 0.1 from 0 to 1, and more panels change nothing.
    /// let crossing = Crossing::new(|_| 10.0, 1.0, 1.0, 0.01)?;
    /// let [coarse, fine] = [crossing.exact(-2.0, 0.0, 20)?, crossing.exact(-2.0, 0.0, 40)?];
    /// assert!((coarse - fine).abs() < 1e-6 && coarse > 0.05 && coarse < 0.2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn exact(&self, wall: f64, from: f64, panels: usize) -> Result<f64> {
        ordered([wall, from, self.to])?;
        let noise = (2.0 * self.h / self.beta).sqrt();
        let width = (self.to - wall) / at_least("panels", panels, 1)? as f64;
        if width > 2.0 * noise {
            let allowed = format!("at least {}", ((self.to - wall) / (2.0 * noise)).ceil());
            return Err(Error::argument("panels", panels, allowed));
        }
        // ANCHOR: nystrom
        let node = |j: usize| wall + ((j / 5) as f64 + GAUSS[j % 5].0) * width;
        let jump = |x: f64, j: usize| {
            let z = (node(j) - x - (self.force)(x) * self.h) / noise;
            (-0.5 * z * z).exp() / (noise * (2.0 * PI).sqrt()) * GAUSS[j % 5].1 * width
        };
        let n = 5 * panels;
        let system = DMatrix::from_fn(n, n, |i, j| f64::from(i == j) - jump(node(i), j));
        let mean = system.lu().solve(&DVector::from_element(n, self.h));
        // ANCHOR_END: nystrom
        let mean = mean.ok_or_else(|| {
            Error::argument("force", "one that keeps the chain from crossing", "one that lets it")
        })?;
        // One more step from the starting point itself.
        finite("force", self.h + (0..n).map(|j| jump(from, j) * mean[j]).sum::<f64>())
    }
}

fn ordered([wall, from, to]: [f64; 3]) -> Result<()> {
    for (name, value) in [("wall", wall), ("from", from), ("to", to)] {
        finite(name, value)?;
    }
    if wall > from {
        return Err(Error::argument("wall", wall, format!("at most from = {from}")));
    }
    if from >= to {
        return Err(Error::argument("to", to, format!("greater than from = {from}")));
    }
    Ok(())
}

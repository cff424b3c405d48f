//! The invariant covariances of the schemes in U(q) = kq²/2, in closed form. With ω² = k/m:
//!
//! | scheme | β k Var q | (β/m) Var p |
//! |---|---|---|
//! | BAOAB | 1 | 1 − h²ω²/4 |
//! | ABOBA | 1 | 1/(1 − h²ω²/4) |
//! | OBABO | 1/(1 − h²ω²/4) | 1 |
//!
//! With a linear flow [[a, b], [c, a]] of determinant 1 between two visits to the bath, as in OBABO and with Suzuki's integrator, p keeps
//! its variance m/β and q has b/(−c) times it, since the flow conserves b p² − c q².
//!
//! None depends on the friction. Euler–Maruyama's do.

use super::{Covariance, EulerMaruyama, Letter, Splitting, Word};
use crate::ch4_langevin::sampler::Scheme;

/// The invariant covariance of a splitting scheme, below its limit of stability.
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, Splitting, Word, splitting_covariance};
/// let bath = Bath::new(1.0, 1.0)?;
/// let law = |word| Ok::<_, sdml::Error>(splitting_covariance(&Splitting::new(word, bath, 1.0)?, 1.0));
/// assert_eq!(law(Word::Baoab)?.pp, 0.75);
/// assert_eq!(law(Word::Obabo)?.qq, 1.0 / 0.75);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: splitting
pub fn splitting_covariance(scheme: &Splitting, stiffness: f64) -> Covariance {
    let bath = scheme.bath();
    let (qq, pp) = (1.0 / (bath.beta() * stiffness), bath.momentum_variance());
    let factor = 1.0 - 0.25 * scheme.h().powi(2) * stiffness / bath.mass();
    match scheme.word() {
        Word::Baoab => Covariance { qq, qp: 0.0, pp: pp * factor },
        Word::Aboba => Covariance { qq, qp: 0.0, pp: pp / factor },
        Word::Obabo => Covariance { qq: qq / factor, qp: 0.0, pp },
        Word::Suzuki => {
            let [[_, b], [c, _]] = flow(scheme, stiffness);
            Covariance { qq: pp * b / -c, qp: 0.0, pp }
        }
    }
}
// ANCHOR_END: splitting

/// The matrix of the letters A and B of a scheme.
fn flow(scheme: &Splitting, stiffness: f64) -> [[f64; 2]; 2] {
    let mut columns = [[1.0, 0.0], [0.0, 1.0]];
    for &(letter, fraction) in scheme.word().letters() {
        let t = fraction * scheme.h();
        for [q, p] in &mut columns {
            match letter {
                Letter::A => *q += t * *p / scheme.bath().mass(),
                Letter::B => *p -= t * stiffness * *q,
                Letter::O => {}
            }
        }
    }
    let [[a, c], [b, d]] = columns;
    [[a, b], [c, d]]
}

/// The invariant covariance of Euler–Maruyama, below its limit of stability. With ω² = k/m,
///
/// (β/m) Var p = 2γ/((γ − hω²)(2 − γh + h²ω²/2)),  k Var q = (1 − γh/2 + h²ω²/2) Var p/m,
///
/// and Cov(q, p) = −h Var p/(2m).
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, EulerMaruyama, euler_maruyama_covariance};
/// let law = euler_maruyama_covariance(&EulerMaruyama::new(Bath::new(1.0, 1.0)?, 0.01)?, 1.0);
/// // Both marginals are wrong in the first order.
/// assert!(law.qq > 1.009 && law.pp > 1.014);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: euler
pub fn euler_maruyama_covariance(scheme: &EulerMaruyama, stiffness: f64) -> Covariance {
    let (bath, h) = (scheme.bath(), scheme.h());
    let (gamma, square) = (bath.friction(), stiffness / bath.mass());
    let damping = (gamma - h * square) * (2.0 - gamma * h + 0.5 * h * h * square);
    let pp = bath.momentum_variance() * 2.0 * gamma / damping;
    let qq = (1.0 - 0.5 * gamma * h + 0.5 * h * h * square) * pp / (bath.mass() * stiffness);
    Covariance { qq, qp: -0.5 * h * pp / bath.mass(), pp }
}
// ANCHOR_END: euler

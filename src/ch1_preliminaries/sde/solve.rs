//! A path of a scheme on given increments.

use super::equation::Equation;
use super::increments::{Grid, Increment, Increments};
use super::schemes::{State, Step};
use crate::error::{finite, stays_finite};
use crate::{Error, Result};

/// The states X_0, …, X_N of a scheme on the grid of `noise`.
///
/// # Errors
/// A start that is not finite; a path that leaves the finite numbers, with the step at which it does, and with the name of
/// the coefficient if one is not a number there.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::{EulerMaruyama, Grid, Increments, OrnsteinUhlenbeck, solve}, random::Streams};
/// let noise = Increments::sample(Grid::new(0.0, 1.0, 100)?, &mut Streams::new(1, "doc").stream(0));
/// let path = solve(EulerMaruyama, &OrnsteinUhlenbeck::new(-1.0, 1.0)?, [0.5], &noise)?;
/// assert_eq!((path.len(), path[0]), (101, [0.5]));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn solve<S, E, const D: usize, const M: usize>(
    scheme: S,
    equation: &E,
    start: [f64; D],
    noise: &Increments<M>,
) -> Result<Vec<[f64; D]>>
where
    S: Step<E, D, M>,
    E: Equation<D, M>,
{
    let mut path = Vec::with_capacity(noise.steps().len() + 1);
    path.push(start);
    run(scheme, equation, start, noise.grid(), noise.steps().iter().copied(), |x| path.push(x))?;
    Ok(path)
}

/// The last state X_N alone, without memory for the others.
///
/// # Errors
/// As [`solve`].
///
/// ```
/// use sdml::ch1_preliminaries::sde::{EulerMaruyama, Grid, Increment, Increments, OrnsteinUhlenbeck, solve_end};
/// // Without noise, dX = −X dt: 4 (1 − h)² for two steps h = ½.
/// let noise = Increments::<1>::of(Grid::new(0.0, 1.0, 2)?, vec![Increment::ZERO; 2])?;
/// assert_eq!(solve_end(EulerMaruyama, &OrnsteinUhlenbeck::new(-1.0, 1.0)?, [4.0], &noise)?, [1.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn solve_end<S, E, const D: usize, const M: usize>(
    scheme: S,
    equation: &E,
    start: [f64; D],
    noise: &Increments<M>,
) -> Result<[f64; D]>
where
    S: Step<E, D, M>,
    E: Equation<D, M>,
{
    run(scheme, equation, start, noise.grid(), noise.steps().iter().copied(), |_| ())
}

/// Steps through `noise`, shows every new position to `visit`, and returns the last one.
// ANCHOR: run
pub(super) fn run<S, E, const D: usize, const M: usize>(
    scheme: S,
    equation: &E,
    start: [f64; D],
    grid: &Grid,
    noise: impl Iterator<Item = Increment<M>>,
    mut visit: impl FnMut([f64; D]),
) -> Result<[f64; D]>
where
    S: Step<E, D, M>,
    E: Equation<D, M>,
{
    for value in start {
        finite("start", value)?;
    }
    let h = grid.h();
    let mut state = S::State::at(start);
    for (n, increment) in noise.enumerate() {
        let (before, t) = (state.position(), grid.time(n));
        state = scheme.step(equation, state, t, h, &increment);
        let x = state.position();
        stays_finite("X", x, n).map_err(|error| not_a_number(equation, &before, t, n).unwrap_or(error))?;
        visit(x);
    }
    Ok(state.position())
}
// ANCHOR_END: run

/// Names the coefficient that is not a number at `x`, from where a path left the finite numbers, if there is one.
fn not_a_number<E: Equation<D, M>, const D: usize, const M: usize>(
    equation: &E,
    x: &[f64; D],
    t: f64,
    step: usize,
) -> Option<Error> {
    let sigma: [[f64; M]; D] = equation.diffusion(x, t);
    let quantity = if equation.drift(x, t).iter().any(|b| b.is_nan()) {
        "drift"
    } else if sigma.iter().flatten().any(|sigma| sigma.is_nan()) {
        "diffusion"
    } else {
        return None;
    };
    Some(Error::NotFinite { quantity, value: f64::NAN, step })
}

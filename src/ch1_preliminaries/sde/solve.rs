//! A path of a scheme on given increments.

use super::equation::Equation;
use super::increments::{Grid, Increment, Increments};
use super::schemes::{State, Step};
use crate::Result;
use crate::error::{finite, stays_finite};

/// The states X_0, …, X_N of a scheme on the grid of `noise`.
///
/// # Errors
/// A start that is not finite; a path that leaves the finite numbers, with the step at which it does.
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
        state = scheme.step(equation, state, grid.time(n), h, &increment);
        let x = state.position();
        stays_finite("X", x, n)?;
        visit(x);
    }
    Ok(state.position())
}
// ANCHOR_END: run

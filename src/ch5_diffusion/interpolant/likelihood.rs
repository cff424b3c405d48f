//! The density of what a trained velocity generates. Along dx/dt = v(x, t), from the data at t = 0 to the noise at T, the
//! log-density changes at the rate −∇·v, as in (3.9), so that
//!
//! log q(x) = log N(x(T); 0, I) + ∫_0^T ∇·v(x(t), t) dt,  x(0) = x.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::Flow;
use crate::Result;
use crate::ch2_control::neural_ode::{FixedStep, Stages, Tableau};
use crate::ch3_flows::ode_flow::{DivergenceTape, FlowField, NetworkFlow};
use crate::ch5_diffusion::score::{Flowed, of_dimension};
use crate::error::{at_least, finite};
use crate::parallel::in_parallel;

/// How many points go along the flow together.
const TOGETHER: usize = 128;

impl Flow {
    /// Takes the rows of `points` from the data to the noise by RK4 with `steps` steps, and their log-densities with them.
    ///
    /// # Errors
    /// No points or steps; points of another dimension or not finite; a flow that leaves the finite numbers.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{interpolant::{Path, Recipe}, mixture::Mixture};
    /// let data = Mixture::isotropic(&[1.0], &[[0.5]], 0.5)?;
    /// let recipe = Recipe { hidden: vec![16], batch: 64, steps: 1000, ..Recipe::new(data.clone(), Path::linear(1.0)?, 0) };
    /// let log_q = recipe.train(|_, _| ())?.to_noise(array![[0.4], [1.0]].view(), 40)?.log_densities();
    /// assert!((log_q[0] - data.log_density(&[0.4])).abs() < 0.2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: to_noise
    pub fn to_noise(&self, points: ArrayView2<f64>, steps: usize) -> Result<Flowed> {
        let rows = at_least("points.nrows()", points.nrows(), 1)?;
        let field = NetworkFlow::new(self.network.clone())?;
        let n = field.dimension();
        of_dimension("points", &points, n)?;
        for &value in points {
            finite("points", value)?;
        }
        let solver = FixedStep::new(Tableau::RK4, 0.0, self.horizon, steps)?;
        let group = |g: usize| {
            let range = Slice::from(g * TOGETHER..rows.min((g + 1) * TOGETHER));
            let points = points.slice_axis(Axis(0), range);
            // The last column gathers the divergence.
            let mut state = Array2::zeros((points.nrows(), n + 1));
            state.slice_axis_mut(Axis(1), Slice::from(..n)).assign(&points);
            let mut tape = DivergenceTape::default();
            let slope = |t: f64, y: ArrayView2<f64>, out: ArrayViewMut2<f64>| {
                let (v, divergence) = out.split_at(Axis(1), n);
                let x = y.slice_axis(Axis(1), Slice::from(..n));
                let divergence = divergence.index_axis_move(Axis(1), 0);
                field.value(x, t / self.horizon, &self.theta, &mut tape, v, divergence)
            };
            solver.solve(&mut state, &mut Stages::default(), slope, |_, _, _| ())?;
            Ok(state)
        };
        let groups = in_parallel(rows.div_ceil(TOGETHER), group);
        let groups = groups.into_iter().collect::<Result<Vec<_>>>()?;
        let mut flowed = Flowed { ends: Array2::zeros((rows, n)), gains: Vec::with_capacity(rows) };
        let states = groups.iter().flat_map(|state| state.outer_iter());
        for (mut end, state) in flowed.ends.outer_iter_mut().zip(states) {
            end.assign(&state.slice_axis(Axis(0), Slice::from(..n)));
            flowed.gains.push(state[n]);
        }
        Ok(flowed)
    }
    // ANCHOR_END: to_noise
}

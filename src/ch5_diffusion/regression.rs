//! Least squares on drawn targets: a network N_θ(x, u) of a point and a time is fitted to a random vector y by the mean of
//! |N_θ(x, u) − y|², whose minimum over all functions is the conditional mean E[y | x, u]. Scores and velocities are both
//! learned so.

use ndarray::{Array2, ArrayView2};

use crate::ch2_control::backprop::{Mlp, Pass};
use crate::error::finite;
use crate::{Error, Result};

/// The buffers of one shard of a batch.
pub(super) struct Part {
    /// (x, u), and what else the network is told, a row for each point.
    pub(super) input: Array2<f64>,
    /// y.
    pub(super) target: Array2<f64>,
    pass: Pass,
}

impl Part {
    /// Buffers for points of ℝⁿ.
    pub(super) fn new(n: usize) -> Self {
        Self::sized(n + 1, n)
    }

    /// Buffers for a network of so many inputs and outputs.
    pub(super) fn sized(inputs: usize, outputs: usize) -> Self {
        Self { input: Array2::zeros((0, inputs)), target: Array2::zeros((0, outputs)), pass: Pass::new() }
    }

    /// Lets `draw(x, u, y)` overwrite every row.
    pub(super) fn fill(&mut self, rows: usize, mut draw: impl FnMut(&mut [f64], &mut f64, &mut [f64])) {
        self.fill_rows(rows, |input, target| {
            let (x, u) = input.split_at_mut(target.len());
            draw(x, &mut u[0], target);
        });
    }

    /// Lets `draw(input, y)` overwrite every row.
    pub(super) fn fill_rows(&mut self, rows: usize, mut draw: impl FnMut(&mut [f64], &mut [f64])) {
        let (inputs, outputs) = (self.input.ncols(), self.target.ncols());
        if self.input.nrows() != rows {
            self.input = Array2::zeros((rows, inputs));
            self.target = Array2::zeros((rows, outputs));
        }
        let input = self.input.as_slice_mut().expect("rows one after the other").chunks_exact_mut(inputs);
        let target = self.target.as_slice_mut().expect("rows one after the other").chunks_exact_mut(outputs);
        input.zip(target).for_each(|(input, target)| draw(input, target));
    }

    /// `scale` Σ |N_θ − y|² over the rows; its derivative is added to `gradient`. The targets are used up.
    pub(super) fn regress(
        &mut self,
        network: &Mlp,
        theta: &[f64],
        scale: f64,
        gradient: &mut [f64],
    ) -> Result<f64> {
        network.forward(theta, self.input.view(), &mut self.pass)?;
        // The target becomes the cotangent 2 scale (N_θ − y).
        let mut sum = 0.0;
        for (target, found) in self.target.iter_mut().zip(self.pass.output()) {
            let miss = found - *target;
            sum += miss * miss;
            *target = 2.0 * scale * miss;
        }
        network.pull_back(theta, &mut self.pass, self.target.view(), gradient)?;
        Ok(scale * sum)
    }
}

/// Writes (xᵢ, u) into the rows of `input`.
pub(super) fn beside_time(x: ArrayView2<f64>, u: f64, input: &mut Array2<f64>) {
    let (points, n) = x.dim();
    if input.dim() != (points, n + 1) {
        *input = Array2::zeros((points, n + 1));
    }
    for (mut input, x) in input.outer_iter_mut().zip(x.outer_iter()) {
        input.iter_mut().zip(x.iter().chain([&u])).for_each(|(place, value)| *place = *value);
    }
}

/// Refuses a network that does not take (x, u) to a vector like x, and parameters of another number or not finite.
pub(super) fn fits(network: &Mlp, theta: &[f64]) -> Result<()> {
    let n = network.outputs();
    if network.inputs() != n + 1 {
        let allowed = format!("{} for {n} outputs: the point and the time", n + 1);
        return Err(Error::argument("network.inputs()", network.inputs(), allowed));
    }
    fits_parameters(network, theta)
}

/// Refuses parameters of another number or not finite.
pub(super) fn fits_parameters(network: &Mlp, theta: &[f64]) -> Result<()> {
    if theta.len() != network.parameters() {
        let allowed = format!("{}, the number of parameters", network.parameters());
        return Err(Error::argument("theta.len()", theta.len(), allowed));
    }
    for &parameter in theta {
        finite("theta", parameter)?;
    }
    Ok(())
}

/// Refuses what does not fit, and a loss that is not finite or not below that of an untrained guess.
pub(super) fn has_learned(network: &Mlp, theta: &[f64], loss: f64, untrained: f64) -> Result<()> {
    fits(network, theta)?;
    if loss.is_finite() && loss < untrained {
        Ok(())
    } else {
        let allowed = format!("below {untrained}, the loss of an untrained guess: train the network first");
        Err(Error::argument("loss", loss, allowed))
    }
}

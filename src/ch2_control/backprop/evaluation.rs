//! Running a network on many points when no derivative is wanted: no memory of the way, all cores.

use ndarray::{ArrayView2, Axis, Slice};
use rayon::prelude::*;

use super::kernel::activate;
use super::network::copy;
use super::pass::view;
use super::product::{Onto, Strided, product};
use super::shards::SHARDS;
use super::{Jet, Mlp};
use crate::Result;

/// How many rows go through the network together: few enough that two layers of them stay in the cache.
const BLOCK: usize = 128;

/// The buffers of [`Mlp::evaluate`], reused by the next one.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::backprop::{Activation, Evaluation, Mlp};
/// // Without a hidden layer: f(x) = 2x + 1.
/// let (mlp, mut evaluation) = (Mlp::new(&[1, 1], Activation::Tanh)?, Evaluation::new());
/// mlp.evaluate(&[2.0, 1.0], array![[0.0], [3.0]].view(), &mut evaluation)?;
/// assert_eq!(evaluation.output(), array![[1.0], [7.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    rows: usize,
    columns: usize,
    output: Vec<f64>,
    shards: Vec<[Vec<f64>; 2]>,
}

impl Evaluation {
    /// Empty buffers; the first evaluation makes room.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Evaluation;
    /// assert_eq!(Evaluation::new().output().dim(), (0, 0));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The output of the last evaluation, n × n_L.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Evaluation, Mlp};
    /// // x ↦ (x, 2x + 1): a row for every point, a column for every output.
    /// let (mlp, mut evaluation) = (Mlp::new(&[1, 2], Activation::Tanh)?, Evaluation::new());
    /// mlp.evaluate(&[1.0, 2.0, 0.0, 1.0], array![[0.0], [3.0], [5.0]].view(), &mut evaluation)?;
    /// assert_eq!(evaluation.output(), array![[0.0, 1.0], [3.0, 7.0], [5.0, 11.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn output(&self) -> ArrayView2<'_, f64> {
        view(&self.output, self.rows, self.columns)
    }
}

impl Mlp {
    /// Runs the network on the rows of `x`, n × n_0, on all cores; the output is `evaluation.output()`, n × n_L.
    ///
    /// The rows are cut into blocks of fixed size, so the bits do not depend on the number of threads.
    ///
    /// # Errors
    /// A θ or an x of the wrong shape or with entries that are not finite.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use sdml::ch2_control::backprop::{Activation, Evaluation, Mlp, Pass};
    /// use sdml::random::Streams;
    /// let mlp = Mlp::new(&[2, 8, 3], Activation::Silu)?;
    /// let theta = mlp.initial(&mut Streams::new(0, "doc").stream(0));
    /// let x = Array2::from_shape_fn((1000, 2), |(i, d)| (i as f64).sin() + d as f64);
    /// let (mut pass, mut evaluation) = (Pass::new(), Evaluation::new());
    /// mlp.forward(&theta, x.view(), &mut pass)?;
    /// mlp.evaluate(&theta, x.view(), &mut evaluation)?;
    /// assert!((&pass.output() - &evaluation.output()).iter().all(|d| d.abs() < 1e-14));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn evaluate(&self, theta: &[f64], x: ArrayView2<f64>, evaluation: &mut Evaluation) -> Result<()> {
        self.check_parameters(theta)?;
        let rows = self.check_input(Jet::default(), x)?;
        let columns = self.outputs();
        (evaluation.rows, evaluation.columns) = (rows, columns);
        evaluation.output.resize(rows * columns, 0.0);
        evaluation.shards.resize_with(SHARDS, Default::default);
        let share = rows.div_ceil(SHARDS).max(1);
        let shards = evaluation.output.par_chunks_mut(share * columns).zip(&mut evaluation.shards);
        shards.enumerate().for_each(|(s, (output, shard))| {
            for (b, output) in output.chunks_mut(BLOCK * columns).enumerate() {
                let first = s * share + b * BLOCK;
                let rows = output.len() / columns;
                self.run_block(theta, x.slice_axis(Axis(0), Slice::from(first..first + rows)), shard, output);
            }
        });
        Ok(())
    }

    fn run_block(&self, theta: &[f64], x: ArrayView2<f64>, [y, z]: &mut [Vec<f64>; 2], output: &mut [f64]) {
        let rows = x.nrows();
        for layer in [&mut *y, &mut *z] {
            layer.resize((rows * self.widest()).max(layer.len()), 0.0);
        }
        copy(x, &mut y[..rows * self.inputs()]);
        for span in self.spans() {
            let last = span.end == self.parameters();
            let after = if last { &mut *output } else { &mut z[..rows * span.outputs] };
            let weight = Strided::new(&theta[span.weight..span.bias], span.outputs);
            let bias = Onto::Row(&theta[span.bias..span.end]);
            product(Strided::new(y, span.inputs), span.inputs, weight, span.outputs, bias, after);
            if !last {
                activate(self.activation(), 0, after, &mut Default::default());
            }
            std::mem::swap(y, z);
        }
    }
}

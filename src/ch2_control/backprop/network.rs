//! The network: y_0 = x, z_l = y_{l−1} W_l + b_l, y_l = σ(z_l) for l < L and y_L = z_L, for a batch of rows at once.
//!
//! Example 2.1 of the notes, with biases, any widths, and the derivatives forward and backward.

use std::cell::RefCell;

use ndarray::ArrayView2;

use super::kernel::{activate, add_rows, all_finite, pull_back, pull_back_values, push_forward};
use super::pass::Layer;
use super::product::{Onto, Strided, product};
use super::{Activation, Jet, Pass};
use crate::error::{at_least, counted, finite};
use crate::random::Stream;
use crate::{Error, Result};

/// The shape of a network with n_0 inputs, n_L outputs and L − 1 hidden layers; the last layer is linear.
///
/// The parameters are one flat vector θ = (W_1, b_1, …, W_L, b_L) of length P with W_l of shape n_{l−1} × n_l row by row,
/// so that every optimizer of Chapter 1 can move it.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
/// // f(x) = 3 tanh(2x + 1) − 1
/// let mlp = Mlp::new(&[1, 1, 1], Activation::Tanh)?;
/// let theta = [2.0, 1.0, 3.0, -1.0];
/// let mut pass = Pass::new();
/// mlp.forward(&theta, array![[0.5]].view(), &mut pass)?;
/// assert!((pass.output()[[0, 0]] - (3.0 * 2f64.tanh() - 1.0)).abs() < 1e-15);
/// // ∂f/∂θ in reverse.
/// let mut gradient = [0.0; 4];
/// mlp.pull_back(&theta, &mut pass, array![[1.0]].view(), &mut gradient)?;
/// let slope = 1.0 - 2f64.tanh().powi(2);
/// let exact = [1.5 * slope, 3.0 * slope, 2f64.tanh(), 1.0];
/// assert!(gradient.iter().zip(exact).all(|(g, e)| (g - e).abs() < 1e-15));
/// // ∂f/∂x comes with it.
/// assert!((pass.input_cotangent()[[0, 0]] - 6.0 * slope).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mlp {
    sizes: Vec<usize>,
    activation: Activation,
    parameters: usize,
}

/// Where a layer's weights and biases are.
pub(super) struct Span {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) weight: usize,
    pub(super) bias: usize,
    pub(super) end: usize,
}

impl Mlp {
    /// A network with the layer sizes n_0, …, n_L.
    ///
    /// # Errors
    /// Fewer than two sizes, a size of 0, or more parameters than can be counted.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// assert!(Mlp::new(&[2, 1], Activation::Tanh).is_ok() && Mlp::new(&[2], Activation::Tanh).is_err());
    /// ```
    pub fn new(sizes: &[usize], activation: Activation) -> Result<Self> {
        at_least("sizes.len()", sizes.len(), 2)?;
        for &size in sizes {
            at_least("sizes", size, 1)?;
        }
        let parameters = sizes
            .windows(2)
            .try_fold(0usize, |sum, pair| pair[0].checked_add(1)?.checked_mul(pair[1])?.checked_add(sum));
        Ok(Self { sizes: sizes.to_vec(), activation, parameters: counted("sizes", sizes, parameters)? })
    }

    /// n_0.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// assert_eq!(Mlp::new(&[3, 16, 2], Activation::Tanh)?.inputs(), 3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.sizes[0]
    }

    /// n_L.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// assert_eq!(Mlp::new(&[3, 16, 2], Activation::Tanh)?.outputs(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    /// n_0, …, n_L.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// // P = Σ (n_{l−1} + 1) n_l.
    /// let mlp = Mlp::new(&[3, 16, 2], Activation::Tanh)?;
    /// assert_eq!(mlp.sizes().windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum::<usize>(), mlp.parameters());
    /// assert_eq!(mlp.sizes(), [3, 16, 2]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    pub(super) fn widest(&self) -> usize {
        self.sizes.iter().copied().fold(0, usize::max)
    }

    /// σ.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// assert_eq!(Mlp::new(&[3, 16, 2], Activation::Silu)?.activation(), Activation::Silu);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// P, the length of θ.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// assert_eq!(Mlp::new(&[2, 64, 64, 2], Activation::Tanh)?.parameters(), 4482);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Random parameters: W_l and b_l uniform on (−1/√n_{l−1}, 1/√n_{l−1}).
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, random::Streams};
    /// let mlp = Mlp::new(&[4, 8, 1], Activation::Silu)?;
    /// let theta = mlp.initial(&mut Streams::new(0, "doc").stream(0));
    /// assert!(theta.len() == mlp.parameters() && theta[..40].iter().all(|w| w.abs() <= 0.5));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn initial(&self, stream: &mut Stream) -> Vec<f64> {
        let mut theta = Vec::with_capacity(self.parameters);
        for pair in self.sizes.windows(2) {
            let bound = 1.0 / (pair[0] as f64).sqrt();
            theta.extend((0..(pair[0] + 1) * pair[1]).map(|_| bound * (2.0 * stream.uniform() - 1.0)));
        }
        theta
    }

    /// Where the parameters of layer `l` = 1, …, L begin, from the position `start`.
    fn span(&self, l: usize, start: usize) -> Span {
        let (inputs, outputs) = (self.sizes[l - 1], self.sizes[l]);
        let bias = start + inputs * outputs;
        Span { inputs, outputs, weight: start, bias, end: bias + outputs }
    }

    /// The layers from the first to the last.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        (1..self.sizes.len()).scan(0, |start, l| {
            let span = self.span(l, *start);
            *start = span.end;
            Some(span)
        })
    }

    /// The layers from the last to the first.
    fn spans_back(&self) -> impl Iterator<Item = Span> + '_ {
        (1..self.sizes.len()).rev().scan(self.parameters, |end, l| {
            let start = *end - (self.sizes[l - 1] + 1) * self.sizes[l];
            *end = start;
            Some(self.span(l, start))
        })
    }

    /// Runs the network on the rows of `x`, n × n_0; the output is `pass.output()`, n × n_L.
    ///
    /// # Errors
    /// A θ or an x of the wrong shape or with entries that are not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// // One linear layer: 2x₁ − x₂ + ½.
    /// let (mlp, mut pass) = (Mlp::new(&[2, 1], Activation::Tanh)?, Pass::new());
    /// mlp.forward(&[2.0, -1.0, 0.5], array![[1.0, 1.0], [0.0, 3.0]].view(), &mut pass)?;
    /// assert_eq!(pass.output(), array![[1.5], [-2.5]]);
    /// assert!(mlp.forward(&[2.0, -1.0], array![[1.0, 1.0]].view(), &mut pass).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn forward(&self, theta: &[f64], x: ArrayView2<f64>, pass: &mut Pass) -> Result<()> {
        self.forward_jet(theta, Jet::default(), x, pass)
    }

    /// Runs the network on a jet: `x` has (1 + K + L) n rows, the values, then each tangent, then the Laplacian. The output
    /// has the same layout.
    ///
    /// One product by W_l serves all streams; biases are added to the values only, and the activation acts by
    /// y = σ(z), ẏ_k = σ'(z) ż_k, l_y = σ'(z) l_z + σ''(z) Σ_k ż_k².
    ///
    /// # Errors
    /// A θ or an x of the wrong shape or with entries that are not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Jet, Mlp, Pass};
    /// // f(x) = sin(x_1 + 2x_2): ∂_1 f = cos, ∂_2 f = 2 cos, Δf = −5 sin.
    /// let mlp = Mlp::new(&[2, 1, 1], Activation::Sine)?;
    /// let jet = Jet { tangents: 2, laplacian: true };
    /// let x = array![[0.3, 0.2], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]];
    /// let mut pass = Pass::new();
    /// mlp.forward_jet(&[1.0, 2.0, 0.0, 1.0, 0.0], jet, x.view(), &mut pass)?;
    /// let (sine, cosine) = 0.7f64.sin_cos();
    /// for (row, exact) in [sine, cosine, 2.0 * cosine, -5.0 * sine].into_iter().enumerate() {
    ///     assert!((pass.output()[[row, 0]] - exact).abs() < 1e-15);
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: forward
    pub fn forward_jet(&self, theta: &[f64], jet: Jet, x: ArrayView2<f64>, pass: &mut Pass) -> Result<()> {
        self.check_parameters(theta)?;
        let points = self.check_input(jet, x)?;
        pass.prepare(self, jet, points);
        copy(x, &mut pass.input);
        let Pass { input, layers, multiplications, .. } = pass;
        *multiplications = 0;
        let mut y = input;
        for (l, (span, layer)) in self.spans().zip(layers).enumerate() {
            let (width, inner) = (span.outputs, span.inputs);
            let weight = Strided::new(&theta[span.weight..span.bias], width);
            let bias = Onto::Row(&theta[span.bias..span.end]);
            let (y_values, y_rest) = y.split_at(points * inner);
            let (values, derivatives) = layer.after.split_at_mut(points * width);
            let rest =
                |c: &mut [f64]| product(Strided::new(y_rest, inner), inner, weight, width, Onto::Zero, c);
            *multiplications += product(Strided::new(y_values, inner), inner, weight, width, bias, values);
            if l + 2 < self.sizes.len() {
                *multiplications += rest(&mut layer.before);
                activate(self.activation, self.slopes(jet), values, &mut layer.slopes);
                push_forward(jet.tangents, &layer.slopes, &layer.before, derivatives);
            } else {
                *multiplications += rest(derivatives);
            }
            y = &mut layer.after;
        }
        Ok(())
    }
    // ANCHOR_END: forward

    /// Goes back through the last forward pass. With c the `cotangent`, of the output's shape, it adds the derivative of
    /// ⟨c, output⟩ with respect to θ to `gradient` and leaves the one with respect to the input in
    /// [`Pass::input_cotangent`].
    ///
    /// θ must be that of the forward pass. May be called again with other cotangents.
    ///
    /// # Errors
    /// Arguments of the wrong shape, or a pass that has not been forward through a network of these sizes.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// // 2 (w₁x₁ + w₂x₂ + b) by w₁, w₂ and b, and by x.
    /// let (mlp, theta, mut pass, mut gradient) =
    ///     (Mlp::new(&[2, 1], Activation::Tanh)?, [2.0, -1.0, 0.5], Pass::new(), [0.0; 3]);
    /// mlp.forward(&theta, array![[3.0, 4.0]].view(), &mut pass)?;
    /// mlp.pull_back(&theta, &mut pass, array![[2.0]].view(), &mut gradient)?;
    /// assert_eq!(gradient, [6.0, 8.0, 2.0]);
    /// assert_eq!(pass.input_cotangent(), array![[4.0, -2.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn pull_back(
        &self,
        theta: &[f64],
        pass: &mut Pass,
        cotangent: ArrayView2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        // One pair for each thread: a solver keeps hundreds of passes, and theirs would not stay in the cache.
        thread_local! {
            static COTANGENTS: RefCell<[Vec<f64>; 2]> = RefCell::default();
        }
        self.check_way_back(theta, pass, cotangent, gradient)?;
        let rows = pass.rows();
        if rows == 0 {
            return Ok(());
        }
        COTANGENTS.with_borrow_mut(|cotangents| {
            let [here, before] = cotangents.each_mut().map(|cotangent| {
                cotangent.resize((rows * self.widest()).max(cotangent.len()), 0.0);
                &mut cotangent[..]
            });
            copy(cotangent, &mut here[..rows * self.outputs()]);
            self.layers_back(theta, pass, here, before, gradient);
        });
        Ok(())
    }

    /// The way back with room for the cotangents of a layer, `here`, and of the one before it.
    // ANCHOR: pull_back
    fn layers_back<'a>(
        &self,
        theta: &[f64],
        pass: &mut Pass,
        mut here: &'a mut [f64],
        mut before: &'a mut [f64],
        gradient: &mut [f64],
    ) {
        let (points, rows, jet) = (pass.points, pass.rows(), pass.jet);
        let Pass { input_cotangent, input, layers, multiplications, .. } = pass;
        for (l, span) in self.spans_back().enumerate().map(|(back, span)| (self.sizes.len() - 2 - back, span))
        {
            let (width, inner) = (span.outputs, span.inputs);
            let y = Strided::new(if l == 0 { input } else { &layers[l - 1].after }, inner);
            let z = Strided::new(&here[..rows * width], width);
            let weight = Strided::new(&theta[span.weight..span.bias], width);
            let slot = &mut gradient[span.weight..span.bias];
            *multiplications += product(y.transposed(), rows, z, width, Onto::Itself, slot);
            add_rows(&here[..points * width], &mut gradient[span.bias..span.end]);
            let cotangents = &mut before[..rows * inner];
            *multiplications += product(z, width, weight.transposed(), inner, Onto::Zero, cotangents);
            if l > 0 {
                let Layer { before: z, after: y, slopes } = &layers[l - 1];
                match self.slopes(jet) {
                    0 => pull_back_values(self.activation, y, cotangents),
                    _ => pull_back(jet.tangents, slopes, z, cotangents),
                }
            }
            std::mem::swap(&mut here, &mut before);
        }
        input_cotangent.resize(input.len(), 0.0);
        input_cotangent.copy_from_slice(&here[..input.len()]);
    }
    // ANCHOR_END: pull_back

    /// How many derivatives of σ the way back needs to be told; tanh' and that of max(z, 0) follow from the values.
    fn slopes(&self, jet: Jet) -> usize {
        match (self.activation, jet.order()) {
            (Activation::Tanh | Activation::Relu, 1) => 0,
            (_, order) => order,
        }
    }

    /// Fails when θ has the wrong length or an entry that is not finite.
    pub(super) fn check_parameters(&self, theta: &[f64]) -> Result<()> {
        self.check_length("theta.len()", theta.len())?;
        if !all_finite(theta) {
            for &parameter in theta {
                finite("theta", parameter)?;
            }
        }
        Ok(())
    }

    fn check_length(&self, name: &'static str, length: usize) -> Result<()> {
        if length == self.parameters {
            return Ok(());
        }
        Err(Error::argument(name, length, format!("{}, the number of parameters", self.parameters)))
    }

    /// The number of points of the jet `x`.
    pub(super) fn check_input(&self, jet: Jet, x: ArrayView2<f64>) -> Result<usize> {
        if x.ncols() != self.inputs() {
            return Err(Error::argument(
                "x.ncols()",
                x.ncols(),
                format!("{}, the network's inputs", self.inputs()),
            ));
        }
        if !x.nrows().is_multiple_of(jet.streams()) {
            let allowed = format!("a multiple of the jet's {} streams", jet.streams());
            return Err(Error::argument("x.nrows()", x.nrows(), allowed));
        }
        for &entry in x {
            finite("x", entry)?;
        }
        Ok(x.nrows() / jet.streams())
    }

    fn check_way_back(
        &self,
        theta: &[f64],
        pass: &Pass,
        cotangent: ArrayView2<f64>,
        gradient: &[f64],
    ) -> Result<()> {
        self.check_length("theta.len()", theta.len())?;
        self.check_length("gradient.len()", gradient.len())?;
        if pass.sizes != self.sizes {
            let allowed = format!("one that went forward through layers of sizes {:?}", self.sizes);
            return Err(Error::argument("pass", format!("{:?}", pass.sizes), allowed));
        }
        if cotangent.dim() != pass.output().dim() {
            let allowed = format!("{:?}, the output's shape", pass.output().dim());
            return Err(Error::argument("cotangent.dim()", format!("{:?}", cotangent.dim()), allowed));
        }
        Ok(())
    }
}

impl Pass {
    /// Makes room for a jet of `points` points through `network`.
    fn prepare(&mut self, network: &Mlp, jet: Jet, points: usize) {
        if self.sizes != network.sizes {
            self.sizes.clone_from(&network.sizes);
            self.layers.resize_with(network.sizes.len() - 1, Layer::default);
        }
        (self.jet, self.points) = (jet, points);
        let rows = self.rows();
        self.input.resize(rows * network.sizes[0], 0.0);
        self.input_cotangent.clear();
        let kept = network.slopes(jet);
        for (l, layer) in self.layers.iter_mut().enumerate() {
            let width = network.sizes[l + 1];
            layer.after.resize(rows * width, 0.0);
            let hidden = l + 2 < network.sizes.len();
            layer.before.resize(if hidden { (rows - points) * width } else { 0 }, 0.0);
            for (order, slopes) in layer.slopes.iter_mut().enumerate() {
                slopes.resize(if hidden && order < kept { points * width } else { 0 }, 0.0);
            }
        }
    }
}

/// Copies a matrix of any layout into row-major memory of its size.
pub(super) fn copy(matrix: ArrayView2<f64>, rows: &mut [f64]) {
    match matrix.as_slice() {
        Some(slice) => rows.copy_from_slice(slice),
        None => rows.iter_mut().zip(matrix).for_each(|(to, from)| *to = *from),
    }
}

//! What a pass through the network carries and leaves behind.

use ndarray::ArrayView2;

/// What is carried through the network beside the values.
///
/// A jet of n points with K tangents and L = 0 or 1 Laplacians is a matrix of (1 + K + L) n rows: the values, then each
/// tangent in turn, then the Laplacian. Tangents transform as ẏ = Dy ẋ; the Laplacian row of a function f of the input is
/// Σ_k ẋ_kᵀ D²f ẋ_k + Df l, which is Δf where the tangents are the unit vectors and l = 0.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::backprop::{Activation, Jet, Mlp, Pass};
/// // f(x) = 2x + 1 at x = 3, and its change along 5.
/// let (mlp, mut pass) = (Mlp::new(&[1, 1], Activation::Tanh)?, Pass::new());
/// mlp.forward_jet(&[2.0, 1.0], Jet { tangents: 1, laplacian: false }, array![[3.0], [5.0]].view(), &mut pass)?;
/// assert_eq!(pass.output(), array![[7.0], [10.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jet {
    /// K, the number of tangents.
    pub tangents: usize,
    /// Whether the Laplacian Σ_k over the tangents is carried as well.
    pub laplacian: bool,
}

impl Jet {
    /// 1 + K + L, the number of rows for one point.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Jet;
    /// assert_eq!(Jet::default().streams(), 1);
    /// assert_eq!(Jet { tangents: 3, laplacian: true }.streams(), 5);
    /// ```
    pub fn streams(self) -> usize {
        1 + self.tangents + usize::from(self.laplacian)
    }

    /// The highest derivative of σ that the way back needs.
    pub(super) fn order(self) -> usize {
        if self.laplacian {
            3
        } else if self.tangents > 0 {
            2
        } else {
            1
        }
    }
}

/// The buffers of a pass, reused by the next one: after a pass of a given shape, another of that shape or a smaller one
/// allocates nothing here.
///
/// ```
/// use ndarray::Array2;
/// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
/// let (mlp, mut pass) = (Mlp::new(&[1, 3, 1], Activation::Tanh)?, Pass::new());
/// let theta = vec![0.5; mlp.parameters()];
/// mlp.forward(&theta, Array2::zeros((4, 1)).view(), &mut pass)?;
/// let held = pass.held();
/// // What the first pass left is overwritten, not added to.
/// mlp.forward(&theta, Array2::ones((4, 1)).view(), &mut pass)?;
/// assert_eq!(pass.held(), held);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Pass {
    pub(super) jet: Jet,
    /// n, the number of points.
    pub(super) points: usize,
    pub(super) sizes: Vec<usize>,
    pub(super) input: Vec<f64>,
    pub(super) layers: Vec<Layer>,
    pub(super) input_cotangent: Vec<f64>,
    pub(super) multiplications: u64,
}

/// What a layer leaves for the way back.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    /// The tangents and Laplacian of z, which the activation then transforms; empty without any.
    pub(super) before: Vec<f64>,
    /// The jet of the layer's output.
    pub(super) after: Vec<f64>,
    /// σ', σ'', σ''' at the values of z, as far as they are needed and do not follow from σ.
    pub(super) slopes: [Vec<f64>; 3],
}

impl Pass {
    /// An empty pass; the first forward pass makes room.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Pass;
    /// assert_eq!((Pass::new().held(), Pass::new().output().dim()), (0, (0, 0)));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of rows: points times 1 + K + L.
    pub(super) fn rows(&self) -> usize {
        self.points * self.jet.streams()
    }

    /// How many multiplications the matrix products took since the beginning of the last forward pass, those of its pull-backs
    /// included: rows · Σ n_{l−1} n_l forward, twice that on the way back.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// let (mlp, mut pass) = (Mlp::new(&[1, 3, 1], Activation::Tanh)?, Pass::new());
    /// let theta = vec![0.5; mlp.parameters()];
    /// mlp.forward(&theta, array![[1.0], [2.0]].view(), &mut pass)?;
    /// let there = pass.multiplications();
    /// mlp.pull_back(&theta, &mut pass, array![[1.0], [1.0]].view(), &mut vec![0.0; mlp.parameters()])?;
    /// // Two rows of 1 · 3 + 3 · 1; with the way back three times as many.
    /// assert_eq!((there, pass.multiplications()), (12, 36));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn multiplications(&self) -> u64 {
        self.multiplications
    }

    /// The output of the last forward pass, (1 + K + L) n × n_L; empty before the first.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// let (mlp, mut pass) = (Mlp::new(&[1, 2], Activation::Tanh)?, Pass::new());
    /// mlp.forward(&[1.0, 2.0, 0.0, 1.0], array![[3.0]].view(), &mut pass)?;
    /// assert_eq!(pass.output(), array![[3.0, 7.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn output(&self) -> ArrayView2<'_, f64> {
        match (self.layers.last(), self.sizes.last()) {
            (Some(layer), Some(&columns)) => view(&layer.after, self.rows(), columns),
            _ => view(&[], 0, 0),
        }
    }

    /// How many numbers the buffers hold.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// let (mlp, mut pass) = (Mlp::new(&[1, 3, 1], Activation::Tanh)?, Pass::new());
    /// mlp.forward(&vec![0.0; mlp.parameters()], ndarray::array![[0.5]].view(), &mut pass)?;
    /// // The input, the hidden layer, the output; the slopes of tanh follow from its values.
    /// assert_eq!(pass.held(), 1 + 3 + 1);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn held(&self) -> usize {
        let layer = |layer: &Layer| {
            layer.before.len() + layer.after.len() + layer.slopes.iter().map(Vec::len).sum::<usize>()
        };
        self.input.len() + self.layers.iter().map(layer).sum::<usize>() + self.input_cotangent.len()
    }

    /// The derivative with respect to the input that the last [`Mlp::pull_back`](super::Mlp::pull_back) left,
    /// (1 + K + L) n × n_0; empty before the first.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// let (mlp, theta, mut pass) = (Mlp::new(&[1, 1], Activation::Tanh)?, [2.0, 1.0], Pass::new());
    /// mlp.forward(&theta, array![[3.0]].view(), &mut pass)?;
    /// assert!(pass.input_cotangent().is_empty());
    /// // 5 (2x + 1) by x.
    /// mlp.pull_back(&theta, &mut pass, array![[5.0]].view(), &mut [0.0; 2])?;
    /// assert_eq!(pass.input_cotangent(), array![[10.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn input_cotangent(&self) -> ArrayView2<'_, f64> {
        match self.sizes.first() {
            Some(&columns) if self.input_cotangent.len() == self.rows() * columns => {
                view(&self.input_cotangent, self.rows(), columns)
            }
            _ => view(&[], 0, 0),
        }
    }
}

pub(super) fn view(data: &[f64], rows: usize, columns: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((rows, columns), data).expect("the length is the shape's")
}

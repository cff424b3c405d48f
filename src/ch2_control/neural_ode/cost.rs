//! What the methods cost, by counting (Exercise 2.4): a wrapper that counts evaluations, and one dense layer that counts its
//! own multiplications.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::field::{VectorField, check_jet, check_length, check_shape};
use crate::Result;
use crate::error::{at_least, counted};

/// A field that counts how many rows it is asked for.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{Counted, Pointwise, Relaxation, trajectory};
/// let field = Counted::new(Pointwise(Relaxation));
/// trajectory(&field, &[1.0, 1.0], array![[1.0], [2.0]], 0.5, 5, 1)?;
/// // Five steps of RK4 from two points: values only.
/// assert_eq!(field.counts(), [5 * 4 * 2, 0, 0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Counted<F> {
    field: F,
    values: AtomicU64,
    pull_backs: AtomicU64,
    tangents: AtomicU64,
}

impl<F> Counted<F> {
    /// Counts from zero.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{Counted, Pendulum, Pointwise};
    /// assert_eq!(Counted::new(Pointwise(Pendulum)).counts(), [0; 3]);
    /// ```
    pub fn new(field: F) -> Self {
        Self { field, values: AtomicU64::new(0), pull_backs: AtomicU64::new(0), tangents: AtomicU64::new(0) }
    }

    /// Points at which the field was evaluated, pulled back, and tangents that were pushed forward.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch2_control::neural_ode::{Counted, Pendulum, Pointwise, VectorField};
    /// let (field, theta) = (Counted::new(Pointwise(Pendulum)), [1.0, 0.25]);
    /// let (mut tape, mut out, z) = (Default::default(), Array2::zeros((3, 2)), Array2::zeros((3, 2)));
    /// field.value(z.view(), 0.0, &theta, &mut tape, out.view_mut())?;
    /// field.pull_back(&theta, &mut tape, z.view(), out.view_mut(), &mut [0.0; 2])?;
    /// // One point and two tangents.
    /// field.push_forward(z.view(), 1, 0.0, &theta, &mut tape, out.view_mut())?;
    /// assert_eq!(field.counts(), [3 + 1, 3, 2]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn counts(&self) -> [u64; 3] {
        [&self.values, &self.pull_backs, &self.tangents].map(|count| count.load(Relaxed))
    }
}

impl<F: VectorField> VectorField for Counted<F> {
    type Tape = F::Tape;

    fn dimension(&self) -> usize {
        self.field.dimension()
    }

    fn parameters(&self) -> usize {
        self.field.parameters()
    }

    fn value(
        &self,
        z: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        self.values.fetch_add(z.nrows() as u64, Relaxed);
        self.field.value(z, t, theta, tape, out)
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Self::Tape,
        a: ArrayView2<f64>,
        out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        self.pull_backs.fetch_add(a.nrows() as u64, Relaxed);
        self.field.pull_back(theta, tape, a, out, gradient)
    }

    fn push_forward(
        &self,
        jet: ArrayView2<f64>,
        points: usize,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        self.values.fetch_add(points as u64, Relaxed);
        self.tangents.fetch_add(jet.nrows().saturating_sub(points) as u64, Relaxed);
        self.field.push_forward(jet, points, t, theta, tape, out)
    }

    fn held(&self, tape: &Self::Tape) -> usize {
        self.field.held(tape)
    }
}

/// f(z) = tanh(Wz), W a d × d matrix, so that P = d²: the field of Exercise 2.4. Every loop counts what it multiplies.
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::{Activated, DenseLayer, VectorField};
/// let (layer, w, mut out) = (DenseLayer::new(2)?, [0.0, 1.0, 0.0, 0.0], Array2::zeros((1, 2)));
/// layer.value(array![[3.0, 0.5]].view(), 0.0, &w, &mut Activated::default(), out.view_mut())?;
/// assert!((out[[0, 0]] - 0.5f64.tanh()).abs() < 1e-15 && out[[0, 1]] == 0.0);
/// // One product of a 2 × 2 matrix and a vector.
/// assert_eq!(layer.multiplications(), 4);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug)]
pub struct DenseLayer {
    width: usize,
    multiplications: AtomicU64,
}

/// The points of the last evaluation, and tanh of their images.
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::{Activated, DenseLayer, VectorField};
/// let (layer, mut tape, mut out) = (DenseLayer::new(2)?, Activated::default(), Array2::zeros((1, 2)));
/// let w = [1.0, 2.0, 3.0, 4.0];
/// layer.value(array![[0.0, 0.0]].view(), 0.0, &w, &mut tape, out.view_mut())?;
/// assert_eq!(layer.held(&tape), 2 + 2);
/// // At z = 0, where tanh' = 1, the pull-back is Wᵀa.
/// layer.pull_back(&w, &mut tape, array![[1.0, 10.0]].view(), out.view_mut(), &mut [0.0; 4])?;
/// assert_eq!(out, array![[31.0, 42.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Activated {
    z: Array2<f64>,
    s: Array2<f64>,
}

impl DenseLayer {
    /// The layer of width d.
    ///
    /// # Errors
    /// d = 0, or more parameters than can be counted.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{DenseLayer, VectorField};
    /// assert_eq!(DenseLayer::new(3)?.parameters(), 9);
    /// assert!(DenseLayer::new(0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(width: usize) -> Result<Self> {
        counted("width", width, width.checked_mul(width))?;
        Ok(Self { width: at_least("width", width, 1)?, multiplications: AtomicU64::new(0) })
    }

    /// Multiplications so far.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use sdml::ch2_control::neural_ode::{Activated, DenseLayer, VectorField};
    /// // Three points, each times a 2 × 2 matrix.
    /// let (layer, z, mut out) = (DenseLayer::new(2)?, Array2::zeros((3, 2)), Array2::zeros((3, 2)));
    /// layer.value(z.view(), 0.0, &[0.0; 4], &mut Activated::default(), out.view_mut())?;
    /// assert_eq!(layer.multiplications(), 3 * 4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn multiplications(&self) -> u64 {
        self.multiplications.load(Relaxed)
    }

    fn count(&self, multiplications: usize) {
        self.multiplications.fetch_add(multiplications as u64, Relaxed);
    }

    /// Row i of W times a vector.
    fn row_times(&self, theta: &[f64], i: usize, vector: impl Iterator<Item = f64>) -> f64 {
        self.count(self.width);
        theta[i * self.width..(i + 1) * self.width].iter().zip(vector).map(|(w, z)| w * z).sum()
    }
}

impl VectorField for DenseLayer {
    type Tape = Activated;

    fn dimension(&self) -> usize {
        self.width
    }

    fn parameters(&self) -> usize {
        self.width * self.width
    }

    fn value(
        &self,
        z: ArrayView2<f64>,
        _t: f64,
        theta: &[f64],
        tape: &mut Activated,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        check_shape("z", z.dim(), (z.nrows(), self.width))?;
        check_shape("out", out.dim(), z.dim())?;
        check_length("theta.len()", theta.len(), self)?;
        if tape.z.dim() != z.dim() {
            *tape = Activated { z: Array2::zeros(z.dim()), s: Array2::zeros(z.dim()) };
        }
        tape.z.assign(&z);
        for (row, z) in z.rows().into_iter().enumerate() {
            for i in 0..self.width {
                out[[row, i]] = self.row_times(theta, i, z.iter().copied()).tanh();
            }
        }
        tape.s.assign(&out);
        Ok(())
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Activated,
        a: ArrayView2<f64>,
        mut out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        check_shape("a", a.dim(), (tape.z.nrows(), self.width))?;
        check_shape("out", out.dim(), a.dim())?;
        check_length("theta.len()", theta.len(), self)?;
        check_length("gradient.len()", gradient.len(), self)?;
        out.fill(0.0);
        for (row, a) in a.rows().into_iter().enumerate() {
            for i in 0..self.width {
                let s = tape.s[[row, i]];
                let pulled = a[i] * (1.0 - s * s);
                self.count(2 * self.width + 2);
                for j in 0..self.width {
                    out[[row, j]] += theta[i * self.width + j] * pulled;
                    gradient[i * self.width + j] += pulled * tape.z[[row, j]];
                }
            }
        }
        Ok(())
    }

    fn push_forward(
        &self,
        jet: ArrayView2<f64>,
        points: usize,
        _t: f64,
        theta: &[f64],
        _tape: &mut Activated,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        check_jet(self, jet.dim(), points, out.dim())?;
        check_length("theta.len()", theta.len(), self)?;
        for row in 0..jet.nrows() {
            for i in 0..self.width {
                let image = self.row_times(theta, i, jet.row(row).iter().copied());
                out[[row, i]] = if row < points {
                    image.tanh()
                } else {
                    let s = out[[row % points, i]];
                    self.count(2);
                    image * (1.0 - s * s)
                };
            }
        }
        Ok(())
    }

    fn held(&self, tape: &Activated) -> usize {
        tape.z.len() + tape.s.len()
    }
}

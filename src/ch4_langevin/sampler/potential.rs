//! What is sampled, the law with density proportional to e^{−βU}, and what samples it, one step at a time.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Batch;

/// A potential U: ℝᵈ → ℝ.
///
/// ```
/// use sdml::ch4_langevin::sampler::Potential;
///
/// /// U(x) = x⁴/4.
/// struct Quartic;
///
/// impl Potential for Quartic {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn value(&self, x: &[f64]) -> f64 {
///         0.25 * x[0].powi(4)
///     }
///     fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
///         gradient[0] = x[0].powi(3);
///     }
/// }
/// let mut gradient = [0.0];
/// Quartic.gradient(&[2.0], &mut gradient);
/// assert_eq!((Quartic.dimension(), Quartic.value(&[2.0]), gradient), (1, 4.0, [8.0]));
/// ```
// ANCHOR: potential
pub trait Potential: Sync {
    /// The dimension d.
    fn dimension(&self) -> usize;

    /// U(x); +∞ where the density vanishes.
    fn value(&self, x: &[f64]) -> f64;

    /// Writes ∇U(x).
    fn gradient(&self, x: &[f64], gradient: &mut [f64]);
    // ANCHOR_END: potential

    /// Writes ∇U for every row of `x`. Worth writing anew where all rows together are cheaper than one after the other.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch4_langevin::sampler::{Harmonic, Potential};
    /// let mut gradients = Array2::zeros((2, 2));
    /// Harmonic::new(&[1.0, 4.0])?.gradients(array![[1.0, 1.0], [2.0, -1.0]].view(), gradients.view_mut());
    /// assert_eq!(gradients, array![[1.0, 4.0], [2.0, -4.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn gradients(&self, x: ArrayView2<f64>, mut gradients: ArrayViewMut2<f64>) {
        for (x, mut gradient) in x.rows().into_iter().zip(gradients.rows_mut()) {
            let x = x.to_slice().expect("the rows of a batch are contiguous");
            self.gradient(x, gradient.as_slice_mut().expect("the rows of a batch are contiguous"));
        }
    }

    /// Writes U and ∇U for every row of `x`.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch4_langevin::sampler::{DoubleWell, Potential};
    /// // U = (x² − 1)² and U′ = 4x(x² − 1).
    /// let (mut values, mut gradients) = ([0.0; 2], Array2::zeros((2, 1)));
    /// DoubleWell::new(1)?.values_and_gradients(array![[0.0], [2.0]].view(), &mut values, gradients.view_mut());
    /// assert_eq!((values, gradients), ([1.0, 9.0], array![[0.0], [24.0]]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn values_and_gradients(&self, x: ArrayView2<f64>, values: &mut [f64], gradients: ArrayViewMut2<f64>) {
        for (x, value) in x.rows().into_iter().zip(values) {
            *value = self.value(x.to_slice().expect("the rows of a batch are contiguous"));
        }
        self.gradients(x, gradients);
    }

    /// An upper bound of the curvature, v·∇²U(x)v ≤ L|v|² for all x and v, if there is one: it limits the step of a scheme.
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::{DoubleWell, Harmonic, Potential};
    /// // The curvature 12x² − 4 has no bound.
    /// assert_eq!(Harmonic::new(&[1.0, 4.0])?.stiffness(), Some(4.0));
    /// assert_eq!(DoubleWell::new(1)?.stiffness(), None);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn stiffness(&self) -> Option<f64> {
        None
    }
}

/// A way to move chains by one step of time h.
///
/// ```
/// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
///
/// /// Steepest descent, (4.4) without noise, with h = ½.
/// #[derive(Clone, Copy)]
/// struct Descent;
///
/// impl Scheme for Descent {
///     fn name(&self) -> &'static str {
///         "descent"
///     }
///     fn h(&self) -> f64 {
///         0.5
///     }
///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
///         chains.update_positions(potential, |x, gradient, _| x - 0.5 * gradient);
///     }
///     fn momentum_deviation(&self) -> f64 {
///         0.0
///     }
///     fn limit(&self, stiffness: f64) -> f64 {
///         2.0 / stiffness
///     }
/// }
/// let well = Harmonic::new(&[1.0])?;
/// let mut chains = Chains::from_point(&well, Descent, Streams::new(1, "doc"), 2, &[8.0])?;
/// chains.advance(3)?;
/// assert_eq!(chains.positions(), ndarray::array![[1.0], [1.0]]);
/// // Without momenta; stable below 2/L.
/// assert_eq!((Descent.name(), Descent.h()), ("descent", 0.5));
/// assert_eq!((Descent.momentum_deviation(), Descent.limit(4.0)), (0.0, 0.5));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: scheme
pub trait Scheme: Copy + Sync {
    /// Its name, for tables.
    fn name(&self) -> &'static str;

    /// The step h.
    fn h(&self) -> f64;

    /// Moves every chain of the batch by one step.
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch);

    /// The standard deviation of the momenta with which a chain starts; 0 if it has none.
    fn momentum_deviation(&self) -> f64;

    /// The step from which on the scheme is unstable in U(q) = L|q|²/2: infinite, if it never is.
    fn limit(&self, stiffness: f64) -> f64;
}
// ANCHOR_END: scheme

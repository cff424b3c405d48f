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
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::{Harmonic, Potential};
    /// assert_eq!(Harmonic::new(&[1.0, 4.0])?.dimension(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn dimension(&self) -> usize;

    /// U(x); +∞ where the density vanishes.
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::{DoubleWell, Potential};
    /// // Σ (xᵢ² − 1)²: at the bottom of a well, on the barrier between two, and 3² + 1 far out.
    /// let well = DoubleWell::new(2)?;
    /// assert_eq!([[1.0, -1.0], [0.0, 1.0], [0.0, 2.0]].map(|x| well.value(&x)), [0.0, 1.0, 10.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn value(&self, x: &[f64]) -> f64;

    /// Writes ∇U(x).
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::{Harmonic, Potential};
    /// // (x₁, 4x₂), in place of what was there.
    /// let mut gradient = [7.0; 2];
    /// Harmonic::new(&[1.0, 4.0])?.gradient(&[3.0, -2.0], &mut gradient);
    /// assert_eq!(gradient, [3.0, -8.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
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
    ///
    /// ```
    /// use sdml::ch4_langevin::{overdamped::Ula, sampler::Scheme, underdamped::{Bath, Splitting, Word}};
    /// assert_eq!(Ula::new(1.0, 0.1)?.name(), "ULA");
    /// // A splitting is called by its word.
    /// assert_eq!(Splitting::new(Word::Baoab, Bath::new(1.0, 1.0)?, 0.1)?.name(), "BAOAB");
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn name(&self) -> &'static str;

    /// The step h.
    ///
    /// ```
    /// use sdml::ch4_langevin::{overdamped::Ula, sampler::Scheme};
    /// assert_eq!(Ula::new(2.0, 0.25)?.h(), 0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn h(&self) -> f64;

    /// Moves every chain of the batch by one step.
    ///
    /// ```
    /// use sdml::{ch4_langevin::{overdamped::Ula, sampler::{Chains, Harmonic}}, random::Streams};
    /// // (4.4) with β = 2 and h = ¼ in U = x²/2: x − x/4 + ξ/2, and chain 0 draws ξ from stream 0.
    /// let (well, streams) = (Harmonic::new(&[1.0])?, Streams::new(1, "doc"));
    /// let mut chains = Chains::from_point(&well, Ula::new(2.0, 0.25)?, streams, 1, &[8.0])?;
    /// chains.advance(1)?;
    /// assert_eq!(chains.positions()[[0, 0]], 6.0 + 0.5 * streams.stream(0).normal());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch);

    /// The standard deviation of the momenta with which a chain starts; 0 if it has none.
    ///
    /// ```
    /// use sdml::ch4_langevin::{overdamped::Ula, sampler::Scheme, underdamped::{Bath, EulerMaruyama}};
    /// // √(m/β) with m = 1 and β = 4; the overdamped equation has no momenta.
    /// assert_eq!(EulerMaruyama::new(Bath::new(2.0, 4.0)?, 0.1)?.momentum_deviation(), 0.5);
    /// assert_eq!(Ula::new(4.0, 0.1)?.momentum_deviation(), 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn momentum_deviation(&self) -> f64;

    /// The step from which on the scheme is unstable in U(q) = L|q|²/2: infinite, if it never is.
    ///
    /// ```
    /// use sdml::ch4_langevin::{overdamped::Ula, sampler::Scheme, underdamped::{Bath, EulerMaruyama}};
    /// // ULA multiplies q by 1 − hL, which is −1 at the limit.
    /// assert_eq!(1.0 - Ula::new(1.0, 0.1)?.limit(8.0) * 8.0, -1.0);
    /// // Euler and Maruyama's step has the determinant 1 − γh + h²L, which is 1 at the limit.
    /// let h = EulerMaruyama::new(Bath::new(0.5, 1.0)?, 0.1)?.limit(8.0);
    /// assert_eq!(1.0 - 0.5 * h + h * h * 8.0, 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn limit(&self, stiffness: f64) -> f64;
}
// ANCHOR_END: scheme

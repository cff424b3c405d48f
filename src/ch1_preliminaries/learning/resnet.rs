//! Section 1.4.2: residual networks, y_ℓ = h(z_ℓ) + F(z_ℓ, W_ℓ), z_{ℓ+1} = g(y_ℓ), as steps of Euler's method.
//!
//! Here F(z, W_ℓ) = Δt tanh(A_ℓ z + b_ℓ) with Δt = T/depth. With g = h = identity a layer is one step of Euler's method
//! for z' = tanh(A(t)z + b(t)); with other g and h it is not.

use super::{Activation, tanh};
use crate::Result;
use crate::error::{at_least, finite, positive};

/// A residual network ℝᴰ → ℝᴰ.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Layer, ResNet};
/// // Weights that grow with t, taken at the left ends 0 and ½ of the steps.
/// let network = ResNet::sampled(2, 1.0, |t| Layer { weight: [[0.0]], bias: [t] })?;
/// let end = network.forward([1.0])[2][0];
/// assert!((end - (1.0 + 0.5 * 0.5f64.tanh())).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ResNet<const D: usize> {
    layers: Vec<Layer<D>>,
    time_step: f64,
    inner: fn(f64) -> f64,
    outer: fn(f64) -> f64,
}

/// The weights A (row by row) and b of one layer.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Layer;
/// // A turns by a right angle.
/// let layer = Layer { weight: [[0.0, -1.0], [1.0, 0.0]], bias: [0.0; 2] };
/// let [x, y] = layer.field(&[2.0, 0.0]);
/// assert!(x == 0.0 && (y - 2f64.tanh()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer<const D: usize> {
    /// A.
    pub weight: [[f64; D]; D],
    /// b.
    pub bias: [f64; D],
}

impl<const D: usize> Layer<D> {
    /// tanh(Az + b), the right side of the differential equation.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Layer;
    /// let layer = Layer { weight: [[2.0]], bias: [1.0] };
    /// assert!((layer.field(&[0.5])[0] - 2f64.tanh()).abs() < 1e-15);
    /// ```
    pub fn field(&self, z: &[f64; D]) -> [f64; D] {
        std::array::from_fn(|i| {
            tanh(self.weight[i].iter().zip(z).map(|(a, z)| a * z).sum::<f64>() + self.bias[i])
        })
    }

    /// The Jacobian ∇f of the field, in the notation of Section 1.5: row i, column j is ∂f_i/∂z_j.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Layer;
    /// let layer = Layer { weight: [[0.0, 2.0], [1.0, 0.0]], bias: [0.0; 2] };
    /// assert_eq!(layer.jacobian(&[0.0; 2]), [[0.0, 2.0], [1.0, 0.0]]);
    /// ```
    pub fn jacobian(&self, z: &[f64; D]) -> [[f64; D]; D] {
        let s = self.field(z);
        std::array::from_fn(|i| self.weight[i].map(|a| Activation::Tanh.derivatives(s[i])[0] * a))
    }

    /// The contraction ∇F v of Section 1.5 for F = ∇f: the matrix Σ_k ∂F_ij/∂z_k v_k, the change of the Jacobian
    /// along v.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Layer;
    /// let layer = Layer { weight: [[3.0]], bias: [1.0] };
    /// let s = 1f64.tanh();
    /// assert!((layer.jacobian_along(&[0.0], &[2.0])[0][0] + 2.0 * s * (1.0 - s * s) * 18.0).abs() < 1e-13);
    /// ```
    pub fn jacobian_along(&self, z: &[f64; D], v: &[f64; D]) -> [[f64; D]; D] {
        let s = self.field(z);
        std::array::from_fn(|i| {
            let along: f64 = self.weight[i].iter().zip(v).map(|(a, v)| a * v).sum();
            self.weight[i].map(|a| Activation::Tanh.derivatives(s[i])[1] * a * along)
        })
    }
}

impl<const D: usize> ResNet<D> {
    /// A network with `depth` layers, ℓ-th weights taken from a curve of weights at t = ℓT/depth, T = `horizon`, and
    /// g = h = identity.
    ///
    /// # Errors
    /// No layers, a horizon that is not positive, or weights that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Layer, ResNet};
    /// let drift = |_t: f64| Layer { weight: [[0.0]], bias: [-1.0] };
    /// let network = ResNet::sampled(8, 1.0, drift)?;
    /// assert!((network.forward([0.5]).last().unwrap()[0] - (0.5 - 1f64.tanh())).abs() < 1e-15);
    /// // With g = ReLU the same blocks stop at 0, at any depth.
    /// let relu = network.with(|z| z, |y| y.max(0.0));
    /// assert_eq!(relu.forward([0.5]).last(), Some(&[0.0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sampled(depth: usize, horizon: f64, weights: impl Fn(f64) -> Layer<D>) -> Result<Self> {
        let time_step = positive("horizon", horizon)? / at_least("depth", depth, 1)? as f64;
        let layers: Vec<_> = (0..depth).map(|l| weights(l as f64 * time_step)).collect();
        for layer in &layers {
            for &entry in layer.weight.as_flattened().iter().chain(&layer.bias) {
                finite("weights", entry)?;
            }
        }
        Ok(Self { layers, time_step, inner: |z| z, outer: |y| y })
    }

    /// The same blocks with other functions h = `inner` and g = `outer`, applied to each component.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Layer, ResNet};
    /// // Without a field, z ← g(h(z)): h halves and g is kept.
    /// let idle = ResNet::sampled(3, 1.0, |_| Layer { weight: [[0.0]], bias: [0.0] })?;
    /// assert_eq!(idle.with(|z| 0.5 * z, |y| y).forward([8.0]), [[8.0], [4.0], [2.0], [1.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[must_use]
    pub fn with(self, inner: fn(f64) -> f64, outer: fn(f64) -> f64) -> Self {
        Self { inner, outer, ..self }
    }

    /// z₀, z₁, …, z_depth.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Layer, ResNet};
    /// let network = ResNet::sampled(4, 1.0, |_| Layer { weight: [[0.0]], bias: [0.0] })?;
    /// // Without a field nothing moves; the start is shown too.
    /// assert_eq!(network.forward([8.0]), [[8.0]; 5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: forward
    pub fn forward(&self, start: [f64; D]) -> Vec<[f64; D]> {
        let mut z = start;
        let mut states = vec![z];
        for layer in &self.layers {
            let f = layer.field(&z);
            z = std::array::from_fn(|i| (self.outer)((self.inner)(z[i]) + self.time_step * f[i]));
            states.push(z);
        }
        states
    }
    // ANCHOR_END: forward
}

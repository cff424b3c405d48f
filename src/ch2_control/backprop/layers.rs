//! Example 2.1 and Exercise 2.2: layers without bias, y_k = ς(W⁽ᵏ⁾ y_{k−1}), and three ways to the gradient of a loss, each
//! counting what it does and what it keeps.
//!
//! The loss is L(y_ℓ) = ½|y_ℓ|². One point, plain loops: what is measured here is the count, not the time.

use super::Activation;
use crate::error::{at_least, counted, finite, positive};
use crate::{Error, Result};

/// ℓ layers of width N_d; θ holds the matrices W⁽¹⁾, …, W⁽ℓ⁾, each row by row.
///
/// ```
/// use sdml::ch2_control::backprop::{Activation, Layers};
/// // Backwards and forwards to the same gradient.
/// let (layers, theta) = (Layers::new(2, 2, Activation::Tanh)?, [0.5, -1.0, 0.25, 1.0, -0.5, 0.75, 1.0, 0.5]);
/// let [back, forth] = [layers.backpropagate(&theta, &[1.0, 2.0])?.0, layers.forward_mode(&theta, &[1.0, 2.0])?.0];
/// assert!(back.iter().zip(&forth).all(|(back, forth)| (back - forth).abs() < 1e-15));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    width: usize,
    depth: usize,
    activation: Activation,
}

/// What a computation did.
///
/// ```
/// use sdml::ch2_control::backprop::{Activation, Count, Layers};
/// // Two layers of three units: 2 · 3² products, 2 · 3 activations, and two layers at a time.
/// let (_, count) = Layers::new(3, 2, Activation::Tanh)?.loss(&[0.1; 18], &[1.0; 3])?;
/// assert_eq!(count, Count { multiplications: 18, activations: 6, stored: 6 });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Multiplications with an entry of a matrix, of W or of its derivative.
    pub multiplications: usize,
    /// Evaluations of ς or ς'.
    pub activations: usize,
    /// Numbers kept at the same time beside θ: layers on the way forward, and the gradient.
    pub stored: usize,
}

/// How many layers a perturbation of one weight makes finite differences run.
///
/// ```
/// use sdml::ch2_control::backprop::{Activation, Layers, Rerun};
/// // Three weights in a chain, shifted twice each: 2 · 3 · 3 layers, or 3 once and then 2 · (3 + 2 + 1).
/// let layers = Layers::new(1, 3, Activation::Tanh)?;
/// for (rerun, multiplications) in [(Rerun::Everything, 18), (Rerun::FromLayer, 15)] {
///     let (_, count) = layers.central_differences(&[0.5; 3], &[1.0], 1e-5, rerun)?;
///     assert_eq!(count.multiplications, multiplications);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// The whole network, for every weight.
    Everything,
    /// Only from the perturbed layer on: the layers before it are kept.
    FromLayer,
}

impl Layers {
    /// ℓ = `depth` layers of width N_d = `width`.
    ///
    /// # Errors
    /// A width or a depth of 0, or more parameters than can be counted.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Layers};
    /// assert!(Layers::new(3, 1, Activation::Tanh).is_ok() && Layers::new(3, 0, Activation::Tanh).is_err());
    /// ```
    pub fn new(width: usize, depth: usize, activation: Activation) -> Result<Self> {
        at_least("width", width, 1)?;
        at_least("depth", depth, 1)?;
        counted("width", width, width.checked_mul(width).and_then(|square| square.checked_mul(depth)))?;
        Ok(Self { width, depth, activation })
    }

    /// P = ℓ N_d².
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Layers};
    /// assert_eq!(Layers::new(3, 2, Activation::Tanh)?.parameters(), 18);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.depth * self.width * self.width
    }

    fn check(&self, theta: &[f64], x: &[f64]) -> Result<()> {
        for (name, vector, length) in [("theta", theta, self.parameters()), ("x", x, self.width)] {
            if vector.len() != length {
                return Err(Error::argument(
                    name,
                    format!("of length {}", vector.len()),
                    format!("{length} long"),
                ));
            }
            vector.iter().try_for_each(|&entry| finite(name, entry).map(|_| ()))?;
        }
        Ok(())
    }

    fn matrix<'a>(&self, theta: &'a [f64], k: usize) -> &'a [f64] {
        let size = self.width * self.width;
        &theta[k * size..(k + 1) * size]
    }

    /// W y.
    fn times(&self, matrix: &[f64], y: &[f64], count: &mut Count) -> Vec<f64> {
        count.multiplications += matrix.len();
        matrix.chunks(self.width).map(|row| row.iter().zip(y).map(|(w, y)| w * y).sum()).collect()
    }

    fn activate(&self, z: &[f64], order: usize, count: &mut Count) -> Vec<f64> {
        count.activations += z.len();
        z.iter().map(|&z| self.activation.derivatives(z)[order]).collect()
    }

    /// The loss from layer `first` on, y being the output of the layer before it.
    fn loss_from(&self, theta: &[f64], first: usize, y: &[f64], count: &mut Count) -> f64 {
        let mut y = y.to_vec();
        for k in first..self.depth {
            let z = self.times(self.matrix(theta, k), &y, count);
            y = self.activate(&z, 0, count);
        }
        0.5 * y.iter().map(|y| y * y).sum::<f64>()
    }

    /// L(y_ℓ(x)).
    ///
    /// # Errors
    /// Vectors of the wrong length or with entries that are not finite.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Layers};
    /// let (loss, count) = Layers::new(1, 2, Activation::Sine)?.loss(&[2.0, 3.0], &[0.1])?;
    /// assert!((loss - 0.5 * (3.0 * 0.2f64.sin()).sin().powi(2)).abs() < 1e-15);
    /// assert_eq!((count.multiplications, count.activations), (2, 2));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self, theta: &[f64], x: &[f64]) -> Result<(f64, Count)> {
        self.check(theta, x)?;
        let mut count = Count { stored: 2 * self.width, ..Count::default() };
        Ok((self.loss_from(theta, 0, x, &mut count), count))
    }

    /// All y_{k−1} and z_k.
    fn forward(&self, theta: &[f64], x: &[f64], count: &mut Count) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let (mut ys, mut zs) = (vec![x.to_vec()], Vec::new());
        for k in 0..self.depth {
            let z = self.times(self.matrix(theta, k), &ys[k], count);
            ys.push(self.activate(&z, 0, count));
            zs.push(z);
        }
        count.stored += ys.iter().chain(&zs).map(Vec::len).sum::<usize>();
        (ys, zs)
    }

    /// The gradient by backpropagation: forward with every layer kept, then δ_k = ς'(z_k) ∘ ∂L/∂y_k from the last layer to the
    /// first, ∂L/∂W⁽ᵏ⁾ = δ_k y_{k−1}ᵀ and ∂L/∂y_{k−1} = W⁽ᵏ⁾ᵀ δ_k.
    ///
    /// # Errors
    /// As [`Layers::loss`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Layers};
    /// // L = ½ sin²(θx) has the slope ½x sin(2θx).
    /// let (gradient, count) = Layers::new(1, 1, Activation::Sine)?.backpropagate(&[0.3], &[2.0])?;
    /// assert!((gradient[0] - 1.2f64.sin()).abs() < 1e-14);
    /// // One product forwards, two backwards.
    /// assert_eq!(count.multiplications, 3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: backpropagate
    pub fn backpropagate(&self, theta: &[f64], x: &[f64]) -> Result<(Vec<f64>, Count)> {
        self.check(theta, x)?;
        let mut count = Count::default();
        let (ys, zs) = self.forward(theta, x, &mut count);
        let mut gradient = vec![0.0; theta.len()];
        count.stored += gradient.len();
        // ∂L/∂y_ℓ = y_ℓ.
        let mut along = ys[self.depth].clone();
        for k in (0..self.depth).rev() {
            let slopes = self.activate(&zs[k], 1, &mut count);
            let delta: Vec<f64> = along.iter().zip(slopes).map(|(a, slope)| a * slope).collect();
            let n = self.width;
            let mut before = vec![0.0; n];
            for (i, delta) in delta.iter().enumerate() {
                for j in 0..n {
                    let entry = (k * n + i) * n + j;
                    gradient[entry] = delta * ys[k][j];
                    before[j] += theta[entry] * delta;
                    count.multiplications += 2;
                }
            }
            along = before;
        }
        Ok((gradient, count))
    }
    // ANCHOR_END: backpropagate

    /// The gradient by forward mode: for each weight, the tangent it causes is carried to the end.
    ///
    /// # Errors
    /// As [`Layers::loss`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Layers};
    /// // L = ½ sin²(θx) has the slope ½x sin(2θx).
    /// let (gradient, _) = Layers::new(1, 1, Activation::Sine)?.forward_mode(&[0.3], &[2.0])?;
    /// assert!((gradient[0] - 1.2f64.sin()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn forward_mode(&self, theta: &[f64], x: &[f64]) -> Result<(Vec<f64>, Count)> {
        self.check(theta, x)?;
        let mut count = Count::default();
        let (ys, zs) = self.forward(theta, x, &mut count);
        // Two layers of values, of slopes and of tangents would do, if all tangents went along; one at a time it keeps ς'.
        let slopes: Vec<_> = zs.iter().map(|z| self.activate(z, 1, &mut count)).collect();
        let n = self.width;
        let mut gradient = vec![0.0; theta.len()];
        count.stored += gradient.len();
        for (index, gradient) in gradient.iter_mut().enumerate() {
            let (k, i, j) = (index / (n * n), index / n % n, index % n);
            let mut tangent = vec![0.0; n];
            tangent[i] = slopes[k][i] * ys[k][j];
            count.multiplications += 1;
            for (l, slopes) in slopes.iter().enumerate().skip(k + 1) {
                tangent = self.times(self.matrix(theta, l), &tangent, &mut count);
                tangent.iter_mut().zip(slopes).for_each(|(t, slope)| *t *= slope);
            }
            *gradient = tangent.iter().zip(&ys[self.depth]).map(|(t, y)| t * y).sum();
        }
        Ok((gradient, count))
    }

    /// The gradient by central differences, (L(θ_λ + ε) − L(θ_λ − ε))/(2ε) for each weight.
    ///
    /// # Errors
    /// ε not positive, or as [`Layers::loss`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Layers, Rerun};
    /// // L = ½ sin²(θx) has the slope ½x sin(2θx); the error is of order ε².
    /// let layers = Layers::new(1, 1, Activation::Sine)?;
    /// let (gradient, _) = layers.central_differences(&[0.3], &[2.0], 1e-3, Rerun::Everything)?;
    /// assert!((1e-8..1e-5).contains(&(gradient[0] - 1.2f64.sin()).abs()));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: differences
    pub fn central_differences(
        &self,
        theta: &[f64],
        x: &[f64],
        epsilon: f64,
        rerun: Rerun,
    ) -> Result<(Vec<f64>, Count)> {
        self.check(theta, x)?;
        positive("epsilon", epsilon)?;
        let mut count = Count { stored: theta.len() + 2 * self.width, ..Count::default() };
        let kept = match rerun {
            Rerun::Everything => vec![x.to_vec(); self.depth],
            Rerun::FromLayer => self.forward(theta, x, &mut count).0,
        };
        let mut shifted = theta.to_vec();
        let mut gradient = vec![0.0; theta.len()];
        for (index, gradient) in gradient.iter_mut().enumerate() {
            let layer = index / (self.width * self.width);
            let first = if rerun == Rerun::Everything { 0 } else { layer };
            let mut at = |epsilon: f64| {
                shifted[index] = theta[index] + epsilon;
                self.loss_from(&shifted, first, &kept[layer], &mut count)
            };
            *gradient = (at(epsilon) - at(-epsilon)) / (2.0 * epsilon);
            shifted[index] = theta[index];
        }
        Ok((gradient, count))
    }
    // ANCHOR_END: differences
}

//! The same network as a formula for one point and any kind of number: slow, and obviously right. What the batches are
//! checked against.

use super::{Activation, Map, Mlp};
use crate::ch1_preliminaries::sde::Number;

impl Activation {
    /// σ(z) as a formula: for |z| ≤ 700, where no exponential overflows. As a formula max(z, 0) has no derivative at 0.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Activation;
    /// for activation in Activation::ALL {
    ///     assert!((activation.formula(-0.7) - activation.derivatives(-0.7)[0]).abs() < 1e-15);
    /// }
    /// ```
    pub fn formula<S: Number>(self, z: S) -> S {
        match self {
            Self::Tanh => z.tanh(),
            Self::Silu => z / ((-z).exp() + 1.0),
            Self::Softplus => (z.exp() + 1.0).ln(),
            Self::Relu => (z + (z * z).sqrt()) * 0.5,
            Self::Sine => z.sin(),
        }
    }
}

impl Mlp {
    /// The output at one point.
    ///
    /// # Panics
    /// If θ or x have the wrong length.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// // f(x) = 3 tanh(2x + 1) − 1
    /// let mlp = Mlp::new(&[1, 1, 1], Activation::Tanh)?;
    /// assert_eq!(mlp.formula(&[2.0, 1.0, 3.0, -1.0], &[-0.5]), [-1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: formula
    pub fn formula<S: Number>(&self, theta: &[S], x: &[S]) -> Vec<S> {
        let mut y = x.to_vec();
        for (l, span) in self.spans().enumerate() {
            let weight = &theta[span.weight..span.bias];
            let z = |j: usize| {
                let terms = y.iter().enumerate().map(|(i, &y)| y * weight[i * span.outputs + j]);
                terms.fold(theta[span.bias + j], |sum, term| sum + term)
            };
            let hidden = l + 2 < self.sizes().len();
            let sigma = |z| if hidden { self.activation().formula(z) } else { z };
            y = (0..span.outputs).map(|j| sigma(z(j))).collect();
        }
        y
    }
    // ANCHOR_END: formula
}

/// The network as a function of its input, θ being fixed.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::backprop::{Activation, Mlp, Mode, OfInput, jacobian};
/// // f(x) = 3 tanh(2x + 1) − 1 has the slope 3 · 2 at x = −½.
/// let mlp = Mlp::new(&[1, 1, 1], Activation::Tanh)?;
/// let of_input = OfInput(&mlp, &[2.0, 1.0, 3.0, -1.0]);
/// assert_eq!(jacobian(&of_input, &[-0.5], Mode::Reverse)?, array![[6.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OfInput<'a>(pub &'a Mlp, pub &'a [f64]);

/// The network as a function of its parameters, the input being fixed.
///
/// ```
/// use sdml::ch2_control::backprop::{Activation, Mlp, OfParameters, gradient};
/// // f = θ₃ tanh(θ₁x + θ₂) + θ₄ at x = −½, where tanh is 0 and its slope 1: ∂f/∂θ = (θ₃x, θ₃, 0, 1).
/// let mlp = Mlp::new(&[1, 1, 1], Activation::Tanh)?;
/// let found = gradient(&OfParameters(&mlp, &[-0.5]), &[2.0, 1.0, 3.0, -1.0])?;
/// assert_eq!(found, (-1.0, vec![-1.5, 3.0, 0.0, 1.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OfParameters<'a>(pub &'a Mlp, pub &'a [f64]);

impl Map for OfInput<'_> {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    fn apply<S: Number>(&self, x: &[S]) -> Vec<S> {
        let theta: Vec<S> = self.1.iter().map(|&parameter| S::from(parameter)).collect();
        self.0.formula(&theta, x)
    }
}

impl Map for OfParameters<'_> {
    fn inputs(&self) -> usize {
        self.0.parameters()
    }

    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    fn apply<S: Number>(&self, theta: &[S]) -> Vec<S> {
        let x: Vec<S> = self.1.iter().map(|&x| S::from(x)).collect();
        self.0.formula(theta, &x)
    }
}

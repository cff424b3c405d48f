//! One fixed problem without random numbers, so that other programs can be asked the same question: ż = N_θ(z) with a
//! 2-64-64-2 tanh network, 512 points, RK4 on [0, 1], L = mean |z(1)|².
//!
//! With u_k = frac(10⁴ sin k), k = 1, 2, …, and v_k = 2u_k − 1, the v_k fill W_1, b_1, W_2, b_2, W_3, b_3, each divided by
//! the root of its layer's number of inputs, and then, doubled, the starts.

use ndarray::Array2;

use super::batch::BatchGradient;
use super::network::NetworkField;
use crate::Result;
use crate::ch2_control::backprop::{Activation, Mlp};

/// The problem.
///
/// ```
/// use sdml::ch2_control::neural_ode::PeerProblem;
/// let problem = PeerProblem::new();
/// assert_eq!((problem.theta.len(), problem.z_0.dim()), (4482, (PeerProblem::POINTS, 2)));
/// // u_1 = frac(10⁴ sin 1) = 0.709848079, and the first layer has two inputs.
/// assert!((problem.theta[0] - (2.0 * 0.709848079 - 1.0) / 2f64.sqrt()).abs() < 1e-8);
/// ```
#[derive(Debug, Clone)]
pub struct PeerProblem {
    /// The network's field.
    pub field: NetworkField,
    /// Its 4482 parameters.
    pub theta: Vec<f64>,
    /// The starts, 512 × 2.
    pub z_0: Array2<f64>,
}

impl Default for PeerProblem {
    fn default() -> Self {
        Self::new()
    }
}

impl PeerProblem {
    /// The sizes of the network's layers.
    const SIZES: [usize; 4] = [2, 64, 64, 2];

    /// The number of starts.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::PeerProblem;
    /// assert_eq!(PeerProblem::new().z_0.nrows(), PeerProblem::POINTS);
    /// ```
    pub const POINTS: usize = 512;

    /// The problem.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::PeerProblem;
    /// // The starts are twice the v_k that follow the 4482 of the parameters.
    /// let wild = 1e4 * 4483f64.sin();
    /// let v = 2.0 * (wild - wild.floor()) - 1.0;
    /// assert_eq!(PeerProblem::new().z_0[[0, 0]], 2.0 * v);
    /// ```
    pub fn new() -> Self {
        let network = Mlp::new(&Self::SIZES, Activation::Tanh).expect("the sizes are those of a network");
        let mut k = 0.0f64;
        let mut next = || {
            k += 1.0;
            let wild = 1e4 * k.sin();
            2.0 * (wild - wild.floor()) - 1.0
        };
        let mut theta = Vec::with_capacity(network.parameters());
        for pair in Self::SIZES.windows(2) {
            let scale = 1.0 / (pair[0] as f64).sqrt();
            theta.extend((0..(pair[0] + 1) * pair[1]).map(|_| scale * next()));
        }
        let z_0 = Array2::from_shape_simple_fn((Self::POINTS, 2), || 2.0 * next());
        let field = NetworkField::new(network).expect("as many inputs as outputs");
        Self { field, theta, z_0 }
    }

    /// L, with its derivative added to `gradient`, along a scheme of N = `steps` steps.
    ///
    /// # Errors
    /// As [`BatchGradient::evaluate`].
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{BatchGradient, FixedStep, Method, PeerProblem, Tableau};
    /// let (problem, scheme) = (PeerProblem::new(), FixedStep::new(Tableau::EULER, 0.0, 1.0, 1)?);
    /// // Blocks are for speed: they change nothing but the rounding.
    /// let loss = |block| -> sdml::Result<f64> {
    ///     let mut batch = BatchGradient::new(scheme, Method::recorded(1), problem.theta.len(), block)?;
    ///     problem.gradient(&mut batch, 1, &mut vec![0.0; problem.theta.len()])
    /// };
    /// assert!((loss(7)? - loss(512)?).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gradient(
        &self,
        batch: &mut BatchGradient<NetworkField>,
        steps: usize,
        gradient: &mut [f64],
    ) -> Result<f64> {
        let share = 1.0 / Self::POINTS as f64;
        batch.evaluate(
            &self.field,
            &self.theta,
            self.z_0.view(),
            |_, n, z, mut a| {
                if n < steps {
                    return 0.0;
                }
                a.scaled_add(2.0 * share, &z);
                share * z.iter().map(|z| z * z).sum::<f64>()
            },
            gradient,
        )
    }
}

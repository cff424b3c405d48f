//! A network as a vector field: f(z, t, θ) = N_θ(z), or N_θ(z, t) if the network has one input more than outputs.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::field::{VectorField, check_jet, check_shape};
use super::gradient::reshape;
use crate::ch2_control::backprop::{Jet, Mlp, Pass};
use crate::{Error, Result};

/// The field of a network with d outputs, and d inputs or d + 1, the last of which is the time.
///
/// ```
/// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_ode::{NetworkField, VectorField}};
/// let field = NetworkField::new(Mlp::new(&[3, 16, 2], Activation::Tanh)?)?;
/// assert_eq!((field.dimension(), field.parameters()), (2, 4 * 16 + 17 * 2));
/// assert!(NetworkField::new(Mlp::new(&[2, 16, 3], Activation::Tanh)?).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkField {
    network: Mlp,
}

/// The network's pass, and its input where that is not z alone.
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_ode::{NetworkField, NetworkTape, VectorField}};
/// // One linear layer, f(z, t) = 2z + 3t − 1.
/// let field = NetworkField::new(Mlp::new(&[2, 1], Activation::Tanh)?)?;
/// let (theta, mut tape, mut out) = ([2.0, 3.0, -1.0], NetworkTape::default(), Array2::zeros((1, 1)));
/// field.value(array![[5.0]].view(), 0.5, &theta, &mut tape, out.view_mut())?;
/// assert_eq!(out, array![[10.5]]);
/// // The cotangent of z is 2; that of the time is left out.
/// field.pull_back(&theta, &mut tape, array![[1.0]].view(), out.view_mut(), &mut [0.0; 3])?;
/// assert_eq!(out, array![[2.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct NetworkTape {
    pass: Pass,
    input: Array2<f64>,
}

impl NetworkField {
    /// The field of `network`.
    ///
    /// # Errors
    /// Inputs that are neither as many as the outputs nor one more.
    ///
    /// ```
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_ode::NetworkField};
    /// let field = |sizes: &[usize]| NetworkField::new(Mlp::new(sizes, Activation::Tanh)?);
    /// // Of z, of z and t, of two numbers too many.
    /// assert!(field(&[2, 4, 2]).is_ok() && field(&[3, 4, 2]).is_ok() && field(&[4, 4, 2]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(network: Mlp) -> Result<Self> {
        let (inputs, outputs) = (network.inputs(), network.outputs());
        if inputs != outputs && inputs != outputs + 1 {
            return Err(Error::argument(
                "network.inputs()",
                inputs,
                format!("{outputs}, or one more for the time"),
            ));
        }
        Ok(Self { network })
    }

    /// The network.
    ///
    /// ```
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_ode::NetworkField};
    /// let mlp = Mlp::new(&[2, 4, 2], Activation::Tanh)?;
    /// assert_eq!(NetworkField::new(mlp.clone())?.network(), &mlp);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> &Mlp {
        &self.network
    }

    fn is_timed(&self) -> bool {
        self.network.inputs() != self.network.outputs()
    }

    /// Runs the network on z, with t beside the first `points` rows and 0 beside the others.
    fn forward(
        &self,
        z: ArrayView2<f64>,
        (t, points): (f64, usize),
        theta: &[f64],
        tape: &mut NetworkTape,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let jet = Jet { tangents: check_jet(self, z.dim(), points, out.dim())?, laplacian: false };
        if self.is_timed() {
            let d = self.dimension();
            reshape(&mut tape.input, (z.nrows(), d + 1));
            tape.input.slice_axis_mut(Axis(1), Slice::from(..d)).assign(&z);
            let times = tape.input.column_mut(d).into_iter().enumerate();
            times.for_each(|(row, time)| *time = if row < points { t } else { 0.0 });
            self.network.forward_jet(theta, jet, tape.input.view(), &mut tape.pass)?;
        } else {
            self.network.forward_jet(theta, jet, z, &mut tape.pass)?;
        }
        out.assign(&tape.pass.output());
        Ok(())
    }
}

impl VectorField for NetworkField {
    type Tape = NetworkTape;

    fn dimension(&self) -> usize {
        self.network.outputs()
    }

    fn parameters(&self) -> usize {
        self.network.parameters()
    }

    fn value(
        &self,
        z: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut NetworkTape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        self.forward(z, (t, z.nrows()), theta, tape, out)
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut NetworkTape,
        a: ArrayView2<f64>,
        mut out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        check_shape("out", out.dim(), a.dim())?;
        self.network.pull_back(theta, &mut tape.pass, a, gradient)?;
        let in_input = tape.pass.input_cotangent();
        out.assign(&in_input.slice_axis(Axis(1), Slice::from(..self.dimension())));
        Ok(())
    }

    fn push_forward(
        &self,
        jet: ArrayView2<f64>,
        points: usize,
        t: f64,
        theta: &[f64],
        tape: &mut NetworkTape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        self.forward(jet, (t, points), theta, tape, out)
    }

    fn held(&self, tape: &NetworkTape) -> usize {
        tape.pass.held() + tape.input.len()
    }
}

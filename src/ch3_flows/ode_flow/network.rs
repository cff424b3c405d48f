//! A network as a velocity field, with its exact divergence: d tangents beside the values, one product for all.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Slice};

use super::FlowField;
use super::field::{check_value, check_way_back};
use crate::ch2_control::backprop::{Jet, Mlp, Pass};
use crate::{Error, Result};

/// F(y, t, θ) = N_θ(y, t) for a network with d + 1 inputs, the last of which is the time, and d outputs.
///
/// ```
/// use sdml::ch2_control::backprop::{Activation, Mlp};
/// use sdml::ch3_flows::ode_flow::{FlowField, NetworkFlow};
/// let field = NetworkFlow::new(Mlp::new(&[3, 16, 2], Activation::Tanh)?)?;
/// assert_eq!((field.dimension(), field.parameters()), (2, 4 * 16 + 17 * 2));
/// assert!(NetworkFlow::new(Mlp::new(&[2, 16, 2], Activation::Tanh)?).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkFlow {
    network: Mlp,
}

/// The network's pass with its input, (1 + d) n × (d + 1), and the cotangent of its output, (1 + d) n × d: n rows of
/// values, then n of each tangent.
///
/// ```
/// use ndarray::{Array1, Array2, array};
/// use sdml::ch2_control::backprop::{Activation, Mlp};
/// use sdml::ch3_flows::ode_flow::{DivergenceTape, FlowField, NetworkFlow};
/// // One linear layer: F = 3y + 2t + 1 on the line.
/// let field = NetworkFlow::new(Mlp::new(&[2, 1], Activation::Tanh)?)?;
/// let (mut f, mut divergence) = (Array2::zeros((1, 1)), Array1::zeros(1));
/// let (y, theta, mut tape) = (array![[1.0]], [3.0, 2.0, 1.0], DivergenceTape::default());
/// field.value(y.view(), 2.0, &theta, &mut tape, f.view_mut(), divergence.view_mut())?;
/// assert_eq!((f, divergence), (array![[8.0]], array![3.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct DivergenceTape {
    pass: Pass,
    input: Array2<f64>,
    cotangent: Array2<f64>,
}

impl NetworkFlow {
    /// The field of `network`.
    ///
    /// # Errors
    /// A network that has not exactly one input more than outputs.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::ch3_flows::ode_flow::NetworkFlow;
    /// // The plane and the time.
    /// assert!(NetworkFlow::new(Mlp::new(&[3, 4, 2], Activation::Tanh)?).is_ok());
    /// assert!(NetworkFlow::new(Mlp::new(&[4, 4, 2], Activation::Tanh)?).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(network: Mlp) -> Result<Self> {
        if network.inputs() != network.outputs() + 1 {
            let allowed = format!("{}, the outputs and the time", network.outputs() + 1);
            return Err(Error::argument("network.inputs()", network.inputs(), allowed));
        }
        Ok(Self { network })
    }

    /// The network.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::ch3_flows::ode_flow::NetworkFlow;
    /// let mlp = Mlp::new(&[3, 4, 2], Activation::Tanh)?;
    /// assert_eq!(NetworkFlow::new(mlp.clone())?.network(), &mlp);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> &Mlp {
        &self.network
    }

    fn jet(&self) -> Jet {
        Jet { tangents: self.dimension(), laplacian: false }
    }
}

impl FlowField for NetworkFlow {
    type Tape = DivergenceTape;

    fn dimension(&self) -> usize {
        self.network.outputs()
    }

    fn parameters(&self) -> usize {
        self.network.parameters()
    }

    // ANCHOR: value
    fn value(
        &self,
        y: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut DivergenceTape,
        mut out: ArrayViewMut2<f64>,
        mut divergence: ArrayViewMut1<f64>,
    ) -> Result<()> {
        check_value(self, theta, y.dim(), out.dim(), divergence.len())?;
        let (n, d) = y.dim();
        let rows = n * self.jet().streams();
        if tape.input.dim() != (rows, d + 1) {
            // The tangents are the unit vectors of space, the same at every call.
            tape.input = Array2::zeros((rows, d + 1));
            for k in 0..d {
                let tangent = Slice::from((k + 1) * n..(k + 2) * n);
                tape.input.slice_axis_mut(Axis(0), tangent).column_mut(k).fill(1.0);
            }
        }
        for (mut row, y) in tape.input.rows_mut().into_iter().zip(y.rows()) {
            row.slice_axis_mut(Axis(0), Slice::from(..d)).assign(&y);
            row[d] = t;
        }
        self.network.forward_jet(theta, self.jet(), tape.input.view(), &mut tape.pass)?;
        let output = tape.pass.output();
        out.assign(&output.slice_axis(Axis(0), Slice::from(..n)));
        for (i, divergence) in divergence.iter_mut().enumerate() {
            *divergence = (0..d).map(|k| output[[(k + 1) * n + i, k]]).sum();
        }
        Ok(())
    }
    // ANCHOR_END: value

    // ANCHOR: pull_back
    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut DivergenceTape,
        a: ArrayView2<f64>,
        b: ArrayView1<f64>,
        mut out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        let points = tape.input.nrows() / self.jet().streams();
        check_way_back(self, theta, points, a.dim(), b.len(), out.dim(), gradient.len())?;
        let (n, d) = a.dim();
        let rows = n * self.jet().streams();
        if tape.cotangent.dim() != (rows, d) {
            tape.cotangent = Array2::zeros((rows, d));
        }
        tape.cotangent.slice_axis_mut(Axis(0), Slice::from(..n)).assign(&a);
        for k in 0..d {
            let tangent = Slice::from((k + 1) * n..(k + 2) * n);
            tape.cotangent.slice_axis_mut(Axis(0), tangent).column_mut(k).assign(&b);
        }
        self.network.pull_back(theta, &mut tape.pass, tape.cotangent.view(), gradient)?;
        let in_input = tape.pass.input_cotangent();
        for (mut out, row) in out.rows_mut().into_iter().zip(in_input.rows()) {
            out.assign(&row.slice_axis(Axis(0), Slice::from(..d)));
        }
        Ok(())
    }
    // ANCHOR_END: pull_back

    fn held(&self, tape: &DivergenceTape) -> usize {
        tape.pass.held() + tape.input.len() + tape.cotangent.len()
    }
}

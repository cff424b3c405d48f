//! The flow map of dY/dt = F(Y, t, θ) from t = 0, where Y ~ N(0, I), to t = T, with the log-density along it, eq. (3.9):
//!
//! log p(Y(T), T) = log p_Z(Y(0)) − ∫₀ᵀ ∇·F(Y(t), t) dt.

use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};

use super::{Augmented, FlowField};
use crate::ch2_control::neural_ode::{FixedStep, Stages, Tableau, VectorField};
use crate::ch3_flows::coupling::log_prior;
use crate::parallel::in_parallel;
use crate::{Error, Result};

/// How many rows are carried together: whatever the number of threads, the same rows share a block.
const BLOCK: usize = 128;

/// A field with the solver that carries its flow.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::Tableau;
/// use sdml::ch3_flows::ode_flow::{CubicField, OdeFlow};
/// let flow = OdeFlow::new(CubicField, 1.5, Tableau::RK4, 200)?;
/// let image = flow.push(&[], array![[1.0]].view())?;
/// assert!((image.points[[0, 0]] - CubicField::flow(1.0, 1.5)).abs() < 1e-8);
/// // Where the flow contracts, the density rises.
/// assert!((image.log_density[0] - flow.log_density(&[], image.points.view())?[0]).abs() < 1e-8);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OdeFlow<F> {
    field: Augmented<F>,
    horizon: f64,
    tableau: Tableau,
    steps: usize,
}

/// Points with the log-density of the flow's law at them.
///
/// ```
/// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{AffineField, OdeFlow}};
/// // dY/dt = 3 moves every point by 3 and carries its density along.
/// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 4)?;
/// let image = flow.push(&[0.0, 3.0], ndarray::array![[1.0]].view())?;
/// assert!((image.points[[0, 0]] - 4.0).abs() < 1e-14);
/// assert!((image.log_density[0] + 0.5 + 0.5 * std::f64::consts::TAU.ln()).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Y(T), n × d.
    pub points: Array2<f64>,
    /// log p(Y(T), T), n.
    pub log_density: Array1<f64>,
}

impl<F: FlowField> OdeFlow<F> {
    /// The flow to time T = `horizon` in N = `steps` steps of a scheme.
    ///
    /// # Errors
    /// A horizon that is 0 or not finite, or no steps.
    ///
    /// ```
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{CubicField, OdeFlow}};
    /// assert!(OdeFlow::new(CubicField, 1.0, Tableau::RK4, 4).is_ok());
    /// assert!(OdeFlow::new(CubicField, 0.0, Tableau::RK4, 4).is_err());
    /// ```
    pub fn new(field: F, horizon: f64, tableau: Tableau, steps: usize) -> Result<Self> {
        FixedStep::new(tableau, 0.0, horizon, steps)?;
        Ok(Self { field: Augmented(field), horizon, tableau, steps })
    }

    /// The field of (Y, J).
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{Tableau, VectorField};
    /// use sdml::ch3_flows::ode_flow::{AffineField, OdeFlow};
    /// // (Y, J) has one coordinate more than Y.
    /// assert_eq!(OdeFlow::new(AffineField::new(3)?, 1.0, Tableau::RK4, 4)?.field().dimension(), 4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn field(&self) -> &Augmented<F> {
        &self.field
    }

    /// The solver from 0 to T.
    ///
    /// ```
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{CubicField, OdeFlow}};
    /// let solver = OdeFlow::new(CubicField, 1.5, Tableau::RK4, 4)?.forward();
    /// assert_eq!((solver.time(0), solver.time(4)), (0.0, 1.5));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn forward(&self) -> FixedStep {
        FixedStep::new(self.tableau, 0.0, self.horizon, self.steps).expect("checked when the flow was made")
    }

    /// The solver from T to 0.
    ///
    /// ```
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{CubicField, OdeFlow}};
    /// let solver = OdeFlow::new(CubicField, 1.5, Tableau::RK4, 4)?.backward();
    /// assert_eq!((solver.time(0), solver.time(4), solver.h()), (1.5, 0.0, -0.375));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn backward(&self) -> FixedStep {
        FixedStep::new(self.tableau, self.horizon, 0.0, self.steps).expect("checked when the flow was made")
    }

    /// Carries the rows of z, n × d, from time 0 to T.
    ///
    /// # Errors
    /// A z or θ of the wrong shape or not finite, or a trajectory that ceases to be finite.
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{AffineField, OdeFlow}};
    /// // dY/dt = Y stretches by e: the density at Y(1) = e is N(1; 0, 1)/e.
    /// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 100)?;
    /// let image = flow.push(&[1.0, 0.0], ndarray::array![[1.0]].view())?;
    /// assert!((image.points[[0, 0]] - 1f64.exp()).abs() < 1e-8);
    /// assert!((image.log_density[0] + 0.5 + 0.5 * TAU.ln() + 1.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: push
    pub fn push(&self, theta: &[f64], z: ArrayView2<f64>) -> Result<Image> {
        let start = |i: usize| log_prior(z.row(i).iter().copied());
        let (points, log_density) = self.carry(&self.forward(), theta, z, start)?;
        Ok(Image { points, log_density })
    }
    // ANCHOR_END: push

    /// Carries the rows of x back from time T to 0. Returns Y(0), n × d, and ∫₀ᵀ ∇·F dt, n.
    ///
    /// # Errors
    /// As [`OdeFlow::push`].
    ///
    /// ```
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{AffineField, OdeFlow}};
    /// // dY/dt = 2Y: e² came from 1, and ∫ ∇·F dt = 2.
    /// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 100)?;
    /// let (z, integral) = flow.pull(&[2.0, 0.0], ndarray::array![[2f64.exp()]].view())?;
    /// assert!((z[[0, 0]] - 1.0).abs() < 1e-6 && (integral[0] - 2.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: pull
    pub fn pull(&self, theta: &[f64], x: ArrayView2<f64>) -> Result<(Array2<f64>, Array1<f64>)> {
        // J falls by the integral on the way from 0 to T, and rises by it on the way back.
        self.carry(&self.backward(), theta, x, |_| 0.0)
    }

    /// log p(x, T) at the rows of x.
    ///
    /// # Errors
    /// As [`OdeFlow::push`].
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{AffineField, OdeFlow}};
    /// // dY/dt = Y + 1 takes z to e(z + 1) − 1: the density at e − 1, where z = 0, is 1/(e√(2π)).
    /// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 100)?;
    /// let log_density = flow.log_density(&[1.0, 1.0], ndarray::array![[1f64.exp() - 1.0]].view())?;
    /// assert!((log_density[0] + 0.5 * TAU.ln() + 1.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_density(&self, theta: &[f64], x: ArrayView2<f64>) -> Result<Array1<f64>> {
        let (z, mut log_density) = self.pull(theta, x)?;
        for (log_p, z) in log_density.iter_mut().zip(z.rows()) {
            *log_p = log_prior(z.iter().copied()) - *log_p;
        }
        Ok(log_density)
    }
    // ANCHOR_END: pull

    /// The mean of −log p(x, T) over the rows of x, in nats: to be compared with the entropy of their law.
    ///
    /// # Errors
    /// As [`OdeFlow::push`].
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{AffineField, OdeFlow}};
    /// // dY/dt = 3 makes N(3, 1): the mean of ½ (x − 3)² over 2 and 4 is ½.
    /// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 4)?;
    /// let mean = flow.negative_log_likelihood(&[0.0, 3.0], ndarray::array![[2.0], [4.0]].view())?;
    /// assert!((mean - 0.5 - 0.5 * TAU.ln()).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn negative_log_likelihood(&self, theta: &[f64], x: ArrayView2<f64>) -> Result<f64> {
        let log_p = self.log_density(theta, x)?;
        Ok(-log_p.iter().sum::<f64>() / log_p.len() as f64)
    }

    /// The states Y(t_n), n = 0, …, N, of the trajectories from the rows of z: N + 1 matrices.
    ///
    /// # Errors
    /// As [`OdeFlow::push`].
    ///
    /// ```
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::{AffineField, OdeFlow}};
    /// // dY/dt = 4 in two steps of ½.
    /// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::EULER, 2)?;
    /// let path = flow.trajectories(&[0.0, 4.0], ndarray::array![[1.0]].view())?;
    /// assert_eq!(path.iter().map(|y| y[[0, 0]]).collect::<Vec<_>>(), [1.0, 3.0, 5.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn trajectories(&self, theta: &[f64], z: ArrayView2<f64>) -> Result<Vec<Array2<f64>>> {
        self.check(theta, z)?;
        let d = self.field.0.dimension();
        let mut state = Array2::zeros((z.nrows(), d + 1));
        state.slice_axis_mut(Axis(1), Slice::from(..d)).assign(&z);
        let (mut tape, mut path) = (<Augmented<F> as VectorField>::Tape::default(), Vec::new());
        self.forward().solve(
            &mut state,
            &mut Stages::default(),
            |t, y, out| self.field.value(y, t, theta, &mut tape, out),
            |_, _, y| path.push(y.slice_axis(Axis(1), Slice::from(..d)).to_owned()),
        )?;
        Ok(path)
    }

    /// Solves the augmented system for all rows, block by block on all cores.
    fn carry(
        &self,
        solver: &FixedStep,
        theta: &[f64],
        y: ArrayView2<f64>,
        start: impl Fn(usize) -> f64 + Sync,
    ) -> Result<(Array2<f64>, Array1<f64>)> {
        self.check(theta, y)?;
        let (n, d) = y.dim();
        let solve = |block: usize| {
            let first = block * BLOCK;
            let rows = first..n.min(first + BLOCK);
            let mut state = Array2::from_shape_fn((rows.len(), d + 1), |(i, k)| {
                if k < d { y[[first + i, k]] } else { start(first + i) }
            });
            let mut tape = <Augmented<F> as VectorField>::Tape::default();
            solver.solve(
                &mut state,
                &mut Stages::default(),
                |t, y, out| self.field.value(y, t, theta, &mut tape, out),
                |_, _, _| (),
            )?;
            Ok(state)
        };
        let solved = in_parallel(n.div_ceil(BLOCK), solve).into_iter().collect::<Result<Vec<_>>>()?;
        let (mut points, mut last) = (Array2::zeros((n, d)), Array1::zeros(n));
        for (i, row) in solved.iter().flat_map(|block| block.rows()).enumerate() {
            points.row_mut(i).assign(&row.slice_axis(Axis(0), Slice::from(..d)));
            last[i] = row[d];
        }
        Ok((points, last))
    }

    fn check(&self, theta: &[f64], y: ArrayView2<f64>) -> Result<()> {
        let (d, parameters) = (self.field.0.dimension(), self.field.0.parameters());
        if y.nrows() == 0 || y.ncols() != d {
            let allowed = format!("at least one row of {d} columns");
            return Err(Error::argument("points", format!("{:?}", y.dim()), allowed));
        }
        if let Some(value) = y.iter().find(|value| !value.is_finite()) {
            return Err(Error::argument("points", value, "made of finite numbers"));
        }
        if theta.len() != parameters {
            return Err(Error::argument("theta.len()", theta.len(), format!("{parameters}")));
        }
        Ok(())
    }
}

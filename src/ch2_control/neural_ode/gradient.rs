//! dL/dθ for L = Σ_n L_n(z_n), z_n the states of a fixed-step solution of ż = f(z, t, θ): four methods, one interface.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::field::{VectorField, check_state, check_theta};
use super::runge_kutta::{FixedStep, Stages};
use crate::error::{at_least, stays_finite};
use crate::{Error, Result};

// ANCHOR: method
/// How the gradient is found.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, Pointwise, Relaxation, Tableau, terminal};
/// // One step of Euler, z(1) = (1 − θ₁)z(0) with θ₁ = ½ and z(0) = 4. The discrete loss z(1) has the derivative
/// // −z(0); the adjoint equation is solved from the other end, and finds −z(1).
/// let methods = [Method::recorded(1), Method::Sensitivity, Method::StoredAdjoint, Method::ResolvedAdjoint];
/// for (method, exact) in methods.into_iter().zip([-4.0, -4.0, -2.0, -2.0]) {
///     let mut solver = Gradient::new(FixedStep::new(Tableau::EULER, 0.0, 1.0, 1)?, method)?;
///     let (mut gradient, mut loss) = ([0.0; 2], terminal(1, |z, mut a| { a.fill(1.0); z.sum() }));
///     solver.evaluate(&Pointwise(Relaxation), &[0.5, 0.0], array![[4.0]].view(), &mut loss, &mut gradient)?;
///     assert_eq!(gradient[0], exact);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reverse mode through the steps of the solver, recorded `segment` steps at a time: with a checkpoint at the start of
    /// every segment, each segment but the last is computed twice. The derivative of the discrete loss.
    Through {
        /// The number of steps whose evaluations are kept at once.
        segment: usize,
    },
    /// Forward mode: h_j = ∂z/∂θ_j is carried along with z. The derivative of the discrete loss as well.
    Sensitivity,
    /// The adjoint equation of (2.5), solved backwards with the same scheme and step along the stored states.
    StoredAdjoint,
    /// The adjoint equation with ż = f solved backwards beside it: ∇L_n is taken at the states found on the way back.
    ResolvedAdjoint,
}
// ANCHOR_END: method

impl Method {
    /// Through all N steps at once: nothing is computed twice.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::Method;
    /// assert_eq!(Method::recorded(90), Method::Through { segment: 90 });
    /// ```
    pub fn recorded(steps: usize) -> Self {
        Self::Through { segment: steps }
    }

    /// Through the steps with about √N checkpoints.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::Method;
    /// assert_eq!(Method::checkpointed(90), Method::Through { segment: 10 });
    /// ```
    pub fn checkpointed(steps: usize) -> Self {
        Self::Through { segment: (steps as f64).sqrt().ceil() as usize }
    }
}

/// L_n: `loss(n, z_n, a)` adds ∇L_n(z_n) to a and returns L_n. It is called once for every n = 0, …, N; by
/// [`Method::ResolvedAdjoint`] once more for every n < N, at the state that was found on the way back.
///
/// ```
/// use ndarray::{ArrayView2, ArrayViewMut2, array};
/// use sdml::ch2_control::neural_ode::Loss;
/// // L_n(z) = nz²/2.
/// let mut growing = |n: usize, z: ArrayView2<f64>, mut a: ArrayViewMut2<f64>| {
///     a[[0, 0]] += n as f64 * z[[0, 0]];
///     0.5 * n as f64 * z[[0, 0]].powi(2)
/// };
/// let loss: &mut Loss<'_> = &mut growing;
/// let mut a = array![[0.0]];
/// let value = loss(3, array![[2.0]].view(), a.view_mut());
/// assert_eq!((value, a[[0, 0]]), (6.0, 6.0));
/// ```
pub type Loss<'a> = dyn FnMut(usize, ArrayView2<f64>, ArrayViewMut2<f64>) -> f64 + 'a;

/// The [`Loss`] of the last state alone, L(z_N): `g(z, a)` adds ∇L(z) to a and returns L(z).
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::terminal;
/// // L(z) = z² after two steps.
/// let mut loss = terminal(2, |z, mut a| {
///     a[[0, 0]] += 2.0 * z[[0, 0]];
///     z[[0, 0]].powi(2)
/// });
/// let (z, mut a) = (array![[3.0]], array![[0.0]]);
/// let values = [1, 2].map(|n| loss(n, z.view(), a.view_mut()));
/// assert_eq!((values, a[[0, 0]]), ([0.0, 9.0], 6.0));
/// ```
pub fn terminal(
    steps: usize,
    mut g: impl FnMut(ArrayView2<f64>, ArrayViewMut2<f64>) -> f64,
) -> impl FnMut(usize, ArrayView2<f64>, ArrayViewMut2<f64>) -> f64 {
    move |n, z, a| if n == steps { g(z, a) } else { 0.0 }
}

/// A method for gradients along the solutions of one scheme, with everything it keeps. Buffers are made at the first
/// call and used again as long as the shape of the batch stays.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, Pointwise, Relaxation, Tableau, terminal};
/// // L = z(1) = e^{−θ₁}z(0), and so dL/dθ₁ = −L, whichever way.
/// for method in [Method::recorded(40), Method::checkpointed(40), Method::Sensitivity, Method::StoredAdjoint] {
///     let mut gradient_of = Gradient::new(FixedStep::new(Tableau::RK4, 0.0, 1.0, 40)?, method)?;
///     let (mut gradient, mut loss) = ([0.0; 2], terminal(40, |z, mut a| { a.fill(1.0); z.sum() }));
///     let z_0 = array![[3.0]];
///     let value = gradient_of.evaluate(&Pointwise(Relaxation), &[0.5, 0.0], z_0.view(), &mut loss, &mut gradient)?;
///     assert!((gradient[0] + value).abs() < 1e-6);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct Gradient<F: VectorField> {
    pub(super) scheme: FixedStep,
    method: Method,
    pub(super) work: Work<F::Tape>,
}

pub(super) struct Work<T> {
    /// The state, or state and tangents.
    pub z: Array2<f64>,
    /// ∂L/∂z, at the end of a call that of the first state.
    pub a: Array2<f64>,
    pub forward: Stages,
    pub backward: Stages,
    /// States kept during the forward sweep.
    pub kept: Vec<Array2<f64>>,
    /// States of the segment that is being pulled back.
    pub segment: Vec<Array2<f64>>,
    pub tapes: Vec<T>,
    pub scratch: Vec<Array2<f64>>,
    /// Where contributions to the gradient go that have no weight.
    pub ignored: Vec<f64>,
}

impl<T: Default> Work<T> {
    fn new() -> Self {
        Self {
            z: Array2::default((0, 0)),
            a: Array2::default((0, 0)),
            forward: Stages::default(),
            backward: Stages::default(),
            kept: Vec::new(),
            segment: Vec::new(),
            tapes: Vec::new(),
            scratch: Vec::new(),
            ignored: Vec::new(),
        }
    }
}

/// Makes `arrays` hold `count` matrices of this shape.
pub(super) fn reserve(arrays: &mut Vec<Array2<f64>>, count: usize, shape: (usize, usize)) {
    if arrays.len() != count || arrays.first().is_some_and(|first| first.dim() != shape) {
        arrays.clear();
        arrays.resize_with(count, || Array2::zeros(shape));
    }
}

/// Makes `array` have this shape.
pub(super) fn reshape(array: &mut Array2<f64>, shape: (usize, usize)) {
    if array.dim() != shape {
        *array = Array2::zeros(shape);
    }
}

impl<F: VectorField> Gradient<F> {
    /// `method` along the steps of `scheme`.
    ///
    /// # Errors
    /// Segments of no steps.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, NetworkField, Tableau};
    /// let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, 40)?;
    /// assert!(Gradient::<NetworkField>::new(scheme, Method::Sensitivity).is_ok());
    /// assert!(Gradient::<NetworkField>::new(scheme, Method::Through { segment: 0 }).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(scheme: FixedStep, method: Method) -> Result<Self> {
        if let Method::Through { segment } = method {
            at_least("segment", segment, 1)?;
        }
        Ok(Self { scheme, method, work: Work::new() })
    }

    /// Returns L and adds dL/dθ, summed over the batch, to `gradient`. z_0 is n × d.
    ///
    /// # Errors
    /// Shapes that do not fit, numbers that are not finite, or a state that ceases to be finite: the error says at which
    /// step. A loss or a gradient that is not finite at the end.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, Pointwise, Relaxation, Tableau, terminal};
    /// let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, 40)?;
    /// let mut loss = terminal(40, |z, mut a| { a[[0, 0]] += 1.0; z[[0, 0]] });
    /// let theta = [0.5, 0.0];
    /// for method in [Method::recorded(40), Method::Sensitivity, Method::StoredAdjoint, Method::ResolvedAdjoint] {
    ///     let mut gradient = [0.0; 2];
    ///     let z_0 = array![[3.0]];
    ///     Gradient::new(scheme, method)?
    ///         .evaluate(&Pointwise(Relaxation), &theta, z_0.view(), &mut loss, &mut gradient)?;
    ///     // z(1) = 3 exp(−θ₁).
    ///     assert!((gradient[0] + 3.0 * (-0.5f64).exp()).abs() < 1e-7);
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn evaluate(
        &mut self,
        field: &F,
        theta: &[f64],
        z_0: ArrayView2<f64>,
        loss: &mut Loss<'_>,
        gradient: &mut [f64],
    ) -> Result<f64> {
        check_theta(field, theta)?;
        check_state(field, z_0)?;
        if gradient.len() != theta.len() {
            return Err(Error::argument("gradient.len()", gradient.len(), format!("{}", theta.len())));
        }
        let total = match self.method {
            Method::Through { segment } => self.through(field, theta, z_0, segment, loss, gradient),
            Method::Sensitivity => self.sensitivity(field, theta, z_0, loss, gradient),
            Method::StoredAdjoint => self.stored_adjoint(field, theta, z_0, loss, gradient),
            Method::ResolvedAdjoint => self.resolved_adjoint(field, theta, z_0, loss, gradient),
        }?;
        stays_finite("loss", [total], self.scheme.steps())?;
        stays_finite("gradient", gradient.iter().chain(self.at_start().into_iter().flatten()), 0)?;
        Ok(total)
    }

    /// a(T₀) = dL/dz_0 after a call, n × d; the forward sensitivity does not know it.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, Pointwise, Relaxation, Tableau, terminal};
    /// let mut gradient = Gradient::new(FixedStep::new(Tableau::RK4, 0.0, 1.0, 40)?, Method::recorded(40))?;
    /// let mut loss = terminal(40, |z, mut a| { a[[0, 0]] += 1.0; z[[0, 0]] });
    /// gradient.evaluate(&Pointwise(Relaxation), &[0.5, 0.0], array![[3.0]].view(), &mut loss, &mut [0.0; 2])?;
    /// // L = z(1) = e^{−½}z(0).
    /// assert!((gradient.at_start().unwrap()[[0, 0]] - (-0.5f64).exp()).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at_start(&self) -> Option<ArrayView2<'_, f64>> {
        (self.method != Method::Sensitivity).then(|| self.work.a.view())
    }

    /// How many numbers the method keeps, counted from its buffers after a call.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, Pointwise, Relaxation, Tableau, terminal};
    /// let held = |method| -> sdml::Result<usize> {
    ///     let mut gradient = Gradient::new(FixedStep::new(Tableau::EULER, 0.0, 1.0, 100)?, method)?;
    ///     let (z_0, mut loss) = (array![[3.0]], terminal(100, |z, mut a| { a.fill(1.0); z.sum() }));
    ///     gradient.evaluate(&Pointwise(Relaxation), &[0.5, 0.0], z_0.view(), &mut loss, &mut [0.0; 2])?;
    ///     Ok(gradient.held(&Pointwise(Relaxation)))
    /// };
    /// // Ten checkpoints and ten steps at a time, against a hundred steps.
    /// assert!(4 * held(Method::checkpointed(100))? < held(Method::recorded(100))?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn held(&self, field: &F) -> usize {
        let work = &self.work;
        let arrays = [&work.kept, &work.segment, &work.scratch].into_iter().flatten();
        work.z.len()
            + work.a.len()
            + work.forward.held()
            + work.backward.held()
            + arrays.map(Array2::len).sum::<usize>()
            + work.tapes.iter().map(|tape| field.held(tape)).sum::<usize>()
            + work.ignored.len()
    }
}

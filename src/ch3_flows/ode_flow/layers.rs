//! Section 3.4.2: the flow cut into ℓ thin layers f_i(y) = y + F(y, t_{i−1}) Δt, a normalizing flow of Section 3.3.
//!
//! Its log-determinant can be summed exactly, Σ log det(I + Δt ∇F), or by the trace rule, Σ Δt ∇·F, which is what the
//! continuous formula becomes. Both differ from the flow by O(Δt).

use nalgebra::DMatrix;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice};

use super::FlowField;
use crate::error::{at_least, positive, stays_finite};
use crate::{Error, Result};

/// ℓ Euler layers for a field, from t = 0 to T.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::ode_flow::{AffineField, Layers};
/// // dY/dt = Y: two layers of width ½ multiply by 1.5².
/// let layers = Layers::new(AffineField::new(1)?, 1.0, 2)?;
/// let pushed = layers.push(&[1.0, 0.0], array![1.0].view())?;
/// assert_eq!(pushed.point, array![2.25]);
/// assert!((pushed.log_determinant - 2.25f64.ln()).abs() < 1e-15 && pushed.trace == 1.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layers<F> {
    field: F,
    horizon: f64,
    count: usize,
}

/// Where the layers take a point, and by how much they stretch there.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::ode_flow::{AffineField, Layers};
/// // F = (−y₂, y₁) turns the plane and keeps areas, ∇·F = 0; the thin layer I + ∇F doubles them.
/// let layers = Layers::new(AffineField::new(2)?, 1.0, 1)?;
/// let pushed = layers.push(&[0.0, -1.0, 1.0, 0.0, 0.0, 0.0], array![1.0, 0.0].view())?;
/// assert_eq!(pushed.point, array![1.0, 1.0]);
/// assert!((pushed.log_determinant - 2f64.ln()).abs() < 1e-15 && pushed.trace == 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// ŷ_ℓ.
    pub point: Array1<f64>,
    /// Σ log|det(I + Δt ∇F(ŷ_{i−1}, t_{i−1}))|.
    pub log_determinant: f64,
    /// Σ Δt ∇·F(ŷ_{i−1}, t_{i−1}).
    pub trace: f64,
}

impl<F: FlowField> Layers<F> {
    /// ℓ = `count` layers.
    ///
    /// # Errors
    /// A horizon that is not positive, or no layers.
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::{AffineField, Layers};
    /// let field = AffineField::new(1)?;
    /// assert!(Layers::new(field, 1.0, 2).is_ok());
    /// assert!(Layers::new(field, 0.0, 2).is_err() && Layers::new(field, 1.0, 0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(field: F, horizon: f64, count: usize) -> Result<Self> {
        Ok(Self { field, horizon: positive("horizon", horizon)?, count: at_least("count", count, 1)? })
    }

    /// Δt.
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::{AffineField, Layers};
    /// assert_eq!(Layers::new(AffineField::new(1)?, 1.0, 8)?.width(), 0.125);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn width(&self) -> f64 {
        self.horizon / self.count as f64
    }

    /// Takes z through all layers.
    ///
    /// # Errors
    /// A z of another dimension or not finite, another number of parameters, or a point that ceases to be finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch3_flows::ode_flow::{AffineField, Layers};
    /// // dY/dt = 3: the layers shift and do not stretch.
    /// let pushed = Layers::new(AffineField::new(1)?, 1.0, 2)?.push(&[0.0, 3.0], array![1.0].view())?;
    /// assert_eq!((pushed.point, pushed.log_determinant, pushed.trace), (array![4.0], 0.0, 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: push
    pub fn push(&self, theta: &[f64], z: ArrayView1<f64>) -> Result<Pushed> {
        let (d, dt) = (self.check(theta, z)?, self.width());
        let mut pushed = Pushed { point: z.to_owned(), log_determinant: 0.0, trace: 0.0 };
        for i in 0..self.count {
            let (velocity, jacobian) = self.linearized(theta, pushed.point.view(), i as f64 * dt)?;
            let layer = DMatrix::from_fn(d, d, |i, j| f64::from(i == j) + dt * jacobian[[i, j]]);
            pushed.log_determinant += layer.determinant().abs().ln();
            pushed.trace += dt * jacobian.diag().sum();
            pushed.point.scaled_add(dt, &velocity);
            stays_finite("a point in the layers", &pushed.point, i)?;
        }
        Ok(pushed)
    }
    // ANCHOR_END: push

    /// The approximate inverse of layer i = 1, …, ℓ: x − F(x, t_i) Δt, whose error is O(Δt²).
    ///
    /// # Errors
    /// An x of another dimension or not finite, another number of parameters, a layer that does not exist, or a result
    /// that is not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch3_flows::ode_flow::{AffineField, Layers};
    /// // dY/dt = Y in layers of width ½: 1.5 came from 1, but the formula gives 1.5 (1 − ½).
    /// let layers = Layers::new(AffineField::new(1)?, 1.0, 2)?;
    /// assert_eq!(layers.inverse_layer(&[1.0, 0.0], 1, array![1.5].view())?, array![0.75]);
    /// assert!(layers.inverse_layer(&[1.0, 0.0], 3, array![1.5].view()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: inverse
    pub fn inverse_layer(&self, theta: &[f64], i: usize, x: ArrayView1<f64>) -> Result<Array1<f64>> {
        self.check(theta, x)?;
        if !(1..=self.count).contains(&i) {
            return Err(Error::argument("i", i, format!("from 1 to {}", self.count)));
        }
        let (velocity, _) = self.linearized(theta, x, i as f64 * self.width())?;
        let before = &x - self.width() * &velocity;
        stays_finite("a point in the layers", &before, i).and(Ok(before))
    }
    // ANCHOR_END: inverse

    /// F and ∇F at one point.
    fn linearized(&self, theta: &[f64], y: ArrayView1<f64>, t: f64) -> Result<(Array1<f64>, Array2<f64>)> {
        let d = y.len();
        let y =
            ArrayView2::from_shape((1, d), y.as_slice().expect("a vector is contiguous")).expect("one row");
        let (mut tape, mut f) = (F::Tape::default(), Array2::zeros((1, d)));
        let mut divergence = Array1::zeros(1);
        self.field.value(y, t, theta, &mut tape, f.view_mut(), divergence.view_mut())?;
        let mut jacobian = Array2::zeros((d, d));
        let mut ignored = vec![0.0; self.field.parameters()];
        for i in 0..d {
            let mut unit = Array2::zeros((1, d));
            unit[[0, i]] = 1.0;
            let row = jacobian.slice_axis_mut(Axis(0), Slice::from(i..i + 1));
            self.field.pull_back(
                theta,
                &mut tape,
                unit.view(),
                Array1::zeros(1).view(),
                row,
                &mut ignored,
            )?;
        }
        Ok((f.row(0).to_owned(), jacobian))
    }

    fn check(&self, theta: &[f64], y: ArrayView1<f64>) -> Result<usize> {
        let (d, parameters) = (self.field.dimension(), self.field.parameters());
        if theta.len() != parameters {
            return Err(Error::argument("theta.len()", theta.len(), format!("{parameters}")));
        }
        if y.len() != d || !y.is_standard_layout() {
            return Err(Error::argument("point.len()", y.len(), format!("{d}, in one piece")));
        }
        match y.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(Error::argument("point", value, "made of finite numbers")),
            None => Ok(d),
        }
    }
}

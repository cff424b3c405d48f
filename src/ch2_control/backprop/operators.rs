//! What a jet and a pull-back give together: Jacobians, divergences exact and estimated, Laplacians, Hessian–vector
//! products, for every point of a batch.

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis, Slice};

use super::{Jet, Mlp, Mode, Pass};
use crate::error::{at_least, finite, stays_finite};
use crate::random::Stream;
use crate::{Error, Result};

impl Jet {
    /// The jet of the points `x` whose k-th tangent is the k-th unit vector; the Laplacian rows are 0.
    ///
    /// # Errors
    /// More tangents than coordinates.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::Jet;
    /// let jet = Jet { tangents: 1, laplacian: true };
    /// assert_eq!(jet.coordinates(array![[3.0, 4.0]].view())?, array![[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn coordinates(self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let (n, d) = x.dim();
        if self.tangents > d {
            let allowed = format!("at most {d}, the number of coordinates");
            return Err(Error::argument("jet.tangents", self.tangents, allowed));
        }
        let mut rows = Array2::zeros((n * self.streams(), d));
        rows.slice_axis_mut(Axis(0), Slice::from(..n)).assign(&x);
        for k in 0..self.tangents {
            rows.slice_axis_mut(Axis(0), Slice::from((k + 1) * n..(k + 2) * n)).column_mut(k).fill(1.0);
        }
        Ok(rows)
    }
}

/// The law of the random directions in an estimate of a divergence. Both have E vvᵀ = 1.
///
/// ```
/// use ndarray::array;
/// use sdml::{ch2_control::backprop::{Activation, Mlp, Pass, Probe}, random::Streams};
/// // On a diagonal Jacobian signs make no error, normal entries do.
/// let (mlp, theta) = (Mlp::new(&[2, 2], Activation::Tanh)?, [2.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
/// let mut stream = Streams::new(1, "doc").stream(0);
/// let x = array![[0.0, 0.0]];
/// let mut one =
///     |probe| mlp.divergence_estimate(&theta, x.view(), (probe, 1), &mut stream, &mut Pass::new());
/// assert_eq!(one(Probe::Rademacher)?, array![5.0]);
/// assert_ne!(one(Probe::Gaussian)?, array![5.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Independent signs.
    Rademacher,
    /// Independent N(0, 1) entries.
    Gaussian,
}

impl Probe {
    /// One entry of a direction.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::Probe, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let z = stream.clone().normal();
    /// assert_eq!(Probe::Gaussian.draw(&mut stream), z);
    /// assert_eq!(Probe::Rademacher.draw(&mut stream).abs(), 1.0);
    /// ```
    pub fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Self::Rademacher => {
                if stream.uniform() < 0.5 {
                    -1.0
                } else {
                    1.0
                }
            }
            Self::Gaussian => stream.normal(),
        }
    }

    /// Var(vᵀ J v) for one direction. With S = (J + Jᵀ)/2 it is 2 Σ_ij S_ij² for normal directions; for signs, whose squares
    /// are known, the diagonal does not count.
    ///
    /// # Errors
    /// A matrix that is not square, or with entries that are not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::Probe;
    /// let diagonal = array![[1.0, 0.0], [0.0, 3.0]];
    /// assert_eq!(Probe::Rademacher.variance(diagonal.view())?, 0.0);
    /// assert_eq!(Probe::Gaussian.variance(diagonal.view())?, 20.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: variance
    pub fn variance(self, jacobian: ArrayView2<f64>) -> Result<f64> {
        if !jacobian.is_square() {
            return Err(Error::argument(
                "jacobian.dim()",
                format!("{:?}", jacobian.dim()),
                "a square matrix",
            ));
        }
        jacobian.iter().try_for_each(|&entry| finite("jacobian", entry).map(drop))?;
        let entries = jacobian.indexed_iter().map(|((i, j), &entry)| {
            let symmetric = 0.5 * (entry + jacobian[[j, i]]);
            let counts = i != j || self == Self::Gaussian;
            if counts { 2.0 * symmetric * symmetric } else { 0.0 }
        });
        Ok(entries.sum())
    }
    // ANCHOR_END: variance
}

/// Passes derivatives on if they are finite.
fn checked<D>(quantity: &'static str, derivatives: D) -> Result<D>
where
    for<'a> &'a D: IntoIterator<Item = &'a f64>,
{
    stays_finite(quantity, &derivatives, 0)?;
    Ok(derivatives)
}

/// The rows of all `parts`, from the first to the last.
fn stacked(parts: &[ArrayView2<f64>]) -> Array2<f64> {
    ndarray::concatenate(Axis(0), parts).expect("the widths agree")
}

impl Mlp {
    /// ∂y_i/∂x_j in each point, n × n_L × n_0: by one pass with n_0 tangents, or by n_L pull-backs.
    ///
    /// # Errors
    /// As [`Mlp::forward`], or a derivative that overflows.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Mode, Pass};
    /// let mlp = Mlp::new(&[2, 1, 2], Activation::Sine)?;
    /// let theta = [1.0, 2.0, 0.0, 1.0, 3.0, 0.0, 0.0];
    /// for mode in [Mode::Forward, Mode::Reverse] {
    ///     let jacobian = mlp.jacobian(&theta, array![[0.0, 0.0]].view(), mode, &mut Pass::new())?;
    ///     assert_eq!(jacobian, array![[[1.0, 2.0], [3.0, 6.0]]]);
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: jacobian
    pub fn jacobian(
        &self,
        theta: &[f64],
        x: ArrayView2<f64>,
        mode: Mode,
        pass: &mut Pass,
    ) -> Result<Array3<f64>> {
        let n = x.nrows();
        let mut jacobian = Array3::zeros((n, self.outputs(), self.inputs()));
        match mode {
            Mode::Forward => {
                let jet = Jet { tangents: self.inputs(), laplacian: false };
                self.forward_jet(theta, jet, jet.coordinates(x)?.view(), pass)?;
                for ((row, i), &slope) in pass.output().indexed_iter().filter(|((row, _), _)| *row >= n) {
                    jacobian[[row % n, i, row / n - 1]] = slope;
                }
            }
            Mode::Reverse => {
                self.forward(theta, x, pass)?;
                let mut unused = vec![0.0; self.parameters()];
                for i in 0..self.outputs() {
                    let mut cotangent = Array2::zeros((n, self.outputs()));
                    cotangent.column_mut(i).fill(1.0);
                    self.pull_back(theta, pass, cotangent.view(), &mut unused)?;
                    jacobian.index_axis_mut(Axis(1), i).assign(&pass.input_cotangent());
                }
            }
        }
        checked("jacobian", jacobian)
    }
    // ANCHOR_END: jacobian

    /// Σ_k ∂y_k/∂x_k over the n_L outputs, in each point, by n_L tangents. Inputs beyond the n_L-th (a time) are left alone.
    ///
    /// # Errors
    /// More outputs than inputs, a derivative that overflows, or as [`Mlp::forward`].
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// let mlp = Mlp::new(&[2, 1, 2], Activation::Sine)?;
    /// let theta = [1.0, 2.0, 0.0, 1.0, 3.0, 0.0, 0.0];
    /// assert_eq!(mlp.divergence(&theta, array![[0.0, 0.0]].view(), &mut Pass::new())?, array![7.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: divergence
    pub fn divergence(&self, theta: &[f64], x: ArrayView2<f64>, pass: &mut Pass) -> Result<Array1<f64>> {
        let (n, jet) = (x.nrows(), Jet { tangents: self.outputs(), laplacian: false });
        self.forward_jet(theta, jet, jet.coordinates(x)?.view(), pass)?;
        let output = pass.output();
        let sum = |i| (0..jet.tangents).map(|k| output[[(k + 1) * n + i, k]]).sum();
        checked("divergence", (0..n).map(sum).collect())
    }
    // ANCHOR_END: divergence

    /// Hutchinson's estimate of the divergence in each point: the mean of vᵀ(∂y/∂x)v over `probes` random directions v of
    /// each point.
    ///
    /// # Errors
    /// No probes, more outputs than inputs, a derivative that overflows, or as [`Mlp::forward`].
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::{ch2_control::backprop::{Activation, Mlp, Pass, Probe}, random::Streams};
    /// // f(x) = (2x₁ + x₂, x₁ + 3x₂): vᵀJv = 5 ± 2 for signs v.
    /// let (mlp, theta) = (Mlp::new(&[2, 2], Activation::Tanh)?, [2.0, 1.0, 1.0, 3.0, 0.0, 0.0]);
    /// let (mut stream, probe) = (Streams::new(1, "doc").stream(0), (Probe::Rademacher, 1));
    /// let x = array![[0.0, 0.0], [4.0, 1.0]];
    /// let estimate = mlp.divergence_estimate(&theta, x.view(), probe, &mut stream, &mut Pass::new())?;
    /// assert!(estimate.iter().all(|&divergence| divergence == 3.0 || divergence == 7.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: estimate
    pub fn divergence_estimate(
        &self,
        theta: &[f64],
        x: ArrayView2<f64>,
        (probe, probes): (Probe, usize),
        stream: &mut Stream,
        pass: &mut Pass,
    ) -> Result<Array1<f64>> {
        at_least("probes", probes, 1)?;
        let ((n, _), d) = (x.dim(), self.outputs());
        // Not the unit vectors: each point has directions of its own.
        let jet = Jet { tangents: probes, laplacian: false };
        let mut rows = Array2::zeros((n * jet.streams(), x.ncols()));
        rows.slice_axis_mut(Axis(0), Slice::from(..n)).assign(&x);
        if d > x.ncols() {
            return Err(Error::argument(
                "outputs",
                d,
                format!("at most {}, the number of inputs", x.ncols()),
            ));
        }
        rows.slice_axis_mut(Axis(0), Slice::from(n..))
            .slice_axis_mut(Axis(1), Slice::from(..d))
            .mapv_inplace(|_| probe.draw(stream));
        self.forward_jet(theta, jet, rows.view(), pass)?;
        let (directions, slopes) = (rows.rows().into_iter().skip(n), pass.output());
        let mut sum = Array1::zeros(n);
        for (row, (v, slope)) in directions.zip(slopes.rows().into_iter().skip(n)).enumerate() {
            sum[row % n] += v.iter().zip(slope).map(|(v, slope)| v * slope).sum::<f64>();
        }
        checked("divergence", sum / probes as f64)
    }
    // ANCHOR_END: estimate

    /// Δy_i in each point, n × n_L, by one forward pass with n_0 tangents and a Laplacian.
    ///
    /// # Errors
    /// As [`Mlp::forward`], or a derivative that overflows.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// // Δ sin(x₁ + 2x₂) = −5 sin(x₁ + 2x₂).
    /// let (mlp, theta) = (Mlp::new(&[2, 1, 1], Activation::Sine)?, [1.0, 2.0, 0.0, 1.0, 0.0]);
    /// let laplacian = mlp.laplacian(&theta, array![[0.3, 0.2]].view(), &mut Pass::new())?;
    /// assert!((laplacian[[0, 0]] + 5.0 * 0.7f64.sin()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn laplacian(&self, theta: &[f64], x: ArrayView2<f64>, pass: &mut Pass) -> Result<Array2<f64>> {
        let (n, jet) = (x.nrows(), Jet { tangents: self.inputs(), laplacian: true });
        self.forward_jet(theta, jet, jet.coordinates(x)?.view(), pass)?;
        let rows = pass.output();
        checked("laplacian", rows.slice_axis(Axis(0), Slice::from((1 + jet.tangents) * n..)).to_owned())
    }

    /// The second derivatives of w · y(x) with respect to x, times v, in each point: the pull-back of a pass with one tangent.
    ///
    /// w is n × n_L, v and the result are n × n_0.
    ///
    /// # Errors
    /// Matrices of the wrong shape, a w that is not finite, a derivative that overflows, or as [`Mlp::forward`].
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// // y = sin(x_1 + 2x_2), whose Hessian is −sin(·) (1, 2)ᵀ(1, 2).
    /// let mlp = Mlp::new(&[2, 1, 1], Activation::Sine)?;
    /// let (theta, x, v) = ([1.0, 2.0, 0.0, 1.0, 0.0], array![[0.3, 0.2]], array![[1.0, 1.0]]);
    /// let product = mlp.hessian_vector(&theta, x.view(), array![[1.0]].view(), v.view(), &mut Pass::new())?;
    /// let exact = -3.0 * 0.7f64.sin() * array![[1.0, 2.0]];
    /// assert!((product - exact).iter().all(|d| d.abs() < 1e-14));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: hessian_vector
    pub fn hessian_vector(
        &self,
        theta: &[f64],
        x: ArrayView2<f64>,
        w: ArrayView2<f64>,
        v: ArrayView2<f64>,
        pass: &mut Pass,
    ) -> Result<Array2<f64>> {
        let n = x.nrows();
        self.check_products(x, w, &[("v.dim()", v)])?;
        self.forward_jet(theta, Jet { tangents: 1, laplacian: false }, stacked(&[x, v]).view(), pass)?;
        let cotangent = stacked(&[Array2::zeros(w.dim()).view(), w]);
        self.pull_back(theta, pass, cotangent.view(), &mut vec![0.0; self.parameters()])?;
        let product = pass.input_cotangent().slice_axis(Axis(0), Slice::from(..n)).to_owned();
        checked("product", product)
    }
    // ANCHOR_END: hessian_vector

    /// uᵀHv in each point, H being the second derivatives of w · y(x) with respect to x; adds the derivative of their sum with
    /// respect to θ to `gradient`: the gradient through [`Mlp::hessian_vector`].
    ///
    /// As 4uᵀHv = (u + v)ᵀH(u + v) − (u − v)ᵀH(u − v), it is one pass with every point twice, with one tangent and a Laplacian,
    /// and its pull-back. w is n × n_L, u and v are n × n_0.
    ///
    /// # Errors
    /// As [`Mlp::hessian_vector`], or a `gradient` that is not P long.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass};
    /// // y = θ_4 sin z + θ_5, z = θ_1x_1 + θ_2x_2 + θ_3: uᵀHv = −θ_4 sin z (θ_1u_1 + θ_2u_2)(θ_1v_1 + θ_2v_2).
    /// let mlp = Mlp::new(&[2, 1, 1], Activation::Sine)?;
    /// let (theta, x, w) = ([1.0, 2.0, 0.0, 1.0, 0.0], array![[0.3, 0.2]], array![[1.0]]);
    /// let (u, v, mut gradient) = (array![[1.0, 1.0]], array![[1.0, -1.0]], [0.0; 5]);
    /// let uv = [u.view(), v.view()];
    /// let form = mlp.hessian_form(&theta, x.view(), w.view(), uv, &mut Pass::new(), &mut gradient)?;
    /// let (sine, cosine) = 0.7f64.sin_cos();
    /// assert!((form[0] - 3.0 * sine).abs() < 1e-14);
    /// let exact = [0.9 * cosine - 2.0 * sine, 0.6 * cosine + 4.0 * sine, 3.0 * cosine, 3.0 * sine, 0.0];
    /// assert!(gradient.iter().zip(exact).all(|(found, exact)| (found - exact).abs() < 1e-14));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: hessian_form
    pub fn hessian_form(
        &self,
        theta: &[f64],
        x: ArrayView2<f64>,
        w: ArrayView2<f64>,
        [u, v]: [ArrayView2<f64>; 2],
        pass: &mut Pass,
        gradient: &mut [f64],
    ) -> Result<Array1<f64>> {
        let n = x.nrows();
        self.check_products(x, w, &[("u.dim()", u), ("v.dim()", v)])?;
        let (sum, difference, nothing) = (&u + &v, &u - &v, Array2::zeros((2 * n, x.ncols())));
        let rows = stacked(&[x, x, sum.view(), difference.view(), nothing.view()]);
        self.forward_jet(theta, Jet { tangents: 1, laplacian: true }, rows.view(), pass)?;
        let quarter = &w * 0.25;
        let output = pass.output();
        let entry = |i: usize, k: usize| quarter[[i, k]] * (output[[4 * n + i, k]] - output[[5 * n + i, k]]);
        let entries = |i: usize| (0..self.outputs()).map(|k| entry(i, k)).sum::<f64>();
        let form: Array1<f64> = checked("form", (0..n).map(entries).collect())?;
        let nothing = Array2::zeros((4 * n, self.outputs()));
        let cotangent = stacked(&[nothing.view(), quarter.view(), (&w * -0.25).view()]);
        self.pull_back(theta, pass, cotangent.view(), gradient)?;
        stays_finite("gradient", &*gradient, 0)?;
        Ok(form)
    }
    // ANCHOR_END: hessian_form

    /// Passes if the `directions` have the shape of x, and w that of the outputs and finite entries.
    fn check_products(
        &self,
        x: ArrayView2<f64>,
        w: ArrayView2<f64>,
        directions: &[(&'static str, ArrayView2<f64>)],
    ) -> Result<()> {
        let directions = directions.iter().map(|(name, v)| (*name, v.dim(), x.dim()));
        for (name, shape, allowed) in directions.chain([("w.dim()", w.dim(), (x.nrows(), self.outputs()))]) {
            if shape != allowed {
                return Err(Error::argument(name, format!("{shape:?}"), format!("{allowed:?}")));
            }
        }
        w.iter().try_for_each(|&entry| finite("w", entry).map(drop))
    }
}

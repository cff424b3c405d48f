//! A neural SDE with diagonal noise: dX = b_θ(X) dt + σ_θ(X) ∘ dB with b a network and every component of σ a network's
//! output squeezed into an interval, σ = l + (u − l)/(1 + e^{−r}), r being the output.

use ndarray::ArrayView2;

use crate::ch1_preliminaries::learning::tanh;
use crate::ch2_control::backprop::{Mlp, Pass};
use crate::error::finite;
use crate::random::Stream;
use crate::{Error, Result};

/// The two networks and the interval of σ. The parameters are θ = (the drift's, the diffusion's).
///
/// ```
/// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::NetworkSde};
/// let network = Mlp::new(&[10, 64, 64, 10], Activation::Tanh)?;
/// let sde = NetworkSde::new(network.clone(), network, 0.1, 0.5)?;
/// assert_eq!((sde.dimension(), sde.parameters()), (10, 2 * 5514));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSde {
    pub(super) drift: Mlp,
    pub(super) diffusion: Mlp,
    low: f64,
    high: f64,
}

impl NetworkSde {
    /// The equation with these networks and σ between `low` and `high`.
    ///
    /// # Errors
    /// Networks that do not map ℝᵈ to ℝᵈ with the same d; bounds that are not finite, not in order, or so far apart that
    /// their distance is not finite.
    ///
    /// ```
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::NetworkSde};
    /// let [plane, line] = [[2, 4, 2], [1, 4, 1]].map(|sizes| Mlp::new(&sizes, Activation::Tanh).unwrap());
    /// assert!(NetworkSde::new(plane.clone(), plane.clone(), 0.1, 0.5).is_ok());
    /// assert!(NetworkSde::new(plane.clone(), line, 0.1, 0.5).is_err());
    /// assert!(NetworkSde::new(plane.clone(), plane, 0.5, 0.1).is_err());
    /// ```
    pub fn new(drift: Mlp, diffusion: Mlp, low: f64, high: f64) -> Result<Self> {
        let d = drift.inputs();
        for (name, size) in [
            ("drift.outputs()", drift.outputs()),
            ("diffusion.inputs()", diffusion.inputs()),
            ("diffusion.outputs()", diffusion.outputs()),
        ] {
            if size != d {
                return Err(Error::argument(name, size, format!("{d}, the drift's inputs")));
            }
        }
        finite("low", low)?;
        if finite("high", high)? < low {
            return Err(Error::argument("high", high, format!("at least the lower bound, {low}")));
        }
        finite("high - low", high - low)?;
        Ok(Self { drift, diffusion, low, high })
    }

    /// d.
    ///
    /// ```
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::NetworkSde};
    /// let network = Mlp::new(&[2, 4, 2], Activation::Tanh)?;
    /// assert_eq!(NetworkSde::new(network.clone(), network, 0.1, 0.5)?.dimension(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn dimension(&self) -> usize {
        self.drift.inputs()
    }

    /// P, the length of θ.
    ///
    /// ```
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::NetworkSde};
    /// let [drift, diffusion] = [Mlp::new(&[2, 4, 2], Activation::Tanh)?, Mlp::new(&[2, 2], Activation::Tanh)?];
    /// // The drift's 3 · 4 + 5 · 2, then the diffusion's 3 · 2.
    /// assert_eq!(NetworkSde::new(drift, diffusion, 0.1, 0.5)?.parameters(), 22 + 6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.drift.parameters() + self.diffusion.parameters()
    }

    /// Random parameters for both networks.
    ///
    /// ```
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::NetworkSde};
    /// use sdml::random::Streams;
    /// let network = Mlp::new(&[2, 4, 2], Activation::Tanh)?;
    /// let sde = NetworkSde::new(network.clone(), network.clone(), 0.1, 0.5)?;
    /// let theta = sde.initial(&mut Streams::new(0, "doc").stream(0));
    /// assert_eq!(theta.len(), sde.parameters());
    /// // The drift's come first.
    /// assert_eq!(theta[..22], network.initial(&mut Streams::new(0, "doc").stream(0)));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn initial(&self, stream: &mut Stream) -> Vec<f64> {
        let mut theta = self.drift.initial(stream);
        theta.extend(self.diffusion.initial(stream));
        theta
    }

    /// Passes θ on if it has the right length and is finite.
    pub(super) fn check(&self, theta: &[f64]) -> Result<()> {
        if theta.len() != self.parameters() {
            let allowed = format!("{}, the number of parameters", self.parameters());
            return Err(Error::argument("theta.len()", theta.len(), allowed));
        }
        theta.iter().try_for_each(|&value| finite("theta", value).map(drop))
    }

    /// b and σ at the rows of `x`, n × d: row-major, in this order.
    ///
    /// # Errors
    /// A θ or an x of the wrong shape or with entries that are not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::NetworkSde};
    /// // b(x) = 2x + 1, and an output of 0 puts σ in the middle of its interval.
    /// let linear = Mlp::new(&[1, 1], Activation::Tanh)?;
    /// let sde = NetworkSde::new(linear.clone(), linear, 0.25, 0.75)?;
    /// let [drift, sigma] = sde.coefficients(&[2.0, 1.0, 0.0, 0.0], array![[3.0], [-1.0]].view())?;
    /// assert_eq!((drift, sigma), (vec![7.0, -1.0], vec![0.5, 0.5]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn coefficients(&self, theta: &[f64], x: ArrayView2<f64>) -> Result<[Vec<f64>; 2]> {
        self.check(theta)?;
        if x.ncols() != self.dimension() {
            let allowed = format!("{}, the dimension", self.dimension());
            return Err(Error::argument("x.ncols()", x.ncols(), allowed));
        }
        let mut node = Node::default();
        let rows: Vec<f64> = x.iter().copied().collect();
        node.evaluate(self, theta, &rows)?;
        Ok([node.drift().to_vec(), node.sigma])
    }
}

/// The coefficients at one point of every path, ready to be differentiated. Its buffers are reused.
#[derive(Debug, Default)]
pub(super) struct Node {
    drift: Pass,
    diffusion: Pass,
    pub(super) sigma: Vec<f64>,
    /// dσ/dr.
    steepness: Vec<f64>,
    /// The cotangents of b and of σ: what [`Self::pull_back`] takes.
    pub(super) of_drift: Vec<f64>,
    pub(super) of_sigma: Vec<f64>,
    /// The cotangent of the point: what it leaves.
    pub(super) of_point: Vec<f64>,
}

impl Node {
    /// b and σ at `x`, n rows of d.
    pub(super) fn evaluate(&mut self, sde: &NetworkSde, theta: &[f64], x: &[f64]) -> Result<()> {
        let x = view(x, sde.dimension());
        let (of_drift, of_diffusion) = theta.split_at(sde.drift.parameters());
        sde.drift.forward(of_drift, x, &mut self.drift)?;
        sde.diffusion.forward(of_diffusion, x, &mut self.diffusion)?;
        for buffer in
            [&mut self.sigma, &mut self.steepness, &mut self.of_drift, &mut self.of_sigma, &mut self.of_point]
        {
            buffer.resize(x.len(), 0.0);
        }
        let output = self.diffusion.output();
        let raw = output.as_slice().expect("an output is row-major");
        squeeze(raw, (sde.low, sde.high), &mut self.sigma, &mut self.steepness);
        Ok(())
    }

    /// b, n rows of d.
    pub(super) fn drift(&self) -> &[f64] {
        self.drift.output().to_slice().expect("an output is row-major")
    }

    /// `to` ← b h + σ ΔB.
    pub(super) fn slope(&self, h: f64, db: &[f64], to: &mut [f64]) {
        for (((to, b), sigma), db) in to.iter_mut().zip(self.drift()).zip(&self.sigma).zip(db) {
            *to = b * h + sigma * db;
        }
    }

    /// Sets the cotangents of b and σ to those of ⟨c, b h + σ ΔB⟩, c = `factor`·`a`.
    pub(super) fn set_cotangents(&mut self, h: f64, db: &[f64], factor: f64, a: &[f64]) {
        for (((b, sigma), db), a) in self.of_drift.iter_mut().zip(&mut self.of_sigma).zip(db).zip(a) {
            let c = factor * a;
            *b = c * h;
            *sigma = c * db;
        }
    }

    /// Adds the same cotangents to those there are.
    pub(super) fn add_cotangents(&mut self, h: f64, db: &[f64], factor: f64, a: &[f64]) {
        for (((b, sigma), db), a) in self.of_drift.iter_mut().zip(&mut self.of_sigma).zip(db).zip(a) {
            let c = factor * a;
            *b += c * h;
            *sigma += c * db;
        }
    }

    /// From the cotangents of b and σ to that of the point, in [`Self::of_point`]; adds that of θ to `gradient`.
    pub(super) fn pull_back(&mut self, sde: &NetworkSde, theta: &[f64], gradient: &mut [f64]) -> Result<()> {
        let d = sde.dimension();
        for (cotangent, steepness) in self.of_sigma.iter_mut().zip(&self.steepness) {
            *cotangent *= steepness;
        }
        let at = sde.drift.parameters();
        let ((of_drift, of_diffusion), (first, second)) = (theta.split_at(at), gradient.split_at_mut(at));
        sde.drift.pull_back(of_drift, &mut self.drift, view(&self.of_drift, d), first)?;
        sde.diffusion.pull_back(of_diffusion, &mut self.diffusion, view(&self.of_sigma, d), second)?;
        let both = self.drift.input_cotangent().into_iter().zip(self.diffusion.input_cotangent());
        self.of_point.iter_mut().zip(both).for_each(|(to, (b, sigma))| *to = b + sigma);
        Ok(())
    }
}

/// n rows of d.
pub(super) fn view(rows: &[f64], d: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((rows.len() / d, d), rows).expect("whole rows")
}

/// σ = l + (u − l)/(1 + e^{−r}) and dσ/dr, with 1/(1 + e^{−r}) = (1 + tanh(r/2))/2.
// ANCHOR: squeeze
#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma",
    "x86_64+avx2+fma",
    "x86_64+sse4.2"
))]
fn squeeze(raw: &[f64], (low, high): (f64, f64), sigma: &mut [f64], steepness: &mut [f64]) {
    for ((r, sigma), steepness) in raw.iter().zip(sigma).zip(steepness) {
        let half = tanh(0.5 * r);
        *sigma = low + (high - low) * 0.5 * (1.0 + half);
        *steepness = (high - low) * 0.25 * (1.0 - half * half);
    }
}
// ANCHOR_END: squeeze

//! How good a generator is: distances between its points and data, each beside its floor, the distance between two samples
//! of the data, and the mean of log p − log q over data, whose floor is 0.

use ndarray::{Array2, ArrayView2, Axis, Slice};
use rayon::prelude::*;

use crate::ch2_control::neural_ode::Tableau;
use crate::ch3_flows::data::DataLaw;
use crate::ch3_flows::transport::{mmd_squared, sliced_wasserstein_2, wasserstein_2};
use crate::ch5_diffusion::interpolant::{Flow, generate};
use crate::ch5_diffusion::mixture::Mixture;
use crate::ch5_diffusion::score::{
    Denoiser, Method, Reverse, Source, descending_times, flow_to_noise, integral,
};
use crate::error::at_least;
use crate::random::Streams;
use crate::statistics::Estimate;
use crate::{Error, Result};

/// Everything a measurement depends on besides the generator.
///
/// ```
/// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
/// // Other seeds, other data.
/// let [one, two] = [1, 2].map(|seed| Protocol { points: 8, repeats: 2, seed, ..Protocol::default() });
/// assert_ne!(one.fresh(&DataLaw::Eight, "data")?, two.fresh(&DataLaw::Eight, "data")?);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    /// Points of each sample.
    pub points: usize,
    /// How many pairs of samples are compared.
    pub repeats: usize,
    /// Random directions of the sliced distance.
    pub directions: usize,
    /// Bandwidths of the kernel of the maximum mean discrepancy.
    pub bandwidths: Vec<f64>,
    /// Points at which likelihoods are compared.
    pub held_out: usize,
    /// The seed of all samples.
    pub seed: u64,
}

impl Default for Protocol {
    /// 16 pairs of samples of 400 points, 100 directions, the bandwidths 0.2 and 1, 2000 points held out.
    fn default() -> Self {
        Self {
            points: 400,
            repeats: 16,
            directions: 100,
            bandwidths: vec![0.2, 1.0],
            held_out: 2000,
            seed: 17,
        }
    }
}

/// Three distances between samples of a given size, each averaged over independent pairs of samples.
///
/// ```
/// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
/// // A sample is at no distance from itself.
/// let protocol = Protocol { points: 8, repeats: 2, directions: 4, ..Protocol::default() };
/// let data = protocol.fresh(&DataLaw::Eight, "data")?;
/// let distances = protocol.distances(data.view(), data.view())?;
/// assert!(distances.wasserstein.mean.abs() < 1e-6 && distances.sliced.mean.abs() < 1e-6);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distances {
    /// W_2.
    pub wasserstein: Estimate,
    /// The sliced W_2.
    pub sliced: Estimate,
    /// MMD².
    pub mmd_squared: Estimate,
}

impl Distances {
    /// Their names, and they.
    ///
    /// ```
    /// use sdml::{ch5_diffusion::beyond::Distances, statistics::Estimate};
    /// let estimate = |mean| Estimate { mean, standard_error: 0.1, count: 16 };
    /// let [wasserstein, sliced, mmd_squared] = [3.0, 2.0, 1.0].map(estimate);
    /// let named = Distances { wasserstein, sliced, mmd_squared }.named();
    /// let means = named.map(|(name, value)| (name, value.mean));
    /// assert_eq!(means, [("w2", 3.0), ("sliced", 2.0), ("mmd", 1.0)]);
    /// ```
    pub fn named(&self) -> [(&'static str, Estimate); 3] {
        [("w2", self.wasserstein), ("sliced", self.sliced), ("mmd", self.mmd_squared)]
    }
}

/// What a generator is worth: its distances from data, and the mean of log p − log q over data held out, an estimate of
/// KL(p‖q) ≥ 0.
///
/// ```
/// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
/// let protocol = Protocol { points: 8, repeats: 2, directions: 4, held_out: 10, ..Protocol::default() };
/// let floor = protocol.floor(&DataLaw::Eight)?;
/// assert_eq!((floor.excess.mean, floor.excess.count, floor.distances.sliced.count), (0.0, 10, 2));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// How far its points are from data.
    pub distances: Distances,
    /// How far the mean of −log q is above the entropy, in nats.
    pub excess: Estimate,
}

impl Quality {
    /// The numbers as a row to be kept.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::{Protocol, Quality}};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, held_out: 10, ..Protocol::default() };
    /// let floor = protocol.floor(&DataLaw::Eight)?;
    /// assert_eq!(Quality::from_row(&floor.row())?, floor);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn row(&self) -> Vec<f64> {
        let Distances { wasserstein, sliced, mmd_squared } = self.distances;
        let numbers = |e: Estimate| [e.mean, e.standard_error, e.count as f64];
        [wasserstein, sliced, mmd_squared, self.excess].map(numbers).concat()
    }

    /// What [`Self::row`] has kept.
    ///
    /// # Errors
    /// A row of another length.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::Quality;
    /// let row = [0.3, 0.01, 9.0, 0.2, 0.01, 9.0, 0.0, 0.001, 9.0, 0.1, 0.02, 500.0];
    /// assert_eq!(Quality::from_row(&row)?.row(), row);
    /// assert!(Quality::from_row(&row[1..]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_row(row: &[f64]) -> Result<Self> {
        let (estimates, rest) = row.as_chunks::<3>();
        let estimate =
            |[mean, standard_error, count]: [f64; 3]| Estimate { mean, standard_error, count: count as u64 };
        match (estimates, rest) {
            (&[wasserstein, sliced, mmd_squared, excess], []) => Ok(Self {
                distances: Distances {
                    wasserstein: estimate(wasserstein),
                    sliced: estimate(sliced),
                    mmd_squared: estimate(mmd_squared),
                },
                excess: estimate(excess),
            }),
            _ => Err(Error::argument("row.len()", row.len(), "12: four estimates of three numbers")),
        }
    }
}

impl Protocol {
    /// Compares each block of `points` rows of `a` with that of `b`.
    ///
    /// # Errors
    /// Another number of rows than points × repeats in `a` or `b`, fewer than two repeats, and those of the distances.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// let protocol = Protocol { points: 40, repeats: 3, ..Protocol::default() };
    /// let [a, b] = ["a", "b"].map(|name| protocol.fresh(&DataLaw::Eight, name));
    /// let floor = protocol.distances(a?.view(), b?.view())?;
    /// // Samples of one law are apart.
    /// assert!(floor.sliced.mean > 0.0 && floor.sliced.mean < floor.wasserstein.mean);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: distances
    pub fn distances(&self, a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Distances> {
        let rows = self.rows()?;
        for (name, sample) in [("a.nrows()", a), ("b.nrows()", b)] {
            if sample.nrows() != rows {
                return Err(Error::argument(name, sample.nrows(), format!("{rows}, points × repeats")));
            }
        }
        let streams = Streams::new(self.seed, "directions");
        let pair = |k: usize| {
            let block = Slice::from(k * self.points..(k + 1) * self.points);
            let [a, b] = [a, b].map(|sample| sample.slice_axis_move(Axis(0), block));
            Ok([
                wasserstein_2(a, b)?,
                sliced_wasserstein_2(a, b, self.directions, &mut streams.stream(k as u64))?,
                mmd_squared(a, b, &self.bandwidths)?,
            ])
        };
        let found = (0..self.repeats).into_par_iter().map(pair).collect::<Result<Vec<_>>>()?;
        let mean = |i: usize| Estimate::of(found.iter().map(|pair| pair[i]));
        Ok(Distances { wasserstein: mean(0)?, sliced: mean(1)?, mmd_squared: mean(2)? })
    }
    // ANCHOR_END: distances

    /// points × repeats, the rows that [`Self::distances`] asks for.
    fn rows(&self) -> Result<usize> {
        Ok(at_least("points", self.points, 2)? * at_least("repeats", self.repeats, 2)?)
    }

    /// Data for all pairs, one a row; other names, other data.
    ///
    /// # Errors
    /// Fewer than two points or repeats.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// let protocol = Protocol { points: 8, repeats: 2, ..Protocol::default() };
    /// assert_eq!(protocol.fresh(&DataLaw::Eight, "data")?.dim(), (16, 2));
    /// assert!(Protocol { repeats: 1, ..protocol }.fresh(&DataLaw::Eight, "data").is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn fresh(&self, law: &impl Source, name: &'static str) -> Result<Array2<f64>> {
        let mut points = Array2::zeros((self.rows()?, law.dimension()));
        let streams = Streams::new(self.seed, name);
        for (i, mut row) in points.outer_iter_mut().enumerate() {
            law.draw(&mut streams.stream(i as u64), row.as_slice_mut().expect("a row"));
        }
        Ok(points)
    }

    /// What a perfect generator reaches: data against other data, and no excess.
    ///
    /// # Errors
    /// As [`Self::distances`].
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, ..Protocol::default() };
    /// let floor = protocol.floor(&DataLaw::Eight)?;
    /// assert!(floor.distances.wasserstein.mean > 0.0 && floor.excess.mean == 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn floor(&self, law: &impl Source) -> Result<Quality> {
        let distances = self.against(law, self.fresh(law, "as if generated")?.view())?;
        let excess = Estimate { mean: 0.0, standard_error: 0.0, count: self.held_out as u64 };
        Ok(Quality { distances, excess })
    }

    /// Generated points against data.
    ///
    /// # Errors
    /// As [`Self::distances`].
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, ..Protocol::default() };
    /// // The checkerboard, ten to the right and up, is no model of the eight Gaussians.
    /// let (law, other) = (DataLaw::Eight, protocol.fresh(&DataLaw::Checkerboard, "other")?);
    /// let far = protocol.against(&law, (other + 10.0).view())?.wasserstein;
    /// assert!(far.mean > protocol.floor(&law)?.distances.wasserstein.mean);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn against(&self, law: &impl Source, generated: ArrayView2<f64>) -> Result<Distances> {
        self.distances(generated, self.fresh(law, "data")?.view())
    }

    /// Points of a trained score for all pairs: the reverse SDE with h = 1, 200 steps of Euler–Maruyama.
    ///
    /// # Errors
    /// As [`Reverse::sample`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::ch5_diffusion::{beyond::Protocol, score::Denoiser};
    /// let protocol = Protocol { points: 8, repeats: 2, ..Protocol::default() };
    /// let model = Denoiser::new(Mlp::new(&[3, 2], Activation::Silu)?, vec![0.0; 8], [0.1, 1.0], 1.9)?;
    /// // A row for each point of each pair.
    /// assert_eq!(protocol.points_of_score(&model)?.dim(), (16, 2));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn points_of_score(&self, model: &Denoiser) -> Result<Array2<f64>> {
        let [first, horizon] = model.times();
        let times = descending_times(horizon, first, 200, 2.0)?;
        Reverse::new(model, 1.0, times, Method::Euler)?
            .sample(self.rows()?, &Streams::new(self.seed, "noise"))
    }

    /// Points of a trained velocity in the plane for all pairs: 20 steps of RK4.
    ///
    /// # Errors
    /// As [`generate`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::{ch5_diffusion::{beyond::Protocol, interpolant::Flow}, random::Streams};
    /// let protocol = Protocol { points: 8, repeats: 2, ..Protocol::default() };
    /// // The velocity (1, 0) takes the noise to the left by 1.
    /// let theta = vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    /// let model = Flow::new(Mlp::new(&[3, 2], Activation::Silu)?, theta, 1.0, [2.0, 1.0])?;
    /// let z = Streams::new(protocol.seed, "noise").stream(0).normal();
    /// assert!((protocol.points_of_velocity(&model)?[[0, 0]] - (z - 1.0)).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn points_of_velocity(&self, model: &Flow) -> Result<Array2<f64>> {
        let mut model = model.clone();
        let mut stream = Streams::new(self.seed, "noise").stream(0);
        let noise = Array2::from_shape_simple_fn((self.rows()?, 2), || stream.normal());
        generate(Tableau::RK4, model.horizon(), 20, noise.view(), |t, x, v| model.write(t, x, v))
    }

    /// The quality of a trained score.
    ///
    /// # Errors
    /// As [`Self::points_of_score`], [`Self::against`] and [`flow_to_noise`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::{beyond::Protocol, score::Denoiser}};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, held_out: 10, ..Protocol::default() };
    /// let model = Denoiser::new(Mlp::new(&[3, 2], Activation::Silu)?, vec![0.0; 8], [0.1, 1.0], 1.9)?;
    /// let quality = protocol.quality_of_score(DataLaw::Eight, &model)?;
    /// // Two pairs of samples, ten points held out.
    /// assert_eq!((quality.distances.sliced.count, quality.excess.count), (2, 10));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn quality_of_score(&self, law: DataLaw, model: &Denoiser) -> Result<Quality> {
        let [first, horizon] = model.times();
        let times = descending_times(horizon, first, 60, 2.0)?;
        Ok(Quality {
            distances: self.against(&law, self.points_of_score(model)?.view())?,
            excess: self.excess(law, |x| Ok(flow_to_noise(model, &times, x)?.log_densities()))?,
        })
    }

    /// The quality of a trained velocity.
    ///
    /// # Errors
    /// As [`Self::points_of_velocity`], [`Self::against`] and [`Flow::to_noise`].
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::{beyond::Protocol, interpolant::Flow}};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, held_out: 10, ..Protocol::default() };
    /// // Without a velocity the law stays that of the noise.
    /// let still = Flow::new(Mlp::new(&[3, 2], Activation::Silu)?, vec![0.0; 8], 1.0, [2.0, 1.0])?;
    /// let excess = protocol.quality_of_velocity(DataLaw::Eight, &still)?.excess.mean;
    /// assert!((excess - protocol.quality_of_noise(DataLaw::Eight)?.excess.mean).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn quality_of_velocity(&self, law: DataLaw, model: &Flow) -> Result<Quality> {
        Ok(Quality {
            distances: self.against(&law, self.points_of_velocity(model)?.view())?,
            excess: self.excess(law, |x| Ok(model.to_noise(x, 40)?.log_densities()))?,
        })
    }

    /// The quality of N(0, I), where both start.
    ///
    /// # Errors
    /// As [`Self::against`].
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, ..Protocol::default() };
    /// // E log p = −entropy; −log q = log 2π + |x|²/2 with E|x|² = 2² + 2 · 0.2².
    /// let excess = protocol.quality_of_noise(DataLaw::Eight)?.excess;
    /// assert!(excess.z(std::f64::consts::TAU.ln() + 2.04 - DataLaw::Eight.entropy()).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn quality_of_noise(&self, law: DataLaw) -> Result<Quality> {
        let prior = Mixture::gaussian([0.0; 2], [[1.0, 0.0], [0.0, 1.0]])?;
        let log_q = |x: ArrayView2<f64>| x.outer_iter().map(|x| prior.log_density(&[x[0], x[1]])).collect();
        Ok(Quality {
            distances: self.against(&law, self.fresh(&prior, "noise")?.view())?,
            excess: self.excess(law, |x| Ok(log_q(x)))?,
        })
    }

    /// The floor, the noise, the scores and the velocities, in this order.
    ///
    /// # Errors
    /// As the measurements of each.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// let protocol = Protocol { points: 8, repeats: 2, directions: 4, held_out: 10, ..Protocol::default() };
    /// let all = protocol.compare(DataLaw::Eight, &[], &[])?;
    /// assert_eq!(all, [protocol.floor(&DataLaw::Eight)?, protocol.quality_of_noise(DataLaw::Eight)?]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn compare(&self, law: DataLaw, scores: &[Denoiser], velocities: &[Flow]) -> Result<Vec<Quality>> {
        let mut all = vec![self.floor(&law)?, self.quality_of_noise(law)?];
        for model in scores {
            all.push(self.quality_of_score(law, model)?);
        }
        for model in velocities {
            all.push(self.quality_of_velocity(law, model)?);
        }
        Ok(all)
    }

    /// The mean of log p − log q over data held out.
    ///
    /// # Errors
    /// Those of `log_q`, and another number of logarithms than points; fewer than two points held out; logarithms that are not
    /// finite.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::beyond::Protocol};
    /// // Uniform on [−2, 2]² as a model of the checkerboard, which fills half of it.
    /// let excess = Protocol::default().excess(DataLaw::Checkerboard, |x| Ok(vec![-(16f64.ln()); x.nrows()]))?;
    /// assert!((excess.mean - 2f64.ln()).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: excess
    pub fn excess(
        &self,
        law: DataLaw,
        log_q: impl Fn(ArrayView2<f64>) -> Result<Vec<f64>>,
    ) -> Result<Estimate> {
        let mut stream = Streams::new(self.seed, "held out").stream(0);
        let points = law.points(at_least("held_out", self.held_out, 2)?, &mut stream);
        let log_q = log_q(points.view())?;
        if log_q.len() != points.nrows() {
            return Err(Error::argument("log_q", log_q.len(), format!("{} numbers", points.nrows())));
        }
        let log_p = points.outer_iter().map(|x| law.log_density([x[0], x[1]]));
        Estimate::of(log_p.zip(log_q).map(|(p, q)| p - q))
    }
    // ANCHOR_END: excess
}

/// Half the width of the confidence interval about an estimate, by Student's law.
///
/// # Errors
/// A level outside (0, 1); an estimate from fewer than two values.
///
/// ```
/// use sdml::{ch5_diffusion::beyond::half_width, statistics::Estimate};
/// let of_five = Estimate { mean: 3.0, standard_error: 0.1, count: 5 };
/// assert!((half_width(&of_five, 0.95)? - 0.2776).abs() < 1e-4);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn half_width(estimate: &Estimate, level: f64) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::argument("level", level, "strictly between 0 and 1"));
    }
    let freedom = at_least("estimate.count", estimate.count as usize, 2)? - 1;
    Ok(student(level, freedom as f64)? * estimate.standard_error)
}

/// The t with P(|T| ≤ t) = `level` for T of Student's law with ν = `freedom` degrees of freedom, by bisection of log t: for
/// t = √ν tan φ the probability is the share of ∫_0^φ in ∫_0^{π/2} cos^{ν−1}. The rest is an integral over the angle beyond,
/// so that both tails keep their digits.
fn student(level: f64, freedom: f64) -> Result<f64> {
    let root = freedom.sqrt();
    // cos^{ν−1} from the tangent: a power of the rounded cosine would lose the digits of a great ν.
    let density = |tangent: f64| (-0.5 * (freedom - 1.0) * (tangent * tangent).ln_1p()).exp();
    let (mut low, mut high) = (-700.0f64, 50.0f64);
    // 750/2⁶⁴ is less than a rounding of t.
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        let t = middle.exp();
        let inside = integral(0.0, (t / root).atan(), |angle| density(angle.tan()))?;
        // From the end where the integrand is greatest, at which the panels are narrow.
        let beyond = -integral((root / t).atan(), 0.0, |angle| density(1.0 / angle.tan()))?;
        if inside * (1.0 - level) < level * beyond { low = middle } else { high = middle }
    }
    Ok((0.5 * (low + high)).exp())
}

//! The two-layer network of Figure 1.2, with every derivative the section needs written out by hand.
//!
//! u(x) = v · σ(Wx + b) + c, for x ∈ ℝᴰ and m hidden units: W is m × D, b and v have m entries, c is a number. With
//! w_j the j-th row of W and σ_j = σ(w_j · x + b_j),
//!
//! u = Σ v_j σ_j + c,   ∇u = Σ v_j σ'_j w_j,   Δu = Σ v_j σ''_j |w_j|².

use super::Activation;
use crate::error::{at_least, finite, positive};
use crate::random::Stream;
use crate::{Error, Result};

/// A two-layer network ℝᴰ → ℝ. Its parameters lie in one vector θ = (W row by row, b, v, c) of length m(D + 2) + 1.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
/// // u(x) = 3 tanh(2x + 1) − 1
/// let network = TwoLayer::<1>::new(Activation::Tanh, vec![2.0, 1.0, 3.0, -1.0])?;
/// assert!((network.value(&[0.5]) - (3.0 * 2f64.tanh() - 1.0)).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TwoLayer<const D: usize> {
    activation: Activation,
    width: usize,
    theta: Vec<f64>,
}

/// Value, gradient and Laplacian in each of n points; also, with one coefficient in place of each of them, a linear
/// functional of the three.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Activation, Jets, Pass, TwoLayer};
/// let network = TwoLayer::<1>::new(Activation::Tanh, vec![2.0, -1.0, 3.0, 0.0])?;
/// let (mut pass, mut functional, mut gradient) = (Pass::<1>::default(), Jets::<1>::default(), [0.0; 4]);
/// network.forward(&[[0.5]], &mut pass);
/// // The functional that takes u = 3 tanh(2x − 1) to u(½), differentiated by W, b, v and c.
/// functional.reset(1);
/// functional.value[0] = 1.0;
/// network.pull_back(&[[0.5]], &pass, &functional, &mut gradient);
/// assert_eq!(gradient, [1.5, 3.0, 0.0, 1.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Jets<const D: usize> {
    /// u(xₙ).
    pub value: Vec<f64>,
    /// ∇u(xₙ).
    pub gradient: Vec<[f64; D]>,
    /// Δu(xₙ).
    pub laplacian: Vec<f64>,
}

impl<const D: usize> Jets<D> {
    /// n zeros of each kind, in the memory that is already there.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Jets;
    /// let mut jets = Jets { value: vec![7.0], gradient: vec![[1.0, 2.0]], laplacian: vec![3.0] };
    /// jets.reset(2);
    /// assert_eq!(jets, Jets { value: vec![0.0; 2], gradient: vec![[0.0; 2]; 2], laplacian: vec![0.0; 2] });
    /// ```
    pub fn reset(&mut self, n: usize) {
        self.value.clear();
        self.value.resize(n, 0.0);
        self.gradient.clear();
        self.gradient.resize(n, [0.0; D]);
        self.laplacian.clear();
        self.laplacian.resize(n, 0.0);
    }
}

/// What a pass through the network leaves behind: the jets, and the hidden layer for the way back.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Activation, Pass, TwoLayer};
/// // u(x) = 3 max(2x + 1, 0) − 1 and its slope, on both sides of the kink.
/// let network = TwoLayer::<1>::new(Activation::Relu, vec![2.0, 1.0, 3.0, -1.0])?;
/// let mut pass = Pass::default();
/// network.forward(&[[-1.0], [0.5]], &mut pass);
/// assert_eq!(pass.jets.value, [-1.0, 5.0]);
/// assert_eq!(pass.jets.gradient, [[0.0], [6.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pass<const D: usize> {
    /// Value, gradient and Laplacian in each point.
    pub jets: Jets<D>,
    /// σ_j in point n at position j · points + n.
    hidden: Vec<f64>,
}

impl<const D: usize> TwoLayer<D> {
    /// The network with the parameters θ = (W row by row, b, v, c).
    ///
    /// # Errors
    /// A length that is not m(D + 2) + 1 for some m ≥ 1, or a parameter that is not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// // In the plane a hidden unit has 4 parameters.
    /// assert!(TwoLayer::<2>::new(Activation::Tanh, vec![1.0; 9]).is_ok());
    /// assert!(TwoLayer::<2>::new(Activation::Tanh, vec![1.0; 8]).is_err());
    /// ```
    pub fn new(activation: Activation, theta: Vec<f64>) -> Result<Self> {
        let width = theta.len().saturating_sub(1) / (D + 2);
        if width == 0 || theta.len() != width * (D + 2) + 1 {
            return Err(Error::argument(
                "theta.len()",
                theta.len(),
                format!("m({D} + 2) + 1 for a width m of at least 1"),
            ));
        }
        for &parameter in &theta {
            finite("theta", parameter)?;
        }
        Ok(Self { activation, width, theta })
    }

    /// A network of m = `width` hidden units that bend inside the box [low, high]ᴰ: W has N(0, (4/(high − low))²)
    /// entries, b_j = −w_j · xⱼ with xⱼ uniform in the box, v has N(0, 1/m) entries, c = 0.
    ///
    /// # Errors
    /// A width of 0, or a box that is empty or not finite.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::{Activation, TwoLayer}, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let network = TwoLayer::<2>::random(Activation::Tanh, 30, [-1.0, 1.0], &mut stream)?;
    /// assert_eq!(network.parameters().len(), 121);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn random(
        activation: Activation,
        width: usize,
        [low, high]: [f64; 2],
        stream: &mut Stream,
    ) -> Result<Self> {
        at_least("width", width, 1)?;
        let side = positive("high - low", high - low)?;
        let mut theta = vec![0.0; width * (D + 2) + 1];
        for j in 0..width {
            let mut bias = 0.0;
            for weight in &mut theta[j * D..(j + 1) * D] {
                *weight = 4.0 / side * stream.normal();
                bias -= *weight * (low + side * stream.uniform());
            }
            theta[width * D + j] = bias;
            theta[width * (D + 1) + j] = stream.normal() / (width as f64).sqrt();
        }
        Self::new(activation, theta)
    }

    /// The nonlinearity σ.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let network = TwoLayer::<1>::new(Activation::Relu, vec![2.0, 1.0, 3.0, -1.0])?;
    /// assert_eq!(network.activation(), Activation::Relu);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The number m of hidden units.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// // 7 = 2 · 3 + 1 parameters: two hidden units on the line.
    /// assert_eq!(TwoLayer::<1>::new(Activation::Tanh, vec![1.0; 7])?.width(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn width(&self) -> usize {
        self.width
    }

    /// θ = (W row by row, b, v, c).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let network = TwoLayer::<1>::new(Activation::Tanh, vec![2.0, 1.0, 3.0, -1.0])?;
    /// assert_eq!(network.parameters(), [2.0, 1.0, 3.0, -1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn parameters(&self) -> &[f64] {
        &self.theta
    }

    /// θ, to be changed in place.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let mut network = TwoLayer::<1>::new(Activation::Tanh, vec![2.0, 0.0, 3.0, -1.0])?;
    /// // c comes last.
    /// network.parameters_mut()[3] = 7.0;
    /// assert_eq!(network.value(&[0.0]), 7.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.theta
    }

    /// The row w_j of W.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let network = TwoLayer::<2>::new(Activation::Tanh, (1..=9).map(f64::from).collect())?;
    /// assert_eq!([0, 1].map(|j| *network.weight(j)), [[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn weight(&self, j: usize) -> &[f64; D] {
        &self.theta.as_chunks::<D>().0[j]
    }

    /// b_j.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let network = TwoLayer::<2>::new(Activation::Tanh, (1..=9).map(f64::from).collect())?;
    /// assert_eq!([0, 1].map(|j| network.bias(j)), [5.0, 6.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn bias(&self, j: usize) -> f64 {
        self.theta[self.width * D + j]
    }

    /// v_j.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let network = TwoLayer::<2>::new(Activation::Tanh, (1..=9).map(f64::from).collect())?;
    /// assert_eq!([0, 1].map(|j| network.outer(j)), [7.0, 8.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn outer(&self, j: usize) -> f64 {
        self.theta[self.width * (D + 1) + j]
    }

    /// c.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// let network = TwoLayer::<2>::new(Activation::Tanh, (1..=9).map(f64::from).collect())?;
    /// assert_eq!(network.offset(), 9.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn offset(&self) -> f64 {
        self.theta[self.width * (D + 2)]
    }

    /// u(x) in one point.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, TwoLayer};
    /// // u(x) = 3 max(2x₁ + x₂ + 1, 0) − 1.
    /// let network = TwoLayer::<2>::new(Activation::Relu, vec![2.0, 1.0, 1.0, 3.0, -1.0])?;
    /// assert_eq!([[0.0, 1.0], [-1.0, 0.0]].map(|x| network.value(&x)), [5.0, -1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn value(&self, x: &[f64; D]) -> f64 {
        let mut pass = Pass::default();
        self.forward(std::slice::from_ref(x), &mut pass);
        pass.jets.value[0]
    }

    /// u, ∇u and Δu in all `points`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, Pass, TwoLayer};
    /// let network = TwoLayer::<1>::new(Activation::Tanh, vec![2.0, 1.0, 3.0, -1.0])?;
    /// let mut pass = Pass::default();
    /// network.forward(&[[0.0], [0.5]], &mut pass);
    /// let s = 1f64.tanh();
    /// assert!((pass.jets.gradient[0][0] - 6.0 * (1.0 - s * s)).abs() < 1e-15);
    /// assert!((pass.jets.laplacian[0] + 24.0 * s * (1.0 - s * s)).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: forward
    pub fn forward(&self, points: &[[f64; D]], pass: &mut Pass<D>) {
        let n = points.len();
        pass.jets.reset(n);
        pass.hidden.resize(self.width * n, 0.0);
        pass.jets.value.fill(self.offset());
        let Jets { value, gradient, laplacian } = &mut pass.jets;
        for (j, hidden) in pass.hidden.chunks_exact_mut(n.max(1)).enumerate() {
            let (w, b, v) = (self.weight(j), self.bias(j), self.outer(j));
            for (z, x) in hidden.iter_mut().zip(points) {
                *z = dot(w, x) + b;
            }
            self.activation.apply(hidden);
            let curvature = v * dot(w, w);
            for (i, &s) in hidden.iter().enumerate() {
                let [first, second, _] = self.activation.derivatives(s);
                value[i] += v * s;
                for d in 0..D {
                    gradient[i][d] += v * first * w[d];
                }
                laplacian[i] += curvature * second;
            }
        }
    }
    // ANCHOR_END: forward

    /// Adds to `gradient` the derivative, with respect to θ, of Σₙ αₙ u(xₙ) + βₙ · ∇u(xₙ) + γₙ Δu(xₙ), where α, β, γ
    /// are the value, gradient and Laplacian of `coefficients` and `pass` is the pass through the same points.
    ///
    /// With q = v_j (ασ' + (β · w_j)σ'' + γ|w_j|²σ''') the derivative is, summed over the points,
    /// ασ + (β · w_j)σ' + γ|w_j|²σ'' for v_j, q for b_j, and qx + v_j (σ'β + 2γσ''w_j) for w_j.
    ///
    /// # Panics
    /// When `points`, `pass`, `coefficients` and `gradient` do not belong together.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, Jets, Pass, TwoLayer};
    /// // ∂_x u = v σ'(wx + b) w, by w, b, v and c: where σ' = 1 this is v, 0, w and 0.
    /// let network = TwoLayer::<1>::new(Activation::Relu, vec![2.0, 1.0, 3.0, -1.0])?;
    /// let (mut pass, mut gradient) = (Pass::default(), [0.0; 4]);
    /// network.forward(&[[0.5]], &mut pass);
    /// let slope = Jets { value: vec![0.0], gradient: vec![[1.0]], laplacian: vec![0.0] };
    /// network.pull_back(&[[0.5]], &pass, &slope, &mut gradient);
    /// assert_eq!(gradient, [3.0, 0.0, 2.0, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: pull_back
    pub fn pull_back(
        &self,
        points: &[[f64; D]],
        pass: &Pass<D>,
        coefficients: &Jets<D>,
        gradient: &mut [f64],
    ) {
        let (n, m) = (points.len(), self.width);
        let (alpha, beta, gamma) =
            (&coefficients.value[..n], &coefficients.gradient[..n], &coefficients.laplacian[..n]);
        for (j, s) in pass.hidden.chunks_exact(n.max(1)).enumerate() {
            let (w, v) = (self.weight(j), self.outer(j));
            let square = dot(w, w);
            let Row { outer, bias, weight }: Row<D> = sum_over(n, |i| {
                let [first, second, third] = self.activation.derivatives(s[i]);
                let along = dot(&beta[i], w);
                let q = v * (alpha[i] * first + along * second + gamma[i] * square * third);
                Row {
                    outer: alpha[i] * s[i] + along * first + gamma[i] * square * second,
                    bias: q,
                    weight: std::array::from_fn(|d| {
                        q * points[i][d] + v * (first * beta[i][d] + 2.0 * gamma[i] * second * w[d])
                    }),
                }
            });
            for d in 0..D {
                gradient[j * D + d] += weight[d];
            }
            gradient[m * D + j] += bias;
            gradient[m * (D + 1) + j] += outer;
        }
        gradient[m * (D + 2)] += alpha.iter().sum::<f64>();
    }
    // ANCHOR_END: pull_back
}

/// The derivatives with respect to the parameters of one hidden unit.
#[derive(Clone, Copy)]
struct Row<const D: usize> {
    outer: f64,
    bias: f64,
    weight: [f64; D],
}

/// How many partial sums a sum is kept in: enough for the processor to add several at once.
const LANES: usize = 4;

/// Σᵢ `term`(i) for i < n, in [`LANES`] partial sums.
#[inline(always)]
fn sum_over<const D: usize>(n: usize, term: impl Fn(usize) -> Row<D>) -> Row<D> {
    let mut outer = [0.0; LANES];
    let mut bias = [0.0; LANES];
    let mut weight = [[0.0; LANES]; D];
    let mut add = |lane: usize, row: Row<D>| {
        outer[lane] += row.outer;
        bias[lane] += row.bias;
        for (sum, w) in weight.iter_mut().zip(row.weight) {
            sum[lane] += w;
        }
    };
    let whole = n - n % LANES;
    for start in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            add(lane, term(start + lane));
        }
    }
    for i in whole..n {
        add(i - whole, term(i));
    }
    Row { outer: outer.iter().sum(), bias: bias.iter().sum(), weight: weight.map(|w| w.iter().sum()) }
}

/// a · b.
#[inline(always)]
fn dot<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    let mut sum = 0.0;
    for d in 0..D {
        sum += a[d] * b[d];
    }
    sum
}

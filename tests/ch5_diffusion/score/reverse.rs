use crate::check::Check;
use crate::quadrature::nodes;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Circulating, ExactScore, GaussianCase, Method, Noising, Normal, Reverse, ScoreError, ScoreField, decay,
    descending_times, noise_variance, relative_entropy,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments};

const LEVELS: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

#[test]
fn reversed_fokker_planck_equation() {
    let data = Mixture::new(
        &[0.4, 0.6],
        &[[-1.0, 0.3], [0.8, 0.2]],
        &[[[0.3, 0.1], [0.1, 0.2]], [[0.15, -0.1], [-0.1, 0.4]]],
    )
    .unwrap();
    let (t, x, d) = (0.4, [0.2, -0.1], 1e-4);
    let law = |t: f64| Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
    // p̃(x, t) = p(x, T − t): its rate is minus that of p.
    let rate = -(law(t + d).density(&x) - law(t - d).density(&x)) / (2.0 * d);
    let (p, s, laplacian) = (law(t).density(&x), law(t).score(&x), law(t).laplacian(&x));
    let square = s[0] * s[0] + s[1] * s[1];
    // −∇·(A p̃) + hΔp̃ for A = x + factor · ∇ log p̃; ∇·(x p) = 2p + x·∇p and ∇·(p ∇ log p) = Δp.
    let diffusion = p * (laplacian + square);
    let right =
        |h: f64, factor: f64| -p * (2.0 + x[0] * s[0] + x[1] * s[1]) - factor * diffusion + h * diffusion;
    for h in LEVELS {
        assert!((right(h, h + 1.0) - rate).abs() < 1e-6);
    }
    Check::new(
        "ch5_diffusion/score/reverse/reversed_fokker_planck_equation",
        &["u:54", "eq:5.3"],
        "p̃(x, t) = p(x, T − t) solves the Fokker–Planck equation of dY = A dt + √(2h) dW with A = x + (h + 1) ∇ log p̃",
        "A with h in place of h + 1",
    )
    .within(right(2.0, 3.0), rate, 1e-6, "a central difference with step 1e-4: 1e-8 times a third derivative", right(2.0, 2.0));
}

/// Data N(1, ¼) and the reversal from N(0, 1) at time 2.
const DATA: Normal = Normal { mean: 1.0, variance: 0.25 };
const HORIZON: f64 = 2.0;
const STEPS: usize = 40;

/// The exact law of Euler–Maruyama's Y after `steps` steps: `factor` stands before the score −(y − μ)/v at time `time(k)`
/// of the noising process, or what is taken for it.
fn recursion(h: f64, factor: f64, steps: usize, time: impl Fn(f64) -> f64) -> Normal {
    let d = HORIZON / steps as f64;
    let (mut mean, mut variance) = (0.0, 1.0);
    for k in 0..steps {
        let t = time(k as f64 * d);
        let (mu, v) = (DATA.mean * decay(t), DATA.variance * decay(t).powi(2) + noise_variance(t));
        let gain = 1.0 + d * (1.0 - factor / v);
        mean = gain * mean + d * factor * mu / v;
        variance = gain * gain * variance + 2.0 * h * d;
    }
    Normal { mean, variance }
}

fn moments(h: f64, points: usize, seed: u64) -> Moments {
    let score = ExactScore::new(Mixture::gaussian([DATA.mean], [[DATA.variance]]).unwrap());
    let times = descending_times(HORIZON, 0.0, STEPS, 1.0).unwrap();
    let reverse = Reverse::new(&score, h, times, Method::Euler).unwrap();
    reverse.sample(points, &Streams::new(seed, "reverse")).unwrap().into_iter().collect()
}

/// The variance at the end against the recursion's, for one h.
fn same_marginal(key: &'static str, h: f64, seed: u64) {
    let reverse_time = |s: f64| HORIZON - s;
    let (exact, wrong) = (recursion(h, h + 1.0, STEPS, reverse_time), recursion(h, h, STEPS, reverse_time));
    let moments = moments(h, 100_000, seed);
    assert!(moments.mean().unwrap().z(exact.mean).abs() < 4.0);
    Check::new(
        key,
        &["eq:5.3", "eq:5.5"],
        "the variance at the end, after 40 steps of Euler–Maruyama with the exact score, is that of its recursion",
        "the recursion with h in place of h + 1 before the score",
    )
    .seed(seed)
    .samples("100000 points, 40 steps")
    .statistical(moments.variance().unwrap(), exact.variance, wrong.variance);
    // With ever finer steps the law at the end is the same for every h, but for what is left of the prior's gap.
    let fine = recursion(h, h + 1.0, 200_000, reverse_time);
    let case = GaussianCase::new(DATA, ScoreError::NONE).unwrap();
    let limit = case.reversed(h, HORIZON, Normal::STANDARD).unwrap();
    assert!((fine.mean - limit.mean).abs() < 1e-4 && (fine.variance - limit.variance).abs() < 1e-4);
}

#[test]
fn marginal_without_noise() {
    same_marginal("ch5_diffusion/score/reverse/marginal_without_noise", 0.0, 1);
}

#[test]
fn marginal_with_half_the_noise() {
    same_marginal("ch5_diffusion/score/reverse/marginal_with_half_the_noise", 0.5, 2);
}

#[test]
fn marginal_with_the_noise() {
    same_marginal("ch5_diffusion/score/reverse/marginal_with_the_noise", 1.0, 3);
}

#[test]
fn marginal_with_twice_the_noise() {
    same_marginal("ch5_diffusion/score/reverse/marginal_with_twice_the_noise", 2.0, 4);
}

#[test]
fn time_runs_backwards() {
    let exact = recursion(1.0, 2.0, STEPS, |s| HORIZON - s);
    let forwards = recursion(1.0, 2.0, STEPS, |s| s);
    Check::new(
        "ch5_diffusion/score/reverse/time_runs_backwards",
        &["eq:5.5"],
        "with the score at time T − t the mean at the end is that of the data, but for the step and the prior's gap",
        "the score at time t",
    )
    .seed(5)
    .samples("100000 points, 40 steps")
    .statistical(moments(1.0, 100_000, 5).mean().unwrap(), exact.mean, forwards.mean);
}

#[test]
fn flow_map_is_the_quantile_map() {
    // Without noise the order of points on the line is kept, so the flow takes quantiles to quantiles.
    let data = Mixture::isotropic(&[0.4, 0.6], &[[-1.0], [1.25]], 0.5).unwrap();
    let law = |t: f64| Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
    let exact = data.quantile(law(HORIZON).cdf(0.3)).unwrap();
    let score = ExactScore::new(data.clone());
    let start = ndarray::array![[0.3]];
    let end = |steps: usize| {
        let times = descending_times(HORIZON, 0.0, steps, 1.0).unwrap();
        let reverse = Reverse::new(&score, 0.0, times, Method::Heun).unwrap();
        reverse.run(start.view(), &Streams::new(0, "none")).unwrap()[[0, 0]]
    };
    // The drift of h = 1 without its noise.
    let mut wrong = 0.3;
    for k in 0..2000 {
        let t = HORIZON * (1.0 - f64::from(k) / 2000.0);
        wrong += HORIZON / 2000.0 * (wrong + 2.0 * law(t).score(&[wrong])[0]);
    }
    let (coarse, fine) = (end(1000), end(2000));
    Check::new(
        "ch5_diffusion/score/reverse/flow_map_is_the_quantile_map",
        &["u:57"],
        "for h = 0 the end point is the quantile of the data at the level of the start in p_T",
        "the drift of h = 1 without its noise",
    )
    .within(fine, exact, 1e-6, "Heun's error at 2000 steps, a third of its change from 1000", wrong);
    assert!((coarse - fine).abs() / 3.0 < 1e-6);
}

/// The density at the end of the flow from N(0, 1), at the images of the nodes: (weight, log of the density at the end,
/// end point), by Runge–Kutta of fourth order on the point and on log of the derivative of the map.
fn pushed_forward(data: &Mixture<1>, horizon: f64) -> Vec<(f64, f64, f64)> {
    const STEPS: usize = 400;
    let law: Vec<_> = (0..=2 * STEPS)
        .map(|k| {
            let t = horizon * (1.0 - k as f64 / (2 * STEPS) as f64);
            Noising::OrnsteinUhlenbeck.law(data, t).unwrap()
        })
        .collect();
    let slope = |k: usize, x: f64| [x + law[k].score(&[x])[0], 1.0 + law[k].laplacian(&[x])];
    let standard = Mixture::gaussian([0.0], [[1.0]]).unwrap();
    let d = horizon / STEPS as f64;
    let flow = |(y, w): (f64, f64)| {
        let (mut x, mut log_stretch) = (y, 0.0);
        for k in 0..STEPS {
            let k1 = slope(2 * k, x);
            let k2 = slope(2 * k + 1, x + 0.5 * d * k1[0]);
            let k3 = slope(2 * k + 1, x + 0.5 * d * k2[0]);
            let k4 = slope(2 * k + 2, x + d * k3[0]);
            x += d / 6.0 * (k1[0] + 2.0 * k2[0] + 2.0 * k3[0] + k4[0]);
            log_stretch += d / 6.0 * (k1[1] + 2.0 * k2[1] + 2.0 * k3[1] + k4[1]);
        }
        (w * standard.density(&[y]), standard.log_density(&[y]) - log_stretch, x)
    };
    nodes(-7.0, 7.0, 16).into_iter().map(flow).collect()
}

#[test]
fn gap_is_kept_without_noise() {
    let data = Mixture::isotropic(&[0.4, 0.6], &[[-1.0], [1.25]], 0.5).unwrap();
    let horizon = 0.5;
    let at_end = pushed_forward(&data, horizon);
    let measured: f64 = at_end.iter().map(|(w, log_q, x)| w * (log_q - data.log_density(&[*x]))).sum();
    let standard = Mixture::gaussian([0.0], [[1.0]]).unwrap();
    let noised = Noising::OrnsteinUhlenbeck.law(&data, horizon).unwrap();
    let gap = relative_entropy(&standard, &noised).unwrap();
    Check::new(
        "ch5_diffusion/score/reverse/gap_is_kept_without_noise",
        &["u:57", "u:53"],
        "for h = 0 the law at the end is as far from the data as the prior from p_T: KL(q‖p_0) = KL(N(0, 1)‖p_T)",
        "the entropy the other way round, KL(p_T‖N(0, 1))",
    )
    .within(
        measured,
        gap,
        1e-7,
        "Runge–Kutta of fourth order with step 1/800, Gauss–Legendre on 128 nodes",
        relative_entropy(&noised, &standard).unwrap(),
    );
}

#[test]
fn noise_forgets_the_gap() {
    // With the exact score the prior alone is wrong: what is left of its gap at the end falls as h grows.
    let case = GaussianCase::new(DATA, ScoreError::NONE).unwrap();
    let left = LEVELS.map(|h| case.reversed(h, HORIZON, Normal::STANDARD).unwrap().relative_entropy(&DATA));
    assert!(left.windows(2).all(|pair| pair[1] < pair[0]), "{left:?}");
    let (prior, noised) = (Normal::STANDARD, case.law(HORIZON));
    assert!((left[0] - prior.relative_entropy(&noised)).abs() < 1e-12);
    // The entropy the other way round is another number.
    assert!((left[0] - noised.relative_entropy(&prior)).abs() > 1e-4);
}

#[test]
fn closed_form_with_errors() {
    // Mean and variance of dY = (Y + (h + 1) s) dt + √(2h) dW by Runge–Kutta, for a score with both errors.
    let error = ScoreError { offset: 0.3, window: [0.25, 1.0], slope: 0.2 };
    let case = GaussianCase::new(DATA, error).unwrap();
    let integrated = |h: f64, factor: f64| {
        // The offset jumps at times 1 and ¼, which lie on the grid.
        let steps = 4000;
        let d = HORIZON / steps as f64;
        let slope = |t: f64, middle: f64, [m, v]: [f64; 2]| {
            let (mu, w) = (DATA.mean * decay(t), DATA.variance * decay(t).powi(2) + noise_variance(t));
            let offset = if (0.25..1.0).contains(&middle) { 0.3 } else { 0.0 };
            [m + factor * (offset - 1.2 * (m - mu) / w), 2.0 * v * (1.0 - factor * 1.2 / w) + 2.0 * h]
        };
        let mut y = [0.0, 1.0];
        for k in 0..steps {
            let t = HORIZON - k as f64 * d;
            let middle = t - 0.5 * d;
            let along = |y: [f64; 2], k: [f64; 2], d: f64| [y[0] + d * k[0], y[1] + d * k[1]];
            let k1 = slope(t, middle, y);
            let k2 = slope(middle, middle, along(y, k1, 0.5 * d));
            let k3 = slope(middle, middle, along(y, k2, 0.5 * d));
            let k4 = slope(t - d, middle, along(y, k3, d));
            y = std::array::from_fn(|i| y[i] + d / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
        }
        Normal { mean: y[0], variance: y[1] }
    };
    for h in [0.0, 0.5, 3.0] {
        let (found, expected) =
            (case.reversed(h, HORIZON, Normal::STANDARD).unwrap(), integrated(h, h + 1.0));
        assert!(
            (found.mean - expected.mean).abs() < 1e-8 && (found.variance - expected.variance).abs() < 1e-8
        );
    }
    let entropy = |law: Normal| law.relative_entropy(&DATA);
    Check::new(
        "ch5_diffusion/score/reverse/closed_form_with_errors",
        &["eq:5.5", "u:53"],
        "KL of the law at the end from the data, for a score with an offset and a wrong slope, h = 1, in closed form",
        "the moments' equations with h in place of h + 1",
    )
    .within(
        entropy(case.reversed(1.0, HORIZON, Normal::STANDARD).unwrap()),
        entropy(integrated(1.0, 2.0)),
        1e-8,
        "Runge–Kutta of fourth order with step 1/2000, its jumps on the grid",
        entropy(integrated(1.0, 1.0)),
    );
}

#[test]
fn best_noise_depends_on_where_the_error_is() {
    // Data N(0, 1): v = 1, and an offset ε on all of [0, T] shifts the mean by ε (h + 1)(1 − e^{−hT})/h.
    let shift = |h: f64, window: [f64; 2]| {
        let error = ScoreError { offset: 0.1, window, slope: 0.0 };
        let case = GaussianCase::new(Normal::STANDARD, error).unwrap();
        case.reversed(h, 3.0, Normal::STANDARD).unwrap().mean
    };
    let everywhere = [0.0, 3.0];
    for h in [0.5f64, 1.0, 4.0] {
        let exact = 0.1 * (h + 1.0) * -(-3.0 * h).exp_m1() / h;
        assert!((shift(h, everywhere) - exact).abs() < 1e-12);
        // Girsanov's bound on the paths: KL ≤ (h + 1)²/(4h) ∫ ε² dt.
        assert!(0.5 * exact * exact <= (h + 1.0).powi(2) / (4.0 * h) * 0.01 * 3.0);
    }
    assert!((shift(0.0, everywhere) - 0.3).abs() < 1e-12);
    // An error far from the data is forgotten by noise, an error near the data is multiplied by it.
    let far = shift(4.0, [1.0, 3.0]) / shift(0.0, [1.0, 3.0]);
    let near = shift(4.0, [0.0, 0.01]) / shift(0.0, [0.0, 0.01]);
    assert!(far < 0.02);
    Check::new(
        "ch5_diffusion/score/reverse/best_noise_depends_on_where_the_error_is",
        &["eq:5.5"],
        "an offset of the score while t < 0.01 shifts the mean (h + 1)(1 − e^{−h/100})/(h/100) times as far as with h = 0",
        "that noise always helps: the same ratio for an offset while t > 1",
    )
    .within(near, 5.0 * -(-0.04f64).exp_m1() / 0.04, 1e-9, "quadrature to rounding", far);
}

type Matrix = [[f64; 2]; 2];

fn product(a: Matrix, b: Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
}

const TURN: f64 = 1.5;

/// The covariances of Euler–Maruyama at the steps for data N(0, diag(0.1, 2)), h = 1, from the exact start, and the
/// matrices by which it moves its mean. `rigid` turns by −κJx, which is κJ∇ log p for N(0, I) only.
fn turning(strength: f64, rigid: bool, steps: usize) -> (Vec<Matrix>, Vec<Matrix>) {
    let d = HORIZON / steps as f64;
    let variance = |t: f64| [0.1, 2.0].map(|v| v * decay(t).powi(2) + noise_variance(t));
    let [v, w] = variance(HORIZON);
    let (mut covariances, mut moves) = (vec![[[v, 0.0], [0.0, w]]], Vec::new());
    for k in 0..steps {
        let [v, w] = variance(HORIZON - k as f64 * d);
        // The score is −(x₁/v, x₂/w), its quarter turn (x₂/w, −x₁/v).
        let turn = if rigid { [strength, -strength] } else { [strength / w, -strength / v] };
        let m =
            [[1.0 + d * (1.0 - 2.0 / v), 2.0 * d * turn[0]], [2.0 * d * turn[1], 1.0 + d * (1.0 - 2.0 / w)]];
        let transposed = [[m[0][0], m[1][0]], [m[0][1], m[1][1]]];
        let mut next = product(product(m, covariances[k]), transposed);
        next[0][0] += 2.0 * d;
        next[1][1] += 2.0 * d;
        covariances.push(next);
        moves.push(m);
    }
    (covariances, moves)
}

#[test]
fn circulation_keeps_marginals() {
    let data = Mixture::gaussian([0.0; 2], [[0.1, 0.0], [0.0, 2.0]]).unwrap();
    let (steps, points, seed) = (400, 40_000, 6);
    let times = descending_times(HORIZON, 0.0, steps, 1.0).unwrap();
    let start = Noising::OrnsteinUhlenbeck.law(&data, HORIZON).unwrap();
    let start = start.sample(points, &Streams::new(seed, "starts"));
    let field = Circulating::new(data, TURN).unwrap();
    let paths = Reverse::new(&field, 1.0, times, Method::Euler).unwrap();
    let end = paths.run(start.view(), &Streams::new(seed, "circulation")).unwrap();
    let variance: Moments = end.column(0).iter().copied().collect();
    let exact = turning(TURN, false, steps).0[steps];
    Check::new(
        "ch5_diffusion/score/reverse/circulation_keeps_marginals",
        &["u:54", "eq:5.3"],
        "with κJ∇ log p̃ added to the score the variance at the end is still that of the data, 0.1, as far as steps allow",
        "−κJx added, a rotation that does not preserve p̃",
    )
    .seed(seed)
    .samples("40000 points, 400 steps")
    .statistical(variance.variance().unwrap(), exact[0][0], turning(TURN, true, steps).0[steps][0][0]);
    // In the limit of fine steps nothing is left of κ in the law.
    let fine = turning(TURN, false, 100_000).0[100_000];
    assert!((fine[0][0] - 0.1).abs() < 1e-3 && fine[0][1].abs() < 1e-3 && (fine[1][1] - 2.0).abs() < 1e-3);
}

#[test]
fn circulation_turns_paths() {
    // E[Y₁(s)Y₂(s') − Y₂(s)Y₁(s')] for s' = s + 0.4: 0 for the reversal of (5.2), which has no such current.
    let data = Mixture::gaussian([0.0; 2], [[0.1, 0.0], [0.0, 2.0]]).unwrap();
    let (steps, points, seed) = (200, 40_000, 7);
    let times = descending_times(HORIZON, 0.0, steps, 1.0).unwrap();
    let start = Noising::OrnsteinUhlenbeck.law(&data, HORIZON).unwrap();
    let start = start.sample(points, &Streams::new(seed, "starts"));
    let field = Circulating::new(data, TURN).unwrap();
    let paths = Reverse::new(&field, 1.0, times, Method::Euler).unwrap();
    let states = paths.paths(start.view(), &Streams::new(seed, "circulation")).unwrap();
    let (s, later) = (40, 80);
    let turns =
        states[s].outer_iter().zip(states[later].outer_iter()).map(|(a, b)| a[0] * b[1] - a[1] * b[0]);
    let exact = |strength: f64| {
        let (covariances, moves) = turning(strength, false, steps);
        // E[Y(s') Y(s)ᵀ] = M … M E[Y(s) Y(s)ᵀ].
        let cross = moves[s..later].iter().fold(covariances[s], |cross, m| product(*m, cross));
        cross[1][0] - cross[0][1]
    };
    Check::new(
        "ch5_diffusion/score/reverse/circulation_turns_paths",
        &["u:54"],
        "the same marginals, other paths: with κJ∇ log p̃ added, E[Y(s) × Y(s + 0.4)] is not 0",
        "no circulation, κ = 0",
    )
    .seed(seed)
    .samples("40000 points, 200 steps")
    .statistical(Estimate::of(turns).unwrap(), exact(TURN), exact(0.0));
}

#[test]
fn points_alone_or_together() {
    // One field, asked point by point or all at once, gives the same bits.
    let field = ExactScore::new(Mixture::ring(8, 2.0, 0.2).unwrap());
    let x = field.data().sample(7, &Streams::new(1, "points"));
    let mut together = ndarray::Array2::zeros((7, 2));
    field.write(0.3, x.view(), &mut (), together.view_mut()).unwrap();
    let law = Noising::OrnsteinUhlenbeck.law(field.data(), 0.3).unwrap();
    for (x, s) in x.outer_iter().zip(together.outer_iter()) {
        assert_eq!(law.score(&[x[0], x[1]]), [s[0], s[1]]);
    }
}

#[test]
fn short_reversals_and_empty_windows() {
    // An error at a single time is none, and from the exact law at ever so small a T the reversal ends in the data.
    let error = ScoreError { offset: 0.3, window: [0.2, 0.2], slope: 0.0 };
    let case = GaussianCase::new(DATA, error).unwrap();
    for (h, horizon) in LEVELS.into_iter().flat_map(|h| [(h, 0.4), (h, 1e-3)]) {
        let end = case.reversed(h, horizon, case.law(horizon)).unwrap();
        assert!(end.distance(&DATA) < 1e-11, "{h} {horizon}: {end:?}");
    }
}

#[test]
fn relative_entropy_near_and_far() {
    let exact = |p: Normal, q: Normal| {
        0.5 * ((q.variance / p.variance).ln() + (p.variance + (p.mean - q.mean).powi(2)) / q.variance - 1.0)
    };
    let [p, q] = [Normal { mean: 0.4, variance: 0.5 }, Normal { mean: -0.8, variance: 4.0 }];
    for (p, q) in [(p, q), (q, p)] {
        assert!((p.relative_entropy(&q) / exact(p, q) - 1.0).abs() < 1e-13, "{p:?} {q:?}");
    }
    // Variances w(1 + e) and w have ½ (e − log(1 + e)) = e²/4 − e³/6 + …, of which log(v/w) would leave three digits.
    let near = Normal { mean: 0.0, variance: 3.0 };
    for k in 1..20 {
        let other = Normal { mean: 0.0, variance: 3.0 * (1.0 + 1e-6 * f64::from(k)) };
        let e = (other.variance - 3.0) / 3.0;
        let found = other.relative_entropy(&near) / (0.25 * e * e * (1.0 - 2.0 / 3.0 * e));
        assert!((found - 1.0).abs() < 1e-8, "{k}: {found}");
    }
}

#[test]
fn a_circulation_is_one_of_the_plane() {
    // A point for every stream, of two coordinates each.
    let field = Circulating::new(Mixture::ring(8, 2.0, 0.2).unwrap(), TURN).unwrap();
    let reverse = Reverse::new(&field, 1.0, vec![1.0, 0.5], Method::Euler).unwrap();
    assert_eq!(reverse.sample(5, &Streams::new(8, "plane")).unwrap().dim(), (5, 2));
}

//! SGD: Section 1.4.3, Theorems 1.22 and 1.24, Exercise 1.23.

use sdml::ch1_preliminaries::learning::{
    Adam, Batch, FiniteSum, LogCosh, Momentum, Plain, Quadratic, Sampler, Schedule, TiltedWell, Update,
    descend,
};
use sdml::random::{Stream, Streams};
use sdml::statistics::{Estimate, estimate};

use crate::check::Check;

/// Three terms ½(θ − aᵢ)² with weights that are neither equal nor in order.
struct Weighted;

const CENTRES: [f64; 3] = [-1.0, 0.5, 4.0];

impl FiniteSum for Weighted {
    fn weights(&self) -> &[f64] {
        &[0.5, 0.2, 0.3]
    }

    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
        let r = theta[0] - CENTRES[i];
        gradient[0] += scale * r;
        0.5 * r * r
    }
}

#[test]
fn unbiased_gradient() {
    let theta = [0.3];
    let mut full = [0.0];
    Weighted.add_all(&theta, &mut full);
    // By enumeration: Σ ωᵢ ∇fᵢ for one term, the mean over the three pairs and over the triple for mini-batches.
    let term = |i: usize| theta[0] - CENTRES[i];
    let omega = Weighted.weights();
    let one: f64 = (0..3).map(|i| omega[i] * term(i)).sum();
    let pairs = [(0, 1), (0, 2), (1, 2)];
    let two: f64 =
        pairs.iter().map(|&(i, j)| 1.5 * (omega[i] * term(i) + omega[j] * term(j))).sum::<f64>() / 3.0;
    assert!((one - full[0]).abs() < 1e-14 && (two - full[0]).abs() < 1e-14);
    let draw = |batch: Batch, stream: &mut Stream| {
        let mut gradient = [0.0];
        Sampler::new(&Weighted, batch).unwrap().add_gradient(&Weighted, &theta, stream, &mut gradient);
        gradient[0]
    };
    let streams = Streams::new(11, "unbiased");
    let [drawn, pair, all] = estimate(&streams, 100_000, |stream| {
        [draw(Batch::One, stream), draw(Batch::Mini(2), stream), draw(Batch::Mini(3), stream)]
    })
    .unwrap();
    assert!(pair.z(full[0]).abs() < 4.0, "{pair:?}");
    assert!((all.mean - full[0]).abs() < 1e-13 && all.standard_error < 1e-15);
    Check::new(
        "ch1_preliminaries/learning/sgd/unbiased_gradient",
        &["u:19"],
        "the gradient of a term drawn with probability ωᵢ has the mean ∇L, also when the weights differ",
        "drawing every term with probability 1/N",
    )
    .seed(11)
    .samples("100000 draws of one of 3 terms")
    .statistical(drawn, full[0], (0..3).map(term).sum::<f64>() / 3.0);
}

fn plane() -> Quadratic<2> {
    Quadratic::new([1.0, 4.0], vec![[1.0, 0.5], [-0.5, 1.5], [0.25, -2.0], [2.0, 1.0]]).unwrap()
}

/// E(θ_k − θ*)² in each coordinate by visiting every sequence of batches.
fn enumerated(loss: &Quadratic<2>, batches: &[&[usize]], h: f64, start: [f64; 2], steps: usize) -> [f64; 2] {
    let mut states = vec![start];
    for _ in 0..steps {
        states = states
            .into_iter()
            .flat_map(|theta| {
                batches.iter().map(move |batch| {
                    let mut g = [0.0; 2];
                    for &i in *batch {
                        loss.add_term(i, &theta, 1.0 / batch.len() as f64, &mut g);
                    }
                    [theta[0] - h * g[0], theta[1] - h * g[1]]
                })
            })
            .collect();
    }
    let star = loss.minimizer();
    let n = states.len() as f64;
    [0, 1].map(|d| states.iter().map(|theta| (theta[d] - star[d]).powi(2)).sum::<f64>() / n)
}

#[test]
fn mini_batches() {
    let (loss, h, start) = (plane(), 0.2, [2.0, -1.0]);
    let pairs: [&[usize]; 6] = [&[0, 1], &[0, 2], &[0, 3], &[1, 2], &[1, 3], &[2, 3]];
    let singles: [&[usize]; 4] = [&[0], &[1], &[2], &[3]];
    let full: [&[usize]; 1] = [&[0, 1, 2, 3]];
    for (batch, batches) in
        [(Batch::One, &singles[..]), (Batch::Mini(2), &pairs), (Batch::Full, &full), (Batch::Mini(4), &full)]
    {
        let exact = loss.second_moments(h, batch, start, 5).unwrap()[5];
        let all = enumerated(&loss, batches, h, start, 5);
        assert!((0..2).all(|d| (exact[d] - all[d]).abs() < 1e-13), "{batch:?} {exact:?} {all:?}");
    }
    let run = |batch: Batch, stream: &mut Stream| {
        let mut theta = start;
        descend(&loss, batch, &mut Plain, Schedule::Constant(h), 20, &mut theta, stream).unwrap();
        let star = loss.minimizer();
        (theta[0] - star[0]).powi(2) + (theta[1] - star[1]).powi(2)
    };
    let [pair] = estimate(&Streams::new(12, "mini"), 40_000, |stream| [run(Batch::Mini(2), stream)]).unwrap();
    let total = |batch| loss.second_moments(h, batch, start, 20).unwrap()[20].iter().sum::<f64>();
    // Drawn with replacement, a pair has half of the variance of one term, not a third.
    let replaced = 0.5 * (total(Batch::One) - total(Batch::Full)) + total(Batch::Full);
    Check::new(
        "ch1_preliminaries/learning/sgd/mini_batches",
        &["u:20"],
        "E|θ₂₀ − θ*|² of SGD with batches of 2 of 4 terms, drawn without replacement, follows the exact recursion",
        "the factor 1/b of drawing with replacement in place of (N − b)/(b(N − 1))",
    )
    .seed(12)
    .samples("40000 runs of 20 steps")
    .statistical(pair, total(Batch::Mini(2)), replaced);
}

/// A double well of three bounded-gradient terms.
fn wells() -> LogCosh {
    LogCosh::new(&[1.0, 1.0, -0.9], &[-2.0, 2.0, 0.0]).unwrap()
}

const START: f64 = 4.0;
const STEPS: usize = 13;

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// E|∇L(θ_{K−1})|² by simulation, K = `STEPS`.
fn simulated(loss: &LogCosh, schedule: Schedule, streams: &Streams) -> Estimate {
    let [mean] = estimate(streams, 40_000, |stream| {
        let mut theta = [START];
        descend(loss, Batch::One, &mut Plain, schedule, STEPS - 1, &mut theta, stream).unwrap();
        [loss.slope(theta[0]).powi(2)]
    })
    .unwrap();
    mean
}

#[test]
fn nonconvex_expectation() {
    let (loss, schedule) = (wells(), Schedule::Constant(0.5));
    let exact = loss.exact_gradients(START, schedule, STEPS).unwrap()[STEPS - 1];
    let mut theta = START;
    for _ in 1..STEPS {
        theta -= 0.5 * loss.slope(theta);
    }
    Check::new(
        "ch1_preliminaries/learning/sgd/nonconvex_expectation",
        &["thm:1.22"],
        "E|∇L(θ₁₂)|² over all 3¹² sequences of indices, and by simulation",
        "gradient descent, without the noise",
    )
    .seed(13)
    .samples("40000 runs of 12 steps")
    .statistical(
        simulated(&loss, schedule, &Streams::new(13, "nonconvex")),
        exact,
        loss.slope(theta).powi(2),
    );
}

#[test]
fn nonconvex_bound() {
    let (loss, schedule) = (wells(), Schedule::Constant(0.25));
    let ratio = |start: f64, schedule| {
        let exact = least(&loss.exact_gradients(start, schedule, STEPS).unwrap());
        loss.bound(start, schedule, STEPS).unwrap() / exact
    };
    for h in [0.1, 0.25, 0.5, 1.0, 2.0] {
        for start in [0.5, 3.0, START, 6.0] {
            assert!(ratio(start, Schedule::Constant(h)) >= 1.0, "{h} {start}");
        }
    }
    // The constants by other means: |L''| and L on a fine grid, E|∇f|² far away.
    let grid = || (0..=60_000).map(|i| f64::from(i) * 1e-3 - 30.0);
    let lipschitz = grid().map(|x| loss.curvature(x).abs()).fold(0.0, f64::max);
    let minimum = grid().map(|x| loss.loss(x)).fold(f64::INFINITY, f64::min);
    assert!((loss.lipschitz() - lipschitz).abs() < 1e-6 && loss.lipschitz() >= lipschitz);
    assert!((loss.minimum() - minimum).abs() < 1e-6 && loss.minimum() <= minimum);
    let square = |x: f64| {
        (0..3)
            .map(|i| {
                let mut g = [0.0];
                loss.add_term(i, &[x], 1.0, &mut g);
                g[0] * g[0] / 3.0
            })
            .sum::<f64>()
    };
    assert!((square(60.0) - loss.sigma_squared()).abs() < 1e-12);
    assert!(grid().all(|x| square(x) <= loss.sigma_squared() + 1e-12));

    let from_zero = ratio(START, schedule)
        + loss.minimum()
            / schedule.sums(STEPS).unwrap()[0]
            / least(&loss.exact_gradients(START, schedule, STEPS).unwrap());
    Check::new(
        "ch1_preliminaries/learning/sgd/nonconvex_bound",
        &["thm:1.22"],
        "the bound of the theorem divided by the exact minimum of E|∇L(θ_k)|², h = 0.25, lies between 1 and 3",
        "the gap L(θ₀) − L* measured from 0 instead of from L*",
    )
    .samples("all 3¹² sequences of 12 indices")
    .within(ratio(START, schedule), 2.0, 1.0, "a bound is above; a factor above 3 would say little", from_zero);
}

#[test]
fn shrinking_steps_do_not_converge() {
    let (loss, k) = (wells(), 4096);
    let schedule = Schedule::Constant(1.0 / k as f64);
    // The gradient flow θ' = −L'(θ) until time 1, by classical Runge–Kutta steps.
    let (mut theta, h) = (START, 1e-3);
    for _ in 0..1000 {
        let f = |theta: f64| -loss.slope(theta);
        let k1 = f(theta);
        let k2 = f(theta + 0.5 * h * k1);
        let k3 = f(theta + 0.5 * h * k2);
        let k4 = f(theta + h * k3);
        theta += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    let flow = loss.slope(theta).powi(2);
    let [measured] = estimate(&Streams::new(14, "shrinking"), 2000, |stream| {
        let mut theta = [START];
        descend(&loss, Batch::One, &mut Plain, schedule, k - 1, &mut theta, stream).unwrap();
        [loss.slope(theta[0]).powi(2)]
    })
    .unwrap();
    // The printed O(1/K + h), with the constant read off at K = 13, h = 1/13.
    let small = Schedule::Constant(1.0 / STEPS as f64);
    let constant = least(&loss.exact_gradients(START, small, STEPS).unwrap()) / (2.0 / STEPS as f64);
    let gap = loss.loss(START) - loss.minimum();
    assert!((loss.bound(START, schedule, k).unwrap() - gap).abs() < 1e-3);
    Check::new(
        "ch1_preliminaries/learning/sgd/shrinking_steps_do_not_converge",
        &["thm:1.22"],
        "with h = 1/K the gradient after K = 4096 steps is that of the gradient flow at time 1, not 0",
        "the printed scaling O(1/K + h)",
    )
    .seed(14)
    .samples("2000 runs of 4095 steps")
    .statistical(measured, flow, constant * 2.0 / k as f64);
}

/// Σ 1/k, Σ 1/k² and Σ 1/√k over 1 ≤ k ≤ K by the Euler–Maclaurin formula, with the constants γ, π²/6 and ζ(½).
fn sums(k: f64) -> [f64; 3] {
    const EULER: f64 = 0.577_215_664_901_532_9;
    const ZETA_HALF: f64 = -1.460_354_508_809_586_8;
    [
        k.ln() + EULER + 0.5 / k - 1.0 / (12.0 * k * k),
        std::f64::consts::PI.powi(2) / 6.0 - 1.0 / k + 0.5 / (k * k) - 1.0 / (6.0 * k.powi(3)),
        2.0 * k.sqrt() + ZETA_HALF + 0.5 / k.sqrt() - 1.0 / (24.0 * k.powf(1.5)),
    ]
}

#[test]
fn exercise_harmonic() {
    let (loss, h, k) = (wells(), 2.0, 1_000_000);
    let gap = loss.loss(START) - loss.minimum();
    let c = 0.5 * loss.lipschitz() * loss.sigma_squared();
    let [first, second, _] = sums(k as f64);
    Check::new(
        "ch1_preliminaries/learning/sgd/exercise_harmonic",
        &["exr:1.23"],
        "for h_k = h/(k + 1) the bound times log K, at K = 10⁶, with the exact sums",
        "its limit (L₀ − L*)/h + Lip σ² h π²/12, not yet reached",
    )
    .samples("h = 2")
    .within(
        loss.bound(START, Schedule::Harmonic(h), k).unwrap() * (k as f64).ln(),
        (gap / (h * first) + c * h * second / first) * (k as f64).ln(),
        1e-10,
        "rounding of a million additions",
        gap / h + c * h * std::f64::consts::PI.powi(2) / 6.0,
    );
}

#[test]
fn exercise_inverse_root() {
    let (loss, h, k) = (wells(), 2.0, 1_000_000);
    let gap = loss.loss(START) - loss.minimum();
    let c = 0.5 * loss.lipschitz() * loss.sigma_squared();
    let [first, _, root] = sums(k as f64);
    let rate = (k as f64).sqrt() / (k as f64).ln();
    Check::new(
        "ch1_preliminaries/learning/sgd/exercise_inverse_root",
        &["exr:1.23"],
        "for h_k = h/√(k + 1) the bound times √K/log K, at K = 10⁶, with the exact sums",
        "its limit Lip σ² h/4, not yet reached",
    )
    .samples("h = 2")
    .within(
        loss.bound(START, Schedule::InverseRoot(h), k).unwrap() * rate,
        (gap / (h * root) + c * h * first / root) * rate,
        1e-10,
        "rounding of a million additions",
        0.5 * c * h,
    );
}

#[test]
fn exercise_simulated() {
    let loss = wells();
    let schedules = [Schedule::Harmonic(2.0), Schedule::InverseRoot(2.0)];
    let exact = schedules.map(|schedule| loss.exact_gradients(START, schedule, STEPS).unwrap());
    for (i, schedule) in schedules.into_iter().enumerate() {
        assert!(least(&exact[i]) <= loss.bound(START, schedule, STEPS).unwrap());
        let measured = simulated(&loss, schedule, &Streams::new(15 + i as u64, "exercise"));
        assert!(measured.z(exact[i][STEPS - 1]).abs() < 4.0, "{schedule:?} {measured:?}");
        assert!(measured.z(exact[1 - i][STEPS - 1]).abs() > 10.0, "{schedule:?} {measured:?}");
    }
}

/// f_±(θ) = ½(θ ∓ 1)²: μ = 1, θ* = 0, variance 1.
fn pair() -> Quadratic<1> {
    Quadratic::new([1.0], vec![[-1.0], [1.0]]).unwrap()
}

#[test]
fn convex_recursion() {
    let (loss, h, steps) = (Quadratic::new([0.8], vec![[-1.0], [0.5], [1.7]]).unwrap(), 0.3, 9);
    let star = loss.minimizer()[0];
    let mut states = vec![2.0];
    for _ in 0..steps {
        states = states
            .into_iter()
            .flat_map(|theta: f64| [-1.0, 0.5, 1.7].map(|a| theta - h * 0.8 * (theta - a)))
            .collect();
    }
    let all = states.iter().map(|theta| (theta - star).powi(2)).sum::<f64>() / states.len() as f64;
    let variance = loss.variance()[0];
    let unsquared = (0..steps)
        .fold((2.0 - star).powi(2), |m, _| (1.0 - 2.0 * h * 0.8) * m + (h * 0.8).powi(2) * variance);
    Check::new(
        "ch1_preliminaries/learning/sgd/convex_recursion",
        &["thm:1.24"],
        "E|θ₉ − θ*|² by the recursion m ← (1 − hμ)²m + h²μ²v and by visiting all 3⁹ sequences of indices",
        "the factor 1 − 2hμ of the proof in place of (1 − hμ)²",
    )
    .samples("h = 0.3, μ = 0.8")
    .within(
        loss.second_moments(h, Batch::One, [2.0], steps).unwrap()[steps][0],
        all,
        1e-12,
        "rounding",
        unsquared,
    );
}

/// The largest exact/bound over `steps` steps from the edge of the invariant interval; infinite where the "bound" is
/// not positive.
fn excess(loss: &Quadratic<1>, h: f64, steps: usize) -> f64 {
    let radius = loss.invariant_radius(h).unwrap();
    let exact = loss.second_moments(h, Batch::One, [radius], steps).unwrap();
    let bound = loss.bound(h, radius, radius, steps);
    exact.iter().zip(&bound).map(|(m, b)| if *b > 0.0 { m[0] / b } else { f64::INFINITY }).fold(0.0, f64::max)
}

#[test]
fn convex_step_size() {
    let loss = pair();
    for h in [0.01, 0.1, 0.25, 0.4, 0.5] {
        assert!(excess(&loss, h, 200) <= 1.0 + 1e-12, "{h}");
    }
    for h in [0.51, 0.6, 1.0, 1.5, 1.9] {
        assert!(excess(&loss, h, 200) > 1.0 + 1e-4, "{h}");
    }
    // For hμ > 1 the invariant interval is larger than the centres' hull: R = hμ/(2 − hμ).
    assert!((loss.invariant_radius(1.5).unwrap() - 3.0).abs() < 1e-14);
    assert_eq!(loss.invariant_radius(0.3).unwrap(), 1.0);
    assert!(excess(&loss, 1.5, 3).is_infinite());
    let (mut holds, mut fails) = (0.1, 1.9);
    while fails - holds > 1e-7 {
        let h = 0.5 * (holds + fails);
        if excess(&loss, h, 200) <= 1.0 + 1e-12 { holds = h } else { fails = h }
    }
    Check::new(
        "ch1_preliminaries/learning/sgd/convex_step_size",
        &["thm:1.24"],
        "the largest h for which the inequality of the theorem holds at all steps, found by bisection, is 1/(2μ)",
        "the printed condition h < 2/μ",
    )
    .samples("exact second moments of 200 steps from the edge of the invariant interval")
    .within(holds, 1.0 / (2.0 * loss.mu()), 1e-6, "bisection to 1e-7", 2.0 / loss.mu());
}

#[test]
fn convex_margin() {
    let (loss, h) = (pair(), 0.6);
    let radius = loss.invariant_radius(h).unwrap();
    let bound = loss.bound(h, radius, radius, 1)[1];
    let [measured] = estimate(&Streams::new(17, "margin"), 100_000, |stream| {
        let mut theta = [radius];
        descend(&loss, Batch::Mini(1), &mut Plain, Schedule::Constant(h), 2, &mut theta, stream).unwrap();
        [theta[0] * theta[0]]
    })
    .unwrap();
    let exact = loss.second_moments(h, Batch::One, [radius], 2).unwrap();
    // bound − exact = (R² + v) hμ (½ − hμ) at k = 1: negative.
    let margin = (radius * radius + loss.variance()[0]) * h * (0.5 - h);
    assert!((bound - exact[1][0] - margin).abs() < 1e-14 && margin < 0.0);
    let flipped = loss.bound(h, radius, radius, 2)[2];
    assert!(flipped > exact[2][0], "at even k the sign of (1 − 2hμ)ᵏ hides it");
    Check::new(
        "ch1_preliminaries/learning/sgd/convex_margin",
        &["thm:1.24"],
        "E|θ₂ − θ*|² at h = 0.6, by simulation against the recursion",
        "the right side of the theorem, taken for an equality",
    )
    .seed(17)
    .samples("100000 runs of 2 steps")
    .statistical(measured, exact[2][0], flipped);
}

#[test]
fn bounded_gradients() {
    let loss = pair();
    let radius = loss.invariant_radius(0.25).unwrap();
    let sigma_squared = loss.sigma_squared(radius);
    // E|∇f(θ)|² at |θ − θ*| = 2σ/μ, over both terms.
    let far = loss.minimizer()[0] + 2.0 * sigma_squared.sqrt() / loss.mu();
    let mean_square = [0, 1].map(|i| {
        let mut g = [0.0];
        loss.add_term(i, &[far], 1.0, &mut g);
        0.5 * g[0] * g[0]
    });
    Check::new(
        "ch1_preliminaries/learning/sgd/bounded_gradients",
        &["thm:1.24"],
        "at the distance 2σ/μ from the minimum the mean square gradient is 4σ² + μ²v, whatever σ² was meant to bound it",
        "the bound σ² holding for all θ",
    )
    .samples("both terms of a quadratic with μ = 1, v = 1, σ² = 2")
    .within(mean_square.iter().sum(), 4.0 * sigma_squared + 1.0, 1e-12, "rounding", sigma_squared);
}

/// P(θ ≥ t) for θ = Σ 2^{−j−1} ξ_j with independent ξ_j that are 1 with probability p, to a depth of 60 digits.
fn binary_tail(t: f64, p: f64, depth: usize) -> f64 {
    if t <= 0.0 {
        1.0
    } else if t > 1.0 {
        0.0
    } else if depth == 0 {
        0.5
    } else if t > 0.5 {
        p * binary_tail(2.0 * t - 1.0, p, depth - 1)
    } else {
        // A first digit 1 is enough.
        p + (1.0 - p) * binary_tail(2.0 * t, p, depth - 1)
    }
}

#[test]
fn markov_tail() {
    // One rare, large datum among 200; with hμ = ½ the iterate is a binary number whose digits are the data.
    let (n, h) = (200, 0.5);
    let mut centres = vec![[0.0]; n];
    centres[0] = [1.0];
    let loss = Quadratic::new([1.0], centres).unwrap();
    let star = loss.minimizer()[0];
    let exact = loss.second_moments(h, Batch::One, [star], 60).unwrap()[60][0];
    let far = 10.0 * exact.sqrt();
    let [frequency] = estimate(&Streams::new(18, "markov"), 40_000, |stream| {
        let mut theta = [star];
        descend(&loss, Batch::One, &mut Plain, Schedule::Constant(h), 60, &mut theta, stream).unwrap();
        [if (theta[0] - star).abs() >= far { 1.0 } else { 0.0 }]
    })
    .unwrap();
    assert!(frequency.mean <= 0.01);
    // With σ² in place of the exact second moment the distance is larger still, and no run gets there.
    assert!(10.0 * (h * loss.sigma_squared(1.0) / 2.0).sqrt() > 1.0);
    Check::new(
        "ch1_preliminaries/learning/sgd/markov_tail",
        &["u:21"],
        "P(|θ − θ*| ≥ 10 rms) where one datum in 200 is far away: within Markov's 1 %, by no more than a factor of 2",
        "the tail of a normal law with the same second moment",
    )
    .seed(18)
    .samples("40000 runs of 60 steps")
    .statistical(frequency, binary_tail(star + far, 1.0 / n as f64, 60), 2.0 * sdml::statistics::normal::tail(10.0));
}

#[test]
fn basins() {
    let (well, schedule, steps) = (TiltedWell::new(0.5, 4.0).unwrap(), Schedule::Constant(0.05), 400);
    let [deep, barrier, shallow] = well.critical_points();
    let end = |batch: Batch, start: f64, stream: &mut Stream| {
        let mut theta = [start];
        descend(&well, batch, &mut Plain, schedule, steps, &mut theta, stream).unwrap();
        theta[0]
    };
    let streams = Streams::new(19, "basins");
    // Gradient descent keeps the basin, on either side of the barrier.
    for start in [-1.4, -0.5, barrier - 0.01] {
        assert!((end(Batch::Full, start, &mut streams.stream(0)) - deep).abs() < 1e-6);
    }
    for start in [barrier + 0.01, 0.6, 1.4] {
        assert!((end(Batch::Full, start, &mut streams.stream(0)) - shallow).abs() < 1e-6);
    }
    // SGD started on the wrong side: where is it after 400 steps?
    let [left] = estimate(&streams, 10_000, |stream| {
        [if end(Batch::One, shallow, stream) < barrier { 1.0 } else { 0.0 }]
    })
    .unwrap();
    let grid = well.deep_probability(schedule, steps, [-2.5, 2.5], 4001).unwrap();
    let place = ((shallow + 2.5) / 5.0 * 4000.0) as usize;
    let exact = 0.5 * (grid[place].1 + grid[place + 1].1);
    Check::new(
        "ch1_preliminaries/learning/sgd/basins",
        &["u:18"],
        "the share of SGD runs that have left the shallow basin for the deep one, against the backward recursion",
        "gradient descent, which never leaves",
    )
    .seed(19)
    .samples("10000 runs of 400 steps")
    .statistical(left, exact, 0.0);
}

#[test]
fn heavy_ball() {
    // ½(θ₁² + κθ₂²) without noise: one centre at 0.
    let kappa = 50f64;
    let loss = Quadratic::new([1.0, kappa], vec![[0.0, 0.0]]).unwrap();
    let steps = 60;
    let run = |update: &mut dyn FnMut(&mut [f64], &[f64])| {
        let mut theta = [1.0, 1.0];
        for _ in 0..steps {
            let mut g = [0.0; 2];
            loss.add_all(&theta, &mut g);
            update(&mut theta, &g);
        }
        theta[0].hypot(theta[1])
    };
    let gd_rate = 2.0 / (1.0 + kappa);
    let gd = run(&mut |theta, g| Plain.step(theta, g, gd_rate));
    // Both coordinates shrink by (κ − 1)/(κ + 1) per step.
    assert!((gd / (2f64.sqrt() * ((kappa - 1.0) / (kappa + 1.0)).powi(steps)) - 1.0).abs() < 1e-12);
    let beta = ((kappa.sqrt() - 1.0) / (kappa.sqrt() + 1.0)).powi(2);
    let rate = 4.0 / (1.0 + kappa.sqrt()).powi(2);
    let mut momentum = Momentum::new(beta).unwrap();
    let ball = run(&mut |theta, g| momentum.step(theta, g, rate));
    // θ_{k+1} = (1 + β − hλ)θ_k − βθ_{k−1} with a double root r = ±√β: θ_k = (1 + ck)rᵏ, where c follows from
    // θ₁ = 1 − hλ.
    let coordinate = |lambda: f64| {
        let r = 0.5 * (1.0 + beta - rate * lambda);
        (1.0 + ((1.0 - rate * lambda) / r - 1.0) * f64::from(steps)) * r.powi(steps)
    };
    let exact = coordinate(1.0).hypot(coordinate(kappa));
    Check::new(
        "ch1_preliminaries/learning/sgd/heavy_ball",
        &["r:3"],
        "log₁₀ of the distance to the minimum of a quadratic with condition number 50 after 60 steps with momentum, against the \
         solution of the two-step recursion",
        "gradient descent at its best constant rate",
    )
    .samples("60 steps")
    .within(ball.log10(), exact.log10(), 1e-6, "a double root loses half of the digits", gd.log10());
}

#[test]
fn adam_bias_correction() {
    let gradients = [[2.0, -1e-3], [-1.0, 3e-3], [0.5, 1e-3]];
    let run = |mut update: Adam| {
        let mut theta = [0.0; 2];
        for g in &gradients {
            update.step(&mut theta, g, 0.1);
        }
        theta
    };
    let measured = run(Adam::default());
    // The weighted means written out.
    let mean = |k: usize, d: usize, beta: f64, power: i32, corrected: bool| {
        let weights = (0..=k).map(|j| (1.0 - beta) * beta.powi((k - j) as i32));
        let sum: f64 = weights.clone().zip(&gradients).map(|(w, g)| w * g[d].powi(power)).sum();
        if corrected { sum / weights.sum::<f64>() } else { sum }
    };
    let end = |d: usize, corrected: bool| -> f64 {
        (0..3)
            .map(|k| -0.1 * mean(k, d, 0.9, 1, corrected) / (mean(k, d, 0.999, 2, corrected).sqrt() + 1e-8))
            .sum()
    };
    assert!((measured[1] - end(1, true)).abs() < 1e-12);
    Check::new(
        "ch1_preliminaries/learning/sgd/adam_bias_correction",
        &["r:3"],
        "three steps of Adam against its running means written out as weighted averages",
        "running means that are not divided by the weight gathered so far",
    )
    .within(measured[0], end(0, true), 1e-13, "rounding", end(0, false));
}

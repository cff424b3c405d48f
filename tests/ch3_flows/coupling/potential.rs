//! Training on a potential alone.

use std::f64::consts::{E, PI, TAU};

use ndarray::{Array2, array};
use sdml::ch1_preliminaries::fokker_planck::double_well::{self, Gibbs};
use sdml::ch1_preliminaries::learning::{Adam, Schedule, minimize};
use sdml::ch2_control::backprop::{Activation, Shards};
use sdml::ch3_flows::coupling::{
    Annealing, FlowPass, Potential, RealNvp, ReverseKl, Reweighting, Tempered, TriangularAffine, TwoModes,
    Well, add_reverse_kl,
};
use sdml::random::Streams;
use sdml::statistics::Estimate;

use crate::check::Check;
use crate::quadrature::{integrate, nodes};

const SECTION: &str = "ch3_flows/coupling/potential";
const SEEDS: [u64; 3] = [0, 1, 2];
const DRAWS: usize = 40_000;

/// Samples of a trained flow with their log-densities.
fn sampled<P: Potential>(name: &str, recipe: &ReverseKl<P>) -> (Array2<f64>, Vec<f64>) {
    let rows = kept::trained(SECTION, name, recipe, || recipe.train().map(|trained| trained.rows())).unwrap();
    let flow = recipe.flow().unwrap();
    flow.sample(&rows[0], DRAWS, &mut Streams::new(99, "samples of a trained flow").stream(0)).unwrap()
}

/// The mean of log q + U over samples of q: the loss.
fn loss(potential: &impl Potential, x: &Array2<f64>, log_q: &[f64]) -> Estimate {
    let mut gradient = [0.0; 2];
    let terms = x.rows().into_iter().zip(log_q).map(|(x, q)| q + potential.value(&x.to_vec(), &mut gradient));
    Estimate::of(terms).unwrap()
}

#[test]
fn loss_is_divergence_less_log_z() {
    let target = Well::new(1.0).unwrap();
    let flow = RealNvp::new(&[vec![false, true], vec![true, false]], &[8], Activation::Tanh, 1.0).unwrap();
    let theta = flow.initial(&Streams::new(1, "untrained"));
    let (x, log_q) = flow.sample(&theta, 400_000, &mut Streams::new(2, "loss").stream(0)).unwrap();
    let measured = loss(&target, &x, &log_q);
    // The code of training sees the same at the same points z.
    let z = Array2::from_shape_fn((64, 2), |(i, c)| (1.7 * i as f64 + c as f64).sin());
    let mut pass = FlowPass::new();
    flow.forward(&theta, z.view(), &mut pass).unwrap();
    let by_hand: f64 = (0..64)
        .map(|i| {
            let log_p = -0.5 * z.row(i).dot(&z.row(i)) - TAU.ln() - pass.log_det()[i];
            log_p + target.value(&pass.points().row(i).to_vec(), &mut [0.0; 2])
        })
        .sum();
    let mut gradient = vec![0.0; flow.parameters()];
    let mut shards = Shards::new(flow.parameters(), FlowPass::new);
    let batch = add_reverse_kl(&flow, &target, &theta, z.view(), &mut shards, &mut gradient).unwrap();
    assert!((batch - by_hand / 64.0).abs() < 1e-12);
    // Its gradient by central differences.
    for k in (0..theta.len()).step_by(5) {
        let at = |by: f64| {
            let mut moved = theta.clone();
            moved[k] += by;
            let mut ignored = vec![0.0; flow.parameters()];
            add_reverse_kl(
                &flow,
                &target,
                &moved,
                z.view(),
                &mut Shards::new(theta.len(), FlowPass::new),
                &mut ignored,
            )
            .unwrap()
        };
        let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!((slope - gradient[k]).abs() < 1e-7 * gradient[k].abs().max(1.0), "{k}");
    }
    // KL(q ‖ p) on a grid, from the inverse direction of the flow.
    let line = nodes(-9.0, 9.0, 40);
    let mut divergence = 0.0;
    for &(y, wy) in &line {
        let row = Array2::from_shape_fn((line.len(), 2), |(i, c)| if c == 0 { line[i].0 } else { y });
        let log_q = flow.log_density(&theta, row.view(), &mut FlowPass::new()).unwrap();
        for ((x, wx), log_q) in line.iter().zip(log_q) {
            let log_p = -target.value(&[*x, y], &mut [0.0; 2]) - target.log_normalizer();
            divergence += wx * wy * log_q.exp() * (log_q - log_p);
        }
    }
    Check::new(
        "ch3_flows/coupling/potential/loss_is_divergence_less_log_z",
        &["eq:3.7"],
        "the mean of log p_θ + U over samples of a flow is KL(p_θ ‖ p) − log Z, the divergence integrated over the plane",
        "KL + log Z",
    )
    .seed(2)
    .samples("400000 points of an untrained flow; the double well at β = 1")
    .statistical(measured, divergence - target.log_normalizer(), divergence + target.log_normalizer());
}

/// The mean and variance of the normal law that training on βU finds from (m, a), with exact expectations.
fn best_normal(beta: f64, mean: f64) -> [f64; 2] {
    let mut theta = [mean, -1.0];
    let evaluate = |_: usize, theta: &[f64], gradient: &mut [f64]| {
        // E over z by quadrature of the loss −a + βU(m + eᵃz), and its derivatives.
        let s = theta[1].exp();
        let mean =
            |g: &dyn Fn(f64) -> f64| integrate(-9.0, 9.0, 24, |z| (-0.5 * z * z).exp() / TAU.sqrt() * g(z));
        gradient[0] = mean(&|z| -beta * double_well::force(theta[0] + s * z));
        gradient[1] = -1.0 + mean(&|z| -beta * double_well::force(theta[0] + s * z) * s * z);
        Ok(mean(&|z| -theta[1] + beta * double_well::potential(theta[0] + s * z)))
    };
    let schedule = Schedule::Cosine { rate: 0.02, steps: 1500 };
    minimize(&mut theta, &mut Adam::default(), schedule, 1500, evaluate, |_, _, _| ()).unwrap();
    [theta[0], (2.0 * theta[1]).exp()]
}

#[test]
fn best_normal_law() {
    // E U = m⁴ + 6m²s² + 3s⁴ − 2(m² + s²) + 1. At β = 1 the loss is stationary only at m = 0, s² = ½; for β > 3/2 there
    // are minima in the wells, with 24 s⁴ − 8 s² + 1/β = 0 and m² = 1 − 3s².
    let [mean, variance] = best_normal(1.0, 0.3);
    assert!(mean.abs() < 1e-6);
    Check::new(
        "ch3_flows/coupling/potential/best_normal_law",
        &["u:38", "eq:3.7"],
        "the normal law that minimizes the loss for the double well at β = 1 has the variance ½",
        "the variance of the double well's own law, which maximum likelihood would choose",
    )
    .within(
        variance,
        0.5,
        1e-6,
        "1500 steps of Adam with a rate that falls to 0",
        Gibbs::new(1.0).unwrap().moment(2),
    );
    let beta = 4.0;
    let [mean, variance] = best_normal(beta, 0.3);
    let expected = (8.0 - (64.0 - 96.0 / beta).sqrt()) / 48.0;
    assert!((variance - expected).abs() < 1e-6);
    Check::new(
        "ch3_flows/coupling/potential/one_well_only",
        &["u:38"],
        "at β = 4 the best normal law sits in one well: its mean is √(1 − 3s²), s² = (8 − √40)/48",
        "the symmetric law of maximum likelihood, with mean 0",
    )
    .within(
        mean,
        (1.0 - 3.0 * expected).sqrt(),
        1e-6,
        "1500 steps of Adam with a rate that falls to 0",
        0.0,
    );
}

#[test]
fn one_well_beats_a_hump() {
    // With m = 0 the loss is least at s² = (1 + √(1 + 3/β))/6.
    let beta = 4.0;
    let log_z = Gibbs::new(beta).unwrap().normalizing_constant().ln();
    let divergence = |mean: f64, variance: f64| {
        integrate(-9.0, 9.0, 24, |z| {
            let log_q = -0.5 * (z * z + (TAU * variance).ln());
            let x = mean + variance.sqrt() * z;
            (-0.5 * z * z).exp() / TAU.sqrt() * (log_q + beta * double_well::potential(x) + log_z)
        })
    };
    let hump = (1.0 + f64::sqrt(1.0 + 3.0 / beta)) / 6.0;
    assert!([0.98, 1.02].iter().all(|other| divergence(0.0, hump * other) > divergence(0.0, hump)));
    // With m² = 1 − 3s² the mean of U is 4s² − 6s⁴.
    let variance = (8.0 - f64::sqrt(64.0 - 96.0 / beta)) / 48.0;
    let energy = 4.0 * variance - 6.0 * variance * variance;
    let [mean, found] = best_normal(beta, 0.3);
    Check::new(
        "ch3_flows/coupling/potential/one_well_beats_a_hump",
        &["u:38", "eq:3.7"],
        "at β = 4 the best normal law in one well has KL(q ‖ p) = −½ log 2πe s² + β E U + log Z",
        "the best symmetric normal law",
    )
    .within(
        divergence(mean, found),
        -0.5 * (TAU * E * variance).ln() + beta * energy + log_z,
        1e-9,
        "the square of training's error 1e-6, times 1000",
        divergence(0.0, hump),
    );
}

/// ½(x − m)·P(x − m): a correlated normal law.
#[derive(Debug, Clone, Copy)]
struct Correlated;

const MEAN: [f64; 2] = [1.0, -0.5];
const COVARIANCE: [[f64; 2]; 2] = [[1.5, 0.9], [0.9, 0.8]];

impl Potential for Correlated {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let [[a, b], [_, d]] = COVARIANCE;
        let det = a * d - b * b;
        let [u, v] = [x[0] - MEAN[0], x[1] - MEAN[1]];
        gradient[0] = (d * u - b * v) / det;
        gradient[1] = (a * v - b * u) / det;
        0.5 * (u * gradient[0] + v * gradient[1])
    }
}

impl Correlated {
    fn log_normalizer(self) -> f64 {
        let [[a, b], [_, d]] = COVARIANCE;
        TAU.ln() + 0.5 * (a * d - b * b).ln()
    }
}

#[test]
fn normal_target_exactly() {
    // The triangular flow trained on U with the four points ±√2 e_i, whose mean and covariance are those of the prior: for
    // an affine map and a quadratic potential the loss is then exact.
    let z = [[2f64.sqrt(), 0.0], [-(2f64.sqrt()), 0.0], [0.0, 2f64.sqrt()], [0.0, -(2f64.sqrt())]];
    // θ = (μ_1, μ_2, a_1, a_2, b_21).
    let train = |coupled: bool| {
        let mut theta = vec![0.0; 5];
        let evaluate = |_: usize, theta: &[f64], gradient: &mut [f64]| {
            let flow = TriangularAffine::from_parameters(2, theta)?;
            let mut loss = -flow.log_det() - 1.0 - TAU.ln();
            gradient[2] -= 1.0;
            gradient[3] -= 1.0;
            for z in z {
                let x = flow.forward(&z);
                let mut g = [0.0; 2];
                loss += 0.25 * Correlated.value(&x, &mut g);
                let [g_1, g_2] = g.map(|g| 0.25 * g);
                // x_1 = μ_1 + e^{a_1} z_1, x_2 = μ_2 + b x_1 + e^{a_2} z_2.
                let through = g_1 + theta[4] * g_2;
                gradient[0] += through;
                gradient[1] += g_2;
                gradient[2] += through * theta[2].exp() * z[0];
                gradient[3] += g_2 * theta[3].exp() * z[1];
                gradient[4] += if coupled { g_2 * x[0] } else { 0.0 };
            }
            Ok(loss)
        };
        let schedule = Schedule::Cosine { rate: 0.05, steps: 4000 };
        minimize(&mut theta, &mut Adam::default(), schedule, 4000, evaluate, |_, _, _| ()).unwrap();
        let loss = evaluate(0, &theta, &mut [0.0; 5]).unwrap();
        (theta, loss + Correlated.log_normalizer())
    };
    let (theta, divergence) = train(true);
    let root = TriangularAffine::from_parameters(2, &theta).unwrap().matrix();
    let [[a, b], [_, d]] = COVARIANCE;
    let exact = [a.sqrt(), b / a.sqrt(), (d - b * b / a).sqrt()];
    for (found, exact) in [root[(0, 0)], root[(1, 0)], root[(1, 1)]].into_iter().zip(exact) {
        assert!((found - exact).abs() < 1e-6, "{found} {exact}");
    }
    Check::new(
        "ch3_flows/coupling/potential/normal_target_exactly",
        &["u:38", "r:10"],
        "KL(p_θ ‖ p) of the triangular flow trained on the potential of a correlated normal law is 0",
        "independent coordinates, whose best divergence is −½ log(1 − ρ²)",
    )
    .samples("four quadrature points, 4000 steps")
    .within(divergence, 0.0, 1e-10, "quadratic in an error of 1e-6", train(false).1);
}

#[test]
fn normal_target_by_coupling() {
    // Two layers with linear networks contain the answer: s constant, t linear.
    let flow = RealNvp::new(&[vec![false, true], vec![true, false]], &[], Activation::Tanh, 2.0).unwrap();
    let mut worst = 0f64;
    for seed in SEEDS {
        let mut theta = flow.initial(&Streams::new(seed, "linear"));
        let mut shards = Shards::new(flow.parameters(), FlowPass::new);
        let mut z = Array2::zeros((256, 2));
        let schedule = Schedule::Cosine { rate: 0.02, steps: 2500 };
        let evaluate = |k: usize, theta: &[f64], gradient: &mut [f64]| {
            let mut stream = Streams::new(seed, "linear prior").stream(k as u64);
            z.mapv_inplace(|_| stream.normal());
            add_reverse_kl(&flow, &Correlated, theta, z.view(), &mut shards, gradient)
        };
        minimize(&mut theta, &mut Adam::default(), schedule, 2500, evaluate, |_, _, _| ()).unwrap();
        let (x, log_q) =
            flow.sample(&theta, 20_000, &mut Streams::new(seed, "linear sample").stream(0)).unwrap();
        worst = worst.max(loss(&Correlated, &x, &log_q).mean + Correlated.log_normalizer());
    }
    let correlation = COVARIANCE[0][1].powi(2) / (COVARIANCE[0][0] * COVARIANCE[1][1]);
    Check::new(
        "ch3_flows/coupling/potential/normal_target_by_coupling",
        &["u:38", "u:37"],
        "KL(p_θ ‖ p) of two coupling layers trained on the potential of a correlated normal law: the worst of three seeds",
        "a flow that never learns the correlation: −½ log(1 − ρ²)",
    )
    .samples("seeds 0, 1, 2; 2500 steps of 256 points")
    .within(worst, 0.0, 2e-3, "what fresh samples leave at the end of the schedule", -0.5 * (1.0 - correlation).ln());
}

fn well(seed: u64) -> ReverseKl<Well> {
    ReverseKl::new(Well::new(1.0).unwrap(), 1500, seed)
}

#[test]
fn double_well_learned() {
    let target = Well::new(1.0).unwrap();
    let runs = kept::on_threads(SEEDS, |seed| sampled("well", &well(seed)));
    let divergences = runs.iter().map(|(x, log_q)| loss(&target, x, log_q).mean + target.log_normalizer());
    let worst = divergences.fold(0.0, f64::max);
    // The best normal law, s² = ½: −½ log πe + E U + log Z₁ with E U = ¾ − 1 + 1.
    let normal = -0.5 * (PI * E).ln() + 0.75 + Gibbs::new(1.0).unwrap().normalizing_constant().ln();
    Check::new(
        "ch3_flows/coupling/potential/double_well_learned",
        &["u:38", "eq:3.7"],
        "KL(p_θ ‖ p) of flows trained on the potential of the double well, β = 1: the worst of three seeds",
        "the best normal law",
    )
    .samples("seeds 0, 1, 2; 6 layers, 1500 steps of 256 points")
    .within(worst, 0.0, 0.02, "an eighteenth of what the best normal law leaves", normal);
    // Reweighted, the samples give the law's own moments.
    for (x, log_q) in &runs {
        let weights = Reweighting::of(&target, x.view(), log_q).unwrap();
        assert!(weights.effective_size() > 0.95 * DRAWS as f64);
        assert!(weights.log_normalizer().z(target.log_normalizer()).abs() < 4.0);
        let squares: Vec<f64> = x.column(0).iter().map(|x| x * x).collect();
        let second = weights.expectation(&squares).unwrap();
        assert!(second.z(Gibbs::new(1.0).unwrap().moment(2)).abs() < 4.0);
    }
}

/// Annealing begins with λ = 0, where the target does not count.
#[test]
fn the_first_loss_of_annealing_knows_no_target() {
    let first = |apart: f64| {
        let recipe =
            ReverseKl { batch: 16, ..ReverseKl::new(TwoModes::new(apart, 0.6, 0.65).unwrap(), 4, 0) };
        recipe.annealed(Annealing { width: 3.0, part: 0.5 }).train().unwrap().losses
    };
    let [near, far] = [first(2.0), first(5.0)];
    assert_eq!(near[0], far[0]);
    assert_ne!(near[3], far[3]);
}

#[test]
fn reweighting() {
    // A flow that has learned nothing yet: weights that differ, and are right.
    let target = Well::new(1.0).unwrap();
    let flow = RealNvp::alternating(2, 4, &[16]).unwrap();
    let theta = flow.initial(&Streams::new(3, "untrained"));
    let (x, log_q) = flow.sample(&theta, 200_000, &mut Streams::new(4, "reweighted").stream(0)).unwrap();
    let weights = Reweighting::of(&target, x.view(), &log_q).unwrap();
    let lower = loss(&target, &x, &log_q);
    Check::new(
        "ch3_flows/coupling/potential/log_z",
        &["r:8"],
        "the mean weight e^{−U}/p_θ of samples of an untrained flow is Z: its logarithm for the double well at β = 1",
        "the mean of the logarithms, log Z − KL",
    )
    .seed(4)
    .samples("200000 points")
    .statistical(weights.log_normalizer(), target.log_normalizer(), -lower.mean);
    let squares: Vec<f64> = x.column(0).iter().map(|x| x * x).collect();
    let plain = squares.iter().sum::<f64>() / squares.len() as f64;
    Check::new(
        "ch3_flows/coupling/potential/reweighted_moment",
        &["r:8"],
        "the weighted mean of x² over samples of an untrained flow is that of the double well",
        "the plain mean",
    )
    .seed(4)
    .samples("200000 points")
    .statistical(weights.expectation(&squares).unwrap(), Gibbs::new(1.0).unwrap().moment(2), plain);
    let normalized = weights.normalized();
    assert!((normalized.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let kish = 1.0 / normalized.iter().map(|w| w * w).sum::<f64>();
    assert!((kish - weights.effective_size()).abs() < 1e-6 && kish < 0.9 * 200_000.0);
}

fn modes() -> TwoModes {
    TwoModes::new(5.0, 0.6, 0.65).unwrap()
}

#[test]
fn two_modes_are_normalized() {
    // e^{−U}/Z has mass 1 and its second mode the weight 0.65, by the trapezoidal rule over ten deviations.
    let (target, mut gradient) = (modes(), [0.0; 2]);
    let h = 0.1;
    let (mut mass, mut second) = (0.0, 0.0);
    for (i, j) in (-60..=110).flat_map(|i| (-60..=60).map(move |j| (i, j))) {
        let x = [f64::from(i) * h, f64::from(j) * h];
        let share = (-target.value(&x, &mut gradient) - target.log_normalizer()).exp() * h * h;
        mass += share;
        second += if x[0] > target.middle() { share } else { 0.0 };
    }
    // Two modes 8.3 deviations apart overlap by 1e-5 in the middle.
    assert!((mass - 1.0).abs() < 1e-12 && (second - target.weight()).abs() < 2e-5, "{mass} {second}");
}

#[test]
fn tempering_starts_wide_and_ends_at_the_target() {
    let (target, x) = (modes(), [1.3, -0.4]);
    let value = |lambda: f64| {
        let mut gradient = [0.0; 2];
        let way = Tempered { target: &target, width: 3.0, lambda };
        (way.value(&x, &mut gradient), gradient)
    };
    let mut of_target = [0.0; 2];
    let u = target.value(&x, &mut of_target);
    assert_eq!(value(1.0), (u, of_target));
    let (wide, of_wide) = value(0.0);
    assert!((wide - (1.3 * 1.3 + 0.4 * 0.4) / 18.0).abs() < 1e-15);
    assert!((of_wide[0] - 1.3 / 9.0).abs() < 1e-15 && (of_wide[1] + 0.4 / 9.0).abs() < 1e-15);
    let (half, of_half) = value(0.25);
    assert!((half - 0.75 * wide - 0.25 * u).abs() < 1e-15);
    assert!((of_half[0] - 0.75 * of_wide[0] - 0.25 * of_target[0]).abs() < 1e-15);
}

fn two_modes(annealed: bool, seed: u64) -> ReverseKl<TwoModes> {
    if annealed {
        ReverseKl::new(modes(), 3000, seed).annealed(Annealing { width: 8.0, part: 0.9 })
    } else {
        ReverseKl::new(modes(), 1000, seed)
    }
}

/// The part of the points beyond the middle between the modes.
fn beyond(x: &Array2<f64>) -> Vec<f64> {
    x.column(0).iter().map(|x| f64::from(u8::from(*x > modes().middle()))).collect()
}

#[test]
fn mode_seeking() {
    let runs = kept::on_threads(SEEDS, |seed| sampled("modes", &two_modes(false, seed)));
    let mut worst = 0f64;
    for (x, log_q) in &runs {
        let far = beyond(x).iter().sum::<f64>() / DRAWS as f64;
        assert!(far < 1e-3, "{far} of the points found the other mode");
        worst = worst.max(loss(&modes(), x, log_q).mean + modes().log_normalizer());
        // The weights look perfect, and log Z is wrong by as much.
        let weights = Reweighting::of(&modes(), x.view(), log_q).unwrap();
        let near = weights.log_normalizer().mean - modes().log_normalizer();
        assert!((near - 0.35f64.ln()).abs() < 0.02 && weights.effective_size() > 0.95 * DRAWS as f64);
    }
    Check::new(
        "ch3_flows/coupling/potential/mode_seeking",
        &["u:38"],
        "KL(p_θ ‖ p) after training on a target of which 0.35 lies near the prior and 0.65 five units away: −log 0.35, as \
         the flow covers the near mode alone; the worst of three seeds",
        "both modes covered",
    )
    .samples("seeds 0, 1, 2; 6 layers, 1000 steps of 256 points")
    .within(worst, -(0.35f64.ln()), 0.02, "what the training leaves in one mode", 0.0);
}

#[test]
fn annealing_half_way() {
    // The part of e^{−U_λ} in the far mode at λ = ½.
    let (target, lambda) = (modes(), 0.5);
    let way = Tempered { target: &target, width: 8.0, lambda };
    let mass = |from: f64, to: f64| {
        let density = |x: f64, y: f64| (-way.value(&[x, y], &mut [0.0; 2])).exp();
        integrate(from, to, 20, |x| integrate(-8.0, 8.0, 20, |y| density(x, y)))
    };
    let (near, far) = (mass(-8.0, target.middle()), mass(target.middle(), 13.0));
    // The product of normal densities of variances R²/(1 − λ) and σ²/λ, five units apart, is lower by this factor.
    let spring = (-0.5 * 25.0 / (64.0 / (1.0 - lambda) + 0.36 / lambda)).exp();
    let part = |odds: f64| odds / (1.0 + odds);
    let odds = (target.weight() / (1.0 - target.weight())).powf(lambda);
    Check::new(
        "ch3_flows/coupling/potential/annealing_half_way",
        &["u:38"],
        "at λ = ½ the part of e^{−U_λ} in the far mode is that of √0.65 to √0.35, lowered by the spring",
        "√0.65 to √0.35 alone",
    )
    .within(
        far / (near + far),
        part(spring * odds),
        2e-3,
        "the tails beyond the middle, 0.0016 of either mode",
        part(odds),
    );
}

#[test]
fn annealed_weights() {
    let runs = kept::on_threads(SEEDS, |seed| sampled("annealed", &two_modes(true, seed)));
    let mut worst = 0f64;
    let mut worst_weighted = 0f64;
    for (x, log_q) in &runs {
        let far = beyond(x);
        let plain = far.iter().sum::<f64>() / DRAWS as f64 - modes().weight();
        let weights = Reweighting::of(&modes(), x.view(), log_q).unwrap();
        let weighted = weights.expectation(&far).unwrap().mean - modes().weight();
        assert!(weights.log_normalizer().z(modes().log_normalizer()).abs() < 4.0);
        worst = if plain.abs() > worst.abs() { plain } else { worst };
        worst_weighted = if weighted.abs() > worst_weighted.abs() { weighted } else { worst_weighted };
    }
    Check::new(
        "ch3_flows/coupling/potential/annealed_weights",
        &["u:38"],
        "after annealing, the part of the flow's samples in the far mode: the worst of three seeds, target 0.65",
        "training without annealing, which leaves the far mode empty",
    )
    .samples("seeds 0, 1, 2; 6 layers, 3000 steps of 256 points")
    .within(
        modes().weight() + worst,
        modes().weight(),
        0.1,
        "weights freeze while λ < 1: at λ = ½ the far mode has 0.553 of the mass, by quadrature",
        0.0,
    );
    Check::new(
        "ch3_flows/coupling/potential/annealed_and_reweighted",
        &["u:38", "r:8"],
        "the same with weights e^{−U}/p_θ",
        "training without annealing, where reweighting finds nothing to weigh",
    )
    .samples("seeds 0, 1, 2; 40000 points each")
    .within(
        modes().weight() + worst_weighted,
        modes().weight(),
        0.012,
        "4 standard errors of 40000 weighted points, three times",
        0.0,
    );
}

/// A potential under which e^{−U} has no integral: it falls without bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Downhill;

impl Potential for Downhill {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let depth = (x[0] * x[0] + x[1] * x[1]).exp();
        gradient[0] = -2.0 * depth * x[0];
        gradient[1] = -2.0 * depth * x[1];
        -depth
    }
}

#[test]
fn bad_input() {
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-101, 1e11] {
        assert!(Well::new(beta).is_err());
    }
    // Two normal laws of variance 1/(8β), times one of variance 1.
    let narrow = Well::new(1e10).unwrap().log_normalizer();
    assert!((narrow - (2.0 * TAU / (8e10f64).sqrt()).ln()).abs() < 1e-9, "{narrow}");
    for sigma in [0.0, 1e-160, 1e160] {
        assert!(TwoModes::new(5.0, sigma, 0.5).is_err(), "{sigma}");
    }
    assert!(TwoModes::new(5.0, 1.0, 1.0).is_err());
    assert!(TwoModes::new(f64::NAN, 1.0, 0.5).is_err());
    let recipe = well(0);
    assert!(ReverseKl { batch: 0, ..recipe }.train().is_err());
    assert!(ReverseKl { layers: 1, ..recipe }.train().is_err());
    assert!(ReverseKl { schedule: Schedule::Constant(-1.0), ..recipe }.train().is_err());
    for annealing in [Annealing { width: 0.0, part: 0.5 }, Annealing { width: 1.0, part: 0.0 }] {
        assert!(ReverseKl { annealing: Some(annealing), ..recipe }.train().is_err());
    }
    // A target that cannot be normalized: the flow runs away, training stops and hands over what it had.
    let runaway = ReverseKl {
        target: Downhill,
        annealing: None,
        layers: 4,
        width: 8,
        batch: 64,
        steps: 2000,
        schedule: Schedule::Constant(0.1),
        seed: 0,
    };
    let trained = runaway.train().unwrap();
    let stopped = trained.stopped.expect("the loss has no lower bound").to_string();
    assert!(stopped.contains("at iteration") && stopped.contains("the last finite loss was"), "{stopped}");
    assert!(!trained.losses.is_empty() && trained.theta.iter().all(|parameter| parameter.is_finite()));
    assert!(Reweighting::new(vec![]).is_err());
    assert!(Reweighting::new(vec![f64::NAN]).is_err());
    assert!(Reweighting::new(vec![f64::NEG_INFINITY; 3]).is_err());
    let weights = Reweighting::new(vec![0.0, f64::NEG_INFINITY]).unwrap();
    assert_eq!(weights.effective_size(), 1.0);
    assert!(weights.expectation(&[1.0]).is_err());
    assert!(Reweighting::of(&modes(), array![[0.0, 1.0]].view(), &[]).is_err());
    assert!(Reweighting::of(&modes(), array![[0.0]].view(), &[0.0]).is_err());
}

/// A potential that is the same number everywhere.
#[derive(Debug)]
struct Level(f64);

impl Potential for Level {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&self, _x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        self.0
    }
}

#[test]
fn values_that_are_not_finite() {
    let flow = RealNvp::alternating(2, 2, &[4]).unwrap();
    let (theta, z) = (vec![0.0; flow.parameters()], array![[1.0, 1.0]]);
    let loss = |u: f64| {
        let mut shards = Shards::new(flow.parameters(), FlowPass::new);
        add_reverse_kl(&flow, &Level(u), &theta, z.view(), &mut shards, &mut vec![0.0; theta.len()])
    };
    assert!((loss(3.0).unwrap() - (2.0 - TAU.ln())).abs() < 1e-14);
    for u in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(loss(u).unwrap_err().to_string().starts_with("`loss` became"), "{u}");
    }
    let weights = Reweighting::new(vec![0.0, 1.0]).unwrap();
    for value in [f64::NAN, f64::INFINITY] {
        assert!(weights.expectation(&[1.0, value]).unwrap_err().to_string().starts_with("`values`"));
    }
}

/// Three weights 1, 2 and 5 by hand: shares ⅛, ¼ and ⅝, effective size 64/30, log Z = log(8/3).
#[test]
fn weights_by_hand() {
    let weights = Reweighting::new(vec![0.0, 2f64.ln(), 5f64.ln()]).unwrap();
    let close = |found: f64, exact: f64| assert!((found - exact).abs() < 1e-14, "{found} {exact}");
    weights.normalized().iter().zip([0.125, 0.25, 0.625]).for_each(|(w, exact)| close(*w, exact));
    close(weights.effective_size(), 64.0 / 30.0);
    let log_z = weights.log_normalizer();
    close(log_z.mean, (8.0f64 / 3.0).ln());
    // n/ESS − 1 = 90/64 − 1 over n.
    close(log_z.standard_error, (26.0f64 / 64.0 / 3.0).sqrt());
    let mean = weights.expectation(&[4.0, -2.0, 2.0]).unwrap();
    close(mean.mean, 1.25);
    close(
        mean.standard_error,
        ((0.125f64 * 2.75).powi(2) + (0.25f64 * 3.25).powi(2) + (0.625f64 * 0.75).powi(2)).sqrt(),
    );
    assert_eq!((log_z.count, mean.count), (3, 3));
    // Equal weights leave no error but the root of a rounding.
    assert!(
        Reweighting::new(vec![-3.0; 5]).unwrap().log_normalizer().standard_error < 4.0 * f64::EPSILON.sqrt()
    );
    // One dimension too few, one point too many.
    for (x, log_q) in [(array![[0.0]], vec![0.0]), (array![[0.0, 1.0]], vec![0.0; 2])] {
        assert!(Reweighting::of(&modes(), x.view(), &log_q).is_err());
    }
    assert!(Reweighting::new(vec![f64::INFINITY, 0.0]).is_err());
    assert!(TwoModes::new(5.0, 1.0, 0.0).is_err() && TwoModes::new(5.0, 1.0, f64::NAN).is_err());
    for part in [1.1, f64::NAN, -0.5] {
        let recipe = ReverseKl { batch: 4, layers: 2, width: 2, ..ReverseKl::new(modes(), 1, 0) };
        let train = |part| recipe.annealed(Annealing { width: 1.0, part }).train();
        assert!(train(part).is_err() && train(1.0).is_ok());
    }
}

/// ∇U against central differences, where both modes count.
#[test]
fn forces_are_slopes() {
    fn at(potential: &impl Potential, x: [f64; 2]) {
        assert_eq!(potential.dimension(), 2);
        let mut gradient = [f64::NAN; 2];
        potential.value(&x, &mut gradient);
        for (k, force) in gradient.into_iter().enumerate() {
            let moved = |by: f64| {
                let mut moved = x;
                moved[k] += by;
                potential.value(&moved, &mut [0.0; 2])
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - force).abs() < 1e-8, "{potential:?} at {x:?}: {slope} {force}");
        }
    }
    let (well, modes) = (Well::new(1.7).unwrap(), TwoModes::new(2.0, 0.6, 0.65).unwrap());
    for x in [[0.4, -0.9], [0.9, 0.7], [1.3, 0.2]] {
        at(&well, x);
        at(&modes, x);
        at(&Tempered { target: &modes, width: 1.5, lambda: 0.3 }, x);
    }
}

/// Of two layers only the second does something: x = z₀eˢ + t, s = 2 tanh(r/2), where r and t are the last of θ. The mean of
/// log p_Z − s + U over three points, with its derivatives in r and t.
#[test]
fn reverse_kl_by_hand() {
    let flow = RealNvp::alternating(2, 2, &[4]).unwrap();
    let (beta, r, t) = (1.7, 0.6, -0.35f64);
    let mut theta = vec![0.0; flow.parameters()];
    let last = theta.len() - 2;
    theta[last..].copy_from_slice(&[r, t]);
    let z = array![[0.4, -1.1], [-0.9, 0.3], [1.2, 0.8]];
    let (mut shards, mut gradient) = (Shards::new(theta.len(), FlowPass::new), vec![0.0; theta.len()]);
    let target = Well::new(beta).unwrap();
    let found = add_reverse_kl(&flow, &target, &theta, z.view(), &mut shards, &mut gradient).unwrap();
    let tanh = f64::tanh(0.5 * r);
    let (mut loss, mut in_r, mut in_t) = (0.0, 0.0, 0.0);
    for z in z.rows() {
        let stretched = z[0] * (2.0 * tanh).exp();
        let x = stretched + t;
        let potential = beta * (x * x - 1.0).powi(2) + 0.5 * z[1] * z[1];
        loss += -0.5 * z.dot(&z) - TAU.ln() - 2.0 * tanh + potential;
        let slope = 4.0 * beta * x * (x * x - 1.0);
        in_r += (1.0 - tanh * tanh) * (slope * stretched - 1.0);
        in_t += slope;
    }
    for (found, sum) in [(found, loss), (gradient[last], in_r), (gradient[last + 1], in_t)] {
        assert!((found - sum / 3.0).abs() < 1e-12, "{found} {}", sum / 3.0);
    }
}

/// A training on U = u learns nothing of u, and its losses are λu above those of a training on U = 0.
#[test]
fn annealing_rises_linearly_and_stops() {
    let [none, some] = [0.0, 3.0].map(|u| {
        let recipe = ReverseKl { batch: 4, layers: 2, width: 2, ..ReverseKl::new(Level(u), 8, 0) };
        recipe.annealed(Annealing { width: 2.0, part: 0.5 }).train().unwrap().losses
    });
    let lambdas: Vec<f64> = some.iter().zip(none).map(|(some, none)| (some - none) / 3.0).collect();
    assert_eq!(lambdas.len(), 8);
    for (lambda, exact) in lambdas.iter().zip([0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0]) {
        assert!((lambda - exact).abs() < 1e-13, "{lambdas:?}");
    }
}

#[test]
fn one_point_is_a_batch_and_one_weight_a_sample() {
    let recipe = ReverseKl { batch: 1, layers: 2, width: 2, ..ReverseKl::new(modes(), 1, 0) };
    assert_eq!(recipe.train().unwrap().losses.len(), 1);
    assert_eq!(Reweighting::new(vec![0.5]).unwrap().effective_size(), 1.0);
}

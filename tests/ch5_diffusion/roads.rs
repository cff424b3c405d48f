use std::sync::OnceLock;

use crate::check::Check;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, array};
use sdml::ch1_preliminaries::fokker_planck::double_well::{Gibbs, force, potential};
use sdml::ch2_control::backprop::Evaluation;
use sdml::ch2_control::neural_ode::{FixedStep, Stages, Tableau};
use sdml::ch3_flows::coupling::{Potential, Reweighting};
use sdml::ch3_flows::ode_flow::OdeFlow;
use sdml::ch4_langevin::barriers::Annealing;
use sdml::ch4_langevin::overdamped::{Mala, Window};
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic};
use sdml::ch4_langevin::underdamped::{Bath, Splitting, Word};
use sdml::ch5_diffusion::roads::{self, OdeWell, Road, Rows, Velocity, WellSample};
use sdml::ch5_diffusion::score::{Denoiser, Method, Reverse, ScoreField, Source, descending_times};
use sdml::random::Streams;
use sdml::statistics::Estimate;

const SECTION: &str = "ch5_diffusion/roads";
const DRAWS: usize = 40_000;
/// What the table calls the roads, in their order.
const KEYS: [&str; 8] = ["paths", "density", "baoab", "mala", "realnvp", "ode", "diffusion", "interpolant"];

/// The roads of seeds 0, 1, 2, walked once.
fn walked(seed: u64) -> &'static [Road] {
    static ROADS: [OnceLock<Vec<Road>>; 3] = [const { OnceLock::new() }; 3];
    ROADS[seed as usize].get_or_init(|| {
        roads::all::<sdml::Error>(1.0, seed, |name, recipe, train| {
            kept::trained(SECTION, name, &recipe, train)
        })
        .unwrap()
    })
}

/// The parameters behind a trained road, from the shelf.
fn parameters(name: &str, recipe: &dyn std::fmt::Debug, train: impl FnOnce() -> sdml::Result<Rows>) -> Rows {
    kept::trained(SECTION, name, &recipe, train).unwrap()
}

fn exact() -> Gibbs {
    Gibbs::new(1.0).unwrap()
}

fn second_moment(law: Vec<(f64, f64)>) -> f64 {
    law.iter().map(|(x, weight)| weight * x * x).sum()
}

/// E X² under Euler–Maruyama's invariant law with step h and noise of this deviation.
fn euler(h: f64, deviation: f64) -> f64 {
    second_moment(Window::new(2.8, 301).unwrap().invariant(|x| x + h * force(x), deviation).unwrap())
}

#[test]
fn the_table() {
    let (gibbs, square) = (exact(), exact().moment(2));
    let log_z = gibbs.normalizing_constant().ln();
    let show = |e: Estimate| match e.standard_error {
        0.0 => format!("{:.4}", e.mean),
        // The standard error of the last digits, in parentheses.
        s => format!("{:.4}({:.0})", e.mean, 1e4 * s),
    };
    let count = |n: u64| match n {
        0 => "–".to_owned(),
        n if n < 1000 => format!("{n}"),
        n => format!("{:.1e}", n as f64),
    };
    let data = WellSample::new(1.0, 20_000, 0).unwrap().square().unwrap();
    let mut table =
        format!("exact_square = {square:.4}\nexact_log_z = {log_z:.4}\ndata_square = {}\n", show(data));
    for (key, road) in KEYS.iter().zip(walked(0)) {
        let answer = road.log_normalizer.map_or("–".to_owned(), show);
        // Biases below what any road can resolve are shown as 0.
        let bias = Some(road.bias(square)).filter(|bias| bias.abs() > 5e-6);
        let bias = bias.map_or("0".to_owned(), |bias| format!("{bias:.4}"));
        table +=
            &format!("{key}_square = {}\n{key}_bias = {bias}\n{key}_log_z = {answer}\n", show(road.square));
        table += &format!("{key}_told = {}\n{key}_well = {}\n", road.needs.name(), count(road.cost.well));
        table += &format!(
            "{key}_network = {}\n{key}_samples = {}\n",
            count(road.cost.network),
            count(road.cost.samples)
        );
    }
    crate::pins::pin(&format!("{SECTION}/table"), table);
    for seed in 0..3 {
        for road in walked(seed) {
            let z = if road.square.standard_error > 0.0 { road.square.z(road.limit) } else { 0.0 };
            println!(
                "{seed} {:22} z {z:6.2} bias {:9.5} {:?}",
                road.name,
                road.bias(square),
                road.log_normalizer
            );
            assert!(z.abs() < 4.0, "{road:?}");
            if let Some(found) = road.log_normalizer.filter(|found| found.standard_error > 0.0) {
                // The ODE flow's weights carry the error of RK4, which the check on its limits bounds.
                assert!((found.mean - log_z).abs() < 4.0 * found.standard_error + 1e-4, "{road:?}");
            }
        }
    }
}

#[test]
fn the_sde_finds_its_schemes_value() {
    let road = walked(0)[0];
    // Noise √h ξ in place of √(2h/β) ξ is half the temperature.
    assert!(road.square.z(euler(0.05, 0.05f64.sqrt())).abs() > 4.0);
    Check::new(
        "ch5_diffusion/roads/the_sde_finds_its_schemes_value",
        &["eq:1.7"],
        "paths of Euler–Maruyama in the double well have the second moment of the scheme's own invariant law",
        "the second moment of the process",
    )
    .seed(0)
    .samples("40000 paths of 100 steps of 0.05")
    .statistical(road.square, road.limit, exact().moment(2));
}

#[test]
fn the_density_needs_no_draws() {
    let road = walked(0)[1];
    let gibbs = exact();
    let log_z = road.log_normalizer.unwrap().mean;
    assert!((log_z - gibbs.normalizing_constant().ln()).abs() < 1e-10, "{log_z}");
    assert!(road.bias(gibbs.moment(2)).abs() < 1e-10);
    Check::new(
        "ch5_diffusion/roads/the_density_needs_no_draws",
        &["eq:1.18"],
        "the Fokker–Planck equation on 40 cells gives E x² of the double well",
        "the diffusion coefficient ½ in place of 1/β: σ²/2 with σ = 1",
    )
    .within(
        road.square.mean,
        gibbs.moment(2),
        1e-10,
        "the midpoint rule's error is beyond all powers; the slow mode has decayed by (1 + 0.2 λ₁)^400",
        roads::fokker_planck(2.0, 40, 80.0, 400).unwrap().square.mean,
    );
}

#[test]
fn baoab_finds_its_own_value() {
    let road = walked(0)[2];
    Check::new(
        "ch5_diffusion/roads/baoab_finds_its_own_value",
        &["eq:4.1"],
        "chains of BAOAB in the double well have the second moment of the scheme's own invariant law",
        "noise √(γ/β) in place of √(2γ/β): half the temperature",
    )
    .seed(0)
    .samples("400 chains of 2000 steps of 0.3")
    .statistical(road.square, road.limit, roads::baoab(2.0, 0.3, 2, 10, 0).unwrap().limit);
}

#[test]
fn mala_has_no_bias() {
    let road = walked(0)[3];
    Check::new(
        "ch5_diffusion/roads/mala_has_no_bias",
        &["u:51"],
        "chains of MALA in the double well have its E x²",
        "the same steps without the acceptance test",
    )
    .seed(0)
    .samples("400 chains of 2000 steps of 0.1")
    .statistical(road.square, exact().moment(2), euler(0.1, 0.2f64.sqrt()));
}

#[test]
fn annealing_finds_log_z() {
    let found = walked(0)[3].log_normalizer.unwrap();
    Check::new(
        "ch5_diffusion/roads/annealing_finds_log_z",
        &["r:14"],
        "log Z of the double well by annealed importance sampling from N(0, 1)",
        "log Z₀ = ½ log 2π left out",
    )
    .seed(0)
    .samples("4000 weights of 20 steps")
    .statistical(
        found,
        exact().normalizing_constant().ln(),
        found.mean - 0.5 * std::f64::consts::TAU.ln(),
    );
}

#[test]
fn a_reweighted_flow_has_no_bias() {
    let recipe = roads::real_nvp_recipe(1.0, 0).unwrap();
    let theta = parameters("RealNVP", &recipe, || Ok(recipe.train()?.rows())).swap_remove(0);
    let draws = 4 * DRAWS;
    let mut stream = Streams::new(0, "unweighted").stream(0);
    let (x, log_q) = recipe.flow().unwrap().sample(&theta, draws, &mut stream).unwrap();
    let spring = 0.5 * std::f64::consts::TAU.ln();
    let rows = x.rows().into_iter().zip(&log_q);
    let logs: Vec<f64> =
        rows.map(|(x, q)| -recipe.target.value(&[x[0], x[1]], &mut [0.0; 2]) - q - spring).collect();
    let bound = Estimate::of(logs.iter().copied()).unwrap().mean;
    let raw = Estimate::of(x.column(0).iter().map(|x| x * x)).unwrap();
    let weights = Reweighting::new(logs).unwrap();
    let share = weights.effective_size() / draws as f64;
    crate::pins::pin(
        &format!("{SECTION}/unweighted"),
        format!("square = {:.4}\nerror = {:.4}\nshare = {share:.3}\n", raw.mean, raw.standard_error),
    );
    Check::new(
        "ch5_diffusion/roads/a_reweighted_flow_has_no_bias",
        &["r:8"],
        "log Z of the double well as the logarithm of the mean weight of a RealNVP's draws",
        "without reweighting: the mean of log w, which training maximizes, too small by KL(q ‖ p)",
    )
    .seed(0)
    .samples("160000 draws")
    .statistical(weights.log_normalizer(), exact().normalizing_constant().ln(), bound);
}

#[test]
fn an_ode_flow_carries_the_error_of_its_solver() {
    let road = walked(0)[5];
    let recipe = OdeWell::new(1.0, 0).unwrap();
    let theta = parameters("ODE flow", &recipe, || Ok(recipe.train()?.rows())).swap_remove(0);
    let [square, log_z] = recipe.limits(&theta).unwrap();
    assert_eq!(square, road.limit);
    let gibbs = exact();
    println!("RK4: {:e} {:e}", square - gibbs.moment(2), log_z - gibbs.normalizing_constant().ln());
    assert!((square - gibbs.moment(2)).abs() < 1e-3);
    assert!((log_z - gibbs.normalizing_constant().ln()).abs() < 1e-4);
    // The integral of the divergence with the wrong sign.
    let mut stream = Streams::new(0, "roads, ODE flow").stream(0);
    let z = Array2::from_shape_simple_fn((DRAWS, 2), || stream.normal());
    let image = recipe.flow.push(&theta, z.view()).unwrap();
    let target = recipe.training.target;
    let rows = image.points.rows().into_iter().zip(image.log_density.iter()).zip(z.rows());
    let wrong = rows.map(|((x, log_q), z)| {
        let prior = -0.5 * (z[0] * z[0] + z[1] * z[1]) - std::f64::consts::TAU.ln();
        -target.value(&[x[0], x[1]], &mut [0.0; 2]) - (2.0 * prior - log_q)
    });
    let wrong = Reweighting::new(wrong.collect()).unwrap().log_normalizer().mean;
    Check::new(
        "ch5_diffusion/roads/an_ode_flow_carries_the_error_of_its_solver",
        &["u:42"],
        "log Z from the weights of an ODE flow is what quadrature over its noise makes of them",
        "∫ ∇·F dt added to log p instead of subtracted",
    )
    .seed(0)
    .samples("40000 draws, six steps of RK4")
    .statistical(road.log_normalizer.unwrap(), log_z, wrong - 0.5 * std::f64::consts::TAU.ln());
}

/// Twice a score.
struct Doubled<'a>(&'a Denoiser);

impl ScoreField for Doubled<'_> {
    type Workspace = <Denoiser as ScoreField>::Workspace;

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn workspace(&self) -> Self::Workspace {
        self.0.workspace()
    }

    fn write(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        workspace: &mut Self::Workspace,
        mut score: ArrayViewMut2<f64>,
    ) -> sdml::Result<()> {
        self.0.write(t, x, workspace, score.view_mut())?;
        score *= 2.0;
        Ok(())
    }
}

#[test]
fn a_diffusion_model_has_its_own_value() {
    let road = walked(0)[6];
    let recipe = roads::diffusion_recipe(WellSample::new(1.0, 20_000, 0).unwrap(), 0);
    let rows = parameters("diffusion", &recipe, || recipe.rows());
    let model = recipe.from_rows(&rows).unwrap();
    let times = descending_times(recipe.horizon, recipe.first, 40, 2.0).unwrap();
    let doubled = Doubled(&model);
    let wrong = Reverse::new(&doubled, 0.0, times, Method::Heun)
        .unwrap()
        .sample(4000, &Streams::new(0, "wrong factor"))
        .unwrap();
    Check::new(
        "ch5_diffusion/roads/a_diffusion_model_has_its_own_value",
        &["eq:5.5"],
        "draws of the probability-flow ODE with a trained score have the second moment of the map of noise that it is",
        "2s in place of s: the drift of the reverse SDE without its noise",
    )
    .seed(0)
    .samples("40000 draws, 40 steps of Heun")
    .statistical(road.square, road.limit, wrong.iter().map(|x| x * x).sum::<f64>() / 4000.0);
}

#[test]
fn an_interpolant_has_its_own_value() {
    let road = walked(0)[7];
    let recipe = Velocity::new(WellSample::new(1.0, 20_000, 0).unwrap(), 0);
    let theta = parameters("interpolant", &recipe, || Ok(recipe.train()?.rows())).swap_remove(0);
    let network = recipe.network().unwrap();
    let mut stream = Streams::new(0, "wrong direction").stream(0);
    let mut y = Array2::from_shape_simple_fn((4000, 1), || stream.normal());
    let mut evaluation = Evaluation::new();
    let field = |s: f64, y: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
        let input = Array2::from_shape_fn((y.nrows(), 2), |(i, k)| if k == 0 { y[[i, 0]] } else { 1.0 - s });
        network.evaluate(&theta, input.view(), &mut evaluation)?;
        out.assign(&evaluation.output());
        Ok(())
    };
    let solver = FixedStep::new(Tableau::RK4, 0.0, 1.0, 20).unwrap();
    solver.solve(&mut y, &mut Stages::default(), field, |_, _, _| ()).unwrap();
    Check::new(
        "ch5_diffusion/roads/an_interpolant_has_its_own_value",
        &["eq:5.9"],
        "draws of an interpolant with a trained velocity have the second moment of the map of noise that it is",
        "dY/ds = +v(Y, 1 − s)",
    )
    .seed(0)
    .samples("40000 draws, 20 steps of RK4")
    .statistical(road.square, road.limit, y.iter().map(|y| y * y).sum::<f64>() / 4000.0);
}

#[test]
fn learned_laws_are_near() {
    let square = exact().moment(2);
    let biases: Vec<[f64; 2]> = (0..3).map(|seed| [6, 7].map(|k| walked(seed)[k].bias(square))).collect();
    let data: Vec<f64> = (0..3)
        .map(|seed| WellSample::new(1.0, 20_000, seed).unwrap().square().unwrap().mean - square)
        .collect();
    println!("{biases:?} {data:?}");
    let lines = (0..3).map(|seed| {
        let [diffusion, interpolant] = biases[seed];
        format!(
            "diffusion_{seed} = {diffusion:.4}\ninterpolant_{seed} = {interpolant:.4}\ndata_{seed} = {:.4}\n",
            data[seed]
        )
    });
    // How much of the bias of seed 0 the solver makes: the same networks with eight times as many steps.
    let data = || WellSample::new(1.0, 20_000, 0).unwrap();
    let score = roads::diffusion_recipe(data(), 0);
    let model = score.from_rows(&parameters("diffusion", &score, || score.rows())).unwrap();
    let velocity = Velocity::new(data(), 0);
    let theta = parameters("interpolant", &velocity, || Ok(velocity.train()?.rows())).swap_remove(0);
    let fine = [
        roads::diffusion(&score, &model, 320, 2, 0).unwrap(),
        roads::interpolant(&velocity, &theta, 160, 2, 0).unwrap(),
    ];
    let [diffusion, interpolant] = [0, 1].map(|k| fine[k].bias(square));
    let lines =
        lines.chain([format!("diffusion_fine = {diffusion:.4}\ninterpolant_fine = {interpolant:.4}\n")]);
    crate::pins::pin(&format!("{SECTION}/biases"), lines.collect::<String>());
    let worst = biases.iter().flatten().fold(0.0, |worst: f64, bias| worst.max(bias.abs()));
    Check::new(
        "ch5_diffusion/roads/learned_laws_are_near",
        &["eq:5.4", "eq:5.8"],
        "E x² of the laws that a diffusion model and an interpolant learn from 20000 samples, the worst error of three seeds",
        "the noise N(0, 1) before any model has moved it",
    )
    .seed(0)
    .samples("seeds 0, 1, 2; each limit a quadrature")
    .within(
        worst,
        0.0,
        0.04,
        "ten standard errors of the mean of the samples; the target set before training, five of them, is missed by seed 2",
        1.0 - square,
    );
}

#[test]
fn samples_are_those_of_the_law() {
    for (beta, count) in [(0.5, 5000), (1.0, 5000), (3.0, 5000)] {
        let sample = WellSample::new(beta, count, 2).unwrap();
        let square = sample.square().unwrap();
        assert_eq!([sample.count(), square.count as usize, sample.dimension()], [count, count, 1]);
        assert!(square.z(Gibbs::new(beta).unwrap().moment(2)).abs() < 4.0, "{beta}: {square:?}");
    }
}

/// An ODE flow whose parameters are 0: one step moves nothing, like six.
fn at_rest(beta: f64) -> (OdeWell, Vec<f64>) {
    let OdeWell { flow, training, .. } = OdeWell::new(beta, 0).unwrap();
    let field = flow.field().0.clone();
    let none = vec![0.0; field.network().parameters()];
    let flow = OdeFlow::new(field, 1.0, Tableau::RK4, 1).unwrap();
    (OdeWell { flow, training, steps: 1 }, none)
}

#[test]
fn networks_that_are_zero_move_nothing() {
    // A flow whose parameters are 0 is the identity: its draws are N(0, I), its weights those of importance sampling.
    let (gibbs, draws) = (exact(), 4000);
    let exact = [gibbs.moment(2), gibbs.normalizing_constant().ln()];
    let (flow, none) = at_rest(1.0);
    for (found, exact) in flow.limits(&none).unwrap().into_iter().zip(exact) {
        // Two quadratures: here the trapezoidal rule of a density that has vanished at the ends.
        assert!((found - exact).abs() < 1e-10, "{found} {exact}");
    }
    let road = roads::ode_flow(&flow, &none, draws, 0).unwrap();
    assert!((road.limit - exact[0]).abs() < 1e-10);
    let coupling = roads::real_nvp_recipe(1.0, 0).unwrap();
    let still = vec![0.0; coupling.flow().unwrap().parameters()];
    for road in [road, roads::real_nvp(&coupling, &still, draws, 1).unwrap()] {
        assert!(road.square.z(exact[0]).abs() < 4.0, "{road:?}");
        assert!(road.log_normalizer.unwrap().z(exact[1]).abs() < 4.0, "{road:?}");
    }
    // A velocity that vanishes leaves the noise as it is, E z² = 1, of which 1.3e-10 lie beyond ±7.
    let velocity = Velocity::new(WellSample::new(1.0, 10, 0).unwrap(), 0);
    let none = vec![0.0; velocity.network().unwrap().parameters()];
    let road = roads::interpolant(&velocity, &none, 3, draws, 0).unwrap();
    assert!((road.limit - 1.0).abs() < 1e-9 && road.square.z(1.0).abs() < 4.0, "{road:?}");
    // Without a score the probability flow is dY/ds = Y: Heun's step multiplies by 1 + d + d²/2.
    let recipe = roads::diffusion_recipe(WellSample::new(1.0, 10, 0).unwrap(), 0);
    let network = recipe.network().unwrap();
    let none = vec![0.0; network.parameters()];
    let model = Denoiser::new(network, none, [recipe.first, recipe.horizon], 0.5).unwrap();
    let times = descending_times(recipe.horizon, recipe.first, 30, 2.0).unwrap();
    let gain: f64 = times.windows(2).map(|t| t[0] - t[1]).map(|d| 1.0 + d + 0.5 * d * d).product();
    let road = roads::diffusion(&recipe, &model, 30, draws, 0).unwrap();
    assert!((road.limit / (gain * gain) - 1.0).abs() < 1e-9, "{road:?} {gain}");
    assert!(road.square.z(gain * gain).abs() < 4.0, "{road:?}");
}

#[test]
fn costs_are_counted() {
    let cost = |road: sdml::Result<Road>| road.unwrap().cost;
    // 40 cells have 39 inner faces, the force is asked for at three points of each.
    assert_eq!(cost(roads::fokker_planck(1.0, 40, 1.0, 2)).well, 3 * 39 + 1);
    // 30 steps, and 3 before the averages begin; 40 weights, of 20 steps each; a step looks at U and moves once.
    assert_eq!(cost(roads::mala(1.0, 0.1, 4, 30, 0)).well, 4 * 33 + 40 * 20 * 2);
    let data = WellSample::new(1.0, 10, 0).unwrap();
    let velocity = Velocity::new(data.clone(), 0);
    let none = vec![0.0; velocity.network().unwrap().parameters()];
    let found = cost(roads::interpolant(&velocity, &none, 3, 50, 0));
    assert_eq!([found.well, found.network, found.samples], [0, 2000 * 256 + 50 * 3 * 4, 10]);
    let recipe = roads::diffusion_recipe(data, 0);
    let network = recipe.network().unwrap();
    let none = vec![0.0; network.parameters()];
    let model = Denoiser::new(network, none, [recipe.first, recipe.horizon], 0.5).unwrap();
    let found = cost(roads::diffusion(&recipe, &model, 3, 50, 0));
    assert_eq!([found.well, found.network, found.samples], [0, 2000 * 256 + 50 * 3 * 2, 10]);
}

#[test]
fn the_first_steps_do_not_count() {
    let well = DoubleWell::new(1).unwrap();
    let streams = Streams::new(0, "roads, MALA");
    let mut walkers = Chains::from_point(&well, Mala::new(1.0, 0.1).unwrap(), streams, 4, &[1.0]).unwrap();
    walkers.advance(3).unwrap();
    let [square] = walkers.averages(30, 1, |x| [x[0] * x[0]]).unwrap();
    assert_eq!(roads::mala(1.0, 0.1, 4, 30, 0).unwrap().square.mean, square.mean().unwrap().mean);
    // So with BAOAB, whose friction is 1.
    let scheme = Splitting::new(Word::Baoab, Bath::new(1.0, 1.0).unwrap(), 0.3).unwrap();
    let streams = Streams::new(0, "roads, BAOAB");
    let mut walkers = Chains::from_point(&well, scheme, streams, 4, &[1.0]).unwrap();
    walkers.advance(3).unwrap();
    let [square] = walkers.averages(30, 1, |x| [x[0] * x[0]]).unwrap();
    let road = roads::baoab(1.0, 0.3, 4, 30, 0).unwrap();
    assert_eq!((road.square.mean, road.cost.well), (square.mean().unwrap().mean, 4 * 33));
}

#[test]
fn one_step_of_the_sde() {
    // The force vanishes at 1: after one step X = 1 + √(2h/β) ξ. The step is the longest allowed.
    let (beta, h) = (4.0, 0.1);
    let road = roads::stochastic(beta, h, 1, 200_000, 0).unwrap();
    assert!(road.square.z(1.0 + 2.0 * h / beta).abs() < 4.0, "{road:?}");
    assert!(road.square.z(1.0 + 2.0 * h).abs() > 10.0);
    assert_eq!(road.limit, euler(h, (2.0 * h / beta).sqrt()));
}

#[test]
fn the_density_at_another_temperature() {
    let gibbs = Gibbs::new(0.5).unwrap();
    let road = roads::fokker_planck(0.5, 60, 80.0, 400).unwrap();
    assert!((road.square.mean - gibbs.moment(2)).abs() < 1e-9, "{road:?}");
    assert!((road.limit - gibbs.moment(2)).abs() < 1e-9, "{road:?}");
    let log_z = road.log_normalizer.unwrap();
    assert!((log_z.mean - gibbs.normalizing_constant().ln()).abs() < 1e-9, "{log_z:?}");
    for found in [road.square, log_z] {
        assert_eq!((found.standard_error, found.count), (0.0, 1));
    }
    // Before anything has moved it is a narrow law in the right well, N(1, 1/16).
    let start = roads::fokker_planck(1.0, 400, 1e-9, 1).unwrap().square.mean;
    assert!((start - 17.0 / 16.0).abs() < 1e-6, "{start}");
}

#[test]
fn log_z_from_the_weights_of_annealing() {
    let (beta, h, seed) = (2.0, 0.05, 3);
    let found = roads::mala(beta, h, 4, 10, seed).unwrap().log_normalizer.unwrap();
    let way = Annealing { steps: 20, moves: 1, h, paths: 40, seed };
    let (well, normal) = (DoubleWell::new(1).unwrap(), Harmonic::new(&[1.0]).unwrap());
    let weights = way.run(&normal, |stream, x| x[0] = stream.normal(), &well, beta).unwrap();
    // Z over that of N(0, 1), √2π, and its relative error.
    let ratio = weights.mean().unwrap();
    let exact = (ratio.mean * std::f64::consts::TAU.sqrt()).ln();
    assert!((found.mean - exact).abs() < 1e-14, "{found:?} {exact}");
    assert!((found.standard_error * ratio.mean / ratio.standard_error - 1.0).abs() < 1e-14);
    assert_eq!(found.count, 40);
}

#[test]
fn weights_of_noise_that_is_not_moved() {
    // w = e^{−βU − y²/2}/N(x, y) = 2π e^{x²/2 − βU}. Two draws are the fewest.
    let (beta, draws, seed) = (2.0, 2, 4);
    let by_hand = |purpose: &str| {
        let mut stream = Streams::new(seed, purpose).stream(0);
        let z = Array2::from_shape_simple_fn((draws, 2), || stream.normal());
        let pairs = z.column(0).into_iter().map(|x| (x * x, (0.5 * x * x - beta * potential(*x)).exp()));
        let [squares, total] = pairs
            .fold([0.0; 2], |[squares, total], (square, weight)| [squares + weight * square, total + weight]);
        [squares / total, (total / draws as f64).ln() + 0.5 * std::f64::consts::TAU.ln()]
    };
    let coupling = roads::real_nvp_recipe(beta, 0).unwrap();
    let zeros = vec![0.0; coupling.flow().unwrap().parameters()];
    let (flow, none) = at_rest(beta);
    for (road, purpose, evaluations) in [
        (roads::real_nvp(&coupling, &zeros, draws, seed).unwrap(), "roads, RealNVP", [1200 * 256 + 2, 6]),
        (roads::ode_flow(&flow, &none, draws, seed).unwrap(), "roads, ODE flow", [500 * 128 + 2, 4]),
    ] {
        let [square, log_z] = by_hand(purpose);
        assert!((road.square.mean - square).abs() < 1e-12, "{road:?} {square}");
        assert!((road.log_normalizer.unwrap().mean - log_z).abs() < 1e-12, "{road:?} {log_z}");
        assert!((road.limit - Gibbs::new(beta).unwrap().moment(2)).abs() < 1e-10, "{road:?}");
        let [points, each] = evaluations;
        let cost = roads::Cost { well: points, network: points * each, samples: 0 };
        assert_eq!(road.cost, cost, "{purpose}");
    }
}

/// v = dY/dt, from t = 1 down to 0.
#[test]
fn one_step_of_a_velocity() {
    let recipe = Velocity { width: 3, ..Velocity::new(WellSample::new(1.0, 10, 0).unwrap(), 0) };
    let network = recipe.network().unwrap();
    let theta = network.initial(&mut Streams::new(5, "parameters").stream(0));
    let v = |x: f64, t: f64| network.formula(&theta, &[x, t])[0];
    for y in [0.7, -1.3] {
        let k_1 = v(y, 1.0);
        let k_2 = v(y - 0.5 * k_1, 0.5);
        let k_3 = v(y - 0.5 * k_2, 0.5);
        let k_4 = v(y - k_3, 0.0);
        let exact = y - (k_1 + 2.0 * k_2 + 2.0 * k_3 + k_4) / 6.0;
        let found = recipe.generate(&theta, 1, array![[y]].view()).unwrap()[[0, 0]];
        assert!((found - exact).abs() < 1e-13, "{y}: {found} {exact}");
    }
}

#[test]
fn loss_of_the_first_step_of_a_velocity() {
    // Eight pairs, each from a stream of its own.
    let data = WellSample::new(1.0, 10, 0).unwrap();
    let recipe = Velocity { width: 3, batch: 8, steps: 1, ..Velocity::new(data, 6) };
    let network = recipe.network().unwrap();
    let theta = network.initial(&mut Streams::new(6, "roads, velocity").stream(0));
    let pairs = (0..8).map(|i| {
        let (mut stream, mut x) = (Streams::new(6, "roads, pairs").stream(i), [0.0]);
        recipe.data.draw(&mut stream, &mut x);
        let (t, z) = (stream.uniform(), stream.normal());
        let found = network.formula(&theta, &[(1.0 - t) * x[0] + t * z, t])[0];
        (found - (z - x[0])).powi(2)
    });
    let exact = pairs.sum::<f64>() / 8.0;
    let losses = recipe.train().unwrap().losses;
    assert!(losses.len() == 1 && (losses[0] / exact - 1.0).abs() < 1e-12, "{losses:?} {exact}");
}

#[test]
fn bad_input_is_refused() {
    assert!(roads::stochastic(0.0, 0.05, 10, 10, 0).unwrap_err().to_string().contains("beta"));
    assert!(roads::stochastic(1.0, 0.05, 0, 10, 0).unwrap_err().to_string().contains("steps"));
    for h in [0.0, f64::NAN, 0.2] {
        assert!(roads::stochastic(1.0, h, 10, 10, 0).unwrap_err().to_string().contains("h"));
    }
    assert!(roads::fokker_planck(-1.0, 40, 1.0, 1).is_err());
    assert!(roads::fokker_planck(1.0, 2, 1.0, 1).is_err());
    assert!(roads::baoab(1.0, 0.3, 0, 10, 0).is_err());
    assert!(roads::mala(1.0, -0.1, 4, 10, 0).is_err());
    assert!(WellSample::new(f64::NAN, 10, 0).is_err());
    let flow = OdeWell::new(1.0, 0).unwrap();
    assert!(roads::ode_flow(&flow, &[0.0; 3], 10, 0).is_err());
    let coupling = roads::real_nvp_recipe(1.0, 0).unwrap();
    assert!(roads::real_nvp(&coupling, &[0.0; 3], 10, 0).is_err());
    let velocity = Velocity::new(WellSample::new(1.0, 10, 0).unwrap(), 0);
    assert!(roads::interpolant(&velocity, &[0.0; 3], 10, 10, 0).is_err());
    assert!(Velocity { batch: 0, ..velocity.clone() }.train().is_err());
    let theta = vec![0.1; velocity.network().unwrap().parameters()];
    assert!(roads::interpolant(&velocity, &theta, 0, 10, 0).is_err());
    assert!(roads::interpolant(&velocity, &theta, 10, 0, 0).is_err());
    let plane = velocity.generate(&theta, 10, Array2::zeros((3, 2)).view());
    assert!(plane.unwrap_err().to_string().contains("1 columns"));
}

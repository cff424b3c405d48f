//! Barriers: four roads to one time, and two cures.

use sdml::ch1_preliminaries::fokker_planck::double_well::{Gibbs, curvature, force, potential};
use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid, extrapolated_rates};
use sdml::ch4_langevin::barriers::{
    Annealing, Crossing, Tempering, eyring_kramers, ladder, mean_passage_time,
};
use sdml::ch4_langevin::overdamped::Mala;
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic, Potential};
use sdml::random::{Stream, Streams};
use sdml::statistics::{Estimate, Moments, ensemble, fit_order};

use crate::check::Check;
use crate::quadrature::{integrate, nodes};
use crate::refused;

/// The exact mean time from the left minimum to the right one.
fn across(beta: f64) -> f64 {
    mean_passage_time(potential, beta, [-3.0, -1.0, 1.0], 400).unwrap()
}

fn kramers(beta: f64) -> f64 {
    eyring_kramers(1.0, [8.0, -4.0], beta).unwrap()
}

#[test]
fn passage_time_solves_its_equation() {
    // T(a) solves −U′T′ + T″/β = −1, T(b) = 0: an Ornstein–Uhlenbeck process from 0.3 to 1.2 by Siegert's single integrals.
    let beta = 1.7;
    let inner = |y: f64| integrate(-9.0, y, 40, |z| (-0.5 * beta * z * z).exp());
    let exact = beta * integrate(0.3, 1.2, 40, |y| (0.5 * beta * y * y).exp() * inner(y));
    let time = mean_passage_time(|x| 0.5 * x * x, beta, [-9.0, 0.3, 1.2], 200).unwrap();
    assert!((time / exact - 1.0).abs() < 1e-12, "{time} {exact}");
    // Brownian motion between a wall and a gate: (b² − a²)/(2D) from the wall at 0.
    let free = mean_passage_time(|_| 5.0, 4.0, [0.0, 0.5, 2.0], 3).unwrap();
    assert!((free - 0.5 * 4.0 * (4.0 - 0.25)).abs() < 1e-13);
    // A constant added to U changes nothing, however large.
    let lifted = mean_passage_time(|x| potential(x) + 900.0, 3.0, [-3.0, -1.0, 1.0], 400).unwrap();
    assert!((lifted / across(3.0) - 1.0).abs() < 1e-9);
}

#[test]
fn kramers_has_an_error_of_order_one_over_beta() {
    // Laplace's method to the next order, in both integrals: T = T_K (1 + (3/16 + 3/16)/β + O(β⁻²)).
    let betas = [10.0, 14.0, 20.0, 28.0];
    let errors = betas.map(|beta| across(beta) / kramers(beta) - 1.0);
    let fit = fit_order(&betas.map(f64::recip), &errors, 0.95).unwrap();
    assert!((fit.order - 1.0).abs() < 0.1, "{fit:?}");
    // β e(β) = c + d/β: two β give c without d.
    let coefficient = |beta: f64| {
        let scaled = |beta: f64| beta * (across(beta) / kramers(beta) - 1.0);
        2.0 * scaled(2.0 * beta) - scaled(beta)
    };
    // The next term, d/β² with d < 1, is what is left of the extrapolation.
    Check::new(
        "ch4_langevin/barriers/kramers_has_an_error_of_order_one_over_beta",
        &["r:14"],
        "the exact mean time exceeds the formula of Eyring and Kramers by 3/(8β) of it",
        "the well's correction alone, 3/16",
    )
    .within(coefficient(20.0), 0.375, 0.01, "the next term of the expansion, of order β⁻²", 0.1875);
}

/// T − 2/λ₁ by the eigenfunction f of the gap, odd and 1 at the goal. Dynkin's formula says 2 = −λ₁ E ∫ f(X) dt up to the
/// goal, so that T − 2/λ₁ = E ∫ (1 + f(X)) dt: time that counts nothing in the first well and nearly twice on the slide.
fn within_the_wells(beta: f64, cells: usize) -> f64 {
    let grid = Grid::new([-2.4], [2.4], [cells]).unwrap();
    let equation = FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0 / beta).unwrap();
    let mode = &equation.modes(2).unwrap()[1].function;
    let value = |x: f64| {
        let place = (x + 2.4) / grid.spacing()[0] - 0.5;
        let cell = (place.max(0.0) as usize).min(cells - 2);
        mode[cell] + (place - cell as f64) * (mode[cell + 1] - mode[cell])
    };
    // The mean time spent around x on the way from −1 to 1, per length.
    let spent =
        |x: f64| beta * integrate(x.max(-1.0), 1.0, 40, |y| (beta * (potential(y) - potential(x))).exp());
    let counted = |x: f64| spent(x) * (1.0 + value(x) / value(1.0));
    integrate(-2.4, -1.0, 40, counted) + integrate(-1.0, 1.0, 40, counted)
}

#[test]
fn the_spectrum_knows_the_time() {
    // Exchange both ways: λ₁ = 2/T, up to the time within the wells.
    let gap = |beta: f64| {
        let grid = Grid::new([-2.4], [2.4], [2000]).unwrap();
        extrapolated_rates(grid, 2, |grid| FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0 / beta))
            .unwrap()[1]
    };
    for beta in [2.0, 4.0, 6.0] {
        let (coarse, fine) = (within_the_wells(beta, 1000), within_the_wells(beta, 2000));
        // Of second order in the grid: a third of the difference is the error. Without the wells it is ten thousand times that.
        let [error, alone] =
            [2.0 / gap(beta) + fine, 2.0 / gap(beta)].map(|time| (time - across(beta)).abs());
        let tolerance = (fine - coarse).abs();
        assert!(error < tolerance && alone > 2.5 * tolerance, "{beta}: {error} {alone} {tolerance}");
    }
    let (beta, gap) = (6.0, gap(6.0));
    Check::new(
        "ch4_langevin/barriers/the_spectrum_knows_the_time",
        &["r:12", "r:14"],
        "at β = 6 twice the inverse spectral gap is the exact mean time from minimum to minimum",
        "1/λ₁: the rate of relaxation taken for the rate of crossing",
    )
    .within(
        2.0 / gap,
        across(beta),
        4.0,
        "times within the wells, settling and the slide from the top: 2.48 by the eigenfunction, and not growing like e^β",
        1.0 / gap,
    );
    // From the minimum to the top it takes half as long: at the top either side is as likely.
    let top = mean_passage_time(potential, beta, [-3.0, -1.0, 0.0], 400).unwrap();
    assert!((top / across(beta) - 0.5).abs() < 1e-2);
}

#[test]
fn simulated_crossings() {
    for (beta, seed) in [(1.0, 1), (2.0, 2), (3.0, 3)] {
        let (h, paths) = (0.01, 20_000);
        let crossing = Crossing::new(force, beta, 1.0, h).unwrap();
        let [time] = ensemble(
            &Streams::new(seed, "crossing"),
            paths,
            || (),
            |(), stream| Ok([crossing.simulate(-1.0, 10_000_000, stream)?]),
        )
        .unwrap();
        let time = time.mean().unwrap();
        let exact = crossing.exact(-2.6, -1.0, 60).unwrap();
        assert!((exact / crossing.exact(-2.6, -1.0, 80).unwrap() - 1.0).abs() < 1e-9);
        if beta == 3.0 {
            Check::new(
                "ch4_langevin/barriers/simulated_crossings",
                &["r:14", "eq:4.2"],
                "the mean crossing time of the chain (4.4) at β = 3 and h = 0.01 solves the chain's own integral equation",
                "the formula for the time to the top of the barrier, half of Eyring's and Kramers'",
            )
            .seed(seed)
            .samples(format!("{paths} crossings"))
            .statistical(time, exact, 0.5 * kramers(beta));
        } else {
            assert!(time.z(exact).abs() < 4.0, "{beta}: {time:?} {exact}");
        }
        // The continuous time is the limit h → 0, with an error of order √h: the chain steps over the goal.
        assert!((exact / across(beta) - 1.0).abs() < 0.08, "{beta}: {exact} {}", across(beta));
    }
}

#[test]
fn the_chain_steps_over_its_goal() {
    // Under a constant force 1 the mean time to 1 is 1 + the mean overshoot, by Wald's identity; of a random walk that is 0.5826
    // times the noise of one step (Siegmund 1979), beyond the half step by which the force itself oversteps.
    let exact = |h: f64| {
        let panels = (15.0 / (2.0 * h).sqrt()) as usize;
        Crossing::new(|_| 1.0, 1.0, 1.0, h).unwrap().exact(-14.0, 0.0, panels).unwrap()
    };
    let steps = [0.04, 0.02, 0.01, 0.005];
    let delays = steps.map(|h| exact(h) - 1.0);
    let fit = fit_order(&steps, &delays, 0.95).unwrap();
    let last = delays[3] / (2.0 * steps[3]).sqrt();
    assert!((fit.order - 0.5).abs() < 0.02, "{fit:?}");
    Check::new(
        "ch4_langevin/barriers/the_chain_steps_over_its_goal",
        &["r:14"],
        "under a constant force 1 the chain crosses late by 0.5826 √(2h): the mean overshoot of a random walk",
        "half a step of noise, 0.5 √(2h)",
    )
    .within(last, 0.582_597, 0.03, "the next term, of relative order √h/4", 0.5);
}

/// T₁/T, where T + hT₁ is the mean time of the diffusion that the chain is to first order in h: with the force
/// −U′ − ½h(U′U″ − U‴/β) and (1 + hU″)/β for 1/β. `slower` is the factor of U″ at the place of the crossing.
fn first_order(beta: f64, slower: f64) -> f64 {
    let surplus = |x: f64| 0.25 * beta * force(x).powi(2) - 0.5 * curvature(x);
    let inner = |y: f64| {
        integrate(-2.4, y, 40, |z| {
            let factor = surplus(z) - surplus(y) - slower * curvature(y);
            factor * (beta * (potential(y) - potential(z))).exp()
        })
    };
    beta * integrate(-1.0, 1.0, 40, inner) / across(beta)
}

#[test]
fn the_chain_is_early() {
    let extrapolated = |beta: f64| {
        let error = |h: f64| {
            let panels = (2.8 / (2.0 * h / beta).sqrt()).ceil() as usize;
            let time = Crossing::new(force, beta, 1.0, h).unwrap().exact(-1.8, -1.0, panels).unwrap();
            (time / across(beta) - 1.0) / h
        };
        // Two orders of h are gone.
        (error(0.01) - 6.0 * error(0.005) + 8.0 * error(0.0025)) / 3.0
    };
    let (warm, cold) = (extrapolated(6.0), extrapolated(9.0));
    // Laplace's method: −¼(8 − 4) at every temperature. At β = 6 the delay at the goal still adds 0.06.
    assert!([6.0, 9.0].iter().all(|beta| (first_order(*beta, 1.0) + 1.0).abs() < 1e-3));
    assert!((warm / cold - 1.0).abs() < 0.1, "{warm} {cold}");
    Check::new(
        "ch4_langevin/barriers/the_chain_is_early",
        &["r:14", "eq:4.4"],
        "at β = 9 the relative error of the chain's mean crossing time over h tends to that of the diffusion with the \
         chain's own coefficients, as h → 0",
        "the surplus of probability at the top alone, without the slower way across it",
    )
    .samples("steps 0.01, 0.005 and 0.0025")
    .within(
        cold,
        first_order(9.0, 1.0),
        0.01,
        "three times the delay at the goal, 0.58 √(2h/β) |T′(1)|, as a part of hT",
        first_order(9.0, 0.0),
    );
}

/// (x² − 1)² + 0.3x: the left well is the deeper one.
struct Tilted;

impl Potential for Tilted {
    fn dimension(&self) -> usize {
        1
    }

    fn value(&self, x: &[f64]) -> f64 {
        potential(x[0]) + 0.3 * x[0]
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        gradient[0] = 0.3 - force(x[0]);
    }
}

#[test]
fn exchanges_are_accepted_as_often_as_they_should() {
    // E min(1, e^{(β₀ − β₁)(U(x) − U(y))}) for independent x and y from the two Gibbs laws.
    let [hot, cold] = [1.0, 3.0].map(|beta| Gibbs::new(beta).unwrap());
    let points = nodes(-2.5, 2.5, 120);
    let rate = |sign: f64| -> f64 {
        let pair = |x: f64, y: f64| (sign * (1.0 - 3.0) * (potential(x) - potential(y))).exp().min(1.0);
        let inner = |x: f64| -> f64 { points.iter().map(|(y, b)| b * cold.density(*y) * pair(x, *y)).sum() };
        points.iter().map(|(x, a)| a * hot.density(*x) * inner(*x)).sum()
    };
    let well = DoubleWell::new(1).unwrap();
    let rates = (0..24).map(|seed| {
        let mut tempering = Tempering::new(&well, &[1.0, 3.0], |beta| 0.1 / beta, seed, 32, &[1.0]).unwrap();
        for _ in 0..200 {
            tempering.sweep(10).unwrap();
        }
        tempering.exchange_rate(0)
    });
    // Started from the bottom of a well the first exchanges are too easy: 200 sweeps dilute that below the error.
    Check::new(
        "ch4_langevin/barriers/exchanges_are_accepted_as_often_as_they_should",
        &["r:14"],
        "exchanges between β = 1 and β = 3 are accepted at the rate that an integral over both Gibbs laws gives",
        "the exponent with the opposite sign",
    )
    .seed(0)
    .samples("24 runs of 32 ladders and 100 exchanges")
    .statistical(Estimate::of(rates).unwrap(), rate(1.0), rate(-1.0));
}

#[test]
fn tempering_crosses() {
    // All chains start in the shallow well; at β = 8 none would leave it.
    let (beta, count, sweeps) = (8.0, 64, 400);
    let betas = ladder(1.0, beta, 5).unwrap();
    let mass = |low: f64, high: f64| integrate(low, high, 40, |x| (-beta * (potential(x) + 0.3 * x)).exp());
    let exact = mass(-2.5, 0.0) / (mass(-2.5, 0.0) + mass(0.0, 2.5));
    let mut tempering = Tempering::new(&Tilted, &betas, |beta| 0.1 / beta, 1, count, &[1.0]).unwrap();
    let mut left = vec![0.0; count];
    let mut visited = vec![[false; 5]; count];
    for sweep in 0..2 * sweeps {
        tempering.sweep(10).unwrap();
        if sweep >= sweeps {
            for (left, x) in left.iter_mut().zip(tempering.positions(4).rows()) {
                *left += f64::from(u8::from(x[0] < 0.0)) / f64::from(sweeps);
            }
        }
        for (ladder, visited) in visited.iter_mut().enumerate() {
            visited[tempering.walkers(ladder)[4]] = true;
        }
    }
    assert!(visited.iter().flatten().all(|seen| *seen), "a chain never reached the cold end");
    assert!((0..4).all(|k| (0.2..0.95).contains(&tempering.exchange_rate(k))));
    let scheme = Mala::new(beta, 0.1 / beta).unwrap();
    let mut alone = Chains::from_point(&Tilted, scheme, Streams::new(1, "alone"), count, &[1.0]).unwrap();
    // As many steps as all rungs of the ladder together, of which the second half counts, too.
    let half = 5 * 10 * sweeps as usize;
    alone.advance(half).unwrap();
    let [alone] = alone.averages(half, 50, |x| [f64::from(u8::from(x[0] < 0.0))]).unwrap();
    Check::new(
        "ch4_langevin/barriers/tempering_crosses",
        &["r:14"],
        "with five temperatures down to β = 8 the share of time in the deeper well is that of the Gibbs law",
        "MALA at β = 8 alone, with as many steps",
    )
    .seed(1)
    .samples(format!("{count} ladders of {sweeps} sweeps, after as many to forget the start"))
    .statistical(Estimate::of(left).unwrap(), exact, alone.mean().unwrap().mean);
}

#[test]
fn logarithm_of_the_normalizing_constant() {
    let (beta, paths) = (6.0, 20_000);
    let well = integrate(-2.5, 2.5, 80, |x| (-beta * potential(x)).exp());
    let exact = (well / (2.0 * std::f64::consts::PI).sqrt()).ln();
    let (reference, target) = (Harmonic::new(&[1.0]).unwrap(), DoubleWell::new(1).unwrap());
    let draw = |stream: &mut Stream, x: &mut [f64]| x[0] = stream.normal();
    let way = Annealing { steps: 20, moves: 2, h: 0.02, paths, seed: 6 };
    let weights = way.run(&reference, draw, &target, beta).unwrap();
    let log = weights.log_mean().unwrap();
    // The delta method, written out.
    let mean = weights.mean().unwrap();
    assert!((log.mean - mean.mean.ln()).abs() < 1e-10, "{log:?} {mean:?}");
    assert!((log.standard_error * mean.mean / mean.standard_error - 1.0).abs() < 1e-10, "{log:?} {mean:?}");
    // A constant added to U is subtracted, also where every weight is below the smallest floating-point number.
    let lifted = way.run(&reference, draw, &Lifted(200.0), beta).unwrap();
    assert_eq!(lifted.mean().unwrap().mean, 0.0);
    let shifted = lifted.log_mean().unwrap();
    assert!((shifted.mean + 200.0 * beta - log.mean).abs() < 1e-9, "{shifted:?} {log:?}");
    Check::new(
        "ch4_langevin/barriers/logarithm_of_the_normalizing_constant",
        &["r:14"],
        "the logarithm of the mean weight of annealing to β = 6 is ln (Z(β)/√(2π)), with the error of the delta method",
        "the mean of the logarithms, without reweighting: by Jensen's inequality too low",
    )
    .seed(6)
    .samples(format!("{paths} paths of 20 steps of λ"))
    .statistical(log, exact, Estimate::of(weights.logs().iter().copied()).unwrap().mean);
}

/// The double well, higher by a constant.
struct Lifted(f64);

impl Potential for Lifted {
    fn dimension(&self) -> usize {
        1
    }

    fn value(&self, x: &[f64]) -> f64 {
        potential(x[0]) + self.0
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        gradient[0] = -force(x[0]);
    }
}

/// (1 − λ)x²/2 + λβU.
struct Between {
    lambda: f64,
    beta: f64,
}

impl Potential for Between {
    fn dimension(&self) -> usize {
        1
    }

    fn value(&self, x: &[f64]) -> f64 {
        0.5 * (1.0 - self.lambda) * x[0] * x[0] + self.lambda * self.beta * potential(x[0])
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        gradient[0] = (1.0 - self.lambda) * x[0] - self.lambda * self.beta * force(x[0]);
    }
}

#[test]
fn annealed_weights_are_unbiased() {
    let (beta, h, paths) = (6.0, 0.02, 20_000);
    let gibbs = Gibbs::new(beta).unwrap();
    let exact = gibbs.normalizing_constant() / (2.0 * std::f64::consts::PI).sqrt();
    let (reference, target) = (Harmonic::new(&[1.0]).unwrap(), DoubleWell::new(1).unwrap());
    let draw = |stream: &mut Stream, x: &mut [f64]| x[0] = stream.normal();
    let weights = |steps| {
        let way = Annealing { steps, moves: 2, h, paths, seed: 5 };
        way.run(&reference, draw, &target, beta).unwrap()
    };
    let (fast, slow) = (weights(4), weights(40));
    assert!(fast.mean().unwrap().z(exact).abs() < 4.0, "{:?} {exact}", fast.mean());
    assert!(slow.effective_size() > 1.5 * fast.effective_size());
    assert!((fast.expectation(|_| 1.0) - 1.0).abs() < 1e-12);
    let square = slow.expectation(|x| x[0] * x[0]);
    let spread = (gibbs.moment(4) - gibbs.moment(2).powi(2)).sqrt();
    assert!((square - gibbs.moment(2)).abs() < 4.0 * spread / slow.effective_size().sqrt());
    // The same with the weight gained after the move in the place of before it.
    let steps = 40;
    let mut ends: Vec<f64> =
        (0..paths).map(|path| Streams::new(5, "z").stream(path as u64).normal()).collect();
    let mut logs = vec![0.0; paths];
    for k in 1..=steps {
        let between = Between { lambda: f64::from(k) / f64::from(steps), beta };
        let streams = Streams::new(5, &format!("late {k}"));
        let from = |path: usize, _: &mut Stream, x: &mut [f64]| x[0] = ends[path];
        let mut chains = Chains::new(&between, Mala::new(1.0, h).unwrap(), streams, paths, from).unwrap();
        chains.advance(2).unwrap();
        ends = chains.positions().into_raw_vec_and_offset().0;
        for (log, x) in logs.iter_mut().zip(&ends) {
            *log += (0.5 * x * x - beta * potential(*x)) / f64::from(steps);
        }
    }
    let late = logs.iter().map(|log| log.exp()).collect::<Moments>().mean().unwrap();
    Check::new(
        "ch4_langevin/barriers/annealed_weights_are_unbiased",
        &["r:14"],
        "the mean weight of annealing from N(0, 1) to the double well at β = 6 is Z(β)/√(2π)",
        "weights gained after each move, not before it",
    )
    .seed(5)
    .samples(format!("{paths} paths of {steps} steps of λ"))
    .statistical(slow.mean().unwrap(), exact, late.mean);
}

#[test]
fn refuses_bad_input() {
    let time = |[wall, from, to]: [f64; 3], beta| mean_passage_time(potential, beta, [wall, from, to], 10);
    assert_eq!(refused(time([0.0, -1.0, 1.0], 1.0)), "wall");
    assert_eq!(refused(time([-3.0, 1.0, 1.0], 1.0)), "to");
    assert_eq!(refused(time([f64::NEG_INFINITY, -1.0, 1.0], 1.0)), "wall");
    assert_eq!(refused(time([-3.0, -1.0, 1.0], 0.0)), "beta");
    assert_eq!(refused(mean_passage_time(potential, 1.0, [-3.0, -1.0, 1.0], 0)), "panels");
    assert_eq!(refused(mean_passage_time(|x| x.ln(), 1.0, [-3.0, -1.0, 1.0], 10)), "potential");
    // So cold that the time is no floating-point number.
    assert_eq!(refused(time([-3.0, -1.0, 1.0], 1e4)), "beta");
    assert_eq!(refused(eyring_kramers(1.0, [8.0, 4.0], 1.0)), "-top");
    assert_eq!(refused(eyring_kramers(1.0, [-8.0, -4.0], 1.0)), "well");
    assert_eq!(refused(eyring_kramers(-1.0, [8.0, -4.0], 1.0)), "rise");
    assert_eq!(refused(Crossing::new(force, 1.0, 1.0, 0.0).map(|_| ())), "h");
    assert_eq!(refused(Crossing::new(force, -1.0, 1.0, 0.1).map(|_| ())), "beta");
    let crossing = Crossing::new(force, 20.0, 1.0, 0.01).unwrap();
    let mut stream = Streams::new(1, "cold").stream(0);
    assert_eq!(refused(crossing.simulate(-1.0, 1000, &mut stream)), "most");
    assert_eq!(refused(crossing.exact(-2.0, -1.0, 10)), "panels");
    // Two standard deviations of a step's noise are √0.004 = 0.0632, a 48th of the way.
    assert_eq!(refused(crossing.exact(-2.0, -1.0, 47)), "panels");
    assert!(crossing.exact(-2.0, -1.0, 48).is_ok());
    let escaping = Crossing::new(|x: f64| 1e3 * x.powi(3), 1.0, 1.0, 0.1).unwrap();
    assert!(matches!(
        escaping.simulate(-2.0, 1000, &mut stream),
        Err(sdml::Error::NotFinite { quantity: "x", .. })
    ));
    assert_eq!(refused(ladder(1.0, 4.0, 1)), "count");
    assert_eq!(refused(ladder(4.0, 1.0, 3)), "cold");
    assert_eq!(refused(ladder(-1.0, 1.0, 3)), "hot");
    let well = DoubleWell::new(1).unwrap();
    let tempering =
        |betas: &[f64], h: f64, start: &[f64]| Tempering::new(&well, betas, |_| h, 0, 2, start).map(|_| ());
    assert_eq!(refused(tempering(&[1.0], 0.1, &[0.0])), "betas.len()");
    assert_eq!(refused(tempering(&[0.0, 1.0], 0.1, &[0.0])), "betas");
    assert_eq!(refused(tempering(&[2.0, 1.0], 0.1, &[0.0])), "betas");
    assert_eq!(refused(tempering(&[1.0, 2.0], 0.0, &[0.0])), "h");
    assert_eq!(refused(tempering(&[1.0, 2.0], 0.1, &[0.0, 0.0])), "point.len()");
    let way = Annealing { steps: 2, moves: 1, h: 0.1, paths: 10, seed: 0 };
    let run = |way: Annealing, reference: &[f64], beta| {
        way.run(&Harmonic::new(reference).unwrap(), |_, x| x.fill(0.5), &well, beta).map(|_| ())
    };
    assert_eq!(refused(run(Annealing { steps: 0, ..way }, &[1.0], 1.0)), "steps");
    assert_eq!(refused(run(Annealing { moves: 0, ..way }, &[1.0], 1.0)), "moves");
    assert_eq!(refused(run(Annealing { paths: 0, ..way }, &[1.0], 1.0)), "paths");
    assert_eq!(refused(run(Annealing { h: -0.1, ..way }, &[1.0], 1.0)), "h");
    assert_eq!(refused(run(way, &[1.0], 0.0)), "beta");
    assert_eq!(refused(run(way, &[1.0, 1.0], 1.0)), "target.dimension()");
}

#[test]
fn times_beyond_floating_point() {
    assert_eq!(refused(eyring_kramers(1.0, [8.0, -4.0], 800.0)), "beta");
    // Curvatures whose product is none: the time is.
    for curvature in [1e-200, 1e200] {
        let time = eyring_kramers(1.0, [curvature, -curvature], 1.0).unwrap();
        assert!((time * curvature / (2.0 * std::f64::consts::PI * 1f64.exp()) - 1.0).abs() < 1e-14, "{time}");
    }
}

/// A chain that needs all the steps it may make, and one that needs none.
#[test]
fn crossings_at_the_last_step() {
    // Two steps of ½, and noise that is far below rounding.
    let crossing = Crossing::new(|_| 4.0, 1e300, 1.0, 0.125).unwrap();
    let mut stream = Streams::new(1, "last").stream(0);
    assert_eq!(crossing.simulate(0.0, 2, &mut stream), Ok(0.25));
    assert_eq!(crossing.simulate(1.0, 0, &mut stream), Ok(0.0));
    assert_eq!(refused(crossing.simulate(0.0, 1, &mut stream)), "most");
    assert_eq!(refused(crossing.simulate(0.0, 0, &mut stream)), "most");
}

/// The way down a slope so long that e^{βU} is no floating-point number from one end to the other: in two stretches,
/// the times add up.
#[test]
fn times_down_a_long_slope() {
    let time = |from: f64, to: f64| mean_passage_time(|x| 0.5 * x * x, 1.0, [-45.0, from, to], 2000).unwrap();
    let (all, first, second) = (time(-40.0, 1.0), time(-40.0, -30.0), time(-30.0, 1.0));
    assert!((all / (first + second) - 1.0).abs() < 1e-12, "{all} {first} {second}");
}

//! Barriers: four roads to one time, and two cures.

use sdml::ch1_preliminaries::fokker_planck::double_well::{force, potential};
use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid, extrapolated_rates};
use sdml::ch4_langevin::barriers::{Crossing, eyring_kramers, mean_passage_time};
use sdml::random::Streams;
use sdml::statistics::{ensemble, fit_order};

use crate::check::Check;
use crate::quadrature::integrate;
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

#[test]
fn the_spectrum_knows_the_time() {
    // Exchange both ways: λ₁ = 2/T, up to the time within a well.
    let beta = 6.0;
    let grid = Grid::new([-2.4], [2.4], [2000]).unwrap();
    let gap =
        extrapolated_rates(grid, 2, |grid| FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0 / beta))
            .unwrap()[1];
    // T also counts the way down from the top into the minimum, some units of 1/U″ · ln β: it does not grow like e^β.
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
        "sliding down from the top takes a time of order 1 whatever e^β is",
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
    let escaping = Crossing::new(|x: f64| 1e3 * x.powi(3), 1.0, 1.0, 0.1).unwrap();
    assert!(matches!(
        escaping.simulate(-2.0, 1000, &mut stream),
        Err(sdml::Error::NotFinite { quantity: "x", .. })
    ));
}

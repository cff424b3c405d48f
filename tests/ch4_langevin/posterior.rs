//! Densities known up to a factor: two posteriors with means known by other means, and a funnel.

use sdml::ch4_langevin::ergodic::{Diagnosis, Traces, diagnose};
use sdml::ch4_langevin::overdamped::{Mala, Ula};
use sdml::ch4_langevin::posterior::{CARS, Coordinates, EIGHT_SCHOOLS, EightSchools, School, StraightLine};
use sdml::ch4_langevin::sampler::{Chains, Potential, Scheme};
use sdml::random::Streams;

use crate::check::Check;
use crate::quadrature::{integrate, nodes};
use crate::refused;

fn schools(coordinates: Coordinates) -> EightSchools {
    EightSchools::new(EIGHT_SCHOOLS, coordinates).unwrap()
}

#[test]
fn gradients_are_derivatives() {
    fn compare<U: Potential>(potential: &U, x: &[f64]) {
        let mut gradient = vec![f64::NAN; x.len()];
        potential.gradient(x, &mut gradient);
        for i in 0..x.len() {
            let at = |by: f64| {
                let mut x = x.to_vec();
                x[i] += by;
                potential.value(&x)
            };
            let e = 1e-3;
            let difference = (8.0 * (at(e) - at(-e)) - (at(2.0 * e) - at(-2.0 * e))) / (12.0 * e);
            assert!(
                (gradient[i] - difference).abs() < 1e-7 * (1.0 + difference.abs()),
                "{i}: {gradient:?} {difference}"
            );
        }
    }
    compare(&StraightLine::new(&CARS).unwrap(), &[0.2, 0.5, -0.4]);
    let x = [0.7, 1.1, 0.3, -0.2, 1.0, 0.0, 2.0, -1.0, 0.4, 0.9];
    compare(&schools(Coordinates::Centered), &x);
    compare(&schools(Coordinates::NonCentered), &x);
}

#[test]
fn coordinates_describe_one_posterior() {
    // The two densities differ by the Jacobian of θ = μ + τz, τ⁸ up to a constant.
    let [centered, other] = [schools(Coordinates::Centered), schools(Coordinates::NonCentered)];
    let gap = |x: [f64; 10]| {
        let mut y = x;
        for j in 2..10 {
            y[j] = (5.0 * x[0] + x[1].exp() * x[j]) / 5.0;
        }
        centered.value(&y) - other.value(&x) - 8.0 * x[1]
    };
    let reference = gap([0.0; 10]);
    for x in [[0.5; 10], [0.1, -2.0, 0.3, 0.4, -1.0, 2.0, 0.0, 0.2, 0.1, -0.7]] {
        assert!((gap(x) - reference).abs() < 1e-10);
    }
}

#[test]
fn posterior_means_by_quadrature() {
    // The straight line: given σ the rest is normal, and σ has the density σ^{−(n−2)} exp(−RSS/(2σ²)) in ln σ.
    let line = StraightLine::new(&CARS).unwrap();
    let (n, r) = (50.0, line.correlation());
    let residual = n * (1.0 - r * r);
    let weight = |l: f64| (-(n - 2.0) * l - 0.5 * residual * (-2.0 * l).exp()).exp();
    let variance =
        integrate(-2.0, 2.0, 40, |l| (2.0 * l).exp() * weight(l)) / integrate(-2.0, 2.0, 40, weight);
    let scale = line.means()[2] / (residual / (n - 4.0));
    assert!((line.means()[2] / (scale * variance) - 1.0).abs() < 1e-12);
    // Published: residual standard error 15.38 on 48 degrees of freedom, R² 0.6511.
    assert!((line.means()[2] * 46.0 / 48.0 - 15.38f64.powi(2)).abs() < 0.2);
    assert!((r * r - 0.6511).abs() < 5e-5);
    // The eight schools: over μ and ln τ, each school integrated by hand.
    let density = |mu: f64, log_tau: f64| {
        let square = (2.0 * log_tau).exp();
        EIGHT_SCHOOLS.iter().fold(
            (-0.5 * mu * mu / 25.0).exp() / (1.0 + square / 25.0) * log_tau.exp(),
            |product, School { effect, error }| {
                let variance = error * error + square;
                product * (-0.5 * (effect - mu).powi(2) / variance).exp() / variance.sqrt()
            },
        )
    };
    let mut sums = [0.0; 5];
    for (mu, a) in nodes(-40.0, 40.0, 40) {
        for (log_tau, b) in nodes(-25.0, 9.0, 60) {
            let (w, square) = (a * b * density(mu, log_tau), (2.0 * log_tau).exp());
            let theta = |j: usize| {
                let School { effect, error } = EIGHT_SCHOOLS[j];
                (effect * square + mu * error * error) / (square + error * error)
            };
            let values = [1.0, mu, log_tau.exp(), log_tau, theta(0)];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += w * value);
        }
    }
    let means = schools(Coordinates::Centered).means(400).unwrap();
    for (value, sum) in [means.mu, means.tau, means.log_tau, means.theta[0]].iter().zip(&sums[1..]) {
        assert!((value - sum / sums[0]).abs() < 1e-6, "{value} {}", sum / sums[0]);
    }
}

/// One diagnosis for each of K functions of four chains.
fn sample<U: Potential, S: Scheme, const K: usize>(
    potential: &U,
    scheme: S,
    seed: u64,
    start: impl Fn(usize) -> Vec<f64>,
    [steps, every]: [usize; 2],
    measure: impl Fn(&[f64]) -> [f64; K] + Sync,
) -> [Diagnosis; K] {
    let from = |chain: usize, _: &mut _, x: &mut [f64]| x.copy_from_slice(&start(chain));
    let mut chains = Chains::new(potential, scheme, Streams::new(seed, "posterior"), 4, from).unwrap();
    chains.advance(steps / 10).unwrap();
    let merge = |mut left: Vec<(usize, [f64; K])>, mut right: Vec<(usize, [f64; K])>| {
        left.append(&mut right);
        left
    };
    let visits = chains
        .fold(steps, every, Vec::new, |all, visit| all.push((visit.chain, measure(visit.q))), merge)
        .unwrap();
    std::array::from_fn(|k| {
        let of =
            |chain: usize| visits.iter().filter(|visit| visit.0 == chain).map(|visit| visit.1[k]).collect();
        diagnose(&Traces::new((0..4).map(of).collect()).unwrap()).unwrap()
    })
}

#[test]
fn straight_line_through_cars() {
    let line = StraightLine::new(&CARS).unwrap();
    let exact = line.means();
    let starts = [[0.5, 0.5, 0.5], [-0.5, 1.0, 0.0], [0.5, 1.0, -0.5], [-0.5, 0.0, 0.5]];
    let measure = |x: &[f64]| line.in_units([x[0], x[1], x[2]]);
    let said = sample(&line, Mala::new(1.0, 0.006).unwrap(), 1, |m| starts[m].to_vec(), [20_000, 1], measure);
    for (said, exact) in said.iter().zip(exact) {
        assert!(said.z(exact).abs() < 4.0 && said.r_hat <= 1.01 && said.bulk >= 400.0, "{said:?} {exact}");
        assert!(said.tail >= 400.0, "{said:?}");
    }
    Check::new(
        "ch4_langevin/posterior/straight_line_through_cars",
        &["u:51"],
        "the posterior mean of σ² for the stopping distances is RSS/(n − 4)",
        "RSS/n, the estimate of greatest likelihood",
    )
    .seed(1)
    .samples(format!("4 chains of 20000 steps of MALA, {:.0} effective draws", said[2].bulk))
    .within(
        said[2].mean,
        exact[2],
        4.0 * said[2].standard_error,
        "4 Monte Carlo standard errors",
        exact[2] * 46.0 / 50.0,
    );
}

/// μ, τ, ln τ, θ₁, …, θ₈.
fn quantities(model: EightSchools) -> impl Fn(&[f64]) -> [f64; 11] {
    move |x| {
        let mut all = [0.0; 11];
        all[..3].copy_from_slice(&model.hyperparameters(x));
        all[3..].copy_from_slice(&model.effects(x));
        all
    }
}

fn exact() -> [f64; 11] {
    let means = schools(Coordinates::Centered).means(400).unwrap();
    let mut all = [means.mu, means.tau, means.log_tau, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    all[3..].copy_from_slice(&means.theta);
    all
}

/// Starts on all sides: μ = ±5 and τ = e^{±1}.
fn start(chain: usize) -> Vec<f64> {
    let sign = |bit: usize| if chain >> bit & 1 == 0 { 1.0 } else { -1.0 };
    let mut x = vec![0.0; 10];
    (x[0], x[1]) = (sign(0), sign(1));
    x
}

#[test]
fn eight_schools() {
    let model = schools(Coordinates::NonCentered);
    let said = sample(&model, Mala::new(1.0, 0.25).unwrap(), 2, start, [50_000, 5], quantities(model));
    for (k, (said, exact)) in said.iter().zip(exact()).enumerate() {
        assert!(said.z(exact).abs() < 4.0 && said.r_hat <= 1.01, "{k}: {said:?} {exact}");
        assert!(said.bulk >= 400.0 && said.tail >= 400.0, "{k}: {said:?}");
    }
    // The same budget in centered coordinates, where no step suits both the wide and the narrow end of the funnel.
    let model = schools(Coordinates::Centered);
    let log_tau = |x: &[f64]| [x[1]];
    let [unadjusted] = sample(&model, Ula::new(1.0, 0.05).unwrap(), 2, start, [50_000, 5], log_tau);
    let [adjusted] = sample(&model, Mala::new(1.0, 0.05).unwrap(), 2, start, [50_000, 5], log_tau);
    // The unadjusted chains agree with each other, and are wrong; the adjusted ones know that they are lost.
    assert!(unadjusted.r_hat < 1.01 && unadjusted.bulk > 400.0, "{unadjusted:?}");
    Check::new(
        "ch4_langevin/posterior/funnel_seen_by_r_hat",
        &["u:51"],
        "R̂ of ln τ in non-centered coordinates is 1 within the usual 0.01",
        "R̂ of MALA in centered coordinates with h = 0.05: chains stick at the neck of the funnel",
    )
    .seed(2)
    .samples("4 chains of 50000 steps of MALA")
    .within(said[2].r_hat, 1.0, 0.01, "the threshold of Vehtari and others", adjusted.r_hat);
    Check::new(
        "ch4_langevin/posterior/eight_schools",
        &["u:51"],
        "E ln τ of the eight schools in non-centered coordinates is that of the quadrature",
        "the unadjusted scheme (4.4) in centered coordinates with h = 0.05",
    )
    .seed(2)
    .samples(format!("4 chains of 50000 steps of MALA, {:.0} effective draws", said[2].bulk))
    .within(
        said[2].mean,
        exact()[2],
        4.0 * said[2].standard_error,
        "4 Monte Carlo standard errors",
        unadjusted.mean,
    );
}

#[test]
fn refuses_bad_input() {
    assert_eq!(refused(StraightLine::new(&CARS[..4])), "points.len()");
    assert_eq!(refused(StraightLine::new(&[(1.0, 2.0); 6])), "points.x");
    let flat: Vec<_> = (0..6).map(|k| (f64::from(k), 3.0)).collect();
    assert_eq!(refused(StraightLine::new(&flat)), "points.y");
    let exact: Vec<_> = (0..6).map(|k| (f64::from(k), 3.0 * f64::from(k))).collect();
    assert_eq!(refused(StraightLine::new(&exact)), "points");
    let mut broken = CARS;
    broken[3].1 = f64::NAN;
    assert_eq!(refused(StraightLine::new(&broken)), "points.y");
    let mut schools = EIGHT_SCHOOLS;
    schools[2].error = 0.0;
    assert_eq!(refused(EightSchools::new(schools, Coordinates::Centered)), "error");
    schools[2] = School { effect: f64::INFINITY, error: 1.0 };
    assert_eq!(refused(EightSchools::new(schools, Coordinates::Centered)), "effect");
    let model = EightSchools::new(EIGHT_SCHOOLS, Coordinates::Centered).unwrap();
    assert_eq!(refused(model.means(10)), "nodes");
    assert_eq!(refused(model.log_tau_density(&[f64::NAN])), "at");
}

/// Points on a level or an upright line, at a place whose mean rounds to another number.
#[test]
fn constant_coordinates() {
    let points: Vec<(f64, f64)> = (0..6).map(|k| (f64::from(k), 0.1)).collect();
    assert_eq!(refused(StraightLine::new(&points)), "points.y");
    let points: Vec<(f64, f64)> = (0..6).map(|k| (0.1, f64::from(k * k))).collect();
    assert_eq!(refused(StraightLine::new(&points)), "points.x");
}

/// Numbers of any size. Reports far larger than their errors and the prior's scale are the θⱼ, and
/// p(τ) ∝ τ⁻¹⁰ e^{−S/(2τ²)} with S = Σ yⱼ²: E τ = √(S/2) Γ(4)/Γ(9/2). Equal ones of error ε leave p(τ) ∝ (ε² + τ²)^{−7/2}: E τ = 3ε/8.
#[test]
fn schools_of_any_size() {
    let means = |schools| EightSchools::new(schools, Coordinates::Centered).unwrap().means(4000).unwrap();
    let squares: f64 = EIGHT_SCHOOLS.iter().map(|school| school.effect.powi(2)).sum();
    for unit in [1e6, 1e8, 1e100] {
        let schools = EIGHT_SCHOOLS.map(|school| School { effect: unit * school.effect, ..school });
        let exact = unit * (0.5 * squares).sqrt() * 6.0 / 11.631_728_396_567_448;
        let found = means(schools);
        assert!((found.tau / exact - 1.0).abs() < 1e-9, "{unit}: {found:?} {exact}");
        assert!((found.theta[0] / schools[0].effect - 1.0).abs() < 1e-9, "{found:?}");
        let model = EightSchools::new(schools, Coordinates::Centered).unwrap();
        assert!(model.log_tau_density(&[exact.ln()]).unwrap()[0] > 1.0);
    }
    for error in [1e-6, 1e-17] {
        let found = means([School { effect: 0.0, error }; 8]);
        assert!((found.tau / (0.375 * error) - 1.0).abs() < 1e-6, "{error}: {found:?}");
    }
    // Equal ones far from 0 as well, whose squares over those of the errors would cancel.
    let error = 1e-6;
    let model = EightSchools::new([School { effect: 100.0, error }; 8], Coordinates::Centered).unwrap();
    let density = model.log_tau_density(&[(0.1 * error).ln(), error.ln()]).unwrap();
    let exact = 10.0 * (1.01f64 / 2.0).powf(3.5);
    assert!((density[1] / density[0] / exact - 1.0).abs() < 1e-9, "{density:?}");
}

//! Maps that carry one law to another: Box–Muller, quantiles, the change of variables.

use std::f64::consts::{PI, TAU};

use sdml::ch3_flows::transport::{
    Affine, Atoms, BoxMuller, Diffeomorphism, LineLaw, Tail, decreasing, log_density_by_inverse,
    log_density_of_source, monotone, wasserstein_1,
};
use sdml::random::Streams;
use sdml::statistics::{chi_square, estimate, fit_order, kolmogorov_smirnov, normal};

use crate::check::Check;
use crate::quadrature::{integrate, nodes};

/// det ∇f by central differences.
fn numerical_determinant(f: &impl Diffeomorphism<2>, z: [f64; 2], h: f64) -> f64 {
    let column = |k: usize| {
        let mut ends = [z, z];
        ends[0][k] += h;
        ends[1][k] -= h;
        let [right, left] = ends.map(|z| f.forward(z));
        [(right[0] - left[0]) / (2.0 * h), (right[1] - left[1]) / (2.0 * h)]
    };
    let ([a, c], [b, d]) = (column(0), column(1));
    a * d - b * c
}

#[test]
fn box_muller_jacobian() {
    let grid = (1..100).flat_map(|i| (0..100).map(move |j| [f64::from(i) / 100.0, f64::from(j) / 100.0]));
    let log_normal = |[x, y]: [f64; 2]| -0.5 * (x * x + y * y) - TAU.ln();
    let mut worst = [0f64; 2];
    for u in grid {
        let numerical = numerical_determinant(&BoxMuller, u, 1e-5);
        assert!((numerical / BoxMuller.determinant(u) - 1.0).abs() < 1e-5);
        let back = BoxMuller.inverse(BoxMuller.forward(u));
        assert!((back[0] - u[0]).abs() < 1e-14 && (back[1] - u[1]).abs() < 1e-14, "{u:?} {back:?}");
        // (3.3) must give back the density 1 of the square; the wrong version keeps the sign of the determinant.
        let product = log_density_of_source(&BoxMuller, log_normal, u).exp();
        let signed = log_normal(BoxMuller.forward(u)).exp() * BoxMuller.determinant(u);
        worst = [worst[0].max((product - 1.0).abs()), worst[1].max((signed - 1.0).abs())];
    }
    Check::new(
        "ch3_flows/transport/maps/box_muller_jacobian",
        &["u:31", "thm:3.3", "eq:3.3"],
        "the normal density at f(u) times |J_f(u)| is 1 all over the unit square: the largest deviation on a grid",
        "J_f with its sign, which is negative here",
    )
    .within(worst[0], 0.0, 1e-13, "rounding of a logarithm and an exponential", worst[1]);
}

#[test]
fn box_muller_joint_law() {
    const DRAWS: u64 = 400_000;
    const CELLS: usize = 6;
    let cell = |z: f64| ((normal::cdf(z) * CELLS as f64) as usize).min(CELLS - 1);
    let p_value = |twice: bool| {
        let streams = Streams::new(1, "box-muller cells");
        let mut counts = [0u64; CELLS * CELLS];
        for path in 0..50_000 {
            let mut stream = streams.stream(path);
            let u = 1.0 - stream.uniform();
            let z = BoxMuller.forward([u, if twice { u } else { stream.uniform() }]);
            counts[cell(z[0]) * CELLS + cell(z[1])] += 1;
        }
        chi_square(&counts, &[1.0 / (CELLS * CELLS) as f64; CELLS * CELLS]).unwrap().p_value
    };
    assert!(p_value(false) > 1e-3);
    assert!(p_value(true) < 1e-12);
    let product = |twice: bool| {
        let [product] = estimate(&Streams::new(2, "box-muller"), DRAWS, |stream| {
            let u = 1.0 - stream.uniform();
            let [a, b] = BoxMuller.forward([u, if twice { u } else { stream.uniform() }]);
            [a * a * b * b]
        })
        .unwrap();
        product
    };
    Check::new(
        "ch3_flows/transport/maps/box_muller_joint_law",
        &["u:31"],
        "Z_0 and Z_1 are independent and standard normal: the mean of Z_0² Z_1² is 1 (and 36 equally likely cells of the \
         plane are hit equally often)",
        "one uniform variable used for the radius and the angle",
    )
    .seed(2)
    .samples(format!("{DRAWS} pairs"))
    .statistical(product(false), 1.0, product(true).mean);
}

#[test]
fn box_muller_not_optimal() {
    const DRAWS: u64 = 200_000;
    let [cost] = estimate(&Streams::new(3, "box-muller cost"), DRAWS, |stream| {
        let u = [1.0 - stream.uniform(), stream.uniform()];
        let z = BoxMuller.forward(u);
        [(z[0] - u[0]).powi(2) + (z[1] - u[1]).powi(2)]
    })
    .unwrap();
    // E|Z|² + E|U|² − 2 E Z·U: the only product that does not vanish is E R · E U_2 sin 2πU_2 = √(π/2) · (−1/2π).
    let expected = 2.0 + 2.0 / 3.0 + 2.0 * (PI / 2.0).sqrt() / TAU;
    // Quantiles of each coordinate, the gradient of a convex function: 2 E(Φ⁻¹(U) − U)² = 2 (4/3 − 1/√π).
    let optimal = 2.0 * (4.0 / 3.0 - 1.0 / PI.sqrt());
    let quantiles = 2.0 * integrate(-9.0, 9.0, 60, |z| (z - normal::cdf(z)).powi(2) * normal::density(z));
    assert!((quantiles - optimal).abs() < 1e-10, "{quantiles} {optimal}");
    Check::new(
        "ch3_flows/transport/maps/box_muller_not_optimal",
        &["u:31"],
        "the mean squared distance that the Box–Muller map moves a point is 8/3 + 1/√(2π)",
        "the map being optimal: Φ⁻¹ in each coordinate costs 8/3 − 2/√π",
    )
    .seed(3)
    .samples(format!("{DRAWS} points"))
    .statistical(cost, expected, optimal);
}

#[test]
fn dirac_cannot_be_split() {
    let one = Atoms::new(&[0.0], &[1.0]).unwrap();
    let two = Atoms::new(&[-1.0, 1.0], &[0.5, 0.5]).unwrap();
    let places = (-300..=300).map(|k| f64::from(k) / 100.0);
    let nearest = places
        .map(|place| wasserstein_1(&one.pushed(|_| place).unwrap(), &two))
        .fold(f64::INFINITY, f64::min);
    // Two atoms, however close, can be mapped to two: the obstacle is the atom, not the target.
    let halves = Atoms::new(&[-1e-9, 1e-9], &[0.5, 0.5]).unwrap();
    let apart = wasserstein_1(&halves.pushed(f64::signum).unwrap(), &two);
    Check::new(
        "ch3_flows/transport/maps/dirac_cannot_be_split",
        &["u:32"],
        "the least W₁ between an image of δ_0 under a map and ½δ_{−1} + ½δ_1 is 1",
        "a source of two atoms at ±10⁻⁹, which the map sign carries to the target",
    )
    .within(nearest, 1.0, 1e-12, "sums of three products", apart);
}

/// The quantile at the probability p = 1/(1 + e^{−u}) by another road: dx/du = p (1 − p)/p_X(x) from the median, by the
/// classical Runge–Kutta method. The increasing map solves f' p_X(f) = p_Z, which is this with u as the common clock.
fn by_differential_equation(law: &LineLaw, u: f64) -> f64 {
    const STEPS: usize = 8000;
    let mut x = law.quantile(Tail::Left(0.5)).unwrap();
    let h = u / STEPS as f64;
    let slope = |u: f64, x: f64| 1.0 / ((2.0 + u.exp() + (-u).exp()) * law.density(x));
    for k in 0..STEPS {
        let t = k as f64 * h;
        let a = slope(t, x);
        let b = slope(t + 0.5 * h, x + 0.5 * h * a);
        let c = slope(t + 0.5 * h, x + 0.5 * h * b);
        let d = slope(t + h, x + h * c);
        x += h / 6.0 * (a + 2.0 * b + 2.0 * c + d);
    }
    x
}

fn laws() -> [LineLaw; 4] {
    [
        LineLaw::STANDARD,
        LineLaw::Exponential { rate: 1.5 },
        LineLaw::Logistic { centre: -0.5, scale: 0.7 },
        LineLaw::Mixture(vec![(0.35, -1.2, 0.5), (0.65, 1.0, 0.6)]),
    ]
    .map(|law| law.valid().unwrap())
}

#[test]
fn monotone_maps() {
    let mut worst = [0f64; 2];
    for (i, source) in laws().iter().enumerate() {
        for (j, target) in laws().iter().enumerate() {
            for u in [-7.0, -4.0, -1.0, 0.0, 1.5, 3.5, 7.5] {
                let [z, reference] = [source, target].map(|law| by_differential_equation(law, u));
                let scale = 1.0f64.max(reference.abs());
                let error = (monotone(source, target, z).unwrap() - reference).abs() / scale;
                assert!(error < 1e-9, "{i} {j} {u}: {error:e}");
                worst[0] = worst[0].max(error);
                // P_Z⁻¹ ∘ P_X, the map of the opposite direction, at the same number.
                if i != j && target.right(z) > 0.0 && target.left(z) > 0.0 {
                    let opposite = monotone(target, source, z).unwrap();
                    worst[1] = worst[1].max((opposite - reference).abs() / scale);
                }
            }
        }
    }
    Check::new(
        "ch3_flows/transport/maps/monotone_maps",
        &["exa:3.2", "eq:3.1"],
        "P_X⁻¹ ∘ P_Z solves f' p_X(f) = p_Z: largest distance from that differential equation's solution between normal, \
         exponential, logistic and mixture laws",
        "P_Z⁻¹ ∘ P_X",
    )
    .within(worst[0], 0.0, 1e-9, "the Runge–Kutta error of 8000 steps", worst[1]);
}

#[test]
fn tails() {
    // Both tails to full relative accuracy: mapping there and back, as far out as 20 standard deviations.
    for target in &laws()[1..] {
        for z in [-20.0, -8.0, -3.0, 0.0, 3.0, 8.0, 20.0] {
            let x = monotone(&LineLaw::STANDARD, target, z).unwrap();
            let back = monotone(target, &LineLaw::STANDARD, x).unwrap();
            assert!((back - z).abs() < 1e-9, "{target:?} {z} {back}");
        }
    }
}

#[test]
fn quantiles_of_the_least_tails() {
    // Φ(x) = p to the last bits: an error of an ulp in x moves log Φ(x) by x² ulps.
    for p in [1e-11, 1e-13, 1e-20, 1e-50, 1e-150, 1e-300] {
        let x = LineLaw::STANDARD.quantile(Tail::Left(p)).unwrap();
        let miss = (normal::cdf(x) / p).ln();
        assert!(miss.abs() < 8.0 * f64::EPSILON * x * x, "{p:e} {x} {miss:e}");
        assert_eq!(LineLaw::STANDARD.quantile(Tail::Right(p)).unwrap(), -x);
    }
}

#[test]
fn pushed_samples() {
    let mixture = &laws()[3];
    let mut stream = Streams::new(4, "pushed").stream(0);
    let z: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
    for map in [monotone, decreasing] {
        let x: Vec<f64> = z.iter().map(|&z| map(&LineLaw::STANDARD, mixture, z).unwrap()).collect();
        assert!(kolmogorov_smirnov(&x, |x| mixture.left(x)).unwrap().p_value > 1e-3);
        // The same points are far from the normal law with the same mean and variance.
        let (mean, square) = (-0.42 + 0.65, 0.35 * (1.44 + 0.25) + 0.65 * (1.0 + 0.36));
        let deviation = f64::sqrt(square - mean * mean);
        let other = LineLaw::Normal { mean, deviation };
        assert!(kolmogorov_smirnov(&x, |x| other.left(x)).unwrap().p_value < 1e-12);
    }
}

#[test]
fn decreasing_costs_more() {
    let target = LineLaw::Normal { mean: 1.0, deviation: 0.5 };
    let cost = |map: fn(&LineLaw, &LineLaw, f64) -> sdml::Result<f64>| {
        integrate(-9.0, 9.0, 60, |z| {
            (map(&LineLaw::STANDARD, &target, z).unwrap() - z).powi(2) * normal::density(z)
        })
    };
    let (up, down) = (cost(monotone), cost(decreasing));
    assert!((down - 3.25).abs() < 1e-10);
    Check::new(
        "ch3_flows/transport/maps/decreasing_costs_more",
        &["exa:3.2", "eq:3.1"],
        "between N(0, 1) and N(1, ¼) the increasing map costs 1² + (½ − 1)² = 5/4",
        "the decreasing map, which carries the one to the other as well: 1² + (½ + 1)²",
    )
    .within(up, 1.25, 1e-10, "Gauss–Legendre quadrature on 60 panels", down);
}

/// A curved shear followed by a reflection: J = −exp(0.8 sin z₀).
struct Curved;

impl Diffeomorphism<2> for Curved {
    fn forward(&self, [a, b]: [f64; 2]) -> [f64; 2] {
        [b * (0.8 * a.sin()).exp() + a * a, a]
    }

    fn inverse(&self, [x, a]: [f64; 2]) -> [f64; 2] {
        [a, (x - a * a) * (-0.8 * a.sin()).exp()]
    }

    fn determinant(&self, [a, _]: [f64; 2]) -> f64 {
        -(0.8 * a.sin()).exp()
    }
}

#[test]
fn change_of_variables() {
    let log_normal = |[x, y]: [f64; 2]| -0.5 * (x * x + y * y) - TAU.ln();
    let (mut mass, mut signed, mut squared) = (0.0, 0.0, 0.0);
    for (y, wy) in nodes(-7.0, 7.0, 20) {
        for (x, wx) in nodes(-20.0, 70.0, 120) {
            let density = log_density_by_inverse(&Curved, log_normal, [x, y]).exp();
            let jacobian = Curved.determinant(Curved.inverse([x, y]));
            mass += wx * wy * density;
            signed += wx * wy * density * jacobian.signum();
            squared += wx * wy * density * jacobian * jacobian;
        }
    }
    // Multiplied by |J_f| where it should be divided.
    assert!((squared - 1.0).abs() > 0.3);
    let z = [0.7, -1.1];
    assert!((numerical_determinant(&Curved, z, 1e-5) - Curved.determinant(z)).abs() < 1e-8);
    let x = Curved.forward(z);
    let roundabout = log_density_of_source(&Curved, |x| log_density_by_inverse(&Curved, log_normal, x), z);
    assert!((roundabout - log_normal(z)).abs() < 1e-14, "{x:?}");
    Check::new(
        "ch3_flows/transport/maps/change_of_variables",
        &["thm:3.3", "eq:3.2"],
        "the density (3.2) behind a curved map with a negative determinant integrates to 1",
        "the determinant without its modulus",
    )
    .within(
        mass,
        1.0,
        1e-6,
        "Gauss–Legendre quadrature; the box holds all but 1e-11 of the mass",
        signed,
    );
}

#[test]
fn cube_has_no_density() {
    // The mean density of Z³ on (−ε, ε) is P(|Z| < ε^{1/3})/(2ε).
    let epsilon: Vec<f64> = (4..12).map(|k| 10f64.powi(-k)).collect();
    let mean: Vec<f64> = epsilon.iter().map(|e| (1.0 - 2.0 * normal::tail(e.cbrt())) / (2.0 * e)).collect();
    let order = fit_order(&epsilon, &mean, 0.95).unwrap().order;
    Check::new(
        "ch3_flows/transport/maps/cube_has_no_density",
        &["thm:3.3"],
        "the mean density of Z³ on (−ε, ε) grows like ε^{−2/3}",
        "a bounded density, which the change of variables would give if f' > 0 were not needed",
    )
    .within(order, -2.0 / 3.0, 1e-3, "the next term is smaller by ε^{2/3}", 0.0);
}

#[test]
fn bad_input() {
    let message = |error: sdml::Error| error.to_string();
    assert!(message(LineLaw::STANDARD.quantile(Tail::Left(0.0)).unwrap_err()).contains("`tail` is 0"));
    assert!(LineLaw::STANDARD.quantile(Tail::Right(f64::NAN)).is_err());
    // Beyond the reach of floating point there is no mass left.
    assert!(monotone(&LineLaw::STANDARD, &LineLaw::Exponential { rate: 1.0 }, 50.0).is_err());
    for law in [
        LineLaw::Normal { mean: f64::NAN, deviation: 1.0 },
        LineLaw::Normal { mean: 0.0, deviation: 0.0 },
        LineLaw::Uniform { low: 1.0, high: 1.0 },
        LineLaw::Exponential { rate: f64::INFINITY },
        LineLaw::Logistic { centre: 0.0, scale: -1.0 },
        LineLaw::Logistic { centre: f64::NAN, scale: 1.0 },
        LineLaw::Mixture(vec![]),
        LineLaw::Mixture(vec![(0.5, 0.0, 1.0)]),
    ] {
        assert!(law.valid().is_err());
    }
    assert!(LineLaw::Mixture(vec![(1.0, 0.0, 1.0)]).valid().is_ok());
    assert!(message(Affine::new([[1.0, 2.0], [2.0, 4.0]], [0.0; 2]).unwrap_err()).contains("invertible"));
    assert!(Affine::new([[f64::NAN, 0.0], [0.0, 1.0]], [0.0; 2]).is_err());
    assert!(Atoms::new(&[], &[]).is_err());
    assert!(Atoms::new(&[0.0, 1.0], &[1.0]).is_err());
    assert!(Atoms::new(&[0.0, 1.0], &[0.7, 0.7]).is_err());
    assert!(Atoms::new(&[f64::NAN], &[1.0]).is_err());
    assert!(Atoms::new(&[0.0], &[1.0]).unwrap().pushed(|_| f64::INFINITY).is_err());
}

/// Laws that nobody has called [`LineLaw::valid`] on must not keep the bisection going for ever.
#[test]
fn mixtures_that_are_none() {
    for law in [LineLaw::Mixture(Vec::new()), LineLaw::Mixture(vec![(1.0, f64::NAN, 1.0)])] {
        assert!(law.quantile(Tail::Left(0.3)).is_err());
    }
}

/// The edges of what is allowed, and the angle 0.
#[test]
fn edges() {
    let [u, turns] = BoxMuller.inverse(BoxMuller.forward([0.3, 0.0]));
    assert!((u - 0.3).abs() < 1e-15 && turns == 0.0);
    let mixture = |second: f64| LineLaw::Mixture(vec![(0.5, 0.0, 1.0), (second, 1.0, 1.0)]).valid();
    assert!(mixture(0.5 + 1e-12).is_ok());
    for second in [0.5 + 1e-8, 0.5 - 1e-8, -0.5, f64::NAN] {
        assert!(mixture(second).is_err(), "{second}");
    }
    let says = |law: LineLaw, text: &str| {
        let error = law.valid().unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    };
    for bad in [f64::NAN, f64::INFINITY] {
        says(LineLaw::Normal { mean: bad, deviation: 1.0 }, "`mean`");
        says(LineLaw::Uniform { low: bad, high: 1.0 }, "`low`");
        says(LineLaw::Logistic { centre: bad, scale: 1.0 }, "`centre`");
        says(LineLaw::Mixture(vec![(1.0, bad, 1.0)]), "`mean`");
    }
    for bad in [0.0, -1.0, f64::NAN] {
        says(LineLaw::Normal { mean: 0.0, deviation: bad }, "`deviation`");
        says(LineLaw::Uniform { low: 0.0, high: bad }, "`high - low`");
        says(LineLaw::Exponential { rate: bad }, "`rate`");
        says(LineLaw::Logistic { centre: 0.0, scale: bad }, "`scale`");
        says(LineLaw::Mixture(vec![(1.0, 0.0, bad)]), "`deviation`");
        says(LineLaw::Mixture(vec![(bad, 0.0, 1.0)]), "`weight`");
    }
    says(LineLaw::Mixture(vec![]), "`parts.len()` is 0");
    for p in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(
            LineLaw::STANDARD.quantile(Tail::Left(p)).is_err()
                && LineLaw::STANDARD.quantile(Tail::Right(p)).is_err()
        );
    }
    // The median counts as the left tail; an interval holds its left end and not its right one.
    assert_eq!(LineLaw::STANDARD.tail(0.0), Tail::Left(0.5));
    let interval = LineLaw::Uniform { low: 1.0, high: 3.0 };
    assert_eq!([1.0, 2.0, 3.0].map(|x| interval.density(x)), [0.5, 0.5, 0.0]);
    assert_eq!(LineLaw::Exponential { rate: 2.0 }.density(0.0), 0.0);
}

/// Numbers that are finite, with sums and products that are not.
#[test]
fn the_ends_of_floating_point() {
    for overflows in [[[1e200, 0.0], [0.0, 1e200]], [[1e200, 1e200], [1e200, 1e200]]] {
        let error = Affine::new(overflows, [0.0; 2]).unwrap_err().to_string();
        assert!(error.contains("finite"), "{error}");
    }
    // Twice 1.7e308 is the width; a tenth of the mass crosses it.
    let law = |left: f64| Atoms::new(&[-1.7e308, 1.7e308], &[left, 1.0 - left]).unwrap();
    assert_eq!(wasserstein_1(&law(0.5), &law(0.5)), 0.0);
    assert!((wasserstein_1(&law(0.5), &law(0.6)) / 3.4e307 - 1.0).abs() < 1e-14);
}

#[test]
fn weights_of_atoms() {
    let atoms = |weights: [f64; 2]| Atoms::new(&[0.0, 1.0], &weights);
    for weights in [[0.0, 1.0], [0.5, 0.5 + 1e-12]] {
        assert!(atoms(weights).is_ok(), "{weights:?}");
    }
    for weights in [[1.5, -0.5], [-0.5, 1.5], [f64::NAN, 1.0], [1.0, f64::NAN], [0.5, 0.5 + 1e-8], [0.5, 0.4]]
    {
        let error = atoms(weights).unwrap_err().to_string();
        assert!(error.starts_with("`weights`"), "{weights:?}: {error}");
    }
}

/// Beside an interval, beyond the median, and where the exponential of a logistic law overflows.
#[test]
fn both_sides_of_a_law() {
    let interval = LineLaw::Uniform { low: 0.0, high: 8.0 };
    let beside = [-1.0, 9.0].map(|x| [interval.left(x), interval.right(x)]);
    assert_eq!(beside, [[0.0, 1.0], [1.0, 0.0]]);
    assert_eq!([3.0, 5.0].map(|x| interval.tail(x)), [Tail::Left(0.375), Tail::Right(0.375)]);
    for law in laws().into_iter().chain([interval]) {
        for p in [0.0, 1.0, 1.5, -0.5, f64::NAN] {
            let refused = [Tail::Left(p), Tail::Right(p)].map(|tail| law.quantile(tail).is_err());
            assert_eq!(refused, [true; 2], "{law:?} {p}");
        }
    }
    let logistic = LineLaw::Logistic { centre: -0.5, scale: 0.5 };
    for side in [-0.5, 0.5] {
        // e^{−700}/scale, and e^{−800}, which is 0.
        let [far, farther] = [700.0, 800.0].map(|scales| logistic.density(scales * side - 0.5));
        assert!((far / (2.0 * (-700f64).exp()) - 1.0).abs() < 1e-14, "{far:e}");
        assert_eq!(farther, 0.0);
    }
}

use nalgebra::DMatrix;
use proptest::collection::vec;
use proptest::prelude::*;
use sdml::ch1_preliminaries::brownian::BrownianTree;
use sdml::ch1_preliminaries::evolution::{
    Freezing, Splitting, magnus_propagator, propagator, split_propagator, suzuki_fractions,
};
use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
use sdml::ch1_preliminaries::integral::{ito_sum, left_sum, right_sum, stratonovich_sum, weighted_sum};
use sdml::ch1_preliminaries::learning::{
    Classification, FiniteSum, Labelled, LogCosh, Misfit, Quadratic, TiltedWell,
};
use sdml::ch1_preliminaries::sde::{
    self, Equation, General, Increment, Increments, Number, Reversible, ReversibleHeun, Step, Stratonovich,
};
use sdml::random::Streams;

use crate::{cases, distance};

/// L(t) = A + t B, 3 × 3.
#[derive(Debug, Clone)]
struct Generator(DMatrix<f64>, DMatrix<f64>);

impl Generator {
    fn at(&self, t: f64) -> DMatrix<f64> {
        &self.0 + &self.1 * t
    }

    fn any() -> impl Strategy<Value = Self> {
        let matrix = || vec(-1.0..1.0f64, 9).prop_map(|entries| DMatrix::from_vec(3, 3, entries));
        (matrix(), matrix()).prop_map(|(a, b)| Self(a, b))
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// U(t, s) = U(t, r) U(r, s): the steps on both sides of r are those of the whole way.
    #[test]
    fn propagators_form_a_semigroup(
        l in Generator::any(),
        s in -1.0..1.0f64,
        h in 0.01..0.2f64,
        early in 1..8usize,
        late in 1..8usize,
    ) {
        let (r, t) = (s + early as f64 * h, s + (early + late) as f64 * h);
        for freezing in Freezing::ALL {
            let u = |t, s, steps| propagator(|r| l.at(r), t, s, steps, freezing).unwrap();
            prop_assert!((u(t, s, early + late) - u(t, r, late) * u(r, s, early)).norm() < 1e-10);
        }
        let u = |t, s, steps| magnus_propagator(|r| l.at(r), t, s, steps).unwrap();
        prop_assert!((u(t, s, early + late) - u(t, r, late) * u(r, s, early)).norm() < 1e-10);
    }

    /// Symmetric steps undo themselves: U(s, t) U(t, s) = 1.
    #[test]
    fn symmetric_propagators_are_reversible(
        l in Generator::any(),
        s in -1.0..1.0f64,
        t in -1.0..1.0f64,
        steps in 1..12usize,
    ) {
        let one = DMatrix::identity(3, 3);
        let frozen = |t, s| propagator(|r| l.at(r), t, s, steps, Freezing::Midpoint).unwrap();
        prop_assert!((frozen(s, t) * frozen(t, s) - &one).norm() < 1e-10);
        let magnus = |t, s| magnus_propagator(|r| l.at(r), t, s, steps).unwrap();
        prop_assert!((magnus(s, t) * magnus(t, s) - &one).norm() < 1e-10);
        for splitting in [Splitting::Strang, Splitting::Suzuki(4), Splitting::Suzuki(6)] {
            let (a, b) = (|_| l.0.clone(), |r| &l.1 * r);
            let split = |t, s| split_propagator(a, b, t, s, steps, splitting, Freezing::Midpoint).unwrap();
            prop_assert!((split(s, t) * split(t, s) - &one).norm() < 1e-10, "{splitting:?}");
        }
    }

    /// Liouville: det U(t, s) = exp ∫ tr L dr, without error where the midpoint rule has none.
    #[test]
    fn determinant_of_a_propagator(
        l in Generator::any(),
        s in -1.0..1.0f64,
        t in -1.0..1.0f64,
        steps in 1..12usize,
    ) {
        let exact = ((t - s) * l.at(0.5 * (s + t)).trace()).exp();
        let midpoint = propagator(|r| l.at(r), t, s, steps, Freezing::Midpoint).unwrap();
        let magnus = magnus_propagator(|r| l.at(r), t, s, steps).unwrap();
        prop_assert!((midpoint.determinant() / exact - 1.0).abs() < 1e-10);
        prop_assert!((magnus.determinant() / exact - 1.0).abs() < 1e-10);
    }

    /// What Suzuki asks of the five fractions p: Σ p = 1, and Σ p^{order − 1} = 0.
    #[test]
    fn suzuki_fractions_remove_the_leading_error(half in 2..12u32) {
        let p = suzuki_fractions(2 * half).unwrap();
        prop_assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-14);
        prop_assert!(p.iter().map(|p| p.powi(2 * half as i32 - 1)).sum::<f64>().abs() < 1e-14);
    }
}

/// A weight for each cell of a grid, bounded away from 0.
fn weights(cells: usize) -> impl Strategy<Value = Vec<f64>> {
    vec(0.1..1.0f64, cells)
}

proptest! {
    #![proptest_config(cases(48))]

    /// Whatever the coefficients and the density, no mass is lost, and none turns negative.
    #[test]
    fn fokker_planck_keeps_mass_and_sign(
        [b0, b1, b2] in prop::array::uniform3(-3.0..3.0f64),
        [d0, d1] in prop::array::uniform2(0.2..2.0f64),
        start in weights(8 * 6),
        time in 0.01..2.0f64,
    ) {
        let grid = Grid::new([-1.0, 0.0], [1.0, 3.0], [8, 6]).unwrap();
        let drift = |[x, y]: [f64; 2]| [b0 + b1 * x * y, b2 * (y - x).sin()];
        let diffusion = |[x, y]: [f64; 2]| [d0 + x * x, d1 + 0.5 * y.cos().powi(2)];
        let equation = FokkerPlanck::new(grid, drift, diffusion).unwrap();
        let total: f64 = start.iter().sum();
        let start = Density::new(grid, start.iter().map(|p| p / total / grid.volume()).collect()).unwrap();
        prop_assert!(equation.rate_of_change(&start).unwrap().iter().sum::<f64>().abs() < 1e-10);
        let end = equation.evolve(&start, time).unwrap();
        prop_assert!((end.mass() - 1.0).abs() < 1e-12 && end.values().iter().all(|p| *p >= 0.0));
        // And p(s + t) is p(t) started from p(s).
        let halves = equation.evolve(&equation.evolve(&start, 0.3 * time).unwrap(), 0.7 * time).unwrap();
        prop_assert!(end.distance(&halves).unwrap() < 1e-9);
    }

    /// With the drift of a gradient, e^{−U/T} does not move, and mass crosses every face as often in either direction:
    /// Σ g L f π = Σ f L g π for the generator L that acts on functions.
    #[test]
    fn gradient_dynamics_is_reversible(
        [a, b, c] in prop::array::uniform3(-1.0..1.0f64),
        temperature in 0.3..2.0f64,
        f in weights(40),
        g in weights(40),
    ) {
        let u = |[x]: [f64; 1]| x * x + a * x + b * (3.0 * x).sin() + c * x.powi(3) / 6.0;
        let grid = Grid::new([-2.0], [2.0], [40]).unwrap();
        let equation = FokkerPlanck::gradient(grid, u, temperature).unwrap();
        let gibbs = Density::proportional_to(grid, |x| (-u(x) / temperature).exp()).unwrap();
        let change = equation.rate_of_change(&gibbs).unwrap();
        prop_assert!(change.iter().all(|change| change.abs() < 1e-9));
        prop_assert!(distance(equation.equilibrium().unwrap().values(), gibbs.values()) < 1e-10);
        // L acts on f as the rate of change acts on the density fπ: divided by π.
        let moved = |f: &[f64]| {
            let weighted: Vec<f64> = f.iter().zip(gibbs.values()).map(|(f, p)| f * p).collect();
            let mass: f64 = weighted.iter().sum::<f64>() * grid.volume();
            let density = Density::new(grid, weighted.iter().map(|p| p / mass).collect()).unwrap();
            equation.rate_of_change(&density).unwrap().into_iter().map(|rate| rate * mass).collect::<Vec<f64>>()
        };
        let product = |f: &[f64], h: &[f64]| f.iter().zip(h).map(|(f, h)| f * h).sum::<f64>();
        let (one, other) = (product(&g, &moved(&f)), product(&f, &moved(&g)));
        prop_assert!((one - other).abs() < 1e-9 * (1.0 + one.abs()));
    }
}

/// Two rows of equal length.
fn two_rows() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (2..30usize).prop_flat_map(|n| (vec(-2.0..2.0f64, n), vec(-2.0..2.0f64, n)))
}

proptest! {
    #![proptest_config(cases(128))]

    /// The sums of (1.3) and (1.4) are linear in both rows, and Σ X ΔG + Σ G ΔX telescopes when one of them is a right sum.
    #[test]
    fn sums_are_bilinear((x, g) in two_rows(), c in -2.0..2.0f64, lambda in 0.0..1.0f64) {
        let sum = |x: &[f64], g: &[f64]| weighted_sum(x, g, lambda).unwrap();
        let mixed = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| c * x + y * y).collect::<Vec<f64>>();
        let squares: Vec<f64> = g.iter().map(|g| g * g).collect();
        prop_assert!((sum(&mixed(&x, &g), &g) - c * sum(&x, &g) - sum(&squares, &g)).abs() < 1e-11);
        prop_assert!((sum(&x, &mixed(&x, &g)) - c * sum(&x, &x) - sum(&x, &squares)).abs() < 1e-11);
        let (left, right) = (left_sum(&x, &g).unwrap(), right_sum(&x, &g).unwrap());
        prop_assert!((sum(&x, &g) - (1.0 - lambda) * left - lambda * right).abs() < 1e-11);
        let n = x.len() - 1;
        let telescope = x[n] * g[n] - x[0] * g[0];
        prop_assert!((left + right_sum(&g, &x).unwrap() - telescope).abs() < 1e-11);
    }

    /// Over all 2ⁿ walks with steps ±√h the isometry is exact: E Σ f(B)ΔB = 0 and E (Σ f(B)ΔB)² = h Σ E f(B)².
    #[test]
    fn isometry_on_all_walks(
        n in 1..9usize,
        h in 0.1..1.0f64,
        [a, b, c] in prop::array::uniform3(-1.0..1.0f64),
    ) {
        let f = |x: f64| a + b * x + c * x * x;
        let (mut mean, mut square, mut energy, mut correction) = (0.0, 0.0, 0.0, 0.0);
        let share = 0.5f64.powi(n as i32);
        for signs in 0..1u32 << n {
            let mut walk = vec![0.0];
            for k in 0..n {
                let sign = if signs >> k & 1 == 0 { -1.0 } else { 1.0 };
                walk.push(walk[k] + sign * f64::sqrt(h));
            }
            let sum = ito_sum(&walk, f);
            mean += share * sum;
            square += share * sum * sum;
            energy += share * h * walk[..n].iter().map(|x| f(*x).powi(2)).sum::<f64>();
            // The other sum is larger by ½ Σ Δf ΔB, which for this f is ½ h Σ f′ at the middle of the step.
            let slopes: f64 = walk.windows(2).map(|w| b + c * (w[0] + w[1])).sum();
            correction += (stratonovich_sum(&walk, f) - sum - 0.5 * h * slopes).abs();
        }
        prop_assert!(mean.abs() < 1e-11 && (square - energy).abs() < 1e-10 * (1.0 + energy));
        prop_assert!(correction < 1e-9);
    }

    /// A path asked in any order is one path: the values are those of an orderly walk, bit for bit, increments add up, and a
    /// deeper tree refines it without moving what was known.
    #[test]
    fn brownian_path_in_any_order(
        seed in 0..1000u64,
        horizon in 0.1..10.0f64,
        shares in vec(0.0..=1.0f64, 1..20),
    ) {
        let tree = BrownianTree::<2>::new(horizon, 12, &Streams::new(seed, "law"), 3).unwrap();
        let deep = BrownianTree::<2>::new(horizon, 20, &Streams::new(seed, "law"), 3).unwrap();
        let times: Vec<f64> = shares.iter().map(|share| share * horizon).collect();
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        let (mut wild, mut orderly) = (tree.cursor(), tree.cursor());
        for t in &times {
            prop_assert_eq!(wild.at(*t).unwrap(), tree.at(*t).unwrap());
        }
        let mut sum = [0.0; 2];
        let mut before = 0.0;
        for t in sorted {
            let b = orderly.at(t).unwrap();
            prop_assert_eq!(b, tree.at(t).unwrap());
            let step = tree.increment(before, t).unwrap();
            sum = [sum[0] + step[0], sum[1] + step[1]];
            prop_assert!(distance(&sum, &b) < 1e-12);
            before = t;
            let grid = (t / tree.resolution()).floor();
            let (left, right) = (grid * tree.resolution(), (grid + 1.0).min(4096.0) * tree.resolution());
            for t in [left, right] {
                let t = t.min(horizon);
                let (fine, coarse) = (deep.at(t).unwrap(), tree.at(t).unwrap());
                prop_assert!(distance(&fine, &coarse) < 1e-10 * (1.0 + horizon));
            }
        }
    }

    /// Steps joined in any grouping are the same increments: `then` is associative.
    #[test]
    fn increments_join_in_any_grouping(h in 0.01..1.0f64, seed in 0..1000u64) {
        let mut stream = Streams::new(seed, "join").stream(0);
        let [a, b, c] = [(); 3].map(|()| Increment::<2>::draw(h, &mut stream));
        let one = a.then(&b, h).then(&c, h);
        let other = a.then(&b.then(&c, h), 2.0 * h);
        prop_assert!(distance(&one.db, &other.db) < 1e-13 && distance(&one.dz, &other.dz) < 1e-13);
        let grid = sde::Grid::new(0.0, 3.0 * h, 3).unwrap();
        let total = Increments::of(grid, vec![a, b, c]).unwrap().total();
        prop_assert!(distance(&one.db, &total.db) < 1e-13 && distance(&one.dz, &total.dz) < 1e-13);
    }
}

/// dX = A sin X dt + (diag(c) X, sin X) ∘ dB in the plane, with noises that do not commute.
#[derive(Debug)]
struct Plane([f64; 6]);

impl Equation<2, 2> for Plane {
    type Calculus = Stratonovich;
    type Noise = General;
    fn drift(&self, [x, y]: &[f64; 2], t: f64) -> [f64; 2] {
        let Self([a, b, c, ..]) = *self;
        [a * y.sin() + b * t.cos(), c * x.sin()]
    }
    fn diffusion<S: Number>(&self, [x, y]: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        let Self([.., d, e, f]) = *self;
        [[*x * d, y.sin() * f], [*y * e, x.sin()]]
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// The reversible Heun scheme retraces its steps with time and noise turned round.
    #[test]
    fn reversible_heun_retraces(
        constants in prop::array::uniform6(-1.0..1.0f64),
        x in prop::array::uniform2(-2.0..2.0f64),
        seed in 0..1000u64,
        steps in 1..20usize,
    ) {
        let (equation, h) = (Plane(constants), 0.05);
        let mut stream = Streams::new(seed, "retrace").stream(0);
        let noise: Vec<Increment<2>> = (0..steps).map(|_| Increment::draw_db(h, &mut stream)).collect();
        let start = Reversible { x, companion: [x[0] + 0.1, x[1] - 0.2] };
        let mut state = start;
        for (n, db) in noise.iter().enumerate() {
            state = ReversibleHeun.step(&equation, state, n as f64 * h, h, db);
        }
        for (n, step) in noise.iter().enumerate().rev() {
            let back = Increment { db: step.db.map(|db| -db), ..*step };
            state = ReversibleHeun.step(&equation, state, (n + 1) as f64 * h, -h, &back);
        }
        prop_assert!(distance(&state.x, &start.x) < 1e-11);
        prop_assert!(distance(&state.companion, &start.companion) < 1e-11);
    }
}

/// How far Σ ωᵢ ∂fᵢ along a direction is from the difference of Σ ωᵢ fᵢ, relative to its size.
fn slope_defect(sum: &impl FiniteSum, theta: &[f64], direction: &[f64]) -> f64 {
    let at = |h: f64| {
        let theta: Vec<f64> = theta.iter().zip(direction).map(|(w, v)| w + h * v).collect();
        sum.add_all(&theta, &mut vec![0.0; theta.len()])
    };
    let h = 1e-3;
    let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
    let mut gradient = vec![0.0; theta.len()];
    sum.add_all(theta, &mut gradient);
    let slope: f64 = gradient.iter().zip(direction).map(|(g, v)| g * v).sum();
    (slope - difference).abs() / (1.0 + slope.abs())
}

proptest! {
    #![proptest_config(cases(64))]

    /// What a finite sum calls its gradient is the slope of what it calls its value.
    #[test]
    fn gradients_of_finite_sums(
        theta in vec(-1.5..1.5f64, 9),
        direction in vec(-1.0..1.0f64, 9),
        centres in vec(prop::array::uniform2(-2.0..2.0f64), 1..6),
        curvature in prop::array::uniform2(0.2..3.0f64),
        tilt in 0.1..1.5f64,
    ) {
        let [xs, ys] = [0, 1].map(|d| centres.iter().map(|a| a[d]).collect::<Vec<f64>>());
        let quadratic = Quadratic::new(curvature, centres.clone()).unwrap();
        prop_assert!(slope_defect(&quadratic, &theta[..2], &direction[..2]) < 1e-9);
        let well = TiltedWell::new(tilt, curvature[0]).unwrap();
        prop_assert!(slope_defect(&well, &theta[..1], &direction[..1]) < 1e-9);
        let scales: Vec<f64> = xs.iter().map(|x| x + 2.1).collect();
        let wells = LogCosh::new(&scales, &ys).unwrap();
        prop_assert!(slope_defect(&wells, &theta[..1], &direction[..1]) < 1e-9);
        let value = wells.add_all(&theta[..1], &mut [0.0]);
        prop_assert!((wells.loss(theta[0]) - value).abs() < 1e-12 * (1.0 + value.abs()));
        let labels: Vec<f64> = xs.iter().map(|x| if *x > 0.0 { 1.0 } else { 0.0 }).collect();
        for misfit in [Misfit::Square, Misfit::LogCosh] {
            let data = Labelled { points: centres.clone(), labels: labels.clone() };
            let loss = Classification::new(data, misfit).unwrap();
            prop_assert!(slope_defect(&loss, &theta, &direction) < 1e-8, "{misfit:?}");
        }
    }

    /// σ² of Theorem 1.24 is what E|∇fᵢ|² is at the ends of the interval, and steps of SGD stay in the interval.
    #[test]
    fn constants_of_a_quadratic(
        mu in 0.2..3.0f64,
        centres in vec(-2.0..2.0f64, 1..6),
        radius in 0.1..4.0f64,
        pull in 0.05..1.95f64,
    ) {
        let loss = Quadratic::new([mu], centres.iter().map(|a| [*a]).collect()).unwrap();
        let [star] = loss.minimizer();
        let mean_square = |theta: f64| {
            centres.iter().map(|a| (mu * (theta - a)).powi(2)).sum::<f64>() / centres.len() as f64
        };
        let sigma_squared = loss.sigma_squared(radius);
        for theta in [star - radius, star + radius] {
            prop_assert!((mean_square(theta) - sigma_squared).abs() < 1e-11 * (1.0 + sigma_squared));
        }
        prop_assert!(mean_square(star + 0.3 * radius) <= sigma_squared);
        let h = pull / mu;
        let reach = loss.invariant_radius(h).unwrap();
        let step = |theta: f64, a: f64| (theta - h * mu * (theta - a) - star).abs();
        let furthest = [star - reach, star + reach]
            .iter()
            .flat_map(|theta| centres.iter().map(|a| step(*theta, *a)))
            .fold(0.0, f64::max);
        // It stays inside, and no smaller interval would do.
        prop_assert!((furthest - reach).abs() < 1e-10 * (1.0 + reach));
    }
}

use crate::check::Check;
use sdml::ch1_preliminaries::sde::{
    Equation, EulerMaruyama, GeometricBrownian, Grid, Heun, Increment, Increments, Ito, ItoForm, Milstein,
    Reading, Step, StepFactor, solve_end,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments, ensemble, fit_order};

const ALPHA: f64 = 0.3;
const SIGMA: f64 = 0.6;
const STEPS: usize = 16;
const PATHS: u64 = 100_000;

fn gbm() -> GeometricBrownian {
    GeometricBrownian::new(ALPHA, SIGMA).unwrap()
}

/// Means of K functions of the paths of [0, 1].
fn means<const K: usize>(
    seed: u64,
    measure: impl Fn(&Increments<1>) -> sdml::Result<[f64; K]> + Sync,
) -> [Estimate; K] {
    let grid = Grid::new(0.0, 1.0, STEPS).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    ensemble(&Streams::new(seed, "gbm"), PATHS, buffer, |noise, stream| {
        noise.resample(stream);
        measure(noise)
    })
    .unwrap()
    .map(|moments| moments.mean().unwrap())
}

fn exact(noise: &Increments<1>) -> f64 {
    gbm().explicit(1.0, 1.0, noise.total().db[0])
}

#[test]
fn exercise_1_15_mean() {
    let [solution, misread, em] = means(1, |noise| {
        let [misread] = solve_end(EulerMaruyama, &Reading(Ito, gbm()), [1.0], noise)?;
        let [em] = solve_end(EulerMaruyama, &ItoForm(gbm()), [1.0], noise)?;
        Ok([exact(noise), misread, em])
    });
    assert!(misread.z((1.0 + ALPHA / STEPS as f64).powi(STEPS as i32)).abs() < 4.0);
    assert!(em.z((1.0 + gbm().ito_rate() / STEPS as f64).powi(STEPS as i32)).abs() < 4.0);
    Check::new(
        "ch1_preliminaries/sde/geometric_brownian/exercise_1_15_mean",
        &["exr:1.15", "eq:1.17"],
        "the explicit solution of (1.17) has the mean e^{(α + σ²/2)T} of its Itô form",
        "Euler–Maruyama with the drift α, not converted",
    )
    .seed(1)
    .samples(format!("{PATHS} paths"))
    .statistical(solution, (ALPHA + 0.5 * SIGMA * SIGMA).exp(), misread.mean);
}

#[test]
fn explicit_solution_solves() {
    // d log X = α dt + σ dB along Heun's path: refine until the solution's own increment shows.
    let grid = Grid::new(0.0, 1.0, 1 << 12).unwrap();
    let noise = Increments::<1>::sample(grid, &mut Streams::new(9, "explicit").stream(0));
    let [heun] = solve_end(Heun, &gbm(), [1.0], &noise).unwrap();
    assert!((heun / exact(&noise) - 1.0).abs() < 2e-3);
}

/// E(X_N − X(T))² of a scheme, and of a wrong version of it.
fn strong<S: Step<E, 1, 1>, E: Equation<1, 1> + Sync>(
    seed: u64,
    scheme: S,
    equation: E,
    wrong: impl Fn(f64, f64, f64) -> f64 + Sync,
) -> [Estimate; 2] {
    means(seed, |noise| {
        let [x] = solve_end(scheme, &equation, [1.0], noise)?;
        let h = noise.grid().h();
        let y = noise.steps().iter().fold(1.0, |y, step| y * wrong(h, step.db[0], SIGMA * step.db[0]));
        Ok([(x - exact(noise)).powi(2), (y - exact(noise)).powi(2)])
    })
}

const H: f64 = 1.0 / STEPS as f64;

#[test]
fn euler_strong_error() {
    let [measured, wrong] = strong(2, EulerMaruyama, ItoForm(gbm()), |h, _, v| 1.0 + ALPHA * h + v);
    Check::new(
        "ch1_preliminaries/sde/geometric_brownian/euler_strong_error",
        &["exr:1.15", "r:2"],
        "the mean square strong error of Euler–Maruyama at sixteen steps is its closed form",
        "the drift α in place of α + σ²/2",
    )
    .seed(2)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(measured, gbm().euler_factor(H).strong_error(STEPS as u32).powi(2), wrong.mean);
}

#[test]
fn milstein_strong_error() {
    let mu = gbm().ito_rate();
    let [measured, wrong] =
        strong(3, Milstein, ItoForm(gbm()), |h, db, v| 1.0 + mu * h + v + SIGMA * SIGMA * (db * db - h));
    Check::new(
        "ch1_preliminaries/sde/geometric_brownian/milstein_strong_error",
        &["exr:1.15", "r:2"],
        "the mean square strong error of Milstein's scheme at sixteen steps is its closed form",
        "Milstein's correction without its factor ½",
    )
    .seed(3)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(measured, gbm().milstein_factor(H).strong_error(STEPS as u32).powi(2), wrong.mean);
}

#[test]
fn heun_strong_error() {
    let mu = gbm().ito_rate();
    let [measured, wrong] = strong(4, Heun, gbm(), |h, _, v| {
        let v = mu * h + v;
        1.0 + v + 0.5 * v * v
    });
    Check::new(
        "ch1_preliminaries/sde/geometric_brownian/heun_strong_error",
        &["exr:1.15", "eq:1.17", "r:2"],
        "the mean square strong error of Heun's scheme at sixteen steps is its closed form",
        "Heun's scheme with the Itô drift",
    )
    .seed(4)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(measured, gbm().heun_factor(H).strong_error(STEPS as u32).powi(2), wrong.mean);
}

#[test]
fn weak_errors() {
    // On shared increments the difference X_N − X(T) has a small variance, so that its mean can be seen.
    let [euler, milstein, heun] = means(5, |noise| {
        let [euler] = solve_end(EulerMaruyama, &ItoForm(gbm()), [1.0], noise)?;
        let [milstein] = solve_end(Milstein, &ItoForm(gbm()), [1.0], noise)?;
        let [heun] = solve_end(Heun, &gbm(), [1.0], noise)?;
        Ok([euler, milstein, heun].map(|x| x - exact(noise)))
    });
    let weak = |factor: StepFactor| factor.weak_error(STEPS as u32);
    assert!(milstein.z(weak(gbm().milstein_factor(H))).abs() < 4.0);
    assert!(euler.z(weak(gbm().euler_factor(H))).abs() < 4.0);
    Check::new(
        "ch1_preliminaries/sde/geometric_brownian/weak_errors",
        &["exr:1.15", "r:2"],
        "the weak error of Heun's scheme at sixteen steps is its closed form",
        "Milstein's scheme, which has another constant in front of the same order",
    )
    .seed(5)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(heun, weak(gbm().heun_factor(H)), milstein.mean);
}

#[test]
fn closed_forms_by_quadrature() {
    // E over the normal ΔB by the trapezoidal rule, with the step taken by the scheme's own code.
    let (h, gbm) = (0.25f64, gbm());
    let expect = |f: &dyn Fn(f64) -> f64| -> f64 {
        (-40..=40)
            .map(|k| f64::from(k) * 0.25)
            .map(|z| f(h.sqrt() * z) * sdml::statistics::normal::density(z) * 0.25)
            .sum()
    };
    let one = |db: f64| Increment { db: [db], dz: [0.0] };
    let euler = |db: f64| EulerMaruyama.step(&ItoForm(gbm), [1.0], 0.0, h, &one(db))[0];
    let milstein = |db: f64| Milstein.step(&ItoForm(gbm), [1.0], 0.0, h, &one(db))[0];
    let heun = |db: f64| Heun.step(&gbm, [1.0], 0.0, h, &one(db))[0];
    let solution = |db: f64| gbm.explicit(1.0, h, db);
    let cases: [(&dyn Fn(f64) -> f64, StepFactor); 3] =
        [(&euler, gbm.euler_factor(h)), (&milstein, gbm.milstein_factor(h)), (&heun, gbm.heun_factor(h))];
    for (step, factor) in cases {
        assert!((expect(step) - 1.0 - factor.mean()).abs() < 1e-13);
        assert!((expect(&|db| (step(db) - 1.0).powi(2)) - factor.second_moment()).abs() < 1e-13);
        assert!((expect(&|db| (step(db) - 1.0) * solution(db)) - factor.mixed_moment()).abs() < 1e-13);
        let one_step = expect(&|db| (step(db) - solution(db)).powi(2)).sqrt();
        assert!((factor.strong_error(1) - one_step).abs() < 1e-11, "{} {one_step}", factor.strong_error(1));
        assert!((factor.weak_error(1) - expect(&|db| step(db) - solution(db))).abs() < 1e-13);
    }
}

#[test]
fn small_noise_slope() {
    // With little noise the O(h) error of the drift hides the O(h^½) error of the noise at every step in use.
    let sigma = 0.05;
    // μ = 1.
    let gbm = GeometricBrownian::new(1.0 - 0.5 * sigma * sigma, sigma).unwrap();
    let levels = [1usize, 2, 4, 8, 16];
    let grid = Grid::new(0.0, 1.0, 64).unwrap();
    let steps = levels.map(|factor| grid.h() * factor as f64);
    let exact_errors = levels.map(|factor| {
        gbm.euler_factor(grid.h() * factor as f64).strong_error((grid.steps() / factor) as u32)
    });
    let expected = fit_order(&steps, &exact_errors, 0.95).unwrap().order;
    let slopes: Moments = (0..32)
        .map(|batch| {
            let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
            let squares = ensemble(&Streams::new(batch, "small noise"), 100, buffer, |noise, stream| {
                noise.resample(stream);
                let solution = gbm.explicit(1.0, 1.0, noise.total().db[0]);
                let mut squares = [0.0; 5];
                for (square, factor) in squares.iter_mut().zip(levels) {
                    let [x] = solve_end(EulerMaruyama, &ItoForm(gbm), [1.0], &noise.coarsen(factor)?)?;
                    *square = (x - solution).powi(2);
                }
                Ok(squares)
            });
            let errors = squares.unwrap().map(|moments| moments.mean().unwrap().mean.sqrt());
            fit_order(&steps, &errors, 0.95).unwrap().order
        })
        .collect();
    // The declared order is right all the same: it is the slope far below.
    let tiny = [1e-7, 5e-8].map(|h: f64| gbm.euler_factor(h).strong_error((1.0 / h).round() as u32));
    assert!(((tiny[0] / tiny[1]).log2() - 0.5).abs() < 0.02, "{tiny:?}");
    Check::new(
        "ch1_preliminaries/sde/geometric_brownian/small_noise_slope",
        &["exr:1.15", "r:2"],
        "at μ = 1, σ = 0.05 and h from 1/4 to 1/64 the fitted strong order of Euler–Maruyama is that of the exact curve, near 1",
        "the asymptotic order ½, which the same curve has below h = 10⁻⁶",
    )
    .samples("32 batches of 100 paths")
    .statistical(slopes.mean().unwrap(), expected, (tiny[0] / tiny[1]).log2());
}

/// Errors far below the rounding of the moments they are made of.
#[test]
fn errors_of_short_steps() {
    // In Hermite polynomials of ΔB/√h one step misses the third coefficient, (σ√h)³/√6, and of the first σ√h μh with
    // Milstein's scheme, σ√h ½σ²h with Heun's.
    let (h, gbm) = (1e-8f64, gbm());
    let missing = |first: f64| SIGMA * (SIGMA.powi(4) / 6.0 + first * first).sqrt() * h.powf(1.5);
    let cases = [
        (gbm.milstein_factor(h), missing(gbm.ito_rate())),
        (gbm.heun_factor(h), missing(0.5 * SIGMA * SIGMA)),
    ];
    for (factor, expected) in cases {
        let error = factor.strong_error(1);
        assert!((error / expected - 1.0).abs() < 1e-6, "{error:e} {expected:e}");
    }
    // Without noise what is left is the error for an ordinary differential equation.
    for (alpha, h, n) in [(0.5, 0.01, 100), (0.05, 1e-4, 10_000), (-1.0, 1.0, 2)] {
        let (quiet, v) = (GeometricBrownian::new(alpha, 0.0).unwrap(), alpha * h);
        for (factor, step) in [(quiet.euler_factor(h), v), (quiet.heun_factor(h), v + 0.5 * v * v)] {
            let expected = ((f64::from(n) * step.ln_1p()).exp() - (f64::from(n) * v).exp()).abs();
            let error = factor.strong_error(n);
            assert!((error - expected).abs() < 1e-12, "α = {alpha}: {error:e} {expected:e}");
        }
    }
}

/// With αh = −4.5 a step turns the sign of E X, and all errors are near those of X_N: the formulas as they stand serve.
#[test]
fn errors_of_long_steps() {
    let (alpha, sigma, h, n) = (-9.0, 0.6, 0.5, 3);
    let gbm = GeometricBrownian::new(alpha, sigma).unwrap();
    let (g, g_squared) = ((gbm.ito_rate() * h).exp(), (2.0 * (alpha + sigma * sigma) * h).exp());
    for factor in [gbm.euler_factor(h), gbm.milstein_factor(h), gbm.heun_factor(h)] {
        let mean = 1.0 + factor.mean();
        let square = 1.0 + 2.0 * factor.mean() + factor.second_moment();
        let mixed = factor.mixed_moment() + g;
        let weak = mean.powi(n) - g.powi(n);
        assert!((factor.weak_error(n as u32) / weak - 1.0).abs() < 1e-12);
        let strong = (square.powi(n) - 2.0 * mixed.powi(n) + g_squared.powi(n)).sqrt();
        assert!((factor.strong_error(n as u32) / strong - 1.0).abs() < 1e-9);
    }
}

use super::problems::{CubicWell, Square};
use crate::check::Check;
use crate::quadrature::integrate;
use sdml::Error;
use sdml::ch1_preliminaries::sde::{
    Equation, EulerMaruyama, GeometricBrownian, Grid, Increment, Increments, Ito, ItoForm, OrnsteinUhlenbeck,
    Step, solve,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, fit_order};

const FINE: usize = 64;

/// (1.6) on a coarse grid, X(T) − X(0) − Σ b h − Σ σ ΔB, along a path of Euler–Maruyama with a step 64 times finer.
/// The second value takes b without θ.
fn residuals(gbm: &GeometricBrownian, path: &[[f64; 1]], noise: &Increments<1>) -> sdml::Result<[f64; 2]> {
    let ito = ItoForm(*gbm);
    let coarse = noise.coarsen(FINE)?;
    let mut residuals = [path[path.len() - 1][0] - path[0][0]; 2];
    for (n, increment) in coarse.steps().iter().enumerate() {
        let (x, t) = (&path[n * FINE], coarse.grid().time(n));
        let noise = ito.diffusion(x, t)[0][0] * increment.db[0];
        residuals[0] -= ito.drift(x, t)[0] * coarse.grid().h() + noise;
        residuals[1] -= gbm.drift(x, t)[0] * coarse.grid().h() + noise;
    }
    Ok(residuals)
}

/// E r² of the residual with b = μx, from the moments of the factor P of 64 fine steps: step k leaves X_k ε with
/// ε = P − 1 − μh − σΔB.
fn exact_residual(mu: f64, sigma: f64, h: f64, steps: i32) -> f64 {
    let delta = h / FINE as f64;
    let n = FINE as i32;
    let p = (1.0 + mu * delta).powi(n);
    let p_squared = ((1.0 + mu * delta).powi(2) + sigma * sigma * delta).powi(n);
    let p_db = f64::from(n) * (1.0 + mu * delta).powi(n - 1) * sigma * delta;
    let c = 1.0 + mu * h;
    let mean = p - c;
    let square = p_squared - 2.0 * (c * p + sigma * p_db) + c * c + sigma * sigma * h;
    let with_p = p_squared - c * p - sigma * p_db;
    (0..steps)
        .map(|k| {
            let later: f64 = (k + 1..steps).map(|l| with_p * p.powi(l - k - 1) * mean).sum();
            p_squared.powi(k) * (square + 2.0 * later)
        })
        .sum()
}

#[test]
fn integral_equation() {
    let gbm = GeometricBrownian::new(0.3, 0.6).unwrap();
    for steps in [4, 8, 16, 32] {
        let paths = if steps == 32 { 40_000 } else { 4000 };
        let grid = Grid::new(0.0, 1.0, steps * FINE).unwrap();
        let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
        let squares = ensemble(&Streams::new(1, "integral equation"), paths, buffer, |noise, stream| {
            noise.resample(stream);
            let path = solve(EulerMaruyama, &ItoForm(gbm), [1.0], noise)?;
            Ok(residuals(&gbm, &path, noise)?.map(|residual| residual * residual))
        });
        let [right, wrong] = squares.unwrap().map(|moments| moments.mean().unwrap());
        let expected = exact_residual(gbm.ito_rate(), 0.6, 1.0 / steps as f64, steps as i32);
        if steps == 32 {
            Check::new(
                "ch1_preliminaries/sde/equation/integral_equation",
                &["def:1.10", "eq:1.6", "eq:1.7"],
                "along a path with a 64 times finer step, the mean square of what (1.6) leaves is its closed form",
                "the integral equation with the Stratonovich drift",
            )
            .seed(1)
            .samples("40000 paths of 2048 steps")
            .statistical(right, expected, wrong.mean);
        } else {
            assert!(right.z(expected).abs() < 4.0, "{steps}: {right:?} {expected}");
        }
    }
    // The closed form, confirmed at four steps, is of order ½ as the grid gets finer.
    let steps = [128, 256, 512, 1024];
    let errors = steps.map(|n| exact_residual(gbm.ito_rate(), 0.6, 1.0 / f64::from(n), n).sqrt());
    let order = fit_order(&steps.map(|n| 1.0 / f64::from(n)), &errors, 0.95).unwrap().order;
    assert!((order - 0.5).abs() < 0.02, "{order}");
}

/// The time at which X has left [10⁻¹⁰⁰, 10¹⁰⁰], without noise, by Euler's scheme with steps in which X changes by the
/// fraction η of itself.
fn exit<E: Equation<1, 1, Calculus = Ito>>(equation: &E, start: f64, eta: f64) -> f64 {
    let (mut x, mut t) = (start, 0.0);
    while (1e-100..1e100).contains(&x) {
        let h = eta * (x / equation.drift(&[x], t)[0]).abs();
        [x] = EulerMaruyama.step(equation, [x], t, h, &Increment::ZERO);
        t += h;
    }
    t
}

#[test]
fn blow_up() {
    // For dX = X² dt a step is η/X and multiplies X by 1 + η: together they take (1 + η)/X(0), which two η extrapolate.
    fn extrapolated<E: Equation<1, 1, Calculus = Ito>>(equation: &E, start: f64) -> f64 {
        2.0 * exit(equation, start, 1.0 / 128.0) - exit(equation, start, 1.0 / 64.0)
    }
    for start in [0.1, 3.0] {
        assert!((extrapolated(&Square, start) * start - 1.0).abs() < 1e-10, "{start}");
    }
    Check::new(
        "ch1_preliminaries/sde/equation/blow_up",
        &["def:1.10"],
        "the time at which the solution of dX = X² dt from X = ½ leaves every bound, by steps that shorten as X grows",
        "the Lipschitz drift −X, whose solution lives on: when it leaves the numbers of the program it is almost 0",
    )
    .within(
        extrapolated(&Square, 0.5),
        2.0,
        1e-9,
        "rounding; the error is linear in the steps, and extrapolated",
        extrapolated(&OrnsteinUhlenbeck::new(-1.0, 0.0).unwrap(), 0.5),
    );
}

#[test]
fn two_solutions() {
    // The greatest residual of X(t) = ∫ 2√X ds on [0, 1] for X = c t² from time a on, and 0 before.
    let residual = |c: f64, a: f64| {
        let x = |t: f64| c * (t - a).max(0.0).powi(2);
        (1..=20)
            .map(|k| f64::from(k) / 20.0)
            .map(|t| (x(t) - integrate(a.min(t), t, 4, |s| 2.0 * x(s).sqrt())).abs())
            .fold(0.0, f64::max)
    };
    // Any time will do to leave 0.
    assert!([0.0, 0.3, 0.7].iter().all(|&a| residual(1.0, a) < 1e-10));
    Check::new(
        "ch1_preliminaries/sde/equation/two_solutions",
        &["def:1.10"],
        "X = 0 and X = t² both satisfy dX = 2√X dt from 0: the greatest residual of the integral equation on [0, 1]",
        "X = t²/2",
    )
    .within(
        residual(0.0, 0.0).max(residual(1.0, 0.0)),
        0.0,
        1e-10,
        "rounding: Gauss's rule is exact for the linear integrand",
        residual(0.5, 0.0),
    );
}

#[test]
fn divergence() {
    // Without noise, y = hx² follows y ← y(1 − y)²: from y > 2 it grows until x leaves the floating-point numbers.
    let (start, steps) = (3.0f64, 40);
    let grid = Grid::new(0.0, 10.0, steps).unwrap();
    let noise = Increments::of(grid, vec![Increment::ZERO; steps]).unwrap();
    let mut x = start;
    let by_hand = (0..steps)
        .find(|_| {
            x *= 1.0 - grid.h() * x * x;
            !x.is_finite()
        })
        .unwrap();
    let Err(Error::NotFinite { quantity: "X", step, .. }) =
        solve(EulerMaruyama, &CubicWell(0.0), [start], &noise)
    else {
        panic!("the chain should leave the finite numbers");
    };
    let linear = solve(EulerMaruyama, &OrnsteinUhlenbeck::new(-1.0, 0.0).unwrap(), [start], &noise).unwrap();
    Check::new(
        "ch1_preliminaries/sde/equation/divergence",
        &["def:1.10"],
        "Euler's scheme for dX = −X³ dt from X = 3 with h = ¼ stops with the step at which it left the finite numbers",
        "the Lipschitz drift −X from the same start, which completes all 40 steps",
    )
    .within(step as f64, by_hand as f64, 0.5, "a whole number", linear.len() as f64 - 1.0);
}

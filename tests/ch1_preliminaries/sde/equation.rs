use super::problems::CubicWell;
use crate::check::Check;
use sdml::Error;
use sdml::ch1_preliminaries::sde::{
    Equation, EulerMaruyama, GeometricBrownian, Grid, Increment, Increments, ItoForm, OrnsteinUhlenbeck,
    solve,
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
        let grid = Grid::new(0.0, 1.0, steps * FINE).unwrap();
        let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
        let squares = ensemble(&Streams::new(1, "integral equation"), 4000, buffer, |noise, stream| {
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
            .samples("4000 paths of 2048 steps")
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

use super::problems::{Brownian, Cube, Lopsided, Pair, Wavy};
use crate::check::Check;
use sdml::ch1_preliminaries::sde::{
    Equation, EulerMaruyama, GeometricBrownian, Grid, Increments, Ito, ItoForm, Number, Observable,
    Stratonovich, diffusion_matrix, ito_drift, ito_terms, jet, kappa, solve, stratonovich_correction,
    stratonovich_terms, theta,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, ensemble, estimate, fit_order};

const AT: [f64; 2] = [0.7, -0.4];
const STEPS: usize = 40;
const PATHS: u64 = 20_000;

/// Mean squares of K quantities measured on a Brownian path of [0, 1].
fn mean_squares<const K: usize>(
    seed: u64,
    measure: impl Fn(&[[f64; 1]], &Increments<1>) -> sdml::Result<[f64; K]> + Sync,
) -> [Estimate; K] {
    let grid = Grid::new(0.0, 1.0, STEPS).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    ensemble(&Streams::new(seed, "chain rule"), PATHS, buffer, |noise, stream| {
        noise.resample(stream);
        let path = solve(EulerMaruyama, &Brownian(Ito), [0.0], noise)?;
        Ok(measure(&path, noise)?.map(|residual| residual * residual))
    })
    .unwrap()
    .map(|moments| moments.mean().unwrap())
}

#[test]
fn ito_residual() {
    let [residual, without] = mean_squares(1, |path, noise| {
        let terms = ito_terms(&Brownian(Ito), &Cube, path, noise)?;
        Ok([terms.residual(), terms.residual() + terms.second_order])
    });
    let (n, h) = (STEPS as f64, 1.0 / STEPS as f64);
    // Step k leaves 3B_k(ΔB² − h) + ΔB³, of mean square 18 t_k h² + 15h³; different steps are uncorrelated.
    let exact = 9.0 * h.powi(3) * n * (n - 1.0) + 15.0 * n * h.powi(3);
    // Without the second-order term 3Σ B_k h is left as well; its correlation with step k adds 9h³N(N − 1).
    let wrong = exact + 9.0 * h.powi(3) * n * (n - 1.0) + 1.5 * h.powi(3) * n * (n - 1.0) * (2.0 * n - 1.0);
    assert!(without.z(wrong).abs() < 4.0, "{without:?}, expected {wrong}");
    Check::new(
        "ch1_preliminaries/sde/ito_formula/ito_residual",
        &["thm:1.12", "eq:1.10"],
        "what Itô's formula leaves of B³ in 40 steps has mean square 9h³N(N − 1) + 15Nh³",
        "the formula without its second-order term",
    )
    .seed(1)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(residual, exact, without.mean);
}

#[test]
fn stratonovich_residual() {
    let [residual, left] = mean_squares(2, |path, noise| {
        let left = ito_terms(&Brownian(Ito), &Cube, path, noise)?;
        let mean = stratonovich_terms(&Brownian(Stratonovich), &Cube, path, noise)?;
        Ok([mean.residual(), left.residual() + left.second_order])
    });
    let (n, h) = (STEPS as f64, 1.0 / STEPS as f64);
    Check::new(
        "ch1_preliminaries/sde/ito_formula/stratonovich_residual",
        &["thm:1.12", "eq:1.11"],
        "what Stratonovich's rule leaves of B³: each step leaves −½ΔB³, mean square 15Nh³/4 in all",
        "the same rule with the integrand at the left ends",
    )
    .seed(2)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(residual, 15.0 * n * h.powi(3) / 4.0, left.mean);
}

#[test]
fn squared_increment() {
    // (ΔB² − h)/h does not become small with h: its mean square is 2 at every h.
    let h = 1e-4f64;
    let [one, sum] = estimate(&Streams::new(3, "squares"), 20_000, |stream| {
        let deviations: [f64; 100] = std::array::from_fn(|_| (h.sqrt() * stream.normal()).powi(2) / h - 1.0);
        [deviations[0].powi(2), (deviations.iter().sum::<f64>() / 100.0).powi(2)]
    })
    .unwrap();
    assert!(sum.z(2.0 / 100.0).abs() < 4.0);
    Check::new(
        "ch1_preliminaries/sde/ito_formula/squared_increment",
        &["thm:1.12", "thm:1.11"],
        "the mean square of (ΔB² − h)/h is 2, at h = 10⁻⁴ as at any other",
        "the mean of 100 such terms, which is what the proofs need to be small",
    )
    .seed(3)
    .samples("20000 increments")
    .statistical(one, 2.0, sum.mean);
}

#[test]
fn residual_order() {
    // A two-dimensional path and an f that depends on time: the residual's root mean square is of order ½.
    const LEVELS: [usize; 4] = [1, 2, 4, 8];
    let equation = ItoForm(Pair);
    let grid = Grid::new(0.0, 0.25, 128).unwrap();
    let squares = |drop_time: bool| -> Vec<f64> {
        let buffer = || Increments::<2>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
        ensemble(&Streams::new(4, "order"), 400, buffer, |noise, stream| {
            noise.resample(stream);
            let mut squares = [0.0; LEVELS.len()];
            for (square, factor) in squares.iter_mut().zip(LEVELS) {
                let noise = noise.coarsen(factor)?;
                let path = solve(EulerMaruyama, &equation, AT, &noise)?;
                let terms = ito_terms(&equation, &Wavy, &path, &noise)?;
                let lost = |(n, x): (usize, &[f64; 2])| {
                    jet(&Wavy, x, noise.grid().time(n)).time_derivative * noise.grid().h()
                };
                let time_terms: f64 = path[..noise.grid().steps()].iter().enumerate().map(lost).sum();
                *square = (terms.residual() + if drop_time { time_terms } else { 0.0 }).powi(2);
            }
            Ok(squares)
        })
        .unwrap()
        .map(|moments| moments.mean().unwrap().mean.sqrt())
        .to_vec()
    };
    let steps = LEVELS.map(|factor| grid.h() * factor as f64);
    let [right, wrong] = [false, true].map(|drop| fit_order(&steps, &squares(drop), 0.95).unwrap().order);
    Check::new(
        "ch1_preliminaries/sde/ito_formula/residual_order",
        &["thm:1.12", "eq:1.10"],
        "in two dimensions, with f depending on time, the residual's root mean square is of order ½",
        "the formula without ∂f/∂t",
    )
    .seed(4)
    .samples("400 paths, 16 to 128 steps")
    .within(
        right,
        0.5,
        0.1,
        "4 standard errors of a slope over three octaves, from 400 shared paths",
        wrong,
    );
}

#[test]
fn kappa_cancels() {
    let t = 0.3;
    let sigma = Lopsided.diffusion(&AT, t);
    let hessian = Wavy::hessian(AT, t);
    let quadratic: f64 = (0..2)
        .flat_map(|i| (0..2).map(move |k| (i, k)))
        .map(|(i, k)| 0.5 * (0..2).map(|j| sigma[i][j] * sigma[k][j]).sum::<f64>() * hessian[i][k])
        .sum();
    let (gradient, theta) = (Wavy::gradient(AT, t), theta(&Lopsided, &AT, t));
    let expected = -quadratic - gradient[0] * theta[0] - gradient[1] * theta[1];
    let jet = jet(&Wavy, &AT, t);
    for i in 0..2 {
        assert!((jet.gradient[i] - gradient[i]).abs() < 1e-14);
        assert!((0..2).all(|k| (jet.hessian[i][k] - hessian[i][k]).abs() < 1e-14));
    }
    assert!((jet.time_derivative - AT[0] * AT[1]).abs() < 1e-15);
    let measured = kappa(&Lopsided, &Wavy, &AT, t);
    assert!((measured + stratonovich_correction(&Lopsided, &Wavy, &AT, t)).abs() < 1e-14);
    Check::new(
        "ch1_preliminaries/sde/ito_formula/kappa_cancels",
        &["eq:1.13", "eq:1.14"],
        "κ by differentiation of ∂f σ along σ is −D:∇²f − ∇f·θ, with all derivatives by hand",
        "κ without the derivative of σ, −D:∇²f",
    )
    .within(measured, expected, 1e-12, "rounding", -quadratic);
}

#[test]
fn diffusion_matrix_order() {
    let sigma = Lopsided.diffusion(&AT, 0.0);
    // Distinct weights for the entries, so that a transposition shows.
    let weigh = |m: [[f64; 2]; 2]| m[0][0] + 2.0 * m[0][1] + 5.0 * m[1][0] + 11.0 * m[1][1];
    let product = |term: &dyn Fn(usize, usize, usize) -> f64| {
        let entry = |i, l| 0.5 * (0..2).map(|j| term(i, l, j)).sum::<f64>();
        weigh(std::array::from_fn(|i| std::array::from_fn(|l| entry(i, l))))
    };
    Check::new(
        "ch1_preliminaries/sde/ito_formula/diffusion_matrix_order",
        &["u:12"],
        "D = ½σσᵀ for a non-symmetric σ, entries weighed together",
        "½σᵀσ",
    )
    .within(
        weigh(diffusion_matrix(&Lopsided, &AT, 0.0)),
        product(&|i, l, j| sigma[i][j] * sigma[l][j]),
        1e-12,
        "rounding",
        product(&|i, l, j| sigma[j][i] * sigma[j][l]),
    );
}

struct Square;

impl Observable<1> for Square {
    fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
        x[0].powi(2)
    }
}

#[test]
fn drift_of_a_square() {
    // For geometric Brownian motion E X² = exp((2α + 2σ²)t), so the drift of X² at x = 1 is 2α + 2σ².
    let gbm = GeometricBrownian::new(0.3, 0.5).unwrap();
    let without_theta = 2.0 * 0.3 + 0.25;
    Check::new(
        "ch1_preliminaries/sde/ito_formula/drift_of_a_square",
        &["eq:1.12"],
        "the Itô drift of X² for a Stratonovich X is ∂f·(b + θ) + D:∇²f, here 2α + 2σ² from the known E X²",
        "∂f·b + D:∇²f, without θ",
    )
    .within(
        ito_drift(&ItoForm(gbm), &Square, &[1.0], 0.0),
        2.0 * 0.3 + 2.0 * 0.25,
        1e-14,
        "rounding",
        without_theta,
    );
}

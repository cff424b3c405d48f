use super::problems::{Lopsided, Wide};
use crate::check::Check;
use sdml::ch1_preliminaries::sde::{
    Circle, Equation, EulerMaruyama, GeometricBrownian, Grid, Heun, Increments, Ito, ItoForm, Reading,
    Stratonovich, StratonovichForm, gradient_along, solve_end, theta,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, estimate};

const AT: [f64; 2] = [0.7, -0.4];

#[test]
fn theta_index_order() {
    let sigma = Lopsided.diffusion(&AT, 0.0);
    let d = Lopsided::gradient(AT);
    let sum = |term: &dyn Fn(usize, usize) -> f64| {
        (0..2).flat_map(|j| (0..2).map(move |k| (j, k))).map(|(j, k)| term(j, k)).sum::<f64>()
    };
    let computed = theta(&Lopsided, &AT, 0.0);
    let mut nearest = f64::INFINITY;
    for i in 0..2 {
        let right = 0.5 * sum(&|j, k| d[i][j][k] * sigma[k][j]);
        assert!((computed[i] - right).abs() < 1e-14, "component {i}: {} and {right}", computed[i]);
        let wrong = [
            0.5 * sum(&|j, k| d[i][j][k] * sigma[j][k]),
            0.5 * sum(&|j, k| d[j][i][k] * sigma[k][j]),
            0.5 * sum(&|j, k| d[k][j][i] * sigma[k][j]),
            0.5 * sum(&|j, k| d[i][j][k] * sigma[k][j] + sigma[i][j] * d[k][j][k]),
            sum(&|j, k| d[i][j][k] * sigma[k][j]),
        ];
        for wrong in wrong {
            if (wrong - right).abs() < (nearest - right).abs() {
                nearest = wrong;
            }
            assert!((wrong - right).abs() > 1e-2, "component {i}: no power against {wrong}");
        }
        if i == 1 {
            Check::new(
                "ch1_preliminaries/sde/conversion/theta_index_order",
                &["thm:1.11", "eq:1.9"],
                "θ by differentiation of a non-symmetric σ is ½ Σ ∂_k σ_ij σ_kj (second component)",
                "the nearest of five contractions in another order: σ_jk for σ_kj, ∂σ_ji, ∂_i σ_kj, ∂_k(σσᵀ)_ik, no ½",
            )
            .within(computed[1], right, 1e-12, "rounding", nearest);
        }
        nearest = f64::INFINITY;
    }
}

#[test]
fn gradient_index_order() {
    let v = [0.3, -1.1];
    let d = Lopsided::gradient(AT);
    // A bilinear form that sees every entry with another weight.
    let weigh = |m: [[f64; 2]; 2]| m[0][0] + 2.0 * m[0][1] + 5.0 * m[1][0] + 11.0 * m[1][1];
    let contract = |term: &dyn Fn(usize, usize, usize) -> f64| {
        weigh(std::array::from_fn(|i| std::array::from_fn(|j| (0..2).map(|k| term(i, j, k) * v[k]).sum())))
    };
    Check::new(
        "ch1_preliminaries/sde/conversion/gradient_index_order",
        &["u:22"],
        "(∇F v)_ij = Σ_k ∂F_ij/∂x_k v_k for a non-symmetric F and v, all entries weighed together",
        "the contraction over the column index, Σ_k ∂F_ik/∂x_j v_k",
    )
    .within(
        weigh(gradient_along(&Lopsided, &AT, 0.0, &v)),
        contract(&|i, j, k| d[i][j][k]),
        1e-12,
        "rounding",
        contract(&|i, j, k| d[i][k][j]),
    );
}

#[test]
fn rectangular_diffusion() {
    // Central differences: an independent derivative, good to h²/6 times a third derivative of size 1, plus rounding.
    let h = 1e-4;
    let by_differences = |columns: usize| {
        let sigma = Wide.diffusion(&AT, 0.0);
        (0..columns)
            .map(|j| {
                let moved = |s: f64| Wide.diffusion(&std::array::from_fn(|k| AT[k] + s * sigma[k][j]), 0.0);
                0.5 * (moved(h)[1][j] - moved(-h)[1][j]) / (2.0 * h)
            })
            .sum::<f64>()
    };
    Check::new(
        "ch1_preliminaries/sde/conversion/rectangular_diffusion",
        &["u:10"],
        "θ for two components and three Brownian motions, against central differences (second component)",
        "the square part of σ alone: the first two Brownian motions",
    )
    .within(
        theta(&Wide, &AT, 0.0)[1],
        by_differences(3),
        1e-7,
        "h² = 1e-8 times derivatives of size 1",
        by_differences(2),
    );
}

const PATHS: u64 = 20_000;
const STEPS: usize = 100;

/// E|X_N|² of three schemes on the same increments.
fn radii<A, B>(
    seed: u64,
    left: impl Fn(&Increments<1>) -> sdml::Result<A> + Sync,
    right: impl Fn(&Increments<1>) -> sdml::Result<B> + Sync,
) -> [sdml::statistics::Estimate; 2]
where
    A: Into<[f64; 2]>,
    B: Into<[f64; 2]>,
{
    let grid = Grid::new(0.0, 1.0, STEPS).unwrap();
    let square = |x: [f64; 2]| x[0] * x[0] + x[1] * x[1];
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    ensemble(&Streams::new(seed, "circle"), PATHS, buffer, |noise, stream| {
        noise.resample(stream);
        Ok([square(left(noise)?.into()), square(right(noise)?.into())])
    })
    .unwrap()
    .map(|moments| moments.mean().unwrap())
}

#[test]
fn circle_euler() {
    let [converted, misread] = radii(
        1,
        |noise| solve_end(EulerMaruyama, &ItoForm(Circle), [1.0, 0.0], noise),
        |noise| solve_end(EulerMaruyama, &Reading(Ito, Circle), [1.0, 0.0], noise),
    );
    let h = 1.0 / STEPS as f64;
    assert!(misread.z(Circle.unconverted_growth(h, STEPS as u32)).abs() < 4.0);
    Check::new(
        "ch1_preliminaries/sde/conversion/circle_euler",
        &["thm:1.11", "eq:1.8", "eq:1.9"],
        "E|X_N|² of Euler–Maruyama on the Itô form of the circle is (1 + h²/4)ᴺ",
        "Euler–Maruyama on the circle's coefficients without θ",
    )
    .seed(1)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(converted, Circle.euler_growth(h, STEPS as u32), misread.mean);
}

#[test]
fn circle_heun() {
    let [heun, reread] = radii(
        2,
        |noise| solve_end(Heun, &Circle, [1.0, 0.0], noise),
        |noise| solve_end(Heun, &Reading(Stratonovich, ItoForm(Circle)), [1.0, 0.0], noise),
    );
    Check::new(
        "ch1_preliminaries/sde/conversion/circle_heun",
        &["def:1.10", "eq:1.8"],
        "E|X_N|² of Heun's scheme on the circle is (1 + ¾h²)ᴺ",
        "Heun's scheme with the Itô drift b + θ, which counts θ twice",
    )
    .seed(2)
    .samples(format!("{PATHS} paths of {STEPS} steps"))
    .statistical(heun, Circle.heun_growth(1.0 / STEPS as f64, STEPS as u32), reread.mean);
}

#[test]
fn cross_variation() {
    // Σ ΔB₁ΔB₂ has mean 0 and variance T²/N; Σ ΔB₁² has mean T and variance 2T²/N.
    let (steps, horizon) = (50, 2.0f64);
    let deviation = (horizon / f64::from(steps)).sqrt();
    let [crossed, squared, mean] = estimate(&Streams::new(3, "cross"), 20_000, |stream| {
        let (mut crossed, mut squared) = (0.0, 0.0);
        for _ in 0..steps {
            let (b_1, b_2) = (deviation * stream.normal(), deviation * stream.normal());
            crossed += b_1 * b_2;
            squared += b_1 * b_1;
        }
        [crossed * crossed, (squared - horizon).powi(2), squared]
    })
    .unwrap();
    let n = f64::from(steps);
    assert!(mean.z(horizon).abs() < 4.0);
    assert!(squared.z(2.0 * horizon * horizon / n).abs() < 4.0);
    Check::new(
        "ch1_preliminaries/sde/conversion/cross_variation",
        &["u:11"],
        "Σ ΔB₁ΔB₂ over [0, 2] in 50 steps has mean square T²/N, so that it tends to 0",
        "the fluctuation of Σ ΔB₁² about T, which is twice that",
    )
    .seed(3)
    .samples("20000 paths of 50 steps")
    .statistical(crossed, horizon * horizon / n, squared.mean);
}

#[test]
fn proof_increment() {
    // ½(σ(X(t+h)) − σ(X(t)))ΔB for σ(x) = sx from X = 1: mean ½s·s h e^{μh} exactly, because E[G ΔB] = s h e^{μh}.
    let (h, s) = (0.1f64, 0.8);
    let gbm = GeometricBrownian::new(0.2, s).unwrap();
    let [measured] = estimate(&Streams::new(4, "proof"), 100_000, |stream| {
        let db = h.sqrt() * stream.normal();
        [0.5 * s * (gbm.explicit(1.0, h, db) - 1.0) * db]
    })
    .unwrap();
    Check::new(
        "ch1_preliminaries/sde/conversion/proof_increment",
        &["thm:1.11"],
        "the mean of the correction in one step of length h is θ h to leading order (½s²h e^{μh} exactly)",
        "the printed line of the proof, which adds θ without the factor Δt",
    )
    .seed(4)
    .samples("100000 steps")
    .statistical(measured, 0.5 * s * s * h * (gbm.ito_rate() * h).exp(), theta(&gbm, &[1.0], 0.0)[0]);
}

#[test]
fn there_and_back() {
    let (once, twice) =
        (ItoForm(Lopsided).drift(&AT, 0.3), StratonovichForm(ItoForm(Lopsided)).drift(&AT, 0.3));
    let original = Lopsided.drift(&AT, 0.3);
    let theta = theta(&Lopsided, &AT, 0.3);
    for i in 0..2 {
        assert!((twice[i] - original[i]).abs() < 1e-15);
        assert!((once[i] - original[i] - theta[i]).abs() < 1e-15);
    }
}

use proptest::collection::vec;
use proptest::prelude::*;
use sdml::ch5_diffusion::interpolant::{ExactVelocity, Path, continuity_residual};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::Noising;

use crate::{cases, distance};

/// A mixture of one to four normal laws in the plane.
fn mixture() -> impl Strategy<Value = Mixture<2>> {
    let component = (0.1..1.0f64, prop::array::uniform2(-2.0..2.0f64), prop::array::uniform3(-1.0..1.0f64));
    vec(component, 1..5).prop_map(|components| {
        let total: f64 = components.iter().map(|(weight, ..)| weight).sum();
        let weights: Vec<f64> = components.iter().map(|(weight, ..)| weight / total).collect();
        let means: Vec<[f64; 2]> = components.iter().map(|(_, mean, _)| *mean).collect();
        let covariances: Vec<[[f64; 2]; 2]> = components
            .iter()
            .map(|(.., [a, b, c])| [[0.3 + a * a + b * b, b * (a + c)], [b * (a + c), 0.3 + b * b + c * c]])
            .collect();
        Mixture::new(&weights, &means, &covariances).unwrap()
    })
}

/// The derivative of f along v at x, by differences of fourth order.
fn along(f: impl Fn(&[f64; 2]) -> f64, x: [f64; 2], v: [f64; 2]) -> f64 {
    let at = |h: f64| f(&[x[0] + h * v[0], x[1] + h * v[1]]);
    let h = 1e-3;
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}

proptest! {
    #![proptest_config(cases(96))]

    /// Score and Hessian are the derivatives of log p.
    #[test]
    fn scores_are_slopes(
        p in mixture(),
        x in prop::array::uniform2(-3.0..3.0f64),
        v in prop::array::uniform2(-1.0..1.0f64),
    ) {
        let score = p.score(&x);
        prop_assert!((along(|x| p.log_density(x), x, v) - score[0] * v[0] - score[1] * v[1]).abs() < 1e-6);
        let hessian = p.hessian(&x);
        for (i, row) in hessian.iter().enumerate() {
            let row = row[0] * v[0] + row[1] * v[1];
            prop_assert!((along(|x| p.score(x)[i], x, v) - row).abs() < 1e-5 * (1.0 + row.abs()));
        }
        prop_assert!((p.laplacian(&x) - hessian[0][0] - hessian[1][1]).abs() < 1e-10);
    }

    /// Noise in two stages is noise at once: the laws of (5.2) form a semigroup, and Tweedie's formula gives the mean of X(0).
    #[test]
    fn noising_is_a_semigroup(
        p in mixture(),
        s in 0.01..2.0f64,
        t in 0.01..2.0f64,
        x in prop::array::uniform2(-3.0..3.0f64),
    ) {
        let law = |p: &Mixture<2>, t| Noising::OrnsteinUhlenbeck.law(p, t).unwrap();
        let (once, twice) = (law(&p, s + t), law(&law(&p, s), t));
        prop_assert!((once.log_density(&x) - twice.log_density(&x)).abs() < 1e-9);
        prop_assert!(distance(&once.score(&x), &twice.score(&x)) < 1e-9);
        let [a, b] = Noising::OrnsteinUhlenbeck.channel(t);
        prop_assert!((a * a + b * b - 1.0).abs() < 1e-14 && (a - (-t).exp()).abs() < 1e-14);
        let (mean, score) = (p.conditional_mean(a, b, &x).unwrap(), law(&p, t).score(&x));
        let tweedie = [0, 1].map(|i| (x[i] + b * b * score[i]) / a);
        prop_assert!(distance(&mean, &tweedie) < 1e-7 * (1.0 + 1.0 / a));
    }

    /// Weights, moments and responsibilities of a mixture belong together.
    #[test]
    fn mixtures_add_up(p in mixture(), x in prop::array::uniform2(-3.0..3.0f64)) {
        let count = p.count();
        let responsibilities: Vec<f64> = (0..count).map(|k| p.responsibility(k, &x)).collect();
        prop_assert!((responsibilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let parts: Vec<Mixture<2>> = (0..count).map(|k| p.only(&[k]).unwrap()).collect();
        let weights: Vec<f64> = (0..count).map(|k| p.weight(k).unwrap()).collect();
        let density: f64 = weights.iter().zip(&parts).map(|(w, part)| w * part.density(&x)).sum();
        prop_assert!((p.density(&x) / density - 1.0).abs() < 1e-10);
        for k in 0..count {
            prop_assert!((weights[k] * parts[k].density(&x) / density - responsibilities[k]).abs() < 1e-10);
        }
        let mean = [0, 1].map(|i| weights.iter().zip(&parts).map(|(w, part)| w * part.mean()[i]).sum::<f64>());
        prop_assert!(distance(&p.mean(), &mean) < 1e-12);
        for (i, j) in [(0, 0), (0, 1), (1, 1)] {
            let second = |part: &Mixture<2>| part.covariance()[i][j] + part.mean()[i] * part.mean()[j];
            let second: f64 = weights.iter().zip(&parts).map(|(w, part)| w * second(part)).sum();
            prop_assert!((p.covariance()[i][j] - (second - mean[i] * mean[j])).abs() < 1e-12);
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    /// The continuity equation holds along every path of the book, with and without a latent term; velocity and score
    /// determine each other.
    #[test]
    fn velocities_carry_the_law(
        p in mixture(),
        kind in 0..3usize,
        latent in 0.0..0.8f64,
        share in 0.1..0.9f64,
        x in prop::array::uniform2(-2.0..2.0f64),
    ) {
        let horizon = 1.7;
        let path = match kind {
            0 => Path::linear(horizon),
            1 => Path::trigonometric(horizon),
            _ => Path::ornstein_uhlenbeck(horizon),
        };
        let path = path.unwrap().with_latent(latent).unwrap();
        let velocity = ExactVelocity::new(p, path);
        let t = share * horizon;
        let residual = continuity_residual(
            |x, t| Ok(velocity.at(t)?.law().density(x)),
            |x, t| Ok(velocity.at(t)?.velocity(x)),
            &x,
            t,
            1e-3,
        )
        .unwrap();
        prop_assert!(residual.abs() < 1e-4, "{residual}");
        let (here, at) = (path.at(t).unwrap(), velocity.at(t).unwrap());
        let score = at.law().score(&x);
        let v = at.velocity(&x);
        prop_assert!(distance(&here.velocity(&x, &score).unwrap(), &v) < 1e-9);
        prop_assert!(distance(&here.score(&x, &v).unwrap(), &score) < 1e-7);
    }
}

//! What must not be computed is refused, by name.

use sdml::ch5_diffusion::mixture::Mixture;

/// The message of the error.
fn refusal<T>(result: sdml::Result<T>) -> String {
    result.err().expect("bad input is refused").to_string()
}

#[test]
fn mixtures() {
    let means = [[0.0], [1.0]];
    let refused = |weights: &[f64], means: &[[f64; 1]], deviation| {
        refusal(Mixture::isotropic(weights, means, deviation))
    };
    assert!(refused(&[], &[], 1.0).contains("weights.len()"));
    assert!(refused(&[1.0], &means, 1.0).contains("means.len()"));
    assert!(refused(&[0.5, 0.6], &means, 1.0).contains("probabilities"));
    assert!(refused(&[1.5, -0.5], &means, 1.0).contains("probabilities"));
    assert!(refused(&[f64::NAN, 0.5], &means, 1.0).contains("probabilities"));
    assert!(refused(&[0.5, 0.5], &[[0.0], [f64::INFINITY]], 1.0).contains("means"));
    assert!(refused(&[0.5, 0.5], &means, 0.0).contains("deviation"));
    assert!(refusal(Mixture::gaussian([0.0; 2], [[1.0, 0.5], [0.4, 1.0]])).contains("symmetric"));
    assert!(refusal(Mixture::gaussian([0.0; 2], [[1.0, 2.0], [2.0, 1.0]])).contains("positive definite"));
    assert!(refusal(Mixture::gaussian([0.0; 2], [[1.0, 0.0], [0.0, 0.0]])).contains("positive definite"));
    assert!(refusal(Mixture::new(&[1.0], &[[0.0]], &[])).contains("covariances.len()"));
    let law = Mixture::isotropic(&[0.5, 0.5], &means, 1.0).unwrap();
    assert!(refusal(law.noised(0.0, 0.0)).contains("`a` is 0"));
    assert!(refusal(law.noised(f64::NAN, 1.0)).contains('a'));
    assert!(refusal(law.conditional_mean(1.0, f64::INFINITY, &[0.0])).contains('b'));
    assert!(refusal(law.quantile(1.0)).contains("probability"));
    assert!(refusal(Mixture::ring(0, 1.0, 0.1)).contains("count"));
}

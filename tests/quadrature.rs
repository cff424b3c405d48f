//! References by quadrature: Gauss–Legendre with eight nodes on equal panels.

/// Positive nodes on [−1, 1] and their weights (Abramowitz and Stegun, table 25.4, n = 8).
const RULE: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_3),
];

/// Nodes and weights on [a, b].
pub fn nodes(a: f64, b: f64, panels: usize) -> Vec<(f64, f64)> {
    let half = 0.5 * (b - a) / panels as f64;
    (0..panels)
        .flat_map(|panel| {
            let middle = a + (2 * panel + 1) as f64 * half;
            RULE.iter()
                .flat_map(move |&(x, w)| [(middle - half * x, half * w), (middle + half * x, half * w)])
        })
        .collect()
}

/// ∫_a^b f.
pub fn integrate(a: f64, b: f64, panels: usize, f: impl Fn(f64) -> f64) -> f64 {
    nodes(a, b, panels).into_iter().map(|(x, w)| w * f(x)).sum()
}

#[test]
fn integrates_the_exponential() {
    assert!((integrate(0.0, 2.0, 2, f64::exp) - 2f64.exp_m1()).abs() < 1e-13);
}

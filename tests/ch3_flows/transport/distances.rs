//! Distances between samples, which later chapters measure their generators by.

use ndarray::{Array2, array};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::transport::{mmd_squared, sliced_wasserstein_2, wasserstein_2};
use sdml::random::Streams;
use sdml::statistics::Moments;

#[test]
fn a_shift_is_its_own_distance() {
    let mut stream = Streams::new(1, "shift").stream(0);
    let a = DataLaw::Eight.points(150, &mut stream);
    let b = &a + &array![[0.3, -0.4]];
    assert!((wasserstein_2(a.view(), b.view()).unwrap() - 0.5).abs() < 1e-12);
    // Every projection is shifted by v·e: the mean square over directions in the plane is |v|²/2.
    let sliced = sliced_wasserstein_2(a.view(), b.view(), 20_000, &mut stream).unwrap();
    assert!((sliced / (0.25f64 / 2.0).sqrt() - 1.0).abs() < 0.02, "{sliced}");
}

#[test]
fn on_the_line_slices_are_exact() {
    let mut stream = Streams::new(2, "line").stream(0);
    let [a, b] = [0.0, 1.0].map(|m| Array2::from_shape_simple_fn((80, 1), || m + stream.normal()));
    let exact = wasserstein_2(a.view(), b.view()).unwrap();
    let sliced = sliced_wasserstein_2(a.view(), b.view(), 3, &mut stream).unwrap();
    assert!((exact - sliced).abs() < 1e-12);
}

#[test]
fn mmd_is_unbiased() {
    // Zero in the mean between samples of one law. With both samples from N(0, I) and N(m, I) in the plane and bandwidth
    // b, E k = b²/(b² + 2) · exp(−|m|²/(2(b² + 2))).
    let (b, m) = (0.8f64, 0.5f64);
    let height = b * b / (b * b + 2.0);
    let expected = 2.0 * height * (1.0 - (-m * m / (2.0 * (b * b + 2.0))).exp());
    let (mut same, mut apart) = (Moments::default(), Moments::default());
    for repeat in 0..400 {
        let mut stream = Streams::new(3, "mmd").stream(repeat);
        let [x, y] = [0, 1].map(|_| Array2::from_shape_simple_fn((40, 2), || stream.normal()));
        same.push(mmd_squared(x.view(), y.view(), &[b]).unwrap());
        let moved = &y + &array![[m, 0.0]];
        apart.push(mmd_squared(x.view(), moved.view(), &[b]).unwrap());
    }
    assert!(same.mean().unwrap().z(0.0).abs() < 4.0);
    assert!(apart.mean().unwrap().z(expected).abs() < 4.0);
    assert!(apart.mean().unwrap().z(0.0).abs() > 10.0);
}

#[test]
fn bad_input() {
    let (a, one) = (array![[0.0, 0.0], [1.0, 1.0]], array![[0.0, 0.0]]);
    let mut stream = Streams::new(4, "bad").stream(0);
    assert!(wasserstein_2(a.view(), one.view()).is_err());
    assert!(wasserstein_2(Array2::zeros((0, 2)).view(), a.view()).is_err());
    assert!(sliced_wasserstein_2(a.view(), one.view(), 10, &mut stream).is_err());
    assert!(sliced_wasserstein_2(a.view(), a.view(), 0, &mut stream).is_err());
    assert!(mmd_squared(a.view(), one.view(), &[1.0]).is_err());
    assert!(mmd_squared(a.view(), a.view(), &[0.0]).is_err());
    assert!(mmd_squared(a.view(), a.view(), &[]).is_err());
    assert!(mmd_squared(array![[f64::NAN, 0.0], [0.0, 0.0]].view(), a.view(), &[1.0]).is_err());
}

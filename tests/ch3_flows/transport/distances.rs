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

/// Points and bandwidths that are finite, with squares or sums that are not.
#[test]
fn the_ends_of_floating_point() {
    let (a, b) = (array![[0.0], [0.0]], array![[0.0], [1.0]]);
    // E k(x, x') = 1, E k(y, y') = k(0, 1) and E k(x, y) = (1 + k(0, 1))/2, where k(0, 1) is 0 or 1.
    for (width, exact) in [(1e-150, 0.0), (1e150, 0.0)] {
        assert_eq!(mmd_squared(a.view(), b.view(), &[width]).unwrap(), exact, "{width}");
    }
    for width in [5e-324, 1e-160, 1e160] {
        let error = mmd_squared(a.view(), b.view(), &[1.0, width]).unwrap_err().to_string();
        assert!(error.contains("1/(2b²)"), "{error}");
    }
    let wide = array![[1.7e308, 1.7e308], [-1.7e308, -1.7e308]];
    let mut stream = Streams::new(5, "wide").stream(0);
    assert!(sliced_wasserstein_2(wide.view(), wide.view(), 8, &mut stream).is_err());
}

/// The mean kernel over pairs of different points, among three and among four, less twice that across; two bandwidths.
#[test]
fn mmd_by_hand() {
    let a = array![[0.0, 0.0], [1.0, 0.5], [-0.5, 2.0]];
    let b = array![[0.5, -1.0], [1.5, 1.0], [0.0, 0.25], [2.0, -0.5]];
    for (bandwidths, exact) in [
        (&[0.5][..], -0.21188622829469062),
        (&[2.0][..], -0.004779678642510943),
        (&[0.5, 2.0][..], -0.21666590693720122),
    ] {
        let found = mmd_squared(a.view(), b.view(), bandwidths).unwrap();
        assert!((found - exact).abs() < 1e-14, "{bandwidths:?}: {found}");
    }
}

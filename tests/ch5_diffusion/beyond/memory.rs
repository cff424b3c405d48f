use crate::check::Check;
use ndarray::{Array2, array};
use sdml::ch5_diffusion::beyond::{EmpiricalScore, denoising_loss, nearest_distances};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    ExactScore, Method, Noising, Reverse, ScoreField, decay, descending_times, irreducible_at, noise_variance,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, chi_square};

fn ring() -> Mixture<2> {
    Mixture::ring(8, 2.0, 0.2).unwrap()
}

fn training(n: usize) -> EmpiricalScore {
    EmpiricalScore::new(ring().sample(n, &Streams::new(21, "training")).view()).unwrap()
}

#[test]
fn limit_of_narrow_mixtures() {
    let points = [[0.3, 1.0], [-1.2, 0.4], [0.9, -0.8]];
    let narrow = Mixture::isotropic(&[1.0 / 3.0; 3], &points, 1e-7).unwrap();
    let (t, x) = (0.2, [0.1, 0.2]);
    let score = EmpiricalScore::new(ndarray::arr2(&points).view()).unwrap();
    let mut found = Array2::zeros((1, 2));
    score.write(t, array![x].view(), &mut (), found.view_mut()).unwrap();
    let expected = Noising::OrnsteinUhlenbeck.law(&narrow, t).unwrap().score(&x);
    assert!((found[[0, 1]] - expected[1]).abs() < 1e-11);
    let nearest = (decay(t) * points[0][0] - x[0]) / noise_variance(t);
    Check::new(
        "ch5_diffusion/beyond/memory/limit_of_narrow_mixtures",
        &["u:60"],
        "the score of finitely many points is that of a mixture with components of no width",
        "the pull of the nearest point alone",
    )
    .within(found[[0, 0]], expected[0], 1e-11, "the width, 1e-7, enters squared", nearest);
}

#[test]
fn optimum_returns_the_training_points() {
    const POINTS: usize = 50;
    const COUNT: usize = 5000;
    let (score, last) = (training(POINTS), 1e-4);
    // The choice between training points close together is made late: the power 3 puts more steps there.
    let times = descending_times(3.0, last, 800, 3.0).unwrap();
    let made = Reverse::new(&score, 1.0, times, Method::Exponential)
        .unwrap()
        .sample(COUNT, &Streams::new(22, "made"))
        .unwrap();
    let distances = nearest_distances(made.view(), score.points()).unwrap();
    // None is new: all lie within the noise that is left, b = 0.014, of a training point.
    let b = noise_variance(last).sqrt();
    assert!(distances.iter().all(|d| *d < 6.0 * b));
    // Every training point is as likely as the others.
    let mut counts = [0u64; POINTS];
    for x in made.outer_iter() {
        let shares = score.responsibilities(last, x).unwrap();
        counts[(0..POINTS).max_by(|i, j| shares[*i].total_cmp(&shares[*j])).unwrap()] += 1;
    }
    assert!(chi_square(&counts, &[1.0 / POINTS as f64; POINTS]).unwrap().p_value > 1e-4);
    let direct = score.noised(last, COUNT, &Streams::new(23, "direct")).unwrap();
    let direct = Estimate::of(nearest_distances(direct.view(), score.points()).unwrap()).unwrap();
    let fresh = ring().sample(COUNT, &Streams::new(24, "fresh"));
    let fresh = Estimate::of(nearest_distances(fresh.view(), score.points()).unwrap()).unwrap();
    let found = Estimate::of(distances).unwrap();
    Check::new(
        "ch5_diffusion/beyond/memory/optimum_returns_the_training_points",
        &["u:60"],
        "with the optimal score of 50 points the distance of generated points from the nearest training point is that of the noise left",
        "the distance of fresh data from the nearest training point",
    )
    .seed(22)
    .samples(format!("{COUNT} points each"))
    .within(
        found.mean,
        direct.mean,
        4.0 * found.standard_error.hypot(direct.standard_error),
        "4 standard errors; the error of 800 steps is below one",
        fresh.mean,
    );
}

#[test]
fn optimal_on_the_training_points_only() {
    let (score, truth, t) = (training(64), ExactScore::new(ring()), 0.02);
    let fresh = ring().sample(40_000, &Streams::new(26, "fresh"));
    let streams = Streams::new(27, "noise");
    let on_training = denoising_loss(&score, score.points(), t, 600, &streams).unwrap();
    let truth_on_training = denoising_loss(&truth, score.points(), t, 600, &streams).unwrap();
    let on_fresh = denoising_loss(&score, fresh.view(), t, 1, &streams).unwrap();
    let truth_on_fresh = denoising_loss(&truth, fresh.view(), t, 1, &streams).unwrap();
    assert!(on_training.mean + 10.0 * on_training.standard_error < truth_on_training.mean);
    assert!(on_fresh.mean > truth_on_fresh.mean + 10.0 * on_fresh.standard_error);
    Check::new(
        "ch5_diffusion/beyond/memory/optimal_on_the_training_points_only",
        &["u:60"],
        "on fresh data the true score has the least loss, n − c E|∇ log p|²",
        "the loss of the empirical optimum on fresh data",
    )
    .seed(27)
    .samples("40000 fresh points, t = 0.02")
    .statistical(truth_on_fresh, noise_variance(t) * irreducible_at(&ring(), t).unwrap(), on_fresh.mean);
}

/// Mean distances from the nearest of `n` training points: of points the optimum makes, stopped at `last`, and of fresh data.
fn distances(n: usize, last: f64) -> [Estimate; 2] {
    let score = training(n);
    let made = score.noised(last, 4000, &Streams::new(28, "made")).unwrap() / decay(last);
    let fresh = ring().sample(4000, &Streams::new(29, "fresh"));
    [made, fresh].map(|x| Estimate::of(nearest_distances(x.view(), score.points()).unwrap()).unwrap())
}

#[test]
fn from_memory_to_smoothing() {
    let ratio = |n: usize, last: f64| {
        let [made, fresh] = distances(n, last);
        made.mean / fresh.mean
    };
    // Stopped at t = 0.02, where b/a = 0.2, ten points are remembered and a thousand are smoothed over.
    let [few, more, many] = [10, 100, 1000].map(|n| ratio(n, 0.02));
    assert!(few < 0.6 && few < more && more < many && many > 1.0, "{few} {more} {many}");
    assert!(ratio(1000, 1e-4) < 0.6 && ratio(10, 1e-4) < 0.05);
    // Far below the distance between neighbours all that is left is |ξ| b/a in the plane, with the mean √(π/2) b/a.
    let last = 1e-5;
    let [made, fresh] = distances(10, last);
    let left = noise_variance(last).sqrt() / decay(last);
    Check::new(
        "ch5_diffusion/beyond/memory/from_memory_to_smoothing",
        &["u:60"],
        "stopped early enough, points lie √(π/2) b/a from the nearest of ten training points in the mean",
        "the distance of fresh data",
    )
    .seed(28)
    .samples("4000 points, t = 1e-5")
    .statistical(made, left * (0.5 * std::f64::consts::PI).sqrt(), fresh.mean);
}

#[test]
fn choice_closes_in_time() {
    let score = training(200);
    let x = array![0.3, 0.1];
    let open = |t: f64| score.still_open(t, x.view()).unwrap();
    assert!(open(5.0) > 199.0 && open(0.5) < open(2.0) && open(1e-5) < 1.0 + 1e-9);
}

use crate::check::Check;
use crate::quadrature::{integrate, nodes};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    ExactScore, GaussianCase, Method, Noising, Normal, Reverse, ScoreError, decay, descending_times,
    noise_variance, relative_entropy,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, estimate, kolmogorov_smirnov};

/// Two unequal components on the line; mean 0.35, variance 1.6.
fn line() -> Mixture<1> {
    Mixture::isotropic(&[0.4, 0.6], &[[-1.0], [1.25]], 0.5).unwrap()
}

#[test]
fn noised_variance() {
    let (data, process, seed) = (line(), Noising::process(), 1);
    let variance_0 = 0.25 + 0.4 * 0.6 * 2.25f64.powi(2);
    assert!((data.covariance()[0][0] - variance_0).abs() < 1e-14);
    // Two unequal strides to time 0.4.
    let [moments] = ensemble(
        &Streams::new(seed, "noised"),
        100_000,
        || (),
        |(), stream| {
            let [start] = data.draw(stream);
            Ok([[0.1, 0.3].iter().fold(start, |x, &tau| process.transition(x, tau, stream.normal()))])
        },
    )
    .unwrap();
    let t = 0.4f64;
    let exact = |c: f64| (-2.0 * t).exp() * variance_0 + c;
    // c(t) = 2 ∫ e^{−2(t−s)} ds by quadrature.
    let c = 2.0 * integrate(0.0, t, 4, |s| (-2.0 * (t - s)).exp());
    assert!((c - noise_variance(t)).abs() < 1e-14);
    let law = Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
    assert!((law.covariance()[0][0] - exact(c)).abs() < 1e-14);
    assert!(moments.mean().unwrap().z((-t).exp() * 0.35).abs() < 4.0);
    Check::new(
        "ch5_diffusion/score/path/noised_variance",
        &["eq:5.2", "u:56"],
        "the variance of X(t) is e^{−2t} Var X(0) + c(t) with c(t) = 1 − e^{−2t}",
        "noise dW in place of √2 dW, c(t)/2",
    )
    .seed(seed)
    .samples("100000 paths, two exact strides")
    .statistical(moments.variance().unwrap(), exact(c), exact(0.5 * c));
}

#[test]
fn transition_score() {
    // log P(x, t|y, 0) from the transition's mean and variance, differentiated numerically.
    let (t, x, y, d) = (0.4, 0.9, 1.3, 1e-4);
    let process = Noising::process();
    let (mean, variance) = (process.mean(t, y), process.variance(t, 0.0));
    let log_p = |x: f64| -0.5 * (x - mean).powi(2) / variance;
    let slope = (log_p(x + d) - log_p(x - d)) / (2.0 * d);
    Check::new(
        "ch5_diffusion/score/path/transition_score",
        &["u:56"],
        "the score of the transition density is −(x − e^{−t} y)/c(t)",
        "−(x − y)/c(t), without the decay of the start",
    )
    .within(
        slope,
        -(x - decay(t) * y) / noise_variance(t),
        1e-9,
        "the difference of a parabola is exact; rounding is 1e-16/1e-4 times a few",
        -(x - y) / noise_variance(t),
    );
}

#[test]
fn score_is_a_mean_of_transition_scores() {
    let (data, t, x) = (line(), 0.4, 0.3);
    let (a, c) = (decay(t), noise_variance(t));
    let transition =
        |y: f64| (-0.5 * (x - a * y).powi(2) / c).exp() / (2.0 * std::f64::consts::PI * c).sqrt();
    let rule = nodes(-6.0, 6.0, 40);
    let mean = |weight: &dyn Fn(f64) -> f64| {
        let total: f64 = rule.iter().map(|(y, w)| w * weight(*y)).sum();
        rule.iter().map(|(y, w)| w * weight(*y) * -(x - a * y) / c).sum::<f64>() / total
    };
    Check::new(
        "ch5_diffusion/score/path/score_is_a_mean_of_transition_scores",
        &["u:55", "u:56"],
        "∇ log p(x, t) = E[∇ log P(x, t|X(0)) | X(t) = x]",
        "the mean over X(0) without the condition",
    )
    .within(
        mean(&|y| data.density(&[y]) * transition(y)),
        Noising::OrnsteinUhlenbeck.law(&data, t).unwrap().score(&[x])[0],
        1e-10,
        "eight nodes on panels of 0.3 resolve normal densities of deviation 0.5 to 1e-11",
        mean(&|y| data.density(&[y])),
    );
}

#[test]
fn prior_gap_of_centred_data() {
    let gap = |data: &Mixture<1>, t: f64| {
        let law = Noising::OrnsteinUhlenbeck.law(data, t).unwrap();
        relative_entropy(&law, &Mixture::gaussian([0.0], [[1.0]]).unwrap()).unwrap()
    };
    let (symmetric, t) = (Mixture::isotropic(&[0.5, 0.5], &[[-1.5], [1.5]], 0.5).unwrap(), 4.0);
    Check::new(
        "ch5_diffusion/score/path/prior_gap_of_centred_data",
        &["u:53"],
        "for data of mean 0, KL(p_T‖N(0, 1)) falls like e^{−4T}: its logarithm by 4 from T to T + 1",
        "e^{−2T}, the rate of the bound and of data with a mean",
    )
    .within(
        (gap(&symmetric, t) / gap(&symmetric, t + 1.0)).ln(),
        4.0,
        2e-3,
        "the next term is smaller by a multiple of e^{−2T} = 3e-4",
        (gap(&line(), t) / gap(&line(), t + 1.0)).ln(),
    );
    // Leading terms: (Var − 1)² e^{−4T}/4 when the mean is 0, m² e^{−2T}/2 when it is not; and the bound.
    assert!((gap(&symmetric, 6.0) / (0.25 * 1.5f64.powi(2) * (-24f64).exp()) - 1.0).abs() < 1e-3);
    assert!((gap(&line(), 6.0) / (0.5 * 0.35f64.powi(2) * (-12f64).exp()) - 1.0).abs() < 1e-3);
    for t in [0.1, 0.5, 2.0] {
        assert!(gap(&line(), t) <= (-2.0 * t).exp() * gap(&line(), 0.0));
    }
    // In the Gaussian case by its closed form.
    let case = GaussianCase::new(Normal::new(0.7, 0.3).unwrap(), ScoreError::NONE).unwrap();
    let data = Mixture::gaussian([0.7], [[0.3]]).unwrap();
    assert!((gap(&data, 0.5) - case.law(0.5).relative_entropy(&Normal::STANDARD)).abs() < 1e-12);
}

#[test]
fn paths_differ_in_action() {
    // N(1, ¼) at time 0 and p_T at time T, joined by the noising path and by the path of least action. The action is
    // T ∫∫ |v|² p dx dt, v = −x − ∇ log p on the noising path.
    let (m, v_0, horizon) = (1.0, 0.25, 1.0);
    let data = Mixture::gaussian([m], [[v_0]]).unwrap();
    let action = horizon
        * integrate(0.0, horizon, 12, |t| {
            let law = Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
            integrate(-7.0, 8.0, 60, |x| (x + law.score(&[x])[0]).powi(2) * law.density(&[x]))
        });
    let law = |t: f64| (m * decay(t), decay(t).powi(2) * v_0 + noise_variance(t));
    // Under N(μ, v): E|x + s|² = μ² + (1 − v)²/v.
    let closed = horizon
        * integrate(0.0, horizon, 12, |t| {
            let (mean, v) = law(t);
            mean * mean + (1.0 - v).powi(2) / v
        });
    let (mean, v) = law(horizon);
    let least = (m - mean).powi(2) + (v_0.sqrt() - v.sqrt()).powi(2);
    assert!(closed > least);
    Check::new(
        "ch5_diffusion/score/path/paths_differ_in_action",
        &["u:52"],
        "the action T ∫ (μ² + (1 − v)²/v) dt of the noising path from N(1, ¼) to p_T exceeds the least",
        "the least action, the squared Wasserstein distance of the ends",
    )
    .within(
        action,
        closed,
        1e-9,
        "Gauss–Legendre to rounding; 1e-12 of the law outside the interval",
        least,
    );
}

#[test]
fn paths_are_time_changes() {
    // In law: the density of e^τ X(τ) is that of the variance-exploding process at σ = √(e^{2τ} − 1).
    let data = line();
    for t in [0.2, 0.7, 1.0] {
        for noising in [Noising::VarianceExploding, Noising::variance_preserving(0.1, 20.0).unwrap()] {
            let clock = noising.clock(t);
            let [a, b] = noising.channel(t);
            assert!((b / a - (2.0 * clock).exp_m1().sqrt()).abs() < 1e-12 * (b / a));
            let (law, ou) =
                (noising.law(&data, t).unwrap(), Noising::OrnsteinUhlenbeck.law(&data, clock).unwrap());
            let scale = decay(clock) / a;
            for x in [-1.0, 0.3, 2.0] {
                assert!((law.density(&[x]) - scale * ou.density(&[scale * x])).abs() < 1e-13);
            }
        }
    }
    // As processes: increments of e^t X(t) have the variance that σ² gains.
    let (process, seed, [s, t]) = (Noising::process(), 2, [0.3f64, 0.8]);
    let [square] = estimate(&Streams::new(seed, "time change"), 100_000, |stream| {
        let [start] = data.draw(stream);
        let early = process.transition(start, s, stream.normal());
        let late = process.transition(early, t - s, stream.normal());
        [(t.exp() * late - s.exp() * early).powi(2)]
    })
    .unwrap();
    Check::new(
        "ch5_diffusion/score/path/paths_are_time_changes",
        &["eq:5.2"],
        "e^t X(t) − e^s X(s) has variance σ(t)² − σ(s)² with σ² = e^{2t} − 1: the process without drift, by another clock",
        "2(t − s), the variance of √2 W without the change of clock",
    )
    .seed(seed)
    .samples("100000 paths")
    .statistical(square, (2.0 * t).exp() - (2.0 * s).exp(), 2.0 * (t - s));
}

#[test]
fn snapshots_in_both_directions() {
    let (data, horizon, points, seed) = (line(), 3.0, 20_000, 3);
    let law = |t: f64| Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
    let streams = Streams::new(seed, "snapshots");
    let process = Noising::process();
    let noised: Vec<f64> = (0..points as u64)
        .map(|i| {
            let mut stream = streams.stream(i);
            let [start] = data.draw(&mut stream);
            process.transition(start, 0.5, stream.normal())
        })
        .collect();
    assert!(kolmogorov_smirnov(&noised, |x| law(0.5).cdf(x)).unwrap().p_value > 1e-3);
    let score = ExactScore::new(data.clone());
    let times = descending_times(horizon, 0.5, 1000, 1.0).unwrap();
    let start = law(horizon).sample(points, &Streams::new(seed, "starts"));
    let statistic = |t: f64, h: f64| {
        let reverse = Reverse::new(&score, h, times.clone(), Method::Euler).unwrap();
        let sample: Vec<f64> = reverse.run(start.view(), &streams).unwrap().into_iter().collect();
        kolmogorov_smirnov(&sample, |x| law(t).cdf(x)).unwrap().statistic
    };
    for h in [0.0, 0.5, 2.0] {
        assert!(statistic(0.5, h) < 0.018);
    }
    Check::new(
        "ch5_diffusion/score/path/snapshots_in_both_directions",
        &["fig:5.1", "eq:5.3"],
        "the reversed process at time 2.5 of 3 has the law p(·, 0.5): distance of Kolmogorov and Smirnov",
        "the law p(·, 2.5), as if time had not been turned round",
    )
    .seed(seed)
    .samples("20000 paths of 1000 steps")
    .within(
        statistic(0.5, 1.0),
        0.0,
        0.018,
        "0.0138 is exceeded once in a thousand samples; a step of 0.0025 shifts the law by less than 0.004",
        statistic(2.5, 1.0),
    );
}

/// Against closed forms where one law is far narrower than the other.
#[test]
fn relative_entropy_of_narrow_laws() {
    for deviation in [0.5, 0.1, 0.01, 1e-3, 1e-6] {
        let [mean, variance] = [0.3, deviation * deviation];
        let narrow = Mixture::gaussian([mean], [[variance]]).unwrap();
        let wide = Mixture::gaussian([0.0], [[1.0]]).unwrap();
        let [normal, standard] = [Normal { mean, variance }, Normal::STANDARD];
        for (p, q, exact) in [
            (&narrow, &wide, normal.relative_entropy(&standard)),
            (&wide, &narrow, standard.relative_entropy(&normal)),
        ] {
            let found = relative_entropy(p, q).unwrap();
            assert!((found / exact - 1.0).abs() < 1e-10, "{deviation}: {found} {exact}");
        }
    }
}

/// The reversal of the exact score from the exact law at T ends in the data, however narrow they are.
#[test]
fn reversal_ends_in_narrow_data() {
    for variance in [1.7, 1e-2, 1e-6, 1e-10] {
        let case = GaussianCase::new(Normal { mean: 0.4, variance }, ScoreError::NONE).unwrap();
        for h in [0.0, 1.0, 3.0] {
            let end = case.reversed(h, 3.0, case.law(3.0)).unwrap();
            assert!((end.variance / variance - 1.0).abs() < 1e-9, "{variance} {h}: {end:?}");
            assert!((end.mean - 0.4).abs() < 1e-12);
        }
    }
}

/// t_n + (T − t_n) may round to more than T, where a score trained up to T has no value.
#[test]
fn times_begin_at_the_horizon() {
    for horizon in (1..200).map(|i| 0.05 * f64::from(i)) {
        for last in (0..50).map(|i| 1e-3 * f64::from(i)).filter(|last| *last < horizon) {
            let times = descending_times(horizon, last, 10, 2.0).unwrap();
            assert_eq!((times[0], times[10]), (horizon, last));
            assert!(times.is_sorted_by(|a, b| a > b));
        }
    }
}

/// ½∫₀ᵗ β with a linear β is ½ t β(t/2).
#[test]
fn clock_of_a_linear_schedule() {
    let preserving = Noising::variance_preserving(0.1, 20.0).unwrap();
    for t in [0.25, 0.5, 0.8] {
        let exact = 0.5 * t * (0.1 + 19.9 * 0.5 * t);
        assert!((preserving.clock(t) - exact).abs() < 1e-14, "{t}");
    }
}

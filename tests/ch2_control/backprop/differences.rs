//! Exercise 2.2: the error of central differences has a branch ε² and a branch 1/ε.

use sdml::ch2_control::backprop::{Activation, Layers};
use sdml::random::Streams;
use sdml::statistics::fit_order;

use crate::check::Check;

/// The geometric mean, over random networks, of the error of `difference`(loss along a random line, ε) against
/// backpropagation.
fn errors(epsilons: &[f64], difference: impl Fn(&dyn Fn(f64) -> f64, f64) -> f64, second: bool) -> Vec<f64> {
    let net = Layers::new(4, 3, Activation::Tanh).unwrap();
    let mut logs = vec![0.0; epsilons.len()];
    let networks = 200;
    for network in 0..networks {
        let mut stream = Streams::new(5, "differences").stream(network);
        let mut draw = |n: usize| (0..n).map(|_| stream.normal()).collect::<Vec<f64>>();
        let (theta, v, x) = (draw(48), draw(48), draw(4));
        let at = |t: f64| theta.iter().zip(&v).map(|(theta, v)| theta + t * v).collect::<Vec<f64>>();
        let slope = |t: f64| -> f64 {
            let gradient = net.backpropagate(&at(t), &x).unwrap().0;
            gradient.iter().zip(&v).map(|(g, v)| g * v).sum()
        };
        // The second derivative only has to be good enough for its own rounding branch.
        let exact = if second { (slope(1e-5) - slope(-1e-5)) / 2e-5 } else { slope(0.0) };
        let loss = |t: f64| net.loss(&at(t), &x).unwrap().0;
        for (log, &epsilon) in logs.iter_mut().zip(epsilons) {
            *log += ((difference(&loss, epsilon) - exact).abs() + 1e-300).ln();
        }
    }
    logs.into_iter().map(|log| (log / networks as f64).exp()).collect()
}

fn central(f: &dyn Fn(f64) -> f64, epsilon: f64) -> f64 {
    (f(epsilon) - f(-epsilon)) / (2.0 * epsilon)
}

#[test]
fn truncation_branch() {
    let epsilons = [4e-3, 2e-3, 1e-3, 5e-4, 2.5e-4];
    let order = |errors: Vec<f64>| fit_order(&epsilons, &errors, 0.95).unwrap().order;
    let one_sided = |f: &dyn Fn(f64) -> f64, epsilon: f64| (f(epsilon) - f(0.0)) / epsilon;
    Check::new(
        "ch2_control/backprop/differences/truncation_branch",
        &["exr:2.2"],
        "the error of central differences falls like ε²: fitted order",
        "one-sided differences",
    )
    .seed(5)
    .samples("200 networks, 5 steps")
    .within(
        order(errors(&epsilons, central, false)),
        2.0,
        0.05,
        "the next term is ε⁴, below one part in a hundred for most of the networks",
        order(errors(&epsilons, one_sided, false)),
    );
}

#[test]
fn rounding_branch() {
    let epsilons = [1e-7, 1e-8, 1e-9, 1e-10, 1e-11];
    let order = |errors: Vec<f64>| fit_order(&epsilons, &errors, 0.95).unwrap().order;
    let second = |f: &dyn Fn(f64) -> f64, epsilon: f64| {
        (f(epsilon) - 2.0 * f(0.0) + f(-epsilon)) / (epsilon * epsilon)
    };
    Check::new(
        "ch2_control/backprop/differences/rounding_branch",
        &["exr:2.2"],
        "for small ε the error of central differences grows like 1/ε: fitted order",
        "second differences, whose rounding error is divided by ε²",
    )
    .seed(5)
    .samples("200 networks, 5 steps")
    .within(
        order(errors(&epsilons, central, false)),
        -1.0,
        0.1,
        "log |error| scatters by about 1 for each network, so the mean by 1/√200 over 9 units of log ε",
        order(errors(&epsilons, second, true)),
    );
}

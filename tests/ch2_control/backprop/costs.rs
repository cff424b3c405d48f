use ndarray::Array2;
use sdml::ch2_control::backprop::{Activation, Layers, Mode, Pass, Rerun, Shards};
use sdml::random::Streams;

use super::{distance, example};
use crate::check::Check;

fn layers(width: usize, depth: usize) -> (Layers, Vec<f64>, Vec<f64>) {
    let layers = Layers::new(width, depth, Activation::Tanh).unwrap();
    let mut stream = Streams::new(0, "layers").stream(0);
    let theta = (0..layers.parameters()).map(|_| stream.normal() / (width as f64).sqrt()).collect();
    let x = (0..width).map(|_| stream.normal()).collect();
    (layers, theta, x)
}

#[test]
fn example_2_1() {
    let (net, theta, x) = layers(3, 3);
    let (gradient, count) = net.backpropagate(&theta, &x).unwrap();
    let (forward, forward_count) = net.forward_mode(&theta, &x).unwrap();
    assert!(distance(&gradient, &forward) < 1e-14);
    assert_eq!(net.loss(&theta, &x).unwrap().1.multiplications, 27);
    Check::new(
        "ch2_control/backprop/costs/example_2_1",
        &["exa:2.1"],
        "backpropagation through 3 layers of width 3, with P = 27 weights, takes 3P multiplications",
        "forward mode, one tangent for every weight",
    )
    .within(count.multiplications as f64, 81.0, 0.5, "a count", forward_count.multiplications as f64);
    // Linear in the depth, in time and in memory.
    for (width, depth) in [(3, 1), (3, 7), (5, 40), (8, 16)] {
        let (net, theta, x) = layers(width, depth);
        let count = net.backpropagate(&theta, &x).unwrap().1;
        assert_eq!(count.multiplications, 3 * depth * width * width);
        assert_eq!(count.activations, 2 * depth * width);
        assert_eq!(count.stored, (2 * depth + 1) * width + depth * width * width);
    }
}

#[test]
fn exercise_2_2() {
    let (net, theta, x) = layers(3, 3);
    let (exact, _) = net.backpropagate(&theta, &x).unwrap();
    let (gradient, count) = net.central_differences(&theta, &x, 1e-5, Rerun::Everything).unwrap();
    assert!(distance(&gradient, &exact) < 1e-9);
    // Beside the gradient it stores two layers.
    assert_eq!(count.stored, 27 + 2 * 3);
    let back = net.backpropagate(&theta, &x).unwrap().1;
    Check::new(
        "ch2_control/backprop/costs/exercise_2_2",
        &["exr:2.2"],
        "central differences in P = 27 weights take 2P² multiplications",
        "3P, as backpropagation",
    )
    .within(count.multiplications as f64, 1458.0, 0.5, "a count", back.multiplications as f64);
    let (reused, count) = net.central_differences(&theta, &x, 1e-5, Rerun::FromLayer).unwrap();
    assert_eq!(reused, gradient);
    // N⁴ ℓ(ℓ + 1), and one pass to keep the layers.
    assert_eq!(count.multiplications, 81 * 3 * 4 + 27);
}

#[test]
fn a_gradient_costs_three_passes() {
    let (mlp, theta, x, _) = example(&[3, 128, 128, 128, 2], Activation::Silu, 16);
    let mut pass = Pass::new();
    mlp.forward(&theta, x.view(), &mut pass).unwrap();
    let forward = pass.multiplications() as f64;
    let cotangent = Array2::ones(pass.output().dim());
    mlp.pull_back(&theta, &mut pass, cotangent.view(), &mut vec![0.0; theta.len()]).unwrap();
    let ratio = pass.multiplications() as f64 / forward;
    assert!(ratio <= 4.0);
    Check::new(
        "ch2_control/backprop/costs/a_gradient_costs_three_passes",
        &["exa:2.1", "exr:2.2"],
        "multiplications of a gradient in all parameters and the input, in forward passes",
        "central differences: two passes for every parameter",
    )
    .within(ratio, 3.0, 1e-9, "a ratio of counts", 2.0 * theta.len() as f64);
}

#[test]
fn crossover() {
    // Jacobian of a network with 16 inputs and m outputs: 1 + 16 streams forward, or one pass and m times two back.
    let cost = |outputs: usize, mode: Mode| {
        let (mlp, theta, x, _) = example(&[16, 32, 32, outputs], Activation::Tanh, 4);
        let mut pass = Pass::new();
        mlp.jacobian(&theta, x.view(), mode, &mut pass).unwrap();
        pass.multiplications() as f64
    };
    let ratio = |outputs| cost(outputs, Mode::Forward) / cost(outputs, Mode::Reverse);
    assert!(ratio(1) > 5.0 && ratio(7) > 1.0 && ratio(9) < 1.0);
    Check::new(
        "ch2_control/backprop/costs/crossover",
        &["u:24"],
        "forward mode overtakes reverse mode where the outputs are half as many as the inputs: ratio of their multiplications there",
        "a crossing where there are as many outputs as inputs",
    )
    .within(ratio(8), 1.0, 1e-9, "a ratio of counts", ratio(16));
}

#[test]
fn shards_add_up_every_parameter() {
    // More parameters than are summed together, and a gradient that is not 0 before.
    let mut gradient = vec![0.5; 10_000];
    Shards::new(10_000, || ())
        .gradient(16, &mut gradient, |range, (), gradient| {
            gradient.iter_mut().enumerate().for_each(|(p, g)| *g += (p * range.len()) as f64);
            Ok(0.0)
        })
        .unwrap();
    assert!(gradient.iter().enumerate().all(|(p, g)| *g == 0.5 + (16 * p) as f64));
}

#[test]
fn bits_do_not_depend_on_threads() {
    let (mlp, theta, x, _) = example(&[2, 16, 2], Activation::Tanh, 1001);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut gradient = vec![0.0; theta.len()];
            let loss = Shards::new(theta.len(), Pass::new)
                .gradient(1001, &mut gradient, |range, pass, gradient| {
                    let rows = ndarray::Slice::from(range);
                    mlp.forward(&theta, x.slice_axis(ndarray::Axis(0), rows), pass)?;
                    let cotangent = pass.output().to_owned();
                    mlp.pull_back(&theta, pass, cotangent.view(), gradient)?;
                    Ok(cotangent.iter().map(|y| 0.5 * y * y).sum())
                })
                .unwrap();
            let mut evaluation = sdml::ch2_control::backprop::Evaluation::new();
            mlp.evaluate(&theta, x.view(), &mut evaluation).unwrap();
            (loss.to_bits(), gradient, evaluation.output().to_owned())
        })
    };
    let one = run(1);
    for threads in [2, 7] {
        assert!(run(threads) == one);
    }
    // The shards' sum is the gradient of the whole batch.
    let (mut pass, mut whole) = (Pass::new(), vec![0.0; theta.len()]);
    mlp.forward(&theta, x.view(), &mut pass).unwrap();
    let cotangent = pass.output().to_owned();
    mlp.pull_back(&theta, &mut pass, cotangent.view(), &mut whole).unwrap();
    assert!(distance(&whole, &one.1) < 1e-11);
    assert!(distance(&cotangent, &one.2) < 1e-14);
}

//! Training allocates nothing after the first step. A crate of its own with a single test, since it counts the allocations of
//! the whole program.

use std::alloc::System;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};
use rayon::{ThreadPool, ThreadPoolBuilder};
use sdml::Result;
use sdml::ch1_preliminaries::learning::{Adam, Update};
use sdml::ch1_preliminaries::sde::Grid;
use sdml::ch2_control::backprop::{Activation, Evaluation, Jet, Mlp, Pass, Shards};
use sdml::ch2_control::neural_ode::{FixedStep, Gradient, Method, NetworkField, Tableau, terminal};
use sdml::ch2_control::neural_sde::{Batch, BatchScheme, NetworkSde, WayBack};
use sdml::ch2_control::qubit::{Discretization, Grape, NetworkControl, Qubit, RungeKutta};
use sdml::random::Streams;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A pass, and room for the cotangent of its output.
#[derive(Default)]
struct Work {
    pass: Pass,
    cotangent: Vec<f64>,
}

#[test]
fn training_steps_allocate_nothing() {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    network(&pool);
    neural_ode(&pool);
    neural_sde(&pool);
    qubit(&pool);
}

/// Trains θ by Adam; `evaluate` returns the loss at θ and adds its gradient. The loss falls, and nothing is allocated on the
/// way.
fn train(
    pool: &ThreadPool,
    name: &str,
    mut theta: Vec<f64>,
    mut evaluate: impl FnMut(&[f64], &mut [f64]) -> Result<f64> + Send,
) {
    let (mut gradient, mut adam) = (vec![0.0; theta.len()], Adam::default());
    let mut step = || {
        gradient.fill(0.0);
        let loss = evaluate(&theta, &mut gradient).unwrap();
        adam.step(&mut theta, &gradient, 1e-3);
        loss
    };
    // Inside the pool: handing work to it from outside fills a queue that grows now and then.
    let (first, last, change) = pool.install(|| {
        let first = step();
        // Every thread has room of its own, made when it first takes part.
        for _ in 0..20 {
            step();
        }
        let region = Region::new(ALLOCATOR);
        for _ in 0..100 {
            step();
        }
        let last = step();
        (first, last, region.change())
    });
    assert!(last < first, "{name}: a step does something");
    // The pool's own queues may grow a few times in all; a single allocation in a step would count a hundred.
    let grown = change.allocations + change.reallocations;
    assert!(grown < 10, "{name}: {change:?} in 101 steps");
}

fn network(pool: &ThreadPool) {
    let jet = Jet { tangents: 2, laplacian: true };
    let n = 64;
    let mlp = Mlp::new(&[2, 32, 32, 2], Activation::Silu).unwrap();
    let mut stream = Streams::new(0, "allocations").stream(0);
    let theta = mlp.initial(&mut stream);
    // Every shard of 8 points is a jet of its own.
    let points = Array2::from_shape_simple_fn((8, 2), || stream.normal());
    let shard = jet.coordinates(points.view()).unwrap();
    let mut shards = Shards::new(theta.len(), Work::default);
    let (many, mut evaluation) =
        (Array2::from_shape_simple_fn((1000, 2), || stream.normal()), Evaluation::new());
    let evaluate = |theta: &[f64], gradient: &mut [f64]| -> Result<f64> {
        let loss = shards.gradient(n, gradient, |_, Work { pass, cotangent }, gradient| {
            mlp.forward_jet(theta, jet, shard.view(), pass)?;
            let output = pass.output();
            cotangent.resize(output.len(), 0.0);
            let mut c =
                ArrayViewMut2::from_shape(output.dim(), cotangent).expect("the length is the shape's");
            c.assign(&output);
            let loss = c.iter().map(|y| 0.5 * y * y).sum();
            mlp.pull_back(theta, pass, c.view(), gradient)?;
            Ok(loss)
        })?;
        mlp.evaluate(theta, many.slice_axis(Axis(0), Slice::from(..)), &mut evaluation)?;
        Ok(loss)
    };
    train(pool, "a network", theta, evaluate);
}

/// By every reverse method. Forward sensitivities make room for the unit vectors that they pull back.
fn neural_ode(pool: &ThreadPool) {
    let field = NetworkField::new(Mlp::new(&[3, 16, 2], Activation::Tanh).unwrap()).unwrap();
    let mut stream = Streams::new(1, "allocations").stream(0);
    let theta = field.network().initial(&mut stream);
    let z_0 = Array2::from_shape_simple_fn((64, 2), || stream.normal());
    let steps = 9;
    let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, steps).unwrap();
    for method in
        [Method::recorded(steps), Method::checkpointed(steps), Method::StoredAdjoint, Method::ResolvedAdjoint]
    {
        let mut work = Gradient::new(scheme, method).unwrap();
        let mut loss = terminal(steps, |z: ArrayView2<f64>, mut a: ArrayViewMut2<f64>| {
            a += &z;
            0.5 * z.iter().map(|z| z * z).sum::<f64>()
        });
        let evaluate = |theta: &[f64], gradient: &mut [f64]| -> Result<f64> {
            work.evaluate(&field, theta, z_0.view(), &mut loss, gradient)
        };
        train(pool, &format!("{method:?}"), theta.clone(), evaluate);
    }
}

fn neural_sde(pool: &ThreadPool) {
    let network = Mlp::new(&[2, 16, 2], Activation::Tanh).unwrap();
    let sde = NetworkSde::new(network.clone(), network, 0.1, 0.5).unwrap();
    let theta = sde.initial(&mut Streams::new(2, "allocations").stream(0));
    let (start, noise) = (Array2::ones((64, 2)), Streams::new(3, "allocations"));
    for (scheme, way) in [
        (BatchScheme::Heun, WayBack::Recorded),
        (BatchScheme::Midpoint, WayBack::Stored),
        (BatchScheme::Midpoint, WayBack::Resolved),
        (BatchScheme::ReversibleHeun, WayBack::Resolved),
    ] {
        let mut batch = Batch::new(&sde, scheme, way, Grid::new(0.0, 1.0, 16).unwrap());
        let evaluate = |theta: &[f64], gradient: &mut [f64]| -> Result<f64> {
            batch.gradient(theta, start.view(), &noise, 1, gradient, |_, x, mut of_x| {
                of_x.assign(&x);
                Ok(0.5 * x.iter().map(|x| x * x).sum::<f64>())
            })
        };
        train(pool, &format!("{scheme:?}, {way:?}"), theta.clone(), evaluate);
    }
}

fn qubit(pool: &ThreadPool) {
    let qubit = Qubit::new(1.0, 2.0).unwrap();
    steer(pool, "a qubit on pieces", Grape::new(qubit, 1.6, 100).unwrap());
    steer(pool, "a qubit by Runge–Kutta", RungeKutta::new(qubit, 1.6, 50).unwrap());
}

fn steer(pool: &ThreadPool, name: &str, problem: impl Discretization + Send) {
    let mut control = NetworkControl::new(problem, 16).unwrap();
    let theta = control.network().initial(&mut Streams::new(4, "allocations").stream(0));
    train(pool, name, theta, |theta, gradient| control.gradient(theta, gradient));
}

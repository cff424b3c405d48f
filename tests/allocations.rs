//! Training allocates nothing after the first step. A crate of its own, since it counts the allocations of the whole
//! program.

use std::alloc::System;

use ndarray::{Array2, ArrayViewMut2, Axis, Slice};
use sdml::Result;
use sdml::ch1_preliminaries::learning::{Adam, Update};
use sdml::ch2_control::backprop::{Activation, Evaluation, Jet, Mlp, Pass, Shards};
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
    let jet = Jet { tangents: 2, laplacian: true };
    let n = 64;
    let mlp = Mlp::new(&[2, 32, 32, 2], Activation::Silu).unwrap();
    let mut stream = Streams::new(0, "allocations").stream(0);
    let mut theta = mlp.initial(&mut stream);
    // Every shard of 8 points is a jet of its own.
    let points = Array2::from_shape_simple_fn((8, 2), || stream.normal());
    let shard = jet.coordinates(points.view()).unwrap();
    let mut gradient = vec![0.0; theta.len()];
    let (mut adam, mut shards) = (Adam::default(), Shards::new(theta.len(), Work::default));
    let (many, mut evaluation) =
        (Array2::from_shape_simple_fn((1000, 2), || stream.normal()), Evaluation::new());
    let mut step = || -> Result<f64> {
        gradient.fill(0.0);
        let loss = shards.gradient(n, &mut gradient, |_, Work { pass, cotangent }, gradient| {
            mlp.forward_jet(&theta, jet, shard.view(), pass)?;
            let output = pass.output();
            cotangent.resize(output.len(), 0.0);
            let mut c =
                ArrayViewMut2::from_shape(output.dim(), cotangent).expect("the length is the shape's");
            c.assign(&output);
            let loss = c.iter().map(|y| 0.5 * y * y).sum();
            mlp.pull_back(&theta, pass, c.view(), gradient)?;
            Ok(loss)
        })?;
        adam.step(&mut theta, &gradient, 1e-3);
        mlp.evaluate(&theta, many.slice_axis(Axis(0), Slice::from(..)), &mut evaluation)?;
        Ok(loss)
    };
    // Inside the pool: handing work to it from outside fills a queue that grows now and then.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let (first, last, change) = pool.install(|| {
        let first = step().unwrap();
        // Every thread has room of its own, made when it first takes part.
        for _ in 0..20 {
            step().unwrap();
        }
        let region = Region::new(ALLOCATOR);
        for _ in 0..100 {
            step().unwrap();
        }
        let last = step().unwrap();
        (first, last, region.change())
    });
    assert!(last < first, "a step does something");
    // The pool's own queues may grow a few times in all; a single allocation in a step would count a hundred.
    let grown = change.allocations + change.reallocations;
    assert!(grown < 10, "{change:?} in 101 steps");
}

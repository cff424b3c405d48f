use super::problems::CubicWell;
use sdml::Error;
use sdml::ch1_preliminaries::sde::{
    Additive15, Circle, Ensemble, EulerMaruyama, Grid, Heun, Increment, Increments, OrnsteinUhlenbeck,
    solve_end,
};
use sdml::random::Streams;
use std::sync::atomic::{AtomicU64, Ordering};

fn ou() -> OrnsteinUhlenbeck {
    OrnsteinUhlenbeck::new(-1.0, 1.0).unwrap()
}

#[test]
fn same_bits_at_any_number_of_threads() {
    let grid = Grid::new(0.0, 1.0, 20).unwrap();
    // 1003 paths: the last block is not full.
    let run = || {
        let paths = Ensemble::new(Heun, &Circle, [1.0, 0.5], grid, Streams::new(1, "bits"), 1003).unwrap();
        (paths.ends().unwrap(), paths.moments_every(5, |[x, y]| [x * y, y]).unwrap())
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(run);
    for threads in [2, 7] {
        assert!(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run) == one);
    }
    assert_eq!(one.0.len(), 1003);
    assert_eq!(one.1.len(), 5);
    assert!(one.1.iter().flatten().all(|moments| moments.count() == 1003));
}

#[test]
fn any_path_can_be_replayed_alone() {
    let grid = Grid::new(0.0, 1.0, 20).unwrap();
    let streams = Streams::new(2, "replay");
    let ends = Ensemble::new(EulerMaruyama, &ou(), [0.5], grid, streams, 1003).unwrap().ends().unwrap();
    let fifteen = Ensemble::new(Additive15, &ou(), [0.5], grid, streams, 1003).unwrap().ends().unwrap();
    for path in [0, 731, 1002] {
        let mut stream = streams.stream(path);
        let steps = (0..20).map(|_| Increment::draw_db(grid.h(), &mut stream)).collect();
        let noise = Increments::of(grid, steps).unwrap();
        assert_eq!(solve_end(EulerMaruyama, &ou(), [0.5], &noise).unwrap(), ends[path as usize]);
        // A scheme that asks for time integrals draws them too, in the order of [`Increments::sample`].
        let noise = Increments::sample(grid, &mut streams.stream(path));
        assert_eq!(solve_end(Additive15, &ou(), [0.5], &noise).unwrap(), fifteen[path as usize]);
    }
}

#[test]
fn the_watcher_hears_of_every_path() {
    let grid = Grid::new(0.0, 1.0, 3).unwrap();
    let done = AtomicU64::new(0);
    let watch = |paths| {
        done.fetch_add(paths, Ordering::Relaxed);
    };
    let ou = ou();
    let paths = Ensemble::new(EulerMaruyama, &ou, [0.0], grid, Streams::new(3, "watch"), 1003).unwrap();
    paths.watched(&watch).moments(|[x]| [x]).unwrap();
    assert_eq!(done.into_inner(), 1003);
}

#[test]
fn the_start_is_the_first_measurement() {
    let grid = Grid::new(0.0, 1.0, 10).unwrap();
    let ou = ou();
    let paths = Ensemble::new(EulerMaruyama, &ou, [0.5], grid, Streams::new(4, "start"), 64).unwrap();
    let over_time = paths.moments_every(5, |[x]| [x]).unwrap();
    assert_eq!(over_time.len(), 3);
    assert_eq!(over_time[0][0].mean().unwrap().mean, 0.5);
    assert!(over_time[2] == paths.moments(|[x]| [x]).unwrap());
}

#[test]
fn a_diverging_path_is_named_by_its_step() {
    let grid = Grid::new(0.0, 10.0, 40).unwrap();
    let paths =
        Ensemble::new(EulerMaruyama, &CubicWell(0.1), [3.0], grid, Streams::new(5, "diverge"), 100).unwrap();
    let Error::NotFinite { quantity: "X", step, .. } = paths.ends().unwrap_err() else {
        panic!("the paths should diverge");
    };
    let mut stream = Streams::new(5, "diverge").stream(0);
    let steps = (0..40).map(|_| Increment::draw_db(grid.h(), &mut stream)).collect();
    let alone = solve_end(EulerMaruyama, &CubicWell(0.1), [3.0], &Increments::of(grid, steps).unwrap());
    assert!(matches!(alone, Err(Error::NotFinite { step: by_itself, .. }) if by_itself == step));
    assert!(step > 3 && step < 20, "{step}");
}

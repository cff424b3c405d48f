//! What the solver refuses, and what it says then.

use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
use sdml::ch1_preliminaries::fokker_planck::{
    Density, FokkerPlanck, Grid, Histogram, Scheme, extrapolated_rates, poisson_weights,
};
use sdml::random::Streams;
use sdml::{Error, Result};

use super::{OrnsteinUhlenbeck, line};

/// The name of the argument that was refused.
fn refused<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result {
        Err(Error::Argument { name, .. }) => name,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn grids_without_cells() {
    assert_eq!(
        Grid::new([0.0], [1.0], [2]).unwrap_err().to_string(),
        "`shape` is 2, but it must be at least 3"
    );
    assert_eq!(refused(Grid::new([0.0, 0.0], [1.0, 1.0], [8, 2])), "shape");
    assert_eq!(refused(Grid::new([f64::NAN], [1.0], [8])), "lower");
    assert_eq!(refused(Grid::new([0.0], [f64::INFINITY], [8])), "upper");
    assert_eq!(refused(Grid::new([1.0], [1.0], [8])), "upper");
    assert_eq!(refused(Grid::new([-1e308], [1e308], [8])), "upper - lower");
    assert_eq!(refused(line(0.0, 1.0, 7).coarser()), "shape");
    assert_eq!(refused(line(0.0, 1.0, 4).coarser()), "shape");
}

#[test]
fn densities_that_are_not() {
    let grid = line(0.0, 4.0, 4);
    assert_eq!(refused(Density::new(grid, vec![0.5, 0.5])), "values.len()");
    assert_eq!(
        Density::new(grid, vec![0.5, -0.1, 0.3, 0.3]).unwrap_err().to_string(),
        "`values` is -0.1, but it must be finite and at least 0 in every cell"
    );
    assert_eq!(refused(Density::new(grid, vec![0.5, f64::NAN, 0.25, 0.25])), "values");
    assert_eq!(
        Density::new(grid, vec![0.5; 4]).unwrap_err().to_string(),
        "`values` is a density of mass 2, but it must be of mass 1"
    );
    assert_eq!(refused(Density::proportional_to(grid, |_| 0.0)), "weight");
    assert_eq!(refused(Density::proportional_to(grid, |[x]| x - 1.0)), "weight");
    assert_eq!(refused(Density::proportional_to(grid, |_| f64::INFINITY)), "weight");
    assert!(Density::new(grid, vec![0.25; 4]).is_ok());
}

#[test]
fn coefficients_out_of_range() {
    let grid = line(-1.0, 1.0, 8);
    assert_eq!(refused(FokkerPlanck::new(grid, |_| [f64::NAN], |_| [1.0])), "drift");
    assert_eq!(refused(FokkerPlanck::new(grid, |_| [1e308], |_| [1e-10])), "drift / diffusion");
    assert_eq!(refused(FokkerPlanck::new(grid, |_| [0.0], |[x]| [x])), "diffusion");
    assert_eq!(refused(FokkerPlanck::new(grid, |_| [0.0], |_| [f64::NAN])), "diffusion");
    assert_eq!(refused(FokkerPlanck::gradient(grid, |[x]| x.ln(), 1.0)), "potential");
    assert_eq!(refused(FokkerPlanck::gradient(grid, |_| 0.0, 0.0)), "temperature");
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(Gibbs::new(beta)), "beta");
    }
}

#[test]
fn times_steps_and_counts_out_of_range() {
    let (equation, start) = (OrnsteinUhlenbeck::equation(40), OrnsteinUhlenbeck::start(40));
    for time in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(equation.evolve(&start, time)), "time");
        assert_eq!(refused(equation.integrate(&start, time, 3, Scheme::TrBdf2)), "time");
    }
    assert_eq!(refused(equation.evolve(&start, 1e12)), "time");
    assert_eq!(refused(equation.integrate(&start, 1.0, 0, Scheme::BackwardEuler)), "steps");
    assert_eq!(refused(equation.rates(0)), "count");
    assert_eq!(refused(equation.rates(41)), "count");
    assert_eq!(refused(equation.modes(41)), "count");
    assert_eq!(refused(extrapolated_rates(line(-1.0, 1.0, 9), 1, |_| Ok(equation.clone()))), "shape");
}

#[test]
fn densities_on_another_grid() {
    let (equation, other) = (OrnsteinUhlenbeck::equation(40), OrnsteinUhlenbeck::start(41));
    assert_eq!(refused(equation.evolve(&other, 1.0)), "initial");
    assert_eq!(refused(equation.integrate(&other, 1.0, 1, Scheme::BackwardEuler)), "initial");
    assert_eq!(refused(equation.expand(&[], &other, 1.0)), "initial");
    assert_eq!(refused(equation.rate_of_change(&other)), "density");
    assert_eq!(refused(equation.flux(&other)), "density");
    assert_eq!(refused(OrnsteinUhlenbeck::start(40).distance(&other)), "other");
}

#[test]
fn histograms_out_of_range() {
    let grid = line(-7.0, 7.0, 40);
    let streams = Streams::new(1, "input");
    assert_eq!(refused(Histogram::sample(grid, &streams, 0, |_| [0.0])), "paths");
    assert!(matches!(
        Histogram::sample(grid, &streams, 5, |_| [f64::NAN]),
        Err(Error::NotFinite { quantity: "a draw", step: 0, .. })
    ));
    let histogram = Histogram::sample(grid, &streams, 1000, |stream| [stream.normal()]).unwrap();
    assert_eq!(refused(histogram.compare(&OrnsteinUhlenbeck::start(41), 5)), "density");
    assert_eq!(refused(histogram.compare(&OrnsteinUhlenbeck::start(40), 1)), "groups");
    // A draw beyond a wall counts for the cell at the wall.
    let outside = Histogram::sample(grid, &streams, 3, |_| [-100.0]).unwrap();
    assert_eq!(outside.counts()[0], 3);
    assert!((outside.density().mass() - 1.0).abs() < 1e-15);
}

#[test]
fn temperatures_beyond_the_rule() {
    for beta in [1e-120, 1e12, 1e300] {
        assert_eq!(refused(Gibbs::new(beta)), "beta");
    }
}

#[test]
fn unusable_coefficients_are_refused() {
    let grid = Grid::new([-1.0], [1.0], [4]).unwrap();
    let message = |result: Result<FokkerPlanck<1>>| result.unwrap_err().to_string();
    assert_eq!(
        message(FokkerPlanck::new(grid, |[x]| [-x], |_| [0.0])),
        "`diffusion` is 0, but it must be a finite number greater than 0"
    );
    assert_eq!(
        message(FokkerPlanck::new(grid, |[x]| [1.0 / (x - x)], |_| [1.0])),
        "`drift` is inf, but it must be a finite number"
    );
    assert!(message(FokkerPlanck::gradient(grid, |_| f64::NAN, 1.0)).starts_with("`potential` is NaN"));
    assert!(message(FokkerPlanck::gradient(grid, |_| 0.0, -1.0)).starts_with("`temperature` is -1"));
    let steep = FokkerPlanck::new(grid, |_| [1e5], |_| [1.0]).unwrap();
    assert_eq!(refused(steep.equilibrium()), "drift");
}

#[test]
fn poisson_laws_without_a_mean() {
    for mean in [-1e-9, f64::NAN, 1.1e7] {
        assert_eq!(refused(poisson_weights(mean)), "mean");
    }
    assert_eq!(poisson_weights(0.0).unwrap(), (0, vec![1.0]));
}

//! The solver: order, sign, mass, equilibrium.

use sdml::ch1_preliminaries::fokker_planck::{
    Density, FokkerPlanck, Grid, Scheme, bernoulli, double_well, poisson_weights,
};
use sdml::statistics::fit_order;
use std::f64::consts::{PI, SQRT_2};

use super::{
    OrnsteinUhlenbeck, central_flux, digits, gaussian, greatest_error, largest, line, runge_kutta, wells,
};
use crate::check::Check;

/// Diffusion alone has the modes (−1)ᵏ √2 cos(πk(i + ½)/n). Some vanish in a cell, where a pivot may be 0 to the last bit.
#[test]
fn modes_with_nodes_in_cells() {
    for n in [3, 12, 40, 45] {
        let equation = FokkerPlanck::new(line(0.0, 1.0, n), |_| [0.0], |_| [0.7]).unwrap();
        for (k, mode) in equation.modes(n).unwrap().iter().enumerate() {
            let scale = if k == 0 { 1.0 } else { SQRT_2 * (1.0 - 2.0 * (k % 2) as f64) };
            for (i, f) in mode.function.iter().enumerate() {
                let wave = (PI * k as f64 * (i as f64 + 0.5) / n as f64).cos();
                assert!((f - scale * wave).abs() < 1e-9, "mode {k} of {n} in cell {i}: {f}");
            }
        }
    }
}

#[test]
fn order_in_space() {
    let cells = [100, 200, 400, 800];
    let time = 0.5;
    let errors = |solve: &dyn Fn(usize) -> Density<1>| {
        cells.map(|cells| greatest_error(&solve(cells), |[x]| OrnsteinUhlenbeck::density(time, x)))
    };
    let exact =
        |cells| OrnsteinUhlenbeck::equation(cells).evolve(&OrnsteinUhlenbeck::start(cells), time).unwrap();
    let euler = |cells| {
        let equation = OrnsteinUhlenbeck::equation(cells);
        equation.integrate(&OrnsteinUhlenbeck::start(cells), time, cells / 10, Scheme::BackwardEuler).unwrap()
    };
    let h = cells.map(|cells| 14.0 / cells as f64);
    let right = errors(&exact);
    assert!(right[2] < 1e-4, "{right:?}");
    Check::new(
        "ch1_preliminaries/fokker_planck/solver/order_in_space",
        &["thm:1.16", "eq:1.18"],
        "Ornstein–Uhlenbeck density on 100 to 800 cells: the order of the greatest error",
        "backward Euler with a step proportional to h",
    )
    .within(
        fit_order(&h, &right, 0.95).unwrap().order,
        2.0,
        0.02,
        "the next term of the error is h² = 0.02 of the first on the coarsest grid",
        fit_order(&h, &errors(&euler), 0.95).unwrap().order,
    );
}

/// The rotating Ornstein–Uhlenbeck process dX = (−X + ω JX) dt + √2 dB from N((1.5, 0), I/4).
fn rotating(cells: usize, omega: f64) -> (FokkerPlanck<2>, Density<2>) {
    let grid = Grid::new([-6.0; 2], [6.0; 2], [cells; 2]).unwrap();
    let equation = FokkerPlanck::new(grid, |[x, y]| [-x - omega * y, omega * x - y], |_| [1.0; 2]).unwrap();
    let start =
        Density::proportional_to(grid, |[x, y]| gaussian(1.5, 0.25, x) * gaussian(0.0, 0.25, y)).unwrap();
    (equation, start)
}

#[test]
fn order_in_space_in_two_dimensions() {
    let (omega, time) = (2.0, 0.5);
    let cells = [32, 64, 128];
    let radius = 1.5 * f64::exp(-time);
    let variance = 1.0 - 0.75 * f64::exp(-2.0 * time);
    let exact = |[x, y]: [f64; 2]| {
        gaussian(radius * (omega * time).cos(), variance, x)
            * gaussian(radius * (omega * time).sin(), variance, y)
    };
    let order = |omega: f64| {
        let errors = cells.map(|cells| {
            let (equation, start) = rotating(cells, omega);
            let end = equation.evolve(&start, time).unwrap();
            assert!((end.mass() - 1.0).abs() < 1e-13 && end.values().iter().all(|p| *p >= 0.0));
            greatest_error(&end, exact)
        });
        fit_order(&cells.map(|cells| 12.0 / cells as f64), &errors, 0.95).unwrap().order
    };
    Check::new(
        "ch1_preliminaries/fokker_planck/solver/order_in_space_in_two_dimensions",
        &["thm:1.16", "eq:1.18"],
        "rotating Ornstein–Uhlenbeck density on 32² to 128² cells: the order of the greatest error",
        "the rotation the other way round, which converges to something else",
    )
    .within(
        order(omega),
        2.0,
        0.14,
        "the next term of the error is h² = 0.14 of the first on the coarsest grid",
        order(-omega),
    );
}

#[test]
fn order_in_time() {
    let (cells, time) = (200, 0.5);
    let (equation, start) = (OrnsteinUhlenbeck::equation(cells), OrnsteinUhlenbeck::start(cells));
    let exact = equation.evolve(&start, time).unwrap();
    let order = |scheme: Scheme| {
        let steps = [20, 40, 80, 160];
        let errors = steps
            .map(|steps| equation.integrate(&start, time, steps, scheme).unwrap().distance(&exact).unwrap());
        fit_order(&steps.map(|steps| time / f64::from(steps as u32)), &errors, 0.95).unwrap().order
    };
    let (first, second) = (order(Scheme::BackwardEuler), order(Scheme::TrBdf2));
    assert!((first - f64::from(Scheme::BackwardEuler.order())).abs() < 0.03, "{first}");
    Check::new(
        "ch1_preliminaries/fokker_planck/solver/order_in_time",
        &["thm:1.16"],
        "TR-BDF2 against uniformization on the same grid: the order in the time step",
        "backward Euler",
    )
    .within(
        second,
        f64::from(Scheme::TrBdf2.order()),
        0.03,
        "the next term is of the relative size of the step, 0.025",
        first,
    );
}

#[test]
fn density_stays_positive() {
    // b = −200x on cells of width 0.1: from 0.1 outwards the drift outweighs the diffusion of a cell, |b|h > 2D.
    let (grid, time) = (line(-2.0, 2.0, 40), 0.02);
    let start =
        Density::proportional_to(grid, |[x]| f64::from(grid.cell_of([x]) == grid.cell_of([1.0]))).unwrap();
    let drift = |x: f64| -200.0 * x;
    let equation = FokkerPlanck::new(grid, |[x]| [drift(x)], |_| [1.0]).unwrap();
    let negative = |p: &[f64]| p.iter().map(|p| (-p).max(0.0)).sum::<f64>() * grid.volume();
    let right = equation.evolve(&start, time).unwrap();
    for steps in [1, 3, 100] {
        let stepped = equation.integrate(&start, time, steps, Scheme::BackwardEuler).unwrap();
        assert_eq!(negative(stepped.values()), 0.0);
        assert!((stepped.mass() - 1.0).abs() < 1e-13);
    }
    assert_eq!(negative(right.values()), 0.0);
    let wrong = runge_kutta(start.values(), time, 2000, |p| central_flux(&grid, drift, 1.0, p));
    Check::new(
        "ch1_preliminaries/fokker_planck/solver/density_stays_positive",
        &["thm:1.16"],
        "a drift too strong for the grid: the negative part of the density",
        "central differences for the flux",
    )
    .within(
        negative(right.values()),
        0.0,
        1e-15,
        "no operation of the solver can make a number negative",
        digits(negative(&wrong)),
    );
}

#[test]
fn a_second_order_step_that_turns_negative_is_refused() {
    let grid = line(-2.0, 2.0, 80);
    let start = Density::proportional_to(grid, |[x]| f64::from(grid.cell_of([x]) == Some(40))).unwrap();
    let equation = FokkerPlanck::new(grid, |_| [0.0], |_| [1.0]).unwrap();
    let refused = equation.integrate(&start, 0.1, 1, Scheme::TrBdf2).unwrap_err().to_string();
    assert!(refused.starts_with("`steps` is 1, but it must be more: a step of 0.1"), "{refused}");
    assert!(equation.integrate(&start, 0.1, 1000, Scheme::TrBdf2).is_ok());
    // A cell farther takes 10⁻⁹ of the density; where that underflows it is 0, which is not negative.
    let short = equation.integrate(&start, 2.5e-12, 1, Scheme::TrBdf2).unwrap();
    assert_eq!(short.values()[0], 0.0);
}

#[test]
fn equilibrium_is_stationary() {
    let (cells, beta) = (100, 1.0);
    let equation = wells(beta, cells);
    let grid = *equation.grid();
    let gibbs = Density::proportional_to(grid, |[x]| (-beta * double_well::potential(x)).exp()).unwrap();
    // The same from the force instead of the potential: Gauss's rule is exact for a cubic.
    let from_force = FokkerPlanck::new(grid, |[x]| [double_well::force(x)], |_| [1.0 / beta]).unwrap();
    assert!(largest(from_force.rate_of_change(&gibbs).unwrap()) < 1e-12);
    assert!(equation.equilibrium().unwrap().distance(&gibbs).unwrap() < 1e-13);
    // In the plane, for a potential that does not separate; without the coupling the equilibrium is another.
    let plane = Grid::new([-2.5, -3.0], [2.5, 3.0], [50, 60]).unwrap();
    let coupled = |[x, y]: [f64; 2]| double_well::potential(x) + (y - 0.5 * x).powi(2);
    let joint = Density::proportional_to(plane, |x| (-beta * coupled(x)).exp()).unwrap();
    let change = |potential: &dyn Fn([f64; 2]) -> f64| {
        let equation = FokkerPlanck::gradient(plane, potential, 1.0 / beta).unwrap();
        largest(equation.rate_of_change(&joint).unwrap())
    };
    assert!(change(&coupled) < 1e-12);
    assert!(change(&|[x, y]| double_well::potential(x) + y * y) > 0.1);
    Check::new(
        "ch1_preliminaries/fokker_planck/solver/equilibrium_is_stationary",
        &["exr:1.18", "thm:1.16"],
        "double well at β = 1: the largest |∂ₜp| of exp(−βU)/Z at the centers",
        "central differences for the flux",
    )
    .within(
        largest(equation.rate_of_change(&gibbs).unwrap()),
        0.0,
        1e-12,
        "rounding, times 1/h² = 280",
        digits(largest(central_flux(&grid, double_well::force, 1.0 / beta, gibbs.values()))),
    );
}

#[test]
fn stationary_flux_circles() {
    // In the long run the law is N(0, I) and the flux ω (−y, x) p: what −x p and −∇p carry cancels.
    let omega = 2.0;
    let settled = |cells: usize| {
        let (equation, start) = rotating(cells, omega);
        let end = equation.evolve(&start, 12.0).unwrap();
        (*end.grid(), equation.flux(&end).unwrap())
    };
    let error = |(grid, flux): &(Grid<2>, Vec<[f64; 2]>), exact: &dyn Fn([f64; 2]) -> [f64; 2]| {
        let pairs = grid.centers().zip(flux);
        largest(pairs.flat_map(|(x, flux)| [0, 1].map(|axis| flux[axis] - exact(x)[axis])))
    };
    let p = |[x, y]: [f64; 2]| gaussian(0.0, 1.0, x) * gaussian(0.0, 1.0, y);
    let circles = |x: [f64; 2]| [-omega * x[1] * p(x), omega * x[0] * p(x)];
    let (coarse, fine) = (settled(48), settled(96));
    // Twice the cells, a quarter of the error, but for the next term: h² of the first, on the coarse grid 1/16.
    let bound = error(&coarse, &circles) / 4.0 * (1.0 + 1.0 / 16.0);
    Check::new(
        "ch1_preliminaries/fokker_planck/solver/stationary_flux_circles",
        &["thm:1.16"],
        "rotating Ornstein–Uhlenbeck process at time 12: the greatest error of the flux against ω (−y, x) p",
        "no flux, because nothing changes any more",
    )
    .within(
        error(&fine, &circles),
        0.0,
        bound,
        "second order: a quarter of the error on cells of width ¼, and 1/16 of that for the next term",
        error(&fine, &|_| [0.0; 2]),
    );
}

#[test]
fn mass_is_kept_over_many_steps() {
    let equation = wells(1.0, 200);
    let start = Density::proportional_to(*equation.grid(), |[x]| gaussian(1.0, 0.01, x)).unwrap();
    let mass = |density: Density<1>| (density.mass() - 1.0).abs();
    assert!(mass(equation.evolve(&start, 50.0).unwrap()) < 1e-13);
    for scheme in [Scheme::BackwardEuler, Scheme::TrBdf2] {
        assert!(mass(equation.integrate(&start, 5.0, 5000, scheme).unwrap()) < 1e-13);
    }
}

#[test]
fn poisson_weights_have_the_laws_mean_and_variance() {
    for mean in [1e-6, 0.3, 1.0, 17.5, 4e5] {
        let (first, weights) = poisson_weights(mean).unwrap();
        let moment = |power: i32| -> f64 {
            weights.iter().zip(first..).map(|(weight, k)| weight * (k as f64 - mean).powi(power)).sum()
        };
        assert!(moment(1).abs() < 1e-10 * mean.max(1.0), "mean {mean}");
        assert!((moment(2) / mean - 1.0).abs() < 1e-9, "variance {mean}");
    }
}

#[test]
fn the_fluxes_ratio_is_the_equilibriums() {
    for w in [-30.0, -1.0, -1e-9, 1e-12, 0.3, 20.0] {
        assert!((bernoulli(-w) / bernoulli(w) / f64::exp(w) - 1.0).abs() < 1e-14, "{w}");
        // Their difference is the drift: B(−w) − B(w) = w.
        assert!((bernoulli(-w) - bernoulli(w) - w).abs() < 1e-14 * w.abs().max(1.0), "{w}");
    }
}

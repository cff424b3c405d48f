//! The conventions of Section 1.5, on arrays without symmetry, and the code names in the table of symbols.

use std::collections::BTreeSet;

use ndarray::{Array2, array};
use sdml::ch1_preliminaries::notation::*;

use crate::check::Check;

/// F(z) = [[z₁ z₂, z₂³], [sin z₁, z₁ + 5 z₂]]: no two of its slopes agree.
fn field(z: &[f64]) -> Array2<f64> {
    array![[z[0] * z[1], z[1].powi(3)], [z[0].sin(), z[0] + 5.0 * z[1]]]
}

const Z: [f64; 2] = [0.7, 1.3];
const V: [f64; 2] = [2.0, -3.0];

#[test]
fn jacobian_rows() {
    // f(z) = (z₁² z₂, e^{z₂} + z₁): ∂f₁/∂z₂ = z₁², ∂f₂/∂z₁ = 1.
    let slopes = jacobian(|z| vec![z[0] * z[0] * z[1], z[1].exp() + z[0]], &Z).unwrap();
    Check::new(
        "ch1_preliminaries/notation/jacobian_rows",
        &["u:22"],
        "(∇f)₁₂ = ∂f₁/∂z₂ = z₁² at z₁ = 0.7",
        "the transposed convention, whose rows are the variables",
    )
    .within(slopes[(0, 1)], 0.49, 1e-8, "centred differences reach 1e-10", slopes.t()[(0, 1)]);
    let exact = array![[2.0 * 0.7 * 1.3, 0.49], [1.0, 1.3f64.exp()]];
    assert!((slopes - exact).iter().all(|d| d.abs() < 1e-8));
    // f need not have as many components as variables.
    assert_eq!(jacobian(|z| vec![z[0] + z[1]], &Z).unwrap().dim(), (1, 2));
}

#[test]
fn contraction() {
    let slopes = gradient(field, &Z).unwrap();
    let exact = array![[1.3 * 2.0 - 0.7 * 3.0, -3.0 * 3.0 * 1.3 * 1.3], [2.0 * 0.7f64.cos(), 2.0 - 15.0]];
    let along = contract(&slopes, &V).unwrap();
    assert!((&along - &exact).iter().all(|d| d.abs() < 1e-8), "{along}");
    let along_second_index = contract(&slopes.clone().permuted_axes([0, 2, 1]), &V).unwrap();
    Check::new(
        "ch1_preliminaries/notation/contraction",
        &["u:22"],
        "(∇F v)₁₂ = Σ_k ∂F₁₂/∂z_k v_k = 3 z₂² v₂",
        "the sum over the second index of F instead of the index of differentiation",
    )
    .within(
        along[(0, 1)],
        exact[(0, 1)],
        1e-7,
        "centred differences reach 1e-10",
        along_second_index[(0, 1)],
    );
    let along_first_index = contract(&slopes.permuted_axes([1, 2, 0]), &V).unwrap();
    assert!((along_first_index[(0, 1)] - exact[(0, 1)]).abs() > 1.0);
    // ∇F v is the derivative of F along v.
    let h = 1e-5;
    let moved = |h: f64| field(&[Z[0] + h * V[0], Z[1] + h * V[1]]);
    assert!(((moved(h) - moved(-h)) / (2.0 * h) - &along).iter().all(|d| d.abs() < 1e-7));
}

#[test]
fn bad_input() {
    let says = |error: sdml::Error, text: &str| assert!(error.to_string().contains(text), "{error}");
    says(jacobian(|z| z.to_vec(), &[]).unwrap_err(), "`z.len()` is 0");
    says(jacobian(|z| z.to_vec(), &[f64::NAN]).unwrap_err(), "`z` is NaN");
    says(jacobian(|z| vec![1.0 / (z[0] - 1.0).max(0.0)], &[1.0]).unwrap_err(), "`f` is -inf");
    let ragged = |z: &[f64]| vec![0.0; if z[0] > 1.0 { 2 } else { 1 }];
    says(jacobian(ragged, &[1.0]).unwrap_err(), "shape");
    says(contract(&gradient(field, &Z).unwrap(), &[1.0]).unwrap_err(), "`v.len()` is 1");
}

/// The paths given; a path that does not exist in the crate does not compile.
macro_rules! existing {
    ($($($name:ident)::+,)+) => {{
        $( {
            #[allow(unused_imports)]
            use sdml::$($name)::+ as _;
        } )+
        BTreeSet::from([$( [$(stringify!($name)),+].join("::") ),+])
    }};
}

#[test]
fn code_names_exist() {
    let existing = existing![
        ch1_preliminaries::brownian::BrownianPath,
        ch1_preliminaries::brownian::quadratic_variation,
        ch1_preliminaries::evolution::Rabi,
        ch1_preliminaries::evolution::Splitting,
        ch1_preliminaries::evolution::duhamel,
        ch1_preliminaries::evolution::exponential,
        ch1_preliminaries::evolution::propagator,
        ch1_preliminaries::evolution::time_ordered,
        ch1_preliminaries::fokker_planck::Density,
        ch1_preliminaries::fokker_planck::double_well::Gibbs,
        ch1_preliminaries::fokker_planck::extrapolated_rates,
        ch1_preliminaries::integral::ito_sum,
        ch1_preliminaries::integral::stratonovich_sum,
        ch1_preliminaries::learning::FiniteSum,
        ch1_preliminaries::learning::Schedule,
        ch1_preliminaries::notation::contract,
        ch1_preliminaries::notation::gradient,
        ch1_preliminaries::notation::jacobian,
        ch1_preliminaries::sde::Equation,
        ch1_preliminaries::sde::Step,
        ch1_preliminaries::sde::diffusion_matrix,
        ch1_preliminaries::sde::theta,
        ch2_control::backprop::Activation,
        ch2_control::backprop::Mlp,
        ch2_control::backprop::Probe,
        ch2_control::backprop::Tape,
        ch2_control::backprop::hessian_vector,
        ch2_control::backprop::laplacian,
        ch2_control::neural_ode::Gradient,
        ch2_control::neural_ode::VectorField,
        ch2_control::neural_sde::Controlled,
        ch2_control::neural_sde::PathGradient,
        ch2_control::neural_sde::Reversed,
        ch2_control::qubit::Pulse,
        ch2_control::qubit::Qubit,
        ch2_control::qubit::fidelity,
        ch3_flows::coupling::MaximumLikelihood,
        ch3_flows::coupling::RealNvp,
        ch3_flows::coupling::ReverseKl,
        ch3_flows::coupling::Reweighting,
        ch3_flows::ode_flow::FlowField,
        ch3_flows::ode_flow::OdeFlow,
        ch3_flows::transport::Diffeomorphism,
        ch3_flows::transport::monotone,
        ch3_flows::transport::sinkhorn,
        ch3_flows::transport::wasserstein_2,
        ch4_langevin::ergodic::integrated_time,
        ch4_langevin::ergodic::r_hat,
        ch4_langevin::generalized::Memory,
        ch4_langevin::overdamped::Mala,
        ch4_langevin::overdamped::Ula,
        ch4_langevin::relaxation::relative_entropy,
        ch4_langevin::sampler::Potential,
        ch4_langevin::underdamped::PhaseSpace,
        ch4_langevin::underdamped::Word,
        ch5_diffusion::beyond::FlowMap,
        ch5_diffusion::beyond::Guided,
        ch5_diffusion::interpolant::ExactVelocity,
        ch5_diffusion::interpolant::Path,
        ch5_diffusion::mixture::Mixture,
        ch5_diffusion::score::Denoiser,
        ch5_diffusion::score::Reverse,
        ch5_diffusion::score::ScoreField,
        ch5_diffusion::score::noise_variance,
        random::Streams,
        statistics::Estimate,
        statistics::ensemble,
    ];
    let page = include_str!("../../chapters/ch1_preliminaries/notation.md");
    let named: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.trim_end().strip_suffix('|')?.rsplit('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(named, existing, "the table of symbols names other code than this test");
}

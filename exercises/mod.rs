//! Exercises to try: each file holds a stub to fill in, a solution, and the examination that both are put to.
//!
//! Fill in the stub, then run `cargo test --test exercises <name>`. Every file has the same four parts: the type
//! `Answer`, the modules `stub` and `solution`, each with the function asked for, and `examine`, which panics with a
//! reason unless the answer is right.

/// Hands the list of all exercises, by chapter, file and function, to the macro named.
macro_rules! all_exercises {
    ($use:ident) => {
        $use! {
            ch1_preliminaries {
                area_under_a_path: probability_above,
                two_sums: limit_of_the_difference,
                euler_variance: stationary_variance,
                growth_in_noise: explicit_solution,
                stationary_density: unnormalized_density,
                step_size_sums: bound,
                bridge: covariance,
                exponential_martingale: variance,
                milstein_step: step,
                fourth_order_splitting: substep
            }
            ch2_control {
                finite_difference_cost: multiplications,
                adjoint_storage: numbers_stored,
                adjoint_of_a_noisy_rotation: gradient,
                best_difference_step: step,
                dual_numbers: derivative,
                bloch_time: shortest_time,
                likelihood_ratio: gradient_estimate
            }
            ch3_flows {
                transport_to_logistic: map,
                gaussian_distance: wasserstein,
                coupling_inverse: inverse,
                log_density_of_a_flow: log_density
            }
            ch4_langevin {
                unadjusted_bias: stationary_variance,
                acceptance: log_acceptance,
                sample_size: effective_sample_size,
                crossing_time: eyring_kramers
            }
            ch5_diffusion {
                noised_mixture: score,
                reverse_drift: drift,
                straight_lines: velocity,
                guidance: guided_mean
            }
        }
    };
}
pub(crate) use all_exercises;

macro_rules! declare {
    ($($chapter:ident { $($name:ident: $function:ident),* })*) => {
        $(pub mod $chapter { $(pub mod $name;)* })*
    };
}
all_exercises!(declare);

/// Fails with `what` unless `value` is within `tolerance` of `expected`.
#[track_caller]
pub fn close(what: &str, value: f64, expected: f64, tolerance: f64) {
    let distance = (value - expected).abs();
    assert!(distance <= tolerance, "{what}: yours is {value}, it should be {expected} within {tolerance}");
}

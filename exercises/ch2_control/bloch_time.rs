//! Exercise 2.c: the shortest time from the north to the south pole of the Bloch sphere.

use crate::exercises::close;

/// The answer: a time for each level splitting ω and bound on the control.
pub type Answer = fn(omega: f64, bound: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The shortest time in which H = (ω/2) σ_Z + uσ_X with |u| ≤ `bound` takes the
    /// state from the north to the south pole, for `bound` ≥ ω/2: one switch suffices.
    /// At the bounds the state turns about the axes (±2u, 0, ω)/R, u = `bound`,
    /// at the rate R = √(ω² + 4u²).
    pub fn shortest_time(omega: f64, bound: f64) -> f64 {
        // This would be the time without ω.
        let _ = omega;
        std::f64::consts::PI / (2.0 * bound)
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// The two arcs together make a full turn: 2π/R.
    pub fn shortest_time(omega: f64, bound: f64) -> f64 {
        std::f64::consts::TAU / omega.hypot(2.0 * bound)
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Tries every switching time on a grid: the south pole is reached at the answer's time,
/// and not in a time 1 % shorter.
pub fn examine(answer: Answer) {
    for (omega, bound) in [(1.0, 2.0), (0.5, 1.0), (2.0, 1.5)] {
        let time = answer(omega, bound);
        assert!(time > 0.0 && time < 100.0, "yours is {time}");
        let lowest = |time: f64| {
            let switches = (0..=4000).map(|k| time * f64::from(k) / 4000.0);
            switches.map(|switch| height(omega, bound, time, switch)).fold(1.0, f64::min)
        };
        close("the lowest height reached", lowest(time), -1.0, 1e-5);
        let early = lowest(0.99 * time);
        assert!(early > -1.0 + 1e-4, "a shorter time suffices: yours is {time}");
    }
}
// ANCHOR_END: test

/// The third coordinate of the Bloch vector after u = `bound` until `switch` and
/// u = −`bound` until `time`.
fn height(omega: f64, bound: f64, time: f64, switch: f64) -> f64 {
    let rate = omega.hypot(2.0 * bound);
    let turn = |[x, y, z]: [f64; 3], u: f64, t: f64| {
        let [a, c] = [2.0 * u / rate, omega / rate];
        let (sine, cosine) = (rate * t).sin_cos();
        let along = (a * x + c * z) * (1.0 - cosine);
        let cross = [-c * y, c * x - a * z, a * y];
        [
            x * cosine + cross[0] * sine + a * along,
            y * cosine + cross[1] * sine,
            z * cosine + cross[2] * sine + c * along,
        ]
    };
    let middle = turn([0.0, 0.0, 1.0], bound, switch);
    turn(middle, -bound, time - switch)[2]
}

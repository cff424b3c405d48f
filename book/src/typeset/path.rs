//! SVG path data in whole units, written short.

use std::fmt::Write;

/// A point: x to the right, y downwards.
pub(super) type Point = (i64, i64);

/// How far a dropped corner of a polyline may lie from the line that replaces it: 1/500 em.
const TOLERANCE: f64 = 2.0;

/// Collects relative commands, which are shorter than absolute ones, without repeating their letter.
#[derive(Default)]
pub(super) struct Path {
    data: String,
    letter: char,
    pen: Point,
    start: Point,
}

impl Path {
    /// The command `m`, `l`, `q` or `c` from the pen through `points`; the pen moves to the last of them.
    pub fn push(&mut self, letter: char, points: &[Point]) {
        let mut separate = self.letter == letter && letter != 'm';
        if !separate {
            self.data.push(letter);
        }
        for &(x, y) in points {
            for step in [x - self.pen.0, y - self.pen.1] {
                // A minus sign separates numbers by itself.
                if separate && step >= 0 {
                    self.data.push(' ');
                }
                let _ = write!(self.data, "{step}");
                separate = true;
            }
        }
        self.letter = letter;
        self.pen = points.last().copied().unwrap_or(self.pen);
        if letter == 'm' {
            self.start = self.pen;
        }
    }

    /// Lines through `corners`, leaving out those that the eye would not miss.
    pub fn polyline(&mut self, corners: &[Point]) {
        let Some((&end, inner)) = corners.split_last() else { return };
        let farthest = inner
            .iter()
            .map(|&corner| distance(corner, self.pen, end))
            .enumerate()
            .max_by(|one, other| one.1.total_cmp(&other.1));
        match farthest {
            Some((place, distance)) if distance > TOLERANCE => {
                self.polyline(&corners[..=place]);
                self.polyline(&corners[place + 1..]);
            }
            _ if end == self.pen => {}
            _ => self.push('l', &[end]),
        }
    }

    pub fn close(&mut self) {
        self.data.push('z');
        self.letter = 'z';
        self.pen = self.start;
    }

    pub fn data(self) -> String {
        self.data
    }
}

/// From a point to the segment between `from` and `to`.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let along = ((to.0 - from.0) as f64, (to.1 - from.1) as f64);
    let offset = ((point.0 - from.0) as f64, (point.1 - from.1) as f64);
    let square = along.0 * along.0 + along.1 * along.1;
    let share = match square > 0.0 {
        true => ((offset.0 * along.0 + offset.1 * along.1) / square).clamp(0.0, 1.0),
        false => 0.0,
    };
    (offset.0 - share * along.0).hypot(offset.1 - share * along.1)
}

//! Level lines of a function on a grid, by marching squares.

use std::collections::HashMap;

use super::geometry::Point;

/// The segments of the line f = `level` in units of cells: `values[row * columns + column]` stands at
/// `[column, row]`.
///
/// Each square is cut where f crosses the level along its sides, linearly; the two ambiguous squares are decided by
/// the mean of the four corners.
pub(super) fn level_line(values: &[f64], columns: usize, level: f64) -> Vec<Vec<Point>> {
    let rows = values.len() / columns.max(1);
    let mut segments = Vec::new();
    for row in 1..rows {
        for column in 1..columns {
            let corners = [[column - 1, row - 1], [column, row - 1], [column, row], [column - 1, row]];
            let heights = corners.map(|[c, r]| values[r * columns + c] - level);
            if heights.iter().any(|height| !height.is_finite()) {
                continue;
            }
            let crossing = |side: usize| -> Point {
                let (a, b) = (side, (side + 1) % 4);
                let s = heights[a] / (heights[a] - heights[b]);
                let along = |axis: usize| {
                    let (from, to) = (corners[a][axis] as f64, corners[b][axis] as f64);
                    from + s * (to - from)
                };
                [along(0), along(1)]
            };
            let above = heights.map(|height| height > 0.0);
            let crossed: Vec<usize> = (0..4).filter(|side| above[*side] != above[(side + 1) % 4]).collect();
            match crossed[..] {
                [one, other] => segments.push([crossing(one), crossing(other)]),
                [_, _, _, _] => {
                    let middle_above = heights.iter().sum::<f64>() > 0.0;
                    let pairs = if middle_above == above[0] { [(0, 1), (2, 3)] } else { [(3, 0), (1, 2)] };
                    segments.extend(pairs.map(|(one, other)| [crossing(one), crossing(other)]));
                }
                _ => {}
            }
        }
    }
    joined(segments)
}

/// Chains segments that share an end.
fn joined(mut segments: Vec<[Point; 2]>) -> Vec<Vec<Point>> {
    let key = |p: &Point| p.map(|c| (c * 1e6).round() as i64);
    // A level reached exactly at a node leaves segments without length around it.
    segments.retain(|[a, b]| key(a) != key(b));
    let mut ends: HashMap<[i64; 2], Vec<usize>> = HashMap::new();
    for (index, segment) in segments.iter().enumerate() {
        for end in segment {
            ends.entry(key(end)).or_default().push(index);
        }
    }
    let mut used = vec![false; segments.len()];
    let mut lines = Vec::new();
    for start in 0..segments.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut line = segments[start].to_vec();
        for _ in 0..2 {
            line.reverse();
            while let Some(&next) = line
                .last()
                .and_then(|tip| ends.get(&key(tip)))
                .and_then(|touching| touching.iter().find(|index| !used[**index]))
            {
                used[next] = true;
                let [a, b] = segments[next];
                line.push(if line.last().map(key) == Some(key(&a)) { b } else { a });
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_line_of_a_cone_is_one_closed_circle() {
        let n = 41;
        let centre = 20.0;
        let values: Vec<f64> =
            (0..n * n).map(|i| ((i % n) as f64 - centre).hypot((i / n) as f64 - centre)).collect();
        let lines = level_line(&values, n, 15.0);
        assert_eq!(lines.len(), 1);
        let (first, last) = (lines[0][0], lines[0][lines[0].len() - 1]);
        assert!((first[0] - last[0]).hypot(first[1] - last[1]) < 1e-9);
        for point in &lines[0] {
            let radius = (point[0] - centre).hypot(point[1] - centre);
            assert!((radius - 15.0).abs() < 0.02, "{radius}");
        }
    }

    #[test]
    fn a_saddle_is_cut_twice() {
        assert_eq!(level_line(&[1.0, -1.0, -1.0, 1.0], 2, 0.1).len(), 2);
        assert!(level_line(&[1.0, f64::NAN, -1.0, 1.0], 2, 0.0).is_empty());
    }
}

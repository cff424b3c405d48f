//! Lines and surfaces cut at the edge of the axes, and lines thinned to what the eye can see.

/// A point of the panel: x to the right, y down, in units.
pub(super) type Point = [f64; 2];

/// The rectangle drawing is confined to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Window {
    pub fn holds(&self, [x, y]: Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// The part of the segment inside the window, after Liang and Barsky (1984): the segment is a + s (b − a), every
    /// edge narrows the interval of s, and the slope is never touched.
    fn clipped(&self, a: Point, b: Point) -> Option<(Point, Point)> {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        let edges = [
            (-dx, a[0] - self.left),
            (dx, self.right - a[0]),
            (-dy, a[1] - self.top),
            (dy, self.bottom - a[1]),
        ];
        for (speed, room) in edges {
            if speed == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if speed < 0.0 {
                enter = enter.max(room / speed);
            } else {
                leave = leave.min(room / speed);
            }
        }
        let at = |s: f64| [a[0] + s * dx, a[1] + s * dy];
        (enter <= leave)
            .then(|| (if enter > 0.0 { at(enter) } else { a }, if leave < 1.0 { at(leave) } else { b }))
    }

    /// The pieces of a polyline inside the window. A point that is not finite ends a piece.
    pub fn line(&self, points: &[Point]) -> Vec<Vec<Point>> {
        let finite = |p: &Point| p[0].is_finite() && p[1].is_finite();
        let mut pieces: Vec<Vec<Point>> = Vec::new();
        let mut joined = false;
        for pair in points.windows(2) {
            let inside =
                (finite(&pair[0]) && finite(&pair[1])).then(|| self.clipped(pair[0], pair[1])).flatten();
            let Some((from, to)) = inside else {
                joined = false;
                continue;
            };
            match pieces.last_mut() {
                Some(piece) if joined && from == pair[0] => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
            joined = to == pair[1];
        }
        pieces
    }

    /// The part of a polygon inside the window, after Sutherland and Hodgman (1974): one edge at a time.
    pub fn polygon(&self, points: &[Point]) -> Vec<Point> {
        let edges = [(0, self.left, 1.0), (0, self.right, -1.0), (1, self.top, 1.0), (1, self.bottom, -1.0)];
        edges.iter().fold(points.to_vec(), |points, &(axis, edge, sign)| {
            let depth = |p: &Point| sign * (p[axis] - edge);
            let mut kept = Vec::with_capacity(points.len() + 2);
            for (index, b) in points.iter().enumerate() {
                let a = &points[(index + points.len() - 1) % points.len()];
                if (depth(a) < 0.0) != (depth(b) < 0.0) {
                    let s = depth(a) / (depth(a) - depth(b));
                    let mut crossing = [a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])];
                    crossing[axis] = edge;
                    kept.push(crossing);
                }
                if depth(b) >= 0.0 {
                    kept.push(*b);
                }
            }
            kept
        })
    }
}

/// Drops the points of a polyline whose absence moves it by less than `tolerance`, after Ramer (1972) and
/// Douglas and Peucker (1973).
pub(super) fn thinned(points: &[Point], tolerance: f64) -> Vec<Point> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    (keep[0], keep[points.len() - 1]) = (true, true);
    let mut open = vec![(0, points.len() - 1)];
    while let Some((first, last)) = open.pop() {
        let farthest = (first + 1..last)
            .map(|index| (index, distance(points[index], points[first], points[last])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, far)) = farthest
            && far > tolerance
        {
            keep[index] = true;
            open.extend([(first, index), (index, last)]);
        }
    }
    points.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

/// The distance of `p` from the segment between `a` and `b`.
fn distance(p: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let (px, py) = (p[0] - a[0], p[1] - a[1]);
    let length = dx * dx + dy * dy;
    let s = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (px - s * dx).hypot(py - s * dy)
}

/// Moves the `wanted` heights, in ascending order, as little as possible so that neighbours stand `gap` apart and all
/// between `low` and `high`: neighbours that collide become a block, and a block stands where its members want on
/// average.
pub(super) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    struct Block {
        first: f64,
        members: usize,
    }
    let span = |members: usize| gap * (members.max(1) - 1) as f64;
    let within = |first: f64, members: usize| first.min(high - span(members)).max(low);
    let mut blocks: Vec<Block> = Vec::new();
    for &height in wanted {
        blocks.push(Block { first: within(height, 1), members: 1 });
        while let [.., a, b] = blocks.as_slice()
            && b.first < a.first + gap * a.members as f64
        {
            let members = a.members + b.members;
            // Both blocks stand at the mean of (wanted − offset) over their members.
            let mean = (a.first * a.members as f64 + (b.first - gap * a.members as f64) * b.members as f64)
                / members as f64;
            let merged = Block { first: within(mean, members), members };
            blocks.truncate(blocks.len() - 2);
            blocks.push(merged);
        }
    }
    let places = |block: &Block| {
        let first = block.first;
        (0..block.members).map(move |index| first + gap * index as f64)
    };
    blocks.iter().flat_map(places).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn a_line_leaving_the_window_keeps_its_slope() {
        // y = x²: the last segment runs from (3, 9) to (4, 16); clamping would end it at (4, 10).
        let parabola: Vec<Point> = (0..=4).map(|x| [x as f64, (x * x) as f64]).collect();
        let pieces = WINDOW.line(&parabola);
        assert_eq!(pieces.len(), 1);
        let [from, to] = pieces[0][3..] else { panic!("{pieces:?}") };
        assert_eq!(from, [3.0, 9.0]);
        assert!((to[0] - (3.0 + 1.0 / 7.0)).abs() < 1e-12 && (to[1] - 10.0).abs() < 1e-12);
        assert!(((to[1] - from[1]) / (to[0] - from[0]) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_that_comes_back_is_two_pieces_and_one_that_passes_by_is_none() {
        let pieces = WINDOW.line(&[[1.0, 5.0], [1.0, 15.0], [3.0, 15.0], [3.0, 5.0]]);
        assert_eq!(pieces, [vec![[1.0, 5.0], [1.0, 10.0]], vec![[3.0, 10.0], [3.0, 5.0]]]);
        assert!(WINDOW.line(&[[-1.0, 9.5], [2.0, 12.5], [12.0, 12.0]]).is_empty());
        assert_eq!(WINDOW.line(&[[-5.0, 0.0], [15.0, 10.0]]), [[[0.0, 2.5], [10.0, 7.5]]]);
    }

    #[test]
    fn what_is_not_finite_breaks_a_line() {
        let points = [
            [1.0, 1.0],
            [2.0, 2.0],
            [3.0, f64::NAN],
            [4.0, 4.0],
            [5.0, f64::INFINITY],
            [6.0, 6.0],
            [7.0, 7.0],
        ];
        assert_eq!(WINDOW.line(&points), [[[1.0, 1.0], [2.0, 2.0]], [[6.0, 6.0], [7.0, 7.0]]]);
    }

    #[test]
    fn a_polygon_is_cut_at_the_edges() {
        let area = |p: &[Point]| {
            let next = p.iter().cycle().skip(1);
            p.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs() / 2.0
        };
        // The triangle over (−10, 0), (10, 0), (0, 20): right half, below y = 10, is 100 − 25 in area.
        let cut = WINDOW.polygon(&[[-10.0, 0.0], [10.0, 0.0], [0.0, 20.0]]);
        assert!((area(&cut) - 75.0).abs() < 1e-12, "{cut:?}");
        assert!(cut.iter().all(|p| WINDOW.holds(*p)));
        assert!(WINDOW.polygon(&[[-3.0, 0.0], [-1.0, 0.0], [-2.0, 4.0]]).is_empty());
    }

    #[test]
    fn thinning_moves_nothing_by_more_than_its_tolerance() {
        let wave: Vec<Point> =
            (0..=4000).map(|i| i as f64 / 10.0).map(|x| [x, 50.0 * (x / 20.0).sin()]).collect();
        let thin = thinned(&wave, 0.2);
        assert!(thin.len() < 400, "{}", thin.len());
        let off = |p: &Point| thin.windows(2).map(|s| distance(*p, s[0], s[1])).fold(f64::INFINITY, f64::min);
        assert!(wave.iter().map(off).fold(0.0, f64::max) <= 0.2);
        assert_eq!(thinned(&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], 0.1), [[0.0, 0.0], [2.0, 0.0]]);
    }

    #[test]
    fn neighbours_are_spread_as_little_as_possible() {
        assert_eq!(spread(&[10.0, 50.0], 10.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(spread(&[48.0, 52.0], 10.0, 0.0, 100.0), [45.0, 55.0]);
        assert_eq!(spread(&[99.0, 99.0, 100.0], 10.0, 0.0, 100.0), [80.0, 90.0, 100.0]);
        assert_eq!(spread(&[0.0, 1.0, 30.0], 10.0, 0.0, 100.0), [0.0, 10.0, 30.0]);
    }
}

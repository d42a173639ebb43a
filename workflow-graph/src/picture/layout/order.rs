//! The order within the rows: few crossings.

use super::layers::Layers;

/// Sorts each row by what it is joined with, down and up again, and keeps the order with the fewest crossings.
pub(super) fn reduce_crossings(layers: &mut Layers, widths: &[f64]) {
    let sweeps = match layers.joints.len() {
        0..=2_000 => 24,
        2_001..=20_000 => 8,
        _ => 3,
    };
    let mut places = Places::new(layers, widths);
    let mut fewest = places.crossings(layers);
    let mut best = layers.rows.clone();
    for sweep in 0..sweeps {
        if fewest == 0 {
            break;
        }
        let is_down = sweep % 2 == 0;
        // Every other pair of sweeps turns those around that want the same place: they may be stuck.
        let turns = sweep % 4 >= 2;
        let count = layers.rows.len();
        for step in 1..count {
            let row = if is_down { step } else { count - 1 - step };
            places.sort(layers, row, is_down, turns);
        }
        let crossings = places.crossings(layers);
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&layers.rows);
        }
    }
    layers.rows = best;
}

/// The place of each vertex in its row.
struct Places<'w> {
    widths: &'w [f64],
    place: Vec<f64>,
}

impl<'w> Places<'w> {
    fn new(layers: &Layers, widths: &'w [f64]) -> Self {
        let mut places = Places { widths, place: vec![0.0; layers.row.len()] };
        for row in &layers.rows {
            places.number(row);
        }
        places
    }

    fn number(&mut self, row: &[usize]) {
        for (&vertex, number) in row.iter().zip(0_u32..) {
            self.place[vertex] = f64::from(number);
        }
    }

    fn end(&self, vertex: usize, port: Option<f64>) -> f64 {
        let width = self.widths.get(vertex).copied().unwrap_or(0.0);
        self.place[vertex] + port.map_or(0.0, |port| 0.9 * port / width.max(1.0))
    }

    fn upper(&self, layers: &Layers, joint: usize) -> f64 {
        self.end(layers.joints[joint].upper, layers.joints[joint].upper_port)
    }

    fn lower(&self, layers: &Layers, joint: usize) -> f64 {
        self.end(layers.joints[joint].lower, layers.joints[joint].lower_port)
    }

    fn sort(&mut self, layers: &mut Layers, row: usize, is_down: bool, turns: bool) {
        let fixed = if is_down { row - 1 } else { row + 1 };
        let ratio = number(layers.rows[fixed].len()) / number(layers.rows[row].len()).max(1.0);
        let mut wanted: Vec<(f64, usize)> = Vec::with_capacity(layers.rows[row].len());
        for &vertex in &layers.rows[row] {
            let joints = if is_down { &layers.above[vertex] } else { &layers.below[vertex] };
            let ends =
                joints.iter().map(|&joint| if is_down { self.upper(layers, joint) } else { self.lower(layers, joint) });
            let mean = match joints.len() {
                0 => self.place[vertex] * ratio,
                count => ends.sum::<f64>() / number(count),
            };
            wanted.push((mean, vertex));
        }
        if turns {
            wanted.reverse();
        }
        wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let sorted: Vec<usize> = wanted.into_iter().map(|(_, vertex)| vertex).collect();
        self.number(&sorted);
        layers.rows[row] = sorted;
    }

    fn crossings(&self, layers: &Layers) -> usize {
        let mut crossings = 0;
        for row in &layers.rows {
            let joints = row.iter().flat_map(|&vertex| &layers.below[vertex]);
            let mut ends: Vec<(f64, f64)> =
                joints.map(|&joint| (self.upper(layers, joint), self.lower(layers, joint))).collect();
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let mut lower: Vec<f64> = ends.into_iter().map(|(_, lower)| lower).collect();
            crossings += sort_counting(&mut lower);
        }
        crossings
    }
}

/// Sorts, and gives the number of pairs that stood in the wrong order.
fn sort_counting(values: &mut [f64]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = sort_counting(left) + sort_counting(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut l, mut r) = (0, 0);
    while l < left.len() && r < right.len() {
        if left[l] <= right[r] {
            merged.push(left[l]);
            l += 1;
        } else {
            merged.push(right[r]);
            r += 1;
            count += left.len() - l;
        }
    }
    merged.extend_from_slice(&left[l..]);
    merged.extend_from_slice(&right[r..]);
    values.copy_from_slice(&merged);
    count
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

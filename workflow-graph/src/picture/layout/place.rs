//! Horizontal positions: straight lines, and each node in the middle of the nodes that it is joined with.

use super::layers::Layers;

const BETWEEN_NODES: f64 = 28.0;
const BETWEEN_BENDS: f64 = 14.0;
const SWEEPS: usize = 16;
const STRAIGHTENINGS: usize = 4;

/// The centre of each vertex; the leftmost border is at 0 or more to the right.
pub(super) fn centers(layers: &Layers, widths: &[f64]) -> Vec<f64> {
    let width = |vertex: usize| widths.get(vertex).copied().unwrap_or(0.0);
    let gaps: Vec<Vec<f64>> = layers
        .rows
        .iter()
        .map(|row| {
            let gap = |pair: &[usize]| {
                let is_bend = pair.iter().any(|&vertex| width(vertex) == 0.0);
                let between = if is_bend { BETWEEN_BENDS } else { BETWEEN_NODES };
                between + f64::midpoint(width(pair[0]), width(pair[1]))
            };
            row.windows(2).map(gap).collect()
        })
        .collect();
    let mut center = vec![0.0; layers.row.len()];
    for (row, gaps) in layers.rows.iter().zip(&gaps) {
        let total: f64 = gaps.iter().sum();
        let mut x = -total / 2.0;
        for (place, &vertex) in row.iter().enumerate() {
            center[vertex] = x;
            x += gaps.get(place).copied().unwrap_or(0.0);
        }
    }
    let count = layers.rows.len();
    for sweep in 0..SWEEPS {
        // The last ones look both ways.
        let both = sweep >= SWEEPS - 4;
        for step in 0..count {
            let row = if sweep % 2 == 0 { step } else { count - 1 - step };
            let looks_up = both || sweep % 2 == 0;
            let looks_down = both || sweep % 2 == 1;
            let (mut wanted, mut weights) = (Vec::new(), Vec::new());
            for &vertex in &layers.rows[row] {
                let (place, weight) = wish(layers, &center, vertex, looks_up, looks_down);
                wanted.push(place);
                weights.push(weight);
            }
            let settled = settle(&wanted, &weights, &gaps[row]);
            for (&vertex, x) in layers.rows[row].iter().zip(settled) {
                center[vertex] = x;
            }
        }
    }
    straighten(layers, &gaps, &mut center);
    let left = (0..layers.row.len()).map(|vertex| center[vertex] - width(vertex) / 2.0).fold(f64::MAX, f64::min);
    for x in &mut center {
        *x -= left;
    }
    center
}

/// Puts the bends of each line one below the other, as many as have room there.
fn straighten(layers: &Layers, gaps: &[Vec<f64>], center: &mut [f64]) {
    let mut place = vec![0; layers.row.len()];
    for (place_in_row, &vertex) in layers.rows.iter().flat_map(|row| row.iter().enumerate()) {
        place[vertex] = place_in_row;
    }
    let room = |center: &[f64], vertex: usize| {
        let (row, place) = (layers.row[vertex], place[vertex]);
        let at = |place: usize| layers.rows[row].get(place).map(|&vertex| center[vertex]);
        let left = place.checked_sub(1).and_then(|left| Some(at(left)? + gaps[row][left]));
        let right = at(place + 1).map(|right| right - gaps[row][place]);
        (left.unwrap_or(f64::MIN), right.unwrap_or(f64::MAX))
    };
    for _ in 0..STRAIGHTENINGS {
        for chain in layers.chains.iter().filter(|chain| chain.vertices.len() > 3) {
            let mut bends = &chain.vertices[1..chain.vertices.len() - 1];
            while !bends.is_empty() {
                let (mut from, mut to) = (f64::MIN, f64::MAX);
                let (mut sum, mut count) = (0.0, 0.0);
                let mut length = 0;
                for &bend in bends {
                    let (left, right) = room(center, bend);
                    if length > 0 && left.max(from) > right.min(to) {
                        break;
                    }
                    (from, to) = (left.max(from), right.min(to));
                    sum += center[bend];
                    count += 1.0;
                    length += 1;
                }
                let (straight, rest) = bends.split_at(length);
                for &bend in straight {
                    center[bend] = (sum / count).min(to).max(from);
                }
                bends = rest;
            }
        }
    }
}

/// Returns where a vertex would best be, and how much that matters.
fn wish(layers: &Layers, center: &[f64], vertex: usize, looks_up: bool, looks_down: bool) -> (f64, f64) {
    let is_bend = |vertex: usize| vertex >= layers.nodes;
    let (mut sum, mut total) = (0.0, 0.0);
    let mut pull = |other: usize, theirs: Option<f64>, ours: Option<f64>| {
        let weight = match (is_bend(vertex), is_bend(other)) {
            (true, true) => 8.0,
            (false, false) => 1.0,
            _ => 2.0,
        };
        sum += weight * (center[other] + theirs.unwrap_or(0.0) - ours.unwrap_or(0.0));
        total += weight;
    };
    if looks_up {
        for joint in layers.above[vertex].iter().map(|&joint| &layers.joints[joint]) {
            pull(joint.upper, joint.upper_port, joint.lower_port);
        }
    }
    if looks_down {
        for joint in layers.below[vertex].iter().map(|&joint| &layers.joints[joint]) {
            pull(joint.lower, joint.lower_port, joint.upper_port);
        }
    }
    if total > 0.0 { (sum / total, total) } else { (center[vertex], 0.05) }
}

/// Moves each node of a row as near to its wanted place as the gaps to its neighbours allow, in the sense of least
/// squares. Nodes that would come too near to each other stand together from then on (pool adjacent violators).
pub(super) fn settle(wanted: &[f64], weights: &[f64], gaps: &[f64]) -> Vec<f64> {
    struct Pool {
        sum: f64,
        weight: f64,
        members: usize,
    }
    let mut pools: Vec<Pool> = Vec::with_capacity(wanted.len());
    let mut offset = 0.0;
    for (place, (&wanted, &weight)) in wanted.iter().zip(weights).enumerate() {
        let mut last = Pool { sum: (wanted - offset) * weight, weight, members: 1 };
        offset += gaps.get(place).copied().unwrap_or(0.0);
        while let Some(pool) = pools.pop_if(|pool| pool.sum * last.weight > last.sum * pool.weight) {
            last.sum += pool.sum;
            last.weight += pool.weight;
            last.members += pool.members;
        }
        pools.push(last);
    }
    let mut offset = 0.0;
    let members = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.sum / pool.weight, pool.members));
    members
        .enumerate()
        .map(|(place, x)| {
            let x = x + offset;
            offset += gaps.get(place).copied().unwrap_or(0.0);
            x
        })
        .collect()
}

//! The rows' heights, and the way of each line.

use super::layers::Layers;
use super::place::settle;
use super::{Node, Point};

const BETWEEN_ROWS: f64 = 32.0;
/// A steep line is easier to follow.
const EXTRA: f64 = 48.0;
const BETWEEN_ENDS: f64 = 14.0;
/// Distance at which arrow heads still stand apart.
const LEAST_BETWEEN_ENDS: f64 = 9.0;
const CORNER: f64 = 12.0;
/// Wider than any single stage: a line may leave it far from its middle.
const WIDE: f64 = 320.0;

pub(super) struct Routes {
    /// The upper border of each node.
    pub(super) tops: Vec<f64>,
    /// The lower border of the last row.
    pub(super) height: f64,
    /// Each line's points; where two follow one another at the same x the line is straight.
    pub(super) lines: Vec<Vec<Point>>,
}

/// The rows, from 0 downwards, the first at least that high, and the lines between them.
pub(super) fn route(layers: &Layers, nodes: &[Node], center: &[f64], first_height: f64) -> Routes {
    let ends = LineEnds::new(layers, nodes, center);
    let mut tops = Vec::with_capacity(layers.rows.len());
    let mut bottoms = Vec::with_capacity(layers.rows.len());
    let mut y = 0.0;
    let mut least_height = first_height;
    for row in &layers.rows {
        let height = |vertex: &usize| nodes.get(*vertex).map_or(0.0, |node| node.height);
        tops.push(y);
        y += row.iter().map(height).fold(std::mem::take(&mut least_height), f64::max);
        bottoms.push(y);
        let widest = row
            .iter()
            .flat_map(|&vertex| &layers.below[vertex])
            .map(|&joint| (ends.upper[joint] - ends.lower[joint]).abs())
            .fold(0.0, f64::max);
        y += BETWEEN_ROWS + (widest * 0.08).min(EXTRA);
    }
    let height = bottoms.last().copied().unwrap_or(0.0);
    let mut lines = Vec::with_capacity(layers.chains.len());
    for chain in &layers.chains {
        let mut points = Vec::with_capacity(chain.vertices.len() * 2);
        let last = chain.vertices.len() - 1;
        for (place, &vertex) in chain.vertices.iter().enumerate() {
            let row = layers.row[vertex];
            let joint = chain.joints.clone().nth(place.saturating_sub(1));
            let arriving = joint.map_or(center[vertex], |joint| ends.lower[joint]);
            let leaving = chain.joints.clone().nth(place).map_or(center[vertex], |joint| ends.upper[joint]);
            if place > 0 {
                points.push(Point { x: arriving, y: tops[row] });
            }
            if place < last {
                if place == 0 {
                    points.push(Point { x: leaving, y: tops[row] + nodes[vertex].height });
                }
                points.push(Point { x: leaving, y: bottoms[row] });
            }
        }
        if chain.reversed {
            points.reverse();
        }
        lines.push(points);
    }
    let tops = (0..nodes.len()).map(|node| tops[layers.row[node]]).collect();
    Routes { tops, height, lines }
}

/// The points where each joint leaves the upper and meets the lower of its two vertices.
struct LineEnds {
    upper: Vec<f64>,
    lower: Vec<f64>,
}

impl LineEnds {
    fn new(layers: &Layers, nodes: &[Node], center: &[f64]) -> Self {
        let port = |vertex: usize, port: Option<f64>| center[vertex] + port.unwrap_or(0.0);
        let mut ends = LineEnds {
            upper: layers.joints.iter().map(|joint| port(joint.upper, joint.upper_port)).collect(),
            lower: layers.joints.iter().map(|joint| port(joint.lower, joint.lower_port)).collect(),
        };
        for node in 0..layers.nodes {
            let free = |joint: &usize| layers.joints[*joint].lower_port.is_none();
            let above: Vec<usize> = layers.above[node].iter().copied().filter(free).collect();
            spread(&above, &mut ends.lower, &ends.upper, center[node], nodes[node].width);
            let free = |joint: &usize| layers.joints[*joint].upper_port.is_none();
            let below: Vec<usize> = layers.below[node].iter().copied().filter(free).collect();
            spread(&below, &mut ends.upper, &ends.lower, center[node], nodes[node].width);
        }
        ends
    }
}

/// Spreads the joints over a node's border, each as near as may be to where its other end is; too many meet in the
/// middle.
fn spread(joints: &[usize], near: &mut [f64], far: &[f64], center: f64, width: f64) {
    let room = (width / 2.0 - CORNER).max(0.0);
    let count = joints.len();
    let gap = BETWEEN_ENDS.min(room * 2.0 / number(count.saturating_sub(1)).max(1.0));
    let is_far_off = |joint: usize| (far[joint] - center).abs() > room && width < WIDE;
    if (count > 1 && gap < LEAST_BETWEEN_ENDS) || (count == 1 && is_far_off(joints[0])) {
        for &joint in joints {
            near[joint] = center;
        }
        return;
    }
    let mut joints = joints.to_vec();
    joints.sort_by(|&a, &b| far[a].total_cmp(&far[b]));
    let reach = room.min(if width < WIDE { number(count) * gap } else { room });
    let wanted: Vec<f64> = joints.iter().map(|&joint| far[joint].clamp(center - reach, center + reach)).collect();
    let settled = settle(&wanted, &vec![1.0; count], &vec![gap; count.saturating_sub(1)]);
    for (place, (&joint, x)) in joints.iter().zip(settled).enumerate() {
        let (before, behind) = (number(place) * gap, number(count - 1 - place) * gap);
        near[joint] = x.max(center - room + before).min(center + room - behind);
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

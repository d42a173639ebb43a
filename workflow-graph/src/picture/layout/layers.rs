//! The row of each node of a group, and the bends that lead a long line through the rows between.

use super::{Line, Node, Side};

/// Bends in one group, at most; longer lines beyond that run straight.
const BENDS: usize = 40_000;

/// A row of nodes is wrapped where it would be wider.
const WIDEST: f64 = 1_300.0;
/// Space between two nodes.
const BETWEEN: f64 = 28.0;

/// A group's nodes in rows. A vertex is a node, by its own index, or a bend.
pub(super) struct Layers {
    pub(super) nodes: usize,
    /// The row of each vertex.
    pub(super) row: Vec<usize>,
    /// The vertices of each row, from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// Vertices of each line, downwards.
    pub(super) chains: Vec<Chain>,
    pub(super) joints: Vec<Joint>,
    /// Each vertex's joints with the row above and with the row below.
    pub(super) above: Vec<Vec<usize>>,
    pub(super) below: Vec<Vec<usize>>,
}

pub(super) struct Chain {
    pub(super) vertices: Vec<usize>,
    /// Whether the edge closes a cycle and leads upwards.
    pub(super) reversed: bool,
    /// Joints of the line; none if it is straight over several rows.
    pub(super) joints: std::ops::Range<usize>,
}

/// A piece of a line, between two neighbouring rows.
pub(super) struct Joint {
    pub(super) upper: usize,
    pub(super) lower: usize,
    /// Offset from the node's centre at which the line must meet the node.
    pub(super) upper_port: Option<f64>,
    pub(super) lower_port: Option<f64>,
}

impl Layers {
    pub(super) fn new(nodes: &[Node], lines: &[Line]) -> Self {
        let reversed = reversed_lines(nodes.len(), lines);
        let ends: Vec<(usize, usize)> = lines
            .iter()
            .zip(&reversed)
            .map(|(line, &reversed)| if reversed { (line.to, line.from) } else { (line.from, line.to) })
            .collect();
        let mut row = rows_of(nodes, &ends);
        wrap(nodes, &ends, &mut row);
        let mut layers = Layers {
            nodes: nodes.len(),
            rows: vec![Vec::new(); row.iter().max().map_or(0, |last| last + 1)],
            row,
            chains: Vec::with_capacity(lines.len()),
            joints: Vec::new(),
            above: Vec::new(),
            below: Vec::new(),
        };
        layers.chain(nodes, lines, &ends, &reversed);
        layers.fill_rows();
        layers
    }

    fn chain(&mut self, nodes: &[Node], lines: &[Line], ends: &[(usize, usize)], reversed: &[bool]) {
        let bends = |line: usize| (self.row[ends[line].1] - self.row[ends[line].0]).saturating_sub(1);
        // The short lines first: the budget then serves the most of them.
        let mut shortest: Vec<usize> = (0..lines.len()).collect();
        shortest.sort_by_key(|&line| bends(line));
        let mut budget = BENDS;
        let mut is_straight = vec![false; lines.len()];
        for line in shortest {
            match budget.checked_sub(bends(line)) {
                Some(rest) => budget = rest,
                None => is_straight[line] = true,
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let (upper, lower) = ends[index];
            let center = |node: usize, port: Option<f64>| port.map(|port| port - nodes[node].width / 2.0);
            let (mut upper_port, mut lower_port) = (center(line.from, line.from_port), center(line.to, line.to_port));
            if reversed[index] {
                // A port is in the border that the line no longer comes to.
                (upper_port, lower_port) = (None, None);
            }
            let first = self.joints.len();
            let mut vertices = vec![upper];
            if !is_straight[index] {
                for row in self.row[upper] + 1..self.row[lower] {
                    vertices.push(self.row.len());
                    self.row.push(row);
                }
            }
            vertices.push(lower);
            if !is_straight[index] {
                for pair in vertices.windows(2) {
                    let (from, to) = (pair[0], pair[1]);
                    let upper_port = upper_port.filter(|_| from == upper);
                    let lower_port = lower_port.filter(|_| to == lower);
                    self.joints.push(Joint { upper: from, lower: to, upper_port, lower_port });
                }
            }
            let joints = first..self.joints.len();
            self.chains.push(Chain { vertices, reversed: reversed[index], joints });
        }
        self.above = vec![Vec::new(); self.row.len()];
        self.below = vec![Vec::new(); self.row.len()];
        for (index, joint) in self.joints.iter().enumerate() {
            self.above[joint.lower].push(index);
            self.below[joint.upper].push(index);
        }
    }

    /// Fills the rows along the lines, so that what belongs together starts side by side.
    fn fill_rows(&mut self) {
        let mut seen = vec![false; self.row.len()];
        for node in 0..self.nodes {
            if !self.above[node].is_empty() {
                continue;
            }
            let mut stack = vec![node];
            while let Some(vertex) = stack.pop() {
                if std::mem::replace(&mut seen[vertex], true) {
                    continue;
                }
                self.rows[self.row[vertex]].push(vertex);
                stack.extend(self.below[vertex].iter().rev().map(|&joint| self.joints[joint].lower));
            }
        }
    }
}

/// Returns which lines lead back, against the order of the others.
fn reversed_lines(nodes: usize, lines: &[Line]) -> Vec<bool> {
    let mut leaving = vec![Vec::new(); nodes];
    for (index, line) in lines.iter().enumerate() {
        leaving[line.from].push(index);
    }
    let mut reversed = vec![false; lines.len()];
    let mut is_open = vec![false; nodes];
    let mut seen = vec![false; nodes];
    for root in 0..nodes {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        is_open[root] = true;
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.last_mut() {
            let Some(&line) = leaving[*node].get(*next) else {
                is_open[*node] = false;
                path.pop();
                continue;
            };
            *next += 1;
            let to = lines[line].to;
            reversed[line] = is_open[to];
            if !std::mem::replace(&mut seen[to], true) {
                is_open[to] = true;
                path.push((to, 0));
            }
        }
    }
    reversed
}

/// Returns the row of each node, as far up as the lines allow. Ports have the first and the last row to themselves;
/// nodes without lines stand in as many rows as make a neat block.
fn rows_of(nodes: &[Node], ends: &[(usize, usize)]) -> Vec<usize> {
    let top = usize::from(nodes.iter().any(|node| node.side == Side::Top));
    let mut row: Vec<usize> = nodes.iter().map(|node| if node.side == Side::Top { 0 } else { top }).collect();
    let mut entering = vec![0_usize; nodes.len()];
    let mut leaving = vec![Vec::new(); nodes.len()];
    for &(from, to) in ends {
        entering[to] += 1;
        leaving[from].push(to);
    }
    let is_alone = |node: usize| entering[node] == 0 && leaving[node].is_empty() && nodes[node].side == Side::Inside;
    let alone: Vec<usize> = (0..nodes.len()).filter(|&node| is_alone(node)).collect();
    // Wider than high, as the nodes are themselves.
    let widest = alone.iter().map(|&node| nodes[node].width + BETWEEN).fold(1.0, f64::max);
    let columns =
        (1..(alone.len() * 2).isqrt().max(4)).take_while(|&more| widest * number(more + 1) <= WIDEST).count() + 1;
    for (place, &node) in alone.iter().enumerate() {
        row[node] = top + place / columns;
    }
    let mut ready: Vec<usize> = (0..nodes.len()).filter(|&node| entering[node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &leaving[node] {
            row[to] = row[to].max(row[node] + 1);
            entering[to] -= 1;
            if entering[to] == 0 {
                ready.push(to);
            }
        }
    }
    let inside = nodes.iter().zip(&row).filter(|(node, _)| node.side != Side::Bottom);
    let bottom = inside.map(|(_, &row)| row + 1).max().unwrap_or(top);
    for (row, _) in row.iter_mut().zip(nodes).filter(|(_, node)| node.side == Side::Bottom) {
        *row = bottom;
    }
    row
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Wraps each row that is too wide into several, one below the other; what comes after moves down.
fn wrap(nodes: &[Node], ends: &[(usize, usize)], row: &mut [usize]) {
    let space = |node: usize| nodes[node].width + BETWEEN;
    let mut rows = vec![Vec::new(); row.iter().max().map_or(0, |last| last + 1)];
    for (node, &row) in row.iter().enumerate() {
        rows[row].push(node);
    }
    if rows.iter().all(|row| row.iter().copied().map(space).sum::<f64>() <= WIDEST) {
        return;
    }
    let mut entering = vec![Vec::new(); nodes.len()];
    for &(from, to) in ends {
        entering[to].push(from);
    }
    // What comes of the first piece of a row stands in the first piece of its own.
    let mut place = vec![0; nodes.len()];
    let mut next = 0;
    for members in &mut rows {
        members.sort_by_key(|&node| (entering[node].iter().map(|&from| place[from]).min().unwrap_or(0), node));
        let mut used = 0.0;
        for &node in &*members {
            if used + space(node) > WIDEST && used > 0.0 && nodes[node].side == Side::Inside {
                next += 1;
                used = 0.0;
            }
            used += space(node);
            row[node] = next;
            place[node] = next;
        }
        next += 1;
    }
}

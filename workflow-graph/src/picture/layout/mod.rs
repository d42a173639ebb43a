//! The layout: layers from top to bottom, each group laid out on its own, the innermost first.
//!
//! A line from one group into another is cut at the borders between. Each piece lies in one group and ends in a *port*
//! on its border. The group places the port like a node of its own, in a row above or below all others. So the piece
//! outside knows its end, and a line crosses nothing but other lines.
//!
//! No crate was found that lays out nested groups: `layout-rs` 0.1 says that it lacks nested graphs, and
//! `rust-sugiyama` 0.3 knows none. The latter also brings `petgraph` along, and the macro compiles this crate for every
//! user.

mod layers;
mod order;
mod place;
mod route;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::outline::{LinkKind, Outline};
use layers::Layers;

/// The size of an item: a node's own, or what a group's title takes.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A line, or its piece within a group.
pub(super) struct Route {
    pub(super) points: Vec<Point>,
    pub(super) kind: LinkKind,
    /// Whether the route ends at the target itself, not at a border on its way.
    pub(super) arrives: bool,
}

pub(super) struct Layout {
    /// Frame of each item; the body's holds all.
    pub(super) frames: Vec<Frame>,
    pub(super) routes: Vec<Route>,
}

/// A child of a group, or a port on its border.
struct Node {
    width: f64,
    height: f64,
    side: Side,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Inside,
    Top,
    Bottom,
}

/// Between two nodes of one group; a port is an offset from the node's left border.
struct Line {
    from: usize,
    to: usize,
    from_port: Option<f64>,
    to_port: Option<f64>,
}

/// The space between a group's border and what it holds.
const MARGIN: f64 = 18.0;
/// Between two lines that come in beside a title.
const BETWEEN_PORTS: f64 = 14.0;

/// Lays out everything, given each item's own size.
///
/// Cost: about `O((V + E) log V)`; the rows that long lines pass count, up to a limit.
pub(super) fn lay_out(outline: &Outline<'_>, sizes: &[Size]) -> Layout {
    let groups = cut(outline);
    let mut frames: Vec<Frame> =
        sizes.iter().map(|size| Frame { x: 0.0, y: 0.0, width: size.width, height: size.height }).collect();
    // The place of each port, from the left border of its group.
    let mut ports: Vec<Vec<f64>> = vec![Vec::new(); outline.items.len()];
    let mut routes: Vec<Vec<Route>> = Vec::new();
    routes.resize_with(outline.items.len(), Vec::new);
    for group in (0..outline.items.len()).rev() {
        if outline.is_group(group) {
            let pieces = &groups[group];
            (ports[group], routes[group]) = lay_out_group(outline, group, pieces, &mut frames, &ports, sizes[group]);
        }
    }
    for item in 1..outline.items.len() {
        let Frame { x, y, .. } = frames[outline.items[item].parent];
        frames[item].x += x;
        frames[item].y += y;
        for point in routes[item].iter_mut().flat_map(|route| &mut route.points) {
            point.x += frames[item].x;
            point.y += frames[item].y;
        }
    }
    Layout { frames, routes: routes.into_iter().flatten().collect() }
}

/// The pieces of lines within one group.
#[derive(Default)]
struct Pieces {
    ports: Vec<Side>,
    lines: Vec<Piece>,
}

/// A piece of a line: from one node or port to another.
struct Piece {
    from: End,
    to: End,
    kind: LinkKind,
    arrives: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    /// A child, at one of its ports if it is a group that the line comes out of or goes into.
    Child(usize, Option<usize>),
    /// A port of the group itself.
    Border(usize),
}

/// Cuts every link at the borders that it crosses. Links of one kind from one item share their ports.
fn cut(outline: &Outline<'_>) -> Vec<Pieces> {
    let mut groups: Vec<Pieces> = Vec::new();
    groups.resize_with(outline.items.len(), Pieces::default);
    let mut known: HashMap<(usize, usize, LinkKind, Side), usize> = HashMap::new();
    let mut drawn: HashSet<(usize, End, End, LinkKind)> = HashSet::new();
    for link in &outline.links {
        let Some((leaving, entered)) = outline.meeting(link.from, link.to) else { continue };
        let mut port = |groups: &mut [Pieces], group: usize, side: Side| {
            *known.entry((group, link.from, link.kind, side)).or_insert_with(|| {
                groups[group].ports.push(side);
                groups[group].ports.len() - 1
            })
        };
        let mut draw = |groups: &mut [Pieces], group: usize, from: End, to: End, arrives: bool| {
            if drawn.insert((group, from, to, link.kind)) {
                groups[group].lines.push(Piece { from, to, kind: link.kind, arrives });
            }
        };
        let mut from = End::Child(link.from, None);
        let mut item = link.from;
        while item != leaving {
            item = outline.items[item].parent;
            let out = port(&mut groups, item, Side::Bottom);
            draw(&mut groups, item, from, End::Border(out), false);
            from = End::Child(item, Some(out));
        }
        let mut to = End::Child(link.to, None);
        let mut item = link.to;
        let mut arrives = true;
        while item != entered {
            item = outline.items[item].parent;
            let within = port(&mut groups, item, Side::Top);
            draw(&mut groups, item, End::Border(within), to, arrives);
            to = End::Child(item, Some(within));
            arrives = false;
        }
        draw(&mut groups, outline.items[leaving].parent, from, to, arrives);
    }
    groups
}

/// Places a group's children, relative to its corner, and sets its size; gives its ports' places and its routes.
fn lay_out_group(
    outline: &Outline<'_>,
    group: usize,
    pieces: &Pieces,
    frames: &mut [Frame],
    ports: &[Vec<f64>],
    title: Size,
) -> (Vec<f64>, Vec<Route>) {
    let children = &outline.items[group].children;
    let number: HashMap<usize, usize> = children.iter().enumerate().map(|(number, &child)| (child, number)).collect();
    let mut nodes: Vec<Node> = children
        .iter()
        .map(|&child| Node { width: frames[child].width, height: frames[child].height, side: Side::Inside })
        .collect();
    nodes.extend(pieces.ports.iter().map(|&side| Node { width: 0.0, height: 0.0, side }));
    let end = |end: End| match end {
        End::Child(child, port) => (number[&child], port.map(|port| ports[child][port])),
        End::Border(port) => (children.len() + port, None),
    };
    let lines: Vec<Line> = pieces
        .lines
        .iter()
        .map(|piece| {
            let ((from, from_port), (to, to_port)) = (end(piece.from), end(piece.to));
            Line { from, to, from_port, to_port }
        })
        .collect();

    let mut layers = Layers::new(&nodes, &lines);
    let widths: Vec<f64> = nodes.iter().map(|node| node.width).collect();
    order::reduce_crossings(&mut layers, &widths);
    let mut center = place::centers(&layers, &widths);

    let right = center.iter().zip(widths.iter().chain(std::iter::repeat(&0.0)));
    let content = right.map(|(center, width)| center + width / 2.0).fold(0.0, f64::max);
    let mut width = (content + 2.0 * MARGIN).max(title.width);
    let x = (width - content) / 2.0;
    let is_entered = pieces.ports.contains(&Side::Top);
    if is_entered {
        // Lines come in beside the title, not through it.
        let mut free = title.width - x;
        for &port in &layers.rows[0] {
            center[port] = center[port].max(free);
            free = center[port] + BETWEEN_PORTS;
        }
        width = width.max(x + free);
    }
    // The ports above stand in the first row, and the title beside them.
    let routed = route::route(&layers, &nodes, &center, if is_entered { title.height - 10.0 } else { 0.0 });
    let y = if is_entered { 0.0 } else { title.height };
    let below = if pieces.ports.contains(&Side::Bottom) { 0.0 } else { MARGIN };
    let height = y + routed.height + below;
    for (number, &child) in children.iter().enumerate() {
        frames[child].x = x + center[number] - nodes[number].width / 2.0;
        frames[child].y = y + routed.tops[number];
    }
    frames[group].width = width;
    frames[group].height = height;
    let ports = (children.len()..nodes.len()).map(|port| x + center[port]).collect();
    let pieces = pieces.lines.iter().zip(routed.lines).map(|(piece, mut points)| {
        for point in &mut points {
            point.x += x;
            point.y += y;
        }
        Route { points, kind: piece.kind, arrives: piece.arrives }
    });
    (ports, pieces.collect())
}

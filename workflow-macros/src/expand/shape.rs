//! Whether a scope's graph is a nest of series and joins, and which.

use crate::model::{Local, Scope};

/// A graph as series and parallel parts.
pub(super) enum Shape {
    /// A stage, by local number.
    Stage(usize),
    Series(Vec<Shape>),
    Parallel(Vec<Shape>),
    /// A few of many parts, which get a body of their own.
    Piece(Box<Shape>),
}

impl Shape {
    /// More stages than one body holds: side by side, the memory for all of them would be part of the run's future, and
    /// moved with it.
    pub(super) fn is_large(&self) -> bool {
        self.stages() > LIMIT
    }

    fn stages(&self) -> usize {
        match self {
            Self::Stage(_) => 1,
            Self::Series(parts) | Self::Parallel(parts) => stages(parts),
            Self::Piece(part) => part.stages(),
        }
    }
}

fn stages(parts: &[Shape]) -> usize {
    parts.iter().map(Shape::stages).sum()
}

/// More stages than this in one body cost the compiler more than they save at run time.
const LIMIT: usize = 16;
/// More than this in a nest of such bodies, too.
pub(super) const LONGEST: usize = 128;

/// The scope's graph as a nest, if it is small and one.
pub(super) fn shape(scope: &Scope<'_>) -> Option<Shape> {
    let count = scope.stages.len();
    if count > LONGEST {
        return None;
    }
    let before = closure(scope, count);
    let all: Vec<usize> = (0..count).collect();
    split(&all, &before).map(in_pieces)
}

/// Divides a shape whose stages are more than `LIMIT` into pieces with a body each.
fn in_pieces(shape: Shape) -> Shape {
    match shape {
        Shape::Series(parts) if stages(&parts) > LIMIT => Shape::Series(pieces(parts, Shape::Series)),
        Shape::Parallel(parts) if stages(&parts) > LIMIT => Shape::Parallel(pieces(parts, Shape::Parallel)),
        small => small,
    }
}

/// Divides the parts into pieces of consecutive parts, each as large as a body may be. A part that is too large for one
/// piece is divided itself.
fn pieces(parts: Vec<Shape>, together: fn(Vec<Shape>) -> Shape) -> Vec<Shape> {
    let (mut pieces, mut piece, mut stages) = (Vec::new(), Vec::new(), 0);
    let close = |pieces: &mut Vec<Shape>, piece: &mut Vec<Shape>| match piece.len() {
        0 | 1 => pieces.append(piece),
        _ => pieces.push(Shape::Piece(Box::new(together(std::mem::take(piece))))),
    };
    for part in parts {
        let more = part.stages();
        if stages + more > LIMIT {
            close(&mut pieces, &mut piece);
            stages = 0;
        }
        if more > LIMIT {
            pieces.push(in_pieces(part));
            continue;
        }
        stages += more;
        piece.push(part);
    }
    close(&mut pieces, &mut piece);
    pieces
}

/// Returns for each stage the set of those that end before it starts.
fn closure(scope: &Scope<'_>, count: usize) -> Vec<u128> {
    let mut before = vec![0u128; count];
    for (stage, row) in before.iter_mut().enumerate() {
        *row = waits_for(scope, stage).into_iter().fold(0, |row, on| row | 1 << on);
    }
    // A pass a stage reaches the longest path; most are written in an order that needs two.
    loop {
        let mut changed = false;
        for stage in 0..count {
            let further = (0..count).filter(|&on| before[stage] & 1 << on != 0).fold(0, |row, on| row | before[on]);
            changed |= before[stage] | further != before[stage];
            before[stage] |= further;
        }
        if !changed {
            return before;
        }
    }
}

/// Returns the stages of its scope that a stage waits for, through `let`s too; each once, in order.
pub(super) fn waits_for(scope: &Scope<'_>, stage: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut lets = vec![false; scope.lets.len()];
    let mut open: Vec<Local> = scope.needs[stage].iter().map(|need| need.on).collect();
    while let Some(on) = open.pop() {
        match on {
            Local::Stage(on) => found.push(on),
            Local::Let(binding) => {
                if !std::mem::replace(&mut lets[binding], true) {
                    open.extend(scope.let_needs[binding].iter().map(|need| need.on));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn split(stages: &[usize], before: &[u128]) -> Option<Shape> {
    if let [only] = stages {
        return Some(Shape::Stage(*only));
    }
    let parts = components(stages, &|a, b| before[a] & 1 << b != 0 || before[b] & 1 << a != 0);
    if parts.len() != 1 {
        let parts = parts.iter().map(|part| split(part, before)).collect::<Option<Vec<_>>>()?;
        return Some(if parts.is_empty() { Shape::Series(parts) } else { Shape::Parallel(parts) });
    }
    // Two stages belong to one part of a series unless one ends before the other starts.
    let mut parts = components(stages, &|a, b| before[a] & 1 << b == 0 && before[b] & 1 << a == 0);
    if parts.len() == 1 {
        return None;
    }
    parts.sort_by_key(|part| part.iter().map(|&stage| before[stage].count_ones()).min());
    let ordered = parts
        .windows(2)
        .all(|pair| pair[1].iter().all(|&later| pair[0].iter().all(|&earlier| before[later] & 1 << earlier != 0)));
    if !ordered {
        return None;
    }
    Some(Shape::Series(parts.iter().map(|part| split(part, before)).collect::<Option<Vec<_>>>()?))
}

fn components(stages: &[usize], linked: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = stages.to_vec();
    let mut parts = Vec::new();
    while !left.is_empty() {
        let mut part = vec![left.remove(0)];
        let mut next = 0;
        while next < part.len() {
            let stage = part[next];
            let (joined, rest): (Vec<_>, Vec<_>) = left.iter().partition(|&&other| linked(stage, other));
            part.extend(joined);
            left = rest;
            next += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

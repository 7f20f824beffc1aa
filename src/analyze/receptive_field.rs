//! Receptive fields: which part of the network's input an element of each tensor depends on.
//!
//! Along each spatial axis of the input, an element at position `p` of a tensor sees the positions from `offset + stride·p`
//! on, `size` of them; those on padding count, as in the literature (Araujo, Norris, Sim: "Computing receptive fields of
//! convolutional neural networks", Distill 2019). Where paths meet it sees what any of them sees. Where a tensor is finer than
//! what it is made from, as behind a transposed convolution, positions see ranges of different sizes in turn: each range is
//! followed, and the size is the largest of them. A window counts as all that it spans, its dilation included.

use crate::graph::{Content, Graph, NodeId};
use crate::op::{Along, Look, Op, Reach, Slide};
use crate::shape::Shape;

/// What an element of a tensor sees along one axis of the network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Positions of the input.
    pub size: u128,
    /// Positions of the input from one element to the next, as a fraction; 0 where every element sees the same.
    pub stride: (i128, i128),
    /// The first position that element 0 sees; negative on padding.
    pub offset: i128,
}

/// What the elements of a tensor see of the network's input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceptiveField {
    /// Along each spatial axis of the input, those after its channels. Empty where that is not followed through a reshaping,
    /// where paths of different strides meet, where no input is seen, and where the input has no spatial axes.
    pub axes: Box<[Seen]>,
    /// Whether paths from the input that meet disagree on the stride or on the center.
    pub misaligned: bool,
}

/// What each tensor of a graph sees.
#[derive(Debug)]
pub struct ReceptiveFields(Vec<ReceptiveField>);

impl ReceptiveFields {
    /// What a tensor sees.
    pub fn of(&self, id: NodeId) -> &ReceptiveField {
        &self.0[id.index()]
    }
}

/// The receptive field of every tensor of `graph`.
pub fn receptive_fields(graph: &Graph) -> ReceptiveFields {
    let mut seen = Vec::with_capacity(graph.len());
    // Ranges are many times as large as what is told of them, and are wanted as long as somebody looks at them.
    let mut fields: Vec<Vec<Axis>> = Vec::with_capacity(graph.len());
    let mut wanted: Vec<usize> = graph.nodes().map(|(id, _)| graph.users(id).count()).collect();
    for (id, node) in graph.nodes() {
        let inputs = || graph.inputs(id).map(|input| (&fields[input.index()], &graph.node(input).shape));
        let field = match &node.content {
            Content::Input => (1..node.shape.rank()).map(Axis::of_the_input).collect(),
            Content::Unknown { .. } => inputs()
                .map(|(field, shape)| through(field, &Reach::Rearranged, shape, &node.shape))
                .fold(vec![], |a, b| union(a, b, &node.shape)),
            Content::Operator(op) => seen_through(op, &graph.input_shapes(id), inputs(), &node.shape),
        };
        seen.push(ReceptiveField {
            axes: field.iter().map(Axis::seen).collect::<Option<_>>().unwrap_or_default(),
            misaligned: field.iter().any(|axis| axis.misaligned),
        });
        fields.push(field);
        for input in graph.inputs(id) {
            wanted[input.index()] -= 1;
            if wanted[input.index()] == 0 {
                fields[input.index()] = vec![];
            }
        }
    }
    ReceptiveFields(seen)
}

fn seen_through<'a>(
    op: &Op,
    shapes: &[Shape],
    inputs: impl Iterator<Item = (&'a Vec<Axis>, &'a Shape)>,
    output: &Shape,
) -> Vec<Axis> {
    let reach = op.reach(shapes, output);
    inputs
        .map(|(field, shape)| through(field, &reach, shape, output))
        .fold(vec![], |a, b| union(a, b, output))
}

/// The most ranges that are followed in turn along an axis.
const MOST_PHASES: i128 = 64;

/// An axis of the network's input, as a tensor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Axis {
    span: Span,
    misaligned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Span {
    /// Position `p` along dimension `dim` sees the range of phase `p mod n`, moved by `advance` for each whole `n` in `p`.
    Sliding { dim: usize, phases: Vec<Range>, advance: i128 },
    /// Every element sees the same.
    Fixed(Range),
    /// Elements see different parts of this, and which is not followed.
    Lost(Range),
}

/// Positions of the input from the first to the last; none if they are the wrong way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: i128,
    last: i128,
}

impl Axis {
    fn of_the_input(dim: usize) -> Self {
        let phases = vec![Range { first: 0, last: 0 }];
        Self { span: Span::Sliding { dim, phases, advance: 1 }, misaligned: false }
    }

    fn seen(&self) -> Option<Seen> {
        let (ranges, advance): (&[Range], i128) = match &self.span {
            Span::Sliding { phases, advance, .. } => (phases, *advance),
            Span::Fixed(range) => (std::slice::from_ref(range), 0),
            Span::Lost(_) => return None,
        };
        let seeing = || ranges.iter().filter(|range| !range.is_empty());
        let size = seeing().map(|range| range.last.abs_diff(range.first)).max()?.checked_add(1)?;
        let divisor = greatest_common_divisor(advance, count(ranges));
        let stride = (advance / divisor, count(ranges) / divisor);
        let offset = seeing().next()?.first;
        Some(Seen { size, stride, offset })
    }
}

impl Range {
    const EMPTY: Self = Self { first: i128::MAX, last: i128::MIN };

    fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// The least range that holds both.
    fn hull(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    fn holds(self, other: Self) -> bool {
        other.is_empty() || (self.first <= other.first && other.last <= self.last)
    }

    /// Twice its middle.
    fn center(self) -> i128 {
        self.first.saturating_add(self.last)
    }

    fn moved(self, by: i128) -> Option<Self> {
        if self.is_empty() {
            return Some(self);
        }
        Some(Self { first: self.first.checked_add(by)?, last: self.last.checked_add(by)? })
    }
}

/// The range that position `at` sees; `None` if that is out of reach of any number.
fn range_at(phases: &[Range], advance: i128, at: i128) -> Option<Range> {
    let period = count(phases);
    let phase = phases[usize::try_from(at.rem_euclid(period)).ok()?];
    phase.moved(advance.checked_mul(at.div_euclid(period))?)
}

/// What all positions from `from` to `to` see together. Ranges never move backwards from one position to the next, so that
/// the first and the last that see anything are enough.
fn hull_of(phases: &[Range], advance: i128, from: i128, to: i128) -> Option<Range> {
    let positions = count(phases).min(to - from + 1);
    let mut ends = [Range::EMPTY; 2];
    for (end, (start, direction)) in ends.iter_mut().zip([(from, 1), (to, -1)]) {
        for step in 0..positions {
            *end = range_at(phases, advance, start + direction * step)?;
            if !end.is_empty() {
                break;
            }
        }
    }
    Some(ends[0].hull(ends[1]))
}

impl Span {
    /// What all elements of a tensor of this shape see together.
    fn hull(&self, shape: &Shape) -> Range {
        match self {
            Self::Sliding { dim, phases, advance } => {
                let last = shape.dims().get(*dim).map_or(0, |&size| i128::from(size) - 1);
                hull_of(phases, *advance, 0, last).unwrap_or(Range { first: i128::MIN, last: i128::MAX })
            }
            Self::Fixed(range) | Self::Lost(range) => *range,
        }
    }

    fn lost(&self, shape: &Shape) -> Self {
        Self::Lost(self.hull(shape))
    }
}

/// What the output sees of the network's input through one of its inputs.
fn through(field: &[Axis], reach: &Reach, input: &Shape, output: &Shape) -> Vec<Axis> {
    let span = |axis: &Axis| match (&axis.span, reach) {
        (Span::Fixed(range), _) => Span::Fixed(*range),
        (Span::Lost(range), Reach::Along(dims)) if mixes_everything(dims, input) => Span::Fixed(*range),
        (Span::Lost(range), _) => Span::Lost(*range),
        // A tensor with one position has nowhere else to look.
        (Span::Sliding { dim, phases, .. }, Reach::Rearranged) if input.dims()[*dim] == 1 => {
            Span::Fixed(phases[0])
        }
        (span @ Span::Sliding { .. }, Reach::Rearranged) => span.lost(input),
        (Span::Sliding { dim, phases, .. }, Reach::Position) => {
            let stretched = input.dims()[*dim] == 1 && output.dims().get(*dim).is_some_and(|&size| size > 1);
            if stretched { Span::Fixed(phases[0]) } else { axis.span.clone() }
        }
        (span @ Span::Sliding { dim, phases, advance }, Reach::Along(dims)) => match dims.get(*dim) {
            Some(along) => {
                looked_at(phases, *advance, *along, input.dims()[*dim]).unwrap_or_else(|| span.lost(input))
            }
            None => span.lost(input),
        },
    };
    field.iter().map(|axis| Axis { span: span(axis), misaligned: axis.misaligned }).collect()
}

/// Whether every element of the output sees every element of the input.
fn mixes_everything(dims: &[Along], input: &Shape) -> bool {
    dims.len() == input.rank()
        && dims.iter().zip(input.dims()).all(|(along, &size)| size == 1 || along.look == Look::All)
}

/// A sliding span, looked at along its dimension of `size` positions; `None` where that is not followed.
fn looked_at(phases: &[Range], advance: i128, along: Along, size: u64) -> Option<Span> {
    let last = i128::from(size) - 1;
    match (along.look, along.to) {
        (Look::All, _) => hull_of(phases, advance, 0, last).map(Span::Fixed),
        (Look::At(position), _) => range_at(phases, advance, position.into()).map(Span::Fixed),
        // A dimension of one element that is gone.
        (Look::Same | Look::Sliding(_), None) => (size == 1).then(|| Span::Fixed(phases[0])),
        (Look::Same, Some(dim)) => Some(Span::Sliding { dim, phases: phases.to_vec(), advance }),
        (Look::Sliding(slide), Some(dim)) => slid(phases, advance, slide, dim),
    }
}

/// What the ranges become: position `o` of the output sees what the positions see that it looks at.
fn slid(phases: &[Range], advance: i128, slide: Slide, dim: usize) -> Option<Span> {
    // The pattern repeats when the output has moved on by whole periods of the input: the least number of positions whose
    // `stride / divisor` steps are a multiple of it.
    let repeat = slide.divisor.checked_mul(count(phases))?;
    let period = repeat / greatest_common_divisor(slide.stride, repeat);
    if period > MOST_PHASES {
        return None;
    }
    let steps = slide.stride.checked_mul(period)? / slide.divisor;
    let seen = (0..period).map(|position| {
        let start = slide.stride.checked_mul(position)?;
        let from = -(-start.checked_add(slide.first)?).div_euclid(slide.divisor);
        let to = start.checked_add(slide.last)?.div_euclid(slide.divisor);
        hull_of(phases, advance, from, to)
    });
    let seen = seen.collect::<Option<Vec<_>>>()?;
    let advance = advance.checked_mul(steps / count(phases))?;
    Some(Span::Sliding { dim, phases: seen, advance })
}

/// What is seen through either of two inputs, in a tensor of this shape.
fn union(a: Vec<Axis>, b: Vec<Axis>, shape: &Shape) -> Vec<Axis> {
    let (mut longer, shorter) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    for (axis, other) in longer.iter_mut().zip(shorter) {
        let (span, agree) = meet(&axis.span, &other.span, shape);
        *axis = Axis { span, misaligned: axis.misaligned || other.misaligned || !agree };
    }
    longer
}

/// Two spans of one tensor together, and whether they agree on stride and center.
fn meet(a: &Span, b: &Span, shape: &Shape) -> (Span, bool) {
    let hull = a.hull(shape).hull(b.hull(shape));
    match (a, b) {
        (
            Span::Sliding { dim, phases, advance },
            Span::Sliding { dim: other_dim, phases: others, advance: other_advance },
        ) => {
            let (period, other_period) = (count(phases), count(others));
            let common = period / greatest_common_divisor(period, other_period) * other_period;
            let strides = advance.checked_mul(other_period).zip(other_advance.checked_mul(period));
            if dim != other_dim || strides.is_none_or(|(a, b)| a != b) || common > MOST_PHASES {
                return (Span::Lost(hull), false);
            }
            let pairs = (0..common)
                .map(|at| range_at(phases, *advance, at).zip(range_at(others, *other_advance, at)))
                .collect::<Option<Vec<_>>>();
            let (Some(pairs), Some(advance)) = (pairs, advance.checked_mul(common / period)) else {
                return (Span::Lost(hull), false);
            };
            let agree = pairs.iter().all(|(a, b)| a.is_empty() || b.is_empty() || a.center() == b.center());
            let phases = pairs.into_iter().map(|(a, b)| a.hull(b)).collect();
            (Span::Sliding { dim: *dim, phases, advance }, agree)
        }
        (Span::Fixed(a), Span::Fixed(b)) => (Span::Fixed(a.hull(*b)), true),
        // Who sees everything sees no more with others.
        (Span::Fixed(range), other) | (other, Span::Fixed(range)) if range.holds(other.hull(shape)) => {
            (Span::Fixed(*range), true)
        }
        (Span::Fixed(_) | Span::Lost(_), _) | (_, Span::Fixed(_) | Span::Lost(_)) => (Span::Lost(hull), true),
    }
}

/// How many there are: at most [`MOST_PHASES`].
fn count(phases: &[Range]) -> i128 {
    i128::try_from(phases.len()).expect("there are at most MOST_PHASES")
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

//! One axis of the network's input, as the elements of a tensor see it.

use super::Seen;
use super::range::{Phases, Range};
use crate::graph::NodeId;
use crate::op::{Along, Dims, Look, Reach};
use crate::shape::Shape;

/// An axis of the network's input, as a tensor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// Positions of the input.
    size: u64,
    /// What is seen through windows.
    span: Span,
    /// Where all of it is seen.
    whole: Option<Whole>,
    pub(super) misaligned: bool,
}

/// All of an axis, seen by every element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whole {
    since: NodeId,
    range: Range,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Span {
    /// Along dimension `dim`, positions see these in turn.
    Sliding { dim: usize, phases: Phases },
    /// Every element sees this same part, which is told as `seen`.
    Fixed { range: Range, seen: Option<Seen> },
    /// Elements see different parts of this, and which is not followed.
    Lost(Lost),
    /// It is seen only where all of it is; this is what the elements saw that are mixed there.
    Pooled(Option<Seen>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lost {
    /// What all elements see together.
    range: Range,
    /// The dimensions along which they may see different parts.
    dims: Dims,
    /// What each of them sees, as long as they are only moved about.
    seen: Option<Seen>,
    /// Whether some of them have been left out: what sees the rest does not see all.
    is_part: bool,
}

/// What all elements of a tensor see together, the dimensions along which they differ, and whether some have been left out.
#[derive(Clone, Copy)]
struct Extent {
    range: Range,
    dims: Dims,
    is_part: bool,
}

/// An operator that a tensor goes through.
struct Way<'a> {
    input: &'a Shape,
    output: &'a Shape,
    id: NodeId,
}

impl Axis {
    /// That of dimension `dim` of an input, of so many positions.
    pub(super) fn of_the_input(dim: usize, size: u64) -> Self {
        let span = Span::Sliding { dim, phases: Phases::of_the_input() };
        Self { size, span, whole: None, misaligned: false }
    }

    /// The node from which on all of it is seen.
    pub(super) fn everything(&self) -> Option<NodeId> {
        self.whole.map(|whole| whole.since)
    }

    /// What is told of it: what is seen through windows; but where of other axes less is seen, all that is seen of it.
    pub(super) fn seen(&self, all_axes: bool) -> Option<Seen> {
        match (&self.whole, &self.span) {
            (Some(whole), _) if !all_axes => whole.range.seen(),
            (_, Span::Sliding { phases, .. }) => phases.seen(),
            (_, Span::Fixed { seen, .. } | Span::Pooled(seen)) => *seen,
            (_, Span::Lost(lost)) => lost.seen,
        }
    }

    /// What an output of node `id` sees of it through one of the node's inputs.
    pub(super) fn through(&self, reach: &Reach, input: &Shape, output: &Shape, id: NodeId) -> Self {
        let way = Way { input, output, id };
        match &self.span {
            Span::Fixed { .. } | Span::Pooled(_) => self.clone(),
            Span::Sliding { dim, phases } => self.sliding(*dim, phases, reach, &way),
            Span::Lost(lost) => self.lost(*lost, reach, &way),
        }
    }

    /// Its mark, if a tensor has one position along it, which sees all of it through its windows.
    pub(super) fn whole(mut self, output: &Shape, id: NodeId) -> Self {
        if let (None, Span::Sliding { dim, phases }) = (&self.whole, &self.span)
            && output.dims()[*dim] == 1
            && let Some(range) = phases.at(0).map(|range| self.with_rest(range, phases))
            && self.is_covered(range)
        {
            self.whole = Some(Whole { since: id, range });
        }
        self
    }

    /// What is seen of it through either of two inputs, in a tensor of this shape.
    pub(super) fn meet(&self, other: &Self, shape: &Shape) -> Self {
        let [(extent, span), (other_extent, other_span)] =
            [self, other].map(|axis| (axis.extent(shape), &axis.span));
        let (span, agree) = meet((span, extent), (other_span, other_extent));
        // Nodes are in the order of execution: the first.
        let whole = [self.whole, other.whole].into_iter().flatten().min_by_key(|whole| whole.since);
        Self { size: self.size, span, whole, misaligned: self.misaligned || other.misaligned || !agree }
    }

    fn sliding(&self, dim: usize, phases: &Phases, reach: &Reach, way: &Way<'_>) -> Self {
        let size = way.input.dims()[dim];
        let along = match reach {
            Reach::Position if size == 1 && way.output.dims().get(dim).is_some_and(|&size| size > 1) => None,
            Reach::Position => return self.clone(),
            Reach::Rearranged => None,
            Reach::Along(dims) => dims.get(dim),
        };
        let last = i128::from(size) - 1;
        let all = self.with_rest(phases.hull(0, last, 1).unwrap_or(Range::ANYWHERE), phases);
        let scattered = |dims, seen| Span::Lost(Lost { range: all, dims, seen, is_part: false });
        // A tensor with one position has nowhere else to look.
        let single = || Span::Fixed { range: all, seen: phases.seen() };
        let followed = |phases: Option<Phases>, dim| match phases {
            Some(phases) => Span::Sliding { dim, phases },
            None => scattered(Dims::of(dim), None),
        };
        let span = match along {
            None if size == 1 => single(),
            Some(Along { look: Look::At(_) | Look::All | Look::Spread(_), .. } | Along { to: None, .. })
                if size == 1 =>
            {
                single()
            }
            None | Some(Along { to: None, look: Look::Same | Look::Sliding(_) | Look::InTurn(_) }) => {
                scattered(Dims::all(way.output), None)
            }
            Some(Along { look: Look::All, .. }) => return self.pooled(all, phases.seen(), way.id),
            Some(Along { look: Look::AmongAll, .. }) if self.is_covered(all) => {
                let kept = self.through(&Reach::Along(same(reach)), way.input, way.output, way.id);
                return Self { whole: kept.whole.or(Some(Whole { since: way.id, range: all })), ..kept };
            }
            Some(Along { look: Look::AmongAll, .. }) => Span::Fixed { range: all, seen: all.seen() },
            Some(Along { look: Look::At(position), .. }) => match phases.at((*position).into()) {
                Some(range) => Span::Fixed { range, seen: range.seen() },
                None => scattered(Dims::NONE, None),
            },
            Some(Along { look: Look::Spread(dims), .. }) => scattered(*dims, phases.seen()),
            Some(Along { look: Look::Same, to: Some(dim) }) => followed(Some(phases.clone()), *dim),
            Some(Along { look: Look::Sliding(slide), to: Some(dim) }) => followed(phases.slid(*slide), *dim),
            Some(Along { look: Look::InTurn(turns), to: Some(dim) }) => followed(phases.in_turn(turns), *dim),
        };
        Self { span, ..self.clone() }
    }

    fn lost(&self, lost: Lost, reach: &Reach, way: &Way<'_>) -> Self {
        let dims = match reach {
            Reach::Position => return self.clone(),
            Reach::Rearranged => {
                let span = Span::Lost(Lost { dims: Dims::all(way.output), seen: None, ..lost });
                return Self { span, ..self.clone() };
            }
            Reach::Along(dims) => dims,
        };
        let sizes = way.input.dims().iter().zip(dims).enumerate();
        let apart: Vec<&Along> = sizes
            .filter(|&(dim, (&size, _))| size > 1 && lost.dims.has(dim))
            .map(|(_, (_, along))| along)
            .collect();
        let mixed = apart.iter().filter(|along| matches!(along.look, Look::All | Look::AmongAll)).count();
        let moved = apart.iter().fold(Lost { dims: Dims::NONE, ..lost }, |lost, along| lost.moved(along));
        if mixed == 0 || mixed < apart.len() || lost.is_part {
            return Self { span: Span::Lost(moved), ..self.clone() };
        }
        if apart.iter().all(|along| along.look == Look::AmongAll) && self.is_covered(lost.range) {
            let whole = self.whole.or(Some(Whole { since: way.id, range: lost.range }));
            return Self { span: Span::Lost(Lost { seen: lost.seen, ..moved }), whole, ..self.clone() };
        }
        self.pooled(lost.range, lost.seen, way.id)
    }

    fn extent(&self, shape: &Shape) -> Extent {
        match &self.span {
            Span::Sliding { dim, phases } => {
                let last = shape.dims().get(*dim).map_or(0, |&size| i128::from(size) - 1);
                let range = self.with_rest(phases.hull(0, last, 1).unwrap_or(Range::ANYWHERE), phases);
                Extent { range, dims: Dims::of(*dim), is_part: false }
            }
            Span::Fixed { range, .. } => Extent { range: *range, dims: Dims::NONE, is_part: true },
            &Span::Lost(Lost { range, dims, is_part, .. }) => Extent { range, dims, is_part },
            Span::Pooled(_) => Extent { range: Range::EMPTY, dims: Dims::NONE, is_part: true },
        }
    }

    /// Every element sees all of this, of which others saw a part.
    fn pooled(&self, range: Range, seen: Option<Seen>, id: NodeId) -> Self {
        if !self.is_covered(range) {
            return Self { span: Span::Fixed { range, seen: range.seen() }, ..self.clone() };
        }
        let whole = self.whole.or(Some(Whole { since: id, range }));
        Self { span: Span::Pooled(seen), whole, ..self.clone() }
    }

    /// With the last positions of the input, if these are what strides leave over.
    fn with_rest(&self, range: Range, phases: &Phases) -> Range {
        let last = i128::from(self.size) - 1;
        let is_rest = |(step, parts): (i128, i128)| {
            let rest = last.saturating_sub(range.last);
            range.first <= 0 && rest > 0 && rest.saturating_mul(parts) < step
        };
        let has_rest = phases.seen().is_some_and(|seen| is_rest(seen.stride));
        if has_rest { Range { last, ..range } } else { range }
    }

    fn is_covered(&self, range: Range) -> bool {
        range.holds(Range { first: 0, last: i128::from(self.size) - 1 })
    }
}

impl Lost {
    /// What becomes of it along one of its dimensions.
    fn moved(self, along: &Along) -> Self {
        let to = along.to.map_or(Dims::NONE, Dims::of);
        match &along.look {
            Look::Same => Self { dims: self.dims.and(to), ..self },
            Look::Spread(dims) => Self { dims: self.dims.and(*dims), ..self },
            // One after another, but no two at once.
            Look::Sliding(slide) if slide.first == slide.last && slide.divisor == 1 => {
                Self { dims: self.dims.and(to), ..self }
            }
            Look::Sliding(_) | Look::InTurn(_) | Look::AmongAll => {
                Self { dims: self.dims.and(to), seen: None, ..self }
            }
            Look::At(_) => Self { is_part: true, ..self },
            Look::All => Self { seen: None, ..self },
        }
    }
}

/// Each dimension as it is, where it is looked at as a whole beside.
fn same(reach: &Reach) -> Vec<Along> {
    let Reach::Along(dims) = reach else { return vec![] };
    let own = |along: &Along| match along.look {
        Look::AmongAll => Along { look: Look::Same, ..along.clone() },
        Look::Same | Look::Sliding(_) | Look::InTurn(_) | Look::Spread(_) | Look::At(_) | Look::All => {
            along.clone()
        }
    };
    dims.iter().map(own).collect()
}

/// Two spans of one tensor together, and whether they agree on stride and center.
fn meet((a, extent): (&Span, Extent), (b, other_extent): (&Span, Extent)) -> (Span, bool) {
    let lost = |seen| {
        let range = extent.range.hull(other_extent.range);
        let dims = extent.dims.and(other_extent.dims);
        Span::Lost(Lost { range, dims, seen, is_part: extent.is_part && other_extent.is_part })
    };
    match (a, b) {
        (Span::Sliding { dim, phases }, Span::Sliding { dim: other_dim, phases: others }) => {
            let met = if dim == other_dim { phases.meet(others) } else { None };
            match met {
                Some((phases, agree)) => (Span::Sliding { dim: *dim, phases }, agree),
                None => (lost(None), false),
            }
        }
        (Span::Pooled(a), Span::Pooled(b)) => (Span::Pooled(larger(*a, *b)), true),
        // A part that is not followed says less than what was there before it was mixed.
        (Span::Pooled(Some(seen)), Span::Lost(Lost { seen: None, .. }))
        | (Span::Lost(Lost { seen: None, .. }), Span::Pooled(Some(seen))) => {
            (Span::Pooled(Some(*seen)), true)
        }
        // What is pooled everybody sees; through windows the other is seen.
        (Span::Pooled(_), other) | (other, Span::Pooled(_)) => (other.clone(), true),
        (Span::Fixed { range: a, seen }, Span::Fixed { range: b, seen: other }) => {
            let range = a.hull(*b);
            let seen = if seen == other { *seen } else { range.seen() };
            (Span::Fixed { range, seen }, true)
        }
        // Who sees all that others see sees no more with them.
        (fixed @ Span::Fixed { range, .. }, _) if range.holds(other_extent.range) => (fixed.clone(), true),
        (_, fixed @ Span::Fixed { range, .. }) if range.holds(extent.range) => (fixed.clone(), true),
        (Span::Lost(Lost { seen, .. }), Span::Lost(Lost { seen: other, .. })) if seen == other => {
            (lost(*seen), true)
        }
        (Span::Sliding { .. } | Span::Fixed { .. } | Span::Lost(_), _) => (lost(None), true),
    }
}

/// The larger of two; `None` where either is not known.
fn larger(a: Option<Seen>, b: Option<Seen>) -> Option<Seen> {
    let (a, b) = a.zip(b)?;
    Some(if b.size > a.size { b } else { a })
}

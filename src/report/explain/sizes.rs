//! Elements and positions by the sizes that they are of, where it is known what each of these is: `C·H·W`.

use super::Notes;
use crate::analyze::axes::Axis;
use crate::graph::NodeId;
use crate::working::{Factor, Letter, Working};

impl Notes<'_> {
    /// A working of a node in which elements and positions are told apart into their sizes; `letters` are those that its other
    /// workings have.
    pub(super) fn by_sizes(&self, id: NodeId, working: &Working, letters: &[Letter]) -> Working {
        let input = self.graph.inputs(id).next();
        working.clone().replaced(&|name, value| {
            let apart = if name == Factor::OutputElements {
                self.apart(id, &value, &OUT, letters)
            } else if name == Factor::InputElements {
                input.and_then(|input| self.apart(input, &value, &IN, letters))
            } else if name == Factor::Positions {
                self.apart(id, &value, &OUT, letters)
                    .or_else(|| input.and_then(|input| self.apart(input, &value, &IN, letters)))
            } else {
                None
            };
            apart.unwrap_or_else(|| value.called(name))
        })
    }

    /// The sizes in `value` as those of a tensor: of all dimensions, of all but the last, or of all but the first.
    fn apart(&self, id: NodeId, value: &Working, names: &Names, letters: &[Letter]) -> Option<Working> {
        let Working::Product(sizes) = value else { return None };
        let shape: Vec<Working> =
            self.graph.node(id).shape.dims().iter().map(|&size| Working::Number(size.into())).collect();
        let axes = self.subject.axes().of(id);
        let rank = shape.len();
        let ranges = [0..rank, 0..rank.saturating_sub(1), 1.min(rank)..rank];
        let range =
            ranges.into_iter().find(|range| !range.is_empty() && shape[range.clone()] == sizes[..])?;
        let called: Vec<Factor> =
            axes.get(range)?.iter().map(|&axis| names.of(axis, letters)).collect::<Option<_>>()?;
        // Two dimensions of a kind would have one letter.
        let is_twice = |(index, name): (usize, &Factor)| called[..index].contains(name);
        if called.iter().enumerate().any(is_twice) {
            return None;
        }
        let mut factors: Vec<Working> = vec![];
        let (mut called, mut sizes) = (&called[..], &sizes[..]);
        while let [name, ..] = called {
            // Height and width are one factor, so that a square of them is shown as one.
            let (name, count) = names
                .together
                .iter()
                .find(|(parts, _)| called.starts_with(parts))
                .map_or((*name, 1), |(parts, name)| (*name, parts.len()));
            let (these, others) = sizes.split_at(count);
            factors.push(Working::Product(these.to_vec()).called(name));
            (called, sizes) = (&called[count..], others);
        }
        Some(Working::Product(factors))
    }
}

/// What the sizes of a tensor are called.
struct Names {
    /// Channels, and what the other workings would have to speak of for channels on this side to be another letter.
    channels: (Letter, Factor),
    features: (Letter, Factor),
    /// Depth, height, width and length.
    positions: [Factor; 4],
    /// What some of these are called together.
    together: [(&'static [Factor], Factor); 2],
}

const OUT: Names = Names {
    channels: (Letter::ChannelsOut, Factor::OutChannels),
    features: (Letter::FeaturesOut, Factor::OutFeatures),
    positions: [Factor::OutputDepth, Factor::OutputHeight, Factor::OutputWidth, Factor::OutputLength],
    together: [
        (&[Factor::OutputDepth, Factor::OutputHeight, Factor::OutputWidth], Factor::OutputVolume),
        (&[Factor::OutputHeight, Factor::OutputWidth], Factor::OutputArea),
    ],
};

const IN: Names = Names {
    channels: (Letter::ChannelsIn, Factor::InChannels),
    features: (Letter::FeaturesIn, Factor::InFeatures),
    positions: [Factor::InDepth, Factor::InHeight, Factor::InWidth, Factor::InLength],
    together: [
        (&[Factor::InDepth, Factor::InHeight, Factor::InWidth], Factor::InputVolume),
        (&[Factor::InHeight, Factor::InWidth], Factor::InputArea),
    ],
};

impl Names {
    fn of(&self, axis: Axis, letters: &[Letter]) -> Option<Factor> {
        let either =
            |(letter, name): (Letter, Factor), plain| if letters.contains(&letter) { name } else { plain };
        let [depth, height, width, length] = self.positions;
        match axis {
            Axis::Channels => Some(either(self.channels, Factor::Channels)),
            Axis::Features => Some(either(self.features, Factor::Features)),
            Axis::Depth => Some(depth),
            Axis::Height => Some(height),
            Axis::Width => Some(width),
            Axis::Length => Some(length),
            Axis::Tokens => Some(Factor::Tokens),
            Axis::Unknown => None,
        }
    }
}

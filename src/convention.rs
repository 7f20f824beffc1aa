//! How papers and other tools count, as data: what each adds up for which operator. So their figures can be had from a graph,
//! operator by operator, and a figure that is met somewhere can be traced to how it was counted.
//!
//! ```
//! use cnncost::convention::Counted;
//! use cnncost::read::conventions;
//! use cnncost::source::{self, Choice};
//!
//! let subject = source::open("resnet18")?.subject(&Choice::default())?;
//! let convention = conventions::bundled().into_iter().find(|convention| &*convention.name == "thop").unwrap();
//! let counted = Counted::new(convention, subject.graph(), subject.batch())?;
//! assert_eq!(counted.total(), Some(1_824_033_792));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The conventions themselves are in `read/conventions.toml`, which says what is in each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::counts::{Overflow, Tally};
use crate::graph::{Content, Graph, NodeId, ScopeId};
use crate::op::Op;
use crate::op::activation::Approximate;
use crate::op::reduction::Power;
use crate::text::Text;

pub mod figure;
pub mod measure;
pub(crate) mod numeral;
pub mod search;
pub(crate) mod unit;

use measure::{Facts, Measure};

/// How someone counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Convention {
    /// What it is called by.
    pub name: Arc<str>,
    /// What it counts, in words.
    pub about: Text,
    /// The version of the tool it was measured with; empty for a convention that is no tool's.
    pub version: String,
    /// Where it is from.
    pub source: String,
    /// What is added up for each operator, by its name, with its mode behind a `=` where that matters; `None` where that is
    /// not known. An operator that is not there counts nothing.
    pub rules: BTreeMap<String, Option<Rule>>,
    /// What is added up for every operator that is not named.
    pub others: Rule,
}

/// What is added up for an operator: multiples of measures, and what is taken away from their sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What is added.
    pub plus: Vec<Term>,
    /// What is taken away.
    pub minus: Vec<Term>,
}

/// A measure, so many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// How many times.
    pub factor: u64,
    /// Of what.
    pub measure: Measure,
    /// Once for the whole batch, as a tool counts that looks at one sample or at none.
    pub once: bool,
}

/// A graph counted in a convention, in tables beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The convention.
    pub convention: Convention,
    /// By [`NodeId`]; `None` where it is not known what is counted.
    nodes: Vec<Option<u128>>,
    /// By [`ScopeId`]: what is in the box, at any depth, operators apart that cnncost does not know.
    scopes: Vec<Option<u128>>,
}

impl Convention {
    /// What a node counts with its batch; `None` for an operator that cnncost does not know, or of which it does not know
    /// how it is counted.
    pub fn count(&self, graph: &Graph, id: NodeId, batch: u64) -> Result<Option<u128>, Overflow> {
        let node = graph.node(id);
        match &node.content {
            Content::Input => Ok(Some(0)),
            Content::Unknown { .. } => Ok(None),
            Content::Operator(op) if !op.is_counted() => Ok(None),
            Content::Operator(op) => self.of(op, &Facts::new(graph, id, op, batch)?),
        }
    }

    fn of(&self, op: &Op, facts: &Facts<'_>) -> Result<Option<u128>, Overflow> {
        self.rule(op).map_or(Ok(None), |rule| rule.count(facts))
    }

    /// What is added up for an operator; `None` if that is not known.
    pub fn rule(&self, op: &Op) -> Option<&Rule> {
        let with_mode = mode(op.itself()).and_then(|mode| self.rules.get(&format!("{}={mode}", op.name())));
        match with_mode.or_else(|| self.rules.get(op.name())) {
            Some(rule) => rule.as_ref(),
            None => Some(&self.others),
        }
    }
}

/// What the graph counts in each of several conventions, operators apart that cnncost does not know; `None` where it is not
/// known of one how it is counted.
pub fn totals(conventions: &[Convention], graph: &Graph, batch: u64) -> Result<Vec<Option<u128>>, Overflow> {
    let mut sums = vec![Some(0u128); conventions.len()];
    for (id, node) in graph.nodes().filter(|(_, node)| node.is_counted()) {
        let Some(op) = node.operator() else { continue };
        let facts = Facts::new(graph, id, op, batch)?;
        for (sum, convention) in sums.iter_mut().zip(conventions) {
            *sum = plus(*sum, convention.of(op, &facts)?)?;
        }
    }
    Ok(sums)
}

/// The modes of an operator that tools tell apart.
pub const MODES: [(&str, &[&str]); 9] = [
    ("upsample", &["nearest", "linear", "bilinear", "trilinear", "bicubic"]),
    ("gelu", &["none", "tanh"]),
    ("softplus", &["plain", "scaled"]),
    ("norm", &["1", "2", "p"]),
    ("lstm", &["projected"]),
    ("multi_head_attention", &["separate"]),
    ("conv1d", &[NAMED]),
    ("conv2d", &[NAMED]),
    ("conv3d", &[NAMED]),
];

/// A convolution whose padding is a word: PyTorch has an operator of its own for it.
const NAMED: &str = "named";

fn mode(op: &Op) -> Option<&'static str> {
    if let Op::Upsample(upsample) = op {
        Some(upsample.mode.name())
    } else if let Op::Gelu(gelu) = op {
        Some(match gelu.approximate {
            Approximate::None => "none",
            Approximate::Tanh => "tanh",
        })
    } else if let Op::Lstm(lstm) = op {
        (lstm.proj_size.get() > 0).then_some("projected")
    } else if let Op::MultiHeadAttention(attention) = op {
        (attention.kdim.is_some() || attention.vdim.is_some()).then_some("separate")
    } else if let Op::Softplus(softplus) = op {
        Some(if softplus.is_plain() { "plain" } else { "scaled" })
    } else if let Op::Norm(norm) = op {
        Some(match norm.power() {
            Power::One => "1",
            Power::Two => "2",
            Power::Other => "p",
        })
    } else if let Op::Conv1d(conv) = op {
        conv.padding.is_named().then_some(NAMED)
    } else if let Op::Conv2d(conv) = op {
        conv.padding.is_named().then_some(NAMED)
    } else if let Op::Conv3d(conv) = op {
        conv.padding.is_named().then_some(NAMED)
    } else {
        None
    }
}

impl Rule {
    /// What is added up, for all samples; `None` if more is taken away than there is, which no count is.
    fn count(&self, facts: &Facts<'_>) -> Result<Option<u128>, Overflow> {
        let sum = |terms: &[Term]| {
            terms.iter().try_fold(0u128, |sum, term| {
                let of_sample = facts.measure(term.measure)?.times(term.factor)?;
                sum.plus(of_sample.times(if term.once { 1 } else { facts.batch })?)
            })
        };
        Ok(sum(&self.plus)?.checked_sub(sum(&self.minus)?))
    }
}

impl Counted {
    /// Counts every node and box.
    pub fn new(convention: Convention, graph: &Graph, batch: u64) -> Result<Self, Overflow> {
        let nodes = graph.nodes().map(|(id, _)| convention.count(graph, id, batch));
        let nodes: Vec<_> = nodes.collect::<Result<_, _>>()?;
        let of = |id| graph.node(id).operator().filter(|op| op.is_counted()).map(|_| nodes[id.index()]);
        let scopes = graph.sums(&Some(0), of, |&a, &b| plus(a, b))?;
        Ok(Self { convention, nodes, scopes })
    }

    /// What a node counts; `None` where that is not known.
    pub fn node(&self, id: NodeId) -> Option<u128> {
        self.nodes[id.index()]
    }

    /// What is in a box; `None` where that is not known.
    pub fn scope(&self, id: ScopeId) -> Option<u128> {
        self.scopes[id.index()]
    }

    /// What the network counts; `None` where that is not known.
    pub fn total(&self) -> Option<u128> {
        self.scope(ScopeId::ROOT)
    }
}

/// The sum of what is known; not known if one of them is not.
fn plus(a: Option<u128>, b: Option<u128>) -> Result<Option<u128>, Overflow> {
    a.zip(b).map(|(a, b)| a.plus(b)).transpose()
}

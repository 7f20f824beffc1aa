//! Several networks: which ones a list of models stands for, and all of them made.

use super::labels::tell_apart;
use super::{Choice, Findings, Named};
use crate::error::ReadError;
use crate::read::MOST_NODES;
use crate::subject::Subject;
use crate::text;

/// What a model stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// The network that is named: with its defaults, unless a variant is named.
    Itself,
    /// Networks to lay beside each other: those of all its variants, or of the one that is named, and the one with its
    /// defaults.
    Sides,
}

/// A network that is wanted.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// The model it is made of.
    pub named: &'a Named,
    /// The variant it is to be; without one, the defaults hold.
    pub variant: Option<String>,
}

/// The networks that were made, and what is to be said of them.
#[derive(Debug)]
pub struct Made {
    /// Each network at each batch, with labels that tell them apart.
    pub subjects: Vec<Subject>,
    /// What is to be said, in order.
    pub remarks: Vec<Remark>,
}

/// What is to be said of a network.
#[derive(Debug)]
pub enum Remark {
    /// It cannot be made.
    Refused(ReadError),
    /// Something in it is perhaps not meant.
    Found(Findings),
}

impl Wish<'_> {
    /// The variant it comes to: the one that was asked for, or the one that the defaults are.
    pub fn known_as(&self) -> Option<&str> {
        self.variant.as_deref().or_else(|| self.named.model.default_variant())
    }

    /// What it is called where a short name is wanted.
    pub fn label(&self) -> String {
        self.named.label(self.variant.as_deref())
    }
}

/// Every network that is wanted, in order; and of each model that has no variants though they are asked for, that.
pub fn wishes(all: &[Named], alone: Alone) -> (Vec<Wish<'_>>, Vec<ReadError>) {
    let (mut wishes, mut refused) = (vec![], vec![]);
    for named in all {
        let known = named.model.variants();
        let variants = if alone == Alone::Sides && named.variant.is_none() && !known.is_empty() {
            Ok(known.into_iter().map(|variant| Some(variant.to_owned())).collect())
        } else {
            named.variants()
        };
        match variants {
            Ok(variants) => wishes.extend(variants.into_iter().map(|variant| Wish { named, variant })),
            Err(error) => refused.push(error),
        }
    }
    if alone == Alone::Sides {
        add_default(&mut wishes);
    }
    (wishes, refused)
}

/// What the variants of a file are held against: the network with its defaults, unless it is among them.
fn add_default(wishes: &mut Vec<Wish>) {
    let is_default =
        |wish: &Wish| wish.variant.is_none() || wish.variant.as_deref() == wish.named.model.default_variant();
    if let Some(first) = wishes.first()
        && !wishes.iter().any(is_default)
    {
        wishes.insert(0, Wish { named: first.named, variant: None });
    }
}

/// Makes every network that is wanted, each with its choice but for the variant, at each of the batches. Those of one model
/// have no more nodes together than one network may have.
pub fn networks(wishes: &[Wish], choices: &[Choice], batches: &[u64]) -> Made {
    let mut making = Making::default();
    for (index, (wish, choice)) in wishes.iter().zip(choices).enumerate() {
        if let Err(error) = making.add(index, wish, choice, batches) {
            making.remarks.push(Remark::Refused(error));
        }
    }
    let Making { mut subjects, indices, remarks, nodes: _ } = making;
    tell_apart(&mut subjects, &indices, choices);
    Made { subjects, remarks }
}

/// What has been made.
#[derive(Default)]
struct Making<'a> {
    subjects: Vec<Subject>,
    /// Of each subject, which wish it was.
    indices: Vec<usize>,
    remarks: Vec<Remark>,
    nodes: Nodes<'a>,
}

impl<'a> Making<'a> {
    /// A network at each of the batches, made once, if there is room for its nodes.
    fn add(
        &mut self,
        index: usize,
        wish: &Wish<'a>,
        choice: &Choice,
        batches: &[u64],
    ) -> Result<(), ReadError> {
        let named = wish.named;
        let (Some((&first, others)), false) = (batches.split_first(), self.nodes.is_full(named)) else {
            return Ok(());
        };
        let choice = Choice { batch: Some(first), ..choice.of(wish.variant.as_deref()) };
        let subject = named.made(&choice)?;
        if !self.nodes.add(named, subject.graph().len()) {
            return Err(too_many_variants(named));
        }
        // Of another batch there is the same to say.
        self.remarks.push(Remark::Found(Findings::of(named, &subject)));
        let at = self.subjects.len();
        self.subjects.push(subject);
        self.indices.push(index);
        for &batch in others {
            let other = named.at(&self.subjects[at], &choice, batch)?;
            self.subjects.push(other);
            self.indices.push(index);
        }
        Ok(())
    }
}

/// How many nodes the networks of the last model have together.
#[derive(Default)]
struct Nodes<'a> {
    of: Option<&'a Named>,
    count: u64,
}

impl<'a> Nodes<'a> {
    /// Adds those of a network; whether that is not too many.
    fn add(&mut self, named: &'a Named, count: usize) -> bool {
        if !self.of.is_some_and(|of| std::ptr::eq(of, named)) {
            *self = Self { of: Some(named), count: 0 };
        }
        self.count += count as u64;
        self.count <= MOST_NODES
    }

    /// Whether its networks have more than is allowed, which has been said.
    fn is_full(&self, named: &Named) -> bool {
        self.of.is_some_and(|of| std::ptr::eq(of, named)) && self.count > MOST_NODES
    }
}

/// Why the variants of a file are not all read.
fn too_many_variants(named: &Named) -> ReadError {
    let why = text!(
        "its variants together have more than {MOST_NODES} nodes",
        "它的各变体合计超过 {MOST_NODES} 个节点"
    );
    named.refused(why, Some(text!("name one: `@VARIANT`", "请指定一个:`@变体`")))
}

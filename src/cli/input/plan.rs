//! Which networks a command is about: the files it names, and the variants of each.

use super::{Alone, Named, Outcome, Voice, Wanted};
use crate::error::ReadError;
use crate::read::MOST_NODES;
use crate::text;
use crate::text::printable;

/// A network that is wanted.
pub(super) struct Wish<'a> {
    pub(super) named: &'a Named,
    /// The variant it is to be; without one, the defaults hold.
    pub(super) variant: Option<String>,
}

impl Wish<'_> {
    /// The variant it comes to: the one that was asked for, or the one that the defaults are.
    pub(super) fn known_as(&self) -> Option<&str> {
        self.variant.as_deref().or_else(|| self.named.default_variant())
    }

    /// What it is called where a short name is wanted.
    pub(super) fn label(&self) -> String {
        self.named.label(self.variant.as_deref())
    }
}

/// Every network that is wanted, in order; a file that has no variants though they are asked for is refused.
pub(super) fn plan<'a>(all: &'a [Named], wanted: Wanted, output: &Voice) -> (Vec<Wish<'a>>, Outcome) {
    let (mut wishes, mut worst) = (vec![], Outcome::Done);
    for named in all {
        let known = &named.description.variants;
        let wants_all = match (&named.variant, wanted.alone) {
            (Some(variant), _) => variant == "*",
            (None, Alone::Itself) => false,
            (None, Alone::Sides) => !known.is_empty(),
        };
        let variants: Vec<Option<String>> = if wants_all {
            known.iter().map(|variant| Some(variant.name.text.to_string())).collect()
        } else {
            vec![named.variant.clone()]
        };
        if variants.is_empty() {
            worst = worst.max(output.refuse(&named.refused(text!("it has no variants", "它没有变体"), None)));
        }
        wishes.extend(variants.into_iter().map(|variant| Wish { named, variant }));
    }
    if wanted.alone == Alone::Sides {
        add_default(&mut wishes);
    }
    (wishes, worst)
}

/// What the variants of a file are held against: the network with its defaults, unless it is among them.
fn add_default(wishes: &mut Vec<Wish>) {
    let is_default =
        |wish: &Wish| wish.variant.is_none() || wish.variant.as_deref() == wish.named.default_variant();
    if let Some(first) = wishes.first()
        && !wishes.iter().any(is_default)
    {
        wishes.insert(0, Wish { named: first.named, variant: None });
    }
}

impl Named {
    /// The variant that the defaults are.
    pub(super) fn default_variant(&self) -> Option<&str> {
        self.description.default_variant().map(|variant| &*variant.name.text)
    }

    /// What its network is called where a short name is wanted, as the variant that was asked for.
    pub(super) fn label(&self, variant: Option<&str>) -> String {
        let stem = &self.stem;
        printable(&match variant {
            // The variants of a bundled file have names of their own.
            Some(variant) if self.bundled => variant.to_owned(),
            Some(variant) => format!("{stem}@{variant}"),
            None => self.default_variant().filter(|_| self.bundled).unwrap_or(stem).to_owned(),
        })
    }
}

/// How many nodes the networks of the last file have together.
#[derive(Default)]
pub(super) struct Nodes<'a> {
    of: Option<&'a Named>,
    count: u64,
}

impl<'a> Nodes<'a> {
    /// Adds those of a network; whether that is not too many.
    pub(super) fn add(&mut self, named: &'a Named, count: usize) -> bool {
        if !self.of.is_some_and(|of| std::ptr::eq(of, named)) {
            *self = Self { of: Some(named), count: 0 };
        }
        self.count += count as u64;
        self.count <= MOST_NODES
    }

    /// Whether its networks have more than is allowed, which has been said.
    pub(super) fn is_full(&self, named: &Named) -> bool {
        self.of.is_some_and(|of| std::ptr::eq(of, named)) && self.count > MOST_NODES
    }
}

/// Why the variants of a file are not all read.
pub(super) fn too_many_variants(named: &Named) -> ReadError {
    let why = text!(
        "its variants together have more than {MOST_NODES} nodes",
        "它的各变体合计超过 {MOST_NODES} 个节点"
    );
    named.refused(why, Some(text!("name one: `@VARIANT`", "请指定一个:`@变体`")))
}

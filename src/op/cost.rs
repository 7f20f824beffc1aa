//! What an operator computes, in terms that each carry their working.

use super::Purpose;
use crate::counts::{Contraction, Kind, Macs, Ops, Overflow, Tally, Work};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// What an operator computes: terms, each of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The terms, in the order they are explained.
    pub terms: Vec<Term>,
}

/// So many operations of one unit, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What is counted.
    pub unit: Unit,
    /// What for, where that is not plain from the unit.
    pub purpose: Option<Purpose>,
    /// How many, padding included.
    pub nominal: Working,
    /// How many without what falls on padding, where that differs.
    pub padding_exact: Option<Working>,
}

/// What a [`Term`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Multiply–accumulates.
    Macs(Contraction),
    /// Scalar operations of a kind.
    Ops(Kind),
}

impl Cost {
    /// Nothing is computed.
    pub const FREE: Self = Self { terms: vec![] };

    /// The same working for each of several kinds.
    pub fn each(kinds: &[Kind], count: &Working) -> Self {
        Self { terms: kinds.iter().map(|&kind| Term::ops(kind, count.clone())).collect() }
    }

    /// The numbers: nominal, and padding-exact.
    pub fn work(&self) -> Result<(Work, Work), Overflow> {
        let mut sums = (Work::default(), Work::default());
        for term in &self.terms {
            let nominal = term.unit.work(term.nominal.evaluate()?);
            let exact = match &term.padding_exact {
                Some(working) => term.unit.work(working.evaluate()?),
                None => nominal,
            };
            sums = (sums.0.plus(nominal)?, sums.1.plus(exact)?);
        }
        Ok(sums)
    }
}

impl Term {
    /// MACs.
    pub fn macs(contraction: Contraction, nominal: Working) -> Self {
        Self { unit: Unit::Macs(contraction), purpose: None, nominal, padding_exact: None }
    }

    /// Operations of one kind.
    pub fn ops(kind: Kind, nominal: Working) -> Self {
        Self { unit: Unit::Ops(kind), purpose: None, nominal, padding_exact: None }
    }

    /// The addition of a bias to each element of `output`.
    pub fn bias(output: &Shape) -> Self {
        Self::ops(Kind::Add, Working::elements(Factor::OutputElements, output)).purpose(Purpose::Bias)
    }

    /// Whether it adds biases to what has been contracted.
    pub fn is_bias(&self) -> bool {
        self.purpose.is_some_and(Purpose::is_bias)
    }

    /// What it counts, as the columns of tables call it, and what for: "add (bias)".
    pub fn label(&self) -> Text {
        let unit = self.unit.factor();
        match self.purpose {
            None => text!("{unit}", "{unit:#}"),
            Some(purpose) => text!("{unit} ({purpose})", "{unit:#}({purpose:#})"),
        }
    }

    /// The same, with what it is for.
    #[must_use]
    pub fn purpose(self, purpose: Purpose) -> Self {
        Self { purpose: Some(purpose), ..self }
    }

    /// The same, with its padding-exact count, if that differs.
    #[must_use]
    pub fn padding_exact(self, working: Working) -> Self {
        let differs = working.evaluate() != self.nominal.evaluate();
        Self { padding_exact: differs.then_some(working), ..self }
    }
}

impl Unit {
    /// What it is called, as a factor or a term of a working.
    pub fn factor(self) -> Factor {
        match self {
            Self::Macs(_) => Factor::Macs,
            Self::Ops(kind) => kind.into(),
        }
    }

    /// `count` of this unit as work: a MAC is one multiplication and one addition.
    pub fn work(self, count: u128) -> Work {
        match self {
            Self::Macs(contraction) => Work {
                macs: Macs::of(contraction, count),
                ops: Ops { mul: count, add: count, ..Ops::default() },
            },
            Self::Ops(kind) => Work { macs: Macs::default(), ops: Ops::of(kind, count) },
        }
    }
}

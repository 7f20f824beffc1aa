//! What may or may not be counted in a network, and the choices for each part.

use crate::convention::measure::{Facts, Measure};
use crate::counts::{Macs, Overflow, Tally};
use crate::graph::Graph;
use crate::op::{Class, Op};
use crate::text;
use crate::text::Text;

/// What may or may not be counted in a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Multiply–accumulates.
    pub macs: Macs,
    /// Those of convolutions whose input is no padding.
    pub off_padding: u128,
    /// Elements that a bias is added to.
    pub bias: u128,
    /// Elements that are normalized.
    pub norm: u128,
    /// Those of other norms than batch norms.
    pub other_norm: u128,
    /// Elements that go through a ReLU.
    pub relu: u128,
    /// Elements that go through another activation.
    pub other_activation: u128,
    /// Elements that go into pools.
    pub pool_in: u128,
    /// Elements that come out of them.
    pub pool_out: u128,
    /// Positions of the windows of all these.
    pub pool_taps: u128,
    /// Elements of sums.
    pub sum: u128,
    /// Learned numbers: what tells another network from the same one, counted otherwise.
    pub params: u128,
}

impl Parts {
    /// Those of a graph, for `batch` samples.
    pub fn of(graph: &Graph, batch: u64) -> Result<Self, Overflow> {
        let mut parts = Self::default();
        for (id, node) in graph.nodes() {
            let Some(op) = node.operator() else { continue };
            parts.add(op.itself(), &Facts::new(graph, id, op, batch)?)?;
        }
        Ok(parts)
    }

    fn add(&mut self, op: &Op, facts: &Facts<'_>) -> Result<(), Overflow> {
        let batch = facts.batch;
        let grow = |sum: &mut u128, measure| {
            *sum = sum.plus(facts.measure(measure)?.times(batch)?)?;
            Ok(())
        };
        self.params = self.params.plus(facts.measure(Measure::Params)?)?;
        self.macs = self.macs.plus(facts.work.macs.times(batch)?)?;
        self.off_padding = self.off_padding.plus(facts.off_padding.macs.convolution.times(batch)?)?;
        match op.class() {
            Class::Convolution | Class::Linear => grow(&mut self.bias, Measure::Bias),
            Class::Normalization => {
                let is_batch_norm = op.name().starts_with("batch_norm");
                grow(if is_batch_norm { &mut self.norm } else { &mut self.other_norm }, Measure::In)
            }
            Class::Activation => {
                let is_relu = matches!(op, Op::Relu(_));
                grow(if is_relu { &mut self.relu } else { &mut self.other_activation }, Measure::In)
            }
            Class::Pooling => {
                grow(&mut self.pool_in, Measure::In)?;
                grow(&mut self.pool_out, Measure::Out)?;
                grow(&mut self.pool_taps, Measure::Taps)
            }
            Class::Merge if matches!(op, Op::Add(_)) => grow(&mut self.sum, Measure::Out),
            Class::Attention
            | Class::Softmax
            | Class::Merge
            | Class::Rearrangement
            | Class::Source
            | Class::Opaque => Ok(()),
        }
    }
}

/// One of several choices for a part: how much it assumes, what it adds, and how that is called.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) assumed: u32,
    pub(super) number: u128,
    pub(super) words: Option<Text>,
}

/// `a + b + c`
pub(super) fn sum(texts: &[&Text]) -> Text {
    let join = |words: Vec<&str>| words.join(" + ");
    Text {
        english: join(texts.iter().map(|text| &*text.english).collect()),
        chinese: join(texts.iter().map(|text| &*text.chinese).collect()),
    }
}

/// The choices for each part, the usual one first; none of a part that the network does not have.
pub(super) fn choices(parts: &Parts) -> Vec<Vec<Choice>> {
    let none = Choice { assumed: 0, number: 0, words: None };
    let times = |factor: u64, assumed: u32, number: u128, name: Text| {
        let number = number.times(factor).ok()?;
        let words = text!("{factor}·{name}", "{factor}·{name:#}");
        (number > 0).then_some(Choice { assumed, number, words: Some(words) })
    };
    let once = |assumed: u32, number: u128, words: Text| {
        (number > 0).then_some(Choice { assumed, number, words: Some(words) })
    };
    let batch_norm = || text!("batch norm", "批归一化");
    let relu = || text!("ReLU", "ReLU");
    let activations = parts.relu.saturating_add(parts.other_activation);
    let others = if parts.other_activation > 0 { activations } else { 0 };
    let all = || text!("every activation", "全部激活");
    let optional = [
        vec![once(2, parts.bias, text!("bias", "偏置"))],
        vec![
            times(2, 2, parts.norm, batch_norm()),
            times(1, 2, parts.norm, batch_norm()),
            times(4, 3, parts.norm, batch_norm()),
        ],
        vec![
            times(1, 3, parts.other_norm, text!("norm", "归一化")),
            times(5, 3, parts.other_norm, text!("norm", "归一化")),
        ],
        vec![
            times(1, 2, parts.relu, relu()),
            times(2, 3, parts.relu, relu()),
            times(1, 3, others, all()),
            times(2, 4, others, all()),
        ],
        vec![
            once(3, parts.pool_in, text!("pool inputs", "池化输入")),
            once(3, parts.pool_out, text!("pool outputs", "池化输出")),
            once(3, parts.pool_taps, text!("pool windows", "池化窗口")),
        ],
        vec![once(3, parts.sum, text!("sums", "逐元素相加"))],
    ];
    let optional = optional.into_iter().map(|choices| choices.into_iter().flatten().collect::<Vec<_>>());
    let optional = optional.filter(|choices| !choices.is_empty());
    let optional = optional.map(|choices| std::iter::once(none.clone()).chain(choices).collect());
    std::iter::once(contractions(parts)).chain(optional).collect()
}

/// MACs once or twice, with linear layers and without, and on padding or off.
fn contractions(parts: &Parts) -> Vec<Choice> {
    let Macs { convolution, linear, attention } = parts.macs;
    let others = [(linear, text!("linear", "线性层")), (attention, text!("attention", "注意力"))];
    let others: Vec<_> = others.into_iter().filter(|(number, _)| *number > 0).collect();
    let mut terms = vec![(0, convolution, text!("conv", "卷积"))];
    if parts.off_padding > 0 && parts.off_padding != convolution {
        terms.push((2, parts.off_padding, text!("conv off padding", "卷积(不计填充)")));
    }
    let mut choices = vec![];
    for factor in [1u64, 2] {
        for &(of_padding, convolution, ref name) in &terms {
            let convolution = (convolution > 0).then(|| (convolution, name.clone()));
            let is_alone = convolution.is_some() && !others.is_empty();
            let all = convolution.iter().chain(&others).cloned().collect::<Vec<_>>();
            for (of_linear, terms) in [(0, Some(&all[..])), (2, is_alone.then(|| &all[..1]))] {
                let assumed = of_padding + of_linear + if factor == 1 { 0 } else { 2 };
                choices.extend(terms.and_then(|terms| times(factor, terms, assumed)));
            }
        }
    }
    choices
}

/// `2·conv + 2·linear`; `None` if that is too large.
fn times(factor: u64, terms: &[(u128, Text)], assumed: u32) -> Option<Choice> {
    let number = terms.iter().try_fold(0u128, |sum, (number, _)| sum.plus(number.times(factor)?)).ok()?;
    let words: Vec<_> = terms
        .iter()
        .map(|(_, name)| match factor {
            1 => name.clone(),
            _ => text!("{factor}·{name}", "{factor}·{name:#}"),
        })
        .collect();
    Some(Choice { assumed, number, words: Some(sum(&words.iter().collect::<Vec<_>>())) })
}

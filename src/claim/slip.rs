//! The slip that probably led to a wrong claim: found by trying those that are often made.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use num_traits::{CheckedDiv, CheckedMul, CheckedSub};

use super::metric;
use super::statement::{ClaimedFigure, Comparison, Literal, Statement, TermKind};
use super::{Known, Value, compare, evaluate};
use crate::analyze::cost;
use crate::counts::{Counts, Kind};
use crate::graph::{NodeId, Place};
use crate::metric::output;
use crate::op::window::Axis;
use crate::op::{Family, Role, Term, Unit, Weight};
use crate::read::expression::Rational;
use crate::subject::Subject;
use crate::text;
use crate::text::Text;
use crate::working::Factor;

mod digits;
mod mistakes;

use mistakes::{MISTAKES, sizes_with, with_mistake};

/// The network, the path and the name of a figure.
type Asked = (Option<String>, Option<String>, String);

/// What slips are looked for with, and what was found on the way: of a file with many claims, many may fail.
pub struct Slips<'a> {
    others: &'a dyn Fn(Option<&str>) -> Vec<Subject>,
    /// The other variants of each network.
    variants: RefCell<BTreeMap<Option<String>, Rc<[Subject]>>>,
    /// What each figure would be with each slip.
    figures: RefCell<BTreeMap<Asked, Rc<[Slip]>>>,
    /// Nodes that may still be looked at.
    left: Cell<usize>,
}

/// The most nodes that are looked at for the slips of a file: once that many have been, no slip is told of those claims that
/// need more.
const MOST_NODES: usize = 2_000_000;

impl<'a> Slips<'a> {
    /// Slips in claims about one set of networks. `others` gives further variants of the network of an alias.
    pub fn new(others: &'a dyn Fn(Option<&str>) -> Vec<Subject>) -> Self {
        let left = Cell::new(MOST_NODES);
        Self { others, variants: RefCell::default(), figures: RefCell::default(), left }
    }

    /// Takes account of nodes that are to be looked at; whether there is room for that.
    fn look_at(&self, nodes: usize) -> bool {
        let left = self.left.get().checked_sub(nodes);
        self.left.set(left.unwrap_or(self.left.get()));
        left.is_some()
    }

    fn variants(&self, alias: Option<&str>) -> Rc<[Subject]> {
        let mut variants = self.variants.borrow_mut();
        variants.entry(alias.map(str::to_owned)).or_insert_with(|| (self.others)(alias).into()).clone()
    }

    fn of_figure(&self, subject: &Subject, figure: &ClaimedFigure, value: &Value) -> Rc<[Slip]> {
        let key = (figure.alias.clone(), figure.path.clone(), figure.metric.name().to_owned());
        let mut figures = self.figures.borrow_mut();
        let slips = || match metric::place(subject, figure) {
            Ok(place) if self.look_at(MISTAKES.len() * nodes_of(subject, place).len()) => {
                slips_of(subject, place, figure, value)
            }
            Ok(_) | Err(_) => vec![],
        };
        figures.entry(key).or_insert_with(|| slips().into()).clone()
    }
}

/// What the statement would hold with, if it is one of the slips that are often made.
pub(super) fn likely(
    statement: &Statement,
    known: &Known,
    (left, right): (&Value, &Value),
    slips: &Slips<'_>,
) -> Option<Text> {
    if matches!(statement.comparison, Comparison::NotEqual) {
        return None;
    }
    let is_budget = !matches!(statement.comparison, Comparison::Equal | Comparison::About);
    if is_budget {
        return None;
    }
    let (figure_value, claimed, literal) = sides(statement, left, right)?;
    let holds = |value: &Value| {
        let pair = if std::ptr::eq(figure_value, left) { (value, right) } else { (left, value) };
        compare(statement, pair.0, pair.1, None).is_ok_and(|reading| reading.is_some())
    };
    let figure = statement.figures().next()?;
    let subject = known.networks.get(&figure.alias)?;
    let is_single = statement.figures().count() == 1
        && [&statement.left, &statement.right].iter().any(|term| matches!(term.kind, TermKind::Figure(_)));
    let single = || {
        let tried = is_single.then(|| slips.of_figure(subject, figure, figure_value))?;
        either(tried.iter().filter(|(_, value)| holds(value)).map(|(slip, _)| slip.clone()))
    };
    let holds_as_number = |value| holds(&Value::Number(value));
    single()
        .or_else(|| of_units(literal, holds_as_number, figure_value))
        .or_else(|| digits::slip(figure_value, claimed))
        .or_else(|| {
            let others = slips.variants(figure.alias.as_deref());
            if !slips.look_at(others.iter().map(|other| other.graph().len()).sum()) {
                return None;
            }
            let found = others.iter().find(|other| {
                let value = evaluate(
                    if std::ptr::eq(figure_value, left) { &statement.left } else { &statement.right },
                    &|figure| {
                        metric::value(other, figure, known).map_err(|failure| super::statement::Misread {
                            span: figure.span.clone(),
                            failure,
                        })
                    },
                );
                value.is_ok_and(|value| holds(&value))
            })?;
            let label = &found.label;
            Some(text!("it holds for `{label}`", "对 `{label}` 成立"))
        })
        .or_else(|| {
            let grows = statement.figures().all(|figure| figure.metric.grows_with_batch());
            of_batch(literal, holds_as_number, figure_value).filter(|_| grows)
        })
}

/// The first of the slips that lead to the same number; which of them it was, nobody can tell.
fn either(slips: impl Iterator<Item = Text>) -> Option<Text> {
    const TOLD: usize = 3;
    slips.take(TOLD).reduce(|one, other| text!("{one}, or {other}", "{one:#},或{other:#}"))
}

/// The value of the side with figures, that of the side that is written out, and the number there.
fn sides<'a>(
    statement: &'a Statement,
    left: &'a Value,
    right: &'a Value,
) -> Option<(&'a Value, &'a Value, Option<&'a Literal>)> {
    match (&statement.left.kind, &statement.right.kind) {
        (_, TermKind::Literal(literal)) => Some((left, right, Some(literal))),
        (TermKind::Literal(literal), _) => Some((right, left, Some(literal))),
        (_, TermKind::Sizes(_)) => Some((left, right, None)),
        (TermKind::Sizes(_), _) => Some((right, left, None)),
        (
            TermKind::Figure(_) | TermKind::Operation(..) | TermKind::Truth(_),
            TermKind::Figure(_) | TermKind::Operation(..) | TermKind::Truth(_),
        ) => None,
    }
}

/// Slips in the unit of what is written, and in the size of the figure as a whole.
fn of_units(literal: Option<&Literal>, holds: impl Fn(Rational) -> bool, value: &Value) -> Option<Text> {
    let (literal, Value::Number(value)) = (literal?, value) else { return None };
    // 2.7 K of 1024 are 2.7 K of 1000 times 1.024.
    for (power, english) in [(1u32, "K"), (2, "M"), (3, "G")] {
        let step = Rational::new(1000i128.pow(power), 1024i128.pow(power));
        let unit = Rational::from(1000i128.pow(power));
        let has_unit = literal.last_digit >= Rational::from(1000i128.pow(power - 1)) && literal.value >= unit;
        if has_unit && value.checked_mul(&step).is_some_and(&holds) {
            return Some(text!(
                "as it is with {english} as a power of 1024",
                "若 {english} 取 1024 的幂则成立"
            ));
        }
    }
    if value.checked_div(value).is_some() && holds(value.recip()) {
        return Some(text!("the ratio is the other way round", "比值上下颠倒"));
    }
    None
}

/// A batch, which gives nearly any rounded figure that is large enough: so it comes last.
fn of_batch(literal: Option<&Literal>, holds: impl Fn(Rational) -> bool, value: &Value) -> Option<Text> {
    const LARGEST: i128 = 1024;
    let (literal, Value::Number(value)) = (literal?, value) else { return None };
    // The least number that is rounded to what is written, and what is written.
    let half = literal.last_digit.checked_div(&Rational::from(2))?;
    let least = literal.value.checked_sub(&half).into_iter().chain([literal.value]);
    let below = least.filter_map(|least| Some(least.checked_div(value)?.to_integer()));
    let near = below.flat_map(|batch| [batch, batch.saturating_add(1)]);
    let mut batches = near.map(|batch| batch.max(2)).filter(|&batch| batch <= LARGEST);
    let batch = batches.find(|&batch| value.checked_mul(&batch.into()).is_some_and(&holds))?;
    let is_batch = batch > 2;
    is_batch.then(|| text!("as it is for a batch of {batch}", "批量大小为 {batch} 时成立"))
}

type Slip = (Text, Value);

/// What the figure would be with each of the slips: those that show in this figure alone before whole factors, which many
/// lead to.
fn slips_of(subject: &Subject, place: Place, figure: &ClaimedFigure, value: &Value) -> Vec<Slip> {
    match (figure.metric.name(), value) {
        ("macs" | "conv_macs" | "linear_macs" | "flops", _) => of_work(subject, place, figure.metric.name()),
        ("params" | "trainable", _) => of_params(subject, place),
        ("shape" | "height" | "width", value) => of_shape(subject, place, value),
        ("weight_bytes" | "peak_bytes" | "traffic_bytes", Value::Number(bytes)) => {
            let element = i128::try_from(subject.element.bytes()).unwrap_or(1);
            let numbers = bytes / Rational::from(element);
            vec![(text!("counts numbers, not bytes", "数的是元素而不是字节"), Value::Number(numbers))]
        }
        _ => vec![],
    }
}

fn number(count: u128) -> Option<Value> {
    Some(Value::Number(Rational::from(i128::try_from(count).ok()?)))
}

/// Slips in counting work.
fn of_work(subject: &Subject, place: Place, metric: &str) -> Vec<Slip> {
    let Some(counts) = subject.counts(place) else { return vec![] };
    let (macs, flops) = (counts.work.macs.total(), counts.work.ops.flops());
    let doubled = macs.saturating_mul(2);
    let biases = additions_of_bias(subject, place);
    let mistakes = MISTAKES.iter().map(|mistake| {
        let slip = Text { english: mistake.english.to_owned(), chinese: mistake.chinese.to_owned() };
        (slip, with_mistake(subject, place, mistake))
    });
    let twice = number(doubled);
    let slips = if metric == "flops" {
        let mut slips = vec![(text!("counts MACs, not FLOPs", "数的是乘加数而不是 FLOPs"), number(macs))];
        slips.extend(mistakes);
        slips.push((text!("counts 2 for each MAC and nothing else", "只把每次乘加计为 2"), twice));
        slips
    } else {
        let mut slips = vec![
            (text!("counts all FLOPs", "数的是全部 FLOPs"), number(flops).filter(|_| flops != doubled)),
            (
                text!("counts the additions of biases too", "把偏置的加法也计入"),
                number(macs.saturating_add(biases)),
            ),
            (
                text!("leaves out the products on padding", "没有计入填充处的乘积"),
                number(counts.padding_exact.macs.total()),
            ),
            (
                text!("counts batch norm too", "把批归一化也计入"),
                number(macs.saturating_add(batch_norm_elements(subject, place))),
            ),
        ];
        slips.extend(mistakes);
        slips.push((text!("counts each MAC as 2 operations", "把每次乘加计为 2 次运算"), twice));
        slips.push((text!("counts half of the MACs", "只计了乘加的一半"), number(macs / 2)));
        slips
    };
    slips.into_iter().filter_map(|(slip, value)| Some((slip, value?))).collect()
}

fn nodes_of(subject: &Subject, place: Place) -> Vec<NodeId> {
    match place {
        Place::Node(id) => vec![id],
        Place::Box(id) => subject.graph().scope(id).nodes().collect(),
    }
}

fn additions_of_bias(subject: &Subject, place: Place) -> u128 {
    let graph = subject.graph();
    let of_node = |id| {
        let biases = cost(graph, id).ok()??.terms.into_iter().filter(Term::is_bias);
        let additions = biases.filter(|term| term.unit == Unit::Ops(Kind::Add));
        let counts = additions.filter_map(|term| term.nominal.evaluate().ok());
        let of_sample = counts.fold(0u128, u128::saturating_add);
        Some(of_sample.saturating_mul(graph.samples(id, subject.batch()).into()))
    };
    nodes_of(subject, place).into_iter().filter_map(of_node).fold(0u128, u128::saturating_add)
}

fn batch_norm_elements(subject: &Subject, place: Place) -> u128 {
    let graph = subject.graph();
    let norms =
        nodes_of(subject, place).into_iter().filter(|&id| graph.node(id).family() == Some(Family::BatchNorm));
    norms.fold(0u128, |sum, id| sum.saturating_add(graph.node(id).shape.elements())).saturating_mul(2)
}

/// Slips in counting parameters.
fn of_params(subject: &Subject, place: Place) -> Vec<Slip> {
    let Some(Counts { params, .. }) = subject.counts(place) else { return vec![] };
    let graph = subject.graph();
    let numbers_of = |wanted: &dyn Fn(NodeId, &Weight) -> bool| {
        nodes_of(subject, place)
            .into_iter()
            .flat_map(|id| graph.own_weights(id).into_iter().map(move |weight| (id, weight)))
            .filter(|(id, weight)| weight.role == Role::Learned && wanted(*id, weight))
            .filter_map(|(_, weight)| weight.count().evaluate().ok())
            .fold(0u128, u128::saturating_add)
    };
    let is_norm = |id: NodeId| graph.node(id).family() == Some(Family::BatchNorm);
    let biases = numbers_of(&|id, weight| weight.is_bias() && !is_norm(id));
    let norms = numbers_of(&|id, _| is_norm(id));
    let missing = nodes_of(subject, place)
        .into_iter()
        .filter_map(|id| missing_biases(subject, id))
        .fold(0u128, u128::saturating_add);
    let without_groups = nodes_of(subject, place)
        .into_iter()
        .filter(|&id| !graph.is_tied(id))
        .filter_map(|id| missed_by_groups(subject, id))
        .fold(0u128, u128::saturating_add);
    let total = params.total();
    let slips = [
        (
            text!("forgets the groups", "忘记了分组"),
            Some(total.saturating_add(without_groups)).filter(|_| without_groups > 0),
        ),
        (text!("leaves out the biases", "没有计入偏置"), total.checked_sub(biases).filter(|_| biases > 0)),
        (
            text!("counts biases that are not there", "计入了不存在的偏置"),
            Some(total.saturating_add(missing)).filter(|_| missing > 0),
        ),
        (
            text!("leaves out batch norm's factors and biases", "没有计入批归一化的缩放与平移"),
            total.checked_sub(norms).filter(|_| norms > 0),
        ),
        (
            text!("counts batch norm's running means and variances too", "把批归一化的滑动均值与方差也计入"),
            Some(total + params.buffers).filter(|_| params.buffers > 0),
        ),
        (
            text!("leaves out biases and batch norm", "没有计入偏置与批归一化"),
            total.checked_sub(norms.saturating_add(biases)).filter(|_| norms > 0 && biases > 0),
        ),
    ];
    slips.into_iter().filter_map(|(slip, count)| Some((slip, number(count?)?))).collect()
}

/// The biases that a layer of its kind would have, where it has its own weights and no bias.
fn missing_biases(subject: &Subject, id: NodeId) -> Option<u128> {
    let graph = subject.graph();
    let node = graph.node(id);
    let outputs = match node.family()? {
        Family::Convolution | Family::TransposedConvolution => node.shape.channels()?,
        Family::Linear => *node.shape.dims().last()?,
        Family::BatchNorm => return None,
    };
    let is_missing = !graph.is_tied(id) && !graph.weights(id).iter().any(Weight::is_bias);
    is_missing.then(|| outputs.into())
}

/// How many weights more a convolution would have if each filter saw all channels.
fn missed_by_groups(subject: &Subject, id: NodeId) -> Option<u128> {
    let graph = subject.graph();
    let channels = u128::from(graph.input_shapes(id).first()?.channels()?);
    let weight = graph.weights(id).into_iter().next()?;
    let seen = weight.axes.iter().find(|(name, _)| *name == Factor::InChannelsOfGroup)?.1;
    let count = weight.count().evaluate().ok()?;
    let whole = (count / u128::from(seen)).checked_mul(channels)?;
    whole.checked_sub(count)
}

/// Slips in a shape: padding forgotten, or channels mistaken.
fn of_shape(subject: &Subject, place: Place, value: &Value) -> Vec<Slip> {
    let id = output(subject, place);
    let graph = subject.graph();
    let node = graph.node(id);
    let channels = node.shape.channels().map(i128::from);
    let as_value = |sizes: Vec<u64>| match value {
        Value::Sizes(_) => {
            Value::Sizes(channels.into_iter().chain(sizes.into_iter().map(i128::from)).collect())
        }
        Value::Number(_) | Value::Truth(_) | Value::Unknown(_) => {
            Value::Number(Rational::from(i128::from(sizes.last().copied().unwrap_or(0))))
        }
    };
    let mut slips: Vec<Slip> = vec![];
    if let Some(sizes) = sizes_with(subject, id, |axis| Axis { before: 0, after: 0, ..axis }) {
        slips.push((text!("forgets the padding", "忘记了填充"), as_value(sizes)));
    }
    for kernel in [1u64, 2, 3, 5, 7] {
        if let Some(sizes) = sizes_with(subject, id, |axis| Axis { kernel, ..axis }) {
            slips.push((
                text!("is that of a {kernel}×{kernel} window", "是 {kernel}×{kernel} 窗口的结果"),
                as_value(sizes),
            ));
        }
    }
    for stride in [1u64, 2] {
        if let Some(sizes) = sizes_with(subject, id, |axis| Axis { stride, ..axis }) {
            slips.push((text!("is that of stride {stride}", "是步幅为 {stride} 的结果"), as_value(sizes)));
        }
    }
    if let Some(input) = graph.input_shapes(id).first() {
        let input: Vec<i128> = input.dims().iter().map(|&size| size.into()).collect();
        slips.push((text!("is the shape that comes in", "是输入的形状"), Value::Sizes(input)));
    }
    slips
}

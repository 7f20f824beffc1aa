//! How large a network may be: the steps of expansion, and the foresight that spares most of them.

use super::each::Lists;
use super::list::Frame;
use super::names::Elements;
use super::sources::Incoming;
use super::{Expander, Here, grow};
use crate::error::{Code, Diagnostic, Span};
use crate::read::description::{
    Block, BlockBody, Body, Branch, Branches, Datum, DatumKind, Each, Item, Setting,
};
use crate::read::settings::{Context, SettingError};
use crate::text;

/// The most nodes of a network.
pub const MOST_NODES: u64 = 4_000_000;

/// The most steps of expansion. Every item and every copy takes one, there or not, so that nothing loops without end.
pub(super) const MOST_STEPS: u64 = 4 * MOST_NODES;

/// The most that expansion takes in all, in [`Expander::work`]: what is read for the nodes can be more than these are.
const MOST_WORK: u64 = 2 * MOST_NODES;

/// Bytes of an expression that are as much work as a value.
const EXPRESSION: usize = 4;

/// The most values that are looked at beforehand because each copy may have another: looking ahead is to take no time.
const MOST_LOOKED_AT: u64 = 100_000;

/// Mistakes after which expansion stops.
const MOST_MISTAKES: usize = 50;

impl Expander<'_> {
    /// Takes a step, and tells whether expansion has to stop.
    pub(super) fn is_full(&mut self, span: &Span) -> bool {
        if self.stopped {
            return true;
        }
        self.steps += 1;
        if self.steps > MOST_STEPS || self.builder.graph().len() as u64 >= MOST_NODES {
            self.mistakes.push(too_many(span));
            self.stopped = true;
        }
        self.stopped |= self.mistakes.len() >= MOST_MISTAKES;
        self.stopped
    }

    /// Takes account of values that are read for what stands at `span`; false if they are too many.
    pub(super) fn work(&mut self, count: usize, span: &Span) -> bool {
        self.worked = self.worked.saturating_add(count as u64);
        if self.worked > MOST_WORK && !self.stopped {
            let message = text!(
                "expanding the network takes more than {MOST_WORK} settings and inputs",
                "展开此网络要读取超过 {MOST_WORK} 个设置和输入"
            );
            self.mistakes.push(Diagnostic::new(Code::TooLarge, message, span.clone()));
            self.stopped = true;
        }
        !self.stopped
    }

    /// The mistake of a network that is too large whatever those of its conditions and expressions come to that are not known
    /// beforehand.
    pub(super) fn too_many_at_least(&self) -> Option<Diagnostic> {
        let mut sum = Least { steps: 0, nodes: self.description.inputs.len() as u64 };
        let item = self.description.layers.iter().find(|item| {
            sum = sum.plus(self.least(item, Known::NOTHING));
            sum.is_too_many()
        })?;
        let repeat = item.repeat.as_ref().filter(|repeat| matches!(repeat.kind, DatumKind::Number(_)));
        Some(too_many(repeat.map_or(&item.span, |repeat| &repeat.span)))
    }

    /// Whether there will be too many nodes or steps when so much comes to what is there.
    pub(super) fn is_too_much(&self, more: Least) -> bool {
        Least { steps: self.steps, nodes: self.builder.graph().len() as u64 }.plus(more).is_too_many()
    }

    /// What an item takes at least: it may not be there, unless that is known beforehand.
    fn least(&self, item: &Item, known: Known<'_>) -> Least {
        let Some(each) = &item.each else { return self.least_of_placed(item, known) };
        let Some(lists) = self.foreseen_lists(each, known) else { return Least::STEP };
        self.least_of_each(&lists, known, |known| self.least_of_placed(item, known))
    }

    /// What an item takes that is written out once.
    fn least_of_placed(&self, item: &Item, known: Known<'_>) -> Least {
        if !self.is_surely_there(item.when.as_ref(), known) {
            return Least::STEP;
        }
        let Some(repeat) = &item.repeat else { return self.least_of_one(item, known) };
        let copies = self.foresee(repeat, known, |place, datum| place.whole(datum)).unwrap_or(0);
        self.least_of_copies(item, u64::try_from(copies.max(0)).unwrap_or(u64::MAX), known)
    }

    /// What all copies of an item take at least: as many times what one takes, or, where that is another for each, what each
    /// of the first takes.
    pub(super) fn least_of_copies(&self, item: &Item, copies: u64, known: Known<'_>) -> Least {
        self.least_of_all(copies, |counter| {
            self.least_of_one(item, Known { counter: Some(counter), ..known })
        })
    }

    /// What an item takes at least that is written out for each element of these lists.
    pub(super) fn least_of_lists(&self, item: &Item, lists: &Lists, here: Here<'_>) -> Least {
        self.least_of_each(lists, Known::at(here), |known| self.least_of_placed(item, known))
    }

    fn least_of_each(&self, lists: &Lists, known: Known<'_>, one: impl Fn(Known<'_>) -> Least) -> Least {
        self.least_of_all(lists.len() as u64, |counter| {
            let at = usize::try_from(counter).unwrap_or(usize::MAX);
            let elements = Elements { values: lists.elements(at), outer: known.each };
            one(Known { counter: Some(counter), each: Some(&elements), ..known })
        })
    }

    fn least_of_all(&self, copies: u64, one: impl Fn(u64) -> Least) -> Least {
        if copies == 0 {
            return Least::STEP;
        }
        let around = self.has_counted.replace(false);
        let first = one(0);
        let least = if self.has_counted.get() {
            let looked_at = |counter| (self.looked_at.get() < MOST_LOOKED_AT).then_some(counter);
            let others = (1..copies).map_while(looked_at).map(one);
            others.fold(first, Least::plus).or(Least::STEP.times(copies))
        } else {
            first.times(copies)
        };
        self.has_counted.set(around);
        least
    }

    fn foreseen_lists(&self, each: &Each, known: Known<'_>) -> Option<Lists> {
        let list = |list: &Setting| {
            let values = self.foresee(&list.value, known, |place, datum| place.list(datum))?;
            Some((list.name.text.clone(), values))
        };
        Some(Lists::new(each.lists.iter().map(list).collect::<Option<_>>()?))
    }

    fn is_surely_there(&self, when: Option<&Datum>, known: Known<'_>) -> bool {
        when.is_none_or(|when| self.foresee(when, known, |place, datum| place.boolean(datum)) == Some(true))
    }

    /// What a value comes to wherever it is used; `None` if it takes more to know than the network's parameters and which copy
    /// it is in.
    fn foresee<T>(
        &self,
        datum: &Datum,
        known: Known<'_>,
        read: impl Fn(Context<'_>, &Datum) -> Result<T, SettingError>,
    ) -> Option<T> {
        if !self.is_foreseen(datum, known) {
            return None;
        }
        let frame = Frame::of_the_network();
        let here = Here { counter: known.counter, each: known.each, ..Here::new(&frame) };
        let names = self.names(here, Incoming::Unknown);
        let value = read(Context { source: &self.description.source, scope: &names }, datum).ok();
        self.looked_at.set(self.looked_at.get() + names.looked_at.get() as u64);
        value
    }

    fn is_foreseen(&self, datum: &Datum, known: Known<'_>) -> bool {
        let expression = match &datum.kind {
            DatumKind::Text(_, expression) => expression,
            DatumKind::List(list) => return list.iter().all(|datum| self.is_foreseen(datum, known)),
            DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Unread => return true,
        };
        let Ok(expression) = &**expression else { return false };
        let is_element = |name: &str| known.each.is_some_and(|each| each.find(name).is_some());
        let is_of_copy = |name: &str| is_element(name) || (name == "i" && known.counter.is_some());
        let is_hidden = |name: &str| known.block.is_some_and(|block| block.has(name));
        let is_param = |name: &str| self.params.iter().any(|(param, _)| &**param == name) && !is_hidden(name);
        if !expression.names().all(|name| is_of_copy(name) || is_param(name)) {
            return false;
        }
        if expression.names().any(is_of_copy) {
            self.has_counted.set(true);
            self.looked_at.set(self.looked_at.get() + 1);
        }
        true
    }

    /// What one copy of an item takes at least.
    pub(super) fn least_of_one(&self, item: &Item, known: Known<'_>) -> Least {
        match &item.body {
            Body::Operator { .. } => Least { steps: 1, nodes: 1 },
            Body::Layers(items) | Body::Side(items) => self.least_of_list(items, known),
            Body::Branches(branches) => self.least_of_branches(branches, known),
            Body::Use { block, .. } => {
                let of_block = |&index: &usize| self.least_of_block(index);
                self.description.block_index.get(&block.text).map_or(Least::STEP, of_block)
            }
        }
    }

    fn least_of_block(&self, index: usize) -> Least {
        let block = &self.description.blocks[index];
        let known = Known { block: Some(block), ..Known::NOTHING };
        *self.of_blocks[index].get_or_init(|| match &block.body {
            BlockBody::Layers(items) => self.least_of_list(items, known),
            BlockBody::Branches(branches) => self.least_of_branches(branches, known),
        })
    }

    fn least_of_list(&self, items: &[Item], known: Known<'_>) -> Least {
        grow(|| items.iter().map(|item| self.least(item, known)).fold(Least::STEP, Least::plus))
    }

    fn least_of_branches(&self, branches: &Branches, known: Known<'_>) -> Least {
        let is_plain =
            |branch: &&Branch| branch.each.is_none() && self.is_surely_there(branch.when.as_ref(), known);
        let always = branches.branches.iter().filter(is_plain);
        let merge = Least { steps: 1, nodes: u64::from(always.clone().count() > 1) };
        let least = always.map(|branch| self.least_of_list(&branch.layers, known)).fold(merge, Least::plus);
        let written_out = branches.branches.iter().filter_map(|branch| Some((branch, branch.each.as_ref()?)));
        written_out.fold(least, |least, (branch, each)| {
            let Some(lists) = self.foreseen_lists(each, known) else { return least };
            least.plus(self.least_of_each(&lists, known, |known| {
                if !self.is_surely_there(branch.when.as_ref(), known) {
                    return Least::STEP;
                }
                self.least_of_list(&branch.layers, known)
            }))
        })
    }
}

/// What is known of the place of an item beforehand, beside the network's parameters.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    counter: Option<u64>,
    each: Option<&'a Elements<'a>>,
    /// The block it is in, whose parameters are not known.
    block: Option<&'a Block>,
}

impl<'a> Known<'a> {
    pub(super) const NOTHING: Self = Self { counter: None, each: None, block: None };

    /// What is known at a place that expansion has reached.
    pub(super) fn at(here: Here<'a>) -> Self {
        let block = here.frame.entered.as_ref().map(|(block, ..)| *block);
        Self { counter: None, each: here.each, block }
    }
}

/// How much it takes at least to expand something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    steps: u64,
    nodes: u64,
}

impl Least {
    /// Of what may make nothing.
    const STEP: Self = Self { steps: 1, nodes: 0 };

    fn plus(self, other: Self) -> Self {
        Self { steps: self.steps.saturating_add(other.steps), nodes: self.nodes.saturating_add(other.nodes) }
    }

    fn times(self, copies: u64) -> Self {
        Self { steps: self.steps.saturating_mul(copies), nodes: self.nodes.saturating_mul(copies) }
    }

    /// What holds if either does.
    fn or(self, other: Self) -> Self {
        Self { steps: self.steps.max(other.steps), nodes: self.nodes.max(other.nodes) }
    }

    fn is_too_many(self) -> bool {
        self.steps > MOST_STEPS || self.nodes > MOST_NODES
    }
}

/// How much work it is to read a value.
pub(super) fn weight(datum: &Datum) -> usize {
    match &datum.kind {
        DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Unread => 1,
        DatumKind::Text(text, _) => 1 + text.len() / EXPRESSION,
        DatumKind::List(list) => list.iter().fold(1, |sum, datum| sum + weight(datum)),
    }
}

pub(super) fn too_many(span: &Span) -> Diagnostic {
    let message = text!(
        "the network would have more than {MOST_NODES} nodes, or {MOST_STEPS} with its boxes and copies",
        "网络的节点会超过 {MOST_NODES} 个,或连同模块与副本超过 {MOST_STEPS} 个"
    );
    Diagnostic::new(Code::TooLarge, message, span.clone())
}

#[cfg(test)]
mod tests {
    use super::super::expand;
    use crate::error::Code;
    use crate::read::Description;

    /// Blocks of which each has two of the one before: `2^depth` layers.
    fn doubled(layers: &str, depth: u32) -> String {
        let blocks = (1..=depth).map(|level| {
            let below = level - 1;
            format!("[blocks.b{level}]\nlayers = [{{ use = 'b{below}' }}, {{ use = 'b{below}' }}]\n")
        });
        let leaf = "[blocks.b0]\nlayers = [{ op = 'relu' }]\n";
        format!("input = [8]\nlayers = [{layers}]\n{leaf}{}", blocks.collect::<String>())
    }

    /// How many nodes are made of a network before it is refused for their number.
    fn made(text: &str) -> usize {
        let description = Description::parse("large.toml", text).unwrap();
        let expanded = expand(&description, &description.defaults(), None, &[]);
        let codes: Vec<_> = expanded.mistakes.iter().map(|mistake| mistake.code).collect();
        assert_eq!(codes, [Code::TooLarge], "{text}");
        expanded.graph.len()
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_made() {
        let alone = |layers: &str| format!("input = [8]\nlayers = [{layers}]");
        for text in [
            doubled("{ use = 'b22' }", 22),
            doubled("{ use = 'b22', when = 'in > 7' }", 22),
            doubled("{ op = 'relu' }, { use = 'b12', repeat = 'in * 128' }", 12),
            alone("{ repeat = 40, layers = [{ op = 'relu', repeat = '2^i' }] }"),
            alone("{ repeat = 'in * 5', layers = [{ op = 'relu', repeat = '2^i' }] }"),
            alone(
                "{ repeat = 2000, layers = [{ op = 'relu', repeat = '2 * i' }, { op = 'relu', repeat = 1001 }] }",
            ),
            alone("{ op = 'relu', repeat = 'in * 1000000' }"),
            alone(
                "{ for = { a = 'range(10000)' }, layers = [{ for = { b = 'range(10000)' }, op = 'relu' }] }",
            ),
            alone("{ for = { a = 'range(10000)' }, op = 'relu', repeat = '1000*(a + 1)' }"),
            alone("{ for = { a = 'range(in*1000)' }, op = 'relu', repeat = '1000*(a + 1)' }"),
            alone(
                "{ add = { a = { for = { a = 'range(10000)' }, layers = [{ op = 'relu', repeat = 10000 }] } } }",
            ),
        ] {
            assert!(made(&text) < 10, "{text}");
        }
    }

    /// A parameter of a block is not the network's of its name, which may be large.
    #[test]
    fn what_is_hidden_is_not_foreseen() {
        let text = |within: &str| {
            format!(
                "input = [8]\nparams = {{ n = 100000000 }}\nlayers = [{{ op = 'relu', when = 'n > 0' }}, {{ use = 'b', n = 3 }}]
                 [blocks.b]\nparams = ['n']\nlayers = [{within}]"
            )
        };
        for within in
            ["{ op = 'relu', repeat = 'n' }", "{ repeat = 2, layers = [{ op = 'relu', repeat = 'n' }] }"]
        {
            let description = Description::parse("hidden.toml", &text(within)).unwrap();
            let network = description.expand(&crate::read::Options::default()).unwrap();
            assert!(network.graph.len() < 10, "{within}");
        }
    }

    #[test]
    fn what_fits_is_made() {
        let fits = |layers: &str| {
            let text = format!("input = [8]\nlayers = [{layers}]");
            let description = Description::parse("fits.toml", &text).unwrap();
            description.expand(&crate::read::Options::default()).unwrap().graph.len()
        };
        assert_eq!(fits("{ repeat = 8, layers = [{ op = 'relu', repeat = '2^i' }] }"), 256);
        assert_eq!(fits("{ repeat = 3, layers = [{ op = 'relu', repeat = 'if(i == 0, 2, 0)' }] }"), 3);
    }
}

//! What a layer holds and moves, and what is alive when.

use super::Notes;
use super::piece::{Cell, Head, Piece, Table};
use crate::counts::{Params, Volume};
use crate::graph::{NodeId, Place, ScopeId};
use crate::shape::{Element, ElementType};
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

impl Notes<'_> {
    /// What a node stores, reads and writes, and what is alive while it is executed, in bytes.
    pub(super) fn memory(&mut self, id: NodeId) {
        let Some(counts) = self.subject.analysis.node(id).copied() else { return };
        self.stored(counts.params);
        let weights = self.weights_read(id).map(|weights| (weights, Element::Network));
        let read = self.incoming(id).into_iter().chain(weights).collect();
        self.bytes(&text!("read bytes", "读取字节"), read, counts.traffic.read);
        let (output, element) =
            (Working::named(Factor::Output, self.elements(id)), self.graph.node(id).element);
        self.bytes(&text!("written bytes", "写入字节"), vec![(output, element)], counts.traffic.written);
        self.alive(&text!("alive bytes", "存活字节"), id);
    }

    /// Elements of a tensor, of as many samples as there are of it.
    fn elements(&self, id: NodeId) -> u128 {
        let samples = self.graph.samples(id, self.subject.batch());
        self.graph.node(id).shape.elements().saturating_mul(samples.into())
    }

    /// What a node reads of its inputs, each of them once: all, or what it touches. Those of each type are told together.
    fn incoming(&self, id: NodeId) -> Vec<(Working, Element)> {
        let mut inputs: Vec<NodeId> = self.graph.inputs(id).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let node = self.graph.node(id);
        let touched = node.operator().and_then(|op| op.touched(&self.graph.input_shapes(id), &node.shape));
        let samples = self.graph.samples(id, self.subject.batch());
        let touched = touched.map(|touched| touched.saturating_mul(samples.into()));
        let mut of_types: Vec<(Vec<Working>, Element)> = vec![];
        for input in inputs {
            let (size, own) = (Working::Number(self.elements(input)), self.graph.node(input).element);
            match of_types.iter_mut().find(|(_, element)| *element == own) {
                Some((sizes, _)) => sizes.push(size),
                None => of_types.push((vec![size], own)),
            }
        }
        let told = |(mut sizes, element): (Vec<Working>, Element)| {
            let all = if sizes.len() == 1 { sizes.remove(0) } else { Working::Sum(sizes) };
            let said = match touched.filter(|&touched| all.evaluate() != Ok(touched)) {
                Some(touched) => Working::named(Factor::InputTouched, touched),
                None => all.called(Factor::InputNumbers),
            };
            (said, element)
        };
        of_types.into_iter().map(told).collect()
    }

    /// What it reads of its weights: all, or what it touches.
    fn weights_read(&self, id: NodeId) -> Option<Working> {
        let sizes = self.graph.weights(id).into_iter().filter_map(|weight| weight.count().evaluate().ok());
        let all = sizes.fold(0u128, u128::saturating_add);
        let (op, batch) = (self.graph.node(id).operator(), self.graph.samples(id, self.subject.batch()));
        let touched = op.and_then(|op| op.weights_touched(&self.graph.input_shapes(id)));
        match touched.map(|touched| touched.at(batch)) {
            Some(touched) if touched != all => Some(Working::named(Factor::WeightsTouched, touched)),
            Some(_) | None => (all > 0).then(|| Working::named(Factor::Weights, all)),
        }
    }

    /// The weights of the network, and the most that is alive at once.
    pub(super) fn peak(&mut self) {
        self.stored(self.subject.analysis.total().params);
        let element = self.subject.element;
        let Some(peak) = self.subject.analysis.memory.peak_at(self.graph, element) else { return };
        let path = self.graph.path(peak);
        self.alive(&text!("peak bytes", "峰值字节"), peak);
        self.sentence(&text!("the peak is while `{path}` is executed", "峰值出现在执行 `{path}` 时"));
        self.alive_if_few(peak);
    }

    /// What is alive when in a place the most is, each tensor by itself.
    pub(super) fn most_alive(&mut self, place: Place) {
        let (memory, element) = (&self.subject.analysis.memory, self.subject.element);
        let bytes = |id: NodeId| memory.live(id).bytes(element);
        let at = match place {
            Place::Node(id) => Some(id),
            Place::Box(ScopeId::ROOT) => memory.peak_at(self.graph, element),
            // Of nodes with as many, the first.
            Place::Box(scope) => self.graph.scope(scope).nodes().rev().max_by_key(|&id| bytes(id)),
        };
        let name = match place {
            Place::Box(ScopeId::ROOT) => self.subject.title.clone(),
            Place::Box(_) | Place::Node(_) => self.graph.place_path(place),
        };
        let Some(at) = at else { return };
        let path = self.graph.path(at);
        let about = if place == Place::Node(at) {
            text!("what is alive while it is executed", "执行时存活的张量")
        } else {
            text!("the most is alive while `{path}` is executed", "执行 `{path}` 时存活最多")
        };
        let about = self.say(&about);
        self.heading(1, name, about);
        self.inside(at);
        self.alive_table(at);
    }

    /// Every tensor that is alive while a node is executed, where these are few.
    pub(super) fn alive_if_few(&mut self, id: NodeId) {
        const FEW: usize = 8;
        if self.lookup.alive.at(id).nth(FEW).is_none() {
            self.alive_table(id);
        }
    }

    /// Every tensor that is alive while a node is executed, in bytes, and their sum.
    fn alive_table(&mut self, id: NodeId) {
        let memory = &self.subject.analysis.memory;
        let inputs: Vec<NodeId> =
            self.graph.inputs(id).map(|input| memory.owner(self.graph, input)).collect();
        let mut rows = vec![];
        for tensor in self.lookup.alive.at(id) {
            let part = if tensor == id {
                text!("output", "输出")
            } else if inputs.contains(&tensor) {
                text!("input", "输入")
            } else {
                text!("kept for later", "留待后用")
            };
            let bytes = self.bytes_of(tensor);
            rows.push(self.alive_row(
                self.graph.path(tensor),
                &part,
                self.graph.node(tensor).shape.to_string(),
                bytes,
            ));
        }
        let inside = memory.inside(id).numbers;
        if inside > 0 {
            let each = Working::named(Factor::BytesOfNumber, self.subject.element.bytes());
            let bytes = Working::Number(inside).by(each);
            rows.push(self.alive_row(
                self.graph.path(id),
                &text!("inside it", "内部保留"),
                String::new(),
                bytes,
            ));
        }
        let sum = Working::Number(memory.live(id).bytes(self.subject.element));
        let together = self.say(&text!("together", "合计"));
        rows.push(vec![
            Cell::Words(together),
            Cell::Words(String::new()),
            Cell::Words(String::new()),
            Cell::Worked(sum),
        ]);
        let heads =
            [text!("tensor", "张量"), text!("as", "用途"), text!("shape", "形状"), text!("bytes", "字节")];
        let heads = heads.iter().map(|head| Head::Words(self.say(head))).collect();
        self.pieces.push(Piece::Table(Table { heads, rows, has_sum: true }));
    }

    fn alive_row(&self, path: String, part: &Text, shape: String, bytes: Working) -> Vec<Cell> {
        let part = self.say(part);
        vec![Cell::Words(path), Cell::Words(part), Cell::Words(shape), Cell::Worked(bytes)]
    }

    /// The bytes of a tensor: samples, sizes, bytes of a number.
    fn bytes_of(&self, id: NodeId) -> Working {
        let node = self.graph.node(id);
        let samples = self.graph.samples(id, self.subject.batch());
        let mut factors: Vec<Working> =
            (samples > 1).then(|| Working::named(Factor::Batch, samples)).into_iter().collect();
        factors.extend(node.shape.dims().iter().map(|&size| Working::Number(size.into())));
        factors.push(match node.element {
            Element::Network => Working::named(Factor::BytesOfNumber, self.subject.element.bytes()),
            Element::Fixed(element) => Working::named(Factor::BytesOfElement, element.bytes()),
        });
        Working::Product(factors)
    }

    fn stored(&mut self, params: Params) {
        let parts = [(Factor::Params, params.total()), (Factor::Buffers, params.buffers)];
        let parts: Vec<_> = parts.into_iter().filter(|&(_, count)| count > 0).collect();
        if !parts.is_empty() {
            let part = |(name, count)| (Working::named(name, count), Element::Network);
            let parts = parts.into_iter().map(part).collect();
            self.bytes(&text!("weight bytes", "权重字节"), parts, params.stored());
        }
    }

    /// What is alive while a node is executed: what it makes and takes, what others will take, and what it needs inside.
    fn alive(&mut self, label: &Text, id: NodeId) {
        let memory = &self.subject.analysis.memory;
        let inputs: Vec<NodeId> =
            self.graph.inputs(id).map(|input| memory.owner(self.graph, input)).collect();
        let mut parts =
            [Factor::Output, Factor::InputNumbers, Factor::KeptForLater].map(|name| (name, vec![]));
        for tensor in self.lookup.alive.at(id) {
            let part = if tensor == id { 0 } else { 2 - usize::from(inputs.contains(&tensor)) };
            let (size, own) = (self.elements(tensor), self.graph.node(tensor).element);
            let sums: &mut Vec<(u128, Element)> = &mut parts[part].1;
            match sums.iter_mut().find(|(_, element)| *element == own) {
                Some((sum, _)) => *sum = sum.saturating_add(size),
                None => sums.push((size, own)),
            }
        }
        let (total, inside) = (memory.live(id), memory.inside(id).numbers);
        let named = |name, (size, element)| (Working::named(name, size), element);
        let parts =
            parts.into_iter().flat_map(|(name, sums)| sums.into_iter().map(move |sum| named(name, sum)));
        let inside = (inside > 0).then(|| named(Factor::Inside, (inside, Element::Network)));
        let parts = parts.chain(inside).collect();
        self.inside(id);
        self.bytes(label, parts, total);
    }

    /// What a node holds inside while it is executed, in numbers.
    fn inside(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let Some(op) = node.operator().filter(|_| self.subject.analysis.memory.inside(id).numbers > 0) else {
            return;
        };
        let inside = op.inside(&self.graph.input_shapes(id), &node.shape);
        let batch = self.graph.samples(id, self.subject.batch());
        let inside = if batch > 1 { Working::named(Factor::Batch, batch).by(inside) } else { inside };
        let label = self.say(&text!("inside it", "内部保留"));
        self.equation(label, inside);
    }

    /// What there is of elements of each type in bytes, which are `total`; without a working where that is reckoned in another
    /// way. Nothing is said of nothing.
    fn bytes(&mut self, label: &Text, elements: Vec<(Working, Element)>, total: Volume) {
        let (own, others): (Vec<_>, Vec<_>) =
            elements.into_iter().partition(|(_, element)| *element == Element::Network);
        let mut products = vec![];
        if total.numbers > 0 {
            let numbers = sum(own.into_iter().map(|(working, _)| working).collect(), total.numbers);
            let of_number = Working::named(Factor::BytesOfNumber, self.subject.element.bytes());
            products.push(Working::Product(vec![numbers, of_number]));
        }
        if total.fixed_bytes > 0 {
            let product = |(count, element)| {
                let Element::Fixed(element) = element else { return count };
                let name =
                    if element == ElementType::I64 { Factor::BytesOfIndex } else { Factor::BytesOfElement };
                Working::Product(vec![count, Working::named(name, element.bytes())])
            };
            products.push(sum(others.into_iter().map(product).collect(), total.fixed_bytes));
        }
        let label = self.say(label);
        if products.len() > 1 {
            self.equation(label, Working::Sum(products));
        } else if let Some(only) = products.pop() {
            self.equation(label, only);
        }
    }
}

/// The sum of what comes to `total`, or else that without a working.
fn sum(mut terms: Vec<Working>, total: u128) -> Working {
    let sum = if terms.len() == 1 { terms.remove(0) } else { Working::Sum(terms) };
    if sum.evaluate() == Ok(total) { sum } else { Working::Number(total) }
}

//! What a layer sees of the input, and what it holds and moves: the workings beside those of its counts.

use super::Notes;
use crate::analyze::receptive_field::Seen;
use crate::counts::{Params, Volume};
use crate::graph::NodeId;
use crate::op::Window;
use crate::shape::{Element, ElementType};
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

impl Notes<'_> {
    /// What an element of a node's output sees, along each axis of the input.
    pub(super) fn receptive_field(&mut self, id: NodeId) {
        let fields = self.subject.fields();
        let seen = &fields.of(id).axes;
        let mut inputs = self.graph.inputs(id);
        let before = match (inputs.next(), inputs.next()) {
            (Some(only), None) => &fields.of(only).axes[..],
            _ => &[],
        };
        let shapes = self.graph.input_shapes(id);
        let window = shapes.first().and_then(|input| self.graph.node(id).operator()?.window(input));
        let workings: Vec<[Working; 2]> = seen
            .iter()
            .enumerate()
            .map(|(axis, seen)| working(seen, before.get(axis), window.as_ref(), axis))
            .collect();
        let is_one = workings.windows(2).all(|pair| pair[0] == pair[1]);
        for (axis, [field, stride]) in
            workings.into_iter().enumerate().take(if is_one { 1 } else { usize::MAX })
        {
            let number = axis + 1;
            let of_axis =
                if is_one { text!("", "") } else { text!(" along axis {number}", "(第 {number} 轴)") };
            let label = self.say(&text!("receptive field{of_axis}", "感受野{of_axis:#}"));
            self.equation(label, field);
            if stride != Working::Number(0) {
                let label = self.say(&text!("field stride{of_axis}", "感受野步幅{of_axis:#}"));
                self.equation(label, stride);
            }
        }
        let field = fields.of(id);
        if let Some(since) = field.everything {
            let path = self.graph.path(since);
            self.sentence(&text!(
                "beside that, every element sees the whole input, from `{path}` on",
                "此外,自 `{path}` 起,每个元素都看到整个输入"
            ));
        }
        if field.misaligned {
            self.sentence(&text!(
                "misaligned: paths that have met see parts of the input with other strides or other centers",
                "不对齐:汇合的路径所见部分步幅或中心不同"
            ));
        }
    }

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
        for (tensor, _) in memory.alive_at(self.graph, id) {
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

/// The workings of what is seen along an axis, and of the step from one element to the next: through a window, from those of
/// its input.
fn working(seen: &Seen, before: Option<&Seen>, window: Option<&Window>, axis: usize) -> [Working; 2] {
    let number = |value: i128| Working::Number(value.unsigned_abs());
    let plain = [
        Working::Number(seen.size),
        // A fraction of a position is as many elements in one.
        if seen.stride.1 == 1 { number(seen.stride.0) } else { Working::Number(0) },
    ];
    let Some((before, axis)) = before.zip(window.and_then(|window| window.axes.get(axis))) else {
        return plain;
    };
    let step = Working::named(Factor::StrideBefore, before.stride.0.unsigned_abs());
    let mut further = vec![Working::named(Factor::Kernel, axis.kernel).less(Working::Number(1))];
    if axis.dilation > 1 {
        further.insert(0, Working::named(Factor::Dilation, axis.dilation));
    }
    further.push(step.clone());
    let field = Working::named(Factor::FieldBefore, before.size).and(Working::Product(further));
    let stride = Working::Product(vec![step, Working::named(Factor::Stride, axis.stride)]);
    if before.stride.1 != 1 || field.evaluate() != Ok(seen.size) || stride.evaluate() != plain[1].evaluate() {
        return plain;
    }
    [field, stride]
}

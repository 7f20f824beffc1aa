//! What a layer sees of the input, and what it holds and moves: the workings beside those of its counts.

use super::Notes;
use crate::analyze::receptive_field::Seen;
use crate::counts::Params;
use crate::graph::NodeId;
use crate::op::Window;
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
        let batch = self.subject.batch();
        let (read, written) = (counts.traffic.read, counts.traffic.written);
        let all = Working::Sum(self.incoming(id).into_iter().chain(self.weights_read(id)).collect());
        if read > 0 {
            self.bytes(&text!("read bytes", "读取字节"), all, read);
        }
        if written > 0 {
            let output = self.graph.node(id).shape.elements().saturating_mul(batch.into());
            self.bytes(&text!("written bytes", "写入字节"), Working::named(Factor::Output, output), written);
        }
        self.alive(&text!("alive bytes", "存活字节"), id);
    }

    /// What a node reads of its inputs, each of them once: all, or what it touches.
    fn incoming(&self, id: NodeId) -> Option<Working> {
        let batch = u128::from(self.subject.batch());
        let mut inputs: Vec<NodeId> = self.graph.inputs(id).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let sizes = inputs.iter().map(|&input| self.graph.node(input).shape.elements().saturating_mul(batch));
        let mut sizes: Vec<Working> = sizes.map(Working::Number).collect();
        let all = if sizes.len() == 1 { sizes.remove(0) } else { Working::Sum(sizes) };
        let node = self.graph.node(id);
        let touched = node.operator().and_then(|op| op.touched(&self.graph.input_shapes(id), &node.shape));
        match touched.map(|touched| touched.saturating_mul(batch)) {
            Some(touched) if all.evaluate() != Ok(touched) => {
                Some(Working::named(Factor::InputTouched, touched))
            }
            Some(_) | None => (!inputs.is_empty()).then(|| all.called(Factor::InputNumbers)),
        }
    }

    /// What it reads of its weights: all, or what it touches.
    fn weights_read(&self, id: NodeId) -> Option<Working> {
        let sizes = self.graph.weights(id).into_iter().filter_map(|weight| weight.count().evaluate().ok());
        let all = sizes.fold(0u128, u128::saturating_add);
        let (op, batch) = (self.graph.node(id).operator(), self.subject.batch());
        let touched = op.and_then(|op| op.weights_touched(&self.graph.input_shapes(id), batch));
        match touched {
            Some(touched) if touched != all => Some(Working::named(Factor::WeightsTouched, touched)),
            Some(_) | None => (all > 0).then(|| Working::named(Factor::Weights, all)),
        }
    }

    /// The weights of the network, and the most that is alive at once.
    pub(super) fn peak(&mut self) {
        self.stored(self.subject.analysis.total().params);
        let Some(peak) = self.subject.analysis.memory.peak_at(self.graph) else { return };
        let path = self.graph.path(peak);
        self.alive(&text!("peak bytes", "峰值字节"), peak);
        self.sentence(&text!("the peak is while `{path}` is executed", "峰值出现在执行 `{path}` 时"));
    }

    fn stored(&mut self, params: Params) {
        let parts = [(Factor::Params, params.total()), (Factor::Buffers, params.buffers)];
        let parts: Vec<_> = parts.into_iter().filter(|&(_, count)| count > 0).collect();
        if !parts.is_empty() {
            let parts = parts.into_iter().map(|(name, count)| Working::named(name, count));
            let stored = params.total().saturating_add(params.buffers);
            self.bytes(&text!("weight bytes", "权重字节"), Working::Sum(parts.collect()), stored);
        }
    }

    /// What is alive while a node is executed: what it makes and takes, what others will take, and what it needs inside.
    fn alive(&mut self, label: &Text, id: NodeId) {
        let memory = &self.subject.analysis.memory;
        let inputs: Vec<NodeId> =
            self.graph.inputs(id).map(|input| memory.owner(self.graph, input)).collect();
        let [mut output, mut taken, mut kept] = [0u128; 3];
        for (tensor, size) in memory.alive_at(self.graph, id) {
            let sum = if tensor == id {
                &mut output
            } else if inputs.contains(&tensor) {
                &mut taken
            } else {
                &mut kept
            };
            *sum = sum.saturating_add(size);
        }
        let (total, inside) = (memory.live(id), memory.inside(id));
        let parts = [
            (Factor::Output, output),
            (Factor::InputNumbers, taken),
            (Factor::KeptForLater, kept),
            (Factor::Inside, inside),
        ];
        let parts = parts.into_iter().filter(|&(_, size)| size > 0);
        let parts: Vec<_> = parts.map(|(name, size)| Working::named(name, size)).collect();
        self.inside(id);
        self.bytes(label, Working::Sum(parts), total);
    }

    /// What a node holds inside while it is executed, in numbers.
    fn inside(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let Some(op) = node.operator().filter(|_| self.subject.analysis.memory.inside(id) > 0) else {
            return;
        };
        let inside = op.inside(&self.graph.input_shapes(id), &node.shape);
        let batch = self.subject.batch();
        let inside = if batch > 1 { Working::named(Factor::Batch, batch).by(inside) } else { inside };
        let label = self.say(&text!("inside it", "内部保留"));
        self.equation(label, inside);
    }

    /// `numbers` in bytes, which are `total`; without a working where that is reckoned in another way.
    fn bytes(&mut self, label: &Text, numbers: Working, total: u128) {
        let element = self.subject.element.bytes();
        let numbers = if numbers.evaluate() != Ok(total) {
            Working::Number(total)
        } else if let Working::Sum(terms) = &numbers
            && let [only] = &terms[..]
        {
            only.clone()
        } else {
            numbers
        };
        let label = self.say(label);
        self.equation(label, Working::Product(vec![numbers, Working::named(Factor::BytesOfNumber, element)]));
    }
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

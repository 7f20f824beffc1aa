//! What a layer sees of the input: the step from its input to it, and all steps from the network's input on.

use super::Notes;
use super::piece::{Cell, Head, Piece, Table};
use crate::analyze::receptive_field::Seen;
use crate::graph::{NodeId, Place, ScopeId};
use crate::op::Window;
use crate::text;
use crate::working::{Factor, Letter, Working};

/// Steps that are told beside other things.
const FEW: usize = 12;

impl Notes<'_> {
    /// What an element of a node's output sees, along each axis of the input.
    pub(super) fn receptive_field(&mut self, id: NodeId) {
        let seen = &self.subject.fields().of(id).axes;
        let before = self.before(id);
        let workings: Vec<[Working; 2]> = (0..seen.len()).map(|axis| self.step(id, before, axis)).collect();
        let is_one = workings.windows(2).all(|pair| pair[0] == pair[1]);
        let shown = if is_one { 1 } else { workings.len() };
        for (axis, [field, stride]) in workings.into_iter().enumerate().take(shown) {
            let of_axis = of_axis(axis, is_one);
            let label = self.say(&text!("receptive field{of_axis}", "感受野{of_axis:#}"));
            self.equation(label, field);
            if stride != Working::Number(0) {
                let label = self.say(&text!("field stride{of_axis}", "感受野步幅{of_axis:#}"));
                self.equation(label, stride);
            }
        }
        self.what_else_is_seen(id);
    }

    /// What the output of the network sees.
    pub(super) fn field_of_output(&mut self) {
        let output = self.graph.main_output();
        let sizes: Vec<u128> = self.subject.fields().of(output).axes.iter().map(|seen| seen.size).collect();
        let is_one = sizes.windows(2).all(|pair| pair[0] == pair[1]);
        let shown = if is_one { 1 } else { sizes.len() };
        for (axis, size) in sizes.into_iter().enumerate().take(shown) {
            let of_axis = of_axis(axis, is_one);
            let label = self.say(&text!("receptive field{of_axis}", "感受野{of_axis:#}"));
            self.equation(label, Working::Number(size));
        }
        self.what_else_is_seen(output);
    }

    /// How what is seen of the input grows layer after layer, up to each output of a place.
    pub(super) fn field(&mut self, place: Place) {
        let ends = match place {
            Place::Node(id) => vec![id],
            Place::Box(ScopeId::ROOT) => self.graph.outputs().iter().map(|&(_, id)| id).collect(),
            Place::Box(scope) => self.graph.leaving(scope),
        };
        let name = match place {
            Place::Box(ScopeId::ROOT) => self.subject.title.clone(),
            Place::Box(_) | Place::Node(_) => self.graph.place_path(place),
        };
        let about = self.say(&text!("the receptive field, layer after layer", "逐层推导感受野"));
        self.heading(1, name, about);
        let several = ends.len() > 1;
        let mut is_told = false;
        for end in ends {
            if several {
                self.heading(2, self.graph.path(end), self.graph.node(end).shape.to_string());
            }
            let axes = self.subject.fields().of(end).axes.len();
            if axes == 0 {
                self.sentence(&text!(
                    "no windows lead from the input to it, or paths of different strides",
                    "输入与它之间没有窗口,或各路径的步幅不同"
                ));
            }
            let ways = self.ways(end, usize::MAX).unwrap_or_default();
            let has_steps = ways.iter().any(|way| way.rows.len() > 1);
            self.pieces.extend(ways.into_iter().map(Piece::Table));
            if has_steps && !std::mem::replace(&mut is_told, true) {
                self.sentence(&text!(
                    "layers that change neither are left out; where paths meet, this is the one that sees the most",
                    "两者均不变的层从略;路径汇合处取所见最多者"
                ));
            }
            self.what_else_is_seen(end);
        }
    }

    /// All steps up to a node, where these are few.
    pub(super) fn steps_if_few(&mut self, id: NodeId) {
        let Some(ways) = self.ways(id, FEW + 1) else { return };
        if ways.iter().all(|way| way.rows.len() >= 3) {
            self.pieces.extend(ways.into_iter().map(Piece::Table));
        }
    }

    /// The steps along each axis, or along all of them where they are the same; `None` if they are more than `most`.
    fn ways(&self, id: NodeId, most: usize) -> Option<Vec<Table>> {
        let axes = self.subject.fields().of(id).axes.len();
        let steps = (0..axes).map(|axis| self.steps(id, axis, most)).collect::<Option<Vec<_>>>()?;
        let is_one = steps.windows(2).all(|pair| pair[0] == pair[1]);
        let shown = steps.into_iter().enumerate().take(if is_one { 1 } else { axes });
        Some(shown.map(|(axis, steps)| self.table_of(steps, axis, is_one)).collect())
    }

    /// The layers on the way from the input to a node along which the most is seen, those that change what is: the field and the
    /// stride of each; `None` if these are more than `most`, which is known before the whole way is gone.
    fn steps(&self, id: NodeId, axis: usize, most: usize) -> Option<Vec<(NodeId, [Working; 2])>> {
        let fields = self.subject.fields();
        let seen = |id: NodeId| fields.of(id).axes.get(axis).copied();
        let what = |id: NodeId| seen(id).map(|seen| (seen.size, seen.stride));
        let (mut way, mut count) = (vec![id], 1);
        while let Some(&last) = way.last() {
            let inputs = self.graph.inputs(last).filter(|&input| seen(input).is_some());
            // Of inputs that see as much, the first.
            let Some(before) = inputs.reduce(|best, input| {
                if seen(input).map(|seen| seen.size) > seen(best).map(|seen| seen.size) {
                    input
                } else {
                    best
                }
            }) else {
                break;
            };
            count += usize::from(what(before) != what(last));
            if count > most {
                return None;
            }
            way.push(before);
        }
        way.reverse();
        let mut steps = vec![];
        for (index, &node) in way.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| way[before]);
            if before.and_then(what) != what(node) {
                steps.push((node, self.step(node, before, axis)));
            }
        }
        Some(steps)
    }

    fn table_of(&self, steps: Vec<(NodeId, [Working; 2])>, axis: usize, is_one: bool) -> Table {
        let of_axis = of_axis(axis, is_one);
        let is_dilated = steps.iter().any(|(_, [field, _])| field.under(Factor::Dilation).is_some());
        let heads = vec![
            Head::Words(self.say(&text!("layer{of_axis}", "层{of_axis:#}"))),
            Head::Formula(Letter::Field, field_of(1, is_dilated.then_some(2), 1, 1)),
            Head::Formula(Letter::Jump, stride_of(1, 1)),
        ];
        let row = |(node, [field, stride]): (NodeId, [Working; 2])| {
            let stride = match self.subject.fields().of(node).axes.get(axis) {
                // A fraction of a position is as many elements in one.
                Some(Seen { stride: (up, down), .. }) if *down != 1 => Cell::Words(format!("{up}/{down}")),
                _ => Cell::Worked(stride),
            };
            vec![Cell::Words(self.graph.path(node)), Cell::Worked(field), stride]
        };
        Table { heads, rows: steps.into_iter().map(row).collect(), has_sum: false }
    }

    /// The only input of a node.
    fn before(&self, id: NodeId) -> Option<NodeId> {
        let mut inputs = self.graph.inputs(id);
        inputs.next().filter(|_| inputs.next().is_none())
    }

    /// The workings of what is seen along an axis, and of the step from one element to the next: through a window, from those of
    /// its input.
    fn step(&self, id: NodeId, before: Option<NodeId>, axis: usize) -> [Working; 2] {
        let fields = self.subject.fields();
        let Some(seen) = fields.of(id).axes.get(axis) else {
            return [Working::Number(0), Working::Number(0)];
        };
        let before = before.and_then(|before| fields.of(before).axes.get(axis));
        let shapes = self.graph.input_shapes(id);
        let window = shapes.first().and_then(|input| self.graph.node(id).operator()?.window(input));
        working(seen, before, window.as_ref(), axis)
    }

    fn what_else_is_seen(&mut self, id: NodeId) {
        let field = self.subject.fields().of(id);
        if let Some(since) = field.everything {
            let path = self.graph.path(since);
            self.sentence(&if field.axes.is_empty() {
                text!(
                    "every element sees the whole input, from `{path}` on",
                    "自 `{path}` 起,每个元素都看到整个输入"
                )
            } else {
                text!(
                    "that is the size of the windows alone: whatever it is, every element sees the whole input, from `{path}` on",
                    "以上只是窗口的大小:无论其大小,自 `{path}` 起,每个元素都看到整个输入"
                )
            });
        }
        if field.misaligned {
            self.sentence(&text!(
                "misaligned: paths that have met see parts of the input with other strides or other centers",
                "不对齐:汇合的路径所见部分步幅或中心不同"
            ));
        }
    }
}

fn of_axis(axis: usize, is_one: bool) -> text::Text {
    let number = axis + 1;
    if is_one { text!("", "") } else { text!(" along axis {number}", "(第 {number} 轴)") }
}

/// `r_in + D·(K − 1)·j_in`
fn field_of(before: u128, dilation: Option<u64>, kernel: u64, stride: u128) -> Working {
    let mut further: Vec<Working> =
        dilation.map(|dilation| Working::named(Factor::Dilation, dilation)).into_iter().collect();
    further.push(Working::named(Factor::Kernel, kernel).less(Working::Number(1)));
    further.push(Working::named(Factor::StrideBefore, stride));
    Working::named(Factor::FieldBefore, before).and(Working::Product(further))
}

/// `j_in·S`
fn stride_of(before: u128, stride: u64) -> Working {
    Working::Product(vec![
        Working::named(Factor::StrideBefore, before),
        Working::named(Factor::Stride, stride),
    ])
}

fn working(seen: &Seen, before: Option<&Seen>, window: Option<&Window>, axis: usize) -> [Working; 2] {
    let plain = [
        Working::Number(seen.size),
        // A fraction of a position is as many elements in one.
        Working::Number(if seen.stride.1 == 1 { seen.stride.0.unsigned_abs() } else { 0 }),
    ];
    let Some((before, axis)) = before.zip(window.and_then(|window| window.axes.get(axis))) else {
        return plain;
    };
    let step = before.stride.0.unsigned_abs();
    let field = field_of(before.size, (axis.dilation > 1).then_some(axis.dilation), axis.kernel, step);
    let stride = stride_of(step, axis.stride);
    if before.stride.1 != 1 || field.evaluate() != Ok(seen.size) || stride.evaluate() != plain[1].evaluate() {
        return plain;
    }
    [field, stride]
}

//! Branches and loops: inlined where their conditions are known. Where these depend on the data, what is in them is gone
//! through for what it has and would cost, and an operator that is not counted stands for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::array::{Array, Numbers};
use super::call::number;
use super::draft::{SourceId, Stored};
use super::import::{Context, Importer, Scope};
use super::messages::{AttributeValue, Graph, Kind, Node};
use super::mistake::Mistake;
use super::stored::Origin;
use super::value::{Fixed, Mapped, Refusal, Tensor, Value};
use crate::graph::Content;
use crate::op::settings::Size;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

mod lists;
mod scan;

/// What the bodies of an operator have in common.
#[derive(Clone, Copy)]
struct Inside<'c, 'm> {
    node: &'m Node,
    scope: &'c Scope<'c, 'm>,
    context: Context<'c, 'm>,
    index: u32,
}

impl Inside<'_, '_> {
    fn mistake(&self, why: &Text) -> Mistake {
        Mistake::at(self.index, self.node, why)
    }
}

impl<'m> Importer<'m> {
    /// What an operator with bodies makes, or one on lists of tensors; `None` if it is another.
    pub(super) fn control(
        &mut self,
        node: &'m Node,
        inputs: &[Option<Value>],
        place: SourceId,
        scope: &Scope<'_, 'm>,
        context: Context<'_, 'm>,
    ) -> Result<Option<Vec<Value>>, Mistake> {
        let index = self.sources[place as usize].index;
        // The first version of `Scan` went over each sample of a batch by itself, as far as another input said.
        let is_of_samples = &*node.operator == "Scan" && self.opset(node, context) < 9;
        if is_of_samples || !matches!(&*node.operator, "If" | "Loop" | "Scan") {
            return match self.listed(node, inputs) {
                None => Ok(None),
                Some(Ok(values)) => Ok(Some(values)),
                Some(Err(refusal)) => self.refused(node, index, inputs, scope, refusal).map(Some),
            };
        }
        let Some(context) = context.inside(place) else {
            let why = text!("bodies lie too deep in one another", "分支和循环嵌套过深");
            return Err(Mistake::at(index, node, &why));
        };
        let inside = Inside { node, scope, context, index };
        match &*node.operator {
            "If" => self.branch(inside, inputs),
            "Loop" => self.repeated(inside, inputs),
            _ => self.scan(inside, inputs),
        }
        .map(Some)
    }

    /// Of an `If`, the branch that is taken.
    fn branch(&mut self, inside: Inside<'_, 'm>, inputs: &[Option<Value>]) -> Result<Vec<Value>, Mistake> {
        let bodies = ["then_branch", "else_branch"].map(|name| body(inside.node, name));
        let [Some(then), Some(otherwise)] = bodies else {
            return Err(inside.mistake(&text!("a branch is missing", "缺少分支")));
        };
        match self.known(inputs, 0) {
            Some(condition) => {
                let taken = if condition == 0.0 { otherwise } else { then };
                let mut scope = Importer::inner(inside.scope);
                let outputs = self.body(taken, &mut scope, inside.context)?;
                Ok(outputs.into_iter().map(|(_, value)| value).collect())
            }
            None => self.either(inside, inputs, &[then, otherwise]),
        }
    }

    /// A `Loop` whose length and conditions are known, written out.
    fn repeated(&mut self, inside: Inside<'_, 'm>, inputs: &[Option<Value>]) -> Result<Vec<Value>, Mistake> {
        let Some(graph) = body(inside.node, "body") else {
            return Err(inside.mistake(&text!("its body is missing", "缺少循环体")));
        };
        let start = inputs.get(2..).unwrap_or_default();
        let trips =
            if matches!(inputs.first(), Some(Some(_))) { self.known(inputs, 0) } else { Some(f64::INFINITY) };
        let first = if matches!(inputs.get(1), Some(Some(_))) { self.known(inputs, 1) } else { Some(1.0) };
        let (Some(trips), Some(first)) = (trips, first) else {
            return self.either(inside, inputs, &[graph]);
        };
        let before = self.state();
        let mut carried: Vec<Value> = start.iter().flatten().cloned().collect();
        let mut stacked: Vec<Vec<Value>> = vec![];
        let (mut trip, mut goes_on) = (0i64, first != 0.0);
        #[expect(clippy::cast_precision_loss, reason = "a loop is not written out so far")]
        while goes_on && (trip as f64) < trips {
            self.spend_on(inside.node, true)?;
            let mut scope = Importer::inner(inside.scope);
            let counter = self.known_ints(vec![], vec![trip]);
            let condition = Value::Fixed(self.table.know(boolean(true)));
            let values = [counter, condition].into_iter().chain(carried.iter().cloned());
            for (input, value) in graph.inputs.iter().zip(values) {
                scope.set(&input.name, value);
            }
            let mut outputs =
                self.body(graph, &mut scope, inside.context)?.into_iter().map(|(_, value)| value);
            let Some(condition) = outputs.next() else {
                return Err(inside.mistake(&text!("its body has no condition", "循环体没有条件输出")));
            };
            let Some(condition) = self.known(&[Some(condition)], 0) else {
                self.restore(before);
                return self.either(inside, inputs, &[graph]);
            };
            carried = outputs.by_ref().take(carried.len()).collect();
            for (index, value) in outputs.enumerate() {
                if stacked.len() <= index {
                    stacked.push(vec![]);
                }
                stacked[index].push(value);
            }
            (goes_on, trip) = (condition != 0.0, trip + 1);
        }
        for values in stacked {
            let value = self.stacked(&values).or_else(|refusal| inside.lost(refusal))?;
            carried.push(value);
        }
        carried.resize(inside.node.outputs.len().max(carried.len()), Value::Lost(None));
        Ok(carried)
    }

    /// What is not known to be done, or how often: nothing of it becomes a node, one that is not counted stands for it. What it
    /// has and would cost is said.
    fn either(
        &mut self,
        inside: Inside<'_, 'm>,
        inputs: &[Option<Value>],
        bodies: &[&'m Graph],
    ) -> Result<Vec<Value>, Mistake> {
        let (mut weights, mut costs, mut made) = (BTreeSet::new(), vec![], vec![]);
        for graph in bodies {
            let before = self.state();
            let mut scope = Importer::inner(inside.scope);
            let is_loop = bodies.len() == 1;
            let carried = inputs.iter().skip(2).flatten().cloned();
            let values = [Value::Lost(None), Value::Lost(None)].into_iter().chain(carried);
            for (input, value) in graph.inputs.iter().zip(values) {
                scope.set(&input.name, value);
            }
            let outputs = self.body(graph, &mut scope, inside.context)?;
            let outputs = outputs.into_iter().skip(usize::from(is_loop)).map(|(_, value)| value);
            made.push(outputs.collect());
            let nodes = self.draft.nodes.get(before.nodes..).unwrap_or_default();
            let mut cost = 0u128;
            for node in nodes {
                for stored in node.weights.iter().filter(|stored| stored.learned) {
                    weights.extend(self.table.roots_of(stored.value));
                }
                let Content::Operator(op) = &node.content else { continue };
                let shapes: Vec<_> =
                    node.inputs.iter().map(|&input| self.draft.node(input).shape.clone()).collect();
                let macs = op.cost(&shapes, &node.shape).and_then(|cost| cost.work());
                cost = cost.saturating_add(macs.map_or(0, |(work, _)| work.macs.total()));
            }
            costs.push(cost);
            self.restore(before);
        }
        let costs = costs.into_iter().map(|cost| grouped(cost, ",")).collect::<Vec<_>>();
        let (english, chinese) = (costs.join(" or "), costs.join(" 或 "));
        let why = if bodies.len() == 1 {
            text!(
                "how often it is done depends on the data: {english} MACs each time",
                "执行次数取决于数据:每次 {chinese} 次乘加"
            )
        } else {
            text!(
                "which branch is taken depends on the data: {english} MACs",
                "所取分支取决于数据:{chinese} 次乘加"
            )
        };
        self.remark(inside.mistake(&why));
        self.stand_in(inside, inputs, weights.into_iter(), &made)
    }

    /// An operator that stands for bodies with these weights, which make these values.
    fn stand_in(
        &mut self,
        inside: Inside<'_, 'm>,
        inputs: &[Option<Value>],
        roots: impl Iterator<Item = Fixed>,
        made: &[Vec<Value>],
    ) -> Result<Vec<Value>, Mistake> {
        let mut weights: BTreeMap<String, (Vec<Size>, Stored)> = BTreeMap::new();
        for root in roots {
            let entry = self.table.get(root);
            let Origin::Given(tensor) = &entry.source else { continue };
            let sizes = entry.array.dims.iter().map(|&size| Size::try_from(size)).collect();
            if let Ok(sizes) = sizes {
                weights.insert(super::lost::named(&tensor.name), (sizes, Stored::whole(root)));
            }
        }
        let (mut sizes, mut stored) = (BTreeMap::new(), vec![]);
        for (name, (dims, weight)) in weights {
            sizes.insert(name, dims);
            stored.push(weight);
        }
        let mut tensors: Vec<Tensor> = inputs.iter().flatten().filter_map(tensor_of).collect();
        // What bodies take from around them they name; of these, any tensor tells where they stand.
        for name in inside
            .node
            .attributes
            .iter()
            .filter_map(graph_of)
            .flat_map(|graph| &graph.nodes)
            .flat_map(|node| &node.inputs)
        {
            tensors.extend(inside.scope.get(name).and_then(tensor_of));
        }
        tensors.sort_by_key(|tensor| tensor.id);
        tensors.dedup_by_key(|tensor| tensor.id);
        let mut values = vec![];
        for index in 0..inside.node.outputs.len() {
            let of_bodies: Option<Vec<(Vec<u64>, Kind)>> =
                made.iter().map(|made| self.sizes(made.get(index)?)).collect();
            let agreed = of_bodies.as_deref().and_then(|all| match all {
                [first, rest @ ..] if rest.iter().all(|other| other == first) => Some(first.clone()),
                _ => None,
            });
            let (dims, kind) = agreed.clone().unwrap_or((vec![], Kind::FLOAT));
            let (sizes, stored) = (std::mem::take(&mut sizes), std::mem::take(&mut stored));
            let value = match self.opaque(&inside.node.operator, &tensors, Some(&dims), kind, sizes, stored) {
                Ok(tensor) if agreed.is_some() => Value::Tensor(tensor),
                Ok(tensor) => Value::Lost(Some(tensor)),
                Err(refusal) => inside.lost(refusal)?,
            };
            values.push(value);
        }
        Ok(values)
    }

    /// The sizes and the type of a value, if they are known.
    fn sizes(&self, value: &Value) -> Option<(Vec<u64>, Kind)> {
        match value {
            Value::Tensor(tensor) => Some((tensor.dims.to_vec(), tensor.kind)),
            Value::Fixed(fixed) => {
                Some((self.table.array(*fixed).dims.clone(), self.table.array(*fixed).kind))
            }
            Value::Sequence(_) | Value::Lost(_) => None,
        }
    }

    /// The number of an input that is one and is known.
    fn known(&self, inputs: &[Option<Value>], index: usize) -> Option<f64> {
        match inputs.get(index)? {
            Some(Value::Fixed(fixed)) => number(self.table.array(*fixed)),
            _ => None,
        }
    }

    /// Values one after another along a new first dimension.
    fn stacked(&mut self, values: &[Value]) -> Mapped<Value> {
        let mut parts = vec![];
        for value in values {
            let tensor = self.made(value)?;
            let dims = [&[1], &tensor.dims[..]].concat();
            parts.push(self.draft.view(&tensor, &dims)?);
        }
        match &parts[..] {
            [] => Err(Refusal::Lost),
            [only] => Ok(Value::Tensor(only.clone())),
            several => Ok(Value::Tensor(self.concatenated(several, 0)?)),
        }
    }

    /// What the draft is before something that may have to be taken back.
    fn state(&self) -> State {
        State { nodes: self.draft.nodes.len(), made: self.made_since.len(), remarks: self.remarks.len() }
    }

    /// Takes back what has been drafted since.
    fn restore(&mut self, State { nodes, made, remarks }: State) {
        self.draft.nodes.truncate(nodes);
        for fixed in self.made_since.drain(made.min(self.made_since.len())..) {
            self.made.remove(&fixed);
        }
        self.remarks.truncate(remarks);
    }
}

impl Inside<'_, '_> {
    /// A value of which nothing is known, for one that is not; what is wrong is an error.
    fn lost(&self, refusal: Refusal) -> Result<Value, Mistake> {
        match refusal {
            Refusal::Wrong(why) => Err(self.mistake(&why)),
            Refusal::Unsupported(_) | Refusal::Lost => Ok(Value::Lost(None)),
        }
    }
}

/// What was there before.
#[derive(Clone, Copy)]
struct State {
    nodes: usize,
    made: usize,
    remarks: usize,
}

fn body<'m>(node: &'m Node, name: &str) -> Option<&'m Graph> {
    if let AttributeValue::Graph(graph) = node.attribute(name)? { Some(graph) } else { None }
}

fn graph_of(attribute: &super::messages::Attribute) -> Option<&Arc<Graph>> {
    if let AttributeValue::Graph(graph) = &attribute.value { Some(graph) } else { None }
}

fn tensor_of(value: &Value) -> Option<Tensor> {
    match value {
        Value::Tensor(tensor) | Value::Lost(Some(tensor)) => Some(tensor.clone()),
        Value::Fixed(_) | Value::Sequence(_) | Value::Lost(None) => None,
    }
}

fn boolean(value: bool) -> Array {
    Array { dims: vec![], kind: Kind::BOOL, numbers: Some(Numbers::Ints(Arc::from([i64::from(value)]))) }
}

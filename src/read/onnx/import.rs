//! Going through the operators of a file, in their order: what follows from constants and shapes alone is evaluated, the rest
//! becomes nodes of a draft.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::arity::takes_as_many;
use super::array::{Array, elements};
use super::call::Call;
use super::check::{can_be, made_twice, unmade};
use super::draft::{Draft, SourceId};
use super::evaluate::{evaluate, given};
use super::file::File;
use super::function::bound;
use super::map::{computes_with_weights, map};
use super::messages::{Attribute, Function, Graph, Kind, Model, Node, Tensor as Given, ValueInfo};
use super::mistake::Mistake;
use super::stored::{Origin, Roots, Table, may_be_weight};
use super::uses::uses;
use super::value::{Fixed, Mapped, Refusal, Tensor, Value};
use super::versions::version;
use crate::text::Text;

/// The most elements of what is evaluated while counting: sizes, permutations, indices.
pub(super) const MOST_EVALUATED: u64 = 4096;

/// The most floats of a tensor that is read while counting: scales and bounds.
const MOST_FLOATS: u64 = 64;

/// How deep functions and bodies may use one another.
pub(super) const DEEPEST: usize = 64;

/// The state of going through a file.
pub(super) struct Importer<'m> {
    pub(super) draft: Draft,
    pub(super) table: Table,
    /// Where each node of the draft comes from.
    pub(super) sources: Vec<Source<'m>>,
    /// What is stored and has become a node, since something computes with it.
    pub(super) made: HashMap<Fixed, Tensor>,
    /// Of what is in it, what was made since when: the latest last.
    pub(super) made_since: Vec<Fixed>,
    /// What is probably not meant, or not known.
    pub(super) remarks: Vec<Mistake>,
    /// Whether what nodes `Constant` have are weights: in a file without initializers of floats. Where there are some, its writer
    /// has put the parameters there, and what is fixed into constants.
    pub(super) constants_are_weights: bool,
    pub(super) numbers: &'m File,
    /// The names of tensors that something takes.
    pub(super) uses: HashSet<&'m str>,
    /// Why numbers that a size may depend on could not be read.
    pub(super) unread: HashMap<Fixed, Text>,
    /// What tensors of the file are in the table: those in the body of a loop are given each time.
    given: HashMap<*const Given, Fixed>,
    functions: HashMap<(&'m str, &'m str, &'m str), &'m Function>,
    /// How much has been gone through: see [`Importer::spend`].
    pub(super) steps: u64,
    /// The version of the standard's operators that holds where nothing else is said.
    version: i64,
    /// How many operators on weights are being made into nodes, one behind another.
    pub(super) depth: u32,
    /// The sizes that symbols stand for.
    pub(super) symbols: HashMap<Arc<str>, u64>,
}

/// An operator of the file, as it was come by.
#[derive(Debug)]
pub(super) struct Source<'m> {
    /// The operator.
    pub(super) node: &'m Node,
    /// The operator of the network itself that it is part of: its index in the file.
    pub(super) index: u32,
    /// The one whose function or body it stands in.
    pub(super) around: Option<SourceId>,
}

/// What names stand for, in a graph and in those around it.
pub(super) struct Scope<'s, 'm> {
    values: HashMap<&'m str, Value>,
    /// What the file says of tensors beforehand.
    hints: HashMap<&'m str, &'m ValueInfo>,
    outer: Option<&'s Scope<'s, 'm>>,
}

/// Where a list of operators stands.
#[derive(Clone, Copy)]
pub(super) struct Context<'c, 'm> {
    /// The versions of sets of operators that hold.
    pub(super) opsets: &'m [(Arc<str>, i64)],
    /// What the attributes are of the function that it is the body of.
    pub(super) bindings: &'c [Attribute],
    /// What it is the body of, if it is one.
    pub(super) around: Option<SourceId>,
    pub(super) depth: usize,
}

impl<'s, 'm> Scope<'s, 'm> {
    pub(super) fn new(outer: Option<&'s Self>) -> Self {
        Self { values: HashMap::new(), hints: HashMap::new(), outer }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(value) = here.values.get(name) {
                return Some(value);
            }
            scope = here.outer;
        }
        None
    }

    /// What the file says of a tensor of this graph beforehand.
    pub(super) fn hint(&self, name: &str) -> Option<&'m ValueInfo> {
        self.hints.get(name).copied()
    }

    /// Makes a name of this graph stand for a value; whether it stood for none before.
    pub(super) fn set(&mut self, name: &'m str, value: Value) -> bool {
        name.is_empty() || self.values.insert(name, value).is_none()
    }
}

impl<'m> Importer<'m> {
    pub(super) fn new(model: &'m Model, numbers: &'m File) -> Self {
        let name = |function: &'m Function| (&*function.domain, &*function.name, &*function.overload);
        Self {
            draft: Draft::default(),
            table: Table::default(),
            sources: vec![],
            made: HashMap::new(),
            made_since: vec![],
            remarks: vec![],
            constants_are_weights: !model.graph.initializers.iter().any(|tensor| may_be_weight(tensor)),
            numbers,
            uses: uses(model),
            unread: HashMap::new(),
            given: HashMap::new(),
            functions: model.functions.iter().map(|function| (name(function), function)).collect(),
            steps: 0,
            version: version(model),
            depth: 0,
            symbols: HashMap::new(),
        }
    }

    /// The outputs of the network, by the names of the file, where `inputs` go in; what each name stands for is in `scope` then.
    pub(super) fn network(
        &mut self,
        model: &'m Model,
        inputs: Vec<(&'m str, Value)>,
        scope: &mut Scope<'_, 'm>,
    ) -> Result<Vec<(&'m str, Value)>, Mistake> {
        let context = Context { opsets: &model.opsets, bindings: &[], around: None, depth: 0 };
        for (name, value) in inputs {
            scope.set(name, value);
        }
        self.body(&model.graph, scope, context)
    }

    /// The outputs of a graph whose inputs are in `scope`.
    pub(super) fn body(
        &mut self,
        graph: &'m Graph,
        scope: &mut Scope<'_, 'm>,
        context: Context<'_, 'm>,
    ) -> Result<Vec<(&'m str, Value)>, Mistake> {
        let named =
            graph.initializers.len() + graph.inputs.len() + graph.outputs.len() + graph.value_info.len();
        self.spend(if context.around.is_some() { named.saturating_mul(4) } else { named })?;
        for tensor in &graph.initializers {
            let value = self.give(tensor.clone(), false);
            if !scope.set(&tensor.name, Value::Fixed(value)) && context.around.is_none() {
                return Err(Mistake::nowhere(made_twice(&tensor.name)));
            }
        }
        let hints = graph.value_info.iter().chain(&graph.outputs);
        scope.hints.extend(hints.map(|info| (&*info.name, info)));
        self.list(&graph.nodes, scope, context)?;
        let output = |info: &'m ValueInfo| match scope.get(&info.name) {
            Some(value) => Ok((&*info.name, value.clone())),
            None => Err(Mistake::nowhere(unmade(&info.name))),
        };
        graph.outputs.iter().map(output).collect()
    }

    /// What is taken from the graphs around a body, which may use their names.
    pub(super) fn inner<'s>(outer: &'s Scope<'s, 'm>) -> Scope<'s, 'm> {
        Scope::new(Some(outer))
    }

    pub(super) fn list(
        &mut self,
        nodes: &'m [Node],
        scope: &mut Scope<'_, 'm>,
        context: Context<'_, 'm>,
    ) -> Result<(), Mistake> {
        for (node, index) in nodes.iter().zip(0u32..) {
            let index = context.around.map_or(index, |around| self.sources[around as usize].index);
            let around = context.around;
            let place = SourceId::try_from(self.sources.len()).unwrap_or(SourceId::MAX);
            self.sources.push(Source { node, index, around });
            self.draft.place = place;
            let before = self.draft.nodes.len();
            let outputs = self.operator(node, place, scope, context)?;
            // One may come to many.
            let more = self.draft.nodes.len().saturating_sub(before + 1);
            self.spend_on_nodes(more, around.is_some())?;
            // Of outputs that are seldom wanted nothing is known.
            let outputs = outputs.into_iter().chain(std::iter::repeat(Value::Lost(None)));
            for (name, value) in node.outputs.iter().zip(outputs) {
                if context.around.is_none() {
                    self.compare(node, index, name, &value, scope);
                }
                if !scope.set(name, value) {
                    return Err(Mistake::at(index, node, &made_twice(name)));
                }
            }
        }
        Ok(())
    }

    fn operator(
        &mut self,
        node: &'m Node,
        place: SourceId,
        scope: &Scope<'_, 'm>,
        context: Context<'_, 'm>,
    ) -> Result<Vec<Value>, Mistake> {
        let index = self.sources[place as usize].index;
        let wrong = |why: Text| Mistake::at(index, node, &why);
        self.spend_on(node, context.around.is_some())?;
        takes_as_many(node).map_err(wrong)?;
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for name in &node.inputs {
            inputs.push(match &**name {
                "" => None,
                name => Some(scope.get(name).ok_or_else(|| wrong(unmade(name)))?.clone()),
            });
        }
        for (input, name) in inputs.iter().zip(&node.inputs) {
            match input {
                Some(Value::Fixed(fixed)) => can_be(self.dims_of(*fixed), name).map_err(wrong)?,
                Some(Value::Sequence(list)) => self.spend(list.len().saturating_mul(8))?,
                Some(Value::Tensor(_) | Value::Lost(_)) | None => {}
            }
        }
        let effective = bound(node, context.bindings);
        let key = (&*node.domain, &*node.operator, &*node.overload);
        if let Some(&function) = self.functions.get(&key) {
            return self.function(function, &effective, inputs, place, context);
        }
        let opset = self.opset(node, context);
        if node.domain.is_empty()
            && let Some(outputs) = self.control(node, &inputs, place, scope, context)?
        {
            return Ok(outputs);
        }
        let before = self.draft.nodes.len();
        let outputs = self.plain(&effective, opset, inputs.clone());
        match outputs.and_then(|outputs| self.weights_fit(before).map(|()| outputs)) {
            Ok(outputs) => Ok(outputs),
            Err(refusal) => {
                let refusal = self.for_unread(node, &inputs, refusal);
                self.refused(node, index, &inputs, scope, refusal)
            }
        }
    }

    /// What comes of an operator that is refused: nothing, if the file is wrong; else it is not counted.
    pub(super) fn refused(
        &mut self,
        node: &'m Node,
        index: u32,
        inputs: &[Option<Value>],
        scope: &Scope<'_, 'm>,
        refusal: Refusal,
    ) -> Result<Vec<Value>, Mistake> {
        let wrong = |why: Text| Mistake::at(index, node, &why);
        match refusal {
            Refusal::Wrong(why) => return Err(wrong(why)),
            Refusal::Unsupported(why) => self.remark(wrong(why)),
            Refusal::Lost => {}
        }
        self.lose(node, inputs, scope).map_err(wrong)
    }

    /// The version of the operators of a node's domain that holds where it stands.
    pub(super) fn opset(&self, node: &Node, context: Context<'_, '_>) -> i64 {
        let opset = context.opsets.iter().find(|(domain, _)| **domain == *node.domain);
        opset.map_or(if node.domain.is_empty() { self.version } else { 1 }, |&(_, version)| version)
    }

    /// An operator that is neither a function nor has bodies.
    fn plain(&mut self, node: &Node, opset: i64, inputs: Vec<Option<Value>>) -> Mapped<Vec<Value>> {
        if inputs.iter().flatten().any(|input| matches!(input, Value::Lost(_))) {
            return Err(Refusal::Lost);
        }
        let fixed: Option<Vec<Option<Fixed>>> = inputs
            .iter()
            .map(|input| match input {
                None => Some(None),
                Some(Value::Fixed(fixed)) => Some(Some(*fixed)),
                Some(_) => None,
            })
            .collect();
        if let Some(inputs) = fixed
            && let Some(values) = self.evaluated(node, opset, &inputs)?
        {
            return Ok(values);
        }
        map(self, &Call { node, opset, inputs })
    }

    /// What follows from what is stored, unless it is work of the network.
    pub(super) fn evaluated(
        &mut self,
        node: &Node,
        opset: i64,
        inputs: &[Option<Fixed>],
    ) -> Mapped<Option<Vec<Value>>> {
        let roots = self.table.roots_through(node, inputs);
        // A product may be a weight of another operator, and is work of the network only where it is not.
        let is_product = node.domain.is_empty() && matches!(&*node.operator, "MatMul" | "Gemm");
        if roots != Roots::None && computes_with_weights(node) && !is_product {
            return Ok(None);
        }
        let setting = given(node);
        if let (Some(tensor), "Constant") = (setting, &*node.operator) {
            return Ok(Some(vec![Value::Fixed(self.give(tensor.clone(), true))]));
        }
        let setting = setting.map(|tensor| self.array_of(tensor).0);
        let arrays: Vec<Option<&Array>> = inputs
            .iter()
            .map(|input| input.map(|input| self.table.array(input)))
            .chain(setting.as_ref().map(Some))
            .collect();
        let Some(outputs) = evaluate(node, opset, &arrays, MOST_EVALUATED)? else {
            let unread = inputs.iter().flatten().find_map(|input| self.unread.get(input));
            return unread.map_or(Ok(None), |why| Err(Refusal::Wrong(why.clone())));
        };
        outputs.iter().try_for_each(|array| can_be(&array.dims, &node.operator))?;
        let (node, place) = (Arc::new(Node::clone(node)), self.draft.place);
        let values = outputs.into_iter().enumerate().map(|(output, array)| {
            let roots = roots.left_in(array.kind, &node.operator);
            // What is known in full and follows from no weight needs no formula.
            let source = if array.numbers.is_some() && roots == Roots::None {
                Origin::Known
            } else {
                Origin::Made { node: node.clone(), opset, inputs: inputs.to_vec(), output, place }
            };
            Value::Fixed(self.table.add(array, source, roots))
        });
        Ok(Some(values.collect()))
    }

    /// A tensor of the file, with its numbers where sizes may depend on them.
    fn give(&mut self, tensor: Arc<Given>, is_constant: bool) -> Fixed {
        if let Some(&given) = self.given.get(&Arc::as_ptr(&tensor)) {
            return given;
        }
        let (array, unread) = self.array_of(&tensor);
        let is_weight = may_be_weight(&tensor) && (!is_constant || self.constants_are_weights);
        let at = Arc::as_ptr(&tensor);
        let fixed = self.table.give(tensor, is_weight, array);
        self.given.insert(at, fixed);
        if let Some(why) = unread {
            self.unread.insert(fixed, why);
        }
        fixed
    }

    fn array_of(&self, tensor: &Given) -> (Array, Option<Text>) {
        let limit = if tensor.kind.is_float() { MOST_FLOATS } else { MOST_EVALUATED };
        let elements = elements(&tensor.dims);
        let bare = || Array { dims: tensor.dims.clone(), kind: tensor.kind, numbers: None };
        if elements.is_none_or(|elements| elements > limit) || tensor.kind == Kind::STRING {
            return (bare(), None);
        }
        match self.numbers.values(tensor, limit) {
            Ok(array) => (array, None),
            Err(why) => (bare(), Some(why)),
        }
    }
}

impl Context<'_, '_> {
    /// Where the body of an operator stands; `None` if that is too deep.
    pub(super) fn inside(self, place: SourceId) -> Option<Self> {
        (self.depth < DEEPEST).then_some(Self { around: Some(place), depth: self.depth + 1, ..self })
    }
}

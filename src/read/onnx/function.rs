//! Functions: operators that a file defines itself, gone through wherever they are used.

use std::borrow::Cow;
use std::sync::Arc;

use super::check::unmade;
use super::draft::SourceId;
use super::import::{Context, DEEPEST, Importer, Scope};
use super::messages::{Attribute, AttributeValue, Function, Node};
use super::mistake::Mistake;
use super::value::Value;
use crate::text;
use crate::text::Text;

impl<'m> Importer<'m> {
    /// What a function of the file computes.
    pub(super) fn function(
        &mut self,
        function: &'m Function,
        node: &Node,
        inputs: Vec<Option<Value>>,
        place: SourceId,
        context: Context<'_, 'm>,
    ) -> Result<Vec<Value>, Mistake> {
        let index = self.sources[place as usize].index;
        let wrong = |why: Text| Mistake::at(index, node, &why);
        if context.depth >= DEEPEST {
            return Err(wrong(text!(
                "functions use one another more than {DEEPEST} deep",
                "函数相互调用超过 {DEEPEST} 层"
            )));
        }
        let (given, takes) = (inputs.len(), function.inputs.len());
        if given > takes {
            return Err(wrong(text!(
                "the function takes {takes} inputs, and {given} are given",
                "该函数有 {takes} 个输入,却给出 {given} 个"
            )));
        }
        self.spend(takes + function.outputs.len() + function.attributes.len() + function.defaults.len())?;
        let given = |name: &Arc<str>| node.attributes.iter().find(|attribute| attribute.name == *name);
        let names = function.attributes.iter().filter_map(given).cloned();
        let defaults =
            function.defaults.iter().map(|default| given(&default.name).unwrap_or(default).clone());
        let bindings: Vec<Attribute> = names.chain(defaults).collect();
        let opsets = &function.opsets;
        let mut scope = Scope::new(None);
        for (name, value) in function.inputs.iter().zip(inputs) {
            if let Some(value) = value {
                scope.set(name, value);
            }
        }
        let inner = Context { opsets, bindings: &bindings, around: Some(place), depth: context.depth + 1 };
        self.list(&function.nodes, &mut scope, inner)?;
        let output = |name: &'m Arc<str>| scope.get(name).cloned().ok_or_else(|| wrong(unmade(name)));
        function.outputs.iter().map(output).collect()
    }
}

/// The operator with the attributes that it takes over from whoever uses the function it stands in.
pub(super) fn bound<'m>(node: &'m Node, bindings: &[Attribute]) -> Cow<'m, Node> {
    let is_reference = |attribute: &Attribute| matches!(attribute.value, AttributeValue::Reference(_));
    if !node.attributes.iter().any(is_reference) {
        return Cow::Borrowed(node);
    }
    let attributes = node.attributes.iter().filter_map(|attribute| {
        let AttributeValue::Reference(name) = &attribute.value else { return Some(attribute.clone()) };
        let bound = bindings.iter().find(|bound| bound.name == *name)?;
        Some(Attribute { name: attribute.name.clone(), value: bound.value.clone() })
    });
    Cow::Owned(Node { attributes: attributes.collect(), ..node.clone() })
}

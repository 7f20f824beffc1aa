//! What depends on no input of the network: it is the same for every sample, and computed once for all of a batch.

use super::{Content, Graph, NodeId};

impl Graph {
    /// Whether a tensor follows from parameters and constants alone. What an operator makes out of nothing that cnncost does not
    /// know, as numbers by chance, may be another for each sample.
    pub fn is_fixed(&self, id: NodeId) -> bool {
        self.fixed[id.index()]
    }

    /// How many samples of a tensor there are in a batch: one of what is fixed.
    pub fn samples(&self, id: NodeId, batch: u64) -> u64 {
        if self.is_fixed(id) { 1 } else { batch }
    }

    /// Whether a tensor will be fixed that is made of these.
    pub(super) fn would_be_fixed(&self, content: &Content, inputs: &[NodeId]) -> bool {
        let are_fixed = inputs.iter().all(|&input| self.is_fixed(input));
        match content {
            Content::Input => false,
            Content::Operator(_) => are_fixed,
            Content::Unknown { .. } => are_fixed && !inputs.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::Builder;
    use crate::op::activation::Relu;
    use crate::op::add::Add;
    use crate::op::parameter::Parameter;
    use crate::shape::Shape;

    #[test]
    fn what_meets_an_input_is_of_each_sample() {
        let mut builder = Builder::new();
        let shape = Shape::new(vec![3]).unwrap();
        let input = builder.input("input", shape.clone(), None);
        let parameter: Parameter = toml::from_str("shape = [3]").unwrap();
        let parameter = builder.operator("parameter", parameter, &[], None).unwrap();
        let alone = builder.operator("alone", Relu {}, &[parameter], None).unwrap();
        let sum = builder.operator("sum", Add::default(), &[alone, input], None).unwrap();
        let after = builder.operator("after", Relu {}, &[sum], None).unwrap();
        let chance = builder.unknown("chance", "RandomNormal", shape.clone(), &[], None);
        let unknown = builder.unknown("unknown", "Mystery", shape, &[alone], None);
        builder.output("output".to_owned(), after);
        let graph = builder.finish().unwrap();
        let fixed = [parameter, alone, unknown];
        for (id, node) in graph.nodes() {
            assert_eq!(graph.is_fixed(id), fixed.contains(&id), "{}", node.name);
        }
        assert_eq!([alone, sum, chance].map(|id| graph.samples(id, 7)), [1, 7, 7]);
    }
}

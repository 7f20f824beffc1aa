//! Sums over what is in each box of a graph, at any depth.

use super::{Graph, NodeId, ScopeId};

impl Graph {
    /// Adds up nodes into every box: what `of` gives of a node goes into the box around it, and the sum of a box into the box
    /// around that. By [`ScopeId`]; `zero` where there is nothing.
    ///
    /// # Errors
    /// What `plus` refuses.
    pub fn sums<T: Clone, E>(
        &self,
        zero: &T,
        mut of: impl FnMut(NodeId) -> Option<T>,
        plus: impl Fn(&T, &T) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let mut sums = vec![zero.clone(); self.scopes().len()];
        let add = |sum: &mut T, id| {
            if let Some(part) = of(id) {
                *sum = plus(sum, &part)?;
            }
            Ok(())
        };
        self.each_sum(
            zero,
            add,
            |around, sum| {
                *around = plus(around, sum)?;
                Ok(())
            },
            |id, sum| sums[id.index()] = sum,
        )?;
        Ok(sums)
    }

    /// The same, each sum given to `done` when its box ends: only those of the boxes around one node are held. `add` adds a
    /// node, and `join` the sum of a box to that of the box around it. A box without nodes is passed over.
    ///
    /// # Errors
    /// What `add` or `join` refuses.
    pub fn each_sum<T: Clone, E>(
        &self,
        zero: &T,
        mut add: impl FnMut(&mut T, NodeId) -> Result<(), E>,
        mut join: impl FnMut(&mut T, &T) -> Result<(), E>,
        mut done: impl FnMut(ScopeId, T),
    ) -> Result<(), E> {
        let mut to_come = self.scopes().filter(|(_, scope)| scope.nodes().len() > 0).peekable();
        // The boxes around the node, with what has been in them so far.
        let mut open: Vec<(ScopeId, T)> = vec![];
        for node in self.nodes().map(|(id, _)| id) {
            while let Some((id, _)) = to_come.next_if(|(_, scope)| scope.nodes().next() == Some(node)) {
                open.push((id, zero.clone()));
            }
            if let Some((_, sum)) = open.last_mut() {
                add(sum, node)?;
            }
            let ends = |(id, _): &mut (ScopeId, T)| self.scope(*id).nodes().next_back() == Some(node);
            while let Some((id, sum)) = open.pop_if(ends) {
                if let Some((_, around)) = open.last_mut() {
                    join(around, &sum)?;
                }
                done(id, sum);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use crate::graph::Place;
    use crate::read::{Description, Options};

    #[test]
    fn a_box_has_what_is_in_it_at_any_depth() {
        let text = "input = [8, 4, 4]\n\
                    layers = [{ name = 'a', layers = [{ op = 'relu' }, { name = 'b', op = 'relu', repeat = 3 }] },\n\
                              { op = 'flatten' }]";
        let graph = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph;
        let Ok(sums) = graph.sums(&0, |_| Some(1), |a, b| Ok::<_, Infallible>(a + b));
        for (path, nodes) in [("", 6), ("a", 4), ("a/b", 3)] {
            let Some(Place::Box(id)) = graph.find(path) else { panic!("{path} is no box") };
            assert_eq!(sums[id.index()], nodes, "{path}");
        }
    }
}

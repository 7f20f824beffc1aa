//! Descriptions as graphs, for tests of the language.

use cnncost::graph::Graph;
use cnncost::read::{Description, Options};
use cnncost::text::Language;

pub(crate) fn options(set: &[(&str, &str)]) -> Options {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Options { set, ..Options::default() }
}

pub(crate) fn expand(text: &str, options: &Options) -> Result<Graph, String> {
    Description::parse("net.toml", text)
        .and_then(|description| description.expand(options))
        .map(|network| network.graph)
        .map_err(|error| error.render(Language::English, false, 120))
}

pub(crate) fn graph(text: &str) -> Graph {
    expand(text, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn paths(text: &str) -> Vec<String> {
    let graph = graph(text);
    graph.nodes().skip(graph.network_inputs().count()).map(|(id, _)| graph.path(id)).collect()
}

/// The shape of the network's output.
pub(crate) fn output(text: &str) -> String {
    let graph = graph(text);
    graph.node(graph.outputs()[0].1).shape.to_string()
}

/// The inputs of the node at `path`.
pub(crate) fn inputs(graph: &Graph, path: &str) -> Vec<String> {
    let (id, _) =
        graph.nodes().find(|(id, _)| graph.path(*id) == path).unwrap_or_else(|| panic!("there is {path}"));
    graph.inputs(id).map(|input| graph.path(input)).collect()
}

pub(crate) fn refused(text: &str) -> String {
    expand(text, &Options::default()).expect_err("this is a mistake")
}

pub(crate) fn net(layers: &str) -> String {
    format!("input = [8, 6, 6]\nlayers = [{layers}]")
}

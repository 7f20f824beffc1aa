//! What stands on a thing: its operator as PyTorch writes it, its window, its shape.

use crate::graph::{Content, Graph, NodeId};

/// An operator as it is written on a picture: `Conv 7×7 /2 p3`, `MaxPool 3×3 /2`, `ReLU`.
pub(super) fn title(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    let name = match &node.content {
        Content::Input => node.name.to_string(),
        Content::Operator(_) => camel(node.operator_name()),
        Content::Unknown { name } => format!("{name} ?"),
    };
    let window = graph.shorthand(std::iter::once(id));
    if window.is_empty() { name } else { format!("{name} {window}") }
}

/// `max_pool2d` as `MaxPool`, `conv1d` as `Conv1d`, `relu` as `ReLU`: two dimensions are usual and go without saying.
fn camel(name: &str) -> String {
    const WHOLE: [&str; 13] = [
        "ReLU",
        "ReLU6",
        "PReLU",
        "LeakyReLU",
        "SiLU",
        "GELU",
        "ELU",
        "CELU",
        "SELU",
        "GLU",
        "GRU",
        "LSTM",
        "RNN",
    ];
    let bare = name.strip_suffix("2d").unwrap_or(name);
    let known = WHOLE.iter().find(|known| known.to_lowercase() == bare.replace('_', ""));
    known.map_or_else(|| bare.split('_').map(capital).collect(), |known| (*known).to_owned())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::camel;

    #[test]
    fn operators_are_written_as_in_pytorch() {
        for (name, written) in [
            ("conv2d", "Conv"),
            ("conv1d", "Conv1d"),
            ("max_pool2d", "MaxPool"),
            ("global_avg_pool", "GlobalAvgPool"),
            ("leaky_relu", "LeakyReLU"),
            ("relu6", "ReLU6"),
            ("batch_norm2d", "BatchNorm"),
            ("add", "Add"),
        ] {
            assert_eq!(camel(name), written);
        }
    }
}

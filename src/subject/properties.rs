//! The numbers of a network that a figure may be meant for, though it is no count of operations.

use super::Subject;
use crate::convention::figure::Quantity;
use crate::convention::search::Property;
use crate::counts::{Params, Volume};
use crate::graph::{Graph, NodeId};
use crate::op::{Class, Family, Role};
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

impl Subject {
    /// Everything that is said of the whole network beside counts of operations, and its activations.
    pub fn properties(&self) -> Vec<Property> {
        let total = self.analysis.total();
        let (peak, weights) = (self.peak_bytes(), self.weight_bytes());
        let flops = total.work.ops.flops();
        let [all, contracted] = self.activations();
        let mut properties = stored(total.params, self.element);
        let graph = self.graph();
        let norms = learned(
            graph,
            graph.nodes().map(|(id, _)| id).filter(|&id| graph.node(id).family() == Some(Family::BatchNorm)),
        );
        if norms > 0 {
            // As papers count that fold them into the convolutions before them.
            let words = text!("parameters without batch norm", "不含批归一化的参数");
            let number = total.params.total().saturating_sub(norms);
            properties.push(Property { words, number, of: Some(Quantity::Params) });
        }
        properties.extend([
            bytes(text!("peak bytes", "峰值字节"), peak),
            bytes(text!("peak bytes with weights", "峰值字节(含权重)"), peak.saturating_add(weights)),
            bytes(text!("bytes read", "读取字节"), self.bytes(total.traffic.read)),
            bytes(text!("bytes written", "写入字节"), self.bytes(total.traffic.written)),
            bytes(text!("bytes read and written", "读写字节"), self.bytes(total.traffic.total())),
            other(text!("operations other than MACs", "乘加以外的运算"), flops - 2 * total.work.macs.total()),
            other(text!("outputs of convolutions and linear layers", "卷积层与线性层的输出个数"), contracted),
            other(text!("outputs of every operator", "所有算子的输出个数"), all),
        ]);
        properties.retain(|property| property.number > 0);
        properties
    }

    /// Numbers that come out of every operator but views, and out of convolutions and linear layers.
    fn activations(&self) -> [u128; 2] {
        let mut sums = [0u128; 2];
        let graph = self.graph();
        for (id, node) in graph.nodes() {
            let Some(op) = node.operator().filter(|op| !op.is_view()) else { continue };
            let number = node.shape.elements().saturating_mul(graph.samples(id, self.batch()).into());
            let is_contraction = matches!(op.class(), Class::Convolution | Class::Linear);
            sums[0] = sums[0].saturating_add(number);
            sums[1] = sums[1].saturating_add(if is_contraction { number } else { 0 });
        }
        sums
    }
}

/// The learned numbers of nodes; what another node owns is counted there.
fn learned(graph: &Graph, nodes: impl Iterator<Item = NodeId>) -> u128 {
    let weights = nodes.flat_map(|id| graph.own_weights(id));
    let counts = weights.filter(|weight| weight.role == Role::Learned);
    counts.filter_map(|weight| weight.count().evaluate().ok()).fold(0, u128::saturating_add)
}

/// What is stored of a network, in numbers and in bytes.
pub fn stored(params: Params, element: ElementType) -> Vec<Property> {
    let Params { trainable, frozen, buffers } = params;
    let (name, all) = (element.name(), params.total());
    let of = Some(Quantity::Params);
    let mut properties = vec![Property { words: text!("parameters", "参数"), number: all, of }];
    if frozen > 0 {
        properties.push(Property {
            words: text!("trainable parameters", "可训练参数"),
            number: trainable,
            of,
        });
        properties.push(Property { words: text!("frozen parameters", "冻结参数"), number: frozen, of });
    }
    properties.push(bytes(
        text!("parameters in {name}, in bytes", "{name} 参数的字节数"),
        Volume::numbers(all).bytes(element),
    ));
    if buffers > 0 {
        let both = all + buffers;
        properties.extend([
            Property { words: text!("buffers", "缓冲区"), number: buffers, of },
            Property { words: text!("parameters and buffers", "参数与缓冲区"), number: both, of },
            bytes(
                text!("parameters and buffers in {name}, in bytes", "{name} 参数与缓冲区的字节数"),
                params.stored().bytes(element),
            ),
        ]);
    }
    properties.retain(|property| property.number > 0);
    properties
}

fn bytes(words: Text, number: u128) -> Property {
    Property { words, number, of: Some(Quantity::Bytes) }
}

fn other(words: Text, number: u128) -> Property {
    Property { words, number, of: None }
}

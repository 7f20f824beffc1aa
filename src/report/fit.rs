//! Whether a device holds a network, in words.

use super::figures::bytes;
use crate::analyze::roofline::Fit;
use crate::text;
use crate::text::Text;

/// What is needed and what there is, with the word first.
pub(super) fn in_words(fit: &Fit) -> Text {
    let Fit { device, weight_bytes, peak_bytes, largest_tensor_bytes } = fit;
    let memory = bytes(device.memory_bytes.into());
    let (needed_en, needed_zh, room) = match device.weight_memory_bytes {
        None => {
            let all = bytes(device.memory_for(*weight_bytes, *peak_bytes));
            (all.clone(), format!(" {all}"), memory)
        }
        Some(weight_memory) => {
            let (weights, peak, flash) =
                (bytes(*weight_bytes), bytes(*peak_bytes), bytes(weight_memory.into()));
            let needed =
                (format!("{weights} of weights and {peak}"), format!("权重 {weights} 与张量 {peak}"));
            (needed.0, needed.1, format!("{flash} + {memory}"))
        }
    };
    if fit.holds() {
        return text!("fits: {needed_en} of {room}", "可容纳:{room} 中占{needed_zh}");
    }
    match device.largest_piece_bytes {
        // What would fit, were it in one piece.
        Some(piece) if device.holds(*weight_bytes, *peak_bytes, 0) => {
            let (largest, piece) = (bytes(*largest_tensor_bytes), bytes(piece.into()));
            text!(
                "does not fit: the largest tensor has {largest}, and the memory is in pieces of at most {piece}",
                "无法容纳:最大的张量为 {largest},而内存分为若干块,最大一块为 {piece}"
            )
        }
        Some(_) | None => {
            text!("does not fit: needs {needed_en}, has {room}", "无法容纳:需要{needed_zh},只有 {room}")
        }
    }
}

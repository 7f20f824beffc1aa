//! Quantized operators: those of floats between what makes numbers of levels and levels of numbers. Levels are whole numbers in
//! floats, and weights are what their levels stand for.

use super::levels::{Levels, node};
use crate::read::onnx::call::Call;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::{Attribute, AttributeValue, Kind};
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// The version of the standard's operators that those of others are counted as.
const STANDARD: i64 = 17;

/// An operator on levels.
struct Form {
    /// The operator on the numbers.
    operator: &'static str,
    /// Which inputs are its levels, their scales and their zeros.
    inputs: &'static [[usize; 3]],
    /// A bias, whose scale is the product of those of the others.
    bias: Option<usize>,
    /// The scale and zero of the levels that it makes.
    output: Option<[usize; 2]>,
}

/// No input.
const NONE: usize = usize::MAX;

fn form(operator: &str) -> Option<Form> {
    let of_two = |operator, bias, output: [usize; 2]| Form {
        operator,
        inputs: &[[0, 1, 2], [3, 4, 5]],
        bias,
        output: Some(output),
    };
    let of_one = |operator| Form { operator, inputs: &[[0, 1, 2]], bias: None, output: Some([3, 4]) };
    let whole = |operator| Form { operator, inputs: &[[0, NONE, 2], [1, NONE, 3]], bias: None, output: None };
    Some(match operator {
        "QLinearConv" => of_two("Conv", Some(8), [6, 7]),
        "QLinearMatMul" => of_two("MatMul", None, [6, 7]),
        "QGemm" => of_two("Gemm", Some(6), [7, 8]),
        "QLinearAdd" => of_two("Add", None, [6, 7]),
        "QLinearMul" => of_two("Mul", None, [6, 7]),
        "QLinearSoftmax" => of_one("Softmax"),
        "QLinearSigmoid" => of_one("Sigmoid"),
        "QLinearLeakyRelu" => of_one("LeakyRelu"),
        "QLinearGlobalAveragePool" => of_one("GlobalAveragePool"),
        "QLinearAveragePool" => of_one("AveragePool"),
        "ConvInteger" => whole("Conv"),
        "MatMulInteger" => whole("MatMul"),
        "MatMulIntegerToFloat" => {
            Form { operator: "MatMul", inputs: &[[0, 2, 4], [1, 3, 5]], bias: None, output: None }
        }
        _ => return None,
    })
}

/// `None` for an operator that is none of these.
pub(super) fn quantized(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    let one = |tensor: Mapped<Tensor>| tensor.map(|tensor| vec![Value::Tensor(tensor)]);
    Some(match &*call.node.operator {
        "QuantizeLinear" => one(quantize(import, call)),
        "DequantizeLinear" => one(dequantize(import, call)),
        "DynamicQuantizeLinear" => {
            let levels = import.tensor(call, 0).and_then(|input| import.leveled(&input));
            levels.map(|levels| levels.map(Value::Tensor).into())
        }
        "DynamicQuantizeMatMul" => one(dynamic_product(import, call)),
        "QLinearConcat" => one(concat(import, call)),
        operator => one(between(import, call, &form(operator)?)),
    })
}

fn quantize(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let input = import.tensor(call, 0)?;
    by_axis(call)?;
    let asked =
        call.node.int("output_dtype").filter(|&kind| kind != 0).and_then(|kind| i32::try_from(kind).ok());
    let levels = Levels::of(call, 1, 2).along(call.int_or("axis", 1)).or_kind(asked.map(Kind));
    import.quantized(&input, &levels)
}

fn dequantize(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    by_axis(call)?;
    let levels = Levels::of(call, 1, 2).along(call.int_or("axis", 1));
    let input = given(call, 0)?;
    let numbers = import.dequantized(&input, &levels)?;
    import.made(&numbers)
}

/// There are scales for blocks along an axis too.
fn by_axis(call: &Call<'_>) -> Mapped<()> {
    if call.int_or("block_size", 0) == 0 {
        return Ok(());
    }
    Err(Refusal::Unsupported(text!("it has a scale for each block", "它对每个分块各有缩放系数")))
}

fn given(call: &Call<'_>, index: usize) -> Mapped<Value> {
    call.inputs
        .get(index)
        .cloned()
        .flatten()
        .ok_or_else(|| Refusal::Wrong(text!("input {index} is missing", "缺少第 {index} 个输入")))
}

/// An operator on the numbers that the levels stand for.
fn between(import: &mut Importer<'_>, call: &Call<'_>, form: &Form) -> Mapped<Tensor> {
    if call.int_or("channels_last", 0) != 0 {
        return Err(Refusal::Unsupported(text!("its channels are last", "它的通道在最后")));
    }
    let mut inputs = vec![];
    for (place, &[levels, scale, zero]) in form.inputs.iter().enumerate() {
        let value = given(call, levels)?;
        let by = Levels::of(call, scale, zero).along(axis(call, form.operator, place));
        inputs.push(Some(import.dequantized(&value, &by)?));
    }
    let mut attributes = call.node.attributes.clone();
    if let Some(bias) = form.bias.filter(|&bias| call.has(bias)) {
        let [of_input, of_weight] = [1, 4].map(|index| call.weight(index));
        let scale = import.evaluated(&node("Mul", vec![]), STANDARD, &[Some(of_input?), Some(of_weight?)])?;
        let scale = scale.and_then(|values| values.into_iter().next()).ok_or(Refusal::Lost)?;
        let by = Levels { scale: Some(scale), ..Levels::default() };
        inputs.push(Some(import.dequantized(&given(call, bias)?, &by)?));
        if let Some(alpha) = call.node.float("alpha") {
            attributes.push(Attribute { name: "beta".into(), value: AttributeValue::Float(alpha) });
        }
    }
    let opset = call.node.int("opset").filter(|_| form.operator == "Softmax");
    let result = import.standard(call, form.operator, attributes, opset, inputs)?;
    let result =
        if call.node.operator.ends_with("ToFloat") { biased(import, call, 6, result)? } else { result };
    match form.output {
        Some([scale, zero]) if call.has(scale) => import.quantized(&result, &Levels::of(call, scale, zero)),
        _ => Ok(result),
    }
}

/// The axis that the scales of an input stand for where there are several.
fn axis(call: &Call<'_>, operator: &str, place: usize) -> i64 {
    let is_turned = call.int_or("transB", 0) != 0;
    match (operator, place) {
        ("Gemm", 1) if is_turned => 0,
        ("Gemm" | "MatMul", 1) => -1,
        ("Gemm" | "MatMul", _) => -2,
        ("Conv", 1) => 0,
        _ => 1,
    }
}

/// `QLinearConcat`: the scale and zero of what is made, then each input with its own.
fn concat(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let mut inputs = vec![];
    for first in (2..call.inputs.len()).step_by(3) {
        let value = given(call, first)?;
        inputs.push(Some(import.dequantized(&value, &Levels::of(call, first + 1, first + 2))?));
    }
    let joined = import.standard(call, "Concat", call.node.attributes.clone(), None, inputs)?;
    import.quantized(&joined, &Levels::of(call, 0, 1))
}

/// `DynamicQuantizeMatMul`: the first input becomes levels on the way.
fn dynamic_product(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let input = import.tensor(call, 0)?;
    let [levels, scale, zero] = import.leveled(&input)?.map(Value::Tensor);
    let by = Levels { scale: Some(scale), zero: Some(zero), ..Levels::default() };
    let rows = import.dequantized(&levels, &by)?;
    let by = Levels::of(call, 2, 3).along(-1);
    let columns = import.dequantized(&given(call, 1)?, &by)?;
    let product = import.standard(call, "MatMul", vec![], None, vec![Some(rows), Some(columns)])?;
    biased(import, call, 4, product)
}

fn biased(import: &mut Importer<'_>, call: &Call<'_>, index: usize, tensor: Tensor) -> Mapped<Tensor> {
    if !call.has(index) {
        return Ok(tensor);
    }
    let bias = import.tensor(call, index)?;
    import.added(&tensor, &bias)
}

impl Importer<'_> {
    /// What an operator of the standard makes of these inputs, in a version other than the file's if one is given.
    pub(in crate::read::onnx) fn standard(
        &mut self,
        call: &Call<'_>,
        operator: &str,
        attributes: Vec<Attribute>,
        opset: Option<i64>,
        inputs: Vec<Option<Value>>,
    ) -> Mapped<Tensor> {
        let own = if call.node.domain.is_empty() { call.opset } else { STANDARD };
        let (node, opset) = (node(operator, attributes), opset.unwrap_or(own));
        let fixed = |input: &Option<Value>| match input {
            Some(Value::Fixed(fixed)) => Some(Some(*fixed)),
            Some(_) => None,
            None => Some(None),
        };
        let known = match inputs.iter().map(fixed).collect::<Option<Vec<_>>>() {
            Some(inputs) => self.evaluated(&node, opset, &inputs)?,
            None => None,
        };
        let outputs = match known {
            Some(values) => values,
            None => super::standard(self, &Call { node: &node, opset, inputs })?,
        };
        match outputs.first() {
            Some(value) => self.made(value),
            None => Err(Refusal::Lost),
        }
    }
}

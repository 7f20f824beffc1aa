//! What an ONNX file says: the messages of `onnx.proto`, as far as they matter to a network, and where their numbers lie.

use std::sync::Arc;

/// A whole file.
#[derive(Debug, Default)]
pub struct Model {
    /// The version of the format itself.
    pub ir_version: i64,
    /// What wrote it: `pytorch 2.9.1`.
    pub producer: String,
    /// The version of each set of operators, by domain; that of the standard is `""`.
    pub opsets: Vec<(Arc<str>, i64)>,
    /// The network.
    pub graph: Graph,
    /// Operators that are defined in the file itself.
    pub functions: Vec<Function>,
}

/// A network, or the body of a branch or loop.
#[derive(Debug, Default)]
pub struct Graph {
    /// What it calls itself.
    pub name: String,
    /// Operators, in an order in which each comes after those whose outputs it takes.
    pub nodes: Vec<Node>,
    /// Tensors that are given in the file.
    pub initializers: Vec<Arc<Tensor>>,
    /// Inputs; in old files initializers are among them.
    pub inputs: Vec<ValueInfo>,
    /// Outputs.
    pub outputs: Vec<ValueInfo>,
    /// Shapes of what lies between, as hints.
    pub value_info: Vec<ValueInfo>,
}

/// An operator that is made of others.
#[derive(Debug, Default)]
pub struct Function {
    /// Its name.
    pub name: Arc<str>,
    /// Whose it is.
    pub domain: Arc<str>,
    /// What tells it from others of one name (format 10); empty for most.
    pub overload: Arc<str>,
    /// Names of its inputs.
    pub inputs: Vec<Arc<str>>,
    /// Names of its outputs.
    pub outputs: Vec<Arc<str>>,
    /// Names of attributes that every use gives.
    pub attributes: Vec<Arc<str>>,
    /// Attributes that a use may give, with what they are otherwise.
    pub defaults: Vec<Attribute>,
    /// What it is made of.
    pub nodes: Vec<Node>,
    /// The versions of sets of operators that hold in it.
    pub opsets: Vec<(Arc<str>, i64)>,
}

/// An operator at work.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is called; often nothing.
    pub name: Arc<str>,
    /// The operator.
    pub operator: Arc<str>,
    /// Whose operator that is; `""` for the standard's, which the reader makes of `ai.onnx` too.
    pub domain: Arc<str>,
    /// Which of several of that name.
    pub overload: Arc<str>,
    /// Names of the tensors that it takes; `""` for one that is left out.
    pub inputs: Vec<Arc<str>>,
    /// Names of the tensors that it makes; `""` for one that is not wanted.
    pub outputs: Vec<Arc<str>>,
    /// Its settings.
    pub attributes: Vec<Attribute>,
    /// What else its writer noted: `pkg.torch.onnx.name_scopes`.
    pub metadata: Vec<(Arc<str>, Arc<str>)>,
}

/// A setting of an operator.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: AttributeValue,
}

/// What a setting is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A number.
    Float(f32),
    /// A whole number.
    Int(i64),
    /// A word; what is not UTF-8 is replaced.
    Text(Arc<str>),
    /// A tensor.
    Tensor(Arc<Tensor>),
    /// The body of a branch or loop.
    Graph(Arc<Graph>),
    /// Numbers.
    Floats(Vec<f32>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Words.
    Texts(Vec<Arc<str>>),
    /// In a function: the setting of this name of whoever uses the function.
    Reference(Arc<str>),
    /// Something else: sparse tensors, types, lists of tensors or graphs.
    Other,
}

/// A tensor that is given in the file.
#[derive(Clone, Debug, Default)]
pub struct Tensor {
    /// What it is called.
    pub name: Arc<str>,
    /// The type of its elements.
    pub kind: Kind,
    /// Its sizes.
    pub dims: Vec<u64>,
    /// Its numbers.
    pub data: Data,
}

/// Where the numbers of a tensor are.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Data {
    /// In the file, one after another in the order of bytes of the little end: from this byte, so many.
    Raw {
        /// The first byte, from the start of the file.
        offset: u64,
        /// How many there are.
        length: u64,
    },
    /// A few bytes in that order, which have been read.
    Small(Arc<[u8]>),
    /// In the file, as a list in its own encoding, of which parts may lie apart.
    Listed {
        /// Which list: the number of its field in `TensorProto`: 4 floats, 5 of 32 bits, 6 texts, 7 of 64 bits, 10 doubles,
        /// 11 unsigned.
        field: u32,
        /// The first byte and how many there are, of each part: fields of that number behind one another.
        parts: Vec<(u64, u64)>,
    },
    /// In another file.
    External {
        /// Its path, from the folder of the model.
        location: Arc<str>,
        /// The first byte.
        offset: u64,
        /// How many there are, if that is said.
        length: Option<u64>,
    },
    /// In the file, as those numbers that are not 0 and their places: they are not read.
    Sparse,
    /// Nowhere: a tensor without elements, or one that is left out.
    #[default]
    Nothing,
}

/// The type of an element: the numbers of `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(pub i32);

/// A tensor as the file tells it beforehand.
#[derive(Clone, Debug, Default)]
pub struct ValueInfo {
    /// Its name.
    pub name: Arc<str>,
    /// The type of its elements; that of sequences and the like is [`Kind::UNDEFINED`].
    pub kind: Kind,
    /// Its sizes, unless nothing is said of them.
    pub dims: Option<Vec<Dimension>>,
}

/// A size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A number, as it stands: it may be negative.
    Size(i64),
    /// One that has a name.
    Symbol(Arc<str>),
    /// Nothing is said of it.
    Unknown,
}

impl Kind {
    /// No type.
    pub const UNDEFINED: Self = Self(0);
    /// 32-bit float.
    pub const FLOAT: Self = Self(1);
    /// 8-bit, unsigned.
    pub const UINT8: Self = Self(2);
    /// 8-bit.
    pub const INT8: Self = Self(3);
    /// 16-bit, unsigned.
    pub const UINT16: Self = Self(4);
    /// 16-bit.
    pub const INT16: Self = Self(5);
    /// 32-bit.
    pub const INT32: Self = Self(6);
    /// 64-bit.
    pub const INT64: Self = Self(7);
    /// Text.
    pub const STRING: Self = Self(8);
    /// True or false.
    pub const BOOL: Self = Self(9);
    /// 16-bit float.
    pub const FLOAT16: Self = Self(10);
    /// 64-bit float.
    pub const DOUBLE: Self = Self(11);
    /// 32-bit, unsigned.
    pub const UINT32: Self = Self(12);
    /// 64-bit, unsigned.
    pub const UINT64: Self = Self(13);
    /// 16-bit float with the exponent of a 32-bit one.
    pub const BFLOAT16: Self = Self(16);

    /// Whether its numbers are floats, of any width.
    pub fn is_float(self) -> bool {
        // From 17 on: floats of 8, 6 and 4 bits, with integers of 4 and 2 bits among them.
        matches!(self.0, 1 | 10 | 11 | 16..=20 | 23 | 24 | 27 | 28)
    }

    /// Whether weights are stored in it that have been quantized: whole numbers of 8 bits or fewer.
    pub fn is_quantized(self) -> bool {
        matches!(self.0, 2 | 3 | 21 | 22 | 25 | 26)
    }
}

impl Node {
    /// A setting, if it is given.
    pub fn attribute(&self, name: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|attribute| &*attribute.name == name).map(|attribute| &attribute.value)
    }

    /// A whole number, if it is given.
    pub fn int(&self, name: &str) -> Option<i64> {
        if let AttributeValue::Int(value) = self.attribute(name)? { Some(*value) } else { None }
    }

    /// A number, if it is given.
    pub fn float(&self, name: &str) -> Option<f32> {
        if let AttributeValue::Float(value) = self.attribute(name)? { Some(*value) } else { None }
    }

    /// A word, if it is given.
    pub fn text(&self, name: &str) -> Option<&str> {
        if let AttributeValue::Text(value) = self.attribute(name)? { Some(value) } else { None }
    }

    /// Whole numbers, if they are given.
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        if let AttributeValue::Ints(values) = self.attribute(name)? { Some(values) } else { None }
    }
}

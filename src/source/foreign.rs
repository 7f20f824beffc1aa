//! Files of other tools, which are no descriptions.

use std::path::Path;

use crate::text;
use crate::text::Text;

/// What a file with such an ending holds, and what to do instead of reading it; `None` for an ending that tells nothing.
pub(super) fn foreign(path: &str) -> Option<(Text, Text)> {
    let ending = Path::new(path).extension()?.to_str()?.to_lowercase();
    let write = || {
        text!(
            "write the network as a description in TOML; `cnncost models lenet5` prints one",
            "请用 TOML 把网络写成描述文件;`cnncost models lenet5` 会输出一个例子"
        )
    };
    Some(match &*ending {
        "py" | "ipynb" => (
            text!("it is a Python program, and none is run here", "这是 Python 程序,此处不会运行它"),
            write(),
        ),
        "pt" | "pth" | "pkl" | "pickle" | "ckpt" | "bin" => (
            text!("it holds weights of PyTorch, and no layers", "其中是 PyTorch 的权重,没有层的描述"),
            write(),
        ),
        "safetensors" | "npz" | "npy" => (
            text!("it holds tensors, and no layers", "其中是张量,没有层的描述"),
            text!(
                "`cnncost run NETWORK --weights {path}` loads them",
                "`cnncost run 网络 --weights {path}` 可载入它们"
            ),
        ),
        "h5" | "hdf5" | "keras" | "pb" | "tflite" => (
            text!(
                "it is a model of Keras or TensorFlow, which is not read",
                "这是 Keras 或 TensorFlow 的模型,无法读取"
            ),
            write(),
        ),
        "ort" => (
            text!(
                "it is ONNX Runtime's own form, which is not read",
                "这是 ONNX Runtime 自己的格式,无法读取"
            ),
            text!("give the `.onnx` file that it was made of", "请给出生成它的 `.onnx` 文件"),
        ),
        "prototxt" | "caffemodel" => {
            (text!("it is a model of Caffe, which is not read", "这是 Caffe 的模型,无法读取"), write())
        }
        "json" | "yaml" | "yml" => (
            text!("descriptions are TOML, and this is not by its name", "描述文件是 TOML,而从名称看这不是"),
            text!(
                "what is TOML may come through a pipe: `cnncost analyze - < {path}`",
                "若内容是 TOML,可经管道输入:`cnncost analyze - < {path}`"
            ),
        ),
        _ => return None,
    })
}

//! `cnncost run` in a folder with two networks and an array.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use candle_core::{DType, Device, Tensor};
use tempfile::TempDir;

/// A convolution that doubles, and one that adds up.
pub(crate) const NET: &str = "input = [2, 3, 3]\nlayers = [\n\
    { name = 'double', op = 'conv2d', out_channels = 2, kernel_size = 1, bias = false },\n\
    { name = 'relu', op = 'relu' }, { name = 'sum', op = 'conv2d', out_channels = 1, kernel_size = 3 },\n]\n";

pub(crate) const TWO_ENDS: &str = "inputs = { left = [2], right = [2] }\nlayers = [\n\
    { name = 'a', op = 'relu', from = 'left' }, { name = 'mid', side = [] },\n\
    { op = 'add', from = ['a', 'right'] },\n]\n";

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "200")
        .current_dir(folder)
        .arg("run")
        .args(arguments)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("net.toml"), NET).unwrap();
    fs::write(folder.path().join("two.toml"), TWO_ENDS).unwrap();
    array(&[1, 2, 3, 3], f32::from).write_npy(folder.path().join("x.npy")).unwrap();
    folder
}

pub(crate) fn array(dims: &[usize], value: impl Fn(u8) -> f32) -> Tensor {
    let values: Vec<f32> = (0..=u8::MAX).take(dims.iter().product()).map(value).collect();
    Tensor::from_vec(values, dims, &Device::Cpu).unwrap()
}

pub(crate) fn weights() -> HashMap<String, Tensor> {
    HashMap::from([
        (
            "double.weight".to_owned(),
            Tensor::new(&[[2f32, 0.], [0., 2.]], &Device::Cpu).unwrap().reshape((2, 2, 1, 1)).unwrap(),
        ),
        ("sum.weight".to_owned(), array(&[1, 2, 3, 3], |_| 1.0)),
        ("sum.bias".to_owned(), array(&[1], |_| 0.5)),
    ])
}

pub(crate) fn read(path: impl AsRef<Path>) -> Vec<f32> {
    let tensor = Tensor::read_npy(path).unwrap().to_dtype(DType::F32).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

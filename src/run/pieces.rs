//! Tensors that are made, read and written piece by piece: beside a tensor there is never a second one of its size, whatever
//! type its numbers come in.

use std::io::Read;

use candle_core::{DType, Device, Result, Tensor};

use super::archive::unread;
use crate::text::Text;

/// Numbers of a piece.
const PIECE: usize = 1 << 16;

/// Numbers as a file has them.
pub(super) struct Stored<'d> {
    pub(super) dtype: DType,
    pub(super) dims: &'d [usize],
    /// The first dimension fastest, as Fortran has it, instead of the last.
    pub(super) fortran_order: bool,
}

/// How many numbers a tensor of these sizes has.
pub(super) fn elements(dims: &[usize]) -> Result<usize> {
    let count = dims.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
    count.ok_or_else(|| candle_core::Error::Msg("it has more numbers than a machine can hold".to_owned()))
}

/// A tensor of these sizes, of which `next` gives so many numbers at a time, in any type.
pub(super) fn made(
    dims: &[usize],
    dtype: DType,
    device: &Device,
    mut next: impl FnMut(usize) -> Result<Tensor>,
) -> Result<Tensor> {
    let whole = Tensor::zeros(elements(dims)?, dtype, device)?;
    for (start, size) in pieces(whole.elem_count()) {
        whole.slice_set(&next(size)?.to_dtype(dtype)?.to_device(device)?, 0, start)?;
    }
    whole.reshape(dims)
}

impl Stored<'_> {
    /// Reads the numbers as those of a tensor of type `dtype`; `each` is shown them as they are in the file.
    pub(super) fn read(
        &self,
        reader: &mut impl Read,
        dtype: DType,
        device: &Device,
        mut each: impl FnMut(&Tensor) -> Result<()>,
    ) -> std::result::Result<Tensor, Text> {
        let mut bytes = vec![];
        let mut cut = None;
        let mut next = |size: usize| {
            bytes.resize(size * self.dtype.size_in_bytes(), 0);
            reader.read_exact(&mut bytes).inspect_err(|error| cut = Some(unread(error)))?;
            let piece = Tensor::from_raw_buffer(&bytes, self.dtype, &[size], &Device::Cpu)?;
            each(&piece).map(|()| piece)
        };
        let tensor = if self.fortran_order {
            self.turned(dtype, next).and_then(|tensor| tensor.to_device(device))
        } else {
            made(self.dims, dtype, device, &mut next)
        };
        tensor.map_err(|error| cut.unwrap_or_else(|| super::said(&error)))
    }

    /// What `next` gives in Fortran's order.
    fn turned(&self, dtype: DType, mut next: impl FnMut(usize) -> Result<Tensor>) -> Result<Tensor> {
        let whole = Tensor::zeros(elements(self.dims)?, dtype, &Device::Cpu)?;
        for (start, size) in pieces(whole.elem_count()) {
            let places = (start..start + size).map(|number| (place(number, self.dims) as u64).cast_signed());
            let places = Tensor::from_iter(places, &Device::Cpu)?;
            whole.scatter_set(&places, &next(size)?.to_dtype(dtype)?, 0)?;
        }
        whole.reshape(self.dims)
    }
}

/// Shows `visit` the numbers of a tensor on the CPU, in order, as tensors of one dimension.
pub(super) fn each(tensor: &Tensor, visit: &mut impl FnMut(&Tensor) -> Result<()>) -> Result<()> {
    let divided = tensor.dims().iter().position(|&size| size > 1);
    let Some(dim) = divided.filter(|_| tensor.elem_count() > PIECE) else {
        return visit(&tensor.flatten_all()?);
    };
    let size = tensor.dim(dim)?;
    each(&tensor.narrow(dim, 0, size / 2)?, visit)?;
    each(&tensor.narrow(dim, size / 2, size - size / 2)?, visit)
}

/// Where the pieces of so many numbers begin, and how many they have.
fn pieces(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).step_by(PIECE).map(move |start| (start, PIECE.min(count - start)))
}

/// Where a number stands whose place is `number` if the first dimension is the fastest.
fn place(mut number: usize, dims: &[usize]) -> usize {
    dims.iter().fold(0, |place, &size| {
        let index = number % size;
        number /= size;
        place * size + index
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::archive::ends;

    /// Sizes of more than one piece.
    const DIMS: [usize; 3] = [3, 211, 157];

    fn counted() -> Tensor {
        let count = u32::try_from(elements(&DIMS).unwrap()).unwrap();
        Tensor::arange(0, count, &Device::Cpu).unwrap().reshape(&DIMS).unwrap()
    }

    fn numbers(tensor: &Tensor) -> Vec<u32> {
        let mut numbers = vec![];
        each(tensor, &mut |piece| {
            assert!(piece.elem_count() <= PIECE);
            numbers.extend(piece.to_vec1::<u32>()?);
            Ok(())
        })
        .unwrap();
        numbers
    }

    #[test]
    fn pieces_are_in_order_however_the_tensor_lies() {
        let tensor = counted();
        for lying in [tensor.clone(), tensor.t().unwrap(), tensor.permute((2, 0, 1)).unwrap()] {
            assert_eq!(numbers(&lying), lying.flatten_all().unwrap().to_vec1::<u32>().unwrap());
        }
    }

    #[test]
    fn what_is_read_is_what_was_written_in_either_order() {
        let tensor = counted();
        for fortran_order in [false, true] {
            let written = if fortran_order { tensor.permute((2, 1, 0)).unwrap() } else { tensor.clone() };
            let mut bytes = vec![];
            each(&written, &mut |piece| piece.write_bytes(&mut bytes)).unwrap();
            let stored = Stored { dtype: DType::U32, dims: &DIMS, fortran_order };
            let mut seen = 0;
            let mut see = |piece: &Tensor| {
                seen += piece.elem_count();
                Ok(())
            };
            let read = stored.read(&mut bytes.as_slice(), DType::F32, &Device::Cpu, &mut see).unwrap();
            assert_eq!((read.dims(), seen), (&DIMS[..], tensor.elem_count()));
            assert_eq!(numbers(&read.to_dtype(DType::U32).unwrap()), numbers(&tensor));
            bytes.pop();
            let cut = stored.read(&mut bytes.as_slice(), DType::F32, &Device::Cpu, |_| Ok(()));
            assert_eq!(cut.unwrap_err(), ends());
        }
    }
}

//! A safetensors file, mapped into memory, its tensors handed out by name with their shapes checked.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata};

use crate::ModelError;

/// The tensors of one file. Nothing is read until it is asked for, and nothing is kept.
#[derive(Debug)]
pub struct Weights {
    path: PathBuf,
    map: Mmap,
    // The file's header was checked against its length, so every offset in it lies inside the map.
    header: Metadata,
    data: usize,
}

/// Where a tensor of known shape lies in its file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor {
    kind: Float,
    start: usize,
    columns: usize,
}

/// The number formats weights come in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Float {
    F32,
    F16,
    Bf16,
}

impl Weights {
    /// Maps a file and checks its header: a truncated or overlong file is an error.
    ///
    /// The file must stay as it is while it is open; cutting it short ends the process with a bus error.
    pub fn open(path: &Path) -> Result<Weights, ModelError> {
        let failed = |source| ModelError::Read { path: path.into(), source };
        let file = File::open(path).map_err(failed)?;
        // SAFETY: the map is only ever read, as bytes; that nobody changes the file meanwhile is the documented
        // contract, as for every mapped model or database file.
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        let (length, header) = SafeTensors::read_metadata(&map)
            .map_err(|error| ModelError::Damaged { path: path.into(), reason: error.to_string() })?;
        Ok(Weights { path: path.into(), map, header, data: size_of::<u64>() + length })
    }

    /// Whether the file has a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// The names of all tensors, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    /// How many numbers the tensor of that name has.
    pub fn count(&self, name: &str) -> Result<usize, ModelError> {
        let missing = || ModelError::MissingTensor { path: self.path.clone(), name: name.to_string() };
        self.header.info(name).map(|info| info.shape.iter().product()).ok_or_else(missing)
    }

    /// The tensor of that name and exactly that shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let path = || self.path.clone();
        let Some(info) = self.header.info(name) else {
            return Err(ModelError::MissingTensor { path: path(), name: name.to_string() });
        };
        if info.shape != shape {
            let (found, wanted) = (info.shape.clone(), shape.to_vec());
            return Err(ModelError::Shape { path: path(), name: name.to_string(), found, wanted });
        }
        let kind = match info.dtype {
            Dtype::F32 => Float::F32,
            Dtype::F16 => Float::F16,
            Dtype::BF16 => Float::Bf16,
            other => {
                let what = format!("numbers of type {other:?} in tensor {name}");
                return Err(ModelError::Unsupported { path: path(), what });
            }
        };
        let columns = shape.last().copied().unwrap_or(1);
        Ok(Tensor { kind, start: self.data + info.data_offsets.0, columns })
    }

    /// Copies one row of a tensor of this file, as `f32`; `out` has its length. A vector is one row.
    ///
    /// Panics if there is no such row.
    pub fn row(&self, tensor: Tensor, row: usize, out: &mut [f32]) {
        let width = if tensor.kind == Float::F32 { 4 } else { 2 };
        let from = tensor.start + row * tensor.columns * width;
        let bytes = &self.map[from..from + tensor.columns * width];
        match tensor.kind {
            Float::F32 => {
                for (x, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *x = f32::from_le_bytes(*bytes);
                }
            }
            Float::F16 => {
                for (x, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *x = half(u16::from_le_bytes(*bytes));
                }
            }
            Float::Bf16 => {
                for (x, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *x = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
                }
            }
        }
    }

    /// Refuses a file with anything but numbers in it: such a model would say nothing, and silently.
    pub fn must_be_numbers(&self) -> Result<(), ModelError> {
        for name in self.names() {
            let Some(info) = self.header.info(&name) else { continue };
            // Whole numbers, such as those of places, cannot be broken.
            let Ok(tensor) = self.tensor(&name, &info.shape) else { continue };
            let mut row = vec![0.0; tensor.columns];
            for at in 0..info.shape.iter().product::<usize>().checked_div(tensor.columns).unwrap_or(0) {
                self.row(tensor, at, &mut row);
                if row.iter().any(|x| !x.is_finite()) {
                    let reason = format!("tensor {name} holds something that is no number");
                    return Err(ModelError::Damaged { path: self.path.clone(), reason });
                }
            }
        }
        Ok(())
    }

    /// Twelve hex digits of a hash over the header and both ends of every tensor.
    ///
    /// Training moves numbers everywhere, so that is enough to tell revisions apart, at a hundredth of the cost of
    /// reading the whole file.
    pub fn fingerprint(&self) -> String {
        const END: usize = 1024;
        let mut sample = self.map[..self.data].to_vec();
        for name in self.header.offset_keys() {
            let Some(info) = self.header.info(&name) else { continue };
            let bytes = &self.map[self.data + info.data_offsets.0..self.data + info.data_offsets.1];
            sample.extend(&bytes[..bytes.len().min(END)]);
            sample.extend(&bytes[bytes.len().saturating_sub(END)..]);
        }
        engraft_core::content_hash(&sample)[..12].to_string()
    }

    /// A vector of that name and length.
    pub fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, ModelError> {
        let tensor = self.tensor(name, &[len])?;
        let mut out = vec![0.0; len];
        self.row(tensor, 0, &mut out);
        Ok(out)
    }
}

/// The value of IEEE 754 binary16 bits.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7fff);
    // Moved into place, the exponent is 112 too small; multiplying by 2¹¹² mends that, subnormals included.
    let value = match magnitude >= 0x7c00 {
        true => f32::from_bits(0x7f80_0000 | magnitude << 13),
        false => f32::from_bits(magnitude << 13) * f32::from_bits((127 + 112) << 23),
    };
    f32::from_bits(value.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_keep_their_value() {
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 5.960_464_5e-8), (0x8000, -0.0)];
        for (bits, value) in cases {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:#x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }
}

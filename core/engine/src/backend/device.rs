//! `auto`, `cpu` or `cuda:N` becomes a device.

use super::{Machine, Products};
use crate::kernel::Width;
use crate::run::{Device as Choice, OptimizeSettings, Precision};
use crate::{Error, Result};
use candle_core::{DType, Device};

impl Machine {
    /// The machine of a run: f32 on the device chosen.
    ///
    /// # Errors
    /// [`Error::Device`] for a GPU that is not there, or that this build cannot use.
    pub fn open(choice: Choice) -> Result<Self> {
        let device = match choice {
            Choice::Cpu => Device::Cpu,
            Choice::Auto if !candle_core::utils::cuda_is_available() => Device::Cpu,
            Choice::Auto => cuda(0)?,
            Choice::Cuda(number) => cuda(number)?,
        };
        Ok(Self { device, ..Self::cpu(DType::F32) })
    }

    /// The same machine, as it trains: with the products that are chosen, what is cheap computed again where that is
    /// asked.
    #[must_use]
    pub fn training(&self, settings: &OptimizeSettings) -> Self {
        Self { recompute: settings.recompute, ..self.multiplying(settings.precision) }
    }

    /// The same machine, which multiplies in bf16 where that is chosen. On a GPU products stay f32.
    #[must_use]
    pub fn multiplying(&self, precision: Precision) -> Self {
        let is_bf16 = match precision {
            Precision::Auto => Width::here() >= Width::Avx512Bf16,
            Precision::F32 => false,
            Precision::Bf16 => true,
        };
        Self { products: if is_bf16 { Products::Bf16 } else { Products::Full }, ..self.clone() }
    }

    /// `cpu` or `cuda:0`: for reports.
    pub fn name(&self) -> String {
        match self.device.location() {
            candle_core::DeviceLocation::Cpu => "cpu".to_owned(),
            candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
            candle_core::DeviceLocation::Metal { gpu_id } => format!("metal:{gpu_id}"),
        }
    }
}

fn cuda(number: usize) -> Result<Device> {
    Device::new_cuda(number).map_err(|error| Error::Device {
        device: format!("cuda:{number}"),
        reason: if cfg!(feature = "cuda") {
            error.to_string()
        } else {
            "this binary was built without the feature `cuda`".to_owned()
        },
    })
}

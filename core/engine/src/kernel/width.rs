//! Which vectors kernels use.

use std::sync::OnceLock;

/// The vectors of a processor, each with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// What every processor of its kind has.
    Portable,
    /// 256 bits, with fused products.
    Avx2,
    /// 512 bits.
    Avx512,
    /// 512 bits, and products of bf16.
    Avx512Bf16,
}

impl Width {
    /// What this processor has, or less where `ENGRAFT_CPU` says so: `portable`, `avx2` or `avx512`.
    pub fn here() -> Self {
        static HERE: OnceLock<Width> = OnceLock::new();
        *HERE.get_or_init(|| {
            let most = match std::env::var("ENGRAFT_CPU").as_deref() {
                Ok("portable") => Self::Portable,
                Ok("avx2") => Self::Avx2,
                Ok("avx512") => Self::Avx512,
                _ => Self::Avx512Bf16,
            };
            Self::found().min(most)
        })
    }

    /// Whether `ENGRAFT_CPU` holds back what the processor has.
    pub(super) fn is_held_back() -> bool {
        Self::here() < Self::found().min(Self::Avx512)
    }

    #[cfg(target_arch = "x86_64")]
    fn found() -> Self {
        if pulp::x86::V4::try_new().is_some() {
            if is_x86_feature_detected!("avx512bf16") { Self::Avx512Bf16 } else { Self::Avx512 }
        } else if pulp::x86::V3::try_new().is_some() {
            Self::Avx2
        } else {
            Self::Portable
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    const fn found() -> Self {
        Self::Portable
    }
}

/// Runs a loop compiled for the widest vectors that [`Width::here`] allows. What it calls must be inlined into
/// it, or it is compiled for the narrowest: so loops are written as `for`, because the `fold` behind `for_each` is not
/// always inlined.
#[inline(always)]
pub(crate) fn simd<R>(run: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    match Width::here() {
        Width::Avx512 | Width::Avx512Bf16 => {
            if let Some(wide) = pulp::x86::V4::try_new() {
                return wide.vectorize(run);
            }
        }
        Width::Avx2 => {
            if let Some(wide) = pulp::x86::V3::try_new() {
                return wide.vectorize(run);
            }
        }
        Width::Portable => {}
    }
    #[cfg(not(target_arch = "x86_64"))]
    return pulp::Arch::new().dispatch(run);
    #[cfg(target_arch = "x86_64")]
    run()
}

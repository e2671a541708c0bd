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
    /// The same, and tiles of bf16.
    Amx,
}

impl Width {
    /// What this processor has, or less where `ENGRAFT_CPU` says so: `portable`, `avx2`, `avx512` or
    /// `avx512bf16`.
    pub fn here() -> Self {
        static HERE: OnceLock<Width> = OnceLock::new();
        *HERE.get_or_init(|| {
            let most = match std::env::var("ENGRAFT_CPU").as_deref() {
                Ok("portable") => Self::Portable,
                Ok("avx2") => Self::Avx2,
                Ok("avx512") => Self::Avx512,
                Ok("avx512bf16") => Self::Avx512Bf16,
                _ => Self::Amx,
            };
            Self::found().min(most)
        })
    }

    /// Whether `ENGRAFT_CPU` holds back what the processor has.
    pub(super) fn is_held_back() -> bool {
        // Asked for every part of a product; a processor in a virtual machine takes its time to answer.
        static HELD: OnceLock<bool> = OnceLock::new();
        *HELD.get_or_init(|| Self::here() < Self::found().min(Self::Avx512))
    }

    #[cfg(target_arch = "x86_64")]
    fn found() -> Self {
        if pulp::x86::V4::try_new().is_some() {
            match is_x86_feature_detected!("avx512bf16") {
                true if has_tiles() => Self::Amx,
                true => Self::Avx512Bf16,
                false => Self::Avx512,
            }
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

/// Whether the processor has AMX with bf16, and the system lets this program use it: it is asked.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn has_tiles() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    /// `ARCH_REQ_XCOMP_PERM` of Linux, and the state of tiles' data.
    const ASK: [libc::c_long; 2] = [0x1023, 18];
    /// `amx-bf16` and `amx-tile` in the extended features.
    const BOTH: u32 = 1 << 22 | 1 << 24;
    let has = __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & BOTH == BOTH;
    // SAFETY: the call takes two numbers, and changes nothing but what this program may use.
    has && unsafe { libc::syscall(libc::SYS_arch_prctl, ASK[0], ASK[1]) == 0 }
}

/// Other systems are not asked.
#[cfg(all(not(target_os = "linux"), target_arch = "x86_64"))]
const fn has_tiles() -> bool {
    false
}

/// Runs a loop compiled for the widest vectors that [`Width::here`] allows. What it calls must be inlined into
/// it, or it is compiled for the narrowest: so loops are written as `for`, because the `fold` behind `for_each` is not
/// always inlined.
#[inline(always)]
pub(crate) fn simd<R>(run: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    match Width::here() {
        Width::Avx512 | Width::Avx512Bf16 | Width::Amx => {
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

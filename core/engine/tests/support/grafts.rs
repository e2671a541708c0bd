//! The model on which plans are compared with PyTorch, and the values of their parameters.

use super::{apart, fixtures, size};
use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::{Feed, Machine};
use engraft_engine::batch::feed::Feeder;
use engraft_engine::batch::{Packed, PackedTargets};
use engraft_engine::method::accept;
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Added, Config, Dropouts, Network, Origin};
use engraft_engine::optimize::Learner;
use engraft_plugin::plan::{Init, Plan};
use engraft_plugin::{Task, TaskKind};
use std::path::PathBuf;

/// A machine of these numbers.
pub(crate) fn machine(dtype: DType) -> Machine {
    Machine::cpu(dtype)
}

/// `tests/fixtures/models/bert-sequence`: two layers, 32 wide, three sequences and their classes.
pub(crate) struct Base {
    pub(crate) config: Config,
    pub(crate) task: Task,
    pub(crate) bare: Network,
    folder: PathBuf,
    tensors: Tensors,
    ids: Vec<u32>,
    bounds: Vec<usize>,
    classes: Vec<i64>,
}

impl Base {
    pub(crate) fn read() -> Self {
        Self::of("bert-sequence", Task::new(TaskKind::Sequence, ["a", "b", "c"]))
    }

    /// `bert-token`: the same with a token head.
    pub(crate) fn tokens() -> Self {
        Self::of("bert-token", Task::new(TaskKind::Tokens, ["a", "b"]))
    }

    fn of(name: &str, task: Task) -> Self {
        let folder = fixtures("models").join(name);
        let config = Config::read(&folder).unwrap();
        let bare = Network::new(&config, &Dropouts::default(), &task, None).unwrap();
        let given = weights::read(&folder.join("expected.safetensors")).unwrap();
        let whole = |name: &str| given[name].to_vec1::<i64>().unwrap();
        let ids = whole("ids").into_iter().map(|id| id as u32).collect();
        let bounds = whole("bounds").into_iter().map(|bound| bound as usize).collect();
        let tensors = weights::read_folder(&folder).unwrap();
        Self { config, task, bare, tensors, ids, bounds, classes: whole("targets"), folder }
    }

    /// The weights of a network: the base's, and for grafts the values that `make.py` draws, times `scale`.
    pub(crate) fn gather(&self, network: &Network, dtype: DType, scale: f32) -> Vec<Tensor> {
        let mut tensors = self.tensors.clone();
        for parameter in &network.parameters {
            match &parameter.origin {
                Origin::Graft { parameter: of, .. } if of.save && !matches!(of.init, Init::Values(_)) => {
                    let drawn = draw(&parameter.name, &parameter.shape, scale);
                    tensors.insert(parameter.name.clone(), drawn);
                }
                _ => {}
            }
        }
        weights::gather(network, &tensors, &self.folder, &machine(dtype), 0, true).unwrap()
    }

    /// The plan's network on this model, its parameters as the script drew them.
    pub(crate) fn learner(&self, name: &str, plan: &Plan, dtype: DType, scale: f32) -> (Learner, Added) {
        accept(plan, &self.bare).unwrap_or_else(|e| panic!("{name}: {e}"));
        let network = Network::new(&self.config, &Dropouts::default(), &self.task, Some(plan)).unwrap();
        let all = self.gather(&network, dtype, scale);
        (Learner::new(&network, plan, all, &machine(dtype)).unwrap_or_else(|e| panic!("{name}: {e}")), network.added)
    }

    /// Logits without those of rows that are no tokens.
    fn own_rows(&self, logits: &Tensor, added: Added) -> Tensor {
        if self.task.kind != TaskKind::Tokens {
            return logits.clone();
        }
        let mut from = 0;
        let own = self.bounds.windows(2).map(|pair| {
            let (at, len) = (from + added.rows, pair[1] - pair[0]);
            from = at + len;
            logits.narrow(0, at, len).unwrap()
        });
        Tensor::cat(&own.collect::<Vec<_>>(), 0).unwrap()
    }

    /// Some of the three sequences as a batch; sequence s belongs to the task `tasks[s]`.
    pub(crate) fn feed(&self, chosen: &[usize], added: Added, dtype: DType, tasks: &[u32]) -> Feed {
        let mut packed = Packed { bounds: vec![0], ..Packed::default() };
        for &s in chosen {
            let own = self.bounds[s]..self.bounds[s + 1];
            packed.positions.extend(0..own.len() as u32);
            packed.ids.extend(&self.ids[own]);
            packed.bounds.push(packed.ids.len() as u32);
        }
        let scored;
        packed.targets = if self.task.kind == TaskKind::Tokens {
            let own = chosen.iter().flat_map(|&s| &self.classes[self.bounds[s]..self.bounds[s + 1]]);
            let own: Vec<i64> = own.copied().collect();
            scored = own.iter().filter(|&&class| class >= 0).count();
            PackedTargets::Tokens(own)
        } else {
            scored = chosen.len();
            PackedTargets::Classes(chosen.iter().map(|&s| self.classes[s]).collect())
        };
        let feeder = Feeder::new(&machine(dtype), &self.config, &self.task).with(added);
        let mut feed = feeder.feed(&packed, 1.0 / scored as f64, 0, 0, 0).unwrap();
        let tasks: Vec<u32> = chosen.iter().map(|&s| tasks[s]).collect();
        feed.tasks = Some(Tensor::new(tasks, &Device::Cpu).unwrap());
        feed
    }
}

/// Number i of `key` is 0.6 · (2u − 1), u the upper 53 bits of splitmix64(fnv1a(key) + i · golden ratio).
fn draw(key: &str, shape: &[usize], scale: f32) -> Tensor {
    let start = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let number = |i: u64| {
        let x = start.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let u = ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        (0.6 * (2.0 * u - 1.0)) as f32 * scale
    };
    let count: usize = shape.iter().product();
    Tensor::from_vec((0..count as u64).map(number).collect::<Vec<_>>(), shape, &Device::Cpu).unwrap()
}

/// What differs from PyTorch: logits of inference and gradients of training, in numbers of this type.
///
/// In 64-bit floats each gradient is compared by its own size; in 32-bit ones, in which what cancels leaves
/// its rounding, by the size of the plan's largest.
pub(crate) fn compare(
    base: &Base,
    name: &str,
    plan: &Plan,
    expected: &Tensors,
    dtype: DType,
    scale: f32,
) -> Vec<String> {
    let mut failed = Vec::new();
    let (mut learner, added) = base.learner(name, plan, dtype, scale);
    let batch = || base.feed(&[0, 1, 2], added, dtype, &[0, 1, 0]);
    learner.inference().unwrap().begin().unwrap();
    let logits = base.own_rows(&learner.inference().unwrap().batch(&batch()).unwrap()[0], added);
    let off = apart(&logits, &expected[&format!("{name}/logits")]);
    if off > 1e-5 {
        failed.push(format!("{name} in {dtype:?}: logits are off by {off:e}"));
    }
    let (_, gradients) = learner.gradients([Ok(batch())]).unwrap();
    let names: Vec<String> = learner.names().map(str::to_owned).collect();
    let prefix = format!("{name}/grad.");
    let wanted = |key: &String| expected.get(&format!("{prefix}{key}")).unwrap_or_else(|| panic!("{name}: no {key}"));
    let known = expected.keys().filter(|key| key.starts_with(&prefix)).count();
    assert_eq!(names.len(), known, "{name}: {names:?}");
    let largest = names.iter().map(|key| size(wanted(key))).fold(0f32, f32::max);
    for (key, gradient) in names.iter().zip(&gradients) {
        let want = wanted(key);
        let scale = if dtype == DType::F64 { size(want).max(1e-5) } else { largest };
        let off = apart(&gradient.dense().unwrap(), want) / scale;
        if off > 1e-4 {
            failed.push(format!("{name} in {dtype:?}: the gradient of {key} is off by {off:e}"));
        }
    }
    failed
}

/// How far the logits of a plan with these weights are from what is wanted.
pub(crate) fn apart_from(base: &Base, name: &str, plan: &Plan, own: Tensors, wanted: &Tensor) -> f32 {
    apart(&logits(base, name, plan, own), wanted)
}

/// The logits of a plan with these weights.
pub(crate) fn logits(base: &Base, name: &str, plan: &Plan, own: Tensors) -> Tensor {
    accept(plan, &base.bare).unwrap_or_else(|e| panic!("{name}: {e}"));
    let network = Network::new(&base.config, &Dropouts::default(), &base.task, Some(plan)).unwrap();
    let mut tensors = base.tensors.clone();
    tensors.extend(own);
    let all = weights::gather(&network, &tensors, &base.folder, &machine(DType::F32), 0, true).unwrap();
    let mut learner = Learner::new(&network, plan, all, &machine(DType::F32)).unwrap();
    learner.inference().unwrap().begin().unwrap();
    let batch = base.feed(&[0, 1, 2], network.added, DType::F32, &[0, 1, 0]);
    let logits = learner.inference().unwrap().batch(&batch).unwrap()[0].clone();
    base.own_rows(&logits, network.added)
}

//! The model on which plans are compared with PyTorch, and the values of their parameters.

use super::fixtures;
use candle_core::{DType, Device, Tensor};
use engraft_engine::backend::{Feed, Machine, Products};
use engraft_engine::batch::feed::Feeder;
use engraft_engine::batch::{Packed, PackedTargets};
use engraft_engine::model::weights::{self, Tensors};
use engraft_engine::model::{Added, Config, Dropouts, Network, Origin};
use engraft_plugin::plan::Init;
use engraft_plugin::{Task, TaskKind};
use std::path::PathBuf;

/// A machine of these numbers.
pub(crate) fn machine(dtype: DType) -> Machine {
    Machine { device: Device::Cpu, dtype, products: Products::Full }
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
        let folder = fixtures("models").join("bert-sequence");
        let config = Config::read(&folder).unwrap();
        let task = Task::new(TaskKind::Sequence, ["a", "b", "c"]);
        let bare = Network::new(&config, &Dropouts::default(), &task, None).unwrap();
        let given = weights::read(&folder.join("expected.safetensors")).unwrap();
        let whole = |name: &str| given[name].to_vec1::<i64>().unwrap();
        let ids = whole("ids").into_iter().map(|id| id as u32).collect();
        let bounds = whole("bounds").into_iter().map(|bound| bound as usize).collect();
        let tensors = weights::read_folder(&folder).unwrap();
        Self { config, task, bare, tensors, ids, bounds, classes: whole("targets"), folder }
    }

    /// The weights of a network: the base's, and for grafts the values that `make.py` draws.
    pub(crate) fn gather(&self, network: &Network, dtype: DType) -> Vec<Tensor> {
        let mut tensors = self.tensors.clone();
        for parameter in &network.parameters {
            match &parameter.origin {
                Origin::Graft { parameter: of, .. } if !matches!(of.init, Init::Values(_)) => {
                    tensors.insert(parameter.name.clone(), draw(&parameter.name, &parameter.shape));
                }
                _ => {}
            }
        }
        weights::gather(network, &tensors, &self.folder, &machine(dtype), 0, true).unwrap()
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
        packed.targets = PackedTargets::Classes(chosen.iter().map(|&s| self.classes[s]).collect());
        let feeder = Feeder::new(&machine(dtype), &self.config, &self.task).with(added);
        let mut feed = feeder.feed(&packed, 1.0 / chosen.len() as f64, 0, 0, 0).unwrap();
        let tasks: Vec<u32> = chosen.iter().map(|&s| tasks[s]).collect();
        feed.tasks = Some(Tensor::new(tasks, &Device::Cpu).unwrap());
        feed
    }
}

/// Number i of `key` is 0.6 · (2u − 1), u the upper 53 bits of splitmix64(fnv1a(key) + i · golden ratio).
fn draw(key: &str, shape: &[usize]) -> Tensor {
    let start = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let number = |i: u64| {
        let x = start.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let u = ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        (0.6 * (2.0 * u - 1.0)) as f32
    };
    let count: usize = shape.iter().product();
    Tensor::from_vec((0..count as u64).map(number).collect::<Vec<_>>(), shape, &Device::Cpu).unwrap()
}

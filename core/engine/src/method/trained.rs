//! Trained grafts that a run names in `[model.grafts]`: their plans go to the method, their values into the network.

use super::graft::GraftFile;
use super::{graft, open};
use crate::model::weights::{self, Tensors};
use crate::model::{Network, Origin};
use crate::{Error, Result};
use engraft_plugin::plan::Init;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The values of trained grafts, by name.
pub struct TrainedGrafts {
    opened: BTreeMap<String, (PathBuf, Tensors)>,
}

/// Opens graft folders, or the grafts of run folders; their plans stand in the network's map afterwards. `base` is the
/// folder of the model and its weights.
///
/// # Errors
/// [`Error::Setting`] for a name or a folder that is none, [`Error::OtherBase`] for a graft of another model; what is
/// wrong with a folder.
pub fn open_all(
    paths: &BTreeMap<String, PathBuf>,
    bare: &mut Network,
    (model, base): (&Path, &Tensors),
) -> Result<TrainedGrafts> {
    let mut opened = BTreeMap::new();
    for (name, path) in paths {
        let refuse = |expected: &str, got: String| Error::Setting {
            key: format!("model.grafts.{name}"),
            expected: expected.to_owned(),
            got,
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(refuse("a name of letters, digits, hyphens and underscores", format!("`{name}`")));
        }
        let folders = [path.clone(), path.join("graft")];
        let Some(folder) = folders.into_iter().find(|folder| graft::weights_of(folder).is_some()) else {
            let expected = "a graft folder, or the folder of a run that trained one";
            return Err(refuse(expected, format!("`{}`, which holds no graft", path.display())));
        };
        if let Some(file) = GraftFile::find(&folder)?
            && let Some(expected) = &file.base_sha256
        {
            let prefix = bare.config.family.prefix();
            let found = open::fingerprint(&bare.parameters, |p| weights::find(base, &p.name, prefix))?;
            if found != *expected {
                return Err(Error::OtherBase { graft: folder, source_name: file.base, model: model.to_owned() });
            }
        }
        let (plan, tensors) = graft::read(&folder, bare)?;
        bare.map.grafts.insert(name.clone(), plan);
        opened.insert(name.clone(), (folder, tensors));
    }
    Ok(TrainedGrafts { opened })
}

impl TrainedGrafts {
    /// The first values of the parameters that begin with what a trained graft has, by the network's names.
    ///
    /// # Errors
    /// [`Error::Weight`] for a value that its folder does not have, or has in another shape; [`Error::Setting`] when
    /// there are trained grafts and the network has nothing of them.
    pub fn values(&self, network: &Network) -> Result<Tensors> {
        let mut values = Tensors::new();
        for parameter in &network.parameters {
            let Origin::Graft { parameter: of, site, dims, .. } = &parameter.origin else { continue };
            let Init::Graft { name, key } = &of.init else { continue };
            let layer = dims.get("layer").map(ToString::to_string).unwrap_or_default();
            let key = key.replace("{site}", site).replace("{layer}", &layer);
            let known = self.opened.get(name);
            let found = known.and_then(|(_, tensors)| tensors.get(&key));
            match found.filter(|tensor| tensor.dims() == parameter.shape) {
                Some(tensor) => values.insert(parameter.name.clone(), tensor.clone()),
                None => {
                    return Err(Error::Weight {
                        path: known.map_or_else(|| PathBuf::from(name), |(folder, _)| folder.clone()),
                        tensor: key,
                        expected: format!("{:?}", parameter.shape),
                        got: found.map_or_else(|| "nothing".to_owned(), |tensor| format!("{:?}", tensor.dims())),
                    });
                }
            };
        }
        if values.is_empty() && !self.opened.is_empty() {
            return Err(Error::Setting {
                key: "model.grafts".to_owned(),
                expected: "a method that builds upon trained grafts (`router`, `stack`, `fusion`)".to_owned(),
                got: "one that does not use them".to_owned(),
            });
        }
        Ok(values)
    }
}

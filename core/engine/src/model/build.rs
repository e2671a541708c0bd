//! Writes a model's steps and puts grafts in as it goes.
//!
//! Each method writes one kind of site. If the plan has grafts there, their steps follow at once, on
//! what the site sees; what they give stands in the place of what the site had. A second graft at a
//! site sees the first's result.

use super::Config;
use super::bert::rows_of;
use super::insert::uses;
use crate::program::rows::{Prefixed, RowsOp};
use crate::program::{Binary, Id, Input, Op, PlanOp, Program, Rows, Type};
use crate::{Error, Result};
use engraft_plugin::plan::site::BaseParameter;
use engraft_plugin::plan::{self, Dims, ModelMap, Place, Plan, Site, SiteKind};
use std::collections::BTreeMap;

/// A parameter of a network.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Hugging Face's name; for a graft's, its key on disk.
    pub name: String,
    /// Its value in the program.
    pub id: Id,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a parameter comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The pretrained model.
    Base,
    /// The task head: fresh unless the model's folder has it.
    Head,
    /// A graft.
    Graft {
        /// What the plan says of it.
        parameter: Box<plan::Parameter>,
        /// Where it stands; empty for shared ones.
        site: String,
        /// The parameters from which its first values may be computed, by the names that steps use.
        sees: BTreeMap<String, Id>,
        /// What the names of its shapes stand for.
        dims: Dims,
    },
}

/// Values by the names that a graft's steps use.
pub(super) type Environment = BTreeMap<String, Id>;

/// Rows that are no tokens, as the batch must bring them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Rows of a prompt before the tokens of each sequence.
    pub rows: usize,
    /// Whether the positions count them.
    pub have_positions: bool,
    /// By how much the positions of the tokens shift, besides.
    pub shift: usize,
}

/// Writes a program.
pub struct Builder<'p> {
    /// The program so far.
    pub program: Program,
    /// Its parameters so far.
    pub parameters: Vec<Parameter>,
    /// What grafts add to the loss, and by which factor.
    pub penalties: Vec<(Id, f64)>,
    /// The rows that grafts add to sequences.
    pub added: Added,
    /// Static values that are written to disk, by key.
    pub exports: BTreeMap<String, Id>,
    /// Values that are told of each text, with what is said of them.
    pub observed: Vec<(plan::Observed, Id)>,
    sites: Vec<Site>,
    heads: Vec<String>,
    pub(super) plan: Option<&'p Plan>,
    dims: Dims,
}

impl<'p> Builder<'p> {
    /// An empty program of a model and, it may be, a plan.
    pub fn new(config: &Config, plan: Option<&'p Plan>) -> Self {
        let dims = [
            ("hidden", config.hidden),
            ("heads", config.heads),
            ("head_dim", config.hidden / config.heads),
            ("kv", config.hidden),
            ("layers", config.layers),
            ("vocab", config.vocab),
        ];
        Self {
            program: Program::default(),
            parameters: Vec::new(),
            penalties: Vec::new(),
            added: Added::default(),
            exports: BTreeMap::new(),
            observed: Vec::new(),
            sites: Vec::new(),
            heads: Vec::new(),
            plan,
            dims: dims.into_iter().map(|(name, n)| (name.to_owned(), n as i64)).collect(),
        }
    }

    /// The model as methods see it.
    pub fn map(&self, config: &Config) -> ModelMap {
        let base = self.parameters.iter().filter(|p| p.origin == Origin::Base);
        let parameters = base.map(|p| BaseParameter { name: p.name.clone(), shape: p.shape.clone() }).collect();
        ModelMap {
            family: config.family.prefix().to_owned(),
            dims: self.dims.clone(),
            sites: self.sites.clone(),
            parameters,
            head: self.heads.clone(),
            grafts: BTreeMap::new(),
        }
    }

    pub(super) fn parameter(&mut self, name: &str, shape: &[usize], origin: Origin) -> Id {
        let id = self.program.parameter(name, shape);
        if !self.parameters.iter().any(|p| p.id == id) {
            self.parameters.push(Parameter { name: name.to_owned(), id, shape: shape.to_vec(), origin });
        }
        id
    }

    /// A parameter of the pretrained model.
    pub fn base(&mut self, name: &str, shape: &[usize]) -> Id {
        self.parameter(name, shape, Origin::Base)
    }

    /// a + b.
    ///
    /// # Errors
    /// Shapes that do not broadcast.
    pub fn add(&mut self, a: Id, b: Id) -> Result<Id> {
        self.program.push_plan(PlanOp::Binary(Binary::Add), &[a, b])
    }

    /// A parameter of a module of the task head: always trained.
    pub fn head_parameter(&mut self, module: &str, name: &str, shape: &[usize]) -> Id {
        if !self.heads.iter().any(|known| known == module) {
            self.heads.push(module.to_owned());
        }
        self.parameter(&format!("{module}.{name}"), shape, Origin::Head)
    }

    /// A linear layer of the task head: no site, always trained.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn head_linear(&mut self, module: &str, x: Id, inside: usize, outside: usize) -> Result<Id> {
        let top = module.split('.').next().unwrap_or(module).to_owned();
        if !self.heads.contains(&top) {
            self.heads.push(top);
        }
        let w = self.parameter(&format!("{module}.weight"), &[outside, inside], Origin::Head);
        let bias = self.parameter(&format!("{module}.bias"), &[outside], Origin::Head);
        self.program.push(Op::Linear, &[x, w, bias])
    }

    /// A linear layer with its grafts: `rows×[in]` → `rows×[out]`.
    ///
    /// # Errors
    /// A graft that does not fit.
    pub fn linear(
        &mut self,
        module: &str,
        role: &str,
        layer: Option<usize>,
        x: Id,
        inside: usize,
        outside: usize,
    ) -> Result<Id> {
        let site = self.site(module, SiteKind::Linear, role, layer, x, &[("in", inside), ("out", outside)]);
        let mut w = self.base(&format!("{module}.weight"), &[outside, inside]);
        let mut bias = self.base(&format!("{module}.bias"), &[outside]);
        let (mut x, mut y) = (x, None);
        // What the layer is made of changes before what it gives: or an output that was changed would be made anew.
        let mut grafts = self.grafts(&site);
        grafts.sort_by_key(|graft| graft.gives.contains_key("output"));
        for graft in grafts {
            if y.is_none() && uses(graft, "y") {
                y = Some(self.program.push(Op::Linear, &[x, w, bias])?);
            }
            let mut sees = Environment::from([("x".into(), x), ("w".into(), w), ("bias".into(), bias)]);
            sees.extend(y.map(|y| ("y".to_owned(), y)));
            let mut gives = self.insert(graft, &site, sees)?;
            let is_changed = ["input", "weight", "bias"].iter().any(|what| gives.contains_key(*what));
            x = gives.remove("input").unwrap_or(x);
            w = gives.remove("weight").unwrap_or(w);
            bias = gives.remove("bias").unwrap_or(bias);
            y = gives.remove("output").or(if is_changed { None } else { y });
        }
        match y {
            Some(y) => Ok(y),
            None => self.program.push(Op::Linear, &[x, w, bias]),
        }
    }

    /// Word embeddings with their grafts: `token×[]` → `token×[hidden]`.
    ///
    /// # Errors
    /// A graft that does not fit.
    pub fn embedding(&mut self, module: &str, ids: Id, vocab: usize, hidden: usize) -> Result<Id> {
        let site = self.site(module, SiteKind::Embedding, "embeddings.word", None, ids, &[("out", hidden)]);
        let w = self.base(&format!("{module}.weight"), &[vocab, hidden]);
        let mut y = self.program.push_plan(PlanOp::Gather, &[w, ids])?;
        for graft in self.grafts(&site) {
            let sees = Environment::from([("ids".into(), ids), ("w".into(), w), ("y".into(), y)]);
            y = self.insert(graft, &site, sees)?.remove("output").unwrap_or(y);
        }
        Ok(y)
    }

    /// A layer norm with its grafts.
    ///
    /// # Errors
    /// A graft that does not fit.
    pub fn norm(
        &mut self,
        module: &str,
        role: &str,
        layer: Option<usize>,
        x: Id,
        hidden: usize,
        eps: f64,
    ) -> Result<Id> {
        let site = self.site(module, SiteKind::Norm, role, layer, x, &[]);
        let mut w = self.base(&format!("{module}.weight"), &[hidden]);
        let mut bias = self.base(&format!("{module}.bias"), &[hidden]);
        for graft in self.grafts(&site) {
            let mut gives = self.insert(graft, &site, Environment::from([("w".into(), w), ("bias".into(), bias)]))?;
            w = gives.remove("weight").unwrap_or(w);
            bias = gives.remove("bias").unwrap_or(bias);
        }
        self.program.push_plan(PlanOp::LayerNorm { eps }, &[x, w, bias])
    }

    /// norm(r + y), with grafts on the branch y.
    ///
    /// # Errors
    /// A graft that does not fit.
    #[allow(clippy::too_many_arguments, reason = "names of two modules and three values make a sublayer")]
    pub fn sublayer(
        &mut self,
        module: &str,
        norm: &str,
        role: &str,
        layer: usize,
        r: Id,
        y: Id,
        config: &Config,
    ) -> Result<Id> {
        let site = self.site(module, SiteKind::Sublayer, role, Some(layer), y, &[]);
        let role = format!("{role}.norm");
        let mut y = y;
        for graft in self.grafts(&site) {
            let mut sees = Environment::from([("r".into(), r), ("y".into(), y)]);
            if uses(graft, "z") {
                let sum = self.add(r, y)?;
                sees.insert("z".into(), self.norm(norm, &role, Some(layer), sum, config.hidden, config.eps)?);
            }
            y = self.insert(graft, &site, sees)?.remove("output").unwrap_or(y);
        }
        let sum = self.add(r, y)?;
        self.norm(norm, &role, Some(layer), sum, config.hidden, config.eps)
    }

    /// Attention with the grafts on its keys and values; `x` is what they were made of.
    ///
    /// # Errors
    /// A graft that does not fit.
    pub fn attention(
        &mut self,
        module: &str,
        layer: usize,
        x: Id,
        qkv: [Id; 3],
        heads: usize,
        dropout: f64,
    ) -> Result<Id> {
        let site = self.site(module, SiteKind::Attention, "attention", Some(layer), x, &[]);
        let mut prefix: Option<(Id, Id)> = None;
        for graft in self.grafts(&site) {
            let gives = self.insert(graft, &site, Environment::from([("x".into(), x)]))?;
            let (mut k, mut v) = (gives["k_rows"], gives["v_rows"]);
            if let Some((k_before, v_before)) = prefix {
                k = self.program.push_plan(PlanOp::Concat { axis: -2 }, &[k_before, k])?;
                v = self.program.push_plan(PlanOp::Concat { axis: -2 }, &[v_before, v])?;
            }
            prefix = Some((k, v));
            self.added.shift = graft.at.positions;
        }
        let random = self.program.random_site();
        match prefix {
            None => self.program.push(Op::Attention { heads, dropout, site: random }, &qkv),
            Some((k_rows, v_rows)) => {
                let n = self.program.kind(k_rows).shape[0];
                let [q, k, v] = qkv;
                let op = RowsOp::Attention(Prefixed { heads, dropout, site: random, n });
                self.program.push(Op::Rows(op), &[q, k, v, k_rows, v_rows])
            }
        }
    }

    /// The rows of a prompt in their places, if a graft puts them here; `embeddings` names the module of
    /// the word embeddings.
    ///
    /// # Errors
    /// A graft that does not fit.
    pub fn prompt(&mut self, embeddings: &str, place: Place, x: Id) -> Result<Id> {
        let mut site = self.site("prompt", SiteKind::Prompt, "prompt", None, x, &[]);
        site.rows = Rows::Sequence;
        let Some(graft) = self.grafts(&site).into_iter().find(|graft| graft.at.place == place) else { return Ok(x) };
        let words = format!("{embeddings}.weight");
        let known = self.parameters.iter().find(|p| p.name == words);
        let w = known.map(|p| p.id).ok_or_else(|| Error::Program(format!("a prompt before `{words}`")))?;
        let rows = self.insert(graft, &site, Environment::from([("w".into(), w)]))?["rows"];
        let n = self.program.kind(rows).shape[0];
        self.added = Added { rows: n, have_positions: place == Place::WordEmbeddings, shift: graft.at.positions };
        self.program.push(Op::Rows(RowsOp::Put(n)), &[x, rows])
    }

    /// The end of a layer, with grafts on its output.
    ///
    /// # Errors
    /// A graft that does not fit.
    pub fn block(&mut self, module: &str, layer: usize, x: Id, hidden: usize) -> Result<Id> {
        let site = self.site(module, SiteKind::Block, "block", Some(layer), x, &[("out", hidden)]);
        let mut y = x;
        for graft in self.grafts(&site) {
            let mut sees = Environment::from([("y".into(), y)]);
            for (name, input) in [("position", Input::Place), ("remaining", Input::Remaining)] {
                if uses(graft, name) {
                    sees.insert(name.to_owned(), self.program.input(input, Type::token([1])));
                }
            }
            y = self.insert(graft, &site, sees)?.remove("output").unwrap_or(y);
        }
        Ok(y)
    }

    fn site(
        &mut self,
        name: &str,
        kind: SiteKind,
        role: &str,
        layer: Option<usize>,
        at: Id,
        dims: &[(&str, usize)],
    ) -> Site {
        let mut all = self.dims.clone();
        all.extend(dims.iter().map(|(name, n)| ((*name).to_owned(), *n as i64)));
        all.extend(layer.map(|layer| ("layer".to_owned(), layer as i64)));
        let rows = rows_of(self, at);
        let site = Site { name: name.to_owned(), kind, role: role.to_owned(), layer, rows, dims: all };
        if !self.sites.iter().any(|known| known.name == site.name && known.kind == kind) {
            self.sites.push(site.clone());
        }
        site
    }
}

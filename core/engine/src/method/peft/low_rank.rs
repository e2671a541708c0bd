//! Low-rank methods as PEFT computes them. Source: PEFT 0.21 `tuners/{lora,adalora,loha,lokr,hira,vera}`.

use super::read::Folder;
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{At, Dim, GraftBuilder, Init, Parameter, Plan, Select, SiteKind, Value};

/// A parameter of the graft under PEFT's key.
fn parameter<'g>(graft: &'g GraftBuilder, name: &'static str, shape: &[Dim], key: &str) -> Value<'g> {
    graft.parameter(name, shape).key(&peft_key(key)).add()
}

/// A number of a scale as it can be compared.
fn bits(number: f64) -> u64 {
    number.to_bits()
}

/// First values of LoRA that change the base's weights too: PEFT makes them anew when it opens such a folder.
const CHANGE_THE_BASE: [&str; 5] = ["pissa", "olora", "corda", "loftq", "lora_ga"];

fn leaves_the_base(of: &Folder<'_>) -> Result<(), String> {
    let begins = of.text("init_lora_weights");
    match CHANGE_THE_BASE.iter().any(|known| begins.starts_with(known)) {
        true => Err(format!(
            "init_lora_weights: expected weights beside the base's own, found `{begins}`, which changes those too; save the \
             adapter with PEFT's `save_pretrained(…, path_initial_model_for_weight_conversion=…)`"
        )),
        false => Ok(()),
    }
}

/// y + s·drop(x)AᵀBᵀ, with DoRA's magnitude and the biases where there are any.
pub(super) fn lora(of: &Folder<'_>) -> Result<Plan, String> {
    leaves_the_base(of)?;
    let mut plan = Plan::new("lora");
    let scale = |site: &str, rank: usize| {
        let is_root = of.config["use_rslora"].as_bool() == Some(true);
        let rank = if is_root { (rank as f64).sqrt() } else { rank as f64 };
        Ok::<_, String>(of.number_at("lora_alpha", "alpha_pattern", site)? / rank)
    };
    let key = |site: &str| {
        let [rank, _] = of.shape(site, "lora_A.weight")?;
        let scale = scale(site, rank)?;
        let has = |name| of.has(site, name);
        let extras = [has("lora_magnitude_vector"), has("lora_B.bias"), has("base_layer.bias")];
        Ok((rank, bits(scale), extras))
    };
    let dropout = of.config["lora_dropout"].as_f64().unwrap_or(0.0);
    let embedding = of.sites(SiteKind::Embedding, "lora_embedding_A");
    let linear = match of.sites(SiteKind::Linear, "lora_A.weight") {
        Err(_) if embedding.is_ok() => Vec::new(),
        found => found?,
    };
    for (number, ((rank, scale, extras), at)) in of.groups(linear, key)?.into_iter().enumerate() {
        let [has_magnitude, has_up_bias, has_bias] = extras;
        let (scale, rank) = (f64::from_bits(scale), Dim::from(rank));
        let graft = GraftBuilder::at(&format!("lora-{number}"), at);
        let a = parameter(&graft, "A", &[rank.clone(), "in".into()], "lora_A.weight");
        let b = parameter(&graft, "B", &["out".into(), rank], "lora_B.weight");
        let x = graft.x().dropout(dropout);
        let mut update = x.matmul_t(a).matmul_t(b);
        if has_up_bias {
            update = update + parameter(&graft, "b", &["out".into()], "lora_B.bias");
        }
        let mut y = graft.y();
        if has_bias {
            y = y - graft.site("bias") + parameter(&graft, "own", &["out".into()], "base_layer.bias");
        }
        if has_magnitude {
            let m = parameter(&graft, "m", &["out".into()], "lora_magnitude_vector");
            let k = m / (graft.w() + b.matmul(a) * scale).norm(-1).reshape(&["out"]).stop_gradient();
            y = y + (k - 1.0) * x.matmul_t(graft.w());
            update = k * update;
        }
        graft.gives("output", y + update * scale);
        plan = plan.graft(graft);
    }
    if let Ok(sites) = embedding {
        let [rank, _] = of.shape(&sites[0], "lora_embedding_A")?;
        let scale = scale(&sites[0], rank)?;
        let graft = GraftBuilder::at("embedding", At::new(SiteKind::Embedding, Select::Many(sites)));
        let a = parameter(&graft, "A", &[rank.into(), "vocab".into()], "lora_embedding_A");
        let b = parameter(&graft, "B", &["hidden".into(), rank.into()], "lora_embedding_B");
        let rows = a.transpose(-1, -2).gather(graft.site("ids"));
        graft.gives("output", graft.y() + rows.matmul_t(b) * scale);
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// y + α/(r₀ + 10⁻⁵)·drop(x)(A ⊙ E)ᵀBᵀ, r₀ the rank before training: PEFT writes the directions that are left, and goes on
/// dividing by all. Of some layers none are left.
pub(super) fn adalora(of: &Folder<'_>) -> Result<Plan, String> {
    let mut plan = Plan::new("adalora");
    let rank = |site: &str| of.shape(site, "lora_E").map(|[rank, _]| rank);
    let (alpha, dropout) = (of.number("lora_alpha")?, of.config["lora_dropout"].as_f64().unwrap_or(0.0));
    let scale = alpha / (of.number("init_r")? + 1e-5);
    let groups = of.groups(of.sites(SiteKind::Linear, "lora_E")?, rank)?;
    for (rank, at) in groups.into_iter().filter(|(rank, _)| *rank > 0) {
        let graft = GraftBuilder::at(&format!("adalora-{rank}"), at);
        let a = parameter(&graft, "A", &[rank.into(), "in".into()], "lora_A");
        let b = parameter(&graft, "B", &["out".into(), rank.into()], "lora_B");
        let e = parameter(&graft, "E", &[rank.into(), 1usize.into()], "lora_E");
        let update = graft.x().dropout(dropout).matmul_t(a * e).matmul_t(b);
        graft.gives("output", graft.y() + update * scale);
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// w + α/r·(w1a·w1b) ⊙ (w2a·w2b)
pub(super) fn loha(of: &Folder<'_>) -> Result<Plan, String> {
    let mut plan = Plan::new("loha");
    let key = |site: &str| {
        let [_, rank] = of.shape(site, "hada_w1_a")?;
        Ok((rank, bits(of.number_at("alpha", "alpha_pattern", site)? / rank as f64)))
    };
    for (number, ((rank, scale), at)) in
        of.groups(of.sites(SiteKind::Linear, "hada_w1_a")?, key)?.into_iter().enumerate()
    {
        let graft = GraftBuilder::at(&format!("loha-{number}"), at);
        let (tall, wide): ([Dim; 2], [Dim; 2]) = (["out".into(), rank.into()], [rank.into(), "in".into()]);
        let one = parameter(&graft, "w1_a", &tall, "hada_w1_a").matmul(parameter(&graft, "w1_b", &wide, "hada_w1_b"));
        let two = parameter(&graft, "w2_a", &tall, "hada_w2_a").matmul(parameter(&graft, "w2_b", &wide, "hada_w2_b"));
        graft.gives("weight", graft.w() + one * two * f64::from_bits(scale));
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// y + α/r·vec(W₁ X W₂ᵀ), W₂ whole or of two factors.
pub(super) fn lokr(of: &Folder<'_>) -> Result<Plan, String> {
    let mut plan = Plan::new("lokr");
    let key = |site: &str| {
        if !of.has(site, "lokr_w1") {
            return Err("lokr_w1: expected it whole, found factors".to_owned());
        }
        let there = |name: &str| of.has(site, name).then(|| of.shape::<2>(site, name)).transpose();
        Ok((
            of.shape::<2>(site, "lokr_w1")?,
            there("lokr_w2")?,
            [there("lokr_w2_a")?, there("lokr_w2_b")?],
            bits(of.number_at("alpha", "alpha_pattern", site)?),
            of.number_at("r", "rank_pattern", site)? as u64,
        ))
    };
    for (number, ((one, whole, factors, alpha, rank), at)) in
        of.groups(of.sites(SiteKind::Linear, "lokr_w1")?, key)?.into_iter().enumerate()
    {
        let graft = GraftBuilder::at(&format!("lokr-{number}"), at);
        let dims = |shape: &[usize]| shape.iter().map(|&n| Dim::from(n)).collect::<Vec<_>>();
        let w1 = parameter(&graft, "w1", &dims(&one), "lokr_w1");
        let (w2, d) = match (whole, factors) {
            (Some(shape), _) => (parameter(&graft, "w2", &dims(&shape), "lokr_w2"), shape[1]),
            (None, [Some(a), Some(b)]) => {
                let left = parameter(&graft, "w2_a", &dims(&a), "lokr_w2_a");
                (left.matmul(parameter(&graft, "w2_b", &dims(&b), "lokr_w2_b")), b[1])
            }
            _ => return Err("expected lokr_w2, or lokr_w2_a and lokr_w2_b, found neither".to_owned()),
        };
        let right = graft.x().reshape(&[one[1], d]).matmul_t(w2).transpose(-1, -2);
        let update = right.matmul_t(w1).transpose(-1, -2).reshape(&["out"]);
        graft.gives("output", graft.y() + update * (f64::from_bits(alpha) / rank as f64));
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// w + w ⊙ (B A)
pub(super) fn hira(of: &Folder<'_>) -> Result<Plan, String> {
    let mut plan = Plan::new("hira");
    let rank = |site: &str| of.shape(site, "hira_A").map(|[rank, _]| rank);
    for (rank, at) in of.groups(of.sites(SiteKind::Linear, "hira_A")?, rank)? {
        let graft = GraftBuilder::at(&format!("hira-{rank}"), at);
        let a = parameter(&graft, "A", &[rank.into(), "in".into()], "hira_A");
        let b = parameter(&graft, "B", &["out".into(), rank.into()], "hira_B");
        graft.gives("weight", graft.w() + graft.w() * b.matmul(a));
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// y + b ⊙ (d ⊙ (drop(x)Aᵀ))Bᵀ with the A and B of all layers.
pub(super) fn vera(of: &Folder<'_>) -> Result<Plan, String> {
    let shared = |name: &str, key: &str| {
        let tensor = of.tensors.get(key);
        let tensor = tensor.ok_or_else(|| format!("expected `{key}` (save_projection), found none"))?;
        let &[rows, columns] = tensor.dims() else {
            return Err(format!("`{key}`: expected a matrix, found {:?}", tensor.dims()));
        };
        let dims = [Dim::from(rows), Dim::from(columns)];
        Ok::<_, String>(Parameter::new(name, &dims).init(Init::Zeros).key(key).frozen())
    };
    let (a, b) = (shared("A", "base_model.vera_A")?, shared("B", "base_model.vera_B")?);
    let rank = a.shape[0].clone();
    let at = At::new(SiteKind::Linear, Select::Many(of.sites(SiteKind::Linear, "vera_lambda_b")?));
    let graft = GraftBuilder::at("vera", at);
    let scale = parameter(&graft, "b", &["out".into()], "vera_lambda_b");
    let d = parameter(&graft, "d", &[rank], "vera_lambda_d");
    let down = graft.site("A").narrow(-1, 0, "in");
    let up = graft.site("B").narrow(-2, 0, "out");
    let x = graft.x().dropout(of.config["vera_dropout"].as_f64().unwrap_or(0.0));
    graft.gives("output", graft.y() + (x.matmul_t(down) * d).matmul_t(up) * scale);
    Ok(Plan::new("vera").share(a).share(b).graft(graft))
}

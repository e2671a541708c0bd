//! Scales, rotations, norms, tokens, prompts and prefixes as PEFT computes them. Source: PEFT 0.21
//! `tuners/{ia3,road,oft,ln_tuning,trainable_tokens,prompt_tuning,p_tuning,prefix_tuning}`.

use super::read::Folder;
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{At, Dim, GraftBuilder, Init, Parameter, Plan, Select, SiteKind};

/// y ⊙ l, or x ⊙ l where l is a row.
pub(super) fn ia3(of: &Folder<'_>) -> Result<Plan, String> {
    let mut plan = Plan::new("ia3");
    let is_row = |site: &str| of.shape(site, "ia3_l").map(|[rows, _]| rows == 1);
    for (is_row, at) in of.groups(of.sites(SiteKind::Linear, "ia3_l")?, is_row)? {
        let (name, what, width) = if is_row { ("feedforward", "input", "in") } else { ("attention", "output", "out") };
        let shape: [Dim; 2] = if is_row { [1usize.into(), "in".into()] } else { ["out".into(), 1usize.into()] };
        let graft = GraftBuilder::at(name, at);
        let l = graft.parameter("l", &shape).key(&peft_key("ia3_l")).add().reshape(&[width]);
        graft.gives(what, if is_row { graft.x() * l } else { graft.y() * l });
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// Rotated and scaled pairs of outputs.
pub(super) fn road(of: &Folder<'_>) -> Result<Plan, String> {
    let group = of.number("group_size")? as usize;
    if group < 2 || !group.is_multiple_of(2) {
        return Err(format!("group_size: expected an even number, found {}", of.config["group_size"]));
    }
    let each = match of.text("variant").as_str() {
        "road_1" => 1,
        "road_2" => 2,
        other => return Err(format!("variant: expected road_1 or road_2, found `{other}`")),
    };
    let mut plan = Plan::new("road");
    let count = |site: &str| of.shape(site, "road_theta").map(|[count]| count);
    for (count, at) in of.groups(of.sites(SiteKind::Linear, "road_theta")?, count)? {
        let (groups, half) = (2 * count / each / group, group / 2);
        let graft = GraftBuilder::at(&format!("road-{count}"), at);
        let theta = graft.parameter("theta", &[count]).key(&peft_key("road_theta")).add();
        let alpha = graft.parameter("alpha", &[count]).key(&peft_key("road_alpha")).add();
        let along = (theta.cos() * alpha).reshape(&[groups, each, half]);
        let across = (theta.sin() * alpha).reshape(&[groups, each, half]);
        let y = graft.y().reshape(&[groups, 2, half]);
        let turned = (-y.narrow(-2, 1, 1usize)).concat(y.narrow(-2, 0, 1usize), -2);
        graft.gives("output", (y * along + turned * across).reshape(&["out"]));
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// Numbers of one of OFT's blocks: of a side of 4,096.
const MOST_OF_A_BLOCK: usize = 4096 * 4095 / 2;

/// x(I + 2Q + 2Q² + 2Q³ + Q⁴), block by block.
pub(super) fn oft(of: &Folder<'_>) -> Result<Plan, String> {
    ["coft", "block_share"].iter().try_for_each(|key| of.is_off(key))?;
    let terms = of.config["num_cayley_neumann_terms"].as_f64().unwrap_or(5.0);
    if of.config["use_cayley_neumann"].as_bool() == Some(false) || terms != 5.0 {
        return Err("use_cayley_neumann: expected true with 5 terms, found another".to_owned());
    }
    let mut plan = Plan::new("oft");
    let shape = |site: &str| of.shape::<2>(site, "oft_R.weight");
    for ([blocks, numbers], at) in of.groups(of.sites(SiteKind::Linear, "oft_R.weight")?, shape)? {
        if blocks == 0 || numbers > MOST_OF_A_BLOCK {
            return Err(format!(
                "oft_R.weight: expected blocks of at most {MOST_OF_A_BLOCK} numbers, found {blocks} of {numbers}"
            ));
        }
        let b = (2..).find(|b| b * (b - 1) / 2 >= numbers).unwrap_or(2);
        let graft = GraftBuilder::at(&format!("oft-{blocks}"), at);
        let v = graft.parameter("v", &[blocks, numbers]).key(&peft_key("oft_R.weight")).add();
        let mut places = vec![numbers as f32; b * b];
        let above = (0..b).flat_map(|row| (row + 1..b).map(move |column| row * b + column));
        above.enumerate().for_each(|(number, at)| places[at] = number as f32);
        let places = graft.parameter("places", &[b, b]).init(Init::Values(places)).frozen().unsaved().add();
        let padded = v.transpose(-1, -2).concat(graft.fill(0.0, &[1, blocks]), -2);
        let u = padded.gather(places).transpose(-1, -3).transpose(-1, -2);
        let q = u - u.transpose(-1, -2);
        let x = graft.x().reshape(&[blocks, b]);
        let once = x.matmul_blocks(q);
        let twice = once.matmul_blocks(q);
        let thrice = twice.matmul_blocks(q);
        graft.gives("input", (x + (once + twice + thrice) * 2.0 + thrice.matmul_blocks(q)).reshape(&["in"]));
        plan = plan.graft(graft);
    }
    Ok(plan)
}

/// New scale and shift of norms.
pub(super) fn norm(of: &Folder<'_>) -> Result<Plan, String> {
    let at = At::new(SiteKind::Norm, Select::Many(of.sites(SiteKind::Norm, "ln_tuning_layers.weight")?));
    let graft = GraftBuilder::at("norm", at);
    for (name, what) in [("g", "weight"), ("b", "bias")] {
        let key = peft_key(&format!("ln_tuning_layers.{what}"));
        graft.gives(what, graft.parameter(name, &["hidden"]).key(&key).add());
    }
    Ok(Plan::new("norm").graft(graft))
}

/// New embeddings of the tokens in `token_indices`.
pub(super) fn tokens(of: &Folder<'_>) -> Result<Plan, String> {
    let ids: Option<Vec<f32>> = of.config["token_indices"]
        .as_array()
        .and_then(|ids| ids.iter().map(|id| id.as_u64().map(|id| id as f32)).collect());
    let ids = ids.ok_or_else(|| format!("token_indices: expected a list, found {}", of.config["token_indices"]))?;
    let n = ids.len();
    let at = At::new(SiteKind::Embedding, Select::Many(of.sites(SiteKind::Embedding, "trainable_tokens_delta")?));
    let graft = GraftBuilder::at("tokens", at);
    let t = graft.parameter("t", &[n.into(), "hidden".into()] as &[Dim]).key(&peft_key("trainable_tokens_delta")).add();
    let table = |name, values| graft.parameter(name, &[n]).init(Init::Values(values)).frozen().unsaved().add();
    let chosen = table("chosen", ids);
    let numbers = table("numbers", (1..=n).map(|number| number as f32).collect());
    let number = numbers.scatter(chosen, &["vocab"]).gather(graft.site("ids"));
    let rows = graft.fill(0.0, &[1usize.into(), "hidden".into()] as &[Dim]).concat(t, -2);
    let is_chosen = graft.fill(0.0, &[1usize]).less(number.reshape(&[1usize]));
    graft.gives("output", is_chosen.select(rows.gather(number), graft.y()));
    Ok(Plan::new("tokens").graft(graft))
}

/// The saved rows of a prompt.
fn embeddings(of: &Folder<'_>) -> Result<[usize; 2], String> {
    match of.tensors.get("prompt_embeddings").map(|tensor| tensor.dims()) {
        Some(&[rows, width]) => Ok([rows, width]),
        other => Err(format!("prompt_embeddings: expected a matrix, found {other:?}")),
    }
}

/// Rows before the embedded words.
pub(super) fn prompt(of: &Folder<'_>) -> Result<Plan, String> {
    let [rows, _] = embeddings(of)?;
    let at = At::new(SiteKind::Prompt, Select::Many(vec!["prompt".to_owned()]));
    let graft = GraftBuilder::at("prompt", at);
    graft.gives("rows", graft.parameter("t", &[rows.into(), "hidden".into()] as &[Dim]).key("prompt_embeddings").add());
    Ok(Plan::new("prompt").graft(graft))
}

/// Keys and values before those of the words, whose positions they shift.
pub(super) fn prefix(of: &Folder<'_>) -> Result<Plan, String> {
    let [rows, width] = embeddings(of)?;
    let sites = of.map.sites.iter().filter(|site| site.kind == SiteKind::Attention);
    let at = At::new(SiteKind::Attention, Select::Many(sites.map(|site| site.name.clone()).collect())).shift(rows);
    let graft = GraftBuilder::at("prefix", at);
    let table = graft.site("table");
    let own = table.reshape(&[rows.into(), "layers".into(), 2usize.into(), "kv".into()] as &[Dim]).index(-3, "layer");
    graft.gives("k_rows", own.index(-2, 0usize));
    graft.gives("v_rows", own.index(-2, 1usize));
    Ok(Plan::new("prefix").share(Parameter::new("table", &[rows, width]).key("prompt_embeddings")).graft(graft))
}

//! The C tables of this very process, called as those of a library: both sides of the contract run in one program,
//! where Miri can watch every pointer of it (CONTRIBUTING, *Watch pointers and hostile input*).

use super::load::Library;
use engraft_plugin::abi;
use engraft_plugin::kind::augmenter::{Augmenter, Body, Hole, Holes, Variation, Work};
use engraft_plugin::kind::domain::DomainAdapter;
use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::metric::{Metric, Score, Tally};
use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Kind, Plugin, Setting};
use engraft_plugin::plan::{ModelMap, Plan};
use engraft_plugin::register::{Instance, linked};
use engraft_plugin::text::{
    Example, ExampleBuf, Pair, Prediction, PredictionBuf, Row, RowBuf, ScoredLabelBuf, ScoredSpanBuf, SpanBuf, Views,
};
use engraft_plugin::{Edits, Error, Failure, Random, Result, Task, TaskKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// The function that panics.
    panics: String,
}

/// One plugin of every kind that says back what it was handed; what has an empty text it refuses.
struct Echo(Settings);

impl Echo {
    fn hears(&self, function: &str, text: &str) -> Result<()> {
        assert!(self.0.panics != function, "in {function}");
        if text.is_empty() { Err(Error::new("echo.silence", "nothing was said")) } else { Ok(()) }
    }
}

impl Plugin for Echo {
    type Settings = Settings;
    fn about() -> About {
        About { id: "echo", summary: "Says it back.", examples: Vec::new() }
    }
    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        let this = Self(settings);
        this.hears("open", "a word")?;
        Ok(this)
    }
}

impl Preprocessor for Echo {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        self.hears("clean", example.text())?;
        let mut edits = Edits::none();
        for span in example.spans() {
            edits.replace(span.start()..span.end(), span.label());
        }
        Ok(edits)
    }
}

impl Augmenter for Echo {
    fn augment(&self, example: &Example<'_>, random: &mut Random) -> Result<Vec<Variation>> {
        self.hears("augment", example.text())?;
        let drawn = format!("{} {}", example.text(), random.below(1000));
        let body = Body::Rewrite { text: drawn, spans: example.to_buf().spans };
        let labels = Some(example.labels().map(str::to_owned).collect());
        let hole = Hole::at(7..9).temperature(0.5).top_k(3).exclude(["no", "never"]);
        let holes = Holes::from(vec![hole, Hole::at(9..9)]).beside(self.clean(example)?).variants(2);
        Ok(vec![Variation::edits(self.clean(example)?), Variation { body, labels }, Variation::holes(holes)])
    }
}

impl DomainAdapter for Echo {
    fn task(&self) -> Task {
        assert!(self.0.panics != "task", "in task");
        Task::new(TaskKind::Tokens, ["Disease"])
    }
    fn adapt(&self, row: &Row<'_>) -> Result<Vec<ExampleBuf>> {
        self.hears("adapt", row.id())?;
        let fields = row.fields().iter().map(|field| (field.name().to_owned(), field.value().to_owned())).collect();
        Ok(vec![ExampleBuf { fields, ..example(row.id()) }])
    }
    fn rules(&self, example: &Example<'_>) -> Result<Option<PredictionBuf>> {
        self.hears("rules", example.text())?;
        let scored = |span: SpanBuf| ScoredSpanBuf { span, score: 0.5 };
        let spans = example.to_buf().spans.into_iter().map(scored).collect();
        Ok((example.id() != "none").then(|| PredictionBuf { spans, ..PredictionBuf::default() }))
    }
    fn refine(&self, example: &Example<'_>, prediction: Prediction<'_>) -> Result<PredictionBuf> {
        self.hears("refine", example.text())?;
        Ok(prediction.to_buf())
    }
}

impl Metric for Echo {
    fn tally(&self, pair: &Pair<'_>) -> Result<Vec<f64>> {
        self.hears("tally", pair.gold().text())?;
        Ok(vec![pair.gold().spans().len() as f64, pair.predicted().spans().len() as f64])
    }
    fn scores(&self, rows: &[Tally<'_>]) -> Result<Vec<Score>> {
        self.hears("scores", "a word")?;
        Ok(vec![Score::lower("rows", rows.iter().map(|row| row.as_slice().iter().sum::<f64>()).sum())])
    }
}

impl Method for Echo {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        self.hears("plan", "a word")?;
        Ok(Plan::new(format!("echo of {} sites", model.sites.len())))
    }
}

engraft_plugin::register!(preprocessor Echo, augmenter Echo, domain Echo, metric Echo, method Echo);

/// An example with everything in it.
fn example(id: &str) -> ExampleBuf {
    ExampleBuf {
        id: id.to_owned(),
        text: "痛风 or gout?".to_owned(),
        spans: vec![SpanBuf::new(0, 6, "Disease"), SpanBuf::new(10, 14, "Disease")],
        labels: vec!["question".to_owned(), String::new()],
        fields: vec![("source".to_owned(), "a letter".to_owned())],
    }
}

fn prediction() -> PredictionBuf {
    PredictionBuf {
        spans: vec![ScoredSpanBuf { span: SpanBuf::new(10, 14, "Disease"), score: 0.25 }],
        labels: vec![ScoredLabelBuf { label: "question".to_owned(), score: 0.75 }],
        text: Some("gout".to_owned()),
        fields: vec![("code".to_owned(), "M10".to_owned())],
    }
}

/// All that a plugin says in one batch of two, the second of which it refuses.
fn answers(instance: &Instance) -> String {
    let examples = [example("1"), ExampleBuf { text: String::new(), spans: Vec::new(), ..example("none") }];
    let (views, rows) =
        (Views::examples(&examples), ["1", ""].map(|id| RowBuf { id: id.to_owned(), fields: example("").fields }));
    let views = views.as_slice();
    let prediction = prediction();
    let predictions = Views::predictions([&prediction]);
    match instance {
        Instance::Preprocessor(plugin) => format!("{:?}", plugin.clean_batch(views)),
        Instance::Augmenter(plugin) => {
            let work: Vec<Work<'_>> = views.iter().map(|&example| Work { example, seed: 7 }).collect();
            format!("{:?}", plugin.augment_batch(&work))
        }
        Instance::Domain(plugin) => format!(
            "{:?} {:?} {:?} {:?}",
            plugin.task(),
            plugin.adapt_batch(Views::rows(&rows).as_slice()),
            plugin.rules_batch(views),
            plugin.refine_batch(&[(views[0], predictions.as_slice()[0])]),
        ),
        Instance::Metric(plugin) => {
            let pairs = Views::pairs(examples.iter().map(|gold| (gold, &prediction)));
            let tallies = plugin.tally_batch(pairs.as_slice());
            let rows = [vec![1.0, 2.0], vec![0.5]];
            let rows: Vec<Tally<'_>> = rows.iter().map(|row| Tally::new(row)).collect();
            format!("{tallies:?} {:?}", plugin.score_rows(&rows))
        }
        Instance::Method(plugin) => format!("{:?}", plugin.plan_for(&engraft_testkit::tiny_bert())),
    }
}

/// The plugin of a kind, opened through the tables.
fn through(kind: Kind, settings: &str) -> Result<Instance> {
    let library = Library::of(abi::own()).expect("this process is as good as a library");
    let about = library.describe().expect("it describes itself").into_iter().find(|about| about.kind == kind);
    let opener = library.opener(&about.expect("one of each kind is registered")).expect("its kind has a table");
    opener(settings, &setting())
}

fn setting() -> Setting {
    Setting { task: Some(Task::new(TaskKind::Tokens, ["Disease"])) }
}

#[test]
fn the_tables_answer_as_the_plugins_behind_them_do() {
    for kind in Kind::ALL {
        let registered = linked().find(|one| (one.describe)().kind == kind).expect("it is registered");
        let direct = answers(&(registered.open)("{}", &setting()).expect("it opens"));
        assert_eq!(answers(&through(kind, "{}").expect("it opens")), direct, "{kind}");
        assert!(kind == Kind::Method || direct.contains("echo.silence"), "{kind}: {direct}");
    }
}

#[test]
fn a_panic_does_not_cross_the_tables() {
    for (kind, function) in [
        (Kind::Preprocessor, "clean"),
        (Kind::Augmenter, "augment"),
        (Kind::Domain, "task"),
        (Kind::Domain, "adapt"),
        (Kind::Domain, "rules"),
        (Kind::Domain, "refine"),
        (Kind::Metric, "tally"),
        (Kind::Metric, "scores"),
        (Kind::Method, "plan"),
    ] {
        let said = answers(&through(kind, &format!(r#"{{"panics":"{function}"}}"#)).expect("it opens"));
        let panic = format!("{:?}", Failure::Panic(format!("in {function}")));
        assert!(said.contains(&panic), "{kind} {function}: {said}");
    }
}

#[test]
fn settings_that_are_refused_or_panicked_at_open_nothing() {
    for (settings, expected) in [(r#"{"panics":"open"}"#, "in open"), (r#"{"unknown":1}"#, "unknown")] {
        for kind in Kind::ALL {
            let said = through(kind, settings).err().expect("it does not open").to_string();
            assert!(said.contains(expected), "{kind}: {said}");
        }
    }
}

//! The plugins that are linked into this binary: one line each. A crate that nothing `use`s is not linked
//! and would be silently absent, which the snapshot `tests/fixtures/plugins.txt` notices.

use engraft_host::{Catalogue, Result};

use engraft_augmenter_mention_swap as _;
use engraft_augmenter_synonym as _;
use engraft_domain_legal_clauses as _;
use engraft_domain_medical_ner as _;
use engraft_domain_sentiment as _;
use engraft_method_full as _;
use engraft_method_lora as _;
use engraft_metric_classification as _;
use engraft_metric_entity_f1 as _;
use engraft_metric_span_overlap as _;
use engraft_preprocessor_html_clean as _;
use engraft_preprocessor_whitespace as _;

/// All plugins that a run may name.
pub(crate) fn catalogue() -> Result<Catalogue> {
    Catalogue::linked()
}

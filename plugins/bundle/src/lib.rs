//! All plugins of this repository, one line each.
//!
//! `use engraft_bundle as _;` links them into a binary. Built with `--crate-type cdylib` they are one native
//! library, and with `--target wasm32-wasip2` one component: `engraft plugins check` compares the three.

use engraft_plugin::kind::{About, Plugin};

/// A linker leaves out what nothing refers to: a plugin that does not stand here would be silently absent, which the
/// snapshot `tests/fixtures/plugins.txt` notices.
#[used]
static PLUGINS: [fn() -> About; 47] = [
    engraft_domain_legal_clauses::LegalClauses::about,
    engraft_domain_medical_ner::MedicalNer::about,
    engraft_domain_sentiment::Sentiment::about,
    engraft_preprocessor_control::Control::about,
    engraft_preprocessor_dictionary::Dictionary::about,
    engraft_preprocessor_html_clean::HtmlClean::about,
    engraft_preprocessor_language::Language::about,
    engraft_preprocessor_numbers::Numbers::about,
    engraft_preprocessor_private::Private::about,
    engraft_preprocessor_template::Template::about,
    engraft_preprocessor_unicode::Unicode::about,
    engraft_preprocessor_whitespace::Whitespace::about,
    engraft_augmenter_chinese::Chinese::about,
    engraft_augmenter_contract::Contract::about,
    engraft_augmenter_edits::RandomEdits::about,
    engraft_augmenter_masked::Masked::about,
    engraft_augmenter_mention_swap::MentionSwap::about,
    engraft_augmenter_reorder::Reorder::about,
    engraft_augmenter_synonym::Synonym::about,
    engraft_augmenter_translated::Translated::about,
    engraft_augmenter_voice::Voice::about,
    engraft_method_adalora::Adalora::about,
    engraft_method_bitfit::Bitfit::about,
    engraft_method_bottleneck::Bottleneck::about,
    engraft_method_dora::Dora::about,
    engraft_method_full::Full::about,
    engraft_method_fusion::Fusion::about,
    engraft_method_hira::Hira::about,
    engraft_method_ia3::Ia3::about,
    engraft_method_layerwise::Layerwise::about,
    engraft_method_loha::Loha::about,
    engraft_method_lokr::Lokr::about,
    engraft_method_lora::Lora::about,
    engraft_method_norm::Norm::about,
    engraft_method_oft::Oft::about,
    engraft_method_p_tuning::PTuning::about,
    engraft_method_prefix::Prefix::about,
    engraft_method_prompt::Prompt::about,
    engraft_method_road::Road::about,
    engraft_method_router::Router::about,
    engraft_method_stack::Stack::about,
    engraft_method_tokens::Tokens::about,
    engraft_method_unipelt::Unipelt::about,
    engraft_method_vera::Vera::about,
    engraft_metric_classification::Classification::about,
    engraft_metric_entity_f1::EntityF1::about,
    engraft_metric_span_overlap::SpanOverlap::about,
];

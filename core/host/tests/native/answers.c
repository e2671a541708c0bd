/* One plugin of each kind that answers what the contract does not allow; the setting `do` says what. */
#include "engraft.h"

#include <math.h>
#include <stdlib.h>

static const char BAD[] = "bad \xff\xfe text";

static void *open_any(engraft_str id, const engraft_json *settings, const engraft_fail *fail) {
  engraft_str what = {NULL, 0};
  char *this;
  (void)id;
  settings->string(settings->host, engraft_text("do"), &what);
  if (engraft_same(what, engraft_text("bad-utf8-open"))) {
    fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("c.open"), engraft_text(BAD));
    return NULL;
  }
  if (engraft_same(what, engraft_text("silent-open"))) return NULL;
  this = calloc(32, 1);
  if (this != NULL) memcpy(this, what.data, what.len < 31 ? what.len : 31);
  return this;
}

static void close_any(void *self) { free(self); }

static int is(const void *self, const char *what) { return strcmp(self, what) == 0; }
static int starts(const void *self, const char *what) { return strncmp(self, what, strlen(what)) == 0; }

/* What every batch can do wrong. Item 0 is answered by `put`; more answers come by calling it again. */
static int batch_stops(const void *self, size_t count, const engraft_fail *fail, int32_t *answer) {
  *answer = 0;
  if (is(self, "nothing")) return 1;
  if (is(self, "status")) return *answer = 7, 1;
  if (is(self, "whole")) return fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("c.no"), engraft_text("no")), 1;
  if (is(self, "panic")) return fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("panic"), engraft_text("ouch")), *answer = 1, 1;
  if (is(self, "bad-utf8")) return fail->put(fail->host, 0, engraft_text("c.bad"), engraft_text(BAD)), 1;
  if (is(self, "bad-code")) return fail->put(fail->host, 0, engraft_text(BAD), engraft_text("why")), 1;
  if (is(self, "refuse-past-end")) return fail->put(fail->host, (uint32_t)count, engraft_text("c.no"), engraft_text("no")), 1;
  if (is(self, "refuse")) {
    size_t i;
    for (i = 0; i < count; i++) fail->put(fail->host, (uint32_t)i, engraft_text("c.no"), engraft_text("no"));
    return 1;
  }
  return 0;
}

/* ---- metric ---- */

static void *open_metric(engraft_str id, const engraft_json *settings, const engraft_json *task, const engraft_fail *fail) {
  (void)task;
  return open_any(id, settings, fail);
}

static int32_t tally(const void *self, const engraft_pair *batch, size_t count, const engraft_rows *rows, const engraft_fail *fail) {
  const double one = 1;
  int32_t answer;
  size_t i;
  (void)batch;
  if (batch_stops(self, count, fail, &answer)) return answer;
  if (is(self, "null-row")) return rows->put(rows->host, 0, NULL, 3);
  if (is(self, "endless-row")) return rows->put(rows->host, 0, &one, SIZE_MAX / 2);
  if (is(self, "odd-row")) return rows->put(rows->host, 0, (const double *)(const void *)((const char *)&one + 1), 1);
  for (i = 0; i < count; i++) rows->put(rows->host, (uint32_t)i, &one, 1);
  if (is(self, "twice")) return rows->put(rows->host, 0, &one, 1);
  if (is(self, "past-end")) return rows->put(rows->host, (uint32_t)count, &one, 1);
  if (is(self, "both")) fail->put(fail->host, 0, engraft_text("c.no"), engraft_text("no"));
  return 0;
}

static int32_t scores(const void *self, const engraft_tally *rows, size_t count, const engraft_scores *all, const engraft_fail *fail) {
  (void)rows, (void)count;
  if (is(self, "nan")) return all->put(all->host, engraft_text("f1"), (double)NAN, 1);
  if (is(self, "bad-name")) return all->put(all->host, engraft_text(BAD), 1, 1);
  if (is(self, "refuse-scores")) return fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("c.no"), engraft_text("no")), 1;
  if (is(self, "item-scores")) return fail->put(fail->host, 0, engraft_text("c.no"), engraft_text("no")), 0;
  return all->put(all->host, engraft_text("f1"), 1, 1);
}

static const engraft_metric_1 METRIC = {open_metric, tally, scores, close_any};

/* ---- preprocessor: the text is "no fièvre", whose bytes 5 and 6 are one character ---- */

static int32_t clean(const void *self, const engraft_example *batch, size_t count, const engraft_edits *edits, const engraft_fail *fail) {
  engraft_edit two[2] = {{0, 2, {"No", 2}}, {3, 4, {"F", 1}}};
  int32_t answer;
  size_t i;
  (void)batch;
  if (batch_stops(self, count, fail, &answer)) return answer;
  if (is(self, "outside")) two[1].end = 400;
  if (is(self, "backwards")) two[1].start = 4, two[1].end = 3;
  if (is(self, "inside-character")) two[1].start = 3, two[1].end = 6;
  if (is(self, "overlapping")) two[1].start = 1;
  if (is(self, "descending")) two[0].start = 7, two[0].end = 8;
  if (is(self, "bad-edit")) two[1].text = engraft_text(BAD);
  if (is(self, "null-edit")) two[1].text.data = NULL;
  for (i = 0; i < count; i++) edits->put(edits->host, (uint32_t)i, two, 2);
  return 0;
}

static const engraft_preprocessor_1 PREPROCESSOR = {open_any, clean, close_any};

/* ---- domain ---- */

static int32_t task(const void *self, const engraft_texts *texts, const engraft_fail *fail) {
  if (is(self, "no-task")) return 0;
  if (is(self, "two-tasks")) texts->put(texts->host, engraft_text("{\"kind\": \"tokens\", \"labels\": []}"));
  if (is(self, "bad-task")) return texts->put(texts->host, engraft_text("{\"kind\": \"songs\"}"));
  if (is(self, "refuse-task")) return fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("c.no"), engraft_text("no")), 1;
  return texts->put(texts->host, engraft_text("{\"kind\": \"tokens\", \"labels\": [\"A\"]}"));
}

static int32_t adapt(const void *self, const engraft_row *batch, size_t count, const engraft_examples *examples, const engraft_fail *fail) {
  engraft_example example;
  int32_t answer;
  size_t i;
  memset(&example, 0, sizeof example);
  if (batch_stops(self, count, fail, &answer)) return answer;
  if (is(self, "bad-example")) example.text = engraft_text(BAD);
  if (is(self, "null-spans")) example.span_count = 4;
  for (i = 0; i < count; i++) {
    example.id = batch[i].id;
    examples->put(examples->host, (uint32_t)i, &example, 1);
  }
  return 0;
}

static int32_t predict(const void *self, size_t count, const engraft_predictions *predictions, const engraft_fail *fail) {
  engraft_scored_span span = {{0, 2, {"A", 1}}, 1};
  engraft_prediction prediction;
  int32_t answer;
  size_t i;
  memset(&prediction, 0, sizeof prediction);
  if (batch_stops(self, count, fail, &answer)) return answer;
  if (is(self, "span-outside")) span.span.end = 400;
  if (is(self, "span-inside-character")) span.span.end = 6;
  if (is(self, "span-empty")) span.span.end = 0;
  if (is(self, "span-nan")) span.score = NAN;
  prediction.spans = &span;
  prediction.span_count = 1;
  for (i = 0; i < count; i++) predictions->put(predictions->host, (uint32_t)i, is(self, "none") ? NULL : &prediction);
  return 0;
}

static int32_t rules(const void *self, const engraft_example *batch, size_t count, const engraft_predictions *predictions, const engraft_fail *fail) {
  (void)batch;
  return predict(self, count, predictions, fail);
}

static int32_t refine(const void *self, const engraft_pair *batch, size_t count, const engraft_predictions *predictions, const engraft_fail *fail) {
  (void)batch;
  return predict(self, count, predictions, fail);
}

static const engraft_domain_1 DOMAIN_ADAPTER = {open_any, task, adapt, rules, refine, close_any};

/* ---- augmenter ---- */

static int32_t augment(const void *self, const engraft_work *batch, size_t count, const engraft_variations *all, const engraft_fail *fail) {
  const engraft_edit edit = {0, 400, {"", 0}};
  const engraft_span span = {0, 9, {"A", 1}};
  const engraft_str text = {"short", 5}, bad = {BAD, sizeof BAD - 1};
  const engraft_labels labels = {&bad, 1};
  engraft_hole hole = {0, 2, 1.0f, 0, NULL, 0};
  engraft_variation variation;
  int32_t answer;
  size_t i;
  (void)batch;
  memset(&variation, 0, sizeof variation);
  if (batch_stops(self, count, fail, &answer)) return answer;
  if (is(self, "outside")) variation.edits = &edit, variation.edit_count = 1;
  if (is(self, "rewrite-outside")) variation.text = &text, variation.spans = &span, variation.span_count = 1;
  if (is(self, "bad-labels")) variation.labels = &labels;
  if (is(self, "hole-outside")) hole.end = 400;
  if (is(self, "hole-nan")) hole.temperature = NAN;
  if (is(self, "hole-null")) hole.exclude_count = 3;
  if (is(self, "hole-words")) hole.exclude = &bad, hole.exclude_count = 1;
  if (is(self, "hole-in-text")) variation.text = &text;
  if (starts(self, "hole")) variation.holes = &hole, variation.hole_count = 1, variation.variants = 2;
  if (is(self, "hole-variants")) variation.variants = 4000000000u;
  for (i = 0; i < count; i++) all->put(all->host, (uint32_t)i, &variation, 1);
  return 0;
}

static const engraft_augmenter_1 AUGMENTER = {open_any, augment, close_any};

/* ---- method ---- */

static int32_t plan(const void *self, const engraft_json *model, const engraft_texts *texts, const engraft_fail *fail) {
  (void)model;
  if (is(self, "no-plan")) return 0;
  if (is(self, "refuse-plan")) return fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("c.no"), engraft_text("no")), 1;
  return texts->put(texts->host, engraft_text("{\"name\": 7}"));
}

static const engraft_method_0 METHOD = {open_any, plan, close_any};

/* ---- entry ---- */

#define ABOUT(kind, revision)                                                                                      \
  "{\"id\": \"hostile\", \"kind\": \"" kind "\", \"revision\": " revision ", \"version\": \"1.0.0\", \"license\": \"MIT\"," \
  " \"summary\": \"Means harm.\", \"settings\": {\"type\": \"object\", \"properties\": {\"do\": {\"type\": \"string\", \"default\": \"\"}}}}"

static int32_t describe(const engraft_texts *texts, const engraft_fail *fail) {
  (void)fail;
  texts->put(texts->host, engraft_text(ABOUT("metric", "1")));
  texts->put(texts->host, engraft_text(ABOUT("preprocessor", "1")));
  texts->put(texts->host, engraft_text(ABOUT("domain", "1")));
  texts->put(texts->host, engraft_text(ABOUT("augmenter", "1")));
  return texts->put(texts->host, engraft_text(ABOUT("method", "0")));
}

static const engraft_describe_1 DESCRIBE = {describe};

static const void *get_interface(engraft_str name) {
  if (engraft_same(name, engraft_text("engraft.describe/1"))) return &DESCRIBE;
  if (engraft_same(name, engraft_text("engraft.metric/1"))) return &METRIC;
  if (engraft_same(name, engraft_text("engraft.preprocessor/1"))) return &PREPROCESSOR;
  if (engraft_same(name, engraft_text("engraft.domain/1"))) return &DOMAIN_ADAPTER;
  if (engraft_same(name, engraft_text("engraft.augmenter/1"))) return &AUGMENTER;
  if (engraft_same(name, engraft_text("engraft.method/0"))) return &METHOD;
  return NULL;
}

const engraft_entry engraft_plugin = {
    ENGRAFT_MAGIC, sizeof(engraft_entry), ENGRAFT_REVISION, ENGRAFT_CATCHES, 0, get_interface};

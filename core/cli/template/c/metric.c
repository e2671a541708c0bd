/* {{name}}: the share of texts whose predicted spans are exactly the annotated ones.
 *
 * A metric in C through engraft.h, whole. A text is right when as many distinct spans are predicted as were
 * annotated, and each of them was. With the setting `label` only spans of that label count.
 */
#include "engraft.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
  engraft_str label; /* ours; empty: all labels */
  engraft_str name;  /* of the score; ours */
  double percent;    /* 100 or 1 */
} metric;

/* A copy that is ours, for what must live beyond the call. */
static int keep(engraft_str text, engraft_str *copy) {
  char *data = malloc(text.len + 1);
  if (data == NULL) return 0;
  if (text.len > 0) memcpy(data, text.data, text.len);
  copy->data = data;
  copy->len = text.len;
  return 1;
}

static void metric_close(void *self) {
  metric *this = self;
  free((void *)this->label.data);
  free((void *)this->name.data);
  free(this);
}

/* Whether the task has this label. */
static int is_of_task(const engraft_json *task, engraft_str label) {
  char path[32];
  engraft_str known;
  int at;
  for (at = 0;; at++) {
    snprintf(path, sizeof path, "labels.%d", at);
    if (task->string(task->host, engraft_text(path), &known) != 0) return 0;
    if (engraft_same(known, label)) return 1;
  }
}

static void *refuse(const engraft_fail *fail, const char *code, const char *message) {
  fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text(code), engraft_text(message));
  return NULL;
}

static void *metric_open(engraft_str id, const engraft_json *settings, const engraft_json *task, const engraft_fail *fail) {
  engraft_str label = {NULL, 0}, name = {NULL, 0};
  double percent = 0;
  metric *this;
  (void)id; /* the only one of this library */
  settings->string(settings->host, engraft_text("label"), &label);
  settings->string(settings->host, engraft_text("name"), &name);
  settings->number(settings->host, engraft_text("percent"), &percent);
  if (label.len > 0 && !is_of_task(task, label)) return refuse(fail, "settings.label", "`label` is no label of the task");
  this = calloc(1, sizeof *this);
  if (this == NULL) return refuse(fail, ENGRAFT_CODE_ANSWER, "out of memory");
  if (!keep(label, &this->label) || !keep(name, &this->name)) {
    metric_close(this);
    return refuse(fail, ENGRAFT_CODE_ANSWER, "out of memory");
  }
  this->percent = percent != 0 ? 100 : 1;
  return this;
}

static int counts(const metric *this, engraft_span span) {
  return this->label.len == 0 || engraft_same(this->label, span.label);
}

static int same(engraft_span a, engraft_span b) {
  return a.start == b.start && a.end == b.end && engraft_same(a.label, b.label);
}

static int annotated(const engraft_example *gold, engraft_span span) {
  size_t i;
  for (i = 0; i < gold->span_count; i++)
    if (same(gold->spans[i], span)) return 1;
  return 0;
}

static int predicted(const engraft_prediction *prediction, engraft_span span) {
  size_t i;
  for (i = 0; i < prediction->span_count; i++)
    if (same(prediction->spans[i].span, span)) return 1;
  return 0;
}

static int is_right(const metric *this, const engraft_pair *pair) {
  size_t i;
  for (i = 0; i < pair->gold.span_count; i++)
    if (counts(this, pair->gold.spans[i]) && !predicted(&pair->predicted, pair->gold.spans[i])) return 0;
  for (i = 0; i < pair->predicted.span_count; i++)
    if (counts(this, pair->predicted.spans[i].span) && !annotated(&pair->gold, pair->predicted.spans[i].span)) return 0;
  return 1;
}

static int32_t metric_tally(const void *self, const engraft_pair *batch, size_t count, const engraft_rows *rows,
                            const engraft_fail *fail) {
  size_t i;
  (void)fail; /* every pair can be scored */
  for (i = 0; i < count; i++) {
    double right = is_right(self, &batch[i]);
    int32_t stop = rows->put(rows->host, (uint32_t)i, &right, 1);
    if (stop != 0) return stop;
  }
  return 0;
}

static int32_t metric_scores(const void *self, const engraft_tally *rows, size_t count, const engraft_scores *scores,
                             const engraft_fail *fail) {
  const metric *this = self;
  double right = 0;
  size_t i;
  (void)fail;
  for (i = 0; i < count; i++) right += rows[i].values[0];
  return scores->put(scores->host, this->name, count > 0 ? this->percent * right / (double)count : 0, 1);
}

static const engraft_metric_1 METRIC = {metric_open, metric_tally, metric_scores, metric_close};

static const char DESCRIPTOR[] =
    "{\"id\": \"{{name}}\", \"kind\": \"metric\", \"revision\": 1, \"version\": \"0.1.0\", \"license\": \"MIT OR Apache-2.0\","
    " \"summary\": \"The share of texts whose spans are all right.\","
    " \"settings\": {\"type\": \"object\", \"additionalProperties\": false,"
    "  \"default\": {\"label\": \"\", \"name\": \"exact\", \"percent\": false},"
    "  \"properties\": {"
    "   \"label\": {\"type\": \"string\", \"default\": \"\", \"description\": \"Only spans of this label count; empty for all.\"},"
    "   \"name\": {\"type\": \"string\", \"default\": \"exact\", \"description\": \"The name of the score.\"},"
    "   \"percent\": {\"type\": \"boolean\", \"default\": false, \"description\": \"Counts to 100, not to 1.\"}}},"
    " \"examples\": [{\"title\": \"one text of two is right\","
    "  \"input\": {\"task\": {\"kind\": \"tokens\", \"labels\": [\"Disease\"]}, \"pairs\": ["
    "   {\"gold\": {\"text\": \"gout\", \"spans\": [{\"start\": 0, \"end\": 4, \"label\": \"Disease\"}]},"
    "    \"predicted\": {\"spans\": [{\"start\": 0, \"end\": 4, \"label\": \"Disease\"}]}},"
    "   {\"gold\": {\"text\": \"no gout\", \"spans\": [{\"start\": 3, \"end\": 7, \"label\": \"Disease\"}]}, \"predicted\": {}}]},"
    "  \"expect\": {\"exact\": 0.5}},"
    " {\"title\": \"in percent, under a name of its own\", \"settings\": {\"percent\": true, \"name\": \"right\"},"
    "  \"input\": {\"task\": {\"kind\": \"tokens\", \"labels\": [\"Disease\"]}, \"pairs\": [{\"gold\": {\"text\": \"well\"}, \"predicted\": {}}]},"
    "  \"expect\": {\"right\": 100}}]}";

static int32_t describe(const engraft_texts *texts, const engraft_fail *fail) {
  (void)fail;
  return texts->put(texts->host, engraft_text(DESCRIPTOR));
}

static const engraft_describe_1 DESCRIBE = {describe};

static const void *get_interface(engraft_str name) {
  if (engraft_same(name, engraft_text("engraft.describe/1"))) return &DESCRIBE;
  if (engraft_same(name, engraft_text("engraft.metric/1"))) return &METRIC;
  return NULL;
}

const engraft_entry engraft_plugin = {
    ENGRAFT_MAGIC, sizeof(engraft_entry), ENGRAFT_REVISION, ENGRAFT_CATCHES, 0, get_interface};

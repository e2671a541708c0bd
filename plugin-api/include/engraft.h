/* engraft.h: plugins as native libraries.
 *
 * A library exports one symbol, `engraft_plugin`. It is DATA: the host reads it from the file before it loads
 * the library. Through it the host asks for tables of functions by name and revision, `engraft.metric/1`.
 *
 * Ownership   Nothing changes owner. What a function is handed lives until the function returns. What a
 *             plugin hands to a sink is copied before the sink returns, and stays the plugin's. An instance is
 *             the plugin's: made by its `open`, freed by its `close`.
 * Text        UTF-8, with its length, without a closing NUL. NULL with length 0 is the empty text.
 * Offsets     Bytes of UTF-8; start inclusive, end exclusive, on character boundaries.
 * Threads     [any] from any thread, several at once, on one instance too.
 *             A sink is called only by the thread that got it, only until the function returns.
 * Answers     0 is success. For anything else say why through `fail` first.
 * Unwinding   Nothing ever unwinds, longjmps or exits out of a function.
 * Versions    A released struct never changes. What is new has a new name or a new revision. Revision 0 may
 *             still change.
 */
#ifndef ENGRAFT_H
#define ENGRAFT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define ENGRAFT_EXPORT __declspec(dllexport)
#else
#define ENGRAFT_EXPORT __attribute__((visibility("default")))
#endif

/* ---- What a plugin looks at ---- */

typedef struct { const char *data; size_t len; } engraft_str;
typedef struct { uint32_t start, end; engraft_str label; } engraft_span;
typedef struct { engraft_str name, value; } engraft_field; /* skip the names that you do not know */

/* A raw record of a data file. */
typedef struct { engraft_str id; const engraft_field *fields; size_t field_count; } engraft_row;

typedef struct {
  engraft_str id, text;
  const engraft_span *spans; size_t span_count; /* ascending by start */
  const engraft_str *labels; size_t label_count;
  const engraft_field *fields; size_t field_count;
} engraft_example;

typedef struct { engraft_span span; float score; } engraft_scored_span; /* 0 to 1 */
typedef struct { engraft_str label; float score; } engraft_scored_label;

typedef struct {
  const engraft_scored_span *spans; size_t span_count;
  const engraft_scored_label *labels; size_t label_count; /* the surest first */
  const engraft_str *text; size_t text_count; /* 0 or 1: generated text */
  const engraft_field *fields; size_t field_count;
} engraft_prediction;

typedef struct { engraft_example gold; engraft_prediction predicted; } engraft_pair;
typedef struct { const double *values; size_t count; } engraft_tally;
typedef struct { engraft_example example; uint64_t seed; } engraft_work; /* the only source of randomness */

/* A JSON value, and two ways to read it without a parser. A path is dotted, `labels.0`; the answer is 0 when
 * a value of that type stands there. Truth is read as the number 0 or 1. What `string` gives lives as long as
 * the value. `text` is empty where there is no value. */
typedef struct {
  const void *host;
  engraft_str text;
  int32_t (*number)(const void *host, engraft_str path, double *out);
  int32_t (*string)(const void *host, engraft_str path, engraft_str *out);
} engraft_json;

/* ---- What a plugin answers ---- */

typedef struct { uint32_t start, end; engraft_str text; } engraft_edit; /* ascending, not overlapping */
typedef struct { const engraft_str *items; size_t count; } engraft_labels;

/* A place for one word, which the host draws from the run's own masked language model (grant `fill-mask`) and puts
 * in the place of the bytes: an insertion where they are none. Ascending, not overlapping. */
typedef struct {
  uint32_t start, end;
  float temperature; /* what the logits are divided by: 1 as the model says, 0 the likeliest word */
  uint32_t top_k;    /* of so many of the likeliest words; 0: of all */
  const engraft_str *exclude; size_t exclude_count; /* words that are not drawn */
} engraft_hole;

typedef struct {
  const engraft_edit *edits; size_t edit_count; /* where `text` is NULL */
  const engraft_str *text;                      /* a new text that states its own spans */
  const engraft_span *spans; size_t span_count; /* where `text` is not NULL */
  const engraft_labels *labels;                 /* NULL: as before */
  const engraft_hole *holes; size_t hole_count; /* beside the edits, which come first at the same place */
  uint32_t variants;                            /* with holes: how many are made of it, 1 to 64 */
} engraft_variation;

/* Sinks. Call `put` with `host` as its first argument. In a batch each item is answered once: by the sink, or
 * by `fail` with its number. Where a sink's answer is not 0, stop and return it. */
#define ENGRAFT_WHOLE_CALL UINT32_MAX
typedef struct { void *host; void (*put)(void *host, uint32_t item, engraft_str code, engraft_str message); } engraft_fail;
typedef struct { void *host; int32_t (*put)(void *host, engraft_str text); } engraft_texts;
typedef struct { void *host; int32_t (*put)(void *host, uint32_t item, const double *values, size_t count); } engraft_rows;
typedef struct { void *host; int32_t (*put)(void *host, engraft_str name, double value, int32_t higher_is_better); } engraft_scores;
typedef struct { void *host; int32_t (*put)(void *host, uint32_t item, const engraft_edit *edits, size_t count); } engraft_edits;
typedef struct { void *host; int32_t (*put)(void *host, uint32_t item, const engraft_example *examples, size_t count); } engraft_examples;
typedef struct { void *host; int32_t (*put)(void *host, uint32_t item, const engraft_prediction *or_null); } engraft_predictions;
typedef struct { void *host; int32_t (*put)(void *host, uint32_t item, const engraft_variation *all, size_t count); } engraft_variations;

/* Codes of a failed whole call that speak of the plugin itself; any other code refuses what was asked. */
#define ENGRAFT_CODE_PANIC "panic"
#define ENGRAFT_CODE_ANSWER "answer"

/* ---- Tables. All functions: [any] ---- */

/* engraft.describe/1: one JSON descriptor a plugin, each by one call of the sink. */
typedef struct {
  int32_t (*describe)(const engraft_texts *, const engraft_fail *);
} engraft_describe_1;

/* `open` makes an instance for settings that fit the descriptor's schema, every default filled in; NULL when it
 * failed and `fail` was told why. The instance is the plugin's, and the host hands it to `close` once, as its
 * last call. `self` is never changed by the functions between. */

/* engraft.preprocessor/1 */
typedef struct {
  void *(*open)(engraft_str id, const engraft_json *settings, const engraft_fail *);
  int32_t (*clean)(const void *self, const engraft_example *batch, size_t count, const engraft_edits *, const engraft_fail *);
  void (*close)(void *self);
} engraft_preprocessor_1;

/* engraft.domain/1 */
typedef struct {
  void *(*open)(engraft_str id, const engraft_json *settings, const engraft_fail *);
  int32_t (*task)(const void *self, const engraft_texts *, const engraft_fail *); /* one JSON text */
  int32_t (*adapt)(const void *self, const engraft_row *batch, size_t count, const engraft_examples *, const engraft_fail *);
  int32_t (*rules)(const void *self, const engraft_example *batch, size_t count, const engraft_predictions *, const engraft_fail *); /* NULL: no rules */
  int32_t (*refine)(const void *self, const engraft_pair *batch, size_t count, const engraft_predictions *, const engraft_fail *); /* never NULL */
  void (*close)(void *self);
} engraft_domain_1;

/* engraft.metric/1. `tally`: rows of one length. `scores`: any subset of rows, any number of times; every
 * score is finite. */
typedef struct {
  void *(*open)(engraft_str id, const engraft_json *settings, const engraft_json *task, const engraft_fail *);
  int32_t (*tally)(const void *self, const engraft_pair *batch, size_t count, const engraft_rows *, const engraft_fail *);
  int32_t (*scores)(const void *self, const engraft_tally *rows, size_t count, const engraft_scores *, const engraft_fail *);
  void (*close)(void *self);
} engraft_metric_1;

/* engraft.augmenter/1 */
typedef struct {
  void *(*open)(engraft_str id, const engraft_json *settings, const engraft_fail *);
  int32_t (*augment)(const void *self, const engraft_work *batch, size_t count, const engraft_variations *, const engraft_fail *);
  void (*close)(void *self);
} engraft_augmenter_1;

/* engraft.method/0 */
typedef struct {
  void *(*open)(engraft_str id, const engraft_json *settings, const engraft_fail *);
  int32_t (*plan)(const void *self, const engraft_json *model, const engraft_texts *, const engraft_fail *); /* one JSON text */
  void (*close)(void *self);
} engraft_method_0;

/* ---- The entry ---- */

#define ENGRAFT_MAGIC { 'E', 'N', 'G', 'R', 'A', 'F', 'T', 0 }
#define ENGRAFT_REVISION 1
#define ENGRAFT_CATCHES 1 /* nothing unwinds out of the plugin; the host loads no other */

typedef struct {
  char magic[8];
  uint32_t size, revision, flags, reserved; /* sizeof, ENGRAFT_REVISION, ENGRAFT_CATCHES, 0 */
  const void *(*get_interface)(engraft_str name_and_revision); /* [any] a table that lives for ever, or NULL */
} engraft_entry;

extern ENGRAFT_EXPORT const engraft_entry engraft_plugin;

/* ---- For plugins in C ---- */

/* A view of a C string. */
static inline engraft_str engraft_text(const char *text) {
  engraft_str view;
  view.data = text;
  view.len = strlen(text);
  return view;
}

/* Whether two texts are the same. */
static inline int engraft_same(engraft_str a, engraft_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#ifdef __cplusplus
}
#endif
#endif

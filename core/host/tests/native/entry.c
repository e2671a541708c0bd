/* Libraries whose entry is not what the contract asks: one a macro. */
#include "engraft.h"

static int32_t describe_one(const engraft_texts *texts, const engraft_fail *fail) {
#if defined(DESCRIBES_NO_JSON)
  (void)fail;
  return texts->put(texts->host, engraft_text("metric: yes"));
#elif defined(DESCRIBES_NO_UTF8)
  (void)fail;
  return texts->put(texts->host, engraft_text("{\"id\": \"\xff\"}"));
#elif defined(DESCRIBE_FAILS)
  fail->put(fail->host, ENGRAFT_WHOLE_CALL, engraft_text("not.today"), engraft_text("no"));
  return texts->host == NULL ? 2 : 1;
#elif defined(DESCRIBE_STOPS)
  (void)texts, (void)fail;
  return 7;
#elif defined(DESCRIBES_NEWER)
  (void)fail;
  return texts->put(texts->host, engraft_text("{\"id\": \"x\", \"kind\": \"metric\", \"revision\": 9, \"version\": \"1\","
                                              "\"license\": \"MIT\", \"summary\": \"\", \"settings\": {}}"));
#elif defined(DESCRIBES_UNKNOWN_KIND)
  (void)fail;
  return texts->put(texts->host, engraft_text("{\"id\": \"x\", \"kind\": \"oracle\", \"revision\": 1, \"version\": \"1\","
                                              "\"license\": \"MIT\", \"summary\": \"\", \"settings\": {}}"));
#else
  (void)fail;
  return texts->put(texts->host, engraft_text("{\"id\": \"x\", \"kind\": \"metric\", \"revision\": 1, \"version\": \"1\","
                                              "\"license\": \"MIT\", \"summary\": \"\", \"settings\": {}}"));
#endif
}

static const engraft_describe_1 DESCRIBE = {describe_one};

#if defined(LACKS_A_FUNCTION)
static const engraft_metric_1 METRIC = {0};
#elif defined(EXPORTS_ALL)
static void *open_none(engraft_str id, const engraft_json *settings, const engraft_json *task, const engraft_fail *fail) {
  (void)id, (void)settings, (void)task, (void)fail;
  return NULL;
}
static int32_t tally(const void *self, const engraft_pair *batch, size_t count, const engraft_rows *rows, const engraft_fail *fail) {
  (void)self, (void)batch, (void)count, (void)rows, (void)fail;
  return 0;
}
static int32_t scores(const void *self, const engraft_tally *rows, size_t count, const engraft_scores *all, const engraft_fail *fail) {
  (void)self, (void)rows, (void)count, (void)all, (void)fail;
  return 0;
}
static void close_none(void *self) { (void)self; }
static const engraft_metric_1 METRIC = {open_none, tally, scores, close_none};
#endif

__attribute__((unused)) static const void *get_interface(engraft_str name) {
#if defined(NO_DESCRIBE)
  (void)name;
  (void)DESCRIBE;
  return NULL;
#else
  if (engraft_same(name, engraft_text("engraft.describe/1"))) return &DESCRIBE;
#if defined(LACKS_A_FUNCTION) || defined(EXPORTS_ALL)
  if (engraft_same(name, engraft_text("engraft.metric/1"))) return &METRIC;
#endif
  return NULL;
#endif
}

#if defined(NO_SYMBOL)
extern ENGRAFT_EXPORT const int engraft_plugins;
const int engraft_plugins = 1;
#elif defined(EMPTY_SYMBOL)
char empty[4096]; /* takes no place in the file */
__asm__(".globl engraft_plugin\n.set engraft_plugin, empty\n");
#else
#if !defined(MAGIC)
#define MAGIC ENGRAFT_MAGIC
#endif
#if !defined(SIZE)
#define SIZE sizeof(engraft_entry)
#endif
#if !defined(REVISION)
#define REVISION ENGRAFT_REVISION
#endif
#if !defined(FLAGS)
#define FLAGS ENGRAFT_CATCHES
#endif
#if defined(NO_GET_INTERFACE)
#define GET_INTERFACE NULL
#else
#define GET_INTERFACE get_interface
#endif
const engraft_entry engraft_plugin = {MAGIC, SIZE, REVISION, FLAGS, 0, GET_INTERFACE};
#endif

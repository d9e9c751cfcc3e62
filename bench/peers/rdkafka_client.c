// librdkafka in a process of its own, doing what `ottla bench produce` and `consume` do, with its cheapest calls; and the first record of a process.
//
//   rdkafka_client produce TOPIC COUNT WARMUP SIZE [name=value ...]
//   rdkafka_client consume TOPIC COUNT WARMUP PARTITIONS [name=value ...]
//   rdkafka_client first TOPIC [name=value ...]          writes one line when the record is acknowledged, and ends
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "rdkafka_abi.h"

enum { batch = 1000, patience_ms = 60000 };

static void fail(const char* what, const char* why) {
  fprintf(stderr, "rdkafka_client: %s: %s\n", what, why);
  exit(1);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_now(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void report(long count, double since, double cpu_since) {
  const double seconds = seconds_now() - since, cpu = cpu_now() - cpu_since;
  printf("{\"records\":%ld,\"seconds\":%f,\"recordsPerSecond\":%f,\"cpuNsPerRecord\":%f,\"version\":\"%s\"}\n", count, seconds,
         (double)count / seconds, cpu * 1e9 / (double)count, rd_kafka_version_str());
}

// name=value: librdkafka's own names.
static rd_kafka_t* open_client(int type, int argc, char** argv, void (*told)(rd_kafka_t*, const rd_kafka_message_t*, void*), void* opaque) {
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (int i = 0; i < argc; ++i) {
    char* equals = strchr(argv[i], '=');
    if (equals == NULL) fail(argv[i], "is not name=value");
    *equals = '\0';
    if (rd_kafka_conf_set(conf, argv[i], equals + 1, why, sizeof why) != RD_KAFKA_CONF_OK) fail(argv[i], why);
  }
  if (told != NULL) rd_kafka_conf_set_dr_msg_cb(conf, told);
  rd_kafka_conf_set_opaque(conf, opaque);
  rd_kafka_t* out = rd_kafka_new(type, conf, why, sizeof why);
  if (out == NULL) fail("rd_kafka_new", why);
  return out;
}

static void only_failures(rd_kafka_t* of, const rd_kafka_message_t* one, void* opaque) {
  (void)of;
  (void)opaque;
  if (one->err != 0) fail("a record was not acknowledged", rd_kafka_err2str(one->err));
}

// The same bytes as `ottla bench`: letters, and keys whose digits change.
static void send_all(rd_kafka_t* producer, rd_kafka_topic_t* topic, long count, const char* value, size_t size) {
  static rd_kafka_message_t all[batch];
  static char keys[batch][16];
  for (long sent = 0; sent < count;) {
    const int wanted = count - sent < batch ? (int)(count - sent) : batch;
    for (int i = 0; i < wanted; ++i) {
      const uint64_t mixed = (uint64_t)(sent + i) * 0x9E3779B97F4A7C15u;
      memcpy(keys[i], "key-0000", 8);
      memcpy(keys[i] + 8, &mixed, sizeof mixed);
      all[i] = (rd_kafka_message_t){.payload = (void*)value, .len = size, .key = keys[i], .key_len = 16};
    }
    int begin = 0;
    while (begin < wanted) {
      const int taken = rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, all + begin, wanted - begin);
      if (taken == wanted - begin) break;
      // What was not taken has its error, and need not stand at the end: it is moved together and sent once more.
      int left = begin;
      for (int i = begin; i < wanted; ++i) {
        if (all[i].err == 0) continue;
        if (all[i].err != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("a record was refused", rd_kafka_err2str(all[i].err));
        all[left] = all[i];
        all[left++].err = 0;
      }
      memmove(all + wanted - (left - begin), all + begin, sizeof *all * (size_t)(left - begin));
      begin = wanted - (left - begin);
      rd_kafka_poll(producer, 10);
    }
    sent += wanted;
    rd_kafka_poll(producer, 0);
  }
  if (rd_kafka_flush(producer, patience_ms) != 0) fail("flush", "not within a minute");
}

static int produce(int argc, char** argv) {
  const long count = atol(argv[1]), warmup = atol(argv[2]);
  const size_t size = (size_t)atol(argv[3]);
  char* value = malloc(size + 1);
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < size; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    value[i] = (char)('a' + (state & 15));
  }
  rd_kafka_t* producer = open_client(RD_KAFKA_PRODUCER, argc - 4, argv + 4, only_failures, NULL);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[0], NULL);
  send_all(producer, topic, warmup, value, size);
  const double since = seconds_now(), cpu_since = cpu_now();
  send_all(producer, topic, count, value, size);
  report(count, since, cpu_since);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  free(value);
  return 0;
}

static long take(rd_kafka_queue_t* queue, long wanted) {
  static rd_kafka_message_t* all[batch * 10];
  static uint64_t bytes;
  long got = 0;
  double last = seconds_now();
  while (got < wanted) {
    const ssize_t some = rd_kafka_consume_batch_queue(queue, 500, all, sizeof all / sizeof *all);
    if (some < 0) fail("consume", rd_kafka_err2str(rd_kafka_last_error()));
    if (some == 0 && seconds_now() - last > 30) fail("consume", "nothing came for 30 s");
    if (some > 0) last = seconds_now();
    for (ssize_t i = 0; i < some; ++i) {
      if (all[i]->err == 0) {
        bytes += all[i]->len + all[i]->key_len;
        ++got;
      } else if (all[i]->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        fail("consume", rd_kafka_err2str(all[i]->err));
      }
      rd_kafka_message_destroy(all[i]);
    }
  }
  return got;
}

static int consume(int argc, char** argv) {
  const long count = atol(argv[1]), warmup = atol(argv[2]);
  const int partitions = atoi(argv[3]);
  rd_kafka_t* consumer = open_client(RD_KAFKA_CONSUMER, argc - 4, argv + 4, NULL, NULL);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(consumer, argv[0], NULL);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer);
  for (int i = 0; i < partitions; ++i) {
    if (rd_kafka_consume_start_queue(topic, i, RD_KAFKA_OFFSET_BEGINNING, queue) != 0) fail("consume", rd_kafka_err2str(rd_kafka_last_error()));
  }
  take(queue, warmup);
  const double since = seconds_now(), cpu_since = cpu_now();
  const long got = take(queue, count);
  report(got, since, cpu_since);
  fflush(stdout);
  _exit(0);  // what was read ahead is nobody's
}

static void acknowledged(rd_kafka_t* of, const rd_kafka_message_t* one, void* opaque) {
  only_failures(of, one, opaque);
  static const char line[] = "acknowledged\n";
  if (write(STDOUT_FILENO, line, sizeof line - 1) < 0) _exit(1);
}

static int first(int argc, char** argv) {
  rd_kafka_t* producer = open_client(RD_KAFKA_PRODUCER, argc - 1, argv + 1, acknowledged, NULL);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[0], NULL);
  if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, "first", 5, NULL, 0, NULL) != 0)
    fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
  if (rd_kafka_flush(producer, patience_ms) != 0) fail("flush", "not within a minute");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return 0;
}

int main(int argc, char** argv) {
  if (argc >= 6 && strcmp(argv[1], "produce") == 0) return produce(argc - 2, argv + 2);
  if (argc >= 6 && strcmp(argv[1], "consume") == 0) return consume(argc - 2, argv + 2);
  if (argc >= 3 && strcmp(argv[1], "first") == 0) return first(argc - 2, argv + 2);
  fprintf(stderr, "usage: rdkafka_client produce|consume TOPIC COUNT WARMUP SIZE|PARTITIONS [name=value ...] | first TOPIC [name=value ...]\n");
  return 2;
}

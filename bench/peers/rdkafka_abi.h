// The few declarations of librdkafka's public interface that rdkafka_client.c uses: the wheel that brings the library
// has no header.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_topic_conf_s rd_kafka_topic_conf_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;
typedef int rd_kafka_resp_err_t;

typedef struct rd_kafka_message_s {
  rd_kafka_resp_err_t err;
  rd_kafka_topic_t* rkt;
  int32_t partition;
  void* payload;
  size_t len;
  void* key;
  size_t key_len;
  int64_t offset;
  void* _private;
} rd_kafka_message_t;

enum { RD_KAFKA_PRODUCER = 0, RD_KAFKA_CONSUMER = 1 };
enum { RD_KAFKA_CONF_OK = 0 };
enum { RD_KAFKA_MSG_F_COPY = 0x2 };
enum { RD_KAFKA_RESP_ERR__QUEUE_FULL = -184, RD_KAFKA_RESP_ERR__PARTITION_EOF = -191 };
#define RD_KAFKA_PARTITION_UA ((int32_t)-1)
#define RD_KAFKA_OFFSET_BEGINNING (-2)

const char* rd_kafka_version_str(void);
const char* rd_kafka_err2str(rd_kafka_resp_err_t err);
rd_kafka_conf_t* rd_kafka_conf_new(void);
int rd_kafka_conf_set(rd_kafka_conf_t* conf, const char* name, const char* value, char* why, size_t why_size);
void rd_kafka_conf_set_opaque(rd_kafka_conf_t* conf, void* opaque);
void rd_kafka_conf_set_dr_msg_cb(rd_kafka_conf_t* conf, void (*told)(rd_kafka_t*, const rd_kafka_message_t*, void*));
rd_kafka_t* rd_kafka_new(int type, rd_kafka_conf_t* conf, char* why, size_t why_size);
void rd_kafka_destroy(rd_kafka_t* of);
rd_kafka_topic_t* rd_kafka_topic_new(rd_kafka_t* of, const char* name, rd_kafka_topic_conf_t* conf);
void rd_kafka_topic_destroy(rd_kafka_topic_t* of);
int rd_kafka_produce(rd_kafka_topic_t* to, int32_t partition, int flags, void* payload, size_t len, const void* key,
                     size_t key_len, void* opaque);
int rd_kafka_produce_batch(rd_kafka_topic_t* to, int32_t partition, int flags, rd_kafka_message_t* all, int count);
int rd_kafka_poll(rd_kafka_t* of, int timeout_ms);
rd_kafka_resp_err_t rd_kafka_flush(rd_kafka_t* of, int timeout_ms);
rd_kafka_resp_err_t rd_kafka_last_error(void);
rd_kafka_queue_t* rd_kafka_queue_new(rd_kafka_t* of);
void rd_kafka_queue_destroy(rd_kafka_queue_t* of);
int rd_kafka_consume_start_queue(rd_kafka_topic_t* of, int32_t partition, int64_t offset, rd_kafka_queue_t* into);
int rd_kafka_consume_stop(rd_kafka_topic_t* of, int32_t partition);
ssize_t rd_kafka_consume_batch_queue(rd_kafka_queue_t* from, int timeout_ms, rd_kafka_message_t** into, size_t room);
void rd_kafka_message_destroy(rd_kafka_message_t* of);

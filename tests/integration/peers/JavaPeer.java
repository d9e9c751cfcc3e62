// The Java client doing one job of the matrix; what a job is stands in README.md. Run as a source file, without a build.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class JavaPeer {
  static final ObjectMapper JSON = new ObjectMapper();
  static final PrintStream OUT = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);

  static Properties settings(String brokers, String... pairs) {
    Properties found = new Properties();
    found.put("bootstrap.servers", brokers);
    for (int at = 0; at < pairs.length; at += 2) found.put(pairs[at], pairs[at + 1]);
    return found;
  }

  static KafkaProducer<byte[], byte[]> producer(String brokers, String... pairs) {
    return new KafkaProducer<>(settings(brokers, pairs), new ByteArraySerializer(), new ByteArraySerializer());
  }

  static KafkaConsumer<byte[], byte[]> consumer(String brokers, String... pairs) {
    Properties found = settings(brokers, pairs);
    found.put("enable.auto.commit", "false");
    found.put("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(found, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static byte[] content(JsonNode said) throws Exception {
    if (said == null || said.isNull()) return null;
    return said.isObject() ? said.get("base64").binaryValue() : said.asText().getBytes(StandardCharsets.UTF_8);
  }

  static byte[] part(JsonNode entry, String name) throws Exception {
    JsonNode encoded = entry.get(name + "Base64");
    return encoded != null && !encoded.isNull() ? encoded.binaryValue() : content(entry.get(name));
  }

  static List<ProducerRecord<byte[], byte[]>> lines(String topic) throws Exception {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode entry = JSON.readTree(line);
      List<Header> headers = new ArrayList<>();
      for (JsonNode pair : entry.path("headers")) headers.add(new RecordHeader(pair.get(0).asText(), content(pair.get(1))));
      records.add(new ProducerRecord<>(topic, null, null, part(entry, "key"), part(entry, "value"), headers));
    }
    return records;
  }

  /** Reports where each record went; first is the number of the first one. */
  static void send(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records, int first) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record : records) sent.add(producer.send(record));
    producer.flush();
    for (int at = 0; at < sent.size(); at++) {
      RecordMetadata where = sent.get(at).get();
      OUT.printf("{\"index\":%d,\"partition\":%d,\"offset\":%d}%n", first + at, where.partition(), where.offset());
    }
  }

  static void tell(ConsumerRecord<byte[], byte[]> record) {
    ObjectNode line = JSON.createObjectNode();
    line.put("partition", record.partition()).put("offset", record.offset());
    if (record.key() != null) line.put("keyBase64", record.key());
    if (record.value() != null) line.put("valueBase64", record.value());
    var headers = line.putArray("headers");
    for (Header header : record.headers()) {
      var pair = headers.addArray().add(header.key());
      if (header.value() == null) pair.addNull();
      else pair.addObject().put("base64", header.value());
    }
    OUT.println(line);
  }

  /** Hands on the next records, until count have come. */
  static void take(KafkaConsumer<byte[], byte[]> consumer, int count, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    for (int taken = 0; taken < count; ) {
      if (System.nanoTime() > deadline) throw new IllegalStateException(taken + " of " + count + " records within 60 s");
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        each.accept(record);
        taken++;
      }
    }
  }

  static void produce(String brokers, String topic, String codec) throws Exception {
    try (var producer = producer(brokers, "compression.type", codec, "linger.ms", "20")) {
      send(producer, lines(topic), 0);
    }
  }

  static void consume(String brokers, String topic, String count, String isolation) {
    try (var consumer = consumer(brokers, "isolation.level", isolation)) {
      List<TopicPartition> all = new ArrayList<>();
      consumer.partitionsFor(topic).forEach(one -> all.add(new TopicPartition(topic, one.partition())));
      consumer.assign(all);
      consumer.seekToBeginning(all);
      take(consumer, Integer.parseInt(count), JavaPeer::tell);
    }
  }

  static void group(String brokers, String topic, String name, String count, String protocol) {
    // No more than asked for: what a poll hands out is what a commit says.
    try (var consumer = consumer(brokers, "group.id", name, "group.protocol", protocol, "max.poll.records", "1")) {
      consumer.subscribe(List.of(topic));
      take(consumer, Integer.parseInt(count), JavaPeer::tell);
      consumer.commitSync();
    }
  }

  static void transact(String brokers, String topic, String name) throws Exception {
    try (var producer = producer(brokers, "transactional.id", name)) {
      producer.initTransactions();
      var records = lines(topic);
      int half = records.size() / 2;
      producer.beginTransaction();
      send(producer, records.subList(0, half), 0);
      producer.commitTransaction();
      producer.beginTransaction();
      send(producer, records.subList(half, records.size()), half);
      producer.abortTransaction();
    }
  }

  static void copy(String brokers, String source, String target, String group, String name, String count) {
    try (var producer = producer(brokers, "transactional.id", name);
         var consumer = consumer(brokers, "group.id", group, "isolation.level", "read_committed", "max.poll.records", "1")) {
      producer.initTransactions();
      consumer.subscribe(List.of(source));
      for (int left = Integer.parseInt(count); left > 0; ) {
        int some = Math.min(left, 100);
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
        take(consumer, some, record -> {
          producer.send(new ProducerRecord<>(target, record.partition(), null, record.key(), record.value(), record.headers()));
          done.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
        });
        producer.sendOffsetsToTransaction(done, consumer.groupMetadata());
        producer.commitTransaction();
        left -= some;
      }
    }
  }

  static void administer(String brokers, String topic, String full, String group) throws Exception {
    try (Admin admin = Admin.create(settings(brokers))) {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      TopicPartition first = new TopicPartition(full, 0);
      ObjectNode found = JSON.createObjectNode();
      admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1).configs(Map.of("max.message.bytes", "12345")))).all().get();
      found.put("created", settled(() -> partitions(admin, topic), 3));
      found.put("maxMessageBytes", settled(() -> setting(admin, resource, "max.message.bytes"), "12345"));
      var hour = new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET);
      Map<ConfigResource, Collection<AlterConfigOp>> changes = Map.of(resource, List.of(hour));
      admin.incrementalAlterConfigs(changes).all().get();
      found.put("retention", settled(() -> setting(admin, resource, "retention.ms"), "3600000"));
      admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
      found.put("grown", settled(() -> partitions(admin, topic), 5));
      admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(3))).all().get();
      found.put("earliest", admin.listOffsets(Map.of(first, OffsetSpec.earliest())).partitionResult(first).get().offset());
      found.put("latest", admin.listOffsets(Map.of(first, OffsetSpec.latest())).partitionResult(first).get().offset());
      found.put("listed", listed(admin, group));
      found.put("state", admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState().toString().toUpperCase());
      long sum = 0;
      for (var one : admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values()) sum += one.offset();
      found.put("committed", sum);
      admin.deleteConsumerGroups(List.of(group)).all().get();
      admin.deleteTopics(List.of(topic)).all().get();
      found.putArray("gone").add(!listed(admin, group))
          .add(!settled(() -> admin.listTopics().names().get().contains(topic), false));
      OUT.println(found);
    }
  }

  /** What is told once it is what is wanted; brokers hear of changes one after the other. After 10 s, what is told then. */
  static <T> T settled(Callable<T> ask, T wanted) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    for (;;) {
      T found = ask.call();
      if (found.equals(wanted) || System.nanoTime() > deadline) return found;
      Thread.sleep(50);
    }
  }

  static int partitions(Admin admin, String topic) throws Exception {
    return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
  }

  static String setting(Admin admin, ConfigResource resource, String name) throws Exception {
    return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name).value();
  }

  static boolean listed(Admin admin, String group) throws Exception {
    return admin.listGroups().all().get().stream().anyMatch(one -> one.groupId().equals(group));
  }

  public static void main(String[] words) throws Exception {
    switch (words[0]) {
      case "produce" -> produce(words[1], words[2], words[3]);
      case "consume" -> consume(words[1], words[2], words[3], words[4]);
      case "group" -> group(words[1], words[2], words[3], words[4], words[5]);
      case "transact" -> transact(words[1], words[2], words[3]);
      case "copy" -> copy(words[1], words[2], words[3], words[4], words[5], words[6]);
      case "admin" -> administer(words[1], words[2], words[3], words[4]);
      default -> throw new IllegalArgumentException("unknown job " + words[0]);
    }
    OUT.flush();
  }
}

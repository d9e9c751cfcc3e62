// Kafka's own classes on the work of bench/codecs.cpp: nanoseconds and allocated bytes per record.
package ottla.bench;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.SendBuilder;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.RequestHeader;

public final class CodecBench {
  private static final int PARTITIONS = 8, RECORDS_EACH = 1000;
  private static final long RECORDS = (long) PARTITIONS * RECORDS_EACH;
  private static final short FETCH_VERSION = 17, PRODUCE_VERSION = 12;
  private static final long NOW = 1_700_000_000_000L;
  private static final byte[] KEY = filled(16, 'k'), VALUE = filled(100, 'v');
  private static final ByteBuffer[] BLOCKS = new ByteBuffer[PARTITIONS];
  private static long sink = 0;

  /** The folder with fetch.bin, seconds to warm up, seconds to measure. */
  public static void main(String[] args) throws Exception {
    ByteBuffer body = ByteBuffer.wrap(Files.readAllBytes(Path.of(args[0], "fetch.bin")));
    double warm = Double.parseDouble(args[1]), measured = Double.parseDouble(args[2]);
    for (int i = 0; i < PARTITIONS; ++i) BLOCKS[i] = ByteBuffer.allocate(RECORDS_EACH * 180);
    report("fetch_decode", () -> (long) decode(body).responses().size(), warm, measured);
    report("fetch_records", () -> walk(decode(body)), warm, measured);
    report("produce_encode", CodecBench::produce, warm, measured);
    if (sink == 42) System.out.println();
  }

  private static FetchResponseData decode(ByteBuffer body) {
    return new FetchResponseData(new ByteBufferAccessor(body.duplicate()), FETCH_VERSION);
  }

  private static long walk(FetchResponseData response) {
    long sum = 0;
    for (var topic : response.responses()) {
      for (var partition : topic.partitions()) {
        for (RecordBatch batch : ((MemoryRecords) partition.records()).batches()) {
          batch.ensureValid();
          for (Record record : batch) sum += record.keySize() + record.valueSize();
        }
      }
    }
    return sum;
  }

  private static Long produce() {
    TopicProduceData topic = new TopicProduceData().setName("letters");
    for (int i = 0; i < PARTITIONS; ++i) {
      BLOCKS[i].clear();
      MemoryRecordsBuilder builder = MemoryRecords.builder(BLOCKS[i], RecordBatch.MAGIC_VALUE_V2, Compression.NONE, TimestampType.CREATE_TIME, 0L);
      for (int j = 0; j < RECORDS_EACH; ++j) builder.append(NOW + (j >> 4), KEY, VALUE);
      builder.setProducerState(9000, (short) 1, 0, false);
      topic.partitionData().add(new PartitionProduceData().setIndex(i).setRecords(builder.build()));
    }
    ProduceRequestData request = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
    request.topicData().add(topic);
    return SendBuilder.buildRequestSend(new RequestHeader(ApiKeys.PRODUCE, PRODUCE_VERSION, "ottla", 1), request).size();
  }

  private static void report(String name, Callable<Long> work, double warm, double measured) throws Exception {
    run(work, warm);
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = thread.getCurrentThreadAllocatedBytes();
    long[] counted = run(work, measured);
    bytes = thread.getCurrentThreadAllocatedBytes() - bytes;
    double records = (double) counted[0] * RECORDS;
    System.out.printf("{\"name\":\"%s\",\"nsPerRecord\":%.3f,\"bytesPerRecord\":%.1f}%n", name, counted[1] / records, bytes / records);
  }

  /** How often it ran, and in how many nanoseconds of this thread's CPU: a busy machine must not count, nor must the JIT. */
  private static long[] run(Callable<Long> work, double seconds) throws Exception {
    var thread = ManagementFactory.getThreadMXBean();
    long start = thread.getCurrentThreadCpuTime(), end = start + (long) (seconds * 1e9), count = 0, now;
    do {
      sink += work.call();
      ++count;
      now = thread.getCurrentThreadCpuTime();
    } while (now < end);
    return new long[] {count, now - start};
  }

  private static byte[] filled(int size, char with) {
    byte[] out = new byte[size];
    Arrays.fill(out, (byte) with);
    return out;
  }
}
